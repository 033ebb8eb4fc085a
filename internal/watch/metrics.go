package watch

import (
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
)

// buckets are the upper bounds, in seconds, of the histogram of times to restore.
var buckets = [...]float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 900}

// maxRemembered bounds how many incidents are remembered so that each restoration is counted once.
const maxRemembered = 5000

// Metrics counts what the loop does, and knows whether it is healthy. It is safe for concurrent use.
type Metrics struct {
	interval time.Duration // of the sweeps

	mu           sync.Mutex
	counted      map[string]counted // by incident id
	detections   map[string]int     // by technique
	restorations int
	giveUps      int // restorations that did not reach the baseline
	slower       [len(buckets) + 1]int
	seconds      float64 // all times to restore together
	facets       int     // that could not be read
	messages     int     // that could not be read
	failures     map[string]int
	sweeps       int
	sweptAt      time.Time // or the start, before the first sweep
}

// counted is how an incident was when it was last counted.
type counted struct {
	rounds   int
	stage    incident.Stage
	restored time.Time
}

// NewMetrics counts from zero. The interval is that of the sweeps, by which health is judged.
func NewMetrics(interval time.Duration) *Metrics {
	return &Metrics{
		interval: interval, sweptAt: time.Now(),
		counted: map[string]counted{}, detections: map[string]int{}, failures: map[string]int{},
	}
}

// incidents counts what is new in them: the same incident comes back whenever something is added to it.
func (m *Metrics) incidents(found []incident.Incident) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, i := range found {
		m.one(i)
	}
}

func (m *Metrics) one(i incident.Incident) {
	before, known := m.counted[i.ID]
	if len(m.counted) >= maxRemembered && !known {
		clear(m.counted)
	}
	m.counted[i.ID] = counted{rounds: i.Occurrences, stage: i.Stage, restored: i.Restored}
	if !known || i.Occurrences > before.rounds {
		for _, id := range i.Techniques {
			m.detections[id]++
		}
	}
	if !i.Restored.IsZero() && !i.Restored.Equal(before.restored) {
		m.restored(i)
	}
	if i.Stage == incident.Failed && before.stage != incident.Failed {
		m.giveUps++
	}
	m.facets += len(i.Unknown)
}

// restored counts a restoration, and how long it took from the attack, or from its discovery where no record tells.
func (m *Metrics) restored(i incident.Incident) {
	from := i.Attack
	if from.IsZero() {
		from = i.Seen
	}
	took := max(i.Restored.Sub(from).Seconds(), 0)
	m.restorations++
	m.seconds += took
	n := 0
	for n < len(buckets) && took > buckets[n] {
		n++
	}
	m.slower[n]++
}

func (m *Metrics) unreadable() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages++
}

func (m *Metrics) failed(source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failures[source]++
}

func (m *Metrics) swept(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweeps++
	m.sweptAt = at
}

// Healthy says whether a sweep was completed within the last three intervals, and how long ago that was.
func (m *Metrics) Healthy() (ok bool, age time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	age = time.Since(m.sweptAt)
	return age <= 3*m.interval, age
}
