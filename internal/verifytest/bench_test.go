package verifytest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/cli"
	"github.com/trailhold/trailhold/internal/digest/digesttest"
	"github.com/trailhold/trailhold/internal/verification"
	"github.com/trailhold/trailhold/internal/verifytest"
)

const (
	account = "111122223333"
	bucket  = "audit-logs"
	arn     = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"
)

var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// TestMain runs the command itself if the environment says so: the benchmark wants the peak memory of a process of its own.
func TestMain(m *testing.M) {
	if args := os.Getenv("VERIFYTEST_COMMAND"); args != "" {
		os.Exit(cli.Main(context.Background(), strings.Fields(args), os.Stdin, os.Stdout, os.Stderr))
	}
	if where := os.Getenv("VERIFYTEST_FLOOR"); where != "" {
		os.Exit(floor(where))
	}
	os.Exit(m.Run())
}

// newChain makes a world with one chain, and a server for it.
func newChain(t testing.TB, logs int, content func(int) []byte) (*digesttest.Chain, *verifytest.Server) {
	t.Helper()
	signer, err := digesttest.NewSigner(2048)
	if err != nil {
		t.Fatal(err)
	}
	world := digesttest.NewWorld()
	world.AddKey("us-east-1", signer.Public(epoch.Add(-time.Hour), epoch.Add(366*24*time.Hour)))
	chain := &digesttest.Chain{
		World: world, Bucket: bucket, Account: account, Region: "us-east-1", Trail: "audit", HomeRegion: "us-east-1",
		Signer: signer, At: epoch, LogsPerHour: logs, Content: content,
	}
	return chain, &verifytest.Server{World: world, Trail: verifytest.Trail{
		Name: "audit", TrailARN: arn, HomeRegion: "us-east-1", S3BucketName: bucket, LogFileValidationEnabled: true,
	}}
}

// records makes a log of so many bytes that looks and compresses as CloudTrail's do.
func records(size int, seed uint64) []byte {
	noise := rand.New(rand.NewPCG(seed, 1))
	var out bytes.Buffer
	out.WriteString(`{"Records":[`)
	for out.Len() < size {
		fmt.Fprintf(&out, `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROA%X:session","arn":"arn:aws:sts::111122223333:assumed-role/role-%d/session","accountId":"111122223333"},`+
			`"eventTime":"2026-03-%02dT%02d:%02d:%02dZ","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"us-east-1","sourceIPAddress":"10.%d.%d.%d","userAgent":"aws-sdk-go-v2/1.%d",`+
			`"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/role-%d","bucketName":"bucket-%x"},"responseElements":null,"requestID":"%x","eventID":"%x-%x","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"},`,
			noise.Uint64(), noise.IntN(40), 1+noise.IntN(28), noise.IntN(24), noise.IntN(60), noise.IntN(60), []string{"s3", "ec2", "sts", "kms", "logs"}[noise.IntN(5)], []string{"GetObject", "DescribeInstances", "AssumeRole", "Decrypt", "CreateLogStream"}[noise.IntN(5)],
			noise.IntN(256), noise.IntN(256), noise.IntN(256), noise.IntN(40), noise.IntN(40), noise.Uint32(), noise.Uint64(), noise.Uint64(), noise.Uint64())
	}
	out.Truncate(out.Len() - 1)
	out.WriteString("]}")
	return out.Bytes()
}

// month makes 720 hours of 12 logs, 1.35 GB of records, of which eight different ones are repeated.
func month(b *testing.B) *verifytest.Server {
	var bodies [8][]byte
	for n := range bodies {
		bodies[n] = digesttest.Gzip(records(156_000, uint64(n)))
	}
	chain, server := newChain(b, 12, func(n int) []byte { return bodies[n%len(bodies)] })
	chain.Deliver(720)
	return server
}

func use(t testing.TB, server *verifytest.Server) *httptest.Server {
	t.Helper()
	served := httptest.NewServer(server)
	t.Cleanup(served.Close)
	for _, name := range []string{"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"} {
		t.Setenv(name, "") // is put back in the end
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range verifytest.Environment(served.URL) {
		t.Setenv(name, value)
	}
	return served
}

const window = "--from 2026-03-01 --to 2026-03-31"

// BenchmarkVerify verifies a month, in a process of its own, without and with 20 ms of latency per request.
func BenchmarkVerify(b *testing.B) {
	server := month(b)
	use(b, server)
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		for _, flights := range []int{64, 128} {
			b.Run(fmt.Sprintf("latency=%s/concurrency=%d", latency, flights), func(b *testing.B) {
				server.Latency = latency
				for range b.N {
					spent(b, runVerify(b, flights))
				}
			})
		}
	}
}

// runVerify runs the command in a process of its own.
func runVerify(b *testing.B, flights int) *os.ProcessState {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "VERIFYTEST_COMMAND=verify s3://"+bucket+" "+window+" --output json -q --concurrency "+strconv.Itoa(flights))
	command.Stderr = os.Stderr
	out, err := command.Output()
	var v verification.Outcome
	if parse := json.Unmarshal(out, &v); err != nil || parse != nil || !v.OK || v.Logs.Valid != 8640 || v.Digests.Valid != 720 {
		b.Fatalf("%v, %v: %.2000s", err, parse, out)
	}
	return command.ProcessState
}

// BenchmarkValidateLogs is the AWS CLI's own verification of the same month. Run it with -benchtime 1x.
func BenchmarkValidateLogs(b *testing.B) {
	if _, err := exec.LookPath("aws"); err != nil {
		b.Skip("the AWS CLI is not installed")
	}
	server := month(b)
	use(b, server)
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		b.Run(fmt.Sprintf("latency=%s", latency), func(b *testing.B) {
			server.Latency = latency
			for range b.N {
				command := exec.Command("aws", "cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", "2026-03-01T00:00:00Z", "--end-time", "2026-03-31T00:00:00Z")
				out, err := command.CombinedOutput()
				if err != nil || !strings.Contains(string(out), "8640/8640 log files valid") {
					b.Fatalf("%v: %.2000s", err, out)
				}
				spent(b, command.ProcessState)
			}
		})
	}
}
