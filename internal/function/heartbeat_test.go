package function

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestHeartbeat(t *testing.T) {
	began := time.Date(2026, 3, 1, 3, 12, 0, 0, time.UTC)
	now := began.Add(2 * time.Second)
	restored := incident.Incident{Seen: began, Restored: began.Add(1200 * time.Millisecond)}
	before := incident.Incident{Seen: began.Add(-time.Hour), Restored: began.Add(-time.Minute)} // proved by this sweep, say
	unread := incident.Incident{Seen: began, Unknown: make([]trail.UnknownFacet, 3)}
	const head = `{"_aws":{"Timestamp":1772334722000,"CloudWatchMetrics":[{"Namespace":"Trailhold","Dimensions":[["Account"]],"Metrics":[` +
		`{"Name":"Heartbeat","Unit":"Count"},{"Name":"Incidents","Unit":"Count"},{"Name":"UnknownFacets","Unit":"Count"}`
	for name, test := range map[string]struct {
		found []incident.Incident
		want  string
	}{
		"nothing found": {nil, head + `]}]},"Account":"111122223333","Heartbeat":1,"Incidents":0,"UnknownFacets":0}` + "\n"},
		"restored": {[]incident.Incident{restored, before, unread}, head + `,{"Name":"RestorationMilliseconds","Unit":"Milliseconds"}]}]},` +
			`"Account":"111122223333","Heartbeat":1,"Incidents":3,"UnknownFacets":3,"RestorationMilliseconds":[1200]}` + "\n"},
	} {
		var out strings.Builder
		if err := (Heartbeat{"111122223333", &out}).beat(began, now, test.found); err != nil || out.String() != test.want {
			t.Errorf("%s: %v\n%swant\n%s", name, err, out.String(), test.want)
		}
	}
}

// TestHeartbeatFollowsTheFormat checks what the specification demands of a document, whatever a sweep found.
func TestHeartbeatFollowsTheFormat(t *testing.T) {
	var out strings.Builder
	began := time.Now()
	found := make([]incident.Incident, 250)
	for n := range found {
		found[n].Seen, found[n].Restored = began.Add(time.Second), began // clocks differ
	}
	if err := (Heartbeat{"111122223333", &out}).beat(began, began, found); err != nil {
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
			if len(value) == 0 || len(value) > 100 || value[0].(float64) < 0 {
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
		h := Handler{Guard: &fake{fail: test.fail}, Verifier: &verifier{}, Heartbeat: Heartbeat{"111122223333", &out}}
		_, err := h.Invoke(test.ctx, []byte(test.payload))
		if got := strings.Count(out.String(), `"Heartbeat":1`); got != test.beats {
			t.Errorf("%s: %d beats, want %d", test.name, got, test.beats)
		}
		if cut := test.ctx == ended; cut && err == nil {
			t.Errorf("%s: nobody said so", test.name)
		}
	}
}
