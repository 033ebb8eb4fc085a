// Package guard keeps trails at their baseline: observe → diff → plan → apply → read back → record → tell.
//
// Everything it decides, it decides from the state read back from AWS. Records only tell it where to look, and a
// sweep looks without any. It restores first and tells always: neither the journal nor a channel that is down can
// keep it from restoring, and a restoration that fails is the loudest alert there is.
package guard

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// Ports are the guard's edges.
type Ports struct {
	Observer Observer
	Actuator Actuator
	Journal  Journal
	Teller   Teller

	// Historian tells who caused a drift that a sweep found. Without it, nobody is named.
	Historian Historian

	// Archivist finds deleted log files, so that they can be brought back. Without it, people are told of the deletion only.
	Archivist Archivist
}

// Options tune a guard. The zero value is right for a Lambda function with a timeout of 30 seconds.
type Options struct {
	// Budget bounds one restoration, reading back included. Default 20 seconds.
	Budget time.Duration

	// Doubt is how long a state that shows no drift is doubted after a record says that there must be some:
	// CloudTrail's configuration is eventually consistent. Default 8 seconds.
	Doubt time.Duration

	// Pause is the time between the two clean reads that end a restoration. Default 1 second.
	Pause time.Duration

	// Log receives what the guard does. Default: nothing.
	Log *slog.Logger
}

// Guard guards the trails of one baseline. It is safe for concurrent use. Make one with New.
type Guard struct {
	baseline trail.Baseline
	units    []trail.Guarded // all that is guarded
	arns     []string        // of the units
	ports    Ports
	options  Options

	mu    sync.Mutex
	lanes map[string]*lane // by trail ARN
}

// New makes a guard.
func New(baseline trail.Baseline, ports Ports, options Options) *Guard {
	options.Budget = cmp.Or(options.Budget, 20*time.Second)
	options.Doubt = cmp.Or(options.Doubt, 8*time.Second)
	options.Pause = cmp.Or(options.Pause, time.Second)
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	g := &Guard{baseline: baseline, units: baseline.Units(), ports: ports, options: options, lanes: map[string]*lane{}}
	for _, t := range g.units {
		g.arns = append(g.arns, t.ARN)
	}
	return g
}

// Handle looks wherever the records point and restores what drifted. It returns the incidents they led to. The error
// joins what could not be done: the caller should deliver the records again.
func (g *Guard) Handle(ctx context.Context, records []record.Record) ([]incident.Incident, error) {
	perTrail := map[string][]tamper.Signal{}
	var strays []tamper.Signal // concern nothing guarded, or nobody knows what, and yet people hear of them
	for _, r := range records {
		s, ok := tamper.Classify(r)
		if !ok {
			continue
		}
		concerned := g.concerned(s)
		for _, t := range concerned {
			perTrail[t.ARN] = append(perTrail[t.ARN], s)
		}
		if s.Stray(len(concerned) > 0) {
			strays = append(strays, s)
		}
	}
	found, err := g.each(ctx, g.guarded(perTrail), func(ctx context.Context, t trail.Guarded) (*incident.Incident, error) {
		return g.lane(t.ARN).do(ctx, perTrail[t.ARN], func(ctx context.Context, batch []tamper.Signal) (*incident.Incident, error) {
			return g.reconcile(ctx, t, batch, incident.CauseEvent)
		})
	})
	more, strayErr := g.observeStrays(ctx, unclaimed(strays, found))
	return append(found, more...), errors.Join(err, strayErr)
}

// Sweep looks at every trail without being told to. It restores what drifted, tries again what failed, looks for the
// proof of what was restored, tells what could not be told, and reports trails that the baseline does not know.
func (g *Guard) Sweep(ctx context.Context) ([]incident.Incident, error) {
	return g.each(ctx, g.units, func(ctx context.Context, t trail.Guarded) (*incident.Incident, error) {
		return g.lane(t.ARN).do(ctx, nil, func(ctx context.Context, batch []tamper.Signal) (*incident.Incident, error) {
			i, err := g.reconcile(ctx, t, batch, incident.CauseSweep)
			return i, errors.Join(err, g.identify(ctx, t), g.prove(ctx, t))
		})
	})
}

// concerned lists the guarded trails that a signal speaks of.
func (g *Guard) concerned(s tamper.Signal) []trail.Guarded {
	var out []trail.Guarded
	for _, t := range g.units {
		if s.Concerns(t) {
			out = append(out, t)
		}
	}
	return out
}

// guarded lists the trails that have signals, in the baseline's order.
func (g *Guard) guarded(perTrail map[string][]tamper.Signal) []trail.Guarded {
	return slices.DeleteFunc(slices.Clone(g.units), func(t trail.Guarded) bool { return len(perTrail[t.ARN]) == 0 })
}

// each runs work on several trails at once, and collects incidents and errors in the trails' order.
func (g *Guard) each(ctx context.Context, trails []trail.Guarded, work func(context.Context, trail.Guarded) (*incident.Incident, error)) ([]incident.Incident, error) {
	incidents, errs := make([]*incident.Incident, len(trails)), make([]error, len(trails))
	var running sync.WaitGroup
	for n, t := range trails {
		running.Go(func() { incidents[n], errs[n] = work(ctx, t) })
	}
	running.Wait()
	var out []incident.Incident
	for _, i := range incidents {
		if i != nil {
			out = append(out, *i)
		}
	}
	return out, errors.Join(errs...)
}

// lane returns the lane of a trail, making it on first use. Trails that are not guarded share one.
func (g *Guard) lane(arn string) *lane {
	if !slices.Contains(g.arns, arn) {
		arn = strayLane
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lanes[arn]
	if l == nil {
		l = newLane()
		g.lanes[arn] = l
	}
	return l
}

// pause waits; false means that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
