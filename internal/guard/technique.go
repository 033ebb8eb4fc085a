package guard

import (
	"slices"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// techniques names what was done: what the drift proves comes first, then what the records claim, as far as the drift
// does not contradict them.
func techniques(drifts []trail.Drift, signals []tamper.Signal) []string {
	var out []string
	if squatted(signals, drifts) {
		out = append(out, tamper.DeleteThenSquat)
	}
	out = append(out, tamper.FromDifference(drifts)...)
	for _, s := range signals {
		for _, id := range s.Techniques {
			if confirmed(id, drifts) {
				out = append(out, id)
			}
		}
	}
	return out
}

// confirmed says whether a claimed technique fits the drift. Without drift nothing contradicts the claim.
func confirmed(id string, drifts []trail.Drift) bool {
	technique, ok := tamper.Lookup(id)
	if !ok || len(drifts) == 0 || len(technique.Fields) == 0 {
		return ok
	}
	return slices.ContainsFunc(drifts, func(d trail.Drift) bool { return slices.Contains(technique.Fields, d.Field) })
}

// squatted says whether somebody created a trail in the guarded one's place: a record says so, or the trail was deleted
// and yet was found, other than the baseline wants it.
func squatted(signals []tamper.Signal, drifts []trail.Drift) bool {
	missing := slices.ContainsFunc(drifts, func(d trail.Drift) bool { return d.Field == trail.FieldTrail })
	return len(drifts) > 0 && slices.ContainsFunc(signals, func(s tamper.Signal) bool {
		created := s.Record.EventName == "CreateTrail" || s.Record.EventName == "DeleteTrail" && !missing
		return created && s.Outcome.Kind == record.Succeeded && !s.Any
	})
}

// tampers says whether the recorded call took effect and may have weakened a trail.
func tampers(s tamper.Signal) bool {
	return s.Outcome.Kind == record.Succeeded && !harmless[s.Techniques[0]]
}

// harmless are the techniques that people want to hear of, although they weaken nothing.
var harmless = map[string]bool{tamper.StartLogging: true, tamper.TrailUpdate: true, tamper.ResourceUpdate: true}

// allStray says whether none of the signals names its trail.
func allStray(signals []tamper.Signal) bool {
	return !slices.ContainsFunc(signals, func(s tamper.Signal) bool { return !s.Any })
}
