package drill

import (
	"context"

	"github.com/trailhold/trailhold/internal/trail"
)

// update changes the target by one UpdateTrail.
func update(ctx context.Context, s Scene, change trail.Update) error {
	return s.UpdateTrail(ctx, s.Target.HomeRegion, s.Target.Name, change)
}

func changeBucket(ctx context.Context, s Scene) error {
	return update(ctx, s, trail.Update{S3BucketName: &s.ForeignBucket})
}

func changePrefix(ctx context.Context, s Scene) error {
	return update(ctx, s, trail.Update{S3KeyPrefix: new("tmp")})
}

func dropTopic(ctx context.Context, s Scene) error {
	return update(ctx, s, trail.Update{SnsTopicName: new("")})
}

func dropLogGroup(ctx context.Context, s Scene) error {
	return update(ctx, s, trail.Update{CloudWatchLogsLogGroupARN: new(""), CloudWatchLogsRoleARN: new("")})
}

func changeKey(ctx context.Context, s Scene) error {
	return update(ctx, s, trail.Update{KMSKeyID: &s.ForeignKey})
}

func dropKey(ctx context.Context, s Scene) error {
	return update(ctx, s, trail.Update{KMSKeyID: new("")})
}

func validationOff(ctx context.Context, s Scene) error {
	return update(ctx, s, trail.Update{EnableLogFileValidation: new(false)})
}

// singleRegion sets both in one call, because AWS refuses a multi-region trail without global events.
func singleRegion(ctx context.Context, s Scene) error {
	return update(ctx, s, trail.Update{IsMultiRegionTrail: new(false), IncludeGlobalServiceEvents: new(false)})
}

func organizationOff(ctx context.Context, s Scene) error {
	return update(ctx, s, trail.Update{IsOrganizationTrail: new(false)})
}

// minimise clears all that one call can clear.
func minimise(ctx context.Context, s Scene) error {
	return update(ctx, s, trail.Update{
		S3BucketName: &s.ForeignBucket, S3KeyPrefix: new(""), SnsTopicName: new(""), KMSKeyID: new(""),
		CloudWatchLogsLogGroupARN: new(""), CloudWatchLogsRoleARN: new(""),
		EnableLogFileValidation: new(false), IsMultiRegionTrail: new(false), IncludeGlobalServiceEvents: new(false),
		IsOrganizationTrail: new(false),
	})
}

func insightsOff(ctx context.Context, s Scene) error {
	return s.PutInsightSelectors(ctx, s.Target.HomeRegion, s.Target.ARN, []trail.InsightSelector{})
}

// eventConfiguration goes back to AWS's default: small events without context.
func eventConfiguration(ctx context.Context, s Scene) error {
	return s.PutEventConfiguration(ctx, s.Target.HomeRegion, s.Target.ARN, trail.EventConfiguration{MaxEventSize: "Standard"})
}

// changeTags gives every tag another value, as somebody does whom a policy about tags keeps out.
func changeTags(ctx context.Context, s Scene) error {
	changed := map[string]string{}
	for key := range *s.Target.Tags {
		changed[key] = "disposable"
	}
	return s.AddTags(ctx, s.Target.HomeRegion, s.Target.ARN, changed)
}

func removeTags(ctx context.Context, s Scene) error {
	return s.RemoveTags(ctx, s.Target.HomeRegion, s.Target.ARN, *s.Target.Tags)
}
