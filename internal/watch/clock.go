package watch

import (
	"context"
	"math/rand/v2"
	"time"
)

// every calls f at once and then in each interval until ctx ends. Where f takes longer than the interval, the turns
// that it missed are not made up for.
func (w *watcher) every(ctx context.Context, interval time.Duration, f func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		f()
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// sweep has the guard look at everything, and tells of it where silence is noticed. ctx ends with the daemon.
func (w *watcher) sweep(ctx context.Context) {
	incidents, err := w.guard.Sweep(w.work)
	w.Metrics.unread(incidents)
	if err != nil {
		w.failed("sweep", "the sweep could not be completed", err)
		return
	}
	w.Metrics.swept(time.Now())
	w.Log.Debug("swept", "incidents", len(incidents))
	if w.Beat == nil {
		return
	}
	if err := w.Beat(ctx); err != nil && ctx.Err() == nil {
		w.failed("heartbeat", "the heartbeat failed", err)
	}
}

func (w *watcher) prove() {
	incidents, err := w.guard.Prove(w.work)
	w.Metrics.unread(incidents)
	if err != nil {
		w.failed("prove", "the proof of delivery could not be looked for", err)
	}
}

// verify is broken off by the end of ctx: unlike a restoration, it leaves nothing half done.
func (w *watcher) verify(ctx context.Context) {
	incidents, err := w.Verify(ctx)
	w.Metrics.unread(incidents)
	if err != nil && ctx.Err() == nil {
		w.failed("verify", "the logs could not be verified", err)
	}
}

// recover is broken off by the end of ctx, and goes on from there the next time.
func (w *watcher) recover(ctx context.Context) {
	incidents, err := w.Recover(ctx)
	for _, i := range incidents {
		w.Log.Info("recovered from Event history", "incident", i.ID, "records", i.Recovered.Records, "complete", i.Recovered.Complete)
	}
	if err != nil && ctx.Err() == nil {
		w.failed("recover", "what was not recorded could not be recovered", err)
	}
}

// Bounds of the wait after failures.
const (
	firstBackoff   = time.Second
	longestBackoff = time.Minute
)

// backoff is the wait after the n-th failure in a row: it doubles, up to a minute, and is spread by a fifth so that
// several daemons don't try again in step.
func backoff(n int) time.Duration {
	wait := min(firstBackoff<<min(n-1, 10), longestBackoff)
	return wait - time.Duration(rand.Int64N(int64(wait)/5))
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
