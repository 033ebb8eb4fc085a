package guard

import (
	"context"
	"slices"
	"sync"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tamper"
)

// lane lets one reconcile of a trail run at a time. Signals that arrive while one is running wait together and are
// handled by a single next run: a thousand events about one trail cost two runs, not a thousand.
type lane struct {
	turn chan struct{} // holds a token while a run is under way

	mu      sync.Mutex
	waiting *batch
	recent  []incident.Incident // what this process knows, for when the journal is down; newest first
}

// batch is signals that wait for the same run.
type batch struct {
	signals  []tamper.Signal
	done     chan struct{} // closed after the run; incident and err are set before
	incident *incident.Incident
	err      error
}

type runFunc func(context.Context, []tamper.Signal) (*incident.Incident, error)

func newLane() *lane { return &lane{turn: make(chan struct{}, 1)} }

// do adds the signals to the waiting batch and returns when that batch has been run, by this caller or another. Only
// one of the callers whose signals shared a run gets its incident; the others get nil, so that each incident is
// reported once.
func (l *lane) do(ctx context.Context, signals []tamper.Signal, run runFunc) (*incident.Incident, error) {
	b := l.join(signals)
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-b.done:
		return nil, b.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if !l.take(b) {
		<-b.done // another caller ran it while this one was getting its turn
		return nil, b.err
	}
	b.incident, b.err = run(ctx, b.signals)
	close(b.done)
	return b.incident, b.err
}

func (l *lane) join(signals []tamper.Signal) *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		l.waiting = &batch{done: make(chan struct{})}
	}
	l.waiting.signals = append(l.waiting.signals, signals...)
	return l.waiting
}

// take makes a batch the caller's own, unless it was taken before.
func (l *lane) take(b *batch) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting != b {
		return false
	}
	l.waiting = nil
	return true
}

// maxRemembered bounds what a lane keeps of past incidents.
const maxRemembered = 20

// remember keeps an incident for the time that the journal can't be read.
func (l *lane) remember(i incident.Incident) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := range l.recent {
		if l.recent[n].ID == i.ID {
			l.recent[n] = i
			return
		}
	}
	l.recent = append([]incident.Incident{i}, l.recent...)
	if len(l.recent) > maxRemembered {
		l.recent = l.recent[:maxRemembered]
	}
}

// remembered returns what this process knows of a trail's incidents, newest first.
func (l *lane) remembered(arn string) []incident.Incident {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.recent), func(i incident.Incident) bool { return i.TrailARN != arn })
}
