package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

var update = flag.Bool("update", false, "write the golden files")

const trailARN = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit"

var attack = time.Date(2026, 3, 1, 3, 12, 7, 0, time.UTC)

// restored is a trail that was redirected and brought back, with something in every field that a message shows.
func restored() incident.Incident {
	return incident.Incident{
		ID: "event-0f3a9c1d2b4e5f60", Version: 2, Stage: incident.Restored, TrailARN: trailARN, Account: "111122223333", Region: "eu-central-1",
		BaselineHash: "sha256:9f86d081", Techniques: []string{"change-bucket"}, Severity: severity.Critical, Cause: incident.CauseEvent, Occurrences: 1,
		Actor: incident.Actor{ARN: "arn:aws:sts::111122223333:assumed-role/Admin/alice", Type: "AssumedRole", AccountID: "111122223333", AccessKeyID: "ASIAEXAMPLE7KEY00001",
			SessionIssuer: "arn:aws:iam::111122223333:role/Admin", InvokedBy: "x", SourceIPAddress: "203.0.113.7", UserAgent: "aws-cli/2.15.0"},
		Attack: attack, Seen: attack.Add(4 * time.Second), Restored: attack.Add(5 * time.Second),
		Drifts: []trail.Drift{{Field: trail.FieldBucket, Before: "corp-trail-logs", After: "totally-legit-logs", Direction: trail.Narrowing, Severity: severity.Critical,
			Detail: "log files go to another bucket"}},
		Steps: []incident.StepResult{{Step: trail.Step{ID: "update", Op: trail.OpUpdateTrail, Region: "eu-central-1", ARN: trailARN, Mends: []trail.Field{trail.FieldBucket}},
			Outcome: incident.StepDone, Attempts: 1, Duration: 412 * time.Millisecond, Error: "e"}},
		Proof:   []incident.RegionProof{{Region: "eu-central-1", State: incident.ProofPending, Detail: "d"}},
		Lost:    []string{"log files delivered to the other bucket"},
		Notes:   []string{"n"},
		Unknown: []trail.UnknownFacet{{Facet: "tags", Why: "denied"}},
		Records: []json.RawMessage{json.RawMessage(`{"eventName":"UpdateTrail","awsRegion":"eu-central-1"}`)},
	}
}

func alert() notify.Message { return notify.Compose(restored(), incident.KindAlert) }

func proved() notify.Message {
	i := restored()
	i.Stage, i.Proved = incident.Proved, attack.Add(time.Minute)
	return notify.Compose(i, incident.KindProved)
}

func known(s string) Secret { return func(context.Context) (string, error) { return s, nil } }

var links = Linker{Runbook: "https://wiki.example.com/trailhold?t={technique}&i={incident}&s={severity}&k={kind}"}

// call is a request that a receiver got.
type call struct {
	path   string
	header http.Header
	body   []byte
}

// receiver is a service on loopback.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	calls []call
}

// receive starts a receiver that answers with what answer writes; nil is an empty 202.
func receive(t testing.TB, answer http.HandlerFunc) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		r.mu.Lock()
		r.calls = append(r.calls, call{in.URL.RequestURI(), in.Header, body})
		r.mu.Unlock()
		if answer == nil {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		answer(w, in)
	}))
	t.Cleanup(r.Close)
	return r
}

// got returns what arrived since it was last asked.
func (r *receiver) got() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

// httpChannels are all channels that post, to a receiver.
func httpChannels(r *receiver) map[string]Reporter {
	return map[string]Reporter{
		"slack":     NewSlack("slack", known(r.URL+"/services/T0/B0/hooksecret"), links),
		"teams":     NewTeams("teams", known(r.URL+"/workflows/1?sig=teamssecret"), links),
		"pagerduty": NewPagerDuty("pagerduty", r.URL, known("routingsecret"), links),
		"opsgenie":  NewOpsgenie("opsgenie", r.URL, known("geniesecret"), links),
		"webhook":   NewWebhook("webhook", known(r.URL+"/in"), known("hmacsecret"), links),
		"ocsf":      NewOCSFPost("ocsf", known(r.URL+"/ocsf"), known("ocsftoken"), links),
	}
}

// golden compares with a file, which -update writes.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s (go test -update writes it anew):\n%s", path, got)
	}
}

// indented is JSON for people, with times that change made the same.
func indented(t *testing.T, data []byte) []byte {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	for _, name := range []string{"time", "UpdatedAt"} {
		if v[name] != nil {
			v[name] = "NOW"
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// eachText calls f for all strings of a JSON value, with the keys that lead there.
func eachText(path string, v any, f func(path, text string)) {
	switch v := v.(type) {
	case string:
		f(path, v)
	case []any:
		for _, item := range v {
			eachText(path, item, f)
		}
	case map[string]any:
		for key, item := range v {
			eachText(strings.TrimPrefix(path+"."+key, "."), item, f)
		}
	}
}
