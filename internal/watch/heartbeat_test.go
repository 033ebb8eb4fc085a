package watch

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestHeartbeatURL(t *testing.T) {
	for _, test := range []struct {
		url string
		ok  bool
	}{
		{"https://hc-ping.com/s3cret", true},
		{"https://user:s3cret@example.com:8443/s3cret?key=s3cret", true},
		{"http://127.0.0.1:8000/s3cret", true},
		{"http://localhost/s3cret", true},
		{"http://[::1]/s3cret", true},
		{"http://hc-ping.com/s3cret", false},
		{"http://127.0.0.1.evil.example/s3cret", false},
		{"ftp://127.0.0.1/s3cret", false},
		{"file:///s3cret", false},
		{"hc-ping.com/s3cret", false},
		{"https:///s3cret", false},
		{"https://exa mple/s3cret", false},
		{"https://x/%zz-s3cret", false},
		{"", false},
	} {
		_, err := NewHeartbeat(test.url)
		if (err == nil) != test.ok {
			t.Errorf("%s: %v, want accepted: %v", test.url, err, test.ok)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error gives the secret away: %v", test.url, err)
		}
	}
}

func TestBeat(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
		switch r.URL.Path {
		case "/s3cret":
		case "/s3cret/moved":
			http.Redirect(w, r, "/s3cret", http.StatusFound)
		case "/s3cret/broken":
			panic(http.ErrAbortHandler)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		path string
		ctx  context.Context
		want string // of the error; empty: none
	}{
		{"/s3cret", t.Context(), ""},
		{"/s3cret/moved", t.Context(), "status 302"},
		{"/s3cret/gone", t.Context(), "status 404"},
		{"/s3cret/broken", t.Context(), "EOF"},
		{"/s3cret", ended, "canceled"},
	} {
		h, err := NewHeartbeat(server.URL + test.path)
		if err != nil {
			t.Fatal(err)
		}
		err = h.Beat(test.ctx)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.path, err, test.want)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "no heartbeat to 127.0.0.1:")) {
			t.Errorf("%s: %v", test.path, err)
		}
	}
	if n := calls.Load(); n < 4 {
		t.Errorf("the server was called %d times", n)
	}
}

// TestSilenceAlarms: a sweep that fails, and one that never ends, leave the heartbeat silent and the health bad.
func TestSilenceAlarms(t *testing.T) {
	for name, sweep := range map[string]func(context.Context) error{
		"fails": func(context.Context) error { return errors.New("the journal is down") },
		"hangs": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		synctest.Test(t, func(t *testing.T) {
			m, beats := NewMetrics(time.Minute), 0
			g := &fakeGuard{}
			o := Options{Queue: &fakeQueue{wait: 20 * time.Second}, Sweep: time.Minute, Metrics: m,
				Beat: func(context.Context) error { beats++; return nil }}
			if err := run(t, g, o, 150*time.Second); err != nil || beats != 3 {
				t.Fatalf("%v, %d heartbeats of 3 sweeps", err, beats)
			}
			g.sweep, beats = sweep, 0
			_ = run(t, g, o, 5*time.Minute) // where a sweep hangs, it ends with ErrCutShort
			if beats != 0 {
				t.Errorf("a sweep that %s: %d heartbeats", name, beats)
			}
			if got := get(m, "/healthz").Code; got != 503 {
				t.Errorf("a sweep that %s: health has status %d, want 503", name, got)
			}
			if body := get(m, "/metrics").Body.String(); !strings.Contains(body, "trailhold_sweeps_total 3\n") {
				t.Errorf("a sweep that %s is counted as complete", name)
			}
		})
	}
}

// TestAHeartbeatThatFailsStopsNothing but is counted and logged, so that its silence can be told from the guard's.
func TestAHeartbeatThatFailsStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged strings.Builder
		m, g := NewMetrics(time.Minute), &fakeGuard{}
		o := Options{Queue: &fakeQueue{wait: 20 * time.Second}, Sweep: time.Minute, Metrics: m, Log: slog.New(slog.NewTextHandler(&logged, nil)),
			Beat: func(context.Context) error { return errors.New("no heartbeat to hc-ping.com: status 500") }}
		if err := run(t, g, o, 90*time.Second); err != nil {
			t.Fatal(err)
		}
		body := get(m, "/metrics").Body.String()
		for _, want := range []string{"trailhold_sweeps_total 2\n", `trailhold_errors_total{source="heartbeat"} 2` + "\n"} {
			if !strings.Contains(body, want) {
				t.Errorf("want %q in\n%s", want, body)
			}
		}
		if !strings.Contains(logged.String(), "no heartbeat to hc-ping.com") {
			t.Errorf("logged %s", logged.String())
		}
	})
}
