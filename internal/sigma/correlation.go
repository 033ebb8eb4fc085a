package sigma

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// CorrelationType is how a correlation looks at the events of a window.
type CorrelationType string

// The types of correlation. The values are those of the specification and of its reference implementation.
const (
	EventCount      CorrelationType = "event_count"
	ValueCount      CorrelationType = "value_count" // distinct values
	ValueSum        CorrelationType = "value_sum"
	ValueAverage    CorrelationType = "value_avg"
	ValueMinimum    CorrelationType = "value_min"
	ValueMaximum    CorrelationType = "value_max"
	ValueMedian     CorrelationType = "value_median"
	ValuePercentile CorrelationType = "value_percentile"
	Temporal        CorrelationType = "temporal"
	TemporalOrdered CorrelationType = "temporal_ordered"
)

var correlationTypes = []CorrelationType{
	EventCount, ValueCount, ValueSum, ValueAverage, ValueMinimum, ValueMaximum, ValueMedian, ValuePercentile,
	Temporal, TemporalOrdered,
}

func (t CorrelationType) temporal() bool { return t == Temporal || t == TemporalOrdered }

// Correlation finds several events that together mean something.
type Correlation struct {
	Meta
	Type     CorrelationType
	GroupBy  []string
	Timespan time.Duration // 0: no limit, which only aggregations of the old style can have
	Field    string        // whose values are counted or computed with
	Hidden   bool          // only feeds another correlation
	Generate bool          // the rules that it refers to make findings of their own, too

	percentile float64
	bounds     []bound
	present    *expr // of temporal: which rules have to occur; nil for all of them
	aliases    map[string]map[string]string
	references []reference
}

// bound is one part of a condition, such as gte: 10.
type bound struct {
	relation comparison
	negated  bool
	than     number
}

func (b bound) holds(n number) bool { return b.relation.holds(n, b.than) != b.negated }

// reference is a rule or correlation that a correlation refers to.
type reference struct {
	name         string
	at           Position
	rules        []*Rule        // both set by Link; more than one of them if
	correlations []*Correlation // the documents of a collection share an id
}

// correlation reads a correlation document.
func (p *problems) correlation(doc, n *yaml.Node) *Correlation {
	c := &Correlation{Meta: p.meta(doc)}
	if n.Kind != yaml.MappingNode {
		p.add(p.at(n), "correlation is "+describe(n)+", not a map", "write type, rules, group-by, timespan and condition")
		return c
	}
	kind, _ := get(n, "type")
	c.Type = CorrelationType(text(kind))
	if !slices.Contains(correlationTypes, c.Type) {
		p.add(p.at(n), fmt.Sprintf("unknown type of correlation %q", clip(text(kind))), "use one of "+fmt.Sprint(correlationTypes))
		return c
	}
	rules, _ := get(n, "rules")
	if rules == nil || len(texts(rules)) == 0 {
		p.add(p.at(n), "the correlation names no rules", "list the ids or names of rules under rules")
		return c
	}
	c.references = p.references(rules)
	group, _ := get(n, "group-by")
	c.GroupBy = texts(group)
	span, at := get(n, "timespan")
	if span == nil {
		p.add(p.at(n), "the correlation has no timespan", "add one, such as timespan: 10m")
	} else {
		c.Timespan = p.timespan(at, text(span))
	}
	generate, _ := get(n, "generate")
	if outer, _ := get(doc, "generate"); generate == nil {
		generate = outer
	}
	c.Generate = strings.EqualFold(text(generate), "true")
	c.aliases = p.aliases(n, c.references)
	p.correlationCondition(c, n)
	return c
}

func (p *problems) references(n *yaml.Node) []reference {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var list []reference
	for _, node := range nodes {
		if text(node) == "" {
			p.add(p.at(node), "a reference to a rule is "+describe(node), "write the rule's id or name")
			continue
		}
		list = append(list, reference{name: text(node), at: p.at(node)})
	}
	return list
}

// units are the units of a timespan, and how many of them are about ten years.
var units = map[byte]time.Duration{
	's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
}

const maxTimespan = 10 * 366 * 24 * time.Hour

func (p *problems) timespan(at *yaml.Node, s string) time.Duration {
	if s != "" {
		unit, ok := units[s[len(s)-1]]
		n, err := strconv.ParseUint(s[:len(s)-1], 10, 63)
		if ok && err == nil && n > 0 && n <= uint64(maxTimespan/unit) {
			return time.Duration(n) * unit
		}
	}
	p.add(p.at(at), fmt.Sprintf("%q is no timespan", clip(s)), "write a number and s, m, h, d or w, such as 90m, at most ten years")
	return 0
}

// aliases reads names that stand for different fields of different rules.
func (p *problems) aliases(n *yaml.Node, references []reference) map[string]map[string]string {
	list, _ := get(n, "aliases")
	if list == nil {
		return nil
	}
	aliases := map[string]map[string]string{}
	if list.Kind != yaml.MappingNode {
		p.add(p.at(list), "aliases is "+describe(list)+", not a map", "write alias: {rule: field}")
		return nil
	}
	for i := 0; i+1 < len(list.Content); i += 2 {
		key, fields := list.Content[i], list.Content[i+1]
		if fields.Kind != yaml.MappingNode {
			p.add(p.at(fields), "an alias is "+describe(fields)+", not a map", "write for each rule the field that it means")
			continue
		}
		of := map[string]string{}
		for _, r := range references {
			field, _ := get(fields, r.name)
			if of[r.name] = text(field); of[r.name] == "" {
				p.add(p.at(key), fmt.Sprintf("the alias %q names no field of rule %q", clip(key.Value), clip(r.name)), "add "+r.name+" with the field")
			}
		}
		aliases[key.Value] = of
	}
	return aliases
}

// fieldOf resolves an alias for a rule that is referred to.
func (c *Correlation) fieldOf(name, rule string) string {
	if of, ok := c.aliases[name]; ok {
		return of[rule]
	}
	return name
}

func (p *problems) correlationCondition(c *Correlation, n *yaml.Node) {
	condition, _ := get(n, "condition")
	switch {
	case condition == nil && c.Type.temporal():
	case condition == nil:
		p.add(p.at(n), "the correlation has no condition", "add one, such as condition: {gte: 10}")
	case condition.Kind == yaml.MappingNode:
		p.bounds(c, condition)
	case c.Type.temporal() && condition.Kind == yaml.ScalarNode:
		p.presence(c, condition)
	default:
		p.add(p.at(condition), "the condition is "+describe(condition)+", not a map", "write it as a map, such as gte: 10")
	}
}

// presence reads the condition of a temporal correlation that says which rules have to occur.
func (p *problems) presence(c *Correlation, n *yaml.Node) {
	var names []string
	for _, r := range c.references {
		names = append(names, r.name)
	}
	e, rest := p.condition(n, names)
	if rest != nil {
		p.add(p.at(n), "a | in the condition of a correlation", "remove it")
	}
	if c.Type == TemporalOrdered && e != nil && (e.op != allOf || slices.ContainsFunc(e.args, func(a *expr) bool { return a.op != named })) {
		p.add(p.at(n), "an ordered correlation needs all its rules", "join them with and, or leave the condition out")
	}
	c.present = e
}

// relations are the criteria of a condition.
var relations = map[string]bound{
	"gt": {relation: greater}, "gte": {relation: greaterOrEqual}, "lt": {relation: less}, "lte": {relation: lessOrEqual},
	"eq": {relation: equals}, "neq": {relation: equals, negated: true},
}

func (p *problems) bounds(c *Correlation, n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		than, ok := parseNumber(text(value))
		b, known := relations[key.Value]
		switch {
		case key.Value == "field" && text(value) != "":
			c.Field = text(value)
		case key.Value == "percentile" && ok && than.f >= 0 && than.f <= 100:
			c.percentile = than.f
		case known && ok:
			b.than = than
			c.bounds = append(c.bounds, b)
		case known || key.Value == "percentile" || key.Value == "field":
			p.add(p.at(value), fmt.Sprintf("%s: %s does not fit", key.Value, describe(value)), "write a number, and one field's name for field")
		default:
			p.add(p.at(key), fmt.Sprintf("unknown criterion %q", clip(key.Value)), "use gt, gte, lt, lte, eq, neq, field or percentile")
		}
	}
	_, percentile := get(n, "percentile")
	switch valued := c.Type != EventCount && !c.Type.temporal(); {
	case len(c.bounds) == 0:
		p.add(p.at(n), "the condition has no criterion", "add one, such as gte: 10")
	case valued && c.Field == "":
		p.add(p.at(n), "the condition names no field", "add field with the field whose values count")
	case c.Type == ValuePercentile && percentile == nil:
		p.add(p.at(n), "the condition names no percentile", "add percentile with a number from 0 to 100")
	case c.Type == TemporalOrdered:
		p.add(p.at(n), "an ordered correlation needs all its rules", "leave the condition out")
	}
}
