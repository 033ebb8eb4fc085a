package rulepack

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/sigma"
)

// Failure is an example that came out otherwise than its rule's author says.
type Failure struct {
	sigma.Position        // of the example
	Rule           string // its title
	What           string
}

// String is one line with the place and what is wrong there.
func (f Failure) String() string { return fmt.Sprintf("%s: %s: %s", f.Position, f.Rule, f.What) }

// Tally is what a run of examples came to.
type Tally struct {
	Rules    int          // that were run, correlations among them
	Examples int          // of all of them
	Without  []sigma.Meta // rules that have no example
	Failures []Failure
}

// Test runs each rule's own examples, correlations with the rules that they refer to. The error joins what keeps rules from
// being run; the others are run all the same.
func Test(files []*File, values sigma.Placeholders) (Tally, error) {
	set, linkErr := sigma.Link(Sigma(files)...)
	plan, compileErr := sigma.Compile(set.Rules, values)
	t := tester{set: set, plan: plan, matchers: map[*sigma.Rule]*sigma.Matcher{}}
	for _, m := range plan.Matchers() {
		t.matchers[m.Rule()] = m
	}
	for _, f := range files {
		t.file(f)
	}
	return t.tally, errors.Join(linkErr, compileErr)
}

type tester struct {
	set      *sigma.Set
	plan     *sigma.Plan
	matchers map[*sigma.Rule]*sigma.Matcher
	tally    Tally
}

func (t *tester) file(f *File) {
	for _, r := range f.Rules {
		if m := t.matchers[r]; m != nil {
			t.examples(f.Of(r.Meta), r.Meta, func(records []sigma.JSON) bool { return m.Match(records[0]) })
		}
	}
	for _, c := range f.Correlations {
		if slices.Contains(t.set.Correlations, c) {
			t.examples(f.Of(c.Meta), c.Meta, func(records []sigma.JSON) bool { return t.correlates(c, records) })
		}
	}
}

func (t *tester) examples(a *About, m sigma.Meta, matches func([]sigma.JSON) bool) {
	t.tally.Rules++
	if a == nil || len(a.Matches)+len(a.Ignores) == 0 {
		t.tally.Without = append(t.tally.Without, m)
		return
	}
	for _, e := range a.Matches {
		t.one(e, m, matches, true)
	}
	for _, e := range a.Ignores {
		t.one(e, m, matches, false)
	}
}

func (t *tester) one(e Example, m sigma.Meta, matches func([]sigma.JSON) bool, want bool) {
	t.tally.Examples++
	records, err := e.Records()
	switch {
	case err != nil:
		t.fail(e, m, "the example can't be read: "+err.Error())
	case matches(records) == want:
	case want:
		t.fail(e, m, "does not match, although it stands under matches")
	default:
		t.fail(e, m, "matches, although it stands under ignores")
	}
}

func (t *tester) fail(e Example, m sigma.Meta, what string) {
	t.tally.Failures = append(t.tally.Failures, Failure{e.Position, title(m), what})
}

// title is what to call a rule.
func title(m sigma.Meta) string {
	for _, name := range []string{m.Title, m.Name} {
		if name != "" {
			return name
		}
	}
	return m.ID
}

// correlates says whether some records together are what a correlation looks for.
func (t *tester) correlates(c *sigma.Correlation, records []sigma.JSON) bool {
	correlator := sigma.NewCorrelator(t.set, 0)
	for _, record := range records {
		at, err := time.Parse(time.RFC3339, record.Field("eventTime").Text())
		if err != nil {
			continue // a record without a time belongs to no window
		}
		for r, m := range t.matchers {
			if correlator.Needs(r) && m.Match(record) {
				correlator.Add(r, record, at, record.Field("eventID").Text())
			}
		}
	}
	return slices.ContainsFunc(correlator.Hits(), func(h sigma.Hit) bool { return h.Correlation == c })
}

// Records are the example's records, with all that it does not say.
func (e Example) Records() ([]sigma.JSON, error) {
	var records []sigma.JSON
	for _, r := range e.records {
		raw, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		record, err := sigma.Decode(raw)
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}
