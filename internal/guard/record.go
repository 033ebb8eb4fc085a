package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
)

// Bounds of what may hold up a reconcile after the restoration.
const (
	journalTimeout = 3 * time.Second
	tellTimeout    = 15 * time.Second
	reminder       = time.Hour // between two alerts about a restoration that keeps failing
	day            = 24 * time.Hour
	maxMerges      = 10 // with what other guards save at the same time
)

// recall returns the trail's incidents that a record or drift might belong to, newest first: the journal's, and what this
// process remembers where the journal fails or lags.
func (g *Guard) recall(ctx context.Context, arn string, now time.Time) ([]incident.Incident, error) {
	ctx, cancel := context.WithTimeout(ctx, journalTimeout)
	defer cancel()
	known, err := g.ports.Journal.Recent(ctx, arn, now.Add(-recall))
	for _, own := range g.lane(arn).remembered(arn) {
		n := slices.IndexFunc(known, func(k incident.Incident) bool { return k.ID == own.ID })
		switch {
		case n < 0 && (err != nil || own.Version == 0) && (!own.Stage.Ended() || now.Sub(own.Seen) < recall):
			known = append(known, own)
		case n >= 0 && own.Version == known[n].Version:
			known[n] = own // it may know of a telling that could not be saved
		}
	}
	slices.SortStableFunc(known, func(a, b incident.Incident) int { return b.Seen.Compare(a.Seen) })
	return known, err
}

// teller is which of several guards that account for the same incident tells people.
type teller int

const (
	whoSaves teller = iota // the first to save it
	this                   // this one declared it
	another                // another one declared it, and may still be at it
)

// record saves an incident and tells people what they don't know yet. Neither failing keeps the other from happening;
// and both happen even if ctx has ended, for a restoration nobody hears of is half done.
func (g *Guard) record(ctx context.Context, i incident.Incident, fate fate, who teller) (*incident.Incident, error) {
	ctx = context.WithoutCancel(ctx)
	i, first, saveErr := g.save(ctx, i)
	kind, due := g.due(i, fate)
	if !due || who == another || who == whoSaves && !first {
		return &i, saveErr
	}
	tellErr := g.tell(ctx, &i, kind)
	i, _, againErr := g.save(ctx, i)
	return &i, errors.Join(saveErr, tellErr, againErr)
}

// save stores an incident. If somebody else stored it meanwhile, the two are merged and first is false, even if that
// cannot be saved then: that one tells people.
func (g *Guard) save(ctx context.Context, i incident.Incident) (saved incident.Incident, first bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, journalTimeout)
	defer cancel()
	defer func() { g.lane(i.TrailARN).remember(saved) }()
	first = true
	saved, err = g.ports.Journal.Save(ctx, i)
	for tries := 0; errors.Is(err, ErrConflict) && tries < maxMerges; tries++ {
		first = false
		var other incident.Incident
		if other, err = g.ports.Journal.Get(ctx, i.ID); err == nil {
			i = i.Merge(other)
			saved, err = g.ports.Journal.Save(ctx, i)
		}
	}
	if err != nil {
		g.options.Log.Error("journal failed", "incident", i.ID, "error", err)
		return i, first, fmt.Errorf("the journal could not save incident %s: %w", i.ID, err)
	}
	return saved, first, nil
}

// due says which notification an incident needs now, if any.
func (g *Guard) due(i incident.Incident, fate fate) (incident.Kind, bool) {
	switch {
	case i.Severity < g.baseline.Policy.Alert && i.Window == nil:
		return "", false
	case i.Permitted != "" && (i.Stage == incident.Permitted || i.Stage == incident.Observed):
		return "", false // people heard of the window
	case !i.WasTold(incident.KindAlert):
		return incident.KindAlert, true
	case !i.Identified.IsZero() && !i.WasTold(incident.KindIdentified):
		return incident.KindIdentified, true
	case i.Stage == incident.Proved && !i.WasTold(incident.KindProved) && !i.Restored.IsZero():
		return incident.KindProved, true
	case fate == flood && escalations(i) < digits(i.Occurrences)-1,
		fate == contest && escalations(i) < digits(i.Occurrences),
		i.Stage == incident.Failed && time.Since(lastTold(i)) > reminder,
		i.Unproved() && (!i.WasTold(incident.KindEscalate) || time.Since(lastTold(i)) > day):
		return incident.KindEscalate, true
	}
	return "", false
}

// escalations counts how often people were told that it goes on.
func escalations(i incident.Incident) int {
	n := 0
	for _, t := range i.Told {
		if t.Kind == incident.KindEscalate {
			n++
		}
	}
	return n
}

func digits(n int) int { return len(fmt.Sprint(n)) }

func lastTold(i incident.Incident) time.Time {
	if len(i.Told) == 0 {
		return time.Time{}
	}
	return i.Told[len(i.Told)-1].At
}

// tell tells people and notes in the incident that, or why not.
func (g *Guard) tell(ctx context.Context, i *incident.Incident, kind incident.Kind) error {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	telling := incident.Telling{Kind: kind, At: time.Now().UTC()}
	err := g.ports.Teller.Tell(ctx, *i, kind)
	if _, partly := errors.AsType[*PartlyTold](err); partly {
		g.options.Log.Error("not every channel told people", "incident", i.ID, "kind", kind, "error", err)
		err = nil
	}
	if err != nil {
		telling.Error = oneLine(err)
		g.options.Log.Error("nobody could be told", "incident", i.ID, "kind", kind, "error", err)
		err = fmt.Errorf("incident %s: nobody could be told: %w", i.ID, err)
	}
	i.Told = append(i.Told, telling)
	return err
}
