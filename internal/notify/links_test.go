package notify

import (
	"os"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/incident"
)

func TestConsoleURL(t *testing.T) {
	const want = "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/trails/arn:aws:cloudtrail:us-east-1:111122223333:trail/x%3Cb%3E"
	if got := ConsoleURL("arn:aws:cloudtrail:us-east-1:111122223333:trail/x<b>"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, arn := range []string{"arn:aws:cloudtrail:evil.example/:111122223333:trail/x", "arn:evil:cloudtrail:us-east-1:111122223333:trail/x", "x", "arn:aws:cloudtrail:us-east-1:1:trail/x",
		"arn:aws:s3:us-east-1:111122223333:trail/x", "arn:aws:cloudtrail:us-east-1:111122223333:x"} {
		if url := ConsoleURL(arn); url != "" {
			t.Errorf("%s: %s", arn, url)
		}
	}
}

// TestLinesLeadOn: who has the text only finds the runbook's section, the trail, and how to read the incident.
func TestLinesLeadOn(t *testing.T) {
	m := Compose(restored(), incident.KindAlert)
	const want = "\nLINKS\n" +
		"  Runbook: https://github.com/trailhold/trailhold/blob/main/docs/runbooks.md#restored\n" +
		"  AWS console: https://eu-central-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-central-1#/trails/arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit\n" +
		"  The incident: trailhold incidents show event-0f3a9c1d2b4e5f60 --journal JOURNAL\n"
	if got := (Linker{}).Lines(m); got != want {
		t.Errorf("%s", got)
	}
	if got := (Linker{Runbook: "https://wiki.example.com/{kind}"}).Lines(m); !strings.Contains(got, "  Runbook: https://wiki.example.com/alert\n") || strings.Contains(got, "github") {
		t.Errorf("with another runbook: %s", got)
	}
	hostile := restored()
	hostile.ID = "x; rm -rf / \r\n"
	if got := (Linker{}).Lines(Compose(hostile, incident.KindAlert)); strings.Contains(got, "rm -rf") {
		t.Errorf("a hostile id gets into a command: %s", got)
	}
}

// TestEveryMessageHasItsRunbook: each message that the tests know leads to a section that there is.
func TestEveryMessageHasItsRunbook(t *testing.T) {
	page, err := os.ReadFile("../../docs/runbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			sections[strings.ReplaceAll(strings.ToLower(strings.TrimSpace(title)), " ", "-")] = true
		}
	}
	used := map[string]bool{}
	for _, sample := range append(samples(), resourceSamples()...) {
		s := section(Compose(sample.i, sample.kind))
		if used[s] = true; !sections[s] {
			t.Errorf("%s leads to the section %q, which is not there", sample.name, s)
		}
	}
	if len(used) < 10 {
		t.Errorf("only %d sections are used: %v", len(used), used)
	}
}
