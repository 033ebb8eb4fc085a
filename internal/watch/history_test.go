package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
)

// fakeHistory shows records to readings that reach back far enough.
type fakeHistory struct {
	records []record.Record // oldest first
	since   []time.Time     // of each reading
	back    []time.Duration // how far each reading goes back
	err     error           // of the second reading
	partial bool            // the error comes after the records
}

func (h *fakeHistory) read(_ context.Context, _ string, since time.Time, each func(record.Record) error) error {
	h.since, h.back = append(h.since, since), append(h.back, time.Since(since))
	var err error
	if len(h.since) == 2 {
		err = h.err
	}
	if err != nil && !h.partial {
		return err
	}
	for _, r := range h.records {
		if !r.EventTime.Before(since) && r.EventTime.Before(time.Now()) {
			if err := each(r); err != nil {
				return err
			}
		}
	}
	return err
}

func recordAt(id string, at time.Time) record.Record {
	return record.Record{EventID: id, EventName: "StopLogging", EventTime: at}
}

func TestPollingHandsOverEachRecordOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		h := &fakeHistory{records: []record.Record{
			recordAt("before", now.Add(-10*time.Minute)),
			recordAt("new", now.Add(80*time.Second)),
			recordAt("later", now.Add(3*time.Minute+time.Second)),
		}}
		g := &fakeGuard{}
		if err := run(t, g, Options{History: h.read, Regions: []string{"eu-west-1"}}, 30*time.Minute); err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(g.handled), "[[before] [new] [later]]"; got != want {
			t.Errorf("the guard was given %s, want %s", got, want)
		}
		if least := slices.Min(h.back); least != historyLag {
			t.Errorf("a reading goes back only %v, want at least %v: records may be late", least, historyLag)
		}
	})
}

func TestPollingReadsAgainWhatFailed(t *testing.T) {
	broken := fmt.Errorf("record x: %w", &record.ParseError{Reason: "no"})
	tests := []struct {
		name       string
		err        error
		partial    bool
		handle     error
		want       string
		unreadable int
		again      bool
	}{
		{"Event history unreachable", errors.New("throttled"), false, nil, "[[a]]", 0, true},
		{"guard failed", nil, false, errors.New("journal down"), "[[a] [a]]", 0, true},
		{"cut", errors.New("too many"), true, nil, "[[a]]", 0, false},
		{"one unreadable", broken, true, nil, "[[a]]", 1, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &fakeHistory{records: []record.Record{recordAt("a", time.Now().Add(30*time.Second))}, err: test.err, partial: test.partial}
				g := &fakeGuard{handle: func(context.Context) ([]incident.Incident, error) {
					err := test.handle
					test.handle = nil
					return nil, err
				}}
				if err := run(t, g, Options{History: h.read, Regions: []string{"eu-west-1"}}, 170*time.Second); err != nil {
					t.Fatal(err)
				}
				if got := fmt.Sprint(g.handled); got != test.want {
					t.Errorf("the guard was given %s, want %s", got, test.want)
				}
				if len(g.unreadable) != test.unreadable {
					t.Errorf("reported as unreadable: %q, want %d", g.unreadable, test.unreadable)
				}
				if again := h.since[2].Equal(h.since[1]); again != test.again {
					t.Errorf("the third reading begins where the second did: %v, want %v", again, test.again)
				}
			})
		})
	}
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGuard{}
		began := time.Now()
		if err := run(t, g, Options{Queue: &fakeQueue{wait: 20 * time.Second}, Sweep: 2 * time.Minute}, 5*time.Minute-time.Second); err != nil {
			t.Fatal(err)
		}
		want := []time.Time{began, began.Add(2 * time.Minute), began.Add(4 * time.Minute)}
		if !slices.Equal(g.sweeps, want) {
			t.Errorf("swept at %v, want %v", g.sweeps, want)
		}
		if g.proofs != 20 {
			t.Errorf("looked for proof %d times in five minutes, want every 15 s", g.proofs)
		}
	})
}
