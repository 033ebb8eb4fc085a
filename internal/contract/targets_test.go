package contract

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/lab"
)

func TestLab(t *testing.T) {
	l := lab.New(lab.Options{})
	t.Cleanup(l.Close)
	hold(t, &target{cloud: reach(t, l.Client()), home: "us-east-1", elsewhere: "us-west-2"})
}

// TestMoto asks moto. What it does otherwise than AWS is listed in motoDiverges, with what the clause found.
func TestMoto(t *testing.T) {
	if os.Getenv("TRAILHOLD_SKIP_MOTO") != "" {
		t.Skip("TRAILHOLD_SKIP_MOTO is set")
	}
	server, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not installed: the lab gets no second opinion here")
	}
	address := startMoto(t, server)
	client := &http.Client{Transport: redirected{address}}
	hold(t, &target{cloud: reach(t, client), home: "us-east-1", elsewhere: "us-west-2", diverges: motoDiverges})
}

// TestAWS asks a sandbox account, found as the SDK finds it. It makes and deletes two buckets and some forty trails.
func TestAWS(t *testing.T) {
	if os.Getenv("TRAILHOLD_CONTRACT_AWS") != "1" {
		t.Skip("set TRAILHOLD_CONTRACT_AWS=1 to hold a sandbox account to the contract")
	}
	cloud, err := awscloud.New(t.Context(), awscloud.Options{})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := "us-west-2"
	if cloud.Region() == elsewhere {
		elsewhere = "us-east-1"
	}
	hold(t, &target{cloud: cloud, home: cloud.Region(), elsewhere: elsewhere, patience: 2 * time.Minute})
}

// reach is a cloud at the other end of an HTTP client.
func reach(t *testing.T, client *http.Client) *awscloud.Cloud {
	t.Helper()
	cloud, err := awscloud.New(t.Context(), awscloud.Options{
		Region: "us-east-1", HTTPClient: client, AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret",
	})
	if err != nil {
		t.Fatal(err)
	}
	return cloud
}

// redirected sends every request to one plain HTTP address, whatever host it names; the Host header stays, since it
// may carry a bucket's name.
type redirected struct{ address string }

func (r redirected) RoundTrip(request *http.Request) (*http.Response, error) {
	clone := request.Clone(request.Context())
	if clone.Host == "" {
		clone.Host = clone.URL.Host
	}
	clone.URL.Scheme, clone.URL.Host = "http", r.address
	return http.DefaultTransport.RoundTrip(clone)
}

// startMoto runs moto on a free loopback port until the test ends.
func startMoto(t *testing.T, server string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, server, "-H", "127.0.0.1", "-p", port)
	if err := command.Start(); err != nil {
		cancel()
		t.Skipf("moto_server cannot be started: %v", err)
	}
	t.Cleanup(func() {
		cancel()
		_ = command.Wait()
	})
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			_ = connection.Close()
			return address
		}
		<-time.After(50 * time.Millisecond)
	}
	t.Skip("moto_server did not come up within 20 seconds")
	return ""
}

// removeBucket deletes what CloudTrail wrote into a bucket of the suite, and the bucket.
func (x *target) removeBucket(bucket string) {
	ctx, client := context.Background(), x.cloud.S3(x.home)
	if list, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket}); err == nil {
		for _, object := range list.Contents {
			_, _ = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: object.Key})
		}
	}
	_, _ = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket})
}
