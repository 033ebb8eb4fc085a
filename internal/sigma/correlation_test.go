package sigma

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// twoRules are what the correlations of these tests refer to; the records have name a or b.
const twoRules = `
title: rule a
name: a
logsource: {product: aws, service: cloudtrail}
detection: {s: {name: a}, condition: s}
---
title: rule b
name: b
logsource: {product: aws, service: cloudtrail}
detection: {s: {name: b}, condition: s}
---
title: also a
name: also
logsource: {product: aws, service: cloudtrail}
detection: {s: {name: a}, condition: s}
---
title: c
`

// sighted is a record for a correlation: seconds after time0, then its JSON's fields.
type sighted struct {
	second int
	fields string
	id     string // "" for a number of its own
}

// correlate runs a set over records and returns its hits as text: the title, the group, the first and last second, and
// how many records there are.
func correlate(t *testing.T, text string, limit int, records []sighted) (hits []string, dropped int) {
	t.Helper()
	f, err := Parse("test.yml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	set, err := Link(f)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(set.Rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCorrelator(set, limit)
	for i, s := range records {
		var r Record
		if _, err := r.Read([]byte("{" + s.fields + "}")); err != nil {
			t.Fatal(err)
		}
		id := s.id
		if id == "" {
			id = fmt.Sprint("#", i)
		}
		p.Match(&r, func(m *Matcher) { c.Add(m.Rule(), &r, time0.Add(time.Duration(s.second)*time.Second), id) })
	}
	for _, h := range c.Hits() {
		hits = append(hits, fmt.Sprintf("%s%v %v-%v: %d", h.Correlation.Title, h.Group, h.From.Sub(time0).Seconds(), h.To.Sub(time0).Seconds(), h.Total))
		if len(h.Events) != min(h.Total, maxKept) {
			t.Errorf("%d of %d events are named", len(h.Events), h.Total)
		}
	}
	return hits, c.Dropped()
}

func a(second int, more ...string) sighted {
	return sighted{second, strings.Join(append([]string{`"name":"a"`}, more...), ","), ""}
}

func b(second int, more ...string) sighted {
	return sighted{second, strings.Join(append([]string{`"name":"b"`}, more...), ","), ""}
}

func id(s sighted, id string) sighted { s.id = id; return s }

var correlationCases = []struct {
	name, correlation string
	records           []sighted
	want              string // hits, joined with "; "
}{
	{"enough", "type: event_count, rules: a, timespan: 10s, condition: {gte: 3}", []sighted{a(0), a(4), a(10)}, "c[] 0-10: 3"},
	{"too long a time", "type: event_count, rules: a, timespan: 10s, condition: {gte: 3}", []sighted{a(0), a(4), a(11)}, ""},
	{"no fixed windows", "type: event_count, rules: a, timespan: 10s, condition: {gte: 3}", []sighted{a(8), a(9), a(12)}, "c[] 8-12: 3"},
	{"out of order", "type: event_count, rules: a, timespan: 10s, condition: {gte: 3}", []sighted{a(10), a(0), a(4)}, "c[] 0-10: 3"},
	{"overlapping windows are one hit", "type: event_count, rules: a, timespan: 10s, condition: {gte: 2}", []sighted{a(0), a(6), a(12), a(18)}, "c[] 0-18: 4"},
	{"apart", "type: event_count, rules: a, timespan: 10s, condition: {gte: 2}", []sighted{a(0), a(6), a(100), a(101)}, "c[] 0-6: 2; c[] 100-101: 2"},
	{"same record twice", "type: event_count, rules: a, timespan: 10s, condition: {gte: 3}", []sighted{id(a(0), "x"), id(a(0), "x"), a(1)}, ""},
	{"same record twice, out of order", "type: event_count, rules: a, timespan: 10s, condition: {gte: 3}", []sighted{id(a(1), "x"), a(0), id(a(1), "x"), a(2)}, "c[] 0-2: 3"},
	{"same time, different records", "type: event_count, rules: a, timespan: 10s, condition: {gte: 3}", []sighted{a(0), a(0), a(0)}, "c[] 0-0: 3"},
	{"gt", "type: event_count, rules: a, timespan: 10s, condition: {gt: 1}", []sighted{a(0), a(1)}, "c[] 0-1: 2"},
	{"eq", "type: event_count, rules: a, timespan: 10s, condition: {eq: 2}", []sighted{a(0), a(1), a(2)}, ""},
	{"range", "type: event_count, rules: a, timespan: 10s, condition: {gte: 2, lte: 3}", []sighted{a(0), a(1), a(2)}, "c[] 0-2: 3"},
	{"out of range", "type: event_count, rules: a, timespan: 10s, condition: {gte: 2, lt: 3}", []sighted{a(0), a(1), a(2)}, ""},
	{"neq", "type: event_count, rules: a, timespan: 10s, condition: {neq: 2}", []sighted{a(0), a(1)}, ""},
	{"two rules", "type: event_count, rules: [a, b], timespan: 10s, condition: {gte: 2}", []sighted{a(0), b(1)}, "c[] 0-1: 2"},
	{"a record that matches both rules", "type: event_count, rules: [a, also], timespan: 10s, condition: {gte: 2}", []sighted{a(0)}, ""},
	{"a record that matches both rules", "type: temporal, rules: [a, also], timespan: 10s", []sighted{a(0)}, "c[] 0-0: 1"},
	{"minutes", "type: event_count, rules: a, timespan: 1m, condition: {gte: 2}", []sighted{a(0), a(60)}, "c[] 0-60: 2"},

	{"groups", "type: event_count, rules: a, group-by: u, timespan: 10s, condition: {gte: 2}",
		[]sighted{a(0, `"u":"x"`), a(1, `"u":"y"`), a(2, `"u":"x"`)}, "c[x] 0-2: 2"},
	{"groups of two fields", "type: event_count, rules: a, group-by: [u, v.w], timespan: 10s, condition: {gte: 2}",
		[]sighted{a(0, `"u":"x","v":{"w":1}`), a(1, `"u":"x","v":{"w":2}`), a(2, `"u":"x","v":{"w":1}`)}, "c[x 1] 0-2: 2"},
	{"no group without the field", "type: event_count, rules: a, group-by: u, timespan: 10s, condition: {gte: 2}",
		[]sighted{a(0), a(1), a(2, `"u":null`), a(3, `"u":null`), a(4, `"u":[]`), a(5, `"u":[]`)}, ""},
	{"an empty text is a group", "type: event_count, rules: a, group-by: u, timespan: 10s, condition: {gte: 2}",
		[]sighted{a(0, `"u":""`), a(1, `"u":""`)}, "c[] 0-1: 2"},
	{"each member of an array is a group", "type: event_count, rules: a, group-by: u, timespan: 10s, condition: {gte: 2}",
		[]sighted{a(0, `"u":["x","y"]`), a(1, `"u":["z","y"]`), a(2, `"u":"z"`)}, "c[y] 0-1: 2; c[z] 1-2: 2"},
	{"members of two arrays", "type: event_count, rules: a, group-by: [u, v], timespan: 10s, condition: {gte: 2}",
		[]sighted{a(0, `"u":["x","y"],"v":["1","2"]`), a(1, `"u":"y","v":"1"`)}, "c[y 1] 0-1: 2"},
	{"an array's equal members count once", "type: event_count, rules: a, group-by: u, timespan: 10s, condition: {gte: 2}",
		[]sighted{a(0, `"u":["x","x"]`)}, ""},
	{"values can't imitate a group of two", "type: event_count, rules: a, group-by: [u, v], timespan: 10s, condition: {gte: 2}",
		[]sighted{a(0, `"u":"x y","v":"z"`), a(1, `"u":"x","v":"y z"`)}, ""},

	{"distinct values", "type: value_count, rules: a, timespan: 10s, condition: {gte: 2, field: u}",
		[]sighted{a(0, `"u":"x"`), a(1, `"u":"x"`), a(2, `"u":"y"`)}, "c[] 0-2: 3"},
	{"equal values", "type: value_count, rules: a, timespan: 10s, condition: {gte: 2, field: u}",
		[]sighted{a(0, `"u":"x"`), a(1, `"u":"x"`), a(2)}, ""},
	{"distinct members", "type: value_count, rules: a, timespan: 10s, condition: {gte: 3, field: r.arn}",
		[]sighted{a(0, `"r":[{"arn":"1"},{"arn":"2"}]`), a(1, `"r":[{"arn":"2"},{"arn":"3"}]`)}, "c[] 0-1: 2"},
	{"distinct values leave the window", "type: value_count, rules: a, timespan: 10s, condition: {gte: 3, field: u}",
		[]sighted{a(0, `"u":"x"`), a(6, `"u":"y"`), a(12, `"u":"z"`)}, ""},

	{"sum", "type: value_sum, rules: a, timespan: 10s, condition: {gt: 9, field: n}", []sighted{a(0, `"n":4`), a(1, `"n":"6"`)}, "c[] 0-1: 2"},
	{"sum leaves the window", "type: value_sum, rules: a, timespan: 10s, condition: {gt: 9, field: n}", []sighted{a(0, `"n":4`), a(11, `"n":6`)}, ""},
	{"average", "type: value_avg, rules: a, timespan: 10s, condition: {eq: 5, field: n}", []sighted{a(0, `"n":4`), a(1, `"n":6`), a(2, `"n":"x"`)}, "c[] 0-2: 3"},
	{"minimum", "type: value_min, rules: a, timespan: 10s, condition: {eq: 4, field: n}", []sighted{a(0, `"n":6`), a(1, `"n":4`)}, "c[] 0-1: 2"},
	{"maximum", "type: value_max, rules: a, timespan: 10s, condition: {gte: 6, field: n}", []sighted{a(0, `"n":6`), a(1, `"n":4`)}, "c[] 0-1: 2"},
	{"median", "type: value_median, rules: a, timespan: 10s, condition: {eq: 5, field: n}", []sighted{a(0, `"n":1`), a(1, `"n":4`), a(2, `"n":6`), a(3, `"n":100`)}, "c[] 0-3: 4"},
	{"percentile", "type: value_percentile, rules: a, timespan: 10s, condition: {eq: 6, field: n, percentile: 75}", []sighted{a(0, `"n":1`), a(1, `"n":4`), a(2, `"n":6`), a(3, `"n":100`)}, "c[] 0-3: 4"},
	{"nothing to compute with", "type: value_sum, rules: a, timespan: 10s, condition: {gte: 0, field: n}", []sighted{a(0, `"n":"x"`), a(1)}, ""},

	{"both", "type: temporal, rules: [a, b], timespan: 10s", []sighted{b(0), a(10)}, "c[] 0-10: 2"},
	{"not both in time", "type: temporal, rules: [a, b], timespan: 10s", []sighted{b(0), a(11)}, ""},
	{"one of them", "type: temporal, rules: [a, b], timespan: 10s", []sighted{a(0), a(1)}, ""},
	{"one that isn't there", "type: temporal, rules: [a, b], timespan: 10s, condition: a and not b", []sighted{a(0), b(5), a(50)}, "c[] 50-50: 1"},
	{"at least one", "type: temporal, rules: [a, b], timespan: 10s, condition: {gte: 1}", []sighted{b(3)}, "c[] 3-3: 1"},
	{"in order", "type: temporal_ordered, rules: [a, b], timespan: 10s", []sighted{a(0), b(10)}, "c[] 0-10: 2"},
	{"in the wrong order", "type: temporal_ordered, rules: [a, b], timespan: 10s", []sighted{b(0), a(10)}, ""},
	{"in order, arriving in another", "type: temporal_ordered, rules: [a, b], timespan: 10s", []sighted{b(10), a(0)}, "c[] 0-10: 2"},
	{"in order, the later beginning", "type: temporal_ordered, rules: [a, b], timespan: 10s", []sighted{a(0), a(8), b(12)}, "c[] 8-12: 2"},
	{"in order, at the same time", "type: temporal_ordered, rules: [a, b], timespan: 10s", []sighted{b(0), a(0)}, "c[] 0-0: 2"},
	{"in order, with another between", "type: temporal_ordered, rules: [a, b, a], timespan: 10s", []sighted{a(0), b(1), a(2)}, "c[] 0-2: 3"},
	{"in order, too late", "type: temporal_ordered, rules: [a, b], timespan: 10s", []sighted{a(0), b(11)}, ""},
	{"in order, by group", "type: temporal_ordered, rules: [a, b], group-by: [u], timespan: 10s",
		[]sighted{a(0, `"u":"x"`), b(1, `"u":"y"`), b(2, `"u":"x"`)}, "c[x] 0-2: 2"},
	{"aliases", "type: temporal, rules: [a, b], aliases: {who: {a: u, b: v}}, group-by: [who], timespan: 10s",
		[]sighted{a(0, `"u":"x"`), b(1, `"u":"x"`), b(2, `"v":"x"`)}, "c[x] 0-2: 2"},
}

func TestCorrelations(t *testing.T) {
	for _, c := range correlationCases {
		t.Run(c.name, func(t *testing.T) {
			hits, dropped := correlate(t, twoRules+"correlation: {"+c.correlation+"}\n", 0, c.records)
			if got := strings.Join(hits, "; "); got != c.want || dropped != 0 {
				t.Errorf("%q, want %q (%d dropped)", got, c.want, dropped)
			}
			shuffled := slices.Clone(c.records)
			for i := range shuffled {
				shuffled[i] = id(shuffled[i], cmpOr(shuffled[i].id, fmt.Sprint("#", i)))
			}
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			again, _ := correlate(t, twoRules+"correlation: {"+c.correlation+"}\n", 0, append(shuffled, shuffled...))
			if !slices.Equal(hits, again) {
				t.Errorf("%q, and with each record twice in another order %q", hits, again)
			}
		})
	}
}

func cmpOr(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

func TestCorrelationsOfCorrelations(t *testing.T) {
	text := twoRules + `name: inner
correlation: {type: event_count, rules: a, group-by: u, timespan: 10s, condition: {gte: 2}}
---
title: outer
correlation: {type: %s, rules: [inner, b], timespan: 1m}
`
	records := []sighted{a(0, `"u":"x"`), a(5, `"u":"x"`), b(30)}
	for kind, want := range map[string]string{"temporal": "outer[] 5-30: 2", "temporal_ordered": "outer[] 5-30: 2"} {
		hits, _ := correlate(t, fmt.Sprintf(text, kind), 0, records)
		if got := strings.Join(hits, "; "); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
	counted := strings.Replace(fmt.Sprintf(text, "event_count"), "[inner, b], timespan: 1m", "inner, timespan: 1m, condition: {gte: 2}", 1)
	both := []sighted{id(a(0, `"u":["x","y"]`), "1"), id(a(5, `"u":["x","y"]`), "2")}
	if hits, _ := correlate(t, counted, 0, both); strings.Join(hits, "; ") != "outer[] 5-5: 1" {
		t.Errorf("two hits that end with the same record: %q", hits)
	}
}

// TestCorrelationOfABrokenOne makes sure that each correlation that can't be run is told of.
func TestCorrelationOfABrokenOne(t *testing.T) {
	f, err := Parse("f.yml", []byte(twoRules+`name: inner
correlation: {type: temporal, rules: [a, nobody], timespan: 1m}
---
title: outer
correlation: {type: temporal, rules: [inner, b], timespan: 1m}
`))
	if err != nil {
		t.Fatal(err)
	}
	set, err := Link(f)
	if len(set.Correlations) != 0 || err == nil || !strings.Contains(err.Error(), `f.yml:19:42: there is no rule "nobody"`) ||
		!strings.Contains(err.Error(), `f.yml:22:39: the correlation "inner" can't be run`) {
		t.Errorf("%d correlations, %v", len(set.Correlations), err)
	}
}

func TestGenerate(t *testing.T) {
	for more, hidden := range map[string]bool{"": true, "generate: false": true, "generate: true": false} {
		f, err := Parse("f.yml", []byte(twoRules+"correlation:\n  type: event_count\n  rules: a\n  timespan: 1m\n  condition: {gte: 1}\n"+more+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		set, err := Link(f)
		if err != nil || set.Rules[0].Hidden != hidden || set.Rules[1].Hidden {
			t.Errorf("%q: %v %v (%v)", more, set.Rules[0].Hidden, set.Rules[1].Hidden, err)
		}
	}
	rules, err := Parse("rules.yml", []byte(twoRules+"logsource: {product: aws}\ndetection: {s: {x: 1}, condition: s}"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := Parse("other.yml", []byte("title: c\ncorrelation: {type: event_count, rules: a, timespan: 1m, condition: {gte: 1}}"))
	if err != nil {
		t.Fatal(err)
	}
	if set, err := Link(rules, other); err != nil || set.Rules[0].Hidden || len(set.Correlations) != 1 {
		t.Errorf("a correlation in another file hides the rule: %v", err)
	}
}

func TestCorrelatorLimit(t *testing.T) {
	var records []sighted
	for i := range 50 {
		records = append(records, a(i))
	}
	hits, dropped := correlate(t, twoRules+"correlation: {type: event_count, rules: a, timespan: 1h, condition: {gte: 10}}", 20, records)
	if want := "c[] 0-19: 20"; strings.Join(hits, "; ") != want || dropped != 30 {
		t.Errorf("%q, %d dropped, want %q and 30", hits, dropped, want)
	}
}

// TestLongArrays makes sure that arrays can't multiply without end, and that it is told what they lose.
func TestLongArrays(t *testing.T) {
	var list []string
	for i := range maxMembers + 5 {
		list = append(list, fmt.Sprint(i))
	}
	long := "[" + strings.Join(list, ",") + "]"
	for groups, want := range map[string]int{"u": 5, "[u, v]": 10 + maxMembers*(maxMembers-1)} {
		text := "correlation: {type: event_count, rules: a, group-by: " + groups + ", timespan: 1h, condition: {gte: 1}}"
		hits, dropped := correlate(t, twoRules+text, 0, []sighted{a(0, `"u":`+long+`,"v":`+long)})
		if len(hits) != maxMembers || dropped != want {
			t.Errorf("%s: %d hits, %d dropped, want %d and %d", groups, len(hits), dropped, maxMembers, want)
		}
	}
}

// TestLongValues makes sure that equal values stay equal, and different ones different, where they are too long to keep.
func TestLongValues(t *testing.T) {
	long := strings.Repeat("x", 5000)
	records := []sighted{a(0, `"u":"`+long+`"`), a(1, `"u":"`+long+`y"`), a(2, `"u":"`+long+`"`)}
	hits, _ := correlate(t, twoRules+"correlation: {type: event_count, rules: a, group-by: u, timespan: 1h, condition: {gte: 2}}", 0, records)
	if len(hits) != 1 || len(hits[0]) > 600 || !strings.HasSuffix(hits[0], " 0-2: 2") {
		t.Errorf("%q", hits)
	}
}

func TestAggregations(t *testing.T) {
	rule := "title: c\nlogsource: {product: aws}\ndetection:\n  s: {name: [a, b]}\n  other: {name: b}\n  timeframe: 10s\n  condition: s | "
	for _, c := range []struct {
		condition string
		records   []sighted
		want      string
	}{
		{"count() > 1", []sighted{a(0), a(5)}, "c[] 0-5: 2"},
		{"count() >= 2", []sighted{a(0), a(11)}, ""},
		{"count() by u > 1", []sighted{a(0, `"u":1`), a(1, `"u":2`), a(2, `"u":1`)}, "c[1] 0-2: 2"},
		{"count() by u, v > 1", []sighted{a(0, `"u":1,"v":1`), a(1, `"u":1,"v":2`), a(2, `"u":1,"v":1`)}, "c[1 1] 0-2: 2"},
		{"count(u) > 1", []sighted{a(0, `"u":1`), a(1, `"u":1`), a(2, `"u":2`)}, "c[] 0-2: 3"},
		{"count(u) by v = 2", []sighted{a(0, `"u":1,"v":"x"`), a(1, `"u":2,"v":"x"`)}, "c[x] 0-1: 2"},
		{"sum(n) > 9", []sighted{a(0, `"n":5`), a(1, `"n":5`)}, "c[] 0-1: 2"},
		{"min(n) < 2", []sighted{a(0, `"n":1`), a(1, `"n":5`)}, "c[] 0-1: 2"},
		{"max(n) <= 5", []sighted{a(0, `"n":1`), a(1, `"n":5`)}, "c[] 0-1: 2"},
		{"avg(n) == 3", []sighted{a(0, `"n":1`), a(1, `"n":5`)}, "c[] 0-1: 2"},
		{"count() != 2", []sighted{a(0), a(1)}, ""},
		{"near other", []sighted{a(0), b(5)}, "c[] 0-5: 2"},
		{"near other", []sighted{a(0), a(5)}, ""},
		{"near other", []sighted{a(0), b(50)}, "c[] 50-50: 1"},
		{"near not other", []sighted{a(0), a(5)}, "c[] 0-5: 2"},
	} {
		hits, _ := correlate(t, rule+c.condition+"\n", 0, c.records)
		if got := strings.Join(hits, "; "); got != c.want {
			t.Errorf("%s: %q, want %q", c.condition, got, c.want)
		}
	}
	f, err := Parse("f.yml", []byte(rule+"count() > 1\n"))
	if err != nil || len(f.Rules) != 1 || !f.Rules[0].Hidden || len(f.Correlations) != 1 || f.Correlations[0].Timespan != 10*time.Second {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestBrokenCorrelations(t *testing.T) {
	for text, want := range map[string]string{
		"x":                            "correlation is \"x\", not a map",
		"{type: dance, rules: a}":      `unknown type of correlation "dance"`,
		"{type: temporal}":             "the correlation names no rules",
		"{type: temporal, rules: [a]}": "the correlation has no timespan",
		"{type: temporal, rules: [a, [b]], timespan: 1m}":                                        "a reference to a rule is a list",
		"{type: temporal, rules: a, timespan: soon}":                                             `"soon" is no timespan`,
		"{type: temporal, rules: a, timespan: 0s}":                                               `"0s" is no timespan`,
		"{type: temporal, rules: a, timespan: 99999999w}":                                        "is no timespan",
		"{type: temporal, rules: a, timespan: 18446744073709551615s}":                            "is no timespan",
		"{type: event_count, rules: a, timespan: 1m}":                                            "the correlation has no condition",
		"{type: event_count, rules: a, timespan: 1m, condition: {}}":                             "the condition has no criterion",
		"{type: event_count, rules: a, timespan: 1m, condition: many}":                           "not a map",
		"{type: event_count, rules: a, timespan: 1m, condition: {gte: many}}":                    `gte: "many" does not fit`,
		"{type: event_count, rules: a, timespan: 1m, condition: {ge: 1}}":                        `unknown criterion "ge"`,
		"{type: value_count, rules: a, timespan: 1m, condition: {gte: 1}}":                       "the condition names no field",
		"{type: value_percentile, rules: a, timespan: 1m, condition: {gte: 1, field: x}}":        "the condition names no percentile",
		"{type: value_percentile, rules: a, timespan: 1m, condition: {percentile: 101, gte: 1}}": "percentile",
		"{type: temporal, rules: [a, b], timespan: 1m, condition: a and c}":                      `"c" is not among`,
		"{type: temporal_ordered, rules: [a, b], timespan: 1m, condition: a or b}":               "an ordered correlation needs all its rules",
		"{type: temporal_ordered, rules: [a, b], timespan: 1m, condition: {gte: 1}}":             "an ordered correlation needs all its rules",
		"{type: temporal, rules: [a, b], timespan: 1m, aliases: [x]}":                            "aliases is a list",
		"{type: temporal, rules: [a, b], timespan: 1m, aliases: {x: y}}":                         "an alias is \"y\"",
		"{type: temporal, rules: [a, b], timespan: 1m, aliases: {x: {a: y}}}":                    `the alias "x" names no field of rule "b"`,
		"{type: temporal, rules: [a, nobody], timespan: 1m}":                                     `f.yml:18:42: there is no rule "nobody"`,
		"{type: temporal, rules: [a, c], timespan: 1m}":                                          "the correlation refers to itself",
	} {
		f, err := Parse("f.yml", []byte(twoRules+"correlation: "+text+"\n"))
		if err == nil {
			var set *Set
			if set, err = Link(f); len(set.Correlations) != 0 || set.Rules[0].Hidden {
				t.Errorf("%s: the correlation is in the set, or hides its rules", text)
			}
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n gives %v\n want %s", text, err, want)
			continue
		}
		checkError(t, err)
	}
}

// TestWindowsAgreeWithTrying compares the moving window with trying all windows.
func TestWindowsAgreeWithTrying(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		span, least := 1+r.IntN(20), 1+r.IntN(4)
		var records []sighted
		for range r.IntN(12) {
			records = append(records, a(r.IntN(60), fmt.Sprintf(`"u":%d`, r.IntN(3))))
		}
		fits := false
		for _, first := range records {
			values := map[string]bool{}
			for _, other := range records {
				if d := other.second - first.second; d >= 0 && d <= span {
					values[other.fields] = true
				}
			}
			fits = fits || len(values) >= least
		}
		text := fmt.Sprintf("correlation: {type: value_count, rules: a, timespan: %ds, condition: {gte: %d, field: u}}", span, least)
		if hits, _ := correlate(t, twoRules+text, 0, records); (len(hits) > 0) != fits {
			t.Fatalf("%s\n%v\n%v, want a hit: %v", text, records, hits, fits)
		}
	}
}
