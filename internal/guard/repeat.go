package guard

import (
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// A flood is the same technique by the same actor again and again: the trail is restored each time, but people are
// told of the first few rounds only, and then whenever their number has grown tenfold.
const (
	floodWindow = 10 * time.Minute
	floodRounds = 3
)

// floodNote explains the folding to the reader.
const floodNote = "The same actor keeps doing the same. Each time is restored; further rounds are folded into this incident."

// repeated returns the incident that another round should be folded into, nil if it is not a repetition. known is newest first.
func repeated(known []incident.Incident, i incident.Incident) *incident.Incident {
	var same []*incident.Incident
	for n := range known {
		k := &known[n]
		alike := overlap(k.Techniques, i.Techniques) || len(k.Techniques)+len(i.Techniques) == 0
		if i.Seen.Sub(k.Seen) < floodWindow && k.Actor.Same(i.Actor) && alike {
			same = append(same, k)
		}
	}
	if len(same) < floodRounds {
		return nil
	}
	return same[0]
}

// flooded folds one more round into an incident.
func (g *Guard) flooded(i incident.Incident, r *restoration, signals []tamper.Signal) incident.Incident {
	i = g.continued(i, r, signals)
	i.AddTechniques(tamper.StopFlood)
	i.AddNote(floodNote)
	return i
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// newest returns the first of incidents that are sorted newest first, nil if there is none.
func newest(known []incident.Incident) *incident.Incident {
	if len(known) == 0 {
		return nil
	}
	return &known[0]
}

// sameDrift says whether the same parts have drifted in the same way.
func sameDrift(a, b []trail.Drift) bool {
	fields := func(drifts []trail.Drift) []string {
		var out []string
		for _, d := range drifts {
			out = append(out, d.Resource+" "+string(d.Field)+" "+incident.Text(d.After))
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(fields(a), fields(b))
}
