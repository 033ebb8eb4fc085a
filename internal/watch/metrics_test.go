package watch

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tally"
	"github.com/trailhold/trailhold/internal/trail"
)

func get(m *Metrics, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGuard{sweepFail: errors.New("no")}
		m := NewMetrics(time.Minute)
		o := Options{Queue: &fakeQueue{wait: 20 * time.Second}, Sweep: time.Minute, Metrics: m}
		if err := run(t, g, o, 3*time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := get(m, "/healthz").Code; got != 200 {
			t.Errorf("three intervals after the start: status %d, want 200", got)
		}
		time.Sleep(time.Second)
		if got := get(m, "/healthz").Code; got != 503 {
			t.Errorf("no complete sweep within three intervals: status %d, want 503", got)
		}
		g.sweepFail = nil
		if err := run(t, g, o, time.Second); err != nil {
			t.Fatal(err)
		}
		if got := get(m, "/healthz").Code; got != 200 {
			t.Errorf("after a sweep: status %d, want 200", got)
		}
	})
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMetrics(time.Minute)
		m.Count(tally.Change{Detected: true, Techniques: []string{"stop-logging"}})
		m.Count(tally.Change{Restored: true, Took: 8 * time.Second, Timed: true})
		m.Count(tally.Change{Detected: true, Techniques: []string{"stop-logging"}, Restored: true, Took: 67 * time.Second, Timed: true})
		m.Count(tally.Change{Detected: true, Techniques: []string{"delete-trail"}, Failed: true})
		m.Count(tally.Change{Detected: true})
		m.unread([]incident.Incident{{Unknown: make([]trail.UnknownFacet, 2)}, {}})
		m.CallFailed("CloudTrail GetTrail", guard.ClassDenied)
		m.CallFailed("CloudTrail GetTrail", guard.ClassRetry)
		m.CallFailed("CloudTrail GetTrail", guard.ClassRetry)
		m.unreadable()
		m.failed("queue")
		m.swept(time.Now())
		time.Sleep(5 * time.Second)
		const want = `
trailhold_api_errors_total{class="denied",operation="CloudTrail GetTrail"} 1
trailhold_api_errors_total{class="retry",operation="CloudTrail GetTrail"} 2
trailhold_detections_total{technique="delete-trail"} 1
trailhold_detections_total{technique="other"} 1
trailhold_detections_total{technique="stop-logging"} 2
trailhold_errors_total{source="queue"} 1
trailhold_restoration_failures_total 1
trailhold_restorations_total 2
trailhold_sweep_age_seconds 5
trailhold_sweeps_total 1
trailhold_time_to_restore_seconds_bucket{le="1"} 0
trailhold_time_to_restore_seconds_bucket{le="2"} 0
trailhold_time_to_restore_seconds_bucket{le="5"} 0
trailhold_time_to_restore_seconds_bucket{le="10"} 1
trailhold_time_to_restore_seconds_bucket{le="20"} 1
trailhold_time_to_restore_seconds_bucket{le="30"} 1
trailhold_time_to_restore_seconds_bucket{le="60"} 1
trailhold_time_to_restore_seconds_bucket{le="120"} 2
trailhold_time_to_restore_seconds_bucket{le="300"} 2
trailhold_time_to_restore_seconds_bucket{le="900"} 2
trailhold_time_to_restore_seconds_bucket{le="+Inf"} 2
trailhold_time_to_restore_seconds_sum 75
trailhold_time_to_restore_seconds_count 2
trailhold_unknown_facets_total 2
trailhold_unreadable_messages_total 1
`
		var values strings.Builder
		for line := range strings.Lines("\n" + get(m, "/metrics").Body.String()) {
			if !strings.HasPrefix(line, "#") {
				values.WriteString(line)
			}
		}
		if values.String() != want {
			t.Errorf("metrics:%s\nwant:%s", values.String(), want)
		}
	})
}

func TestMetricsAreBounded(t *testing.T) {
	m := NewMetrics(time.Minute)
	const many = 1000
	for n := range many {
		m.Count(tally.Change{Detected: true, Techniques: []string{fmt.Sprint("technique-", n)}})
	}
	body := get(m, "/metrics").Body.String()
	if n := strings.Count(body, "trailhold_detections_total{"); n != 1 {
		t.Errorf("techniques that nobody knows have %d series, want 1", n)
	}
	if want := fmt.Sprintf("trailhold_detections_total{technique=\"other\"} %d\n", many); !strings.Contains(body, want) {
		t.Errorf("want %q in:\n%s", want, body)
	}
}
