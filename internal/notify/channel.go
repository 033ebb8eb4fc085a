package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
)

// channel is a sink on its way to people: how often it is tried, and what is remembered of it.
type channel struct {
	Target
	free chan struct{} // has an element for every message that is under way

	mu     sync.Mutex // guards what follows
	took   []string   // ids of the messages that the sink took last
	ailing bool       // people know that it fails, and it has taken nothing since
}

// tell delivers a message that the sink has not taken yet. The error is errUnwanted if the sink does not want it.
func (c *channel) tell(ctx context.Context, m Message) error {
	switch {
	case c.Wants != nil && !c.Wants(m):
		return errUnwanted
	case c.hasTaken(m.ID()):
		return nil
	}
	return c.deliver(ctx, m)
}

// deliver waits for the sink's answer, but no longer than ctx allows.
func (c *channel) deliver(ctx context.Context, m Message) error {
	select {
	case c.free <- struct{}{}:
	default:
		return fmt.Errorf("notify: %s: %d messages are still under way; this one was not sent", c.Sink.Name(), maxPending)
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
		return fmt.Errorf("notify: %s: no answer in time: %w", c.Sink.Name(), context.Cause(ctx))
	}
}

// try sends until it succeeds, until trying again is pointless, or until ctx ends.
func (c *channel) try(ctx context.Context, m Message) error {
	for tries := 1; ; tries++ {
		err := c.send(ctx, m)
		if err == nil || isPartial(err) {
			c.remember(m.ID())
			return err
		}
		wait := max(pause(tries), wished(err))
		err = fmt.Errorf("notify: %s: attempt %d: %w", c.Sink.Name(), tries, err)
		if tries == maxTries || !retryable(err) {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok && wait > longest && wait > time.Until(deadline) {
			return fmt.Errorf("%w (it wants to be left alone for %s, which is too long to wait)", err, wait)
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}

// send turns a sink's panic into an error: a broken channel must not take the others, or the guard, with it.
func (c *channel) send(ctx context.Context, m Message) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return c.Sink.Send(ctx, m)
}

func (c *channel) hasTaken(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.took, id)
}

func (c *channel) remember(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ailing = false
	c.took = append(c.took, id)
	c.took = c.took[max(len(c.took)-remembered, 0):]
}

// complained says whether people know that the sink fails.
func (c *channel) complained() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ailing
}

func (c *channel) complain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ailing = true
}

func retryable(err error) bool {
	var says interface{ Retryable() bool }
	if errors.As(err, &says) {
		return says.Retryable()
	}
	return guard.ClassOf(err) == guard.ClassRetry
}

// wished is the pause that the sink asks for, 0 if none.
func wished(err error) time.Duration {
	var says interface{ RetryAfter() time.Duration }
	if errors.As(err, &says) {
		return says.RetryAfter()
	}
	return 0
}

// pause doubles with every attempt, and is anything from half of that to all of it, so that guards who failed
// together do not come back together.
func pause(tries int) time.Duration {
	d := min(firstPause<<(tries-1), longest)
	return d/2 + rand.N(d/2+1)
}
