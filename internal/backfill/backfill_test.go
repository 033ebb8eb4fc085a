package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// busy is a history with a call every 40 seconds in two regions, and a burst of calls in one second.
func busy(from time.Time, span time.Duration) *fakeHistory {
	h := &fakeHistory{size: 7}
	for n, region := range []string{"eu-west-1", "us-east-1"} {
		for at, k := from.Add(-time.Minute), 0; at.Before(from.Add(span + time.Minute)); at, k = at.Add(40*time.Second), k+1 {
			h.add(region, event(fmt.Sprintf("%d-%06d", n, k), "ann", "ec2.amazonaws.com", "ListThings", at))
		}
		for k := range 20 {
			h.add(region, event(fmt.Sprintf("%d-burst-%02d", n, k), "eve", "iam.amazonaws.com", "CreateUser", from.Add(span/2)))
		}
	}
	h.add("eu-west-1", h.events["eu-west-1"][3]) // delivered twice
	return h
}

func want(from, to time.Time) Request {
	return Request{Account: account, Incident: "event-1", From: from, To: to, Regions: []string{"eu-west-1", "us-east-1"}}
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(-6 * time.Hour).Truncate(time.Second).Add(13 * time.Minute)
		h, s := busy(from, 3*time.Hour), &memory{}
		var told []Progress
		m, err := Run(t.Context(), h, s, want(from, from.Add(3*time.Hour)), Options{Tool: "trailhold/test", Progress: func(p Progress) { told = append(told, p) }})
		if err != nil || !m.Complete || len(m.GapWords()) > 0 || m.Tool != "trailhold/test" || len(m.NotContained) == 0 {
			t.Fatalf("%v, %+v", err, m)
		}
		h.same(t, recovered(t, s, m), m.window())
		last := told[len(told)-1]
		if last.Done != 1 || last.Ended != 2 || last.Regions != 2 || last.Records != m.Regions[0].Records+m.Regions[1].Records {
			t.Errorf("progress ends with %+v", last)
		}
		for n, p := range told {
			if n > 0 && p.Done < told[n-1].Done-1e-9 {
				t.Errorf("progress goes back from %v to %v", told[n-1], p)
			}
		}
		key := m.Regions[0].Files[0].Key
		if !strings.HasPrefix(key, "AWSLogs/"+account+"/TrailholdBackfill/eu-west-1/"+from.UTC().Format("2006/01/02/")) || !strings.HasSuffix(key, ".json.gz") {
			t.Errorf("the first file is %s", key)
		}

		calls, puts := h.calls, len(s.puts)
		again, err := Run(t.Context(), h, s, want(from, from.Add(3*time.Hour)), Options{})
		if err != nil || !again.Complete || h.calls != calls || len(s.puts) != puts+1 {
			t.Errorf("a second run reads %d pages and writes %v: %v", h.calls-calls, s.puts[puts:], err)
		}
		longer, err := Run(t.Context(), h, s, want(from, from.Add(3*time.Hour+30*time.Second)), Options{})
		if err != nil || !longer.Complete || h.calls > calls+4 {
			t.Errorf("thirty seconds more take %d pages: %v", h.calls-calls, err)
		}
		h.same(t, recovered(t, s, longer), longer.window())
	})
}

func TestNothingButTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(-6 * time.Hour).Truncate(time.Second)
		h, s := busy(from, 2*time.Hour), &memory{}
		h.loose = true
		m, err := Run(t.Context(), h, s, want(from, from.Add(2*time.Hour)), Options{})
		if err != nil || !m.Complete {
			t.Fatalf("%v, %v", err, m.GapWords())
		}
		h.same(t, recovered(t, s, m), m.window())
	})
}

// TestKilledAnywhere stops the work at each call of history and store in turn, before and after a file was stored, and goes
// on with what is left behind.
func TestKilledAnywhere(t *testing.T) {
	for _, stored := range []bool{false, true} {
		for step, ended := 0, false; !ended; step++ {
			synctest.Test(t, func(t *testing.T) {
				from := time.Now().Add(-6 * time.Hour).Truncate(time.Second)
				h, s := busy(from, 70*time.Minute), &memory{}
				var steps atomic.Int64
				ctx, kill := context.WithCancel(t.Context())
				die := func() error {
					if steps.Add(1) > int64(step) {
						kill()
						return errKilled
					}
					return nil
				}
				h.fail = func(string, time.Time, time.Time, string) error { return die() }
				if stored {
					s.after = func(string) error { return die() }
				} else {
					s.before = func(string) error { return die() }
				}
				_, err := Run(ctx, h, s, want(from, from.Add(70*time.Minute)), Options{})
				ended = err == nil
				h.fail, s.before, s.after = nil, nil, nil
				m, err := Run(t.Context(), h, s, want(from, from.Add(70*time.Minute)), Options{})
				if err != nil || !m.Complete {
					t.Fatalf("killed at step %d: %v, %v", step, err, m.GapWords())
				}
				h.same(t, recovered(t, s, m), m.window())
				listed := map[string]bool{ManifestName: true}
				for _, r := range m.Regions {
					for _, f := range r.Files {
						listed[f.Key] = true
					}
				}
				for name := range s.files {
					if !listed[name] {
						t.Errorf("killed at step %d: %s is left over", step, name)
					}
				}
			})
			if t.Failed() {
				return
			}
		}
	}
}

// TestPowerFailure loses everything that is not in the store, in the middle of a long run.
func TestPowerFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(-12 * time.Hour).Truncate(time.Second)
		h, s := busy(from, 10*time.Hour), &memory{}
		h.slow = 500 * time.Millisecond // as AWS's limit has it
		began := time.Now()
		s.before = func(string) error { return map[bool]error{true: errKilled}[time.Since(began) > 40*time.Second] }
		if _, err := Run(t.Context(), h, s, want(from, from.Add(10*time.Hour)), Options{}); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		first := h.calls
		s.before, h.calls = nil, 0
		m, err := Run(t.Context(), h, s, want(from, from.Add(10*time.Hour)), Options{})
		if err != nil || !m.Complete {
			t.Fatal(err, m.GapWords())
		}
		h.same(t, recovered(t, s, m), m.window())
		second := h.calls
		h.calls = 0
		if _, err := Run(t.Context(), h, &memory{}, want(from, from.Add(10*time.Hour)), Options{}); err != nil {
			t.Fatal(err)
		}
		if first < 100 || first >= h.calls || first+second > h.calls+60 {
			t.Errorf("%d pages before the failure and %d after it; without one it takes %d", first, second, h.calls)
		}
	})
}

func TestWhatIsTooFreshIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(-time.Hour).Truncate(time.Second)
		to := from.Add(time.Hour)
		h, s := busy(from, time.Hour), &memory{}
		m, err := Run(t.Context(), h, s, want(from, to), Options{})
		if err != nil || m.Complete || !strings.Contains(strings.Join(m.GapWords(), "\n"), "may be incomplete") {
			t.Fatalf("%v, complete %v, %v", err, m.Complete, m.GapWords())
		}
		h.add("us-east-1", event("late", "eve", "iam.amazonaws.com", "CreateUser", to.Add(-time.Minute)))
		var waited time.Time
		m, err = Run(t.Context(), h, s, want(from, to), Options{Wait: true, Progress: func(p Progress) { waited = latest(waited, p.Waiting) }})
		if len(m.GapWords()) > 0 || len(m.Regions[0].Superseded) > 0 {
			t.Errorf("settled, and still %v; superseded %v", m.GapWords(), m.Regions[0].Superseded)
		}
		if err != nil || !m.Complete || time.Since(to) < usualLag || !waited.Equal(to.Add(usualLag)) {
			t.Fatalf("%v, complete %v after %s, waiting until %s", err, m.Complete, time.Since(to), waited)
		}
		h.same(t, recovered(t, s, m), m.window())
	})
}

func TestGaps(t *testing.T) {
	now := func() time.Time { return time.Now().Truncate(time.Second) }
	for _, test := range []struct {
		name    string
		fail    func(calls int, region string) error
		span    time.Duration // before an hour ago
		gap     string        // of the first region
		missing time.Duration
	}{
		{"denied", func(int, string) error { return errDenied }, 2 * time.Hour, "AccessDenied", 2 * time.Hour},
		{"throttled for good", func(int, string) error { return errThrottled }, 2 * time.Hour, "Rate exceeded", 2 * time.Hour},
		{"throttled for a while", func(calls int, _ string) error { return map[bool]error{true: errThrottled}[calls%3 > 0] }, 2 * time.Hour, "", 0},
		{"older than Event history", nil, 91 * 24 * time.Hour, "90 days", 25 * time.Hour},
		{"all of it", nil, 200 * 24 * time.Hour, "90 days", 110*24*time.Hour + time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			to := now().Add(-time.Hour)
			from := to.Add(-test.span)
			h, s := &fakeHistory{size: 50}, &memory{}
			h.add("us-east-1", event("1", "ann", "ec2.amazonaws.com", "ListThings", to.Add(-time.Minute)))
			if test.fail != nil {
				calls := 0
				h.fail = func(region string, _, _ time.Time, _ string) error {
					calls++
					return map[bool]error{true: test.fail(calls, region)}[region == "eu-west-1"]
				}
			}
			m, err := Run(t.Context(), h, s, want(from, to), Options{})
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if got := recovered(t, s, m)["us-east-1"]; !slices.Equal(got, []string{"1"}) {
				t.Errorf("%s: the other region has %v", test.name, got)
			}
			var missing time.Duration
			for _, g := range m.Regions[0].Gaps {
				missing += g.length()
				if !strings.Contains(g.Why, test.gap) {
					t.Errorf("%s: %+v", test.name, g)
				}
			}
			if missing.Round(2*time.Minute) != test.missing || m.Complete != (test.gap == "") {
				t.Errorf("%s: %s are missing, want %s; complete: %v", test.name, missing, test.missing, m.Complete)
			}
			h.fail = nil
			if m, err = Run(t.Context(), h, s, want(from, to), Options{}); err != nil || m.Complete != (test.span < Kept) || m.Complete != (len(m.GapWords()) == 0) {
				t.Errorf("%s: mended, and still %v, %v", test.name, err, m.GapWords())
			}
		})
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(-3 * time.Hour).Truncate(time.Second)
		for _, scatter := range []bool{false, true} {
			h, s := &fakeHistory{size: 7, scatter: scatter}, &memory{}
			for k := range 90 {
				h.add("eu-west-1", event(fmt.Sprintf("%03d", k), "ann", "ec2.amazonaws.com", "ListThings", from.Add(time.Duration(k)*40*time.Second)))
			}
			h.fail = func(_ string, _, _ time.Time, token string) error {
				return map[bool]error{true: ErrToken}[len(token) > 1] // the third page is never had
			}
			m, err := Run(t.Context(), h, s, want(from, from.Add(time.Hour)), Options{})
			if err != nil || !m.Complete {
				t.Fatalf("scattered %v: %v, %v", scatter, err, m.GapWords())
			}
			h.same(t, recovered(t, s, m), m.window())
		}
		h, s := busy(from, time.Hour), &memory{}
		h.fail = func(_ string, _, _ time.Time, token string) error {
			return map[bool]error{true: ErrToken}[len(token) > 1]
		}
		m, err := Run(t.Context(), h, s, want(from, from.Add(time.Hour)), Options{}) // a second holds more than the tokens reach
		if err != nil || m.Complete || !strings.Contains(strings.Join(m.GapWords(), " "), "token") {
			t.Errorf("%v, %v", err, m.GapWords())
		}
	})
}

// cheap is an event of which many can be made.
func cheap(k int, at time.Time) Event {
	id := fmt.Sprintf("%05d", k)
	return Event{ID: id, Time: at, Raw: `{"eventID":"` + id + `","eventName":"X","eventSource":"x.amazonaws.com","eventTime":"2026-03-01T00:00:00Z"}`}
}

// TestTooMuch reads more than fits into one part, in order and out of it, and a second that holds more than is read.
func TestTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(-3 * time.Hour).Truncate(time.Hour)
		for _, scatter := range []bool{false, true} {
			h, s := &fakeHistory{size: 500, scatter: scatter}, &memory{}
			for k := range 25_000 {
				h.events = map[string][]Event{"eu-west-1": append(h.events["eu-west-1"], cheap(k, from.Add(time.Duration(59*60-k/8)*time.Second)))}
			}
			m, err := Run(t.Context(), h, s, want(from, from.Add(time.Hour)), Options{})
			if err != nil || !m.Complete || len(m.Regions[0].Files) < 3 {
				t.Fatalf("scattered %v: %v, %v, %d files", scatter, err, m.GapWords(), len(m.Regions[0].Files))
			}
			h.same(t, recovered(t, s, m), m.window())
		}
		h, s := &fakeHistory{size: 5000}, &memory{}
		var burst []Event
		for k := range 50_000 {
			burst = append(burst, cheap(k, from.Add(time.Minute)))
		}
		h.add("eu-west-1", burst...)
		h.add("eu-west-1", event("before", "eve", "iam.amazonaws.com", "CreateUser", from))
		m, err := Run(t.Context(), h, s, want(from, from.Add(time.Hour)), Options{Wait: true})
		got := recovered(t, s, m)["eu-west-1"]
		if err != nil || m.Complete || !strings.Contains(strings.Join(m.GapWords(), " "), "one second") || len(got) < 40_000 || !slices.Contains(got, "before") {
			t.Errorf("%v, %v, %d events", err, m.GapWords(), len(got))
		}
	})
}

func TestWhatIsNoRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(-3 * time.Hour).Truncate(time.Hour)
		h, s := &fakeHistory{size: 50}, &memory{}
		h.add("eu-west-1", Event{ID: "x\x1b", Time: from, Raw: "{"}, Event{ID: "y", Time: from, Raw: `"text"`}, event("1", "a", "b.amazonaws.com", "C", from))
		m, err := Run(t.Context(), h, s, want(from, from.Add(time.Hour)), Options{})
		if err != nil || m.Complete || m.Regions[0].Files[0].Unreadable != 2 || !slices.Equal(recovered(t, s, m)["eu-west-1"], []string{"1"}) ||
			!strings.Contains(strings.Join(m.GapWords(), " "), "2 events") {
			t.Errorf("%v, %+v", err, m)
		}
	})
}

func TestEvidenceThatCannotBeKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(-3 * time.Hour)
		s := &memory{before: func(name string) error { return map[bool]error{true: errKilled}[name != ManifestName] }}
		if _, err := Run(t.Context(), busy(from, time.Hour), s, want(from, from.Add(time.Hour)), Options{}); !errors.Is(err, errKilled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhatNobodyCanWant(t *testing.T) {
	now := time.Now().UTC()
	good := want(now.Add(-2*time.Hour), now.Add(-time.Hour))
	s := &memory{}
	if _, err := Run(t.Context(), &fakeHistory{}, s, good, Options{}); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Request){
		"another incident": func(r *Request) { r.Incident = "event-2" },
		"another account":  func(r *Request) { r.Account = "444455556666" },
		"no account":       func(r *Request) { r.Account = "../../etc" },
		"no region":        func(r *Request) { r.Regions = nil },
		"no such region":   func(r *Request) { r.Regions = []string{"../x"} },
		"backwards":        func(r *Request) { r.From, r.To = r.To, r.From },
		"the future":       func(r *Request) { r.From, r.To = now.Add(time.Hour), now.Add(2*time.Hour) },
	} {
		bad := good
		spoil(&bad)
		if _, err := Run(t.Context(), &fakeHistory{}, s, bad, Options{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, planted := range []string{"", "{}", "[1]", `{"kind":"trailhold-backfill","version":2}`,
		strings.Replace(string(s.files[ManifestName]), `"files": []`, `"files": [{"key":"../../x"}]`, 1)} {
		if _, err := Run(t.Context(), &fakeHistory{}, &memory{files: map[string][]byte{ManifestName: []byte(planted)}}, good, Options{}); err == nil || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("a manifest %.40q: %v", planted, err)
		}
	}
}
