package guard

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// A contest is somebody who undoes what the guard restores again and again, more slowly than a flood: often a pipeline
// that believes in another configuration, and not an intruder. People are told of the first rounds, then once that it is
// a contest, with the evidence, and then whenever the number of rounds has grown tenfold.
const (
	contestTime   = 24 * time.Hour
	contestRounds = 3 // that are restored and told as if they had nothing to do with each other
)

// contestants lists the incidents in which the same actor caused a drift of the same parts, newest first.
func contestants(known []incident.Incident, actor incident.Actor, drifts []trail.Drift, now time.Time) []incident.Incident {
	if !actor.Known() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(known), func(k incident.Incident) bool {
		shared := slices.ContainsFunc(k.Drifts, func(d trail.Drift) bool { return slices.ContainsFunc(drifts, d.Same) })
		return !shared || !k.Actor.Same(actor) || now.Sub(k.Seen) > contestTime || k.Stage == incident.Permitted
	})
}

// contested is one more round of a contest: an incident that people know of, with the evidence. It is nil if there is none.
func (g *Guard) contested(known []incident.Incident, i incident.Incident, r *restoration, signals []tamper.Signal) *incident.Incident {
	rounds := contestants(known, i.Actor, i.Drifts, i.Seen)
	if len(rounds) < contestRounds {
		return nil
	}
	joined := g.continued(rounds[0], r, signals)
	joined.Notes = slices.DeleteFunc(slices.Clone(joined.Notes), func(note string) bool { return strings.HasPrefix(note, incident.ContestNote) })
	joined.AddNote(incident.ContestNote + fmt.Sprintf("the same actor has changed the same %d times within a day, first at %s, with %s. A pipeline that "+
		"believes in another configuration does that: change it there, or capture the baseline again. Further rounds are folded into this incident.",
		roundsOf(rounds)+1, rounds[len(rounds)-1].Seen.UTC().Format(time.RFC3339), plain.Text(i.Actor.UserAgent, 80)))
	if g.baseline.Policy.Contest == trail.ContestLeave {
		for _, d := range r.diff.Drifts {
			if !slices.Contains(joined.Left, d.Field) {
				joined.Left = append(slices.Clone(joined.Left), d.Field)
			}
		}
	}
	return &joined
}

// roundsOf counts the rounds that incidents hold, folded ones included.
func roundsOf(incidents []incident.Incident) int {
	n := 0
	for _, i := range incidents {
		n += max(i.Occurrences, 1)
	}
	return n
}

// leave gives up the fields of contests that the policy says not to fight: those given up before, and those that the actor
// of these signals has contested often enough.
func (r *restoration) leave(known []incident.Incident, signals []tamper.Signal, now time.Time) {
	if r.g.baseline.Policy.Contest != trail.ContestLeave {
		return
	}
	for _, k := range known {
		if k.Stage == incident.AlertOnly {
			r.giveUp(k.Left)
		}
	}
	for _, s := range signals {
		count := map[trail.Field]int{}
		for _, k := range known {
			if k.Actor.Same(incident.ActorOf(s.Record)) && now.Sub(k.Seen) <= contestTime {
				for _, d := range k.Drifts {
					if count[d.Field]++; count[d.Field] == contestRounds {
						r.giveUp([]trail.Field{d.Field})
					}
				}
			}
		}
	}
}

func (r *restoration) giveUp(fields []trail.Field) {
	for _, f := range fields {
		for _, f := range trail.Together(f) {
			r.full.AlertOnly = append(slices.Clone(r.full.AlertOnly), string(f))
		}
	}
	r.want.AlertOnly = r.full.AlertOnly
}
