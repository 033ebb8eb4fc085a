package awscloud

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// deliveringTrail makes a trail that rests on all that a trail can rest on, with the bucket and its key in another region,
// and returns the ARNs in the order in which a capture has them.
func (w *world) deliveringTrail(t *testing.T, name string) []string {
	t.Helper()
	far, bucket := w.cloud.S3("eu-west-1"), aws.String("far-logs")
	must[s3.CreateBucketOutput](t)(far.CreateBucket(w.context, &s3.CreateBucketInput{Bucket: bucket, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}}))
	must[s3.PutBucketPolicyOutput](t)(far.PutBucketPolicy(w.context, &s3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::far-logs"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::far-logs/*"}]}`)}))
	key, err := w.cloud.kms("eu-west-1").CreateKey(w.context, &kms.CreateKeyInput{Policy: aws.String(keyPolicy)})
	if err != nil {
		t.Fatal(err)
	}
	topic := w.topicWith(t, "files")
	c, group := w.cloud.logs("us-east-1"), aws.String("trail-logs")
	must[cloudwatchlogs.CreateLogGroupOutput](t)(c.CreateLogGroup(w.context, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group}))
	must[cloudwatchlogs.PutMetricFilterOutput](t)(c.PutMetricFilter(w.context, stops(*group, "stops")))
	role, err := w.cloud.iam("us-east-1").CreateRole(w.context, &iam.CreateRoleInput{RoleName: aws.String("deliver"), AssumeRolePolicyDocument: aws.String(trustPolicy)})
	if err != nil {
		t.Fatal(err)
	}
	must[iam.PutRolePolicyOutput](t)(w.cloud.iam("us-east-1").PutRolePolicy(w.context, &iam.PutRolePolicyInput{RoleName: role.Role.RoleName, PolicyName: aws.String("write"), PolicyDocument: aws.String(inlinePolicy)}))
	must[cloudtrail.CreateTrailOutput](t)(w.cloud.CloudTrail("us-east-1").CreateTrail(w.context, &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: bucket, KmsKeyId: key.KeyMetadata.Arn, SnsTopicName: &topic.ARN,
		CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:us-east-1:111122223333:log-group:trail-logs:*"), CloudWatchLogsRoleArn: role.Role.Arn,
	}))
	w.alarmsOnStops(t)
	return []string{
		"arn:aws:s3:::far-logs", *key.KeyMetadata.Arn, topic.ARN, *role.Role.Arn, "arn:aws:logs:us-east-1:111122223333:log-group:trail-logs",
		"arn:aws:cloudwatch:us-east-1:111122223333:alarm:direct", "arn:aws:cloudwatch:us-east-1:111122223333:alarm:within",
	}
}

// alarmsOnStops makes an alarm on the metric itself, one on an expression of it, and two that watch something else.
func (w *world) alarmsOnStops(t *testing.T) {
	t.Helper()
	foreign, far := stopAlarm("a foreign one"), stopAlarm("another namespace")
	foreign.MetricName, far.Namespace = aws.String("CPU"), aws.String("Else")
	within := stopAlarm("within")
	within.MetricName, within.Namespace, within.Statistic, within.Period = nil, nil, "", nil
	within.Metrics = []cwtypes.MetricDataQuery{
		{Id: aws.String("e"), Expression: aws.String("m * 2"), ReturnData: aws.Bool(true)},
		{Id: aws.String("m"), ReturnData: aws.Bool(false), MetricStat: &cwtypes.MetricStat{
			Metric: &cwtypes.Metric{MetricName: aws.String("Stops"), Namespace: aws.String("Trail")}, Period: aws.Int32(60), Stat: aws.String("Sum"),
		}},
	}
	for _, in := range []*cloudwatch.PutMetricAlarmInput{within, foreign, far, stopAlarm("direct")} {
		must[cloudwatch.PutMetricAlarmOutput](t)(w.cloud.alarms("us-east-1").PutMetricAlarm(w.context, in))
	}
}

func arnsOf(g trail.Guarded) []string {
	var arns []string
	for _, r := range g.Dependents {
		arns = append(arns, r.ARN)
	}
	return arns
}

func TestCaptureHoldsAllThatDeliveryRestsOn(t *testing.T) {
	w := newWorld(t)
	want := w.deliveringTrail(t, "a-first")
	must[cloudtrail.CreateTrailOutput](t)(w.cloud.CloudTrail("us-west-2").CreateTrail(w.context, &cloudtrail.CreateTrailInput{Name: aws.String("shares"), S3BucketName: aws.String("far-logs")}))
	must[sns.SubscribeOutput](t)(w.cloud.sns("us-east-1").Subscribe(w.context, &sns.SubscribeInput{TopicArn: &want[2], Protocol: aws.String("email"), Endpoint: aws.String("new@corp.test")}))
	base, notes, err := w.cloud.Capture(w.context, CaptureOptions{})
	if err != nil || len(base.Trails) != 3 {
		t.Fatalf("%d trails, error %v", len(base.Trails), err)
	}
	first := base.Trails[0]
	if got := arnsOf(first); first.Name != "a-first" || !slices.Equal(got, want) {
		t.Errorf("%s rests on %q\nwant %q", first.Name, got, want)
	}
	regions := []string{"eu-west-1", "eu-west-1", "us-east-1", "us-east-1", "us-east-1", "us-east-1", "us-east-1"}
	for n, r := range first.Dependents {
		if r.Region != regions[n] || r.Account != lab.DefaultAccount {
			t.Errorf("%s is called in %s as of %s", r.ARN, r.Region, r.Account)
		}
		if len(r.Settings) != len(trail.SettingsOf(r.Type))-1 {
			t.Errorf("%s is guarded in %v", r.ARN, r.Settings)
		}
	}
	if others := base.Trails[2]; others.Name != "shares" || len(others.Dependents) != 0 {
		t.Errorf("%s rests on %v", others.Name, arnsOf(others))
	}
	all := strings.Join(notes, "\n")
	for _, want := range []string{"trail/shares: its bucket far-logs is guarded with " + first.ARN, "email new@corp.test of its topic files is not confirmed"} {
		if !strings.Contains(all, want) {
			t.Errorf("no note says %q:\n%s", want, all)
		}
	}
	if len(notes) != 2 {
		t.Errorf("notes:\n%s", all)
	}
	if members := first.Dependents[2].Settings["subscriptions"].Members(); len(members) != 2 {
		t.Errorf("subscriptions are %v", members)
	}
	must[sns.UnsubscribeOutput](t)(w.cloud.sns("us-east-1").Unsubscribe(w.context, &sns.UnsubscribeInput{SubscriptionArn: w.subscriptionARN(t, first.Dependents[2], queueEndpoint)}))
	diff := trail.Diff(first, w.cloud.Observe(w.context, first))
	if len(diff.Unknown) != 0 || len(diff.Drifts) != 1 || diff.Drifts[0].Field != "topic.subscriptions" {
		t.Errorf("the only change was an unsubscription, the difference is %+v", diff)
	}
}

func TestCaptureNotesWhatDeliveryRestsOnThatItCannotRead(t *testing.T) {
	w := newWorld(t)
	arns := w.deliveringTrail(t, "a-first")
	for _, op := range []string{"GetBucketReplication", "DescribeKey", "ListRolePolicies", "DescribeAlarms"} {
		w.Inject(lab.Fault{Operation: op, Kind: lab.AccessDenied})
	}
	must[sns.DeleteTopicOutput](t)(w.cloud.sns("us-east-1").DeleteTopic(w.context, &sns.DeleteTopicInput{TopicArn: &arns[2]}))
	base, notes, err := w.cloud.Capture(w.context, CaptureOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first := base.Trails[0]
	if got, want := arnsOf(first), []string{arns[0], arns[3], arns[4]}; !slices.Equal(got, want) {
		t.Fatalf("rests on %q, want %q", got, want)
	}
	if _, guarded := first.Dependents[0].Settings["replication"]; guarded || len(first.Dependents[0].Settings) != len(trail.SettingsOf(trail.Bucket))-2 {
		t.Errorf("the bucket is guarded in %v", first.Dependents[0].Settings)
	}
	all := strings.Join(notes, "\n")
	for _, want := range []string{
		"replication of its bucket far-logs could not be read and will not be guarded (GetBucketReplication: AccessDenied",
		"its key " + arns[1][strings.LastIndexByte(arns[1], '/')+1:] + " is not guarded (DescribeKey: AccessDenied",
		"its topic files is not guarded (it does not exist)",
		"policies of its role deliver could not be read",
		"the alarms on its log group could not be read",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no note says %q:\n%s", want, all)
		}
	}
}

// A bucket that belongs to somebody else, or to nobody, is noted and not guarded: its owner cannot be found out.
func TestCaptureDoesNotGuardAForeignBucket(t *testing.T) {
	l := lab.New(lab.Options{Accounts: map[string]string{"other": "444455556666"}})
	t.Cleanup(l.Close)
	w := &world{Lab: l, cloud: dial(t, l.Client()), context: t.Context()}
	theirs, err := New(t.Context(), Options{Region: "eu-west-1", HTTPClient: l.Client(), AccessKeyID: "other", SecretAccessKey: "x"})
	if err != nil {
		t.Fatal(err)
	}
	policy := aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetBucketAcl","s3:ListBucket"],"Resource":"arn:aws:s3:::theirs","Condition":{"Bool":{"aws:SecureTransport":["true","false"]}}},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:PutObject","s3:GetBucketAcl"],"Resource":["arn:aws:s3:::theirs","arn:aws:s3:::theirs/*"]}]}`)
	must[s3.CreateBucketOutput](t)(theirs.S3("eu-west-1").CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("theirs"), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}}))
	must[s3.PutBucketPolicyOutput](t)(theirs.S3("eu-west-1").PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("theirs"), Policy: policy}))
	w.bucket(t, "gone")
	for name, bucket := range map[string]string{"one": "theirs", "two": "gone"} {
		must[cloudtrail.CreateTrailOutput](t)(w.cloud.CloudTrail("us-east-1").CreateTrail(t.Context(), &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: &bucket}))
	}
	must[s3.DeleteBucketOutput](t)(w.cloud.S3("us-east-1").DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("gone")}))
	base, notes, err := w.cloud.Capture(t.Context(), CaptureOptions{})
	if err != nil || len(base.Trails) != 2 {
		t.Fatalf("%d trails, error %v", len(base.Trails), err)
	}
	all := strings.Join(notes, "\n")
	for _, want := range []string{"trail/one: its bucket theirs is not guarded (HeadBucket: Forbidden", "trail/two: its bucket gone is not guarded (HeadBucket: NotFound"} {
		if !strings.Contains(all, want) {
			t.Errorf("no note says %q:\n%s", want, all)
		}
	}
	for _, g := range base.Trails {
		if len(g.Dependents) != 0 {
			t.Errorf("%s rests on %v", g.Name, arnsOf(g))
		}
	}
}

// Everything is read at the same time: only what a call cannot be made without is waited for.
func TestLooksTakeFewRoundTrips(t *testing.T) {
	inBubble(t, "50 ms away", func(t *testing.T) {
		const away = 50 * time.Millisecond
		w := newWorld(t)
		w.deliveringTrail(t, "a-first")
		w.Inject(lab.Fault{Kind: lab.Slow, Delay: away})
		start := time.Now()
		base, notes, err := w.cloud.Capture(w.context, CaptureOptions{})
		if err != nil || len(notes) != 0 {
			t.Fatalf("notes %q, error %v", notes, err)
		}
		// Account, regions, trails; then the bucket in the wrong region, in the right one, and its settings.
		if trips := time.Since(start) / away; trips != 6 {
			t.Errorf("a capture took %d round trips, want 6", trips)
		}
		start = time.Now()
		state := w.cloud.Observe(w.context, base.Trails[0])
		// Lists of subscriptions, policies and mute rules, and then their members.
		if trips := time.Since(start) / away; trips != 2 {
			t.Errorf("a look took %d round trips, want 2", trips)
		}
		if diff := trail.Diff(base.Trails[0], state); len(diff.Drifts) != 0 || len(diff.Unknown) != 0 {
			t.Errorf("the difference is %+v", diff)
		}
	})
}
