package duckdbtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/rulepack"
	"github.com/trailhold/trailhold/internal/sigma"
	"github.com/trailhold/trailhold/internal/sigma/export"
)

// hits are what a correlation finds in records, as text: group, beginning, end, how many records, value.
func hits(matchers []*sigma.Matcher, set *sigma.Set, records []sigma.JSON) map[*sigma.Correlation][]string {
	correlator := sigma.NewCorrelator(set, 0)
	for i, r := range records {
		at, err := time.Parse(time.RFC3339, r.Field("eventTime").Text())
		if err != nil {
			continue
		}
		for _, m := range matchers {
			if correlator.Needs(m.Rule()) && m.Match(r) {
				correlator.Add(m.Rule(), r, at, strconv.Itoa(i))
				if i%5 == 0 {
					correlator.Add(m.Rule(), r, at, strconv.Itoa(i)) // seen again in another file
				}
			}
		}
	}
	found := map[*sigma.Correlation][]string{}
	for _, h := range correlator.Hits() {
		found[h.Correlation] = append(found[h.Correlation], fmt.Sprintf("%q %d %d %d %v", h.Group, h.From.Unix(), h.To.Unix(), h.Total, h.Value))
	}
	return found
}

// queried are the same, found by a query.
func (e *engine) queried(query string, groups int) []string {
	var found []string
	for _, row := range e.query(query) {
		var times []int64
		for _, column := range row[groups : groups+2] {
			at, err := time.Parse(time.RFC3339, column)
			if err != nil {
				e.t.Fatal(err)
			}
			times = append(times, at.Unix())
		}
		value, err := strconv.ParseFloat(row[groups+3], 64)
		if err != nil {
			e.t.Fatal(err)
		}
		found = append(found, fmt.Sprintf("%q %d %d %s %v", row[:groups], times[0], times[1], row[groups+2], value))
	}
	return found
}

// compareCorrelations returns how many hits were found by both.
func (e *engine) compareCorrelations(t *testing.T, matchers []*sigma.Matcher, set *sigma.Set, records []string) (count int) {
	t.Helper()
	e.load(records)
	e.run("INSERT INTO base SELECT * FROM base WHERE CAST(eventid AS INTEGER) % 5 = 0")
	e.tables()
	found := hits(matchers, set, decoded(t, records))
	byRule := map[*sigma.Rule]*sigma.Matcher{}
	for _, m := range matchers {
		byRule[m.Rule()] = m
	}
	for _, c := range set.Correlations {
		foreign := !slices.ContainsFunc(c.Shape().References, func(r sigma.ShapeReference) bool { return byRule[r.Rules[0]] != nil })
		if c.Hidden || foreign {
			continue
		}
		for _, target := range tables {
			query, err := target.dialect.Correlation(target.table, c, byRule)
			if err != nil {
				t.Errorf("%s: %v", target.name, err)
				continue
			}
			got, want := e.queried(query, len(c.GroupBy)), found[c]
			slices.Sort(got)
			slices.Sort(want)
			count += len(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%s (%s, %s): the query finds\n%s\nthe correlation\n%s\n%s", c.Position, c.Title, target.name, strings.Join(got, "\n"), strings.Join(want, "\n"), query)
			}
		}
	}
	return count
}

// TestPackCorrelationsAgree runs the pack's correlations on the records of their examples, each example by itself.
func TestPackCorrelationsAgree(t *testing.T) {
	files, err := rulepack.Files()
	if err != nil {
		t.Fatal(err)
	}
	matchers, set := rules(t, files)
	e := newEngine(t)
	count := 0
	for _, sequence := range sequences(t) {
		if len(sequence) < 2 {
			continue
		}
		var records []string
		for _, r := range sequence {
			records = append(records, sigma.Compact(map[string]any(r)))
		}
		count += e.compareCorrelations(t, matchers, set, records)
	}
	t.Logf("%d hits", count)
	if count < len(set.Correlations) {
		t.Error("that is no test")
	}
}

// TestCorrelationsAgreeOnAllRecords runs all correlations there are on all records there are, most of which have nothing to do with
// them.
func TestCorrelationsAgreeOnAllRecords(t *testing.T) {
	matchers, set := rules(t, pack(t))
	t.Logf("%d correlations, %d hits", len(set.Correlations), newEngine(t).compareCorrelations(t, matchers, set, samples(t)))
}

// correlations has one of each type, with what makes types differ: bounds to both sides, aliases, no groups, arrays.
const correlations = `
title: a
name: a
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: A}, condition: s}
---
title: b
name: b
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: [B, AB]}, condition: s}
---
title: c
name: c
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: [A, C, AB]}, condition: s}
`

func document(title, body string) string {
	return "---\ntitle: " + title + "\ncorrelation: {" + body + "}\n"
}

func correlationDocuments() string {
	var b strings.Builder
	b.WriteString(correlations)
	for i, body := range []string{
		"type: event_count, rules: [a], group-by: [userIdentity.arn], timespan: 10m, condition: {gte: 3}",
		"type: event_count, rules: [a, c], group-by: [userIdentity.arn, requestParameters.name], timespan: 10m, condition: {gte: 2}",
		"type: event_count, rules: [a, c], timespan: 5m, condition: {lt: 3}",
		"type: event_count, rules: [b], timespan: 5m, condition: {eq: 2}",
		"type: event_count, rules: [b], timespan: 5m, condition: {neq: 2}",
		"type: value_count, rules: [a, b], group-by: [requestParameters.list], timespan: 20m, condition: {field: userIdentity.arn, gte: 2}",
		"type: value_count, rules: [a, b, c], group-by: [userIdentity.arn], timespan: 1h, condition: {field: requestParameters.list, gt: 2, lt: 5}",
		"type: value_sum, rules: [c], group-by: [userIdentity.arn], timespan: 1h, condition: {field: requestParameters.n, gte: 5}",
		"type: value_avg, rules: [c], timespan: 30m, condition: {field: requestParameters.n, gte: 2}",
		"type: value_min, rules: [c], timespan: 30m, condition: {field: requestParameters.n, lte: 1}",
		"type: value_max, rules: [c], timespan: 30m, condition: {field: requestParameters.n, gte: 4}",
		"type: temporal, rules: [a, b], group-by: [userIdentity.arn], timespan: 5m",
		"type: temporal, rules: [a, b, c], timespan: 5m, condition: a and not b",
		"type: temporal, rules: [a, b, c], timespan: 5m, condition: 2 of them",
		"type: temporal, rules: [a, b, c], group-by: [userIdentity.arn], timespan: 15m, condition: {gte: 2}",
		"type: temporal_ordered, rules: [a, b], group-by: [userIdentity.arn], timespan: 5m",
		"type: temporal_ordered, rules: [a, b, c], group-by: [requestParameters.list], timespan: 30m",
		"type: temporal_ordered, rules: [c, a], timespan: 2m",
		"type: event_count, rules: [a, b], group-by: [who], aliases: {who: {a: userIdentity.arn, b: requestParameters.name}}, timespan: 20m, condition: {gte: 2}",
	} {
		b.WriteString(document(fmt.Sprintf("number %d", i), body))
	}
	return b.String()
}

func TestRandomCorrelationsAgree(t *testing.T) {
	f, err := sigma.Parse("correlations.yml", []byte(correlationDocuments()))
	if err != nil {
		t.Fatal(err)
	}
	set, err := sigma.Link(f)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := sigma.Compile(set.Rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t)
	count := 0
	for seed := range 8 {
		count += e.compareCorrelations(t, plan.Matchers(), set, randomEvents(uint64(seed), 60))
	}
	t.Logf("%d hits", count)
}

// randomEvents are a few kinds of event of a few people, often at the same time.
func randomEvents(seed uint64, count int) []string {
	r := rand.New(rand.NewPCG(seed, 3))
	of := func(words ...string) string { return words[r.IntN(len(words))] }
	var records []string
	for range count {
		at := time.Date(2026, 3, 1, 10, r.IntN(90), r.IntN(4)*15, 0, time.UTC).Format(time.RFC3339)
		records = append(records, fmt.Sprintf(`{"eventTime":"%s","eventName":"%s","userIdentity":%s,"requestParameters":{%s"n":%s%s}}`,
			at, of("A", "B", "C", "AB"), of(`{"arn":"x"}`, `{"arn":"y"}`, `null`), of("", `"name":"x",`, `"name":"z",`),
			of("1", "2", `"3"`, "0.5", `"many"`, "[1,4]"), of("", `,"list":["p","q","p"]`, `,"list":"q"`, `,"list":["r",null]`, `,"list":[]`)))
	}
	return records
}

// TestCorrelationsThatAreRefused names what can't be said.
func TestCorrelationsThatAreRefused(t *testing.T) {
	for body, want := range map[string]string{
		"type: value_median, rules: [c], timespan: 30m, condition: {field: requestParameters.n, gte: 4}":                            "value_median",
		"type: event_count, rules: [a], group-by: [nowhere], timespan: 30m, condition: {gte: 4}":                                    "nowhere",
		"type: value_count, rules: [a, b], aliases: {x: {a: eventName, b: awsRegion}}, timespan: 1h, condition: {field: x, gte: 2}": "alias",
		"type: event_count, rules: [inner], timespan: 1h, condition: {gte: 2}":                                                      "another correlation",
	} {
		f, err := sigma.Parse("r.yml", []byte(correlations+"---\ntitle: i\nname: inner\ncorrelation: {type: event_count, rules: [a], timespan: 1h, condition: {gte: 2}}\n"+document("x", body)))
		if err != nil {
			t.Fatal(err)
		}
		set, err := sigma.Link(f)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := sigma.Compile(set.Rules, nil)
		if err != nil {
			t.Fatal(err)
		}
		byRule := map[*sigma.Rule]*sigma.Matcher{}
		for _, m := range plan.Matchers() {
			byRule[m.Rule()] = m
		}
		_, err = export.Athena().Correlation("t", set.Correlations[1], byRule)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "r.yml:") {
			t.Errorf("%s: %v", body, err)
		}
	}
}
