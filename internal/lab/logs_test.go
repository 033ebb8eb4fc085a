package lab_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/lab"
)

const trailGroup = "arn:aws:logs:us-east-1:111122223333:log-group:trail"

func (k *kit) logs() *cloudwatchlogs.Client {
	return cloudwatchlogs.NewFromConfig(k.config(home, "ALICE"))
}

// logGroup makes a log group.
func (k *kit) logGroup(name string) {
	k.t.Helper()
	_, err := k.logs().CreateLogGroup(k.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
	k.must(err)
}

func (k *kit) groups(prefix string) []logstypes.LogGroup {
	k.t.Helper()
	out, err := k.logs().DescribeLogGroups(k.ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &prefix})
	k.must(err)
	return out.LogGroups
}

func TestLogGroups(t *testing.T) {
	k := newKit(t, lab.Options{})
	c, name := k.logs(), aws.String("trail")
	create := func(in cloudwatchlogs.CreateLogGroupInput) error {
		_, err := c.CreateLogGroup(k.ctx, &in)
		return err
	}
	expectCode(t, create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: name, DeletionProtectionEnabled: aws.Bool(true), Tags: map[string]string{"a": "b"}}), "")
	expectCode(t, create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: name}), "ResourceAlreadyExistsException")
	expectCode(t, create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("aws/x")}), "InvalidParameterException")
	expectCode(t, create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("a b")}), "InvalidParameterException")
	expectCode(t, create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("rare"), LogGroupClass: logstypes.LogGroupClassInfrequentAccess}), "")
	g := k.groups("tr")[0]
	if *g.Arn != trailGroup+":*" || *g.LogGroupArn != trailGroup || g.RetentionInDays != nil || !*g.DeletionProtectionEnabled || g.LogGroupClass != logstypes.LogGroupClassStandard {
		t.Errorf("group = %+v", g)
	}
	page, err := c.DescribeLogGroups(k.ctx, &cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(1)})
	k.must(err)
	rest, err := c.DescribeLogGroups(k.ctx, &cloudwatchlogs.DescribeLogGroupsInput{NextToken: page.NextToken})
	k.must(err)
	if len(page.LogGroups) != 1 || *page.LogGroups[0].LogGroupName != "rare" || len(rest.LogGroups) != 1 || rest.NextToken != nil {
		t.Errorf("pages = %+v, %+v", page.LogGroups, rest.LogGroups)
	}

	remove := func() error {
		_, err := c.DeleteLogGroup(k.ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name})
		return err
	}
	expectCode(t, remove(), "ValidationException")
	_, err = c.PutLogGroupDeletionProtection(k.ctx, &cloudwatchlogs.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: aws.String(trailGroup), DeletionProtectionEnabled: aws.Bool(false)})
	k.must(err)
	_, err = c.TagResource(k.ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: aws.String(trailGroup), Tags: map[string]string{"c": "d"}})
	k.must(err)
	_, err = c.UntagResource(k.ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: aws.String(trailGroup), TagKeys: []string{"a"}})
	k.must(err)
	tags, err := c.ListTagsForResource(k.ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(trailGroup)})
	k.must(err)
	wantEqual(t, "tags", tags.Tags, map[string]string{"c": "d"})
	expectCode(t, remove(), "")
	expectCode(t, remove(), "ResourceNotFoundException")
	if !strings.Contains(k.lastEvent(home, "DeleteLogGroup"), `"requestParameters":{"logGroupName":"trail"}`) {
		t.Error(k.lastEvent(home, "DeleteLogGroup"))
	}
}

func TestLogGroupKey(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.logGroup("trail")
	keys := kms.NewFromConfig(k.config(home, "ALICE"))
	open := makeKey(t, keys, `{"Statement":[`+rootPolicy+`,{"Effect":"Allow","Principal":{"Service":"logs.us-east-1.amazonaws.com"},"Action":["kms:Encrypt*","kms:Decrypt*","kms:ReEncrypt*","kms:GenerateDataKey*","kms:Describe*"],"Resource":"*",
		"Condition":{"ArnEquals":{"kms:EncryptionContext:aws:logs:arn":"`+trailGroup+`"}}}]}`)
	closed := makeKey(t, keys, "")
	associate := func(key string) error {
		_, err := k.logs().AssociateKmsKey(k.ctx, &cloudwatchlogs.AssociateKmsKeyInput{LogGroupName: aws.String("trail"), KmsKeyId: &key})
		return err
	}
	expectCode(t, associate(closed), "InvalidParameterException")
	expectCode(t, associate(open), "")
	wantEqual(t, "key", *k.groups("trail")[0].KmsKeyId, open)
	_, err := k.logs().DisassociateKmsKey(k.ctx, &cloudwatchlogs.DisassociateKmsKeyInput{LogGroupName: aws.String("trail")})
	k.must(err)
	if key := k.groups("trail")[0].KmsKeyId; key != nil {
		t.Errorf("key = %s", *key)
	}
	_, err = keys.DisableKey(k.ctx, &kms.DisableKeyInput{KeyId: &open})
	k.must(err)
	expectCode(t, associate(open), "InvalidParameterException")
}

func TestLogFilters(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.logGroup("trail")
	c, group := k.logs(), aws.String("trail")
	metric := func(name string) error {
		_, err := c.PutMetricFilter(k.ctx, &cloudwatchlogs.PutMetricFilterInput{
			LogGroupName: group, FilterName: &name, FilterPattern: aws.String(`{ $.eventName = "StopLogging" }`),
			MetricTransformations: []logstypes.MetricTransformation{{MetricName: aws.String("Stops"), MetricNamespace: aws.String("Trail"), MetricValue: aws.String("1"), DefaultValue: aws.Float64(0)}},
		})
		return err
	}
	expectCode(t, metric("stops"), "")
	expectCode(t, metric("stops"), "")
	expectCode(t, metric("a:b"), "InvalidParameterException")
	found, err := c.DescribeMetricFilters(k.ctx, &cloudwatchlogs.DescribeMetricFiltersInput{MetricName: aws.String("Stops"), MetricNamespace: aws.String("Trail")})
	k.must(err)
	if len(found.MetricFilters) != 1 || *found.MetricFilters[0].LogGroupName != "trail" || *found.MetricFilters[0].MetricTransformations[0].DefaultValue != 0 {
		t.Errorf("metric filters = %+v", found.MetricFilters)
	}
	wantEqual(t, "count", *k.groups("trail")[0].MetricFilterCount, 1)
	for i := range 99 {
		expectCode(t, metric(fmt.Sprint("f", i)), "")
	}
	expectCode(t, metric("one more"), "LimitExceededException")
	removeMetric := func() error {
		_, err := c.DeleteMetricFilter(k.ctx, &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: group, FilterName: aws.String("stops")})
		return err
	}
	expectCode(t, removeMetric(), "")
	expectCode(t, removeMetric(), "ResourceNotFoundException")

	stream, role := aws.String("arn:aws:kinesis:us-east-1:111122223333:stream/siem"), aws.String("arn:aws:iam::111122223333:role/x")
	subscribe := func(name string, destination, role *string) error {
		_, err := c.PutSubscriptionFilter(k.ctx, &cloudwatchlogs.PutSubscriptionFilterInput{LogGroupName: group, FilterName: &name, FilterPattern: aws.String(""), DestinationArn: destination, RoleArn: role})
		return err
	}
	expectCode(t, subscribe("siem", stream, role), "")
	expectCode(t, subscribe("x", stream, nil), "InvalidParameterException")
	expectCode(t, subscribe("x", aws.String("arn:aws:kinesis:us-east-1:222222222222:stream/theirs"), role), "InvalidParameterException")
	expectCode(t, subscribe("two", aws.String("arn:aws:lambda:us-east-1:111122223333:function:f"), nil), "")
	expectCode(t, subscribe("three", stream, role), "LimitExceededException")
	list, err := c.DescribeSubscriptionFilters(k.ctx, &cloudwatchlogs.DescribeSubscriptionFiltersInput{LogGroupName: group})
	k.must(err)
	if len(list.SubscriptionFilters) != 2 || *list.SubscriptionFilters[0].FilterName != "siem" || list.SubscriptionFilters[0].Distribution != logstypes.DistributionByLogStream {
		t.Errorf("subscription filters = %+v", list.SubscriptionFilters)
	}
	_, err = c.DeleteSubscriptionFilter(k.ctx, &cloudwatchlogs.DeleteSubscriptionFilterInput{LogGroupName: group, FilterName: aws.String("siem")})
	k.must(err)
	expectCode(t, subscribe("three", stream, role), "")
}

func TestDataProtection(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.logGroup("trail")
	c, group := k.logs(), aws.String("trail")
	put := func(document string) error {
		_, err := c.PutDataProtectionPolicy(k.ctx, &cloudwatchlogs.PutDataProtectionPolicyInput{LogGroupIdentifier: group, PolicyDocument: &document})
		return err
	}
	const good = `{"Name":"p","Version":"2021-06-01","Statement":[
		{"Sid":"audit","DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],"Operation":{"Audit":{"FindingsDestination":{}}}},
		{"Sid":"redact","DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],"Operation":{"Deidentify":{"MaskConfig":{}}}}]}`
	expectCode(t, put(`{}`), "InvalidParameterException")
	expectCode(t, put(strings.Replace(good, "EmailAddress", "Address", 1)), "InvalidParameterException")
	expectCode(t, put(good), "")
	got, err := c.GetDataProtectionPolicy(k.ctx, &cloudwatchlogs.GetDataProtectionPolicyInput{LogGroupIdentifier: aws.String(trailGroup)})
	k.must(err)
	wantEqual(t, "policy", *got.PolicyDocument, good)
	wantEqual(t, "status", k.groups("trail")[0].DataProtectionStatus, "ACTIVATED")
	_, err = c.DeleteDataProtectionPolicy(k.ctx, &cloudwatchlogs.DeleteDataProtectionPolicyInput{LogGroupIdentifier: group})
	k.must(err)
	wantEqual(t, "status", k.groups("trail")[0].DataProtectionStatus, "DELETED")
}

func TestLogEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t, lab.Options{})
		k.logGroup("trail")
		c, group, stream := k.logs(), aws.String("trail"), aws.String("s")
		_, err := c.CreateLogStream(k.ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream})
		k.must(err)
		put := func(texts ...string) {
			t.Helper()
			var events []logstypes.InputLogEvent
			for _, text := range texts {
				events = append(events, logstypes.InputLogEvent{Timestamp: aws.Int64(time.Now().UnixMilli()), Message: &text})
			}
			_, err := c.PutLogEvents(k.ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream, LogEvents: events})
			k.must(err)
		}
		put("one", "two", "three")
		filter := func(pattern string) string {
			t.Helper()
			var found []string
			pages := cloudwatchlogs.NewFilterLogEventsPaginator(c, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, FilterPattern: &pattern, Limit: aws.Int32(1)})
			for pages.HasMorePages() {
				page, err := pages.NextPage(k.ctx)
				k.must(err)
				for _, e := range page.Events {
					found = append(found, *e.Message)
				}
			}
			return strings.Join(found, " ")
		}
		wantEqual(t, "all", filter(""), "one two three")
		wantEqual(t, "with e", filter("e"), "one three")
		wantEqual(t, "with both", filter("t h"), "three")
		wantEqual(t, "without", filter("e -th"), "one")
		wantEqual(t, "with a property, which none has", filter("{ $.e NOT EXISTS }"), "")
		get := func(in cloudwatchlogs.GetLogEventsInput) (string, *cloudwatchlogs.GetLogEventsOutput) {
			t.Helper()
			in.LogGroupName, in.LogStreamName, in.Limit = group, stream, aws.Int32(2)
			out, err := c.GetLogEvents(k.ctx, &in)
			k.must(err)
			var found []string
			for _, e := range out.Events {
				found = append(found, *e.Message)
			}
			return strings.Join(found, " "), out
		}
		last, out := get(cloudwatchlogs.GetLogEventsInput{})
		before, _ := get(cloudwatchlogs.GetLogEventsInput{NextToken: out.NextBackwardToken})
		first, out := get(cloudwatchlogs.GetLogEventsInput{StartFromHead: aws.Bool(true)})
		next, out := get(cloudwatchlogs.GetLogEventsInput{NextToken: out.NextForwardToken})
		none, again := get(cloudwatchlogs.GetLogEventsInput{NextToken: out.NextForwardToken})
		wantEqual(t, "pages", []string{last, before, first, next, none}, []string{"two three", "one", "one two", "three", ""})
		wantEqual(t, "token at the end", *again.NextForwardToken, *out.NextForwardToken)

		retain := func(days int32) error {
			_, err := c.PutRetentionPolicy(k.ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: group, RetentionInDays: &days})
			return err
		}
		expectCode(t, retain(2), "InvalidParameterException")
		expectCode(t, retain(1), "")
		time.Sleep(3 * 24 * time.Hour) // longer than the period, but they are not deleted yet
		wantEqual(t, "retained", filter(""), "one two three")
		time.Sleep(25 * time.Hour)
		put("four")
		wantEqual(t, "retained", filter(""), "four")
		_, err = c.DeleteRetentionPolicy(k.ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: group})
		k.must(err)
		time.Sleep(1000 * 24 * time.Hour)
		wantEqual(t, "retained for ever", filter(""), "four")
	})
}

// TestTrailToLogGroup is about records on their way to CloudWatch Logs.
func TestTrailToLogGroup(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.bucket("logs")
	k.create("main", true)
	configure := func() error {
		_, err := k.trail(home).UpdateTrail(k.ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("main"),
			CloudWatchLogsLogGroupArn: aws.String(trailGroup + ":*"), CloudWatchLogsRoleArn: aws.String("arn:aws:iam::111122223333:role/logs")})
		return err
	}
	wantTrailError(t, configure(), "InvalidCloudWatchLogsLogGroupArnException")
	k.logGroup("trail")
	k.must(configure())
	k.start("main")
	before := k.status(home, "main")
	if before.LatestCloudWatchLogsDeliveryTime == nil || before.LatestCloudWatchLogsDeliveryError != nil {
		t.Errorf("status = %+v", before)
	}
	counts := func() map[string]int {
		t.Helper()
		out, err := k.logs().FilterLogEvents(k.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("trail"), LogStreamNamePrefix: aws.String("111122223333_CloudTrail_us-east-1")})
		k.must(err)
		names := map[string]int{}
		for _, e := range out.Events {
			var r struct{ EventName string }
			k.must(json.Unmarshal([]byte(*e.Message), &r))
			names[r.EventName]++
		}
		return names
	}
	// The bucket is of no concern: each record arrives, and only once although the log file waits.
	_, err := k.s3().DeleteBucketPolicy(k.ctx, &s3.DeleteBucketPolicyInput{Bucket: aws.String("logs")})
	k.must(err)
	k.logGroup("other")
	k.status(home, "main")
	k.admit("logs")
	k.status(home, "main")
	if got := counts(); got["StartLogging"] != 1 || got["CreateLogGroup"] != 1 || got["DeleteBucketPolicy"] != 1 {
		t.Errorf("events = %v", got)
	}

	_, err = k.logs().DeleteLogGroup(k.ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("trail")})
	k.must(err)
	status := k.status(home, "main")
	if aws.ToString(status.LatestCloudWatchLogsDeliveryError) != "ResourceNotFoundException" || status.LatestDeliveryError != nil {
		t.Errorf("status = %+v", status)
	}
	k.logGroup("trail")
	k.logGroup("another")
	status = k.status(home, "main")
	if status.LatestCloudWatchLogsDeliveryError != nil || !status.LatestCloudWatchLogsDeliveryTime.After(*before.LatestCloudWatchLogsDeliveryTime) {
		t.Errorf("status = %+v", status)
	}
	if got := counts(); got["DeleteLogGroup"] != 0 {
		t.Errorf("events = %v: what the group missed came later", got)
	}
}
