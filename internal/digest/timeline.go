package digest

import (
	"slices"
	"sync"
	"time"
)

// window is a stretch of a chain's time whose state may still be open, because its logs are still being looked at.
type window struct {
	from, to time.Time
	state    State
	open     int // logs not yet looked at, and one for the digest itself
}

// worse keeps the worst of the states that a window was given.
func (w *window) worse(state State) {
	if rank(state) < rank(w.state) {
		w.state = state
	}
}

func rank(s State) int { return slices.Index([]State{Broken, Unproven, Proven}, s) }

// timeline merges windows into intervals as they close, so that it holds no more than what is in flight.
type timeline struct {
	mu        sync.Mutex // guards all below, and the states of the windows
	from, to  time.Time  // bounds that intervals are cut to; zero for none
	waiting   []*window  // in order
	intervals []Interval
}

// add appends a window. Windows come in ascending order of their ends.
func (t *timeline) add(w *window) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(t.waiting, w)
	t.settle()
}

// close reports that one of a window's parts has been looked at.
func (t *timeline) close(w *window, state State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.worse(state)
	w.open--
	t.settle()
}

// settle turns the leading closed windows into intervals. The caller holds mu.
func (t *timeline) settle() {
	n := 0
	for n < len(t.waiting) && t.waiting[n].open <= 0 {
		t.merge(*t.waiting[n])
		n++
	}
	t.waiting = slices.Delete(t.waiting, 0, n)
}

// merge appends a window, cut to the bounds and to what is already covered.
func (t *timeline) merge(w window) {
	if !t.from.IsZero() && w.from.Before(t.from) {
		w.from = t.from
	}
	if !t.to.IsZero() && w.to.After(t.to) {
		w.to = t.to
	}
	last := len(t.intervals) - 1
	if last >= 0 && w.from.Before(t.intervals[last].To) {
		w.from = t.intervals[last].To
	}
	if !w.from.Before(w.to) {
		return
	}
	if last >= 0 && t.intervals[last].To.Equal(w.from) && t.intervals[last].State == w.state {
		t.intervals[last].To = w.to
		return
	}
	t.intervals = append(t.intervals, Interval{w.from, w.to, w.state})
}
