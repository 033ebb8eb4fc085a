package watch

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tally"
	"github.com/trailhold/trailhold/internal/tamper"
)

// buckets are the upper bounds, in seconds, of the histogram of times to restore.
var buckets = [...]float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 900}

// otherTechnique stands for every technique that the tamper table does not have: a journal that another version of
// Trailhold wrote to must not add series without end. It stands for what has no technique, too.
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
	calls        *prometheus.CounterVec // of AWS that failed, by operation and class

	mu      sync.Mutex
	sweptAt time.Time // or the start, before the first sweep
}

// NewMetrics counts from zero. The interval is that of the sweeps, by which health is judged.
func NewMetrics(interval time.Duration) *Metrics {
	m := &Metrics{
		interval: interval, sweptAt: time.Now(), registry: prometheus.NewRegistry(),
		detections:   counters("detections_total", "Rounds of tampering that were noticed, by technique: a round with two counts twice.", "technique"),
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
		calls:    counters("api_errors_total", "Calls of AWS that failed for good, by operation and by what can be done about it.", "operation", "class"),
	}
	age := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "sweep_age_seconds", Help: "Time since the last complete sweep, or since the start.",
	}, func() float64 { _, age := m.Healthy(); return age.Seconds() })
	m.registry.MustRegister(m.detections, m.restorations, m.giveUps, m.restoring, m.sweeps, age, m.facets, m.messages, m.failures, m.calls)
	return m
}

const namespace = "trailhold"

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// Count counts what was added to an incident: tally.Journal says when.
func (m *Metrics) Count(c tally.Change) {
	if c.Detected && len(c.Techniques) == 0 {
		m.detections.WithLabelValues(otherTechnique).Inc()
	}
	for _, id := range c.Techniques {
		m.detections.WithLabelValues(techniqueLabel(id)).Inc()
	}
	if c.Restored {
		m.restorations.Inc()
	}
	if c.Timed {
		m.restoring.Observe(c.Took.Seconds())
	}
	if c.Failed {
		m.giveUps.Inc()
	}
}

// CallFailed counts a call of AWS that failed; it is awscloud.Options.Failed. Both labels are words of our own code.
func (m *Metrics) CallFailed(operation string, class guard.Class) {
	m.calls.WithLabelValues(operation, string(class)).Inc()
}

// unread counts what a look at trails could not read of them.
func (m *Metrics) unread(found []incident.Incident) {
	for _, i := range found {
		m.facets.Add(float64(len(i.Unknown)))
	}
}

func techniqueLabel(id string) string {
	if _, ok := tamper.Lookup(id); ok {
		return id
	}
	return otherTechnique
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
