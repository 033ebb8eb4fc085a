package function

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tally"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestHeartbeat(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 12, 2, 0, time.UTC)
	unread := incident.Incident{Unknown: make([]trail.UnknownFacet, 3)}
	const (
		head  = `"_aws":{"Timestamp":1772334722000,"CloudWatchMetrics":[{"Namespace":"Trailhold","Dimensions":[["Account"]],"Metrics":[`
		sweep = `{"Name":"Heartbeat","Unit":"Count"},{"Name":"Incidents","Unit":"Count"},{"Name":"UnknownFacets","Unit":"Count"}`
		did   = `{"Name":"Detections","Unit":"Count"},{"Name":"Restorations","Unit":"Count"},{"Name":"RestorationMilliseconds","Unit":"Milliseconds"}`
	)
	restored := func(c *Counts) {
		c.Change(tally.Change{Detected: true, Techniques: []string{"stop-logging", "kms-swap"}})
		c.Change(tally.Change{Restored: true, Took: 1200 * time.Millisecond, Timed: true})
	}
	for _, test := range []struct {
		name  string
		did   func(*Counts)
		write func(Heartbeat) error
		want  string
	}{
		{"a sweep that found nothing", func(*Counts) {}, func(h Heartbeat) error { return h.beat(now, nil) },
			`{"Account":"111122223333","Heartbeat":1,"Incidents":0,"UnknownFacets":0,` + head + sweep + "]}]}}\n"},
		{"a sweep that restored", restored, func(h Heartbeat) error { return h.beat(now, []incident.Incident{unread, {}}) },
			`{"Account":"111122223333","Detections":1,"Heartbeat":1,"Incidents":2,"RestorationMilliseconds":[1200],"Restorations":1,"UnknownFacets":3,` + head + sweep + "," + did + "]}]}}\n"},
		{"an event", restored, func(h Heartbeat) error { return h.flush(now) },
			`{"Account":"111122223333","Detections":1,"RestorationMilliseconds":[1200],"Restorations":1,` + head + did + "]}]}}\n"},
		{"an event that came to nothing", func(*Counts) {}, func(h Heartbeat) error { return h.flush(now) }, ""},
		{"a canary", func(*Counts) {}, func(h Heartbeat) error { return h.canary(now, 7*time.Second) },
			`{"Account":"111122223333","Canary":1,"CanaryMilliseconds":7000,` + head + `{"Name":"Canary","Unit":"Count"},{"Name":"CanaryMilliseconds","Unit":"Milliseconds"}]}]}}` + "\n"},
		{"failures", func(c *Counts) {
			c.Change(tally.Change{Failed: true})
			c.CallFailed("CloudTrail GetTrail", guard.ClassDenied)
			c.CallFailed("S3 GetBucketPolicy", guard.ClassRetry)
			c.CallFailed("S3 GetBucketPolicy", guard.ClassRetry)
			c.CallFailed("S3 GetBucketLifecycleConfiguration", guard.ClassNotFound)
		}, func(h Heartbeat) error { return h.flush(now) },
			`{"Account":"111122223333","ApiErrors":3,"FailedCalls":{"CloudTrail GetTrail denied":1,"S3 GetBucketPolicy retry":2},"RestorationFailures":1,` + head +
				`{"Name":"RestorationFailures","Unit":"Count"},{"Name":"ApiErrors","Unit":"Count"}]}]}}` + "\n"},
	} {
		var out strings.Builder
		h := Heartbeat{Account: "111122223333", Out: &out, Counts: &Counts{}}
		test.did(h.Counts)
		if err := test.write(h); err != nil || out.String() != test.want {
			t.Errorf("%s: %v\n%swant\n%s", test.name, err, out.String(), test.want)
		}
		out.Reset()
		if err := h.flush(now); err != nil || out.Len() > 0 {
			t.Errorf("%s: told twice: %v, %s", test.name, err, out.String())
		}
	}
}

// TestHeartbeatFollowsTheFormat checks what the specification demands of a document, whatever a sweep found.
func TestHeartbeatFollowsTheFormat(t *testing.T) {
	var out strings.Builder
	counts := &Counts{}
	for range 250 {
		counts.Change(tally.Change{Restored: true, Timed: true})
		counts.CallFailed("CloudTrail GetTrail", guard.ClassDenied)
	}
	if err := (Heartbeat{"111122223333", &out, counts}).beat(time.Now(), make([]incident.Incident, 250)); err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal([]byte(out.String()), &document); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("%v, or more than one line: %s", err, out.String())
	}
	directive := document["_aws"].(map[string]any)["CloudWatchMetrics"].([]any)[0].(map[string]any)
	for _, m := range directive["Metrics"].([]any) {
		switch value := document[m.(map[string]any)["Name"].(string)].(type) {
		case float64:
		case []any:
			if len(value) == 0 || len(value) > 100 {
				t.Errorf("%v has %d values", m, len(value))
			}
		default:
			t.Errorf("the metric %v has the value %v", m, value)
		}
	}
	for _, d := range directive["Dimensions"].([]any)[0].([]any) {
		if text, ok := document[d.(string)].(string); !ok || text == "" {
			t.Errorf("the dimension %v has no text", d)
		}
	}
}

// TestSilence: only a complete sweep beats; an alarm has nothing else to go by.
func TestSilence(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name, payload string
		ctx           context.Context
		fail          error
		beats         int
	}{
		{"a sweep", `{"action":"sweep"}`, t.Context(), nil, 1},
		{"a sweep that failed", `{"action":"sweep"}`, t.Context(), errors.New("down"), 0},
		{"a sweep that was cut short", `{"action":"sweep"}`, ended, nil, 0},
		{"an event", event, t.Context(), nil, 0},
		{"a verification", `{"action":"verify"}`, t.Context(), nil, 0},
	} {
		var out strings.Builder
		h := Handler{Guard: &fake{fail: test.fail}, Verifier: &verifier{}, Heartbeat: Heartbeat{Account: "111122223333", Out: &out}}
		_, err := h.Invoke(test.ctx, []byte(test.payload))
		if got := strings.Count(out.String(), `"Heartbeat":1`); got != test.beats {
			t.Errorf("%s: %d beats, want %d", test.name, got, test.beats)
		}
		if cut := test.ctx == ended; cut && err == nil {
			t.Errorf("%s: nobody said so", test.name)
		}
	}
}
