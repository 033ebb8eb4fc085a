package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/verification"
)

func followsSchema(text []byte) error { return follows(verification.Schema(), text) }

func follows(schemaText, text []byte) error {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", schema); err != nil {
		return err
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return compiled.Validate(document)
}

func TestMoment(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2026-03-01": "2026-03-01T00:00:00Z", "2026-03-01T08:00:00+02:00": "2026-03-01T06:00:00Z", "2026-03-01T08:00-05:30": "2026-03-01T13:30:00Z",
		"2026-03-01 08:00": "2026-03-01T08:00:00Z", "2026-03-01T08:00:00.5Z": "2026-03-01T08:00:00.5Z", "7d": "2026-03-03T12:00:00Z", "36h": "2026-03-09T00:00:00Z", "0d": "2026-03-10T12:00:00Z",
	} {
		if got, err := moment("--from", text, now); err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %s, %v; want %s", text, got.Format(time.RFC3339Nano), err, want)
		}
	}
	for _, text := range []string{"yesterday", "d", "-7d", "7", "-1h", "99999999999d", "2026-13-01", "2026-03-01T08:00+2", "1e3d"} {
		if got, err := moment("--from", text, now); err == nil {
			t.Errorf("%q was taken for %s", text, got)
		}
	}
	for _, test := range []struct{ from, to string }{{"2026-03-02", "2026-03-01"}, {"2026-03-01", "2026-03-01"}, {"2026-03-01T01:00+02:00", "2026-02-28T23:00Z"}, {"2027-01-01", ""}} {
		if _, _, err := period(test.from, test.to, now); err == nil {
			t.Errorf("%+v was accepted", test)
		}
	}
}

func TestProgressText(t *testing.T) {
	all := digest.Progress{Digests: 720, Logs: 8640, Bytes: 1_350_000_000, Problems: 2}
	got := progressText(all, 0.25, 10*time.Second)
	if want := "9,360 objects, 1.35 GB, 936/s, 2 problems, 25%, about 30 s left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := progressText(digest.Progress{}, 0, 0); got != "0 objects, 0 kB" {
		t.Errorf("got %q", got)
	}
}

// TestProgressIsNeverSilent has a log for an output, in which something must appear although nothing is verified.
func TestProgressIsNeverSilent(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, true)
	p.next(1, 2)
	p.seen(digest.Progress{Logs: 10, Done: 0.5})
	p.show(p.began.Add(30 * time.Second))
	p.end()
	if want := "trailhold: 10 objects, 0 kB, 0/s, 75%, about 10 s left\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestAnchors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anchor.json")
	anchor := func(account string, hour int) digest.Anchor {
		return digest.Anchor{Chain: digest.Chain{Account: account}, EndTime: chainStart.Add(time.Duration(hour) * time.Hour)}
	}
	known, err := loadAnchors(path)
	if err != nil || known.Version != 1 {
		t.Fatalf("a file that is not there: %+v, %v", known, err)
	}
	old := digest.Anchors{Version: 1, Chains: []digest.Anchor{anchor("a", 5), anchor("b", 5), anchor("c", 5)}}
	found := digest.Anchors{Version: 1, Chains: []digest.Anchor{anchor("a", 6), anchor("b", 4), anchor("d", 1)}}
	if err := saveAnchors(path, old, found); err != nil {
		t.Fatal(err)
	}
	known, err = loadAnchors(path)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, c := range known.Chains {
		got[c.Account] = int(c.EndTime.Sub(chainStart).Hours())
	}
	if len(got) != 4 || got["a"] != 6 || got["b"] != 5 || got["c"] != 5 || got["d"] != 1 {
		t.Errorf("kept %v", got)
	}
	for _, text := range []string{"", "{}", `{"version":2}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadAnchors(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestSplitFindsParts(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{
		"p/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026", "p/AWSLogs/111122223333/CloudTrail/us-east-1/2026",
		"p/AWSLogs/o-abc/222233334444/CloudTrail-Digest/eu-west-1/2026", "p/other/things",
	} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	a := &app{stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
	s := &verifyScope{}
	if err := a.copyScope(verifyFlags{place: root, concurrency: 1}, s); err != nil {
		t.Fatal(err)
	}
	defer s.close()
	job := s.jobs[0]
	job.options.Expect = []digest.Expectation{{Chain: digest.Chain{Account: "111122223333", Region: "ap-south-1"}}}
	var got []string
	for _, part := range split(context.Background(), job) {
		got = append(got, part.options.Accounts[0]+" "+part.options.Regions[0])
	}
	want := "111122223333 ap-south-1, 111122223333 eu-west-1, 111122223333 us-east-1, 222233334444 eu-west-1"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("got %s", text)
	}
}
