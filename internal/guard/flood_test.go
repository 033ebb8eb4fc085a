package guard_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
)

// TestThousandEventsAtOnce hands over a thousand StopLogging events concurrently, as a flood of invocations of a daemon would.
func TestThousandEventsAtOnce(t *testing.T) {
	const events = 1000
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		pause(time.Second)
		records := w.records()
		stop := records[slices.IndexFunc(records, func(r record.Record) bool { return r.EventName == "StopLogging" })]
		calls := w.calls()
		var all sync.WaitGroup
		for n := range events {
			r := stop
			r.EventID = fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
			all.Go(func() {
				if _, err := w.guard.Handle(w.ctx(), []record.Record{r}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		w.assertRestored()
		w.assertAlerts(incident.KindAlert)
		recent, err := w.journal.Recent(w.ctx(), "", time.Time{})
		w.must(err)
		if len(recent) != 1 || recent[0].Occurrences != events {
			t.Errorf("%d incidents, the first with %d records: want one with %d", len(recent), recent[0].Occurrences, events)
		}
		if made := w.calls() - calls; made > 100 {
			t.Errorf("%d API calls for %d events: not bounded", made, events)
		}
	}) // the bubble does not end before its goroutines, so none can be left over
}

// calls counts all calls to CloudTrail.
func (w *world) calls() int {
	n := w.writes()
	for _, op := range []string{"DescribeTrails", "GetTrail", "GetTrailStatus", "GetEventSelectors", "GetInsightSelectors", "GetEventConfiguration", "ListTags"} {
		n += w.lab.Calls("cloudtrail", op)
	}
	return n
}

// TestFloodCannotExhaustTheQuota lets an intruder stop the trail again after every single call of the guard.
func TestFloodCannotExhaustTheQuota(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		records := w.records()
		done := make(chan struct{})
		var flood sync.WaitGroup
		flood.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(50 * time.Millisecond):
					_ = w.intruder.StopLogging(w.ctx(), home, "audit")
				}
			}
		})
		starts := w.lab.Calls("cloudtrail", "StartLogging")
		began := time.Now()
		_, err := w.guard.Handle(w.ctx(), records)
		w.must(err)
		close(done)
		flood.Wait()
		if n := w.lab.Calls("cloudtrail", "StartLogging") - starts; n < 2 || n > 12 {
			t.Errorf("StartLogging was called %d times in %s", n, time.Since(began))
		}
		if took := time.Since(began); took > 25*time.Second {
			t.Errorf("the guard was held for %s", took)
		}
		if i := w.teller.all()[0].incident; i.Stage != incident.Failed {
			t.Errorf("stage %s: the trail is still being stopped", i.Stage)
		}
		pause(time.Minute)
		w.must(w.sweepAndProve())
		w.assertRestored()
	})
}
