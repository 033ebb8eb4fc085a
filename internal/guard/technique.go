package guard

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
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

// unmendable says what is lost by what the guard has no step for, and so none that would tell: by drift that it only alerts on,
// and by what no state shows. Of deleted files it is looked up.
func unmendable(i incident.Incident, signals []tamper.Signal) []string {
	var done []string
	if i.Stage == incident.AlertOnly {
		done = i.Techniques
	}
	for _, s := range signals {
		if tampers(s) {
			done = append(slices.Clone(done), slices.DeleteFunc(slices.Clone(s.Techniques), leavesTrace)...)
		}
	}
	var out []string
	for _, id := range done {
		technique, _ := tamper.Lookup(id)
		if text := sentence(technique.Lost); text != "" && id != tamper.LogDelete && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// leavesTrace says whether a state shows the technique.
func leavesTrace(id string) bool {
	technique, _ := tamper.Lookup(id)
	return technique.Tier == tamper.TierTrail || len(technique.Fields) > 0
}

// sentence makes one of the table's words.
func sentence(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:] + "."
}

// harmless are the techniques that people want to hear of, although they weaken nothing.
var harmless = map[string]bool{tamper.StartLogging: true, tamper.TrailUpdate: true, tamper.ResourceUpdate: true}

// allStray says whether none of the signals names its trail.
func allStray(signals []tamper.Signal) bool {
	return !slices.ContainsFunc(signals, func(s tamper.Signal) bool { return !s.Any })
}
