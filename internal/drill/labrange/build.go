package labrange

import (
	"cmp"
	"context"
	"fmt"

	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// Where things are and what they are called.
const (
	home   = "us-east-1"
	abroad = "us-west-2" // another region

	targetName = "audit"
	logBucket  = "audit-logs-111122223333"

	secondName   = "security-team"
	secondBucket = "security-team-logs-111122223333"

	foreignAccount = "999988887777"
	foreignBucket  = "not-your-logs"

	groupName = "audit"
	logGroup  = "arn:aws:logs:us-east-1:" + lab.DefaultAccount + ":log-group:" + groupName + ":*"
	logRole   = "arn:aws:iam::" + lab.DefaultAccount + ":role/audit-to-cloudwatch-logs"
)

// Access keys. All but the intruder's belong to the account that is drilled.
const (
	ownerKeyID   = "AKIAOWNER00000000001"
	auditorKeyID = "AKIAAUDITOR000000001"
	guardKeyID   = "AKIATRAILHOLD0000001"
	foreignKeyID = "AKIAMALLORY000000001"
)

// build makes the account: the target with all that its delivery rests on, a second trail, and the bucket and the key that
// an intruder keeps elsewhere.
//
// The second trail is there because EventBridge only carries records while some trail logs. An account whose only trail
// is down tells nobody of the next call; there it is the sweep that finds what happened.
func (r *Range) build(ctx context.Context) error {
	b := &builder{ctx: ctx, owner: r.owner}
	r.elsewhere = intruder.New(r.cloud(foreignKeyID, r.lab.Client()))
	b.do(func() error { return makeBucket(ctx, r.elsewhere, foreignBucket) })
	foreign := &builder{ctx: ctx, owner: r.elsewhere}
	r.foreignKey = foreign.key(foreignAccount)
	b.err = cmp.Or(b.err, foreign.err)

	b.role(stolenRole, map[string]string{"AWS": "arn:aws:iam::" + lab.DefaultAccount + ":root"})
	b.do(func() error { return makeBucket(ctx, r.owner, secondBucket) })
	b.call("s3:PutBucketVersioning", object{"Bucket": secondBucket, "VersioningConfiguration": object{"Status": "Enabled"}}, nil)
	b.do(func() error { return makeSecond(ctx, r.owner) })
	key := b.key(lab.DefaultAccount)
	b.logBucket()
	b.deliveries()
	b.logGroup()
	b.do(func() error { return makeTarget(ctx, r.owner, key) })
	return b.err
}

// makeBucket makes a bucket that takes the log files of the drilled account's trails.
func makeBucket(ctx context.Context, owner *intruder.Intruder, bucket string) error {
	if err := owner.CreateBucket(ctx, home, bucket); err != nil {
		return err
	}
	return owner.PutBucketPolicy(ctx, home, bucket, intruder.AllowTrails(bucket, lab.DefaultAccount))
}

func makeSecond(ctx context.Context, owner *intruder.Intruder) error {
	arn, err := owner.CreateTrail(ctx, home, trail.Create{Config: trail.Config{
		Name: secondName, S3BucketName: secondBucket, IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true,
	}})
	if err != nil {
		return err
	}
	if err := owner.PutEventSelectors(ctx, home, arn, watching); err != nil {
		return err
	}
	return owner.StartLogging(ctx, home, arn)
}

// watching is all management events, and the deletion of files in the target's bucket. A trail must not watch its own.
var watching = trail.Selectors{Advanced: []trail.AdvancedEventSelector{
	{Name: "Management events", FieldSelectors: []trail.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}},
	{Name: "Deleted log files", FieldSelectors: []trail.FieldSelector{
		{Field: "eventCategory", Equals: []string{"Data"}},
		{Field: "resources.type", Equals: []string{"AWS::S3::Object"}},
		{Field: "eventName", Equals: []string{"DeleteObject", "DeleteObjects"}},
		{Field: "resources.ARN", StartsWith: []string{"arn:aws:s3:::" + logBucket + "/"}},
	}},
}}

// makeTarget makes a trail with everything that a trail can have, and starts it.
func makeTarget(ctx context.Context, owner *intruder.Intruder, key string) error {
	arn, err := owner.CreateTrail(ctx, home, trail.Create{
		Config: trail.Config{
			Name: targetName, S3BucketName: logBucket, S3KeyPrefix: "trails", SnsTopicARN: topicARN(deliveries),
			CloudWatchLogsLogGroupARN: logGroup, CloudWatchLogsRoleARN: logRole, KMSKeyID: key,
			LogFileValidationEnabled: true, IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true, IsOrganizationTrail: true,
		},
		Tags: map[string]string{"owner": "security", "protected": "yes"},
	})
	if err != nil {
		return err
	}
	for _, furnish := range []func() error{
		func() error { return owner.StartLogging(ctx, home, arn) },
		func() error { return owner.PutEventSelectors(ctx, home, arn, selectors) },
		func() error { return owner.PutInsightSelectors(ctx, home, arn, insights) },
		func() error { return owner.PutEventConfiguration(ctx, home, arn, configuration) },
	} {
		if err := furnish(); err != nil {
			return fmt.Errorf("trail %s: %w", targetName, err)
		}
	}
	return nil
}

var (
	selectors = trail.Selectors{Basic: []trail.EventSelector{{
		ReadWriteType: "All", IncludeManagementEvents: true,
		DataResources: []trail.DataResource{{Type: "AWS::S3::Object", Values: []string{"arn:aws:s3:::payroll/", "arn:aws:s3:::backups/"}}},
	}}}
	insights      = []trail.InsightSelector{{InsightType: "ApiCallRateInsight"}, {InsightType: "ApiErrorRateInsight"}}
	configuration = trail.EventConfiguration{
		MaxEventSize:              "Large",
		ContextKeySelectors:       []trail.ContextKeySelector{{Type: "RequestContext", Equals: []string{"aws:SourceIp"}}},
		AggregationConfigurations: []trail.AggregationConfiguration{{EventCategory: "Data", Templates: []string{"API_ACTIVITY"}}},
	}
)
