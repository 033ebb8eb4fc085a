package tamper

import (
	"slices"

	"github.com/trailhold/trailhold/internal/severity"
)

// Lookup finds a technique by its id.
func Lookup(id string) (Technique, bool) {
	table := Techniques()
	n := slices.IndexFunc(table, func(t Technique) bool { return t.ID == id })
	if n < 0 {
		return Technique{}, false
	}
	return table[n], true
}

// bySeverity sorts ids, most severe first; equals keep their order. It drops repetitions and unknown ids, and
// returns the highest severity too.
func bySeverity(ids []string) ([]string, severity.Severity) {
	rank := map[string]severity.Severity{}
	for _, t := range Techniques() {
		rank[t.ID] = t.Severity
	}
	var out []string
	for _, id := range ids {
		if rank[id] != severity.None && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return int(rank[b]) - int(rank[a]) })
	if len(out) == 0 {
		return nil, severity.None
	}
	return out, rank[out[0]]
}
