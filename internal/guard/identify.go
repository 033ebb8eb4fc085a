package guard

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// Historian looks up records in Event history, which no trail has to record.
type Historian interface {
	// Lookup returns the newest records of a call in a region that happened between two times, newest first. It keeps to
	// AWS's limit of two lookups per second and region.
	Lookup(ctx context.Context, region, eventName string, from, to time.Time) ([]record.Record, error)
}

// Bounds on the search for who did it.
const (
	identifyTime = 5 * time.Second // that an alert may be held up, after the restoration
	historyLag   = time.Hour       // that Event history is given to show a record; 15 minutes are usual
	lookBack     = 24 * time.Hour  // before the drift was seen
	maxLookups   = 12              // calls per search
)

// wanting says whether nobody knows who caused what an incident is about, although Event history may.
func wanting(i incident.Incident) bool {
	return i.Cause == incident.CauseSweep && !i.Actor.Known() && len(i.Drifts) > 0 && i.Window == nil && !i.Unlisted()
}

// attribute looks in Event history for the calls that caused the drift of an incident that a sweep found, and folds them in.
func (g *Guard) attribute(ctx context.Context, i *incident.Incident, want trail.Guarded, known []incident.Incident) {
	if !wanting(*i) {
		return
	}
	if g.ports.Historian == nil {
		i.AddNote(incident.ActorNotAsked)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, identifyTime)
	defer cancel()
	signals, err := g.culprits(ctx, *i, want, known)
	i.Notes = slices.DeleteFunc(slices.Clone(i.Notes), func(note string) bool { return note == incident.ActorNotYet })
	switch {
	case len(signals) > 0:
		i.Fold(signals)
		i.AddTechniques(techniques(i.Drifts, signals)...)
	case time.Since(i.Seen) < historyLag:
		i.AddNote(incident.ActorNotYet)
	case err != nil:
		i.AddNote(incident.ActorUnknown + ", as far as it could be read (" + oneLine(err) + ").")
	default:
		i.AddNote(incident.ActorUnknown + ".")
	}
}

// identify tries again for incidents whose actor Event history did not tell at first, and tells people who it was.
func (g *Guard) identify(ctx context.Context, want trail.Guarded) error {
	known, err := g.recall(ctx, want.ARN, time.Now())
	if err != nil || g.ports.Historian == nil {
		return err
	}
	for _, i := range known {
		if !wanting(i) || !slices.Contains(i.Notes, incident.ActorNotYet) {
			continue
		}
		g.attribute(ctx, &i, want, known)
		if i.Actor.Known() {
			i.Identify(time.Now().UTC())
		}
		if i.Actor.Known() || !slices.Contains(i.Notes, incident.ActorNotYet) {
			_, err = g.record(ctx, i, joins, whoSaves)
		}
	}
	return err
}

// search is one call to look up.
type search struct{ region, event string }

// culprits are the signals of the newest call of each kind that may have caused the drifts.
func (g *Guard) culprits(ctx context.Context, i incident.Incident, want trail.Guarded, known []incident.Incident) (found []tamper.Signal, err error) {
	from, to := i.Seen.Add(-lookBack), i.Seen.Add(incident.ClockSkew)
	for _, s := range searches(i, want) {
		records, lookupErr := g.ports.Historian.Lookup(ctx, s.region, s.event, from, to)
		if lookupErr != nil {
			err = fmt.Errorf("%s in %s: %w", s.event, s.region, lookupErr)
			continue
		}
		for _, r := range records { // newest first: the call that made the state what it was
			if signal, ok := culprit(r, i, want, known); ok {
				found = append(found, signal)
				break
			}
		}
	}
	slices.SortStableFunc(found, func(a, b tamper.Signal) int { return a.Record.EventTime.Compare(b.Record.EventTime) })
	return found, err
}

// culprit judges one record: it must concern the trail, have taken effect, fit the drift, and be nobody's account yet.
func culprit(r record.Record, i incident.Incident, want trail.Guarded, known []incident.Incident) (tamper.Signal, bool) {
	s, ok := tamper.Classify(r)
	others := slices.DeleteFunc(slices.Clone(known), func(k incident.Incident) bool { return k.ID == i.ID })
	ours := slices.Contains([]incident.Relation{incident.Echo, incident.Alike}, incident.Relate(r, i)) // nobody is accused of what we may have done
	fits := slices.ContainsFunc(s.Techniques, func(id string) bool { return confirmed(id, i.Drifts) })
	return s, ok && !ours && fits && tampers(s) && s.Concerns(want) && relation(r, others) == incident.Unrelated
}

// searches lists what to look up: each call that causes a drift of the incident, where it is recorded.
func searches(i incident.Incident, want trail.Guarded) []search {
	var all []search
	for _, d := range i.Drifts {
		technique, _ := tamper.Lookup(tamper.FromDrift(d))
		for _, call := range technique.Calls {
			s := search{regionOf(d, want), call.Name}
			if !slices.Contains(all, s) && len(all) < maxLookups {
				all = append(all, s)
			}
		}
	}
	return all
}

// regionOf is where calls on what drifted are recorded.
func regionOf(d trail.Drift, want trail.Guarded) string {
	for _, r := range want.Dependents {
		if r.ARN != d.Resource {
			continue
		}
		arn, _ := trail.ParseResourceARN(r.ARN)
		return cmp.Or(arn.GlobalRegion(), r.Region, want.HomeRegion)
	}
	return want.HomeRegion
}
