package watch

import (
	"context"
	"errors"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
)

// idle is the least time between two receives that bring nothing. A long poll takes 20 seconds by itself; an endpoint
// that answers at once must not make the loop spin.
const idle = time.Second

// errNoProgress means that not one message of a batch could be dealt with.
var errNoProgress = errors.New("no message of the batch was dealt with")

// receive handles batches of messages until ctx ends. Failures, and messages that come again at once, slow it down.
func (w *watcher) receive(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		began := time.Now()
		messages, err := w.Queue.Receive(ctx)
		switch {
		case ctx.Err() != nil && err != nil:
			return
		case err != nil:
			w.failed("queue", "the queue could not be read", err)
		case len(messages) == 0:
			failures = 0
			pause(ctx, idle-time.Since(began))
			continue
		default:
			err = w.batch(messages)
		}
		if err == nil {
			failures = 0
			continue
		}
		failures++
		pause(ctx, backoff(failures))
	}
}

// batch hands all records of a batch to the guard at once, and then deletes what was dealt with. A message that holds
// anything unreadable stays in the queue, on its way to the dead-letter queue: deleting it would be a way around the
// guard. People are told of it after the restoration, not before.
func (w *watcher) batch(messages []Message) error {
	var records []record.Record
	var carriers, done []Message // of records; of nothing that concerns anybody
	broken := map[string]error{}
	for _, m := range messages {
		parsed, err := record.Parse([]byte(m.Body))
		records = append(records, parsed...)
		err = record.Unreadable(err)
		switch {
		case err != nil:
			broken[m.ID] = err
		case len(parsed) > 0:
			carriers = append(carriers, m)
		default:
			done = append(done, m)
		}
	}
	err := w.handle(records)
	if err == nil {
		done = append(done, carriers...)
	}
	w.delete(done)
	for _, m := range messages {
		if cause := broken[m.ID]; cause != nil {
			w.unreadable(incident.FromQueue, []byte(m.Body), cause)
		}
	}
	if err == nil && len(done) == 0 {
		return errNoProgress
	}
	return err
}

// delete removes messages. One that stays comes again, and the guard knows its records by then.
func (w *watcher) delete(messages []Message) {
	for _, m := range messages {
		if err := m.Delete(w.work); err != nil {
			w.failed("queue", "a message that was dealt with could not be deleted", err)
		}
	}
}
