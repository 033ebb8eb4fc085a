package notify

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
)

// mailbox is a sink that keeps what it was sent, and fails while err is set.
type mailbox struct {
	name string
	mu   sync.Mutex
	err  error
	got  []Message
}

func (b *mailbox) Name() string { return b.name }

func (b *mailbox) Send(_ context.Context, m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return b.err
	}
	b.got = append(b.got, m)
	return nil
}

func (b *mailbox) set(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// kinds are those of the messages since it was last asked.
func (b *mailbox) kinds() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var kinds []string
	for _, m := range b.got {
		kinds = append(kinds, string(m.Kind))
	}
	b.got = nil
	return strings.Join(kinds, " ")
}

// escalated is an incident of which people were told some times that it goes on, so that each telling is news.
func escalated(times int) incident.Incident {
	i := restored()
	for range times {
		i.Told = append(i.Told, incident.Telling{Kind: incident.KindEscalate})
	}
	return i
}

func TestFailureIsToldThroughTheOthersOnce(t *testing.T) {
	a, b, c := &mailbox{name: "a"}, &mailbox{name: "b"}, &mailbox{name: "c"}
	d := NewRouted(Target{Sink: a}, Target{Sink: b, Wants: func(Message) bool { return false }}, Target{Sink: c})
	refused := errors.New("no\r\nSubject: https://evil.example\x00")
	for n, step := range []struct {
		err     error
		a, b, c string
	}{
		{nil, "escalate", "", "escalate"},
		{refused, "", "channel-failure", "escalate channel-failure"}, // b hears of it although it wants nothing
		{refused, "", "", "escalate"},
		{nil, "escalate", "", "escalate"},
		{refused, "", "channel-failure", "escalate channel-failure"}, // it worked in between
	} {
		a.set(step.err)
		err := d.Tell(t.Context(), escalated(n), incident.KindEscalate)
		if (err != nil) != (step.err != nil) || err != nil && !isPartial(err) {
			t.Errorf("step %d: %v", n, err)
		}
		notices := append(append([]Message(nil), b.got...), c.got...)
		if got := [...]string{a.kinds(), b.kinds(), c.kinds()}; got != [...]string{step.a, step.b, step.c} {
			t.Errorf("step %d: %q", n, got)
		}
		for _, m := range notices {
			if m.Kind == KindFailure && (!strings.Contains(m.Subject, "alert channel a fails") || !strings.Contains(m.Text, "event-0f3a9c1d2b4e5f60") || m.Incident.ID != "channel-a") {
				t.Errorf("step %d:\n%s\n%s", n, m.Subject, m.Text)
			}
			checkForm(t, m)
			checkPlain(t, "failure", m)
		}
	}
}

func TestFailureOfAllIsTriedToBeToldAgain(t *testing.T) {
	a, b := &mailbox{name: "a", err: errors.New("down")}, &mailbox{name: "b", err: errors.New("down")}
	d := NewDispatcher(a, b)
	if err := d.Tell(t.Context(), escalated(0), incident.KindEscalate); err == nil || isPartial(err) {
		t.Errorf("nobody was told: %v", err)
	}
	b.set(nil)
	if err := d.Tell(t.Context(), escalated(1), incident.KindEscalate); err == nil {
		t.Error("a was told although it fails")
	}
	if got := b.kinds(); got != "escalate channel-failure" {
		t.Errorf("b got %q", got)
	}
}

// TestFailureIsToldAlthoughTimeIsUp: the channel that hangs must not use up the time in which to tell of it.
func TestFailureIsToldAlthoughTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		deaf, other := &sink{name: "deaf", send: func(context.Context, int) error { <-release; return nil }}, &mailbox{name: "other"}
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		start := time.Now()
		if err := NewDispatcher(deaf, other).Tell(ctx, restored(), incident.KindAlert); err == nil || time.Since(start) > 15*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if got := other.kinds(); got != "alert channel-failure" {
			t.Errorf("the other got %q", got)
		}
		close(release)
	})
}

func TestMessageIsNotToldTwiceToWhoTookIt(t *testing.T) {
	a, b := &mailbox{name: "a", err: errors.New("down")}, &mailbox{name: "b"}
	d := NewDispatcher(a, b)
	for range 3 {
		if err := d.Tell(t.Context(), restored(), incident.KindAlert); err == nil {
			t.Error("a took it")
		}
	}
	a.set(nil)
	if err := d.Tell(t.Context(), restored(), incident.KindAlert); err != nil {
		t.Error(err)
	}
	if gotA, gotB := a.kinds(), b.kinds(); gotA != "alert" || gotB != "alert channel-failure" {
		t.Errorf("a got %q, b got %q", gotA, gotB)
	}
	if err := d.Tell(t.Context(), restored(), incident.KindProved); err != nil || b.kinds() != "proved" {
		t.Errorf("another message about the same incident did not arrive: %v", err)
	}
}

// TestWhoCountsAsTold: a message that only reached a log, or that nobody wants, has told nobody.
func TestWhoCountsAsTold(t *testing.T) {
	down := &mailbox{name: "down", err: errors.New("down")}
	up := func() Sink { return &mailbox{name: "up"} }
	log := func() Sink { return NewWriter(io.Discard, FormLine) }
	within := func(sinks ...Sink) Sink {
		return Later("within", func(context.Context) ([]Target, error) {
			var targets []Target
			for _, s := range sinks {
				targets = append(targets, Target{Sink: s})
			}
			return targets, nil
		})
	}
	unwanting := Target{Sink: up(), Wants: func(Message) bool { return false }}
	for what, c := range map[string]struct {
		targets       []Target
		fails, partly bool
	}{
		"all":                         {[]Target{{Sink: up()}, {Sink: log()}}, false, false},
		"one of two":                  {[]Target{{Sink: up()}, {Sink: down}}, true, true},
		"only the log":                {[]Target{{Sink: log()}, {Sink: down}}, true, false},
		"one does not want it":        {[]Target{unwanting, {Sink: down}}, true, false},
		"nobody wants it":             {[]Target{unwanting}, false, false},
		"one of two within, and log":  {[]Target{{Sink: log()}, {Sink: within(up(), down)}}, true, true},
		"none within, and log":        {[]Target{{Sink: log()}, {Sink: within(down)}}, true, false},
		"none within, and another":    {[]Target{{Sink: up()}, {Sink: within(down)}}, true, true},
		"all within, and one is down": {[]Target{{Sink: down}, {Sink: within(up())}}, true, true},
	} {
		err := NewRouted(c.targets...).Tell(t.Context(), restored(), incident.KindAlert)
		if (err != nil) != c.fails || isPartial(err) != c.partly || err != nil && strings.Contains(err.Error(), "not wanted") {
			t.Errorf("%s: partly %v: %v", what, isPartial(err), err)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	failed := restored()
	failed.Told = []incident.Telling{{Kind: incident.KindEscalate, Error: "down"}, {Kind: incident.KindAlert}}
	for _, c := range []struct {
		i    incident.Incident
		kind incident.Kind
		want string
	}{
		{restored(), incident.KindAlert, "event-0f3a9c1d2b4e5f60.alert"}, {failed, incident.KindEscalate, "event-0f3a9c1d2b4e5f60.escalate"},
		{escalated(2), incident.KindEscalate, "event-0f3a9c1d2b4e5f60.escalate.3"},
	} {
		if got := Compose(c.i, c.kind).ID(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	hostile := restored()
	hostile.ID = strings.Repeat(poison, 50)
	if id := Compose(hostile, incident.KindAlert).ID(); len(id) > maxID || strings.ContainsAny(id, "\r\n\x00") {
		t.Errorf("%q", id)
	}
}

// asked is an error that says when to try again.
type asked struct{ after time.Duration }

func (asked) Error() string               { return "busy" }
func (asked) Retryable() bool             { return true }
func (a asked) RetryAfter() time.Duration { return a.after }

func TestRetryAfterIsRespected(t *testing.T) {
	s := &sink{name: "s", send: func(_ context.Context, try int) error {
		if try == 1 {
			return asked{5 * time.Second}
		}
		return nil
	}}
	if took, err := tell(t, s); err != nil || took != 5*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
	took, err := tell(t, answer("s", asked{5 * time.Minute}))
	if took != 0 || err == nil || !strings.Contains(err.Error(), "too long to wait") {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestChannelsThatAreMadeLater(t *testing.T) {
	inner, log := &mailbox{name: "inner"}, &mailbox{name: "log"}
	tries, missing := 0, errors.New("no such file")
	d := NewDispatcher(log, Later("alerts", func(context.Context) ([]Target, error) {
		if tries++; tries == 1 {
			return nil, missing
		}
		return []Target{{Sink: inner}}, nil
	}))
	if tries != 0 {
		t.Error("they were made before there was something to tell")
	}
	if err := d.Tell(t.Context(), escalated(0), incident.KindEscalate); !errors.Is(err, missing) || log.kinds() != "escalate channel-failure" {
		t.Errorf("%v", err)
	}
	for n := range 2 {
		if err := d.Tell(t.Context(), escalated(n+1), incident.KindEscalate); err != nil || inner.kinds() != "escalate" {
			t.Errorf("message %d: %v", n, err)
		}
	}
	if tries != 2 {
		t.Errorf("they were made %d times", tries)
	}
	inside := answer("inner", throttled)
	took, err := tell(t, Later("alerts", func(context.Context) ([]Target, error) { return []Target{{Sink: inside}}, nil }))
	if !errors.Is(err, throttled) || took > budget || inside.tries.Load() > maxTries {
		t.Errorf("%d attempts in %v: %v", inside.tries.Load(), took, err)
	}
}

func TestTestMessageSaysThatItIsOne(t *testing.T) {
	m := ComposeTest("111122223333", attack)
	checkForm(t, m)
	if !strings.HasPrefix(m.Subject, "[Trailhold] TEST ") || !strings.HasPrefix(m.Text, "THIS IS A TEST.") || !strings.Contains(m.Line, "TEST") || m.Incident.Account != "111122223333" {
		t.Errorf("%+v", m)
	}
	if m.ID() == ComposeTest("111122223333", attack.Add(time.Second)).ID() {
		t.Error("two tests have the same id")
	}
}
