package notify

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

// Sink carries messages to people by one channel. Send is safe for concurrent use and returns when ctx ends. An error
// may have a method Retryable() bool; without it, it is tried again if guard.ClassOf says so. It may also have a method
// RetryAfter() time.Duration, the least time to wait before that. Its text reaches logs and people: no secret may be in it.
type Sink interface {
	Name() string
	Send(ctx context.Context, m Message) error
}

// Target is a sink and what it gets.
type Target struct {
	Sink  Sink
	Wants func(Message) bool // nil: everything
}

// How patient a Dispatcher is with each sink.
const (
	budget     = 45 * time.Second // for all attempts at one message, and for telling that they failed
	firstPause = 250 * time.Millisecond
	longest    = 8 * time.Second
	maxTries   = 8
	maxPending = 16  // messages at a time, so that a sink that hangs cannot gather goroutines
	remembered = 256 // messages that a sink took last
)

// Dispatcher sends each message to all its sinks at the same time. It is a guard.Teller.
//
// When a sink fails, all others are told that it does, once until it works again. If at least one that reaches people took
// the message, the error is a *guard.PartlyTold. Otherwise the message may be told again, and whoever took it is left out.
type Dispatcher struct {
	channels []*channel
}

// NewDispatcher makes a Dispatcher whose sinks get everything. Without sinks it tells nobody, and that is no error.
func NewDispatcher(sinks ...Sink) *Dispatcher {
	targets := make([]Target, len(sinks))
	for n, s := range sinks {
		targets[n].Sink = s
	}
	return NewRouted(targets...)
}

// NewRouted makes a Dispatcher whose sinks get what they want.
func NewRouted(targets ...Target) *Dispatcher {
	d := &Dispatcher{}
	for _, t := range targets {
		d.channels = append(d.channels, &channel{Target: t, free: make(chan struct{}, maxPending)})
	}
	return d
}

// Tell implements guard.Teller. It returns after 45 s at the latest, even if a sink does not.
func (d *Dispatcher) Tell(ctx context.Context, i incident.Incident, kind incident.Kind) error {
	return d.Deliver(ctx, Compose(i, kind))
}

// Deliver sends a message as Tell does.
func (d *Dispatcher) Deliver(ctx context.Context, m Message) error {
	if len(d.channels) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	attempts, stop := context.WithTimeout(ctx, attemptTime(ctx))
	errs := each(d.channels, func(c *channel) error { return c.tell(attempts, m) })
	stop()
	d.tellFailures(ctx, m, errs)
	err := errors.Join(slices.DeleteFunc(slices.Clone(errs), isUnwanted)...)
	if err != nil && d.reached(errs) {
		return &guard.PartlyTold{Err: err}
	}
	return err
}

// reached says whether people were told. A line in a log, which is all that a Writer writes, may be read by nobody.
func (d *Dispatcher) reached(errs []error) bool {
	for n, c := range d.channels {
		if _, log := c.Sink.(*Writer); !log && (errs[n] == nil || isPartial(errs[n])) {
			return true
		}
	}
	return false
}

// errUnwanted says that a sink does not want a message, which is no failure.
var errUnwanted = errors.New("not wanted")

func isUnwanted(err error) bool { return err == errUnwanted }

// isPartial says whether a sink that stands for several has told people by some of them.
func isPartial(err error) bool {
	_, partly := errors.AsType[*guard.PartlyTold](err)
	return partly
}

// attemptTime is two thirds of the time that there is: the rest is for telling that it was not enough.
func attemptTime(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline() // which Deliver sets
	return time.Until(deadline) * 2 / 3
}

// tellFailures tells, through the sinks that did not fail, which ones did. What comes of that is not told in turn: a sink
// that cannot take it will fail with the next message, too.
func (d *Dispatcher) tellFailures(ctx context.Context, m Message, errs []error) {
	var failing []*channel
	var failures []failure
	var others []*channel
	for n, c := range d.channels {
		switch {
		case errs[n] == nil || isUnwanted(errs[n]) || isPartial(errs[n]):
			others = append(others, c)
		case !c.complained():
			failing = append(failing, c)
			failures = append(failures, failure{c.Sink.Name(), errs[n]})
		}
	}
	if len(failing) == 0 || len(others) == 0 {
		return
	}
	notice := composeFailure(m, failures)
	for _, err := range each(others, func(c *channel) error { return c.deliver(ctx, notice) }) {
		if err == nil || isPartial(err) {
			for _, c := range failing {
				c.complain()
			}
			return
		}
	}
}

// each calls f for all channels at the same time.
func each(channels []*channel, f func(*channel) error) []error {
	errs := make([]error, len(channels))
	var group sync.WaitGroup
	for n, c := range channels {
		group.Go(func() { errs[n] = f(c) })
	}
	group.Wait()
	return errs
}
