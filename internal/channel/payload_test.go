package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
)

// TestPayloads holds what each service is sent to a file.
func TestPayloads(t *testing.T) {
	r := receive(t, nil)
	for name, c := range httpChannels(r) {
		for what, m := range map[string]notify.Message{"alert": alert(), "proved": proved()} {
			answer, err := c.Report(t.Context(), m)
			calls := r.got()
			if err != nil || len(calls) != 1 || !strings.HasPrefix(answer, "202") {
				t.Fatalf("%s %s: %d calls, answer %q: %v", name, what, len(calls), answer, err)
			}
			if calls[0].header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: content type %q", name, calls[0].header.Get("Content-Type"))
			}
			golden(t, name+"-"+what+".json", indented(t, calls[0].body))
		}
	}
}

// TestContent makes sure that each medium says what happened, who, from where, what changed, what was done, what proves it,
// what is lost, what to do next, and where to read on.
func TestContent(t *testing.T) {
	r := receive(t, nil)
	for name, c := range httpChannels(r) {
		if err := c.Send(t.Context(), alert()); err != nil {
			t.Fatal(err)
		}
		text := ""
		var v any
		if err := json.Unmarshal(r.got()[0].body, &v); err != nil {
			t.Fatal(err)
		}
		eachText("", v, func(_, s string) { text += s + "\n" })
		for _, want := range []string{
			"logs redirected to another bucket", "assumed-role/Admin/alice", "203.0.113.7", "corp-trail-logs", "totally-legit-logs", "UpdateTrail", "pending",
			"log files delivered to the other bucket", "revoke the active sessions", "https://wiki.example.com/trailhold?t=change-bucket", "eu-central-1.console.aws.amazon.com",
		} {
			if !strings.Contains(text, want) && !strings.Contains(text, strings.ReplaceAll(want, "&", "&amp;")) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
}

func TestPagerDutyLifecycle(t *testing.T) {
	r := receive(t, nil)
	c := NewPagerDuty("p", r.URL, known("k"), links)
	identified := notify.Compose(restored(), incident.KindIdentified)
	for _, step := range []struct {
		m    notify.Message
		want string
	}{
		{alert(), "trigger"}, {identified, ""}, {notify.Compose(restored(), incident.KindEscalate), "trigger"}, {proved(), "resolve"},
		{notify.ComposeTest("111122223333", attack), "trigger resolve"},
	} {
		if err := c.Send(t.Context(), step.m); err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, one := range r.got() {
			var e pagerDutyEvent
			if err := json.Unmarshal(one.body, &e); err != nil || e.DedupKey != step.m.Incident.ID || e.RoutingKey != "k" {
				t.Errorf("%s: %+v, %v", step.m.Kind, e, err)
			}
			actions = append(actions, e.Action)
		}
		if got := strings.Join(actions, " "); got != step.want {
			t.Errorf("%s: %q, want %q", step.m.Kind, got, step.want)
		}
	}
}

func TestOpsgenieLifecycle(t *testing.T) {
	r := receive(t, nil)
	c := NewOpsgenie("o", r.URL, known("genie"), links)
	const one = "/v2/alerts/event-0f3a9c1d2b4e5f60/"
	for _, step := range []struct {
		m    notify.Message
		want []string
	}{
		{alert(), []string{"/v2/alerts"}}, {notify.Compose(restored(), incident.KindIdentified), []string{one + "notes?identifierType=alias"}},
		{notify.Compose(restored(), incident.KindEscalate), []string{"/v2/alerts", one + "notes?identifierType=alias"}},
		{proved(), []string{one + "close?identifierType=alias"}},
	} {
		if err := c.Send(t.Context(), step.m); err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, call := range r.got() {
			if paths = append(paths, call.path); call.header.Get("Authorization") != "GenieKey genie" {
				t.Errorf("authorization %q", call.header.Get("Authorization"))
			}
		}
		if strings.Join(paths, " ") != strings.Join(step.want, " ") {
			t.Errorf("%s: %q, want %q", step.m.Kind, paths, step.want)
		}
	}
}

func TestWebhookIsSigned(t *testing.T) {
	r := receive(t, nil)
	m := alert()
	if err := NewWebhook("w", known(r.URL), known("shared"), links).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := r.got()[0]
	at := got.header.Get(HeaderTimestamp)
	if want := Sign("shared", at, got.body); got.header.Get(HeaderSignature) != want || at == "" || got.header.Get(HeaderID) != m.ID() {
		t.Errorf("headers %v, want signature %s", got.header, want)
	}
	for _, other := range []string{Sign("other", at, got.body), Sign("shared", at+"0", got.body), Sign("shared", at, append(got.body, ' '))} {
		if other == got.header.Get(HeaderSignature) {
			t.Error("the signature does not depend on secret, time and body")
		}
	}
	var d Document
	if err := json.Unmarshal(got.body, &d); err != nil || d.ID != m.ID() || d.Brief.From != "203.0.113.7" {
		t.Errorf("%+v: %v", d, err)
	}
	var i incident.Incident
	if err := json.Unmarshal(d.Incident, &i); err != nil || i.ID != m.Incident.ID || string(i.Records[0]) != string(m.Incident.Records[0]) {
		t.Errorf("the incident is not whole: %v %+v", err, i)
	}
}

func TestOCSFIsWritten(t *testing.T) {
	var out bytes.Buffer
	file := filepath.Join(t.TempDir(), "ocsf.jsonl")
	for _, c := range []Reporter{NewOCSFWriter("o", &out, links), NewOCSFFile("f", file, links)} {
		for _, m := range []notify.Message{alert(), proved()} {
			if err := c.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{out.String(), string(written)} {
		var activities []any
		for line := range strings.Lines(text) {
			var e map[string]any
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			activities = append(activities, e["activity_id"])
			if e["class_uid"] != 2004.0 || e["finding_info"].(map[string]any)["uid"] != "event-0f3a9c1d2b4e5f60" {
				t.Errorf("%s", line)
			}
		}
		if len(activities) != 2 || activities[0] != 1.0 || activities[1] != 3.0 {
			t.Errorf("activities %v", activities)
		}
	}
	if err := NewOCSFFile("f", t.TempDir(), links).Send(t.Context(), alert()); err == nil {
		t.Error("a directory was written to")
	}
}

func TestFindingOverAnIncidentsLife(t *testing.T) {
	hub := NewSecurityHub("h", fixedHub("eu-central-1"), links)
	first, last := hub.finding(alert(), attack), hub.finding(proved(), attack.Add(time.Hour))
	if first.ID != last.ID || first.RecordState != "ACTIVE" || last.RecordState != "ARCHIVED" || first.Workflow.Status != "NEW" || first.CreatedAt != last.CreatedAt || first.UpdatedAt >= last.UpdatedAt {
		t.Errorf("first %+v, last %+v", first, last)
	}
	if first.ProductARN != "arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default" {
		t.Errorf("product %s", first.ProductARN)
	}
	data, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "securityhub-alert.json", indented(t, data))
}

// fixedHub is a Security Hub that is never asked.
type fixedHub string

func (h fixedHub) Region() string { return string(h) }

func (fixedHub) ImportFinding(context.Context, []byte) error { return nil }

func TestRetryAfter(t *testing.T) {
	later := time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
	for value, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "-3": 0, "x": 0, "99999999999999999999": 0, "86400": longestWait, "0": 0, "Mon, 02 Jan 2006 15:04:05 GMT": 0,
	} {
		if got := retryAfter(value); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
	if got := retryAfter(later); got < 50*time.Second || got > time.Minute {
		t.Errorf("%q: %v", later, got)
	}
}
