package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

// Sink carries messages to people by one channel. Send is safe for concurrent use and returns when ctx ends. An error
// may have a method Retryable() bool; without it, it is tried again if guard.ClassOf says so.
type Sink interface {
	Name() string
	Send(ctx context.Context, m Message) error
}

// How patient a Dispatcher is with each sink.
const (
	budget     = 45 * time.Second // for all attempts at one message
	firstPause = 250 * time.Millisecond
	longest    = 8 * time.Second
	maxTries   = 8
	maxPending = 16 // messages at a time, so that a sink that hangs cannot gather goroutines
)

// Dispatcher sends each message to all its sinks at the same time. It is a guard.Teller.
type Dispatcher struct {
	channels []channel
}

type channel struct {
	sink Sink
	free chan struct{} // has an element for every message that is under way
}

// NewDispatcher makes a Dispatcher. Without sinks it tells nobody, and that is no error.
func NewDispatcher(sinks ...Sink) *Dispatcher {
	d := &Dispatcher{}
	for _, s := range sinks {
		d.channels = append(d.channels, channel{sink: s, free: make(chan struct{}, maxPending)})
	}
	return d
}

// Tell implements guard.Teller. It returns after 45 s at the latest, even if a sink does not.
func (d *Dispatcher) Tell(ctx context.Context, i incident.Incident, kind incident.Kind) error {
	if len(d.channels) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	m := Compose(i, kind)
	errs := make([]error, len(d.channels))
	var group sync.WaitGroup
	for n, c := range d.channels {
		group.Go(func() { errs[n] = c.deliver(ctx, m) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// deliver waits for the sink's answer, but no longer than ctx allows.
func (c channel) deliver(ctx context.Context, m Message) error {
	select {
	case c.free <- struct{}{}:
	default:
		return fmt.Errorf("notify: %s: %d messages are still under way; this one was not sent", c.sink.Name(), maxPending)
	}
	answer := make(chan error, 1)
	go func() {
		defer func() { <-c.free }()
		answer <- c.try(ctx, m)
	}()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-answer: // it noticed the end of ctx too, and knows more
		return err
	case <-time.After(time.Second):
		return fmt.Errorf("notify: %s: no answer in time: %w", c.sink.Name(), context.Cause(ctx))
	}
}

// try sends until it succeeds, until trying again is pointless, or until ctx ends.
func (c channel) try(ctx context.Context, m Message) error {
	for tries := 1; ; tries++ {
		err := c.send(ctx, m)
		if err == nil {
			return nil
		}
		err = fmt.Errorf("notify: %s: attempt %d: %w", c.sink.Name(), tries, err)
		if tries == maxTries || !retryable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		case <-time.After(pause(tries)):
		}
	}
}

// send turns a sink's panic into an error: a broken channel must not take the others, or the guard, with it.
func (c channel) send(ctx context.Context, m Message) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return c.sink.Send(ctx, m)
}

func retryable(err error) bool {
	var says interface{ Retryable() bool }
	if errors.As(err, &says) {
		return says.Retryable()
	}
	return guard.ClassOf(err) == guard.ClassRetry
}

// pause doubles with every attempt, and is anything from half of that to all of it, so that guards who failed
// together do not come back together.
func pause(tries int) time.Duration {
	d := min(firstPause<<(tries-1), longest)
	return d/2 + rand.N(d/2+1)
}
