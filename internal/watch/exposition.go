package watch

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Handler serves /metrics for Prometheus and /healthz, which answers 503 when no sweep was completed within three
// intervals.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		ok, age := m.Healthy()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if !ok {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = fmt.Fprintf(w, "last complete sweep %s ago, one is due every %s\n", age.Round(time.Second), m.interval)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = io.WriteString(w, m.exposition()) // a scraper that went away is no business of ours
	})
	return mux
}

// exposition writes the metrics in Prometheus' text format:
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
func (m *Metrics) exposition() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var e exposition
	e.counters("trailhold_detections_total", "Rounds of tampering that were noticed, by technique.", "technique", m.detections)
	e.metric("trailhold_restorations_total", "counter", "Restorations that reached the baseline.", float64(m.restorations))
	e.metric("trailhold_restoration_failures_total", "counter", "Restorations that did not reach the baseline.", float64(m.giveUps))
	e.histogram("trailhold_time_to_restore_seconds", "Time from the attack, or from its discovery where no record tells of it, to the baseline.", m.slower[:], m.seconds)
	e.metric("trailhold_sweeps_total", "counter", "Sweeps that were completed.", float64(m.sweeps))
	e.metric("trailhold_sweep_age_seconds", "gauge", "Time since the last complete sweep, or since the start.", time.Since(m.sweptAt).Seconds())
	e.metric("trailhold_unknown_facets_total", "counter", "Parts of a trail's state that could not be read.", float64(m.facets))
	e.metric("trailhold_unreadable_messages_total", "counter", "Receptions of messages that hold no readable record.", float64(m.messages))
	e.counters("trailhold_errors_total", "Failures of the loop, by what failed.", "source", m.failures)
	return e.String()
}

type exposition struct{ strings.Builder }

func (e *exposition) head(name, kind, help string) {
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (e *exposition) metric(name, kind, help string, value float64) {
	e.head(name, kind, help)
	fmt.Fprintf(e, "%s %s\n", name, number(value))
}

func (e *exposition) counters(name, help, label string, values map[string]int) {
	e.head(name, "counter", help)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(e, "%s{%s=\"%s\"} %d\n", name, label, escape.Replace(key), values[key])
	}
}

// histogram writes cumulative buckets from separate ones.
func (e *exposition) histogram(name, help string, counts []int, sum float64) {
	e.head(name, "histogram", help)
	total := 0
	for n, count := range counts {
		total += count
		bound := "+Inf"
		if n < len(buckets) {
			bound = number(buckets[n])
		}
		fmt.Fprintf(e, "%s_bucket{le=%q} %d\n", name, bound, total)
	}
	fmt.Fprintf(e, "%s_sum %s\n%s_count %d\n", name, number(sum), name, total)
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
