package watch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
)

// body is the message that EventBridge sends about a call.
func body(id, name string) string {
	return `{"detail-type":"AWS API Call via CloudTrail","source":"aws.cloudtrail","detail":` + raw(id, name) + `}`
}

func raw(id, name string) string {
	return fmt.Sprintf(`{"eventID":%q,"eventName":%q,"eventSource":"cloudtrail.amazonaws.com",`+
		`"eventTime":"2026-03-01T03:12:07Z","awsRegion":"eu-west-1","requestParameters":{"name":"audit"}}`, id, name)
}

// fakeGuard notes what it is asked.
type fakeGuard struct {
	mu         sync.Mutex
	handled    [][]string // event ids of each call
	began      int        // calls of Handle
	sweeps     []time.Time
	proofs     int
	unreadable []string

	handle    func(ctx context.Context) ([]incident.Incident, error) // what Handle does; nil: nothing
	sweep     func(ctx context.Context) error                        // what Sweep does; nil: nothing
	sweepFail error
}

func (g *fakeGuard) Handle(ctx context.Context, records []record.Record) (found []incident.Incident, err error) {
	g.mu.Lock()
	g.began++
	g.mu.Unlock()
	if g.handle != nil {
		found, err = g.handle(ctx)
	}
	var ids []string
	for _, r := range records {
		ids = append(ids, r.EventID)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.handled = append(g.handled, ids)
	return found, err
}

func (g *fakeGuard) Sweep(ctx context.Context) ([]incident.Incident, error) {
	if g.sweep != nil {
		return nil, g.sweep(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweeps = append(g.sweeps, time.Now())
	return nil, g.sweepFail
}

func (g *fakeGuard) Prove(context.Context) ([]incident.Incident, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.proofs++
	return nil, nil
}

func (g *fakeGuard) ReportUnreadable(_ context.Context, source string, _ []byte, _ error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unreadable = append(g.unreadable, source)
	return nil
}

// fakeQueue is a queue whose messages come again a while after each receive unless they are deleted.
type fakeQueue struct {
	mu         sync.Mutex
	visibility time.Duration
	wait       time.Duration // of a receive that brings nothing
	fails      bool
	receives   int
	left       []*fakeMessage
}

type fakeMessage struct {
	id, body string
	hidden   time.Time // until then
	deleted  bool
}

var errQueueDown = errors.New("queue is down")

func (q *fakeQueue) add(id, text string) { q.left = append(q.left, &fakeMessage{id: id, body: text}) }

func (q *fakeQueue) Receive(ctx context.Context) ([]Message, error) {
	found, err := q.take()
	if err == nil && len(found) == 0 {
		pause(ctx, q.wait)
	}
	return found, errors.Join(err, ctx.Err())
}

func (q *fakeQueue) take() ([]Message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.receives++
	if q.fails {
		return nil, errQueueDown
	}
	var found []Message
	for _, m := range q.left {
		if !m.deleted && !time.Now().Before(m.hidden) && len(found) < 10 {
			m.hidden = time.Now().Add(q.visibility)
			found = append(found, Message{ID: m.id, Body: m.body, Delete: q.remove(m)})
		}
	}
	return found, nil
}

func (q *fakeQueue) remove(m *fakeMessage) func(context.Context) error {
	return func(ctx context.Context) error {
		q.mu.Lock()
		defer q.mu.Unlock()
		m.deleted = ctx.Err() == nil
		return ctx.Err()
	}
}

// remaining lists the ids of the messages that were not deleted.
func (q *fakeQueue) remaining() (ids []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.left {
		if !m.deleted {
			ids = append(ids, m.id)
		}
	}
	return ids
}
