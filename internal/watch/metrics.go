package watch

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tamper"
)

// buckets are the upper bounds, in seconds, of the histogram of times to restore.
var buckets = [...]float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 900}

// maxRemembered bounds how many incidents are remembered so that each restoration is counted once.
const maxRemembered = 5000

// otherTechnique stands for every technique that the tamper table does not have: a journal that another version of
// Trailhold wrote to must not add series without end.
const otherTechnique = "other"

// Metrics counts what the loop does, and knows whether it is healthy. It is safe for concurrent use.
type Metrics struct {
	interval time.Duration        // of the sweeps
	registry *prometheus.Registry // its own: what other packages register by themselves is not ours to show

	detections   *prometheus.CounterVec // by technique
	restorations prometheus.Counter
	giveUps      prometheus.Counter   // restorations that did not reach the baseline
	restoring    prometheus.Histogram // seconds
	sweeps       prometheus.Counter
	facets       prometheus.Counter     // that could not be read
	messages     prometheus.Counter     // that could not be read
	failures     *prometheus.CounterVec // by what failed

	mu      sync.Mutex
	counted map[string]counted // by incident id
	sweptAt time.Time          // or the start, before the first sweep
}

// counted is how an incident was when it was last counted.
type counted struct {
	rounds   int
	stage    incident.Stage
	restored time.Time
}

// NewMetrics counts from zero. The interval is that of the sweeps, by which health is judged.
func NewMetrics(interval time.Duration) *Metrics {
	m := &Metrics{
		interval: interval, sweptAt: time.Now(), counted: map[string]counted{}, registry: prometheus.NewRegistry(),
		detections:   counters("detections_total", "Rounds of tampering that were noticed, by technique.", "technique"),
		restorations: counter("restorations_total", "Restorations that reached the baseline."),
		giveUps:      counter("restoration_failures_total", "Restorations that did not reach the baseline."),
		restoring: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "time_to_restore_seconds", Buckets: buckets[:],
			Help: "Time from the attack, or from its discovery where no record tells of it, to the baseline.",
		}),
		sweeps:   counter("sweeps_total", "Sweeps that were completed."),
		facets:   counter("unknown_facets_total", "Parts of a trail's state that could not be read."),
		messages: counter("unreadable_messages_total", "Receptions of messages that hold no readable record."),
		failures: counters("errors_total", "Failures of the loop, by what failed.", "source"),
	}
	age := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "sweep_age_seconds", Help: "Time since the last complete sweep, or since the start.",
	}, func() float64 { _, age := m.Healthy(); return age.Seconds() })
	m.registry.MustRegister(m.detections, m.restorations, m.giveUps, m.restoring, m.sweeps, age, m.facets, m.messages, m.failures)
	return m
}

const namespace = "trailhold"

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
}

func counters(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, []string{label})
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
			m.detections.WithLabelValues(techniqueLabel(id)).Inc()
		}
	}
	if !i.Restored.IsZero() && !i.Restored.Equal(before.restored) {
		m.restored(i)
	}
	if i.Stage == incident.Failed && before.stage != incident.Failed {
		m.giveUps.Inc()
	}
	m.facets.Add(float64(len(i.Unknown)))
}

func techniqueLabel(id string) string {
	if _, ok := tamper.Lookup(id); ok {
		return id
	}
	return otherTechnique
}

// restored counts a restoration, and how long it took from the attack, or from its discovery where no record tells.
func (m *Metrics) restored(i incident.Incident) {
	from := i.Attack
	if from.IsZero() {
		from = i.Seen
	}
	m.restorations.Inc()
	m.restoring.Observe(max(i.Restored.Sub(from).Seconds(), 0))
}

func (m *Metrics) unreadable() { m.messages.Inc() }

// failed counts a failure. Each source is a series of its own, so callers name it by a constant.
func (m *Metrics) failed(source string) { m.failures.WithLabelValues(source).Inc() }

func (m *Metrics) swept(at time.Time) {
	m.sweeps.Inc()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweptAt = at
}

// Healthy says whether a sweep was completed within the last three intervals, and how long ago that was.
func (m *Metrics) Healthy() (ok bool, age time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	age = time.Since(m.sweptAt)
	return age <= 3*m.interval, age
}
