package sigma

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/sigma/sigmatest"
)

// TestRandomRulesAndRecords compares the plan with each rule by itself, and JSON with what is decoded.
func TestRandomRulesAndRecords(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	pairs, matches := 0, 0
	var reused Record
	for seed := range rounds {
		d := sigmatest.New(uint64(seed))
		var text strings.Builder
		for range 20 {
			fmt.Fprintf(&text, "---\n%sdetection: %s\n", head, d.Rule())
		}
		f, err := Parse("random.yml", []byte(text.String()))
		if err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		p, err := Compile(f.Rules, testPlaceholders)
		if err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		var records []string
		for range 40 {
			records = append(records, d.Record())
			matched := agree(t, p, records[len(records)-1])
			matches += len(matched)
			var again []int
			if _, err := reused.Read([]byte(records[len(records)-1])); err != nil {
				t.Fatal(err)
			}
			p.Match(&reused, func(m *Matcher) { again = append(again, slices.Index(p.matchers, m)) })
			if !slices.Equal(again, matched) {
				t.Errorf("a record that is used again matches %v instead of %v", again, matched)
			}
			pairs += len(p.matchers)
		}
		searchAgrees(t, f.Rules, records)
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, text.String())
		}
	}
	t.Logf("%d of %d pairs of rule and record match", matches, pairs)
	if matches < pairs/20 {
		t.Errorf("only %d of %d pairs match: that is no test", matches, pairs)
	}
}

// searchAgrees makes sure that reading only the records where a search sees something finds all that match. It takes one
// rule at a time: in a plan of many, some rule that looks at everything would hide what the others need.
func searchAgrees(t *testing.T, rules []*Rule, records []string) {
	t.Helper()
	data := []byte("[" + strings.Join(records, ",") + "]")
	for _, r := range rules {
		p, err := Compile([]*Rule{r}, testPlaceholders)
		if err != nil {
			t.Fatal(err)
		}
		s := p.Search(data)
		from := 1
		for _, raw := range records {
			to := from + len(raw)
			if skipped := s.Next(from) >= to; skipped {
				agreed := Record{}
				if _, err := agreed.Read([]byte(raw)); err != nil {
					t.Fatal(err)
				}
				if p.matchers[0].Match(&agreed) {
					t.Fatalf("the search passes over a record that rule %s matches\n%q", r.Position, raw)
				}
			}
			from = to + 1
		}
	}
}
