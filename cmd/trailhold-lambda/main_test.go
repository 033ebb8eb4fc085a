package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// buildOnce builds the function as it is deployed, for this machine.
var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "trailhold-lambda")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := buildOnce(); err == nil {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// runtimeAPI is the Lambda runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html): it hands the
// function the invocations that a test queues, and the test their answers.
type runtimeAPI struct {
	*httptest.Server
	next    chan []byte
	answers chan answer
}

type answer struct {
	failed bool
	body   string
}

func newRuntimeAPI(t testing.TB) *runtimeAPI {
	api := &runtimeAPI{next: make(chan []byte), answers: make(chan answer, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case event := <-api.next:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(30*time.Second).UnixMilli()))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:trailhold")
			_, _ = w.Write(event)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/{outcome}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		api.answers <- answer{r.PathValue("outcome") == "error", string(body)}
	})
	api.Server = httptest.NewServer(mux)
	t.Cleanup(api.Close)
	return api
}

func (api *runtimeAPI) invoke(t testing.TB, event []byte) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	select {
	case api.next <- event:
	case <-ctx.Done():
		t.Fatal("the function did not ask for an invocation")
	}
	select {
	case a := <-api.answers:
		return a
	case <-ctx.Done():
		t.Fatal("the function did not answer")
	}
	return answer{}
}

// account is a lab behind a socket with one guarded trail, and what the function's environment needs.
type account struct {
	lab      *lab.Lab
	server   *httptest.Server
	intruder *intruder.Intruder
	cloud    *awscloud.Cloud
	want     trail.Guarded
	file     string
	started  chan time.Time // when each StartLogging arrived
}

func newAccount(t testing.TB) *account {
	t.Helper()
	a := &account{lab: lab.New(lab.Options{DeliveryDelay: time.Hour}), started: make(chan time.Time, 1000)}
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".StartLogging") {
			a.started <- time.Now()
		}
		a.lab.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { a.server.Close(); a.lab.Close() })
	cloud, err := awscloud.New(t.Context(), awscloud.Options{Region: "us-east-1", HTTPClient: a.lab.Client(), AccessKeyID: "AKIAINTRUDER00000001", SecretAccessKey: "s"})
	must(t, err)
	a.cloud, a.intruder = cloud, intruder.New(cloud)
	must(t, a.intruder.CreateBucket(t.Context(), "us-east-1", "audit-logs"))
	must(t, a.intruder.PutBucketPolicy(t.Context(), "us-east-1", "audit-logs", intruder.AllowTrails("audit-logs", lab.DefaultAccount)))
	arn, err := a.intruder.CreateTrail(t.Context(), "us-east-1", trail.Create{Config: trail.Config{Name: "audit", S3BucketName: "audit-logs",
		IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true, LogFileValidationEnabled: true}})
	must(t, err)
	must(t, a.intruder.StartLogging(t.Context(), "us-east-1", arn))
	baseline, _, err := cloud.Capture(t.Context(), awscloud.CaptureOptions{Regions: []string{"us-east-1", "us-west-2", "eu-west-1"}})
	must(t, err)
	a.want = baseline.Trails[0]
	text, err := baselinefile.Write(baseline)
	must(t, err)
	a.file = filepath.Join(t.TempDir(), "baseline.yaml")
	must(t, os.WriteFile(a.file, text, 0o600))
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start runs the function's process.
func (a *account) start(t testing.TB, api *runtimeAPI) *exec.Cmd {
	t.Helper()
	binary, err := buildOnce()
	must(t, err)
	cmd := exec.Command(binary)
	cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://"), "AWS_ENDPOINT_URL=" + a.server.URL,
		"AWS_ACCESS_KEY_ID=AKIAGUARD00000000001", "AWS_SECRET_ACCESS_KEY=s", "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"TRAILHOLD_BASELINE=" + a.file}
	if testing.Verbose() {
		cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	}
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

// stop is the intruder stopping the trail; it returns the event that EventBridge would send.
func (a *account) stop(t testing.TB) []byte {
	t.Helper()
	return stopped(t, a.intruder, a.cloud, "us-east-1")
}

// stopped stops the trail audit and returns the event of that.
func stopped(t testing.TB, i *intruder.Intruder, cloud *awscloud.Cloud, region string) []byte {
	t.Helper()
	must(t, i.StopLogging(t.Context(), region, "audit"))
	var newest record.Record
	must(t, cloud.History(t.Context(), region, time.Now().Add(-time.Minute), func(r record.Record) error {
		if r.EventName == "StopLogging" {
			newest = r
		}
		return nil
	}))
	event, err := json.Marshal(map[string]any{"version": "0", "id": newest.EventID, "detail-type": "AWS API Call via CloudTrail",
		"source": "aws.cloudtrail", "account": newest.RecipientAccountID, "time": newest.EventTime, "region": newest.Region, "detail": newest.Raw})
	must(t, err)
	return event
}

func (a *account) assertRestored(t testing.TB) {
	t.Helper()
	if diff := trail.Diff(a.want, a.cloud.Observe(t.Context(), a.want)); len(diff.Drifts)+len(diff.Unknown) > 0 {
		t.Errorf("not restored: %+v", diff)
	}
}

func TestEachKindOfInvocation(t *testing.T) {
	a, api := newAccount(t), newRuntimeAPI(t)
	a.start(t, api)

	t.Run("an EventBridge event", func(t *testing.T) {
		if got := api.invoke(t, a.stop(t)); got.failed || !strings.Contains(got.body, `"stage":"restored"`) {
			t.Errorf("answered %+v", got)
		}
		a.assertRestored(t)
	})
	t.Run("an SQS batch with a message that can't be read", func(t *testing.T) {
		batch, err := json.Marshal(map[string]any{"Records": []map[string]string{
			{"eventSource": "aws:sqs", "messageId": "bad", "body": "{not json"},
			{"eventSource": "aws:sqs", "messageId": "good", "body": string(a.stop(t))},
		}})
		must(t, err)
		got := api.invoke(t, batch)
		if want := `{"batchItemFailures":[{"itemIdentifier":"bad"}]}`; got.failed || strings.TrimSpace(got.body) != want {
			t.Errorf("answered %+v, want %s", got, want)
		}
		a.assertRestored(t)
	})
	t.Run("a scheduled sweep", func(t *testing.T) {
		a.stop(t)
		got := api.invoke(t, []byte(`{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}`))
		if got.failed || !strings.Contains(got.body, `"stage":"restored"`) {
			t.Errorf("answered %+v", got)
		}
		a.assertRestored(t)
	})
	t.Run("a verification", func(t *testing.T) {
		got := api.invoke(t, []byte(`{"action":"verify"}`))
		if got.failed || !strings.Contains(got.body, `"trails":1,"unfinished":0`) || !strings.Contains(got.body, `"incidents":[]`) {
			t.Errorf("answered %+v", got)
		}
		if a.lab.Calls("s3", "ListObjectsV2") == 0 {
			t.Error("it did not look into the bucket")
		}
	})
	t.Run("an event of another service", func(t *testing.T) {
		if got := api.invoke(t, []byte(`{"detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","detail":{}}`)); got.failed {
			t.Errorf("answered %+v", got)
		}
	})
	t.Run("an event that can't be read", func(t *testing.T) {
		got := api.invoke(t, []byte(`{"detail-type":"AWS API Call via CloudTrail","source":"aws.cloudtrail","detail":{"eventName":7}}`))
		if !got.failed {
			t.Errorf("answered %+v: the event would be lost", got)
		}
	})
}

// BenchmarkCold measures from the start of the process to the arrival of StartLogging.
func BenchmarkCold(b *testing.B) {
	_, err := buildOnce()
	must(b, err)
	a := newAccount(b)
	benchmarkCold(b, a, func(b *testing.B, api *runtimeAPI) *exec.Cmd { return a.start(b, api) })
}

// BenchmarkColdPython does the same for the classic handler's shape: boto3, two clients, publish, start.
func BenchmarkColdPython(b *testing.B) {
	a := newAccount(b)
	benchmarkCold(b, a, func(b *testing.B, api *runtimeAPI) *exec.Cmd { return a.startPython(b, api) })
}

func benchmarkCold(b *testing.B, a *account, start func(*testing.B, *runtimeAPI) *exec.Cmd) {
	var total time.Duration
	var peak int
	for range b.N {
		api := newRuntimeAPI(b)
		event := a.stop(b)
		a.drain()
		begin := time.Now()
		cmd := start(b, api)
		api.next <- event
		total += (<-a.started).Sub(begin)
		<-api.answers
		peak = max(peak, peakKB(b, cmd))
		_ = cmd.Process.Kill()
		api.CloseClientConnections()
	}
	report(b, total, peak)
}

// BenchmarkWarm measures from handing over the event to the arrival of StartLogging, in a process that has restored before.
func BenchmarkWarm(b *testing.B) {
	a := newAccount(b)
	benchmarkWarm(b, a, func(b *testing.B, api *runtimeAPI) *exec.Cmd { return a.start(b, api) })
}

// BenchmarkWarmPython does the same for the classic handler's shape, which makes its clients in each invocation.
func BenchmarkWarmPython(b *testing.B) {
	a := newAccount(b)
	benchmarkWarm(b, a, func(b *testing.B, api *runtimeAPI) *exec.Cmd { return a.startPython(b, api) })
}

// BenchmarkWarmPythonClientsOnce gives the classic handler its clients once and for all.
func BenchmarkWarmPythonClientsOnce(b *testing.B) {
	a := newAccount(b)
	benchmarkWarm(b, a, func(b *testing.B, api *runtimeAPI) *exec.Cmd { return a.startPython(b, api, "CLIENTS=once") })
}

func benchmarkWarm(b *testing.B, a *account, start func(*testing.B, *runtimeAPI) *exec.Cmd) {
	api := newRuntimeAPI(b)
	cmd := start(b, api)
	api.invoke(b, a.stop(b))
	var total time.Duration
	for range b.N {
		event := a.stop(b)
		a.drain()
		begin := time.Now()
		api.next <- event
		total += (<-a.started).Sub(begin)
		<-api.answers
	}
	report(b, total, peakKB(b, cmd))
}

func (a *account) drain() {
	for len(a.started) > 0 {
		<-a.started
	}
}

func report(b *testing.B, total time.Duration, peakKB int) {
	b.ReportMetric(float64(total.Microseconds())/1000/float64(b.N), "ms/start-logging")
	b.ReportMetric(float64(peakKB)/1024, "MB-peak")
	b.ReportMetric(0, "ns/op") // the whole invocation includes the pause between two clean reads: it says nothing
}

// peakKB is the highest resident memory of a process so far (Linux).
func peakKB(b *testing.B, cmd *exec.Cmd) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	var kB int
	_, _ = fmt.Sscan(string(after), &kB)
	return kB
}

// startPython runs the classic handler under a minimal runtime loop.
func (a *account) startPython(b *testing.B, api *runtimeAPI, extra ...string) *exec.Cmd {
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import boto3").Run() != nil {
		b.Skip("python3 with boto3 is not installed")
	}
	if out, err := exec.Command(python, "-c", "import sys; print(sys.executable)").Output(); err == nil {
		python = strings.TrimSpace(string(out)) // past any wrapper, which would cost time that Lambda doesn't spend
	}
	cmd := exec.Command(python, "testdata/classic.py")
	cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://"), "AWS_ENDPOINT_URL=" + a.server.URL,
		"AWS_ACCESS_KEY_ID=AKIAGUARD00000000001", "AWS_SECRET_ACCESS_KEY=s", "AWS_DEFAULT_REGION=us-east-1", "TOPIC_ARN=" + a.topic(b)}
	cmd.Env = append(cmd.Env, extra...)
	if testing.Verbose() {
		cmd.Stderr = os.Stderr
	}
	must(b, cmd.Start())
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

// topic makes the topic that the classic handler publishes to.
func (a *account) topic(b *testing.B) string {
	form := strings.NewReader("Action=CreateTopic&Name=classic&Version=2010-03-31")
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, a.server.URL, form)
	must(b, err)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAGUARD00000000001/20260101/us-east-1/sns/aws4_request")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := new(http.Client).Do(request)
	must(b, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(b, err)
	_, after, ok := strings.Cut(string(body), "<TopicArn>")
	arn, _, _ := strings.Cut(after, "<")
	if !ok {
		b.Fatalf("no topic: %s", body)
	}
	return arn
}
