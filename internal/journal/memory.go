package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

// Memory keeps a bounded number of incidents for as long as the process lives. It is a guard.Journal.
type Memory struct {
	limit int

	mu     sync.Mutex
	stored map[string]entry
}

type entry struct {
	head head
	data []byte
}

// NewMemory keeps at most limit incidents, at least one. When there are more, ended ones are dropped first, and the
// oldest of those first.
func NewMemory(limit int) *Memory {
	return &Memory{limit: max(limit, 1), stored: map[string]entry{}}
}

// Save implements guard.Journal.
func (m *Memory) Save(ctx context.Context, i incident.Incident) (incident.Incident, error) {
	if err := errors.Join(ctx.Err(), validID(i.ID)); err != nil {
		return i, fmt.Errorf("journal: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	data, saved, err := next(i, m.stored[i.ID].head.Version)
	if err != nil {
		return i, err
	}
	m.stored[i.ID] = entry{head: headOf(saved), data: data}
	m.makeRoom(i.ID)
	return saved, nil
}

// makeRoom drops incidents, but never the one just saved: its guard is still at work on it.
func (m *Memory) makeRoom(keep string) {
	for len(m.stored) > m.limit {
		var victim head
		for id, e := range m.stored {
			if id != keep && (victim.ID == "" || dropsBefore(e.head, victim)) {
				victim = e.head
			}
		}
		delete(m.stored, victim.ID)
	}
}

func dropsBefore(a, b head) bool {
	if a.Stage.Ended() != b.Stage.Ended() {
		return a.Stage.Ended()
	}
	return a.older(b) < 0
}

// Recent implements guard.Journal.
func (m *Memory) Recent(ctx context.Context, trailARN string, since time.Time) ([]incident.Incident, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []incident.Incident
	for _, e := range m.stored {
		if !e.head.wanted(trailARN, since) {
			continue
		}
		i, err := e.incident()
		if err != nil {
			return nil, err
		}
		found = append(found, i)
	}
	newestFirst(found)
	return found, nil
}

// Get implements guard.Journal.
func (m *Memory) Get(ctx context.Context, id string) (incident.Incident, error) {
	if err := errors.Join(ctx.Err(), validID(id)); err != nil {
		return incident.Incident{}, fmt.Errorf("journal: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.stored[id]
	if !ok {
		return incident.Incident{}, fmt.Errorf("journal: incident %s: %w", id, guard.ErrNotFound)
	}
	return e.incident()
}

// incident gives every caller a copy of its own.
func (e entry) incident() (i incident.Incident, err error) {
	if err := json.Unmarshal(e.data, &i); err != nil {
		return i, fmt.Errorf("journal: incident %s: %w", e.head.ID, err)
	}
	return i, nil
}
