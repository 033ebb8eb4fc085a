package guard

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// strayLane is the one lane of everything that concerns no guarded trail: its keys are hostile text, and must not grow a map.
const strayLane = ""

// unclaimed lists the signals that led to no incident of a guarded trail.
func unclaimed(strays []tamper.Signal, found []incident.Incident) []tamper.Signal {
	return slices.DeleteFunc(slices.Clone(strays), func(s tamper.Signal) bool {
		return s.Record.EventID != "" && slices.ContainsFunc(found, func(i incident.Incident) bool {
			return slices.Contains(i.EventIDs, s.Record.EventID)
		})
	})
}

// observeStrays accounts for signals that concern no guarded trail, or nobody knows which: a trail set up beside the
// guarded ones, an unlisted trail stopped, an attempt that was denied. There is nothing to restore, but people hear of it.
func (g *Guard) observeStrays(ctx context.Context, strays []tamper.Signal) ([]incident.Incident, error) {
	if len(strays) == 0 {
		return nil, nil
	}
	var found []incident.Incident
	_, err := g.lane(strayLane).do(ctx, strays, func(ctx context.Context, batch []tamper.Signal) (*incident.Incident, error) {
		var errs []error
		for _, key := range strayKeys(batch) {
			i, err := g.observeStray(ctx, key, ofKey(batch, key))
			errs = append(errs, err)
			if i != nil {
				found = append(found, *i)
			}
		}
		return nil, errors.Join(errs...)
	})
	return found, err
}

func (g *Guard) observeStray(ctx context.Context, key string, signals []tamper.Signal) (*incident.Incident, error) {
	seen := time.Now().UTC()
	known, _ := g.recall(ctx, key, seen) // a journal that is down shows when the incident is saved
	fresh, late, alike := sortSignals(signals, known)
	fresh = slices.DeleteFunc(slices.Concat(fresh, late, alike), func(s tamper.Signal) bool { return g.remembers(s.Record) })
	if len(fresh) == 0 {
		return nil, nil
	}
	i := g.stray(key, fresh, seen)
	if again := repeated(known, i); again != nil {
		again.Fold(fresh)
		again.AddNote(floodNote)
		return g.record(ctx, *again, flood, whoSaves)
	}
	return g.record(ctx, i, opens, whoSaves)
}

// remembers says whether a record is part of an incident of any guarded trail: another caller's batch may have had it,
// or it records how an impostor was deleted to end one.
func (g *Guard) remembers(r record.Record) bool {
	return slices.ContainsFunc(g.arns, func(arn string) bool {
		relation := relation(r, g.lane(arn).remembered(arn))
		return relation == incident.Duplicate || relation == incident.Echo
	})
}

// strayKey names what a stray signal is about: by ARN if the record tells it, since that is how a sweep would name it.
func strayKey(s tamper.Signal) string {
	for _, name := range s.Names {
		if strings.HasPrefix(name, "arn:") {
			return name
		}
	}
	switch {
	case len(s.Names) > 0:
		return s.Names[0]
	case len(s.Resources) > 0:
		return s.Resources[0].String()
	}
	return "unknown trail"
}

// strayKeys lists what the signals are about, each thing once.
func strayKeys(signals []tamper.Signal) []string {
	var keys []string
	for _, s := range signals {
		if key := strayKey(s); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

func ofKey(signals []tamper.Signal, key string) []tamper.Signal {
	return slices.DeleteFunc(slices.Clone(signals), func(s tamper.Signal) bool { return strayKey(s) != key })
}

// stray is the incident of signals that concern no guarded trail.
func (g *Guard) stray(key string, signals []tamper.Signal, seen time.Time) incident.Incident {
	first := signals[0]
	i := g.blank(key, first.Record.EventID, incident.CauseEvent, seen)
	i.Account = cmp.Or(first.Record.RecipientAccountID, i.Account)
	i.Region = first.Record.Region
	i.Stage = incident.Observed
	i.Fold(signals)
	for _, s := range signals {
		i.AddTechniques(s.Techniques...)
		i.Severity = max(i.Severity, s.Severity)
		if s.Outcome.Kind == record.Succeeded && slices.Contains(s.Techniques, tamper.ShadowTrail) {
			i.Stage = incident.AlertOnly // it stays until a sweep finds the trail gone
		}
	}
	switch {
	case first.Any && len(first.Resources) > 0:
		i.AddNote("The record does not say what it was done to: all that is guarded and may have been meant was looked at, and is as its baseline says.")
	case first.Any:
		i.AddNote("The record does not say which trail it was: all guarded trails were looked at and are as their baseline says.")
	case len(first.Resources) > 0:
		i.MarkUnguarded()
	default:
		i.MarkUnlisted()
	}
	return i
}

// reportUnlisted opens an incident for each trail beside the guarded one that the baseline does not know, and ends the
// incidents of those that are gone. On AWS a trail that writes elsewhere is how copies of all events leave an account.
func (g *Guard) reportUnlisted(ctx context.Context, want trail.Guarded, others trail.Facet[[]trail.Config]) error {
	list, known := others.Get()
	if !known {
		return nil
	}
	_, err := g.lane(strayLane).do(ctx, nil, func(ctx context.Context, _ []tamper.Signal) (*incident.Incident, error) {
		var errs []error
		for _, c := range list {
			if !slices.Contains(g.arns, c.ARN) {
				errs = append(errs, g.reportOne(ctx, c))
			}
		}
		return nil, errors.Join(append(errs, g.endUnlisted(ctx, want, list))...)
	})
	return err
}

// reportOne opens the incident of one unlisted trail, unless a record has told of it already.
func (g *Guard) reportOne(ctx context.Context, c trail.Config) error {
	seen := time.Now().UTC()
	known, err := g.recall(ctx, c.ARN, seen)
	if err != nil || slices.ContainsFunc(known, func(i incident.Incident) bool {
		return slices.Contains(i.Techniques, tamper.ShadowTrail)
	}) {
		return err
	}
	i := g.blank(c.ARN, "", incident.CauseSweep, seen)
	i.Region = c.HomeRegion
	i.Stage = incident.AlertOnly
	i.MarkUnlisted()
	i.AddTechniques(tamper.ShadowTrail)
	i.AddDrifts(trail.Drift{Field: trail.FieldTrail, After: c, Direction: trail.Neutral, Severity: severity.Medium,
		Detail: "a trail that the baseline does not know writes to bucket " + c.S3BucketName})
	_, err = g.record(ctx, i, opens, whoSaves)
	return err
}

// endUnlisted ends the incidents of unlisted trails of the region that are no longer there.
func (g *Guard) endUnlisted(ctx context.Context, want trail.Guarded, list []trail.Config) error {
	all, err := g.ports.Journal.Recent(ctx, "", time.Now().Add(-recall))
	for _, i := range all {
		if i.Account != g.baseline.Account {
			continue // guards of several accounts may share the journal, and the list is of one
		}
		there := slices.ContainsFunc(list, func(c trail.Config) bool { return c.ARN == i.TrailARN })
		if i.Stage == incident.AlertOnly && slices.Contains(i.Techniques, tamper.ShadowTrail) && i.Region == want.HomeRegion && !there {
			i.Stage = incident.Observed
			i.AddNote("The trail is gone.")
			_, saveErr := g.record(ctx, i, joins, whoSaves)
			err = errors.Join(err, saveErr)
		}
	}
	return err
}
