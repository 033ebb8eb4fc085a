package notify

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

var _ guard.Teller = (*Dispatcher)(nil)

// sink is a Sink made of a function of the attempt's number.
type sink struct {
	name  string
	tries atomic.Int32
	send  func(ctx context.Context, try int) error
}

func (s *sink) Name() string { return s.name }

func (s *sink) Send(ctx context.Context, _ Message) error { return s.send(ctx, int(s.tries.Add(1))) }

func answer(name string, err error) *sink {
	return &sink{name: name, send: func(context.Context, int) error { return err }}
}

var throttled = &guard.APIError{Op: "Publish", Code: "Throttling", Class: guard.ClassRetry}

// tell runs one Tell in a bubble and returns how long it took and its error.
func tell(t *testing.T, sinks ...Sink) (took time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err = NewDispatcher(sinks...).Tell(t.Context(), restored(), incident.KindAlert)
		took = time.Since(start)
	})
	return took, err
}

func TestNobodyToTell(t *testing.T) {
	if _, err := tell(t); err != nil {
		t.Error(err)
	}
}

func TestAllAreToldThoughOneFails(t *testing.T) {
	good, bad, worse := answer("good", nil), answer("bad", errors.New("refused")), &sink{name: "worse"}
	worse.send = func(context.Context, int) error { panic("boom") }
	took, err := tell(t, bad, good, worse)
	if good.tries.Load() != 2 || bad.tries.Load() != 1 { // the second time it was told that the others fail
		t.Errorf("attempts: good %d, bad %d", good.tries.Load(), bad.tries.Load())
	}
	for _, part := range []string{"bad", "refused", "worse", "boom"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q: %v", part, err)
		}
	}
	if strings.Contains(err.Error(), "good") || took != 0 {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestRetryUntilItWorks(t *testing.T) {
	s := &sink{name: "s", send: func(_ context.Context, try int) error {
		if try < 4 {
			return throttled
		}
		return nil
	}}
	took, err := tell(t, s)
	full := firstPause + 2*firstPause + 4*firstPause
	if err != nil || s.tries.Load() != 4 || took < full/2 || took > full {
		t.Errorf("%d attempts in %v: %v", s.tries.Load(), took, err)
	}
}

type stubborn struct{ again bool }

func (s stubborn) Error() string   { return "stubborn" }
func (s stubborn) Retryable() bool { return s.again }

func TestTheErrorDecidesAboutRetry(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int32
	}{
		{throttled, maxTries}, {stubborn{true}, maxTries}, {stubborn{false}, 1}, {errors.New("other"), 1},
		{&guard.APIError{Class: guard.ClassDenied}, 1}, {errors.Join(stubborn{false}, throttled), 1},
	} {
		s := answer("s", c.err)
		took, err := tell(t, s)
		if !errors.Is(err, c.err) || s.tries.Load() != c.want || took > budget {
			t.Errorf("%v: %d attempts in %v, want %d: %v", c.err, s.tries.Load(), took, c.want, err)
		}
	}
}

func TestSlowSinkDelaysNobodyAndIsBounded(t *testing.T) {
	polite := &sink{name: "polite", send: func(ctx context.Context, _ int) error { <-ctx.Done(); return throttled }}
	var told time.Duration
	start := time.Now()
	quick := &sink{name: "quick", send: func(context.Context, int) error { told = time.Since(start); return nil }}
	took, err := tell(t, polite, quick)
	if took != budget*2/3 || !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, throttled) || told > time.Minute {
		t.Errorf("took %v: %v", took, err)
	}
}

func TestHangingSinkIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		d := NewDispatcher(&sink{name: "deaf", send: func(context.Context, int) error { <-release; return nil }})
		for n := range maxPending + 1 {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			start := time.Now()
			err := d.Tell(ctx, restored(), incident.KindAlert)
			cancel()
			if err == nil || !strings.Contains(err.Error(), "deaf") || time.Since(start) > 4*time.Second {
				t.Errorf("message %d: %v after %v", n, err, time.Since(start))
			}
			if full := n == maxPending; full != strings.Contains(err.Error(), "under way") {
				t.Errorf("message %d: %v", n, err)
			}
		}
		close(release) // the bubble fails if a goroutine is left
	})
}

func TestWriter(t *testing.T) {
	m := Compose(restored(), incident.KindAlert)
	for form, want := range map[Form]string{FormLine: m.Line + "\n", FormText: m.Text + "\n"} {
		var out bytes.Buffer
		if err := NewWriter(&out, form).Send(t.Context(), m); err != nil || out.String() != want {
			t.Errorf("%s: %v, wrote %q", form, err, out.String())
		}
	}
	if err := NewWriter(brokenPipe{}, FormLine).Send(t.Context(), m); !errors.Is(err, errPipe) {
		t.Errorf("got %v", err)
	}
}

var errPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }
