package tally_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/tally"
)

// totals adds up changes.
type totals struct{ detected, restored, failed int }

func (s *totals) add(c tally.Change) {
	if c.Detected {
		s.detected++
	}
	if c.Restored {
		s.restored++
	}
	if c.Failed {
		s.failed++
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open() incident.Incident {
	return incident.Incident{ID: "event-1", TrailARN: "arn", Stage: incident.Open, Techniques: []string{"stop-logging"}, Occurrences: 1, EventIDs: []string{"e"}, Attack: noon, Seen: noon}
}

func restored(i incident.Incident, ended time.Duration) incident.Incident {
	i.Stage, i.Restored, i.Steps = incident.Restored, noon.Add(ended), []incident.StepResult{{Started: noon.Add(time.Second)}}
	return i
}

func save(t *testing.T, j guard.Journal, i incident.Incident) incident.Incident {
	t.Helper()
	saved, err := j.Save(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// TestTwoGuardsCountOnce lets two instances of the function, which share the journal, deal with the same event at the same time.
func TestTwoGuardsCountOnce(t *testing.T) {
	shared := journal.NewMemory(10)
	var a, b totals
	first, second := tally.Journal(shared, a.add), tally.Journal(shared, b.add)

	declared := save(t, first, open())
	if _, err := second.Save(t.Context(), open()); !errors.Is(err, guard.ErrConflict) {
		t.Fatal(err)
	}
	other, err := second.Get(t.Context(), "event-1")
	if err != nil {
		t.Fatal(err)
	}
	save(t, second, restored(open(), 3*time.Second).Merge(other))
	if _, err := first.Save(t.Context(), restored(declared, 4*time.Second)); !errors.Is(err, guard.ErrConflict) {
		t.Fatal(err)
	}
	if other, err = first.Get(t.Context(), "event-1"); err != nil {
		t.Fatal(err)
	}
	last := save(t, first, restored(declared, 4*time.Second).Merge(other))
	if sum := (totals{a.detected + b.detected, a.restored + b.restored, a.failed + b.failed}); sum != (totals{1, 1, 0}) {
		t.Errorf("counted %+v, by %+v and %+v", sum, a, b)
	}

	// A third instance, which knows nothing, proves it.
	var c totals
	third := tally.Journal(shared, c.add)
	if _, err := third.Recent(t.Context(), "arn", noon.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	last.Stage, last.Proved = incident.Proved, noon.Add(time.Hour)
	save(t, third, last)
	if c != (totals{}) {
		t.Errorf("a proof counted as %+v", c)
	}
}

// deaf is a journal that stores nothing.
type deaf struct{ guard.Journal }

func (deaf) Save(_ context.Context, i incident.Incident) (incident.Incident, error) {
	return i, errors.New("down")
}

func TestWhatCannotBeStoredHasHappened(t *testing.T) {
	var sum totals
	j := tally.Journal(deaf{}, sum.add)
	for _, i := range []incident.Incident{open(), restored(open(), time.Second), restored(open(), time.Second)} {
		_, _ = j.Save(t.Context(), i)
	}
	if sum != (totals{1, 1, 0}) {
		t.Errorf("counted %+v", sum)
	}
}

// TestForgettingCountsOn: a journal that is used for years must not fill the memory, and nothing new may be lost for that.
func TestForgettingCountsOn(t *testing.T) {
	var sum totals
	j := tally.Journal(deaf{}, sum.add)
	const many = 12_000
	for n := range many {
		i := open()
		i.ID = fmt.Sprint(n)
		_, _ = j.Save(t.Context(), i)
	}
	if sum.detected != many {
		t.Errorf("counted %+v of %d", sum, many)
	}
}
