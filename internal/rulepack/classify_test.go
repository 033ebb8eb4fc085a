package rulepack

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
)

// TestGuardSeesWhatRulesFind: what a rule for a technique matches, the guard takes for that technique too.
func TestGuardSeesWhatRulesFind(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range tiedRules(t) {
		if r.rule == nil || len(r.Techniques) == 0 {
			continue
		}
		for _, e := range r.Matches {
			signal, ok := tamper.Classify(parsed(t, e))
			if !ok || !slices.ContainsFunc(signal.Techniques, func(id string) bool { return slices.Contains(r.Techniques, id) }) {
				t.Errorf("%s: the rule says %v, the guard %v", e.Position, r.Techniques, signal.Techniques)
			}
			for _, id := range signal.Techniques {
				seen[id] = true
			}
		}
	}
	for _, technique := range tamper.Techniques() {
		if id := technique.ID; !seen[id] && id != tamper.DeleteThenSquat && id != tamper.StopFlood {
			t.Errorf("no example of any rule is of %s", id)
		}
	}
}

func parsed(t *testing.T, e Example) record.Record {
	t.Helper()
	raw, err := json.Marshal(e.records[0])
	if err != nil {
		t.Fatal(err)
	}
	records, err := record.Parse(raw)
	if err != nil || len(records) != 1 {
		t.Fatalf("%s: %d records (%v)", e.Position, len(records), err)
	}
	return records[0]
}
