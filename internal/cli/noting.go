package cli

import (
	"context"
	"slices"
	"sync"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

// noting is a journal that remembers what was saved by this process, to show it at the end: the guard does not return
// the incidents of trails that the baseline does not know.
type noting struct {
	guard.Journal

	mu    sync.Mutex
	saved []incident.Incident // in the order of their first saving
}

// Save notes the incident even if it cannot be stored: then it must at least be shown.
func (n *noting) Save(ctx context.Context, i incident.Incident) (incident.Incident, error) {
	saved, err := n.Journal.Save(ctx, i)
	if err == nil {
		i = saved
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	at := slices.IndexFunc(n.saved, func(have incident.Incident) bool { return have.ID == i.ID })
	switch {
	case at >= 0:
		n.saved[at] = i
	case len(n.saved) < remembered:
		n.saved = append(n.saved, i)
	}
	return saved, err
}

// incidents lists what was saved; it is never nil.
func (n *noting) incidents() []incident.Incident {
	n.mu.Lock()
	defer n.mu.Unlock()
	return present(slices.Clone(n.saved))
}
