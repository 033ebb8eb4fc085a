package intruder

import (
	"testing"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// The intruder's calls change the world as meant, by name and by ARN.
func TestIntruder(t *testing.T) {
	l := lab.New(lab.Options{})
	t.Cleanup(l.Close)
	cloud, err := awscloud.New(t.Context(), awscloud.Options{Region: "us-east-1", HTTPClient: l.Client(), AccessKeyID: "AKIA", SecretAccessKey: "s"})
	if err != nil {
		t.Fatal(err)
	}
	i, ctx, home, bucket := New(cloud), t.Context(), "us-west-2", "audit-logs"
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(i.CreateBucket(ctx, home, bucket))
	must(i.PutBucketPolicy(ctx, home, bucket, AllowTrails(bucket, lab.DefaultAccount)))
	arn, err := i.CreateTrail(ctx, home, trail.Create{Config: trail.Config{Name: "audit", S3BucketName: bucket}, Tags: map[string]string{"a": "1"}})
	must(err)
	must(i.StartLogging(ctx, home, "audit"))
	must(i.StopLogging(ctx, home, arn))
	prefix := "x"
	must(i.UpdateTrail(ctx, home, "audit", trail.Update{S3KeyPrefix: &prefix}))
	must(i.PutEventSelectors(ctx, home, arn, trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "WriteOnly", IncludeManagementEvents: true}}}))
	must(i.PutInsightSelectors(ctx, home, "audit", []trail.InsightSelector{{InsightType: "ApiCallRateInsight"}}))
	must(i.PutEventConfiguration(ctx, home, "audit", trail.EventConfiguration{}))
	must(i.AddTags(ctx, home, arn, map[string]string{"b": "2"}))
	must(i.RemoveTags(ctx, home, arn, map[string]string{"a": "1"}))

	state := cloud.Observe(ctx, trail.Guarded{
		Config:    trail.Config{ARN: arn, HomeRegion: home},
		Selectors: &trail.Selectors{}, Insights: &[]trail.InsightSelector{}, Tags: &map[string]string{},
	})
	config, _ := state.Config.Get()
	status, known := state.Status.Get()
	selectors, _ := state.Selectors.Get()
	insights, _ := state.Insights.Get()
	tags, _ := state.Tags.Get()
	if config.S3KeyPrefix != "x" || !known || status.IsLogging || len(selectors.Basic) != 1 || selectors.Basic[0].ReadWriteType != "WriteOnly" ||
		len(insights) != 1 || len(tags) != 1 || tags["b"] != "2" {
		t.Errorf("the state is %+v", state)
	}
	must(i.DeleteTrail(ctx, home, "audit"))
	if cloud.Status(ctx, arn, home).Knowledge() != trail.Absent {
		t.Error("the trail is still there")
	}
}
