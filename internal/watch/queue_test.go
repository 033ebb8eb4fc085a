package watch

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
)

// run watches for a while and stops.
func run(t *testing.T, g *fakeGuard, o Options, d time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return Run(ctx, g, o)
}

const foreignEvent = `{"detail-type":"Object Created","source":"aws.s3","detail":{}}`

func TestOnlyMessagesThatWereDealtWithAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &fakeQueue{visibility: time.Hour, wait: 20 * time.Second}
		q.add("good", body("e1", "StopLogging"))
		q.add("broken", `{"detail":`)
		q.add("foreign", foreignEvent)
		q.add("half", `{"Records":[`+raw("e2", "DeleteTrail")+`,{"eventName":7}]}`)
		q.add("foreign and broken", `{"Records":[`+foreignEvent+`,{"eventName":7}]}`)
		g := &fakeGuard{}
		if err := run(t, g, Options{Queue: q}, time.Minute); err != nil {
			t.Fatal(err)
		}
		if got, want := q.remaining(), []string{"broken", "half", "foreign and broken"}; !slices.Equal(got, want) {
			t.Errorf("left in the queue: %q, want %q", got, want)
		}
		if len(g.handled) != 1 || !slices.Equal(g.handled[0], []string{"e1", "e2"}) {
			t.Errorf("the guard was given %q, want all records of the batch at once", g.handled)
		}
		if len(g.unreadable) != 3 {
			t.Errorf("%d messages were reported as unreadable, want 3", len(g.unreadable))
		}
	})
}

func TestMessagesStayUntilTheirRecordsWereHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &fakeQueue{visibility: 30 * time.Second, wait: 20 * time.Second}
		q.add("m", body("e1", "StopLogging"))
		q.add("foreign", foreignEvent)
		calls := 0
		g := &fakeGuard{handle: func(context.Context) ([]incident.Incident, error) {
			if calls++; calls < 3 {
				return nil, errors.New("the journal is down")
			}
			return nil, nil
		}}
		stop, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- Run(stop, g, Options{Queue: q}) }()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := q.remaining(); !slices.Equal(got, []string{"m"}) {
			t.Errorf("after a failure: left in the queue %q, want the message that failed", got)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if got := q.remaining(); len(got) != 0 || calls != 3 {
			t.Errorf("left in the queue %q after %d calls, want none after 3", got, calls)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestNothingMakesTheLoopSpin(t *testing.T) {
	broken := &fakeQueue{}
	broken.add("m", "{") // comes again at once, for ever
	failing := &fakeQueue{}
	failing.add("m", body("e", "StopLogging"))
	failed := func(context.Context) ([]incident.Incident, error) { return nil, errors.New("no") }
	tests := []struct {
		name  string
		queue *fakeQueue
		guard *fakeGuard
		most  int // receives in ten minutes, of all receivers together
	}{
		{"queue down", &fakeQueue{fails: true}, &fakeGuard{}, receivers * 25},
		{"unreadable message without visibility timeout", broken, &fakeGuard{}, receivers * 25},
		{"guard fails without visibility timeout", failing, &fakeGuard{handle: failed}, receivers * 25},
		{"polls that do not wait", &fakeQueue{}, &fakeGuard{}, receivers * 601},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := run(t, test.guard, Options{Queue: test.queue}, 10*time.Minute); err != nil {
					t.Fatal(err)
				}
				if test.queue.receives > test.most {
					t.Errorf("%d receives in ten minutes, want at most %d", test.queue.receives, test.most)
				}
			})
		})
	}
}

func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &fakeQueue{visibility: time.Hour, wait: 20 * time.Second}
		q.add("m", body("e1", "StopLogging"))
		g := &fakeGuard{handle: func(ctx context.Context) ([]incident.Incident, error) {
			pause(ctx, 15*time.Second) // a restoration
			return nil, ctx.Err()
		}}
		began := time.Now()
		if err := run(t, g, Options{Queue: q}, time.Second); err != nil {
			t.Fatal(err)
		}
		if got := q.remaining(); len(got) != 0 {
			t.Errorf("left in the queue: %q, want the restoration to end and its message to be deleted", got)
		}
		if took := time.Since(began); took != 15*time.Second {
			t.Errorf("stopped after %v, want to stop as soon as the restoration had ended", took)
		}
	})
}

func TestStopIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &fakeQueue{visibility: time.Hour}
		q.add("m", body("e1", "StopLogging"))
		g := &fakeGuard{handle: func(ctx context.Context) ([]incident.Incident, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		began := time.Now()
		err := run(t, g, Options{Queue: q, Grace: 10 * time.Second}, time.Second)
		if !errors.Is(err, ErrCutShort) {
			t.Errorf("error %v, want %v", err, ErrCutShort)
		}
		if took := time.Since(began); took != 11*time.Second {
			t.Errorf("stopped after %v, want the grace of 10 s after 1 s", took)
		}
		if got := q.remaining(); !slices.Equal(got, []string{"m"}) {
			t.Errorf("left in the queue: %q, want the message whose restoration was cut short", got)
		}
	})
}

func TestOneSlowRestorationDoesNotHoldUpTheNextMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &fakeQueue{visibility: time.Hour, wait: time.Second}
		q.add("slow", body("e1", "StopLogging"))
		g := &fakeGuard{handle: func(ctx context.Context) ([]incident.Incident, error) {
			pause(ctx, 20*time.Second)
			return nil, nil
		}}
		stop, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- Run(stop, g, Options{Queue: q}) }()
		time.Sleep(500 * time.Millisecond)
		q.mu.Lock()
		q.add("next", body("e2", "StopLogging"))
		q.mu.Unlock()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if g.began != 2 {
			t.Errorf("%d batches under way, want the second beside the first", g.began)
		}
		cancel()
		<-ended
	})
}
