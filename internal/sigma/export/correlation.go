package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/sigma"
)

// Correlation returns the SQL that finds in a table what a correlation looks for: each row is one of its hits. Matchers has
// the compiled rules that it refers to. An error about the correlation or one of its rules is a *sigma.Error.
//
// The query does what sigma.Correlator does: every window as long as the timespan that can't be moved without losing a
// record is looked at, and those that fulfil the condition and overlap are one hit.
func (d Dialect) Correlation(table string, c *sigma.Correlation, matchers map[*sigma.Rule]*sigma.Matcher) (string, error) {
	from, err := d.table(table)
	if err != nil {
		return "", err
	}
	w := correlationWriter{writer: writer{Dialect: d}, c: c, shape: c.Shape(), from: from, group: []string{"1"}}
	for i := range c.GroupBy {
		if i == 0 {
			w.group = nil
		}
		w.group = append(w.group, "g"+strconv.Itoa(i+1))
	}
	if w.ambiguous() {
		w.fail("an alias of the field that is computed with, whose values a record that two of the rules match would bring twice", huntInstead)
	}
	steps := []string{"seen AS (\n" + w.seen(matchers) + "\n)"}
	if c.Type == sigma.TemporalOrdered {
		steps = append(steps, w.ordered()...)
	} else {
		steps = append(steps, w.windows()...)
	}
	steps = append(steps, w.hits()...)
	query := comment(c.Meta) + "WITH " + strings.Join(steps, ",\n") + "\n" + w.result()
	if len(query) > maxSQL {
		w.fail("the query would be longer than engines take", huntInstead)
	}
	return query, at(c.Position, w.failed)
}

type correlationWriter struct {
	writer
	c     *sigma.Correlation
	shape sigma.Shape
	from  string
	group []string // columns that groups differ in
}

// valued says whether the correlation computes with a field's values.
func (w *correlationWriter) valued() bool {
	return w.c.Type != sigma.EventCount && w.c.Type != sigma.Temporal && w.c.Type != sigma.TemporalOrdered
}

// ambiguous says whether the field that is computed with is another one for another rule.
func (w *correlationWriter) ambiguous() bool {
	return w.valued() && slices.ContainsFunc(w.shape.References, func(r sigma.ShapeReference) bool {
		return w.c.FieldOf(w.c.Field, r.Name) != w.c.FieldOf(w.c.Field, w.shape.References[0].Name)
	})
}

// seen selects the records that one of the rules matches. A record that is there twice counts once, and so does one that
// several rules match, unless it matters which of them do.
func (w *correlationWriter) seen(matchers map[*sigma.Rule]*sigma.Matcher) string {
	var selects []string
	for i, ref := range w.shape.References {
		if len(ref.Correlations) > 0 {
			w.fail("it refers to another correlation, and the query would have to be made of two", "look for the inner one by itself, or "+huntInstead)
		}
		for _, r := range ref.Rules {
			m := matchers[r]
			if m == nil {
				w.fail("it refers to "+quote(ref.Name)+", which is not for CloudTrail or can't be run", "correct the reference")
				continue
			}
			where, err := w.where(m)
			if err != nil {
				w.failed = firstError(w.failed, err)
			}
			selects = append(selects, w.sightings(i, ref.Name, where))
		}
	}
	return strings.Join(selects, "\n  UNION\n")
}

// sightings selects the records of one rule: time, id, which rule it was, and the values of the fields that count.
func (w *correlationWriter) sightings(reference int, name, where string) string {
	if w.c.Type != sigma.Temporal && w.c.Type != sigma.TemporalOrdered {
		reference = 0
	}
	columns := []string{w.seconds + " AS seen_at", "eventid", strconv.Itoa(reference) + " AS rule_number"}
	from := w.from
	conditions := []string{w.seconds + " IS NOT NULL"}
	for i, field := range w.c.GroupBy {
		column := w.group[i]
		p := w.place(w.c.FieldOf(field, name))
		if p.one != "" {
			columns = append(columns, p.one+" AS "+column)
			conditions = append(conditions, p.one+" IS NOT NULL")
			continue
		}
		from += "\n  CROSS JOIN UNNEST(array_distinct(" + p.many + ")) AS u" + column + " (" + column + ")"
		columns = append(columns, column)
		conditions = append(conditions, column+" IS NOT NULL")
	}
	if w.valued() {
		if p := w.place(w.c.FieldOf(w.c.Field, name)); p.one != "" {
			columns = append(columns, "ARRAY["+p.one+"] AS field_values")
		} else {
			columns = append(columns, "array_distinct("+p.many+") AS field_values")
		}
	}
	return "  SELECT DISTINCT " + strings.Join(columns, ", ") + "\n  FROM " + from + "\n  WHERE " + strings.Join(conditions, " AND ") + "\n  AND " + where
}

// place is find, which never fails but notes that it did.
func (w *correlationWriter) place(path string) place {
	p, err := w.find(path)
	if err != nil {
		w.failed = firstError(w.failed, err)
		p.one = "NULL"
	}
	return p
}

// partition orders the rows of a group.
func (w *correlationWriter) partition(order string) string {
	return "PARTITION BY " + strings.Join(w.group, ", ") + " ORDER BY " + order
}

// columns lists the columns that groups differ in, each of a table and followed by a comma.
func (w *correlationWriter) columns(table string) string {
	var b strings.Builder
	for i := range w.c.GroupBy {
		b.WriteString(table + w.group[i] + ", ")
	}
	return b.String()
}

// together joins two tables within a group.
func (w *correlationWriter) together(condition string) string {
	for i := range w.c.GroupBy {
		condition = "s." + w.group[i] + " = w." + w.group[i] + " AND " + condition
	}
	return condition
}

// windows measures every window that can't be moved without losing a record.
func (w *correlationWriter) windows() []string {
	follow := "UNBOUNDED"
	if w.c.Timespan > 0 {
		follow = seconds(w.c.Timespan)
	}
	source, value := "seen s", w.value()
	if w.valued() {
		source = "seen s CROSS JOIN UNNEST(s.field_values) AS f (field_value)"
	}
	return []string{
		"windows AS (\n  SELECT DISTINCT " + w.columns("") + "seen_at AS first_at,\n" +
			"    max(seen_at) OVER (" + w.partition("seen_at") + " RANGE BETWEEN CURRENT ROW AND " + follow + " FOLLOWING) AS last_at\n  FROM seen\n)",
		"grown AS (\n  SELECT *, lag(last_at) OVER (" + w.partition("first_at") + ") AS last_before\n  FROM windows\n)",
		"measured AS (\n  SELECT " + w.columns("w.") + "w.first_at, w.last_at, " + value + " AS value" + w.presence() + "\n" +
			"  FROM grown w JOIN (SELECT s.*" + fieldValue(w.valued()) + " FROM " + source + ") s\n" +
			"    ON " + w.together("s.seen_at BETWEEN w.first_at AND w.last_at") + "\n" +
			"  WHERE w.last_before IS NULL OR w.last_at > w.last_before\n" +
			"  GROUP BY " + w.columns("w.") + "w.first_at, w.last_at\n)",
		"fulfilled AS (\n  SELECT * FROM measured\n  WHERE " + w.fulfilled() + "\n)",
	}
}

func fieldValue(valued bool) string {
	if valued {
		return ", f.field_value"
	}
	return ""
}

// seconds writes a timespan.
func seconds(span time.Duration) string { return double(span.Seconds()) }

// ordered finds for each record of the last rule the latest beginning of a run of all rules in their order. Records of the
// same time count as being in the right one.
func (w *correlationWriter) ordered() []string {
	steps := []string{"run0 AS (\n  SELECT *, CASE WHEN rule_number = 0 THEN seen_at END AS begin0\n  FROM seen\n)"}
	last := len(w.shape.References) - 1
	for i := 1; i <= last; i++ {
		steps = append(steps, fmt.Sprintf("run%d AS (\n  SELECT *, CASE WHEN rule_number = %d THEN max(begin%d) OVER (%s RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) END AS begin%d\n  FROM run%d\n)",
			i, i, i-1, w.partition("seen_at"), i, i-1))
	}
	within := ""
	if w.c.Timespan > 0 {
		within = fmt.Sprintf(" AND seen_at - begin%d <= %s", last, seconds(w.c.Timespan))
	}
	return append(steps, fmt.Sprintf("fulfilled AS (\n  SELECT DISTINCT %sbegin%d AS first_at, seen_at AS last_at, %d AS value\n  FROM run%d\n  WHERE begin%d IS NOT NULL%s\n)",
		w.columns(""), last, last+1, last, last, within))
}

// hits joins windows that overlap.
func (w *correlationWriter) hits() []string {
	return []string{
		"reached AS (\n  SELECT *, max(last_at) OVER (" + w.partition("last_at, first_at") + " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach\n  FROM fulfilled\n)",
		"numbered AS (\n  SELECT *, sum(IF(reach IS NULL OR first_at > reach, 1, 0)) OVER (" + w.partition("last_at, first_at") + ") AS hit\n  FROM reached\n)",
		"hits AS (\n  SELECT " + w.columns("") + "hit, min(first_at) AS first_at, max(last_at) AS last_at, max(value) AS value\n  FROM numbered\n  GROUP BY " + w.columns("") + "hit\n)",
	}
}

// result shows each hit with its group and how many records it has.
func (w *correlationWriter) result() string {
	columns := ""
	for i, name := range w.c.GroupBy {
		columns += "w." + w.group[i] + ` AS "` + columnName(name) + `", `
	}
	return "SELECT " + columns + "from_unixtime(w.first_at) AS first_time, from_unixtime(w.last_at) AS last_time,\n" +
		"  count(DISTINCT s.eventid) AS events, w.value AS value\n" +
		"FROM hits w JOIN seen s ON " + w.together("s.seen_at BETWEEN w.first_at AND w.last_at") + "\n" +
		"GROUP BY " + w.columns("w.") + "w.hit, w.first_at, w.last_at, w.value\nORDER BY w.last_at\n"
}

// columnName makes a column's name of a field's: what could end it, or is no letter, is left out.
func columnName(field string) string {
	name := strings.Map(func(r rune) rune {
		if slices.Contains([]rune("._-"), r) || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, field)
	return name[:min(len(name), 100)]
}
