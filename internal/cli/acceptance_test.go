package cli

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/tamper"
)

// stock is an account in the lab that is only touched with the stock aws command.
type stock struct {
	t        *testing.T
	baseline string
	journal  *journal.File
}

// aws runs the stock command and returns what it prints.
func (s stock) aws(args ...string) string {
	s.t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(s.t.Context(), "aws", append(args, "--output", "text")...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("aws %s: %v: %s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// trailhold runs the command in this process and returns its exit code and what it prints.
func (s stock) trailhold(args ...string) (code int, stdout, stderr string) {
	var out, log bytes.Buffer
	code = Main(s.t.Context(), args, strings.NewReader(""), &out, &log)
	return code, out.String(), log.String()
}

// bucket makes a bucket that CloudTrail may write to.
func (s stock) bucket(name string) {
	s.t.Helper()
	policy := filepath.Join(s.t.TempDir(), "policy.json")
	if err := os.WriteFile(policy, []byte(intruder.AllowTrails(name, lab.DefaultAccount)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.aws("s3api", "create-bucket", "--bucket", name)
	s.aws("s3api", "put-bucket-policy", "--bucket", name, "--policy", "file://"+policy)
}

// undone waits until so many alerts were sent, and checks that the trail is as the baseline says.
func (s stock) undone(what string, alerts int) {
	s.t.Helper()
	if err := soon(func() bool { return len(alertsIn(s.journal)) >= alerts }); err != nil {
		s.t.Fatalf("%s: %d alerts, want %d", what, len(alertsIn(s.journal)), alerts)
	}
	if code, stdout, stderr := s.trailhold("baseline", "diff", "--baseline", s.baseline); code != 0 {
		s.t.Errorf("%s was not undone:\n%s%s", what, stdout, stderr)
	}
}

// TestStockCommandLine attacks a trail with the stock aws command while watch guards it.
func TestStockCommandLine(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the aws command is not installed")
	}
	box := lab.New(lab.Options{DeliveryDelay: 2 * time.Second})
	server := httptest.NewServer(box)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); box.Close() })
	dir := t.TempDir()
	for _, line := range box.Environment(server.URL) {
		name, value, _ := strings.Cut(line, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	j, err := journal.OpenFile(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	s := stock{t: t, baseline: filepath.Join(dir, "baseline.yaml"), journal: j}

	arn := s.guarded()
	queue := s.fed()
	stop := s.watch(queue, filepath.Join(dir, "journal"), time.Hour)
	s.attacks(arn)
	stop()

	s.aws("events", "disable-rule", "--name", "trailhold")
	stop = s.watch(queue, filepath.Join(dir, "journal"), 2*time.Second)
	s.aws("cloudtrail", "stop-logging", "--name", "main")
	s.undone("stop-logging without events", len(attacks)+1)
	stop()
	s.judge()
}

// guarded makes a multi-region trail that logs, and captures it. It returns the trail's ARN.
func (s stock) guarded() (arn string) {
	s.bucket("trail-logs")
	s.bucket("other-logs")
	arn = s.aws("cloudtrail", "create-trail", "--name", "main", "--s3-bucket-name", "trail-logs", "--is-multi-region-trail",
		"--enable-log-file-validation", "--query", "TrailARN")
	s.aws("cloudtrail", "start-logging", "--name", "main")
	if code, _, stderr := s.trailhold("baseline", "capture", "-o", s.baseline); code != 0 {
		s.t.Fatalf("capture: %s", stderr)
	}
	return arn
}

// fed makes a queue that a rule feeds, and returns its URL.
func (s stock) fed() (url string) {
	const arn = "arn:aws:sqs:us-east-1:" + lab.DefaultAccount + ":trailhold"
	attributes := filepath.Join(s.t.TempDir(), "attributes.json")
	policy := `{"Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",` +
		`\"Principal\":{\"Service\":\"events.amazonaws.com\"},\"Action\":\"sqs:SendMessage\",\"Resource\":\"` + arn + `\"}]}"}`
	if err := os.WriteFile(attributes, []byte(policy), 0o600); err != nil {
		s.t.Fatal(err)
	}
	endpoint := os.Getenv("AWS_ENDPOINT_URL") // version 1 of the command ignores it for SQS
	url = s.aws("sqs", "--endpoint-url", endpoint, "create-queue", "--queue-name", "trailhold", "--attributes", "file://"+attributes, "--query", "QueueUrl")
	s.aws("events", "put-rule", "--name", "trailhold", "--event-pattern", tamper.EventPattern())
	s.aws("events", "put-targets", "--rule", "trailhold", "--targets", "Id=queue,Arn="+arn)
	return url
}

// watch starts the daemon. The returned function stops it, and checks that it stops as it should.
func (s stock) watch(queue, dir string, sweep time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan int, 1)
	var out, log bytes.Buffer
	go func() {
		args := []string{"watch", "--baseline", s.baseline, "--queue", queue, "--journal", dir, "--sweep", sweep.String()}
		ended <- Main(ctx, args, strings.NewReader(""), &out, &log)
	}()
	return func() {
		cancel()
		if code := <-ended; code != 0 {
			s.t.Errorf("watch ended with %d", code)
		}
		s.t.Logf("alerts:\n%slog:\n%s", out.String(), log.String())
	}
}

// attacks are the calls of an intruder. TRAIL stands for the trail's ARN.
var attacks = []struct{ what, call string }{
	{"stop-logging", "stop-logging --name main"},
	{"stop-logging", "stop-logging --name TRAIL"},
	{"delete-trail", "delete-trail --name main"},
	{"change-bucket", "update-trail --name main --s3-bucket-name other-logs"},
	{"blind-selectors", `put-event-selectors --trail-name main --event-selectors ` +
		`[{"ReadWriteType":"All","IncludeManagementEvents":false,"DataResources":[{"Type":"AWS::S3::Object","Values":[]}]}]`},
	{"single-region", "update-trail --name main --no-is-multi-region-trail --no-include-global-service-events"},
}

// attacks performs them one after the other, each after the one before was undone.
func (s stock) attacks(arn string) {
	for n, a := range attacks {
		s.aws(append([]string{"cloudtrail"}, strings.Fields(strings.ReplaceAll(a.call, "TRAIL", arn))...)...)
		s.undone(a.call, n+1)
	}
}

// judge checks that each attack was told exactly once, as what it was, and that no restoration is unfinished.
func (s stock) judge() {
	found, err := s.journal.Recent(s.t.Context(), "", time.Time{})
	if err != nil {
		s.t.Fatal(err)
	}
	var got []string
	for _, i := range slices.Backward(found) {
		got = append(got, i.Techniques[0])
		alerts := 0
		for _, telling := range i.Told {
			if telling.Kind == incident.KindAlert || telling.Kind == incident.KindEscalate {
				alerts++
			}
		}
		if alerts != 1 || i.Stage != incident.Restored && i.Stage != incident.Proved {
			s.t.Errorf("incident %s (%s): %d alerts, stage %s", i.ID, i.Techniques, alerts, i.Stage)
		}
	}
	var want []string
	for _, a := range attacks {
		want = append(want, a.what)
	}
	if want = append(want, "stop-logging"); !slices.Equal(got, want) {
		s.t.Errorf("incidents: %q, want %q", got, want)
	}
}
