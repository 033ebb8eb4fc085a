package tamper

import (
	"slices"

	"github.com/trailhold/trailhold/internal/severity"
)

// Techniques is the whole table. The slice and all that it holds belong to the caller.
func Techniques() []Technique {
	all := make([]Technique, len(table))
	for n, t := range table {
		all[n] = t.clone()
	}
	return all
}

// Lookup finds a technique by its id.
func Lookup(id string) (Technique, bool) {
	n, ok := place[id]
	if !ok {
		return Technique{}, false
	}
	return table[n].clone(), true
}

func (t Technique) clone() Technique {
	t.Calls, t.Fields = slices.Clone(t.Calls), slices.Clone(t.Fields)
	t.ATTCKv18, t.ATTCKv19 = slices.Clone(t.ATTCKv18), slices.Clone(t.ATTCKv19)
	return t
}

// bySeverity sorts ids, most severe first; equals keep their order. It drops repetitions and unknown ids, and
// returns the highest severity too.
func bySeverity(ids []string) ([]string, severity.Severity) {
	var out []string
	for _, id := range ids {
		if severityOf(id) != severity.None && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return int(severityOf(b)) - int(severityOf(a)) })
	if len(out) == 0 {
		return nil, severity.None
	}
	return out, severityOf(out[0])
}

func severityOf(id string) severity.Severity {
	n, ok := place[id]
	if !ok {
		return severity.None
	}
	return table[n].Severity
}
