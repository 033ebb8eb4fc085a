package awscloud

import (
	"context"
	"maps"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/lab"
)

// TestFailed watches calls fail in every way, each once although the SDK tries some again.
func TestFailed(t *testing.T) { synctest.Test(t, failsInEveryWay) }

func failsInEveryWay(t *testing.T) {
	box := lab.New(lab.Options{})
	t.Cleanup(box.Close)
	var mu sync.Mutex
	failures := map[string]int{}
	cloud, err := New(t.Context(), Options{Region: "us-east-1", HTTPClient: box.Client(), AccessKeyID: "AKIAGUARD00000000001", SecretAccessKey: "s",
		Failed: func(operation string, class guard.Class) {
			mu.Lock()
			defer mu.Unlock()
			failures[operation+" "+string(class)]++
		}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cloud.S3("us-east-1").CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: new("logs")}); err != nil {
		t.Fatal(err)
	}
	list := func(ctx context.Context) {
		_, _ = cloud.CloudTrail("us-east-1").DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	}
	list(t.Context())
	box.Inject(lab.Fault{Service: "cloudtrail", Operation: "DescribeTrails", Kind: lab.AccessDenied, Times: 1})
	list(t.Context())
	box.Inject(lab.Fault{Service: "cloudtrail", Operation: "DescribeTrails", Kind: lab.Throttle, Times: 1})
	list(t.Context()) // the second attempt succeeds
	remove := box.Inject(lab.Fault{Service: "cloudtrail", Operation: "DescribeTrails", Kind: lab.Throttle})
	list(t.Context())
	remove()
	broken, cancel := context.WithCancel(t.Context())
	cancel()
	list(broken)
	_, _ = cloud.S3("us-east-1").GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: new("logs")})
	_, _ = cloud.S3("us-east-1").GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: new("nobody-has-it")})
	if _, err := cloud.Parameter(t.Context(), "/none"); err == nil {
		t.Error("there is no such parameter")
	}
	mu.Lock()
	defer mu.Unlock()
	want := map[string]int{
		"CloudTrail DescribeTrails denied": 1, "CloudTrail DescribeTrails retry": 1,
		"S3 GetBucketLifecycleConfiguration not-found": 1, "S3 GetBucketPolicy not-found": 1, "ssm GetParameter not-found": 1,
	}
	if !maps.Equal(failures, want) {
		t.Errorf("failures %v\nwant     %v", failures, want)
	}
}
