package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/drill"
)

func TestDemoAsJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("TestDemoAsText does the same attacks")
	}
	// None of these may matter: the demo reads no AWS configuration.
	t.Setenv("AWS_PROFILE", "none-of-that-name")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null/config")
	t.Setenv("AWS_CA_BUNDLE", "/dev/null/bundle.pem")
	var stdout, stderr bytes.Buffer
	if code := Main(t.Context(), []string{"demo", "--output", "json"}, strings.NewReader(""), &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s\n%s", code, stderr.String(), stdout.String())
	}
	var report drill.Report
	d := json.NewDecoder(&stdout)
	d.DisallowUnknownFields()
	if err := d.Decode(&report); err != nil || d.More() {
		t.Fatalf("not one document: %v", err)
	}
	if !report.OK || len(report.Incidents) != len(drill.Techniques()) {
		t.Errorf("ok %v with %d incidents", report.OK, len(report.Incidents))
	}
	for _, r := range report.Incidents {
		restores := r.Expected == drill.Restored
		if !r.OK || !r.Seen || r.Restored != restores || r.Proved != restores || r.Alerts < 1 || r.Seconds.Seen > 20 {
			t.Errorf("%+v", r)
		}
	}
}

// colours are the codes that only terminals get.
var colours = regexp.MustCompile(`\x1b\[\d*m`)

func TestDemoAsText(t *testing.T) {
	if testing.Short() {
		t.Skip("the drill has tests of its own")
	}
	var stdout, stderr bytes.Buffer
	if code := Main(t.Context(), []string{"demo"}, strings.NewReader(""), &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s\n%s", code, stderr.String(), stdout.String())
	}
	text := stdout.String()
	for _, want := range []string{
		"stop-logging (by ARN)", "[Trailhold] HIGH trail audit: logging stopped, restored in", "  | WHAT TRAILHOLD DID",
		"delivery proved after", "THE TRAIL  ", "32 of 32 attacks were noticed", "trailhold lab",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	if colours.MatchString(text) || strings.Contains(text, "PROBLEM") {
		t.Error("colours for no terminal, or a problem:\n" + text)
	}
	for line := range strings.Lines(text) {
		// Commands and addresses in the e-mail are not broken, so that they can be copied.
		if len([]rune(line)) > width+1 && !unbroken.MatchString(line) {
			t.Errorf("longer than %d columns: %s", width, line)
		}
	}
}

var unbroken = regexp.MustCompile(`--lookup-attributes|https\[?:|trailhold incidents show`)

// cancelling ends a context once some text was written.
type cancelling struct {
	mu     sync.Mutex
	text   bytes.Buffer
	until  string
	cancel context.CancelFunc
}

func (c *cancelling) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.text.Write(b)
	if strings.Contains(c.text.String(), c.until) {
		c.cancel()
	}
	return n, err
}

func TestDemoCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stdout, stderr := &cancelling{until: "stop-logging (by name)", cancel: cancel}, bytes.Buffer{}
	done := make(chan int, 1)
	go func() { done <- Main(ctx, []string{"demo"}, strings.NewReader(""), stdout, &stderr) }()
	select {
	case code := <-done:
		if code != exitFailed || stderr.String() != "trailhold: the demo was interrupted\n" {
			t.Errorf("exit code %d: %s", code, stderr.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("still running")
	}
	if text := stdout.text.String(); strings.Contains(text, "change-bucket") || !strings.Contains(text, "ended early") {
		t.Errorf("not interrupted, or not said:\n%s", text)
	}
}

func TestDemoTellsWhatFailed(t *testing.T) {
	report := drill.Report{Incidents: []drill.Result{
		{Technique: "stop-logging", Variant: "by name", Tier: "1", Expected: drill.Restored, Seen: true, Alerts: 1, Problems: []string{"it is still off"}},
		{Technique: "denied-attempt", Tier: "1", Expected: drill.Reported, Seen: true, Alerts: 1, OK: true},
	}}
	err := failures(report)
	if err == nil || !strings.Contains(err.Error(), "1 of 2 attacks") || !strings.Contains(err.Error(), "stop-logging (by name)") {
		t.Errorf("error %v", err)
	}
	for _, output := range []string{"text", "json"} {
		var out bytes.Buffer
		a := &app{stdout: &out, flags: globalFlags{output: output}}
		if err := a.demoReport(report, nil, time.Second); err != nil {
			t.Fatal(err)
		}
		wants := map[string][]string{
			"text": {"NOT ALL IS WELL. 2 of 2 attacks were noticed, and 0 of the 1 that can be", "stop-logging (by name)            yes   NO       NO"},
			"json": {`"ok": false`, `"restored": false`, "it is still off"},
		}[output]
		if slices.ContainsFunc(wants, func(want string) bool { return !strings.Contains(out.String(), want) }) {
			t.Errorf("%s lacks one of %q:\n%s", output, wants, out.String())
		}
	}
}

func TestLettersOfLoss(t *testing.T) {
	var losses []string
	first := letters(&losses, []string{"Events are lost: all of them.", "Files stay. For ever."})
	second := letters(&losses, []string{"Files stay.", "Events are lost: some."})
	if first != "ab" || second != "ab" || letters(&losses, nil) != "-" || !slices.Equal(losses, []string{"Events are lost", "Files stay"}) {
		t.Errorf("%s, %s, %q", first, second, losses)
	}
}
