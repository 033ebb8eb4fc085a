package canary_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/canary"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

const arn = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit"

// world is a trail's tags, the calls that were made on them, and what was reported.
type world struct {
	tags     map[string]string
	calls    []record.Record
	reported []guard.Finding
	fail     error
	journal  guard.Journal
}

func call(name, key, value string) record.Record {
	parameters, _ := json.Marshal(map[string]any{"resourceId": arn, "tagsList": []map[string]string{{"key": key, "value": value}}})
	return record.Record{EventSource: "cloudtrail.amazonaws.com", EventName: name, RequestParameters: parameters}
}

func (w *world) AddTag(_ context.Context, _, _, key, value string) error {
	w.tags[key] = value
	w.calls = append(w.calls, call("AddTags", key, value))
	return w.fail
}

func (w *world) RemoveTag(_ context.Context, _, _, key, value string) error {
	delete(w.tags, key)
	w.calls = append(w.calls, call("RemoveTags", key, value))
	return nil
}

func (w *world) Report(_ context.Context, f guard.Finding) (*incident.Incident, error) {
	w.reported = append(w.reported, f)
	return &incident.Incident{ID: f.ID}, nil
}

// Observe implements guard.Observer.
func (w *world) Observe(context.Context, trail.Guarded) (s trail.State) {
	s.Tags = trail.Known(w.tags)
	return s
}

func (w *world) Essentials(context.Context, trail.Guarded) (s trail.State) { return s }

func (w *world) Status(context.Context, string, string) (f trail.Facet[trail.Status]) { return f }

func guarded() trail.Guarded {
	var g trail.Guarded
	g.ARN, g.Name, g.HomeRegion, g.Restore = arn, "audit", "eu-west-1", trail.RestoreAll
	return g
}

func newWorld() (*world, *canary.Canary) {
	w := &world{tags: map[string]string{"Team": "x"}, journal: journal.NewMemory(10)}
	return w, canary.New(trail.Baseline{Account: "111122223333", Trails: []trail.Guarded{guarded()}}, w, w.journal, w)
}

func TestCanaryComesThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld()
		if _, ok, err := c.Last(t.Context()); ok || err != nil {
			t.Errorf("there is a canary before any was sent: %v", err)
		}
		sent, err := c.Send(t.Context())
		if err != nil || !sent.Pending || len(w.calls) != 2 || len(w.tags) != 1 {
			t.Fatalf("sent %+v, %v: calls %v, tags %v", sent, err, w.calls, w.tags)
		}
		if again, err := c.Send(t.Context()); err != nil || again != sent || len(w.calls) != 2 {
			t.Errorf("another one was sent while the first was on its way: %+v, %v", again, err)
		}
		time.Sleep(3 * time.Second)
		stop := record.Record{EventSource: "cloudtrail.amazonaws.com", EventName: "StopLogging"}
		others, came := c.Recognise(t.Context(), append(w.calls[:1:1], stop))
		if len(others) != 1 || others[0].EventName != "StopLogging" || came == nil || came.Took != 3*time.Second {
			t.Errorf("others %v, came %+v", others, came)
		}
		if others, came := c.Recognise(t.Context(), w.calls); len(others) != 0 || came != nil {
			t.Errorf("its other events: others %v, came %+v", others, came)
		}
		time.Sleep(canary.Deadline)
		if found, err := c.Check(t.Context()); found != nil || err != nil {
			t.Errorf("one that came is overdue: %v, %v", found, err)
		}
		if last, ok, err := c.Last(t.Context()); !ok || err != nil || last.Pending || last.Came.IsZero() {
			t.Errorf("last: %+v, %v", last, err)
		}
	})
}

func TestCanaryMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld()
		if _, err := c.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(canary.Deadline - time.Second)
		if found, err := c.Check(t.Context()); found != nil || err != nil {
			t.Errorf("told too early: %v, %v", found, err)
		}
		time.Sleep(time.Second)
		for range 2 {
			if _, err := c.Check(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if len(w.reported) != 1 || w.reported[0].Cause != incident.CauseCanary || w.reported[0].TrailARN != arn || !strings.Contains(w.reported[0].Summary, "no event within 10m") {
			t.Errorf("reported %+v", w.reported)
		}
		if others, came := c.Recognise(t.Context(), w.calls); len(others) != 0 || came == nil {
			t.Errorf("its late events: others %v, came %+v", others, came)
		}

		// The next one tells of the one before, if no sweep did.
		for range 2 {
			time.Sleep(2 * canary.Deadline)
			if _, err := c.Send(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if len(w.reported) != 2 {
			t.Errorf("reported %+v", w.reported)
		}
	})
}

// TestWhatIsNoCanary: whatever is not exactly the canary's own event is handed to the guard.
func TestWhatIsNoCanary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld()
		if _, err := c.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		var in struct{ TagsList []struct{ Value string } }
		_ = json.Unmarshal(w.calls[0].RequestParameters, &in)
		nonce := in.TagsList[0].Value
		more := call("AddTags", canary.TagKey, nonce)
		more.RequestParameters = json.RawMessage(fmt.Sprintf(`{"resourceId":%q,"tagsList":[{"key":%q,"value":%q},{"key":"Team","value":"y"}]}`, arn, canary.TagKey, nonce))
		elsewhere := call("AddTags", canary.TagKey, nonce)
		elsewhere.RequestParameters = json.RawMessage(strings.ReplaceAll(string(elsewhere.RequestParameters), "trail/audit", "trail/other"))
		denied := call("AddTags", canary.TagKey, nonce)
		denied.ErrorCode = "AccessDenied"
		for name, r := range map[string]record.Record{
			"another nonce":       call("AddTags", canary.TagKey, strings.Repeat("0", len(nonce))),
			"no nonce":            call("AddTags", canary.TagKey, ""),
			"another key":         call("AddTags", "Team", nonce),
			"another call":        call("DeleteTrail", canary.TagKey, nonce),
			"another trail":       elsewhere,
			"another tag as well": more,
			"a call that failed":  denied,
			"parameters left out": {EventSource: "cloudtrail.amazonaws.com", EventName: "AddTags"},
			"another service":     {EventSource: "sns.amazonaws.com", EventName: "AddTags", RequestParameters: w.calls[0].RequestParameters},
		} {
			if others, came := c.Recognise(t.Context(), []record.Record{r}); len(others) != 1 || came != nil {
				t.Errorf("%s: taken for the canary", name)
			}
		}
		if others, came := c.Recognise(t.Context(), w.calls); len(others) != 0 || came == nil {
			t.Errorf("the canary itself: others %v, came %v", others, came)
		}
		if others := c.Others(t.Context(), append(w.calls, call("AddTags", "Team", "y"))); len(others) != 1 {
			t.Errorf("a second guard hears of %v", others)
		}
		time.Sleep(2 * time.Hour)
		if others, _ := c.Recognise(t.Context(), w.calls); len(others) != 2 {
			t.Error("a nonce of old is taken for the canary's")
		}
	})
}

// TestSweepMeanwhile: a sweep that looks while the canary's tag is on the trail does not see it, but any other.
func TestSweepMeanwhile(t *testing.T) {
	w, c := newWorld()
	if _, err := c.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	var in struct{ TagsList []struct{ Value string } }
	_ = json.Unmarshal(w.calls[0].RequestParameters, &in)
	for value, seen := range map[string]int{in.TagsList[0].Value: 1, "forged": 2} {
		w.tags[canary.TagKey] = value
		tags, _ := c.Observer(w).Observe(t.Context(), guarded()).Tags.Get()
		if len(tags) != seen {
			t.Errorf("with %s, tags %v", value, tags)
		}
	}
}

// TestAnswerLost: the tag is taken away even if setting it seems to have failed.
func TestAnswerLost(t *testing.T) {
	w, c := newWorld()
	w.fail = errors.New("no answer")
	if _, err := c.Send(t.Context()); !errors.Is(err, w.fail) || len(w.calls) != 2 || len(w.tags) != 1 {
		t.Errorf("%v; calls %v, tags %v", err, w.calls, w.tags)
	}
}

func TestNothingMayBeChanged(t *testing.T) {
	g := guarded()
	g.Restore = trail.RestoreNone
	if c := canary.New(trail.Baseline{Trails: []trail.Guarded{g}}, &world{}, journal.NewMemory(1), &world{}); c != nil {
		t.Error("a trail that may not be changed gets a tag")
	}
}
