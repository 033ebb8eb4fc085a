package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/verification"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

var day = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func hour(n int) time.Time { return day.Add(time.Duration(n) * time.Hour) }

func interval(from, to int, state digest.State) digest.Interval {
	return digest.Interval{From: hour(from), To: hour(to), State: state}
}

// hostile is text that tries to get out of whatever it is put into.
const hostile = "</title><script>alert(1)</script>\x1b[2J\u202e\"'&{{.}}\r\n::error::x"

func sample() verification.Outcome {
	audit := digest.Chain{Account: "111122223333", Region: "eu-west-1", Trail: "audit", HomeRegion: "eu-west-1"}
	other := digest.Chain{Account: "111122223333", Region: "us-east-1", Trail: "audit", HomeRegion: "eu-west-1", Prefix: hostile}
	problem := func(kind digest.Kind, class digest.Class, object, detail string, at int) digest.Problem {
		return digest.Problem{Kind: kind, Class: class, Object: object, Chain: audit, Detail: detail, Time: hour(at)}
	}
	v := verification.Outcome{
		Source: "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit", From: day, To: hour(720), Ended: hour(721),
		Result: digest.Result{
			Chains: []digest.ChainResult{
				{Chain: audit, Bucket: "audit-logs", Digests: digest.Counts{Valid: 718, Missing: 2}, Logs: digest.Counts{Valid: 8614, Invalid: 1, Missing: 1, Unknown: 24},
					Intervals: []digest.Interval{interval(0, 300, digest.Proven), interval(300, 302, digest.Broken), interval(302, 500, digest.Proven), interval(500, 560, digest.Unproven), interval(560, 720, digest.Proven)}},
				{Chain: other, Bucket: "audit-logs", Digests: digest.Counts{Valid: 720}, Logs: digest.Counts{Valid: 8640}, Intervals: []digest.Interval{interval(0, 720, digest.Proven)}},
			},
			Problems: []digest.Problem{
				problem(digest.DigestMissing, digest.Failure, "s3://audit-logs/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/13/111122223333_CloudTrail-Digest_eu-west-1_audit_eu-west-1_20260313T130000Z.json.gz", "no object of that name", 301),
				problem(digest.LogModified, digest.Failure, "s3://audit-logs/"+hostile, "the content's hash is not the recorded one", 310),
				problem(digest.LogUnknown, digest.Unknown, "s3://audit-logs/AWSLogs/x", "access denied", 311),
			},
			Digests: digest.Counts{Valid: 1438, Missing: 2}, Logs: digest.Counts{Valid: 17254, Invalid: 1, Missing: 1, Unknown: 24},
		},
	}
	v.Problems[1].Expected, v.Problems[1].Found = strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	for n := range 30 {
		p := v.Problems[2]
		p.Object = fmt.Sprintf("s3://audit-logs/AWSLogs/%d", n)
		v.Problems = append(v.Problems, p)
	}
	return v
}

var tool = report.Tool{Name: "trailhold", Version: "v1", Address: "https://github.com/trailhold/trailhold"}

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("it differs from %s (-update writes it anew):\n%s", path, got)
	}
}

func render(t *testing.T, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestText(t *testing.T) {
	out := render(t, func(w *bytes.Buffer) error { return report.Text(w, sample().Report(tool), report.TextOptions{}) })
	golden(t, "verification.txt", out)
	for line := range strings.Lines(string(out)) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if bytes.ContainsAny(out, "\x1b\r\u202e") {
		t.Error("hostile text got through")
	}
	coloured := render(t, func(w *bytes.Buffer) error {
		return report.Text(w, sample().Report(tool), report.TextOptions{Colour: true, All: true})
	})
	if !bytes.Contains(coloured, []byte("\x1b[31mbroken ")) || !bytes.Contains(coloured, []byte("AWSLogs/29")) || bytes.Contains(coloured, []byte("more:")) {
		t.Errorf("%s", coloured)
	}
}

func TestHTMLIsHarmless(t *testing.T) {
	out := string(render(t, func(w *bytes.Buffer) error { return report.HTML(w, sample().Report(tool)) }))
	for _, bad := range []string{"<script", "\x1b", "\u202e", "http://", "https://", "src=", "@import", "url("} {
		if strings.Contains(out, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, good := range []string{"&lt;script&gt;", `default-src 'none'`, `class="bad"`, "s3://audit-logs/AWSLogs/29", "proven</span>", "NOT WHOLE", "prefers-color-scheme: dark", "</html>"} {
		if !strings.Contains(out, good) {
			t.Errorf("the page lacks %q", good)
		}
	}
	if strings.Contains(out, "ZgotmplZ") {
		t.Error("html/template refused something of ours")
	}
}

func TestHTMLOfNothing(t *testing.T) {
	out := string(render(t, func(w *bytes.Buffer) error { return report.HTML(w, verification.Outcome{}.Report(tool)) }))
	if strings.Contains(out, "<svg") || !strings.Contains(out, "no digest at all") {
		t.Errorf("%s", out)
	}
}

func TestSARIF(t *testing.T) {
	out := render(t, func(w *bytes.Buffer) error { return report.SARIF(w, sample().Report(tool)) })
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Rules []struct{ ID string }
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
				PartialFingerprints map[string]string
			}
		}
	}
	if err := json.Unmarshal(out, &log); err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsAny(out, "\x1b\u202e") {
		t.Error("hostile text got through")
	}
	run := log.Runs[0]
	if log.Version != "2.1.0" || len(run.Results) != 33 || len(run.Tool.Driver.Rules) != len(digest.Kinds()) {
		t.Fatalf("version %s, %d results, %d rules", log.Version, len(run.Results), len(run.Tool.Driver.Rules))
	}
	seen := map[string]bool{}
	for _, r := range run.Results {
		uri := r.Locations[0].PhysicalLocation.ArtifactLocation.URI
		print := r.PartialFingerprints["trailhold/v1"]
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || strings.ContainsAny(uri, " <>\"\r\n\x1b") || !strings.HasPrefix(uri, "s3://audit-logs/") || r.Message.Text == "" || seen[print] && r.RuleID != "log-unknown" {
			t.Errorf("result %+v", r)
		}
		seen[print] = true
	}
	if run.Results[0].Level != "error" || run.Results[2].Level != "warning" {
		t.Errorf("levels %s and %s", run.Results[0].Level, run.Results[2].Level)
	}
}

// TestSARIFPlaces makes sure that GitHub finds a file name in every result: it refuses a log that lacks one.
func TestSARIFPlaces(t *testing.T) {
	const arn = "arn:aws:s3:::audit-logs"
	out := render(t, func(w *bytes.Buffer) error {
		return report.SARIF(w, report.Report{Findings: []report.Finding{
			{Rule: "a", Severity: severity.High, Object: arn}, {Rule: "a", Open: true, Severity: severity.High, Object: "::" + hostile}, {Rule: "a", Accepted: "known"},
		}})
	})
	var log struct {
		Runs []struct {
			Results []struct {
				Kind, Level string
				Locations   []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
					LogicalLocations []struct{ FullyQualifiedName string }
				}
				Suppressions []struct{ Kind, Justification string }
			}
		}
	}
	if err := json.Unmarshal(out, &log); err != nil {
		t.Fatal(err)
	}
	results := log.Runs[0].Results
	for n, r := range results {
		uri := r.Locations[0].PhysicalLocation.ArtifactLocation.URI
		if _, err := url.Parse(uri); uri == "" || err != nil {
			t.Errorf("result %d is at %q: %v", n, uri, err)
		}
	}
	if at := results[0].Locations[0]; at.PhysicalLocation.ArtifactLocation.URI != "aws/s3/audit-logs" || at.LogicalLocations[0].FullyQualifiedName != arn || results[0].Kind != "" {
		t.Errorf("%+v", results[0])
	}
	if results[1].Kind != "open" || results[1].Level != "none" || len(results[2].Suppressions) != 1 || results[2].Suppressions[0].Justification != "known" {
		t.Errorf("%+v", results[1:])
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := report.Thousands(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{30 * time.Second: "30 s", 90 * time.Second: "1 min", 36 * time.Hour: "36 h"} {
		if got := report.Length(d); got != want {
			t.Errorf("%s is written %q, want %q", d, got, want)
		}
	}
}

func TestNotableKeepsWhatIsNotGood(t *testing.T) {
	var lanes []report.Lane
	for n := range 10 {
		state := report.Good
		if n == 7 {
			state = report.Bad
		}
		lanes = append(lanes, report.Lane{Name: fmt.Sprint(n), Spans: []report.Span{{State: state}}})
	}
	picked, left := report.Notable(lanes, 3)
	if len(picked) != 3 || left != 7 || picked[0].Name != "7" {
		t.Errorf("picked %v, left %d", picked, left)
	}
}
