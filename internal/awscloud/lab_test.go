package awscloud

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// world is a lab with a guarded trail, and a cloud that reaches it.
type world struct {
	*lab.Lab
	cloud   *Cloud
	want    trail.Guarded
	context context.Context
}

const logBucket = "audit-logs"

// newWorld makes a multi-region trail with everything that a trail can have, and starts it.
func newWorld(t *testing.T) *world {
	t.Helper()
	l := lab.New(lab.Options{})
	t.Cleanup(l.Close)
	client := l.Client()
	client.Timeout = 200 * time.Millisecond // a fault that holds the answer back need not hold the test up
	w := &world{Lab: l, cloud: dial(t, client), context: t.Context()}
	w.bucket(t, logBucket)
	w.want = trail.Guarded{
		Config: trail.Config{
			Name: "audit", ARN: guardedARN, HomeRegion: "us-east-1", S3BucketName: logBucket, S3KeyPrefix: "org",
			LogFileValidationEnabled: true, IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true,
		},
		Logging:            true,
		Selectors:          &trail.Selectors{Advanced: []trail.AdvancedEventSelector{{Name: "all", FieldSelectors: []trail.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}}},
		Insights:           &[]trail.InsightSelector{{InsightType: "ApiCallRateInsight", EventCategories: []string{"Management"}}},
		EventConfiguration: &trail.EventConfiguration{AggregationConfigurations: []trail.AggregationConfiguration{{EventCategory: "Data", Templates: []string{"API_ACTIVITY"}}}},
		Tags:               &map[string]string{"team": "audit", "stage": "live"},
		Regions:            []string{"eu-west-1", "us-west-2"},
		Restore:            trail.RestoreAll,
	}
	w.apply(t, trail.Step{Op: trail.OpCreateTrail, Create: &trail.Create{Config: w.want.Config, Tags: *w.want.Tags}})
	w.apply(t, trail.Step{Op: trail.OpStartLogging})
	w.apply(t, trail.Step{Op: trail.OpPutEventSelectors, Selectors: w.want.Selectors})
	w.apply(t, trail.Step{Op: trail.OpPutInsightSelectors, Insights: w.want.Insights})
	w.apply(t, trail.Step{Op: trail.OpPutEventConfiguration, EventConfiguration: w.want.EventConfiguration})
	return w
}

// bucket makes a bucket that CloudTrail may write to.
func (w *world) bucket(t *testing.T, name string) {
	t.Helper()
	client := w.cloud.S3("us-east-1")
	if _, err := client.CreateBucket(w.context, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::%[1]s"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::%[1]s/*",
		 "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}]}`, name)
	if _, err := client.PutBucketPolicy(w.context, &s3.PutBucketPolicyInput{Bucket: &name, Policy: &policy}); err != nil {
		t.Fatal(err)
	}
}

// apply carries out a step in the trail's home region.
func (w *world) apply(t *testing.T, step trail.Step) {
	t.Helper()
	step.ID, step.Region, step.ARN = "step", "us-east-1", guardedARN
	receipt, err := w.cloud.Apply(w.context, step)
	if err != nil {
		t.Fatal(err)
	}
	if receipt.RequestID == "" || receipt.DryRun {
		t.Fatalf("%s left the receipt %+v", step.Op, receipt)
	}
}

func (w *world) observe() trail.State { return w.cloud.Observe(w.context, w.want) }

// text shows what a facet is, for comparison.
func text[T any](f trail.Facet[T]) string {
	if value, ok := f.Get(); ok {
		return fmt.Sprintf("%+v", value)
	}
	if f.Knowledge() == trail.Absent {
		return "gone"
	}
	return "unknown: " + f.Why()
}
