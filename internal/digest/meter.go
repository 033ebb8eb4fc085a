package digest

import (
	"sync"
	"time"
)

// tellEvery is the number of logs between two words on the progress. Every digest is told.
const tellEvery = 32

// meter adds up the progress and tells it.
type meter struct {
	mu       sync.Mutex // guards the rest, and the calls of tell
	tell     func(Progress)
	progress Progress
	places   int
	parts    map[*scope]float64 // of each place, how much is done
	sum      float64
	from, to time.Time
}

func (m *meter) start(opts Options, places []place) {
	m.tell, m.places, m.parts = opts.Progress, len(places), map[*scope]float64{}
	m.from, m.to = opts.From, opts.To
	if m.to.IsZero() {
		m.to = opts.Now
	}
}

// digestTold counts a digest. Its end, within the time to verify, tells how far its place is.
func (v *verifier) digestTold(s *scope, end time.Time) {
	m := &v.meter
	if m.tell == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress.Digests++
	from := m.from
	if from.IsZero() {
		from = s.begun.Add(-hour)
	}
	if whole := m.to.Sub(from); whole > 0 && m.places > 0 {
		part := min(1, max(0, float64(end.Sub(from))/float64(whole)))
		m.sum += max(0, part-m.parts[s])
		m.parts[s] = max(part, m.parts[s])
		m.progress.Done = min(1, m.sum/float64(m.places))
	}
	v.say()
}

// placeTold counts a place as done.
func (v *verifier) placeTold(s *scope) {
	m := &v.meter
	if m.tell == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sum += 1 - m.parts[s]
	delete(m.parts, s)
	m.progress.Done = min(1, m.sum/float64(m.places))
	v.say()
}

// logTold counts a log.
func (v *verifier) logTold() {
	m := &v.meter
	if m.tell == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.progress.Logs++; m.progress.Logs%tellEvery == 0 {
		v.say()
	}
}

// say tells the progress. The caller holds the meter's mu.
func (v *verifier) say() {
	m := &v.meter
	m.progress.Bytes, m.progress.Problems = v.bytes.Load(), v.ledger.len()
	m.tell(m.progress)
}
