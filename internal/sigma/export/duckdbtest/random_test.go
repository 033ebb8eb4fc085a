package duckdbtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/sigma"
	"github.com/trailhold/trailhold/internal/sigma/export"
	"github.com/trailhold/trailhold/internal/sigma/sigmatest"
)

// randomRecords leaves out numbers that an engine writes in its own way.
func randomRecords(d sigmatest.Dice, count int) []string {
	var records []string
	for len(records) < count {
		if r := d.Record(); !strings.Contains(r, "1e0") && !strings.Contains(r, "2.5E+1") {
			records = append(records, r)
		}
	}
	return records
}

// TestRandomRulesAndRecords compares what random rules find with what the queries find that are made of them: in a column that
// has the whole record, and in Athena's table below requestParameters.
func TestRandomRulesAndRecords(t *testing.T) {
	const rounds, rulesEach, recordsEach = 12, 25, 60
	pairs, matches, refused := 0, 0, map[string]bool{}
	e := newEngine(t)
	for seed := range rounds {
		d := sigmatest.New(uint64(seed))
		records := randomRecords(d, recordsEach)
		target, table := export.Whole("raw"), "base"
		if seed%2 == 1 {
			target, table = export.Athena(), "cloudtrail_logs"
			d.Prefix = "requestParameters."
			for i, r := range records {
				records[i] = `{"requestParameters":` + r + `}`
			}
		}
		e.load(records)
		e.tables()
		events := decoded(t, records)
		var detections []string
		for range rulesEach {
			detections = append(detections, d.Rule())
		}
		for i, m := range compile(t, detections...) {
			query, err := target.Rule(table, m)
			if err != nil {
				refused[err.(*sigma.Error).What] = true
				continue
			}
			want, got := matching(m, events), e.numbers(query)
			pairs, matches = pairs+len(records), matches+len(want)
			if slices.Equal(got, want) {
				continue
			}
			for n, r := range records {
				if slices.Contains(got, n) != slices.Contains(want, n) {
					t.Fatalf("seed %d: found %v by the query\n%s\n%s\n%s", seed, slices.Contains(got, n), detections[i], r, query)
				}
			}
		}
	}
	t.Logf("%d of %d pairs of rule and record match; refused: %v", matches, pairs, refused)
	if matches < pairs/20 {
		t.Errorf("only %d of %d pairs match: that is no test", matches, pairs)
	}
}
