package tally

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

// maxMarks bounds how many incidents are remembered. The journal's answers bring back those that matter.
const maxMarks = 5000

// Journal makes a journal whose saves are counted: count gets each change that is not empty, at once. It must be safe for
// concurrent use, and quick.
func Journal(of guard.Journal, count func(Change)) guard.Journal {
	return &counted{Journal: of, count: count, marks: map[string]mark{}}
}

type counted struct {
	guard.Journal
	count func(Change)

	mu    sync.Mutex
	marks map[string]mark // by incident
}

// Save counts what the incident adds, even if it cannot be stored: it has happened all the same. On a conflict the guard
// saves again what both know.
func (j *counted) Save(ctx context.Context, i incident.Incident) (incident.Incident, error) {
	saved, err := j.Journal.Save(ctx, i)
	switch {
	case errors.Is(err, guard.ErrConflict):
		return saved, err
	case err == nil:
		i = saved
	}
	j.mu.Lock()
	before, known := j.marks[i.ID]
	change := compare(before, known, i)
	j.keep(i, before)
	j.mu.Unlock()
	if !change.Empty() {
		j.count(change)
	}
	return saved, err
}

// Recent notes what others have done.
func (j *counted) Recent(ctx context.Context, trailARN string, since time.Time) ([]incident.Incident, error) {
	found, err := j.Journal.Recent(ctx, trailARN, since)
	j.note(found...)
	return found, err
}

// Get notes what others have done.
func (j *counted) Get(ctx context.Context, id string) (incident.Incident, error) {
	found, err := j.Journal.Get(ctx, id)
	if err == nil {
		j.note(found)
	}
	return found, err
}

// note marks incidents that were saved by others since they were marked: what they did, they count.
func (j *counted) note(found ...incident.Incident) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, i := range found {
		if before, known := j.marks[i.ID]; !known || i.Version > before.version {
			j.keep(i, before)
		}
	}
}

// keep marks an incident. j.mu is held.
func (j *counted) keep(i incident.Incident, before mark) {
	if _, known := j.marks[i.ID]; !known && len(j.marks) >= maxMarks {
		clear(j.marks)
	}
	j.marks[i.ID] = markOf(i, before)
}
