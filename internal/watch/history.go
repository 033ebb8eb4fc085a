package watch

import (
	"context"
	"errors"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
)

// historyLag is how long a record may take to appear in Event history: each reading goes back that far before the
// one before. "Typically within 5 minutes", says AWS, and promises nothing:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
const historyLag = 15 * time.Minute

// region is a region whose Event history is followed.
type region struct {
	name  string
	since time.Time       // where the next reading begins
	seen  map[string]bool // event ids of the last reading that were handed to the guard
}

// follow reads a region's Event history again and again until ctx ends.
func (w *watcher) follow(ctx context.Context, r *region) {
	failures := 0
	for ctx.Err() == nil {
		wait := w.Poll
		if w.poll(ctx, r) {
			failures = 0
		} else {
			failures++
			wait = max(wait, backoff(failures))
		}
		pause(ctx, wait)
	}
}

// poll hands the guard the records that are new since the last reading, and says whether all went well. Where it did
// not, the next reading begins at the same time again.
func (w *watcher) poll(ctx context.Context, r *region) bool {
	began := time.Now()
	var fresh []record.Record
	ids := map[string]bool{}
	err := w.History(ctx, r.name, r.since, func(have record.Record) error {
		if !r.seen[have.EventID] {
			fresh = append(fresh, have)
		}
		if have.EventID != "" {
			ids[have.EventID] = true
		}
		return nil
	})
	if ctx.Err() != nil {
		return true // stopped: what was read will be read again by whoever runs next
	}
	handleErr := w.handle(fresh)
	var broken *record.ParseError
	switch {
	case errors.As(err, &broken):
		w.unreadable(incident.FromHistory+" of "+r.name, []byte(err.Error()), err)
	case err != nil:
		w.failed("history", "Event history could not be read in full", err)
	}
	if handleErr != nil || err != nil && broken == nil && len(ids) == 0 {
		return false
	}
	r.seen, r.since = ids, began.Add(-historyLag)
	return err == nil
}
