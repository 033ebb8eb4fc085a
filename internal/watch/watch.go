// Package watch is the daemon's loop: it feeds a guard from a queue or from Event history, has it sweep by the clock,
// looks for the proof of delivery, and stops without leaving a restoration half done.
//
// The loop decides nothing about trails. It decides what becomes of a message, when to try again, and what a person
// or a monitoring system can see of it.
package watch

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
)

// Guard is what the loop needs of guard.Guard.
type Guard interface {
	Handle(ctx context.Context, records []record.Record) ([]incident.Incident, error)
	Sweep(ctx context.Context) ([]incident.Incident, error)
	Prove(ctx context.Context) ([]incident.Incident, error)
	ReportUnreadable(ctx context.Context, source string, message []byte, cause error) error
}

// Queue is where messages come from.
type Queue interface {
	// Receive waits for messages and returns them, possibly none. A message that is not deleted comes again.
	Receive(ctx context.Context) ([]Message, error)
}

// Message is one message of a queue. Its Body is hostile text.
type Message struct {
	ID, Body string
	Delete   func(context.Context) error // removes it from the queue for good
}

// History hands over CloudTrail's own records of a region since a time, oldest first. Records that it cannot read are
// an error that wraps *record.ParseError, returned after all the others were handed over.
type History func(ctx context.Context, region string, since time.Time, each func(record.Record) error) error

// Options say what feeds the guard. There is either a Queue, or a History and its Regions.
type Options struct {
	Queue   Queue
	History History
	Regions []string

	Poll  time.Duration // between two readings of Event history. Default 1 minute.
	Sweep time.Duration // between two sweeps; the first is made at once. Default 5 minutes.

	// Verify verifies the logs of the last time and returns the incidents that this led to, every VerifyEvery. Default: never.
	Verify      func(ctx context.Context) ([]incident.Incident, error)
	VerifyEvery time.Duration

	Beat func(ctx context.Context) error // is called after each complete sweep. Default: nothing.

	// Recover recovers what trails did not record, and returns the incidents that it told something of. It is asked every minute.
	// Default: nothing is recovered.
	Recover func(ctx context.Context) ([]incident.Incident, error)

	Grace time.Duration // that work under way is given after the stop. Default 25 seconds: one restoration.

	Metrics *Metrics     // default: counted, shown nowhere
	Log     *slog.Logger // default: nothing
}

// prove is the time between two looks for the proof of delivery, which calls AWS only while an incident waits for one.
const prove = 15 * time.Second

// recoverEvery is the time between two looks for blind windows to recover, which calls AWS only if there are any.
const recoverEvery = time.Minute

// receivers is how many batches of messages are handled at once: a restoration may use up its budget of 20 seconds,
// and a message about another trail should not wait for that.
const receivers = 3

// ErrCutShort means that work was still under way when the grace after the stop was over. Its messages were not
// deleted, and its incidents are as the journal has them: the next sweep goes on from there.
var ErrCutShort = errors.New("stopped in the middle of a restoration: run a sweep")

// Run feeds the guard until ctx ends, finishes what is under way, and returns nil, or ErrCutShort if that took too long.
func Run(ctx context.Context, guard Guard, options Options) error {
	options.Poll = cmp.Or(options.Poll, time.Minute)
	options.Sweep = cmp.Or(options.Sweep, 5*time.Minute)
	options.Grace = cmp.Or(options.Grace, 25*time.Second)
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Metrics == nil {
		options.Metrics = NewMetrics(options.Sweep)
	}
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	go cutShort(ctx, work, cancel, options.Grace)
	w := &watcher{Options: options, guard: guard, work: work}
	w.start(ctx)
	w.running.Wait()
	return context.Cause(work)
}

// cutShort ends work when the grace after the end of ctx is over.
func cutShort(ctx, work context.Context, cancel context.CancelCauseFunc, grace time.Duration) {
	select {
	case <-ctx.Done():
	case <-work.Done():
		return
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-timer.C:
		cancel(ErrCutShort)
	case <-work.Done():
	}
}

// watcher is a Run under way.
type watcher struct {
	Options
	guard   Guard
	work    context.Context // for what must not be broken off when the stop comes
	running sync.WaitGroup
}

func (w *watcher) start(ctx context.Context) {
	w.running.Go(func() { w.every(ctx, w.Sweep, func() { w.sweep(ctx) }) })
	w.running.Go(func() { w.every(ctx, prove, w.prove) })
	if w.Verify != nil && w.VerifyEvery > 0 {
		w.running.Go(func() { w.every(ctx, w.VerifyEvery, func() { w.verify(ctx) }) })
	}
	if w.Recover != nil {
		w.running.Go(func() { w.every(ctx, recoverEvery, func() { w.recover(ctx) }) })
	}
	if w.Queue != nil {
		for range receivers {
			w.running.Go(func() { w.receive(ctx) })
		}
		return
	}
	for _, name := range w.Regions {
		r := &region{name: name, since: time.Now().Add(-historyLag)}
		w.running.Go(func() { w.follow(ctx, r) })
	}
}

// handle hands records to the guard and counts what it could not read.
func (w *watcher) handle(records []record.Record) error {
	if len(records) == 0 {
		return nil
	}
	incidents, err := w.guard.Handle(w.work, records)
	w.Metrics.unread(incidents)
	if err != nil {
		w.failed("handle", "records could not be dealt with in full and will be tried again", err)
	}
	return err
}

// unreadable has people told of something that holds no readable record.
func (w *watcher) unreadable(source string, message []byte, cause error) {
	w.Metrics.unreadable()
	w.Log.Error("unreadable", "source", source, "error", cause)
	if err := w.guard.ReportUnreadable(w.work, source, message, cause); err != nil {
		w.failed("report", "nobody could be told of an unreadable message", err)
	}
}

func (w *watcher) failed(source, what string, err error) {
	w.Metrics.failed(source)
	w.Log.Error(what, "error", err)
}
