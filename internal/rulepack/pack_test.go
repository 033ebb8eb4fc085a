package rulepack

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/trailhold/trailhold/internal/sigma"
)

// pack is the pack's own files, which must be in order.
func pack(t testing.TB) []*File {
	t.Helper()
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("the pack is empty")
	}
	return files
}

func TestPackPassesItsOwnExamples(t *testing.T) {
	tally, err := Test(pack(t), Placeholders())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tally.Failures {
		t.Error(f)
	}
	for _, m := range tally.Without {
		t.Errorf("%s: %s has no examples", m.Position, m.Title)
	}
	t.Logf("%d rules, %d examples", tally.Rules, tally.Examples)
}

func TestPackMakesOnePlan(t *testing.T) {
	set, err := sigma.Link(Sigma(pack(t))...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := sigma.Compile(set.Rules, Placeholders())
	if err != nil {
		t.Fatal(err)
	}
	// What the search passes over is not even parsed: the pack must leave it that much to do.
	ordinary := []byte(`{"eventVersion":"1.11","eventSource":"s3.amazonaws.com","eventName":"GetObject","readOnly":true,` +
		`"requestParameters":{"bucketName":"logs","key":"AWSLogs/111122223333/CloudTrail/x"},"userIdentity":{"type":"AWSService"}}`)
	if at := plan.Search(ordinary).Next(0); at < len(ordinary) {
		t.Errorf("an ordinary record has to be parsed, because of %s", ordinary[at:])
	}
}

// TestPlanAgreesWithEachRule: on every example of every rule, the plan finds what each rule finds by itself.
func TestPlanAgreesWithEachRule(t *testing.T) {
	files := pack(t)
	set, err := sigma.Link(Sigma(files)...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := sigma.Compile(set.Rules, Placeholders())
	if err != nil {
		t.Fatal(err)
	}
	records := 0
	for _, f := range files {
		for _, a := range f.abouts {
			for _, e := range slices.Concat(a.Matches, a.Ignores) {
				for _, r := range e.records {
					records++
					compare(t, plan, e, r)
				}
			}
		}
	}
	t.Logf("%d records", records)
}

func compare(t *testing.T, plan *sigma.Plan, e Example, r map[string]any) {
	t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := sigma.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	var record sigma.Record
	if _, err := record.Read(raw); err != nil {
		t.Fatal(err)
	}
	var fast, plain []string
	plan.Match(&record, func(m *sigma.Matcher) { fast = append(fast, m.Rule().Title) })
	for _, m := range plan.Matchers() {
		if m.Match(decoded) {
			plain = append(plain, m.Rule().Title)
		}
	}
	if !slices.Equal(fast, plain) {
		t.Errorf("%s: the plan finds %q, the rules %q", e.Position, fast, plain)
	}
	if at := plan.Search(raw).Next(0); at == len(raw) && len(plain) > 0 {
		t.Errorf("%s: the search passes over it", e.Position)
	}
}
