package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trailhold/trailhold/internal/digest/digesttest"
	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/hunt/huntreport"
)

func (w *world) followsHunt(ts *testscript.TestScript, args []string) error {
	return follows(huntreport.Schema(), []byte(ts.ReadFile(args[0])))
}

// fill replaces the nth log, counted from 0, that the command chain has delivered.
func (w *world) fill(ts *testscript.TestScript, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	var logs []string
	for _, key := range w.delivered.World.Names("logs") {
		if !strings.Contains(key, "_CloudTrail-Digest_") {
			logs = append(logs, key)
		}
	}
	w.aws.Change(func() { w.delivered.World.Object("logs", logs[n]).Body = digesttest.Gzip([]byte(ts.ReadFile(args[1]))) })
	return nil
}

func TestHuntProgressText(t *testing.T) {
	m := &hunt.Meter{}
	m.Records.Store(1_300_000)
	m.Bytes.Store(2_000_000_000)
	m.Findings.Store(12)
	m.Stored.Store(50)
	m.Total.Store(200)
	if got, want := huntProgressText(m, 10*time.Second), "1,300,000 records, 2.00 GB, 200.0 MB/s, 12 findings, 25%, about 30 s left"; got != want || len(got) > 80 {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := huntProgressText(&hunt.Meter{}, 0); got != "0 records, 0 kB" {
		t.Errorf("got %q", got)
	}
}

// endless is an input that goes on until it is told to stop, once it has given something.
type endless struct {
	first *bytes.Reader
	stop  context.CancelFunc
	ended <-chan struct{}
}

func (e *endless) Read(p []byte) (int, error) {
	if e.first.Len() == 0 {
		e.stop()
		<-e.ended
		return copy(p, "\n"), nil
	}
	return e.first.Read(p)
}

// TestHuntInterrupted prints what was found until Ctrl-C.
func TestHuntInterrupted(t *testing.T) {
	dir := t.TempDir()
	record := `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/m"},"eventTime":"2026-03-01T10:05:00Z",` +
		`"eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"eu-west-1","requestParameters":{"name":"main"},"eventID":"e","recipientAccountId":"111122223333"}`
	if err := os.WriteFile(filepath.Join(dir, "a.json"), []byte(record), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr bytes.Buffer
	input := &endless{bytes.NewReader([]byte(record)), cancel, ctx.Done()}
	code := Main(ctx, []string{"hunt", dir, "-", "--output", "json", "--quiet"}, input, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "interrupted") || !strings.Contains(stdout.String(), `"interrupted": true`) {
		t.Errorf("exit code %d\n%s\n%s", code, stdout.String(), stderr.String())
	}
	if err := follows(huntreport.Schema(), stdout.Bytes()); err != nil {
		t.Error(err)
	}
}
