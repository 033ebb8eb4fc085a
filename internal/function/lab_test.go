package function

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const home = "eu-west-1"

// installed is the function with a guarded trail, in a lab that it reaches as it reaches AWS.
type installed struct {
	t    *testing.T
	box  *lab.Lab
	hand *intruder.Intruder
	arn  string

	baseline []byte // the file
	handler  *Handler
	log      bytes.Buffer
	pin      func(baseline []byte) // pins the guarded function, which is not the one that runs, to a baseline
}

const guardARN = "arn:aws:lambda:" + home + ":" + lab.DefaultAccount + ":function:guard"

// pinnedTo is the environment of a function that guards by a baseline.
func pinnedTo(sum string) *types.Environment {
	return &types.Environment{Variables: map[string]string{"TRAILHOLD_BASELINE": "s3://store/baseline/" + sum + ".yaml#sha256=" + sum}}
}

func install(t *testing.T) *installed {
	t.Helper()
	box := lab.New(lab.Options{Regions: []string{home, "us-east-1"}})
	server := httptest.NewServer(box)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); box.Close() })
	for _, line := range box.Environment(server.URL) {
		name, value, _ := strings.Cut(line, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_REGION", home)
	cloud := awscloud.Isolated(home, "AKIAINTRUDER00000001", "s", box.Client())
	in := &installed{t: t, box: box, hand: intruder.New(cloud)}
	in.must(in.hand.CreateBucket(t.Context(), home, "audit-logs"))
	in.must(in.hand.PutBucketPolicy(t.Context(), home, "audit-logs", intruder.AllowTrails("audit-logs", lab.DefaultAccount)))
	functions := lambda.NewFromConfig(cloud.Config())
	_, err := functions.CreateFunction(t.Context(), &lambda.CreateFunctionInput{FunctionName: aws.String("guard"), Role: aws.String("arn:aws:iam::111122223333:role/guard"),
		Runtime: "provided.al2023", Handler: aws.String("bootstrap"), Timeout: aws.Int32(30), MemorySize: aws.Int32(256), Code: &types.FunctionCode{ZipFile: []byte("code")}, Environment: pinnedTo(strings.Repeat("0", 64))})
	in.must(err)
	in.arn, err = in.hand.CreateTrail(t.Context(), home, trail.Create{Config: trail.Config{Name: "audit", S3BucketName: "audit-logs", IncludeGlobalServiceEvents: true}})
	in.must(err)
	in.must(in.hand.StartLogging(t.Context(), home, in.arn))
	baseline, _, err := cloud.Capture(t.Context(), awscloud.CaptureOptions{
		Regions: []string{home, "us-east-1"}, Guard: []string{guardARN},
	})
	in.must(err)
	text, err := baselinefile.Write(baseline)
	in.must(err)
	file := filepath.Join(t.TempDir(), "baseline.yaml")
	in.must(os.WriteFile(file, text, 0o600))
	in.pin = func(content []byte) {
		sum := sha256.Sum256(content)
		_, err := functions.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("guard"), Environment: pinnedTo(hex.EncodeToString(sum[:]))})
		in.must(err)
	}
	in.pin(text)
	in.baseline = text
	in.handler, err = FromEnvironment(t.Context(), func(name string) string { return map[string]string{"TRAILHOLD_BASELINE": file}[name] }, &in.log)
	in.must(err)
	return in
}

func (in *installed) must(err error) {
	in.t.Helper()
	if err != nil {
		in.t.Fatal(err)
	}
}

// invoke hands a payload to the function and returns the lines of metrics that it wrote.
func (in *installed) invoke(payload string) (lines []map[string]any) {
	in.t.Helper()
	in.log.Reset()
	if _, err := in.handler.Invoke(in.t.Context(), []byte(payload)); err != nil {
		in.t.Logf("the invocation failed: %v", err)
	}
	for scanner := bufio.NewScanner(&in.log); scanner.Scan(); {
		var line map[string]any
		if json.Unmarshal(scanner.Bytes(), &line) == nil && line["_aws"] != nil {
			lines = append(lines, line)
		}
	}
	return lines
}

// stopped is the event of a StopLogging of now.
func (in *installed) stopped(id string) string {
	return fmt.Sprintf(`{"detail-type":"AWS API Call via CloudTrail","source":"aws.cloudtrail","detail":{"eventVersion":"1.10","eventName":"StopLogging",`+
		`"eventSource":"cloudtrail.amazonaws.com","eventTime":%q,"awsRegion":%q,"recipientAccountId":%q,"eventID":%q,"requestParameters":{"name":%q}}}`,
		time.Now().UTC().Format(time.RFC3339), home, lab.DefaultAccount, id, in.arn)
}

// TestMetricsOfAnEvent stops a trail and hands the function the event of it, as EventBridge would.
func TestMetricsOfAnEvent(t *testing.T) {
	in := install(t)
	in.must(in.hand.StopLogging(t.Context(), home, in.arn))
	event := in.stopped("e-1")
	lines := in.invoke(event)
	if len(lines) != 1 {
		t.Fatalf("%d lines of metrics, want 1: %v", len(lines), lines)
	}
	got := lines[0]
	took, _ := got["RestorationMilliseconds"].([]any)
	if got["Account"] != lab.DefaultAccount || got["Detections"] != 1.0 || got["Restorations"] != 1.0 || got["Heartbeat"] != nil || got["ApiErrors"] != nil || len(took) != 1 {
		t.Fatalf("metrics %v", got)
	}
	if ms := took[0].(float64); ms < 0 || ms > 20_000 {
		t.Errorf("restored after %v ms", ms)
	}
	if lines := in.invoke(event); len(lines) != 0 {
		t.Errorf("the same event again: %v", lines)
	}
	if lines := in.invoke(`{"action":"sweep"}`); len(lines) != 1 || lines[0]["Heartbeat"] != 1.0 || lines[0]["Detections"] != nil || lines[0]["Restorations"] != nil || lines[0]["ApiErrors"] != nil {
		t.Errorf("a sweep of a healthy trail: %v", lines)
	}
}

// TestMetricsOfFailedCalls denies the function a write and a read.
func TestMetricsOfFailedCalls(t *testing.T) {
	in := install(t)
	in.must(in.hand.StopLogging(t.Context(), home, in.arn))
	remove := in.box.Inject(lab.Fault{Service: "cloudtrail", Operation: "StartLogging", Kind: lab.AccessDenied})
	lines := in.invoke(in.stopped("e-1"))
	if len(lines) != 1 || lines[0]["Detections"] != 1.0 || lines[0]["RestorationFailures"] != 1.0 || lines[0]["Restorations"] != nil || lines[0]["ApiErrors"] != 2.0 {
		t.Fatalf("of a denied restoration: %v", lines)
	}
	if calls, _ := lines[0]["FailedCalls"].(map[string]any); len(calls) != 1 || calls["CloudTrail StartLogging denied"] != 2.0 {
		t.Errorf("failed calls: %v", calls)
	}
	remove()
	if lines := in.invoke(`{"action":"sweep"}`); len(lines) != 1 || lines[0]["Detections"] != nil || lines[0]["Restorations"] != 1.0 || lines[0]["ApiErrors"] != nil {
		t.Errorf("of the next sweep: %v", lines)
	}
	in.box.Inject(lab.Fault{Service: "cloudtrail", Operation: "GetEventSelectors", Kind: lab.AccessDenied})
	lines = in.invoke(`{"action":"sweep"}`)
	if len(lines) != 1 || lines[0]["UnknownFacets"] == 0.0 || lines[0]["ApiErrors"] == nil {
		t.Errorf("of a denied read: %v", lines)
	}
}

// TestPinOfTheBaseline: the baseline holds the environment of a function that is pinned to this very baseline. Another pin is told.
func TestPinOfTheBaseline(t *testing.T) {
	in := install(t)
	if lines := in.invoke(`{"action":"sweep"}`); len(lines) != 1 || lines[0]["Incidents"] != 0.0 {
		t.Errorf("of the right pin: %v", lines)
	}
	in.pin([]byte("an intruder's"))
	if lines := in.invoke(`{"action":"sweep"}`); len(lines) != 1 || lines[0]["Detections"] != 1.0 {
		t.Errorf("of another pin: %v", lines)
	}
	in.pin(in.baseline)
	if lines := in.invoke(`{"action":"sweep"}`); len(lines) != 1 || lines[0]["Detections"] != nil {
		t.Errorf("of the right pin again: %v", lines)
	}
}
