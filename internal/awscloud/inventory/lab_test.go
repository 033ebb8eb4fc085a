package inventory

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/metricfilter"
	"github.com/trailhold/trailhold/internal/posture"
)

const (
	own    = lab.DefaultAccount
	home   = "us-east-1"
	bucket = "trail-logs"
)

// estate is an account of the lab in which everything is as it should be.
type estate struct {
	*lab.Lab
	t      *testing.T
	cloud  *awscloud.Cloud
	config aws.Config
	reader *reader

	trailARN, keyARN, topicARN string
}

func newEstate(t *testing.T, o lab.Options) *estate {
	l := lab.New(o)
	t.Cleanup(l.Close)
	cloud := awscloud.Isolated(home, "key", "secret", l.Client())
	e := &estate{Lab: l, t: t, cloud: cloud, config: cloud.Config(), trailARN: "arn:aws:cloudtrail:us-east-1:" + own + ":trail/main"}
	e.reader = newReader(t.Context(), cloud, "aws", Options{})
	e.key()
	e.topic()
	e.bucket()
	e.trail()
	e.alarms()
	e.rule()
	e.watchers()
	return e
}

func (e *estate) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *estate) ctx() context.Context { return e.t.Context() }

func (e *estate) key() {
	client := kms.NewFromConfig(e.config)
	made, err := client.CreateKey(e.ctx(), &kms.CreateKeyInput{})
	e.must(err)
	e.keyARN = aws.ToString(made.KeyMetadata.Arn)
	policy := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + own + `:root"},"Action":"kms:*","Resource":"*"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*","Condition":{"StringEquals":{"aws:SourceArn":"` + e.trailARN + `"}}},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:DescribeKey","Resource":"*"},
		{"Effect":"Allow","Principal":{"Service":["cloudwatch.amazonaws.com","logs.us-east-1.amazonaws.com"]},"Action":["kms:*"],"Resource":"*"}]}`
	_, err = client.PutKeyPolicy(e.ctx(), &kms.PutKeyPolicyInput{KeyId: &e.keyARN, PolicyName: aws.String("default"), Policy: &policy})
	e.must(err)
	_, err = client.EnableKeyRotation(e.ctx(), &kms.EnableKeyRotationInput{KeyId: &e.keyARN})
	e.must(err)
	_, err = client.CreateAlias(e.ctx(), &kms.CreateAliasInput{AliasName: aws.String("alias/alerts"), TargetKeyId: &e.keyARN})
	e.must(err)
}

func (e *estate) topic() {
	e.topicARN = "arn:aws:sns:us-east-1:" + own + ":alerts"
	client := sns.NewFromConfig(e.config)
	policy := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sns:Publish","Resource":"` + e.topicARN + `","Condition":{"StringEquals":{"aws:SourceArn":"` + e.trailARN + `"}}},
		{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"` + e.topicARN + `","Condition":{"StringEquals":{"aws:SourceAccount":"` + own + `"}}}]}`
	_, err := client.CreateTopic(e.ctx(), &sns.CreateTopicInput{Name: aws.String("alerts"), Attributes: map[string]string{"Policy": policy, "KmsMasterKeyId": "alias/alerts"}})
	e.must(err)
	queues := sqs.NewFromConfig(e.config)
	_, err = queues.CreateQueue(e.ctx(), &sqs.CreateQueueInput{QueueName: aws.String("pager")})
	e.must(err)
	_, err = client.Subscribe(e.ctx(), &sns.SubscribeInput{TopicArn: &e.topicARN, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:" + own + ":pager")})
	e.must(err)
}

func (e *estate) bucket() {
	client := e.cloud.S3(home)
	lock := true
	_, err := client.CreateBucket(e.ctx(), &s3.CreateBucketInput{Bucket: aws.String(bucket), ObjectLockEnabledForBucket: &lock})
	e.must(err)
	policy := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::` + bucket + `","Condition":{"StringEquals":{"aws:SourceArn":"` + e.trailARN + `"}}},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::` + bucket + `/AWSLogs/` + own + `/*","Condition":{"StringEquals":{"aws:SourceArn":"` + e.trailARN + `","s3:x-amz-acl":"bucket-owner-full-control"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::` + bucket + `","arn:aws:s3:::` + bucket + `/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
	_, err = client.PutBucketPolicy(e.ctx(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: &policy})
	e.must(err)
	_, err = client.PutObjectLockConfiguration(e.ctx(), &s3.PutObjectLockConfigurationInput{Bucket: aws.String(bucket), ObjectLockConfiguration: &s3types.ObjectLockConfiguration{
		ObjectLockEnabled: s3types.ObjectLockEnabledEnabled, Rule: &s3types.ObjectLockRule{DefaultRetention: &s3types.DefaultRetention{Mode: s3types.ObjectLockRetentionModeCompliance, Days: aws.Int32(400)}}}})
	e.must(err)
	_, err = client.PutBucketLogging(e.ctx(), &s3.PutBucketLoggingInput{Bucket: aws.String(bucket), BucketLoggingStatus: &s3types.BucketLoggingStatus{
		LoggingEnabled: &s3types.LoggingEnabled{TargetBucket: aws.String("access-logs"), TargetPrefix: aws.String("trail/")}}})
	e.must(err)
	_, err = client.PutBucketNotificationConfiguration(e.ctx(), &s3.PutBucketNotificationConfigurationInput{Bucket: aws.String(bucket), NotificationConfiguration: &s3types.NotificationConfiguration{
		EventBridgeConfiguration: &s3types.EventBridgeConfiguration{}}})
	e.must(err)
	_, err = client.PutBucketReplication(e.ctx(), &s3.PutBucketReplicationInput{Bucket: aws.String(bucket), ReplicationConfiguration: &s3types.ReplicationConfiguration{
		Role: aws.String("arn:aws:iam::" + own + ":role/replication"), Rules: []s3types.ReplicationRule{{Status: s3types.ReplicationRuleStatusEnabled, Priority: aws.Int32(1), Filter: &s3types.ReplicationRuleFilter{Prefix: aws.String("")},
			DeleteMarkerReplication: &s3types.DeleteMarkerReplication{Status: s3types.DeleteMarkerReplicationStatusDisabled},
			Destination:             &s3types.Destination{Bucket: aws.String("arn:aws:s3:::copies"), Account: aws.String("444455556666")}}}}})
	e.must(err)
}

func (e *estate) trail() {
	roles, logs := iam.NewFromConfig(e.config), cloudwatchlogs.NewFromConfig(e.config)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	_, err := roles.CreateRole(e.ctx(), &iam.CreateRoleInput{RoleName: aws.String("cloudtrail"), AssumeRolePolicyDocument: &trust})
	e.must(err)
	write := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:us-east-1:` + own + `:log-group:trail:*"}]}`
	_, err = roles.PutRolePolicy(e.ctx(), &iam.PutRolePolicyInput{RoleName: aws.String("cloudtrail"), PolicyName: aws.String("write"), PolicyDocument: &write})
	e.must(err)
	_, err = logs.CreateLogGroup(e.ctx(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("trail"), KmsKeyId: &e.keyARN})
	e.must(err)
	client := e.cloud.CloudTrail(home)
	_, err = client.CreateTrail(e.ctx(), &cloudtrail.CreateTrailInput{
		Name: aws.String("main"), S3BucketName: aws.String(bucket), SnsTopicName: &e.topicARN, KmsKeyId: &e.keyARN,
		CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:us-east-1:" + own + ":log-group:trail:*"), CloudWatchLogsRoleArn: aws.String("arn:aws:iam::" + own + ":role/cloudtrail"),
		EnableLogFileValidation: aws.Bool(true), IsMultiRegionTrail: aws.Bool(true), IncludeGlobalServiceEvents: aws.Bool(true),
		TagsList: []cttypes.Tag{{Key: aws.String("owner"), Value: aws.String("security")}},
	})
	e.must(err)
	data := []string{"AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table", "AWS::Bedrock::AgentAlias", "AWS::Bedrock::AsyncInvoke", "AWS::Bedrock::FlowAlias",
		"AWS::Bedrock::Guardrail", "AWS::Bedrock::InlineAgent", "AWS::Bedrock::KnowledgeBase", "AWS::Bedrock::Model", "AWS::Bedrock::PromptVersion"}
	selectors := []cttypes.AdvancedEventSelector{{FieldSelectors: []cttypes.AdvancedFieldSelector{{Field: aws.String("eventCategory"), Equals: []string{"Management"}}}}}
	for _, kind := range data {
		selectors = append(selectors, cttypes.AdvancedEventSelector{FieldSelectors: []cttypes.AdvancedFieldSelector{
			{Field: aws.String("eventCategory"), Equals: []string{"Data"}}, {Field: aws.String("resources.type"), Equals: []string{kind}}}})
	}
	_, err = client.PutEventSelectors(e.ctx(), &cloudtrail.PutEventSelectorsInput{TrailName: aws.String("main"), AdvancedEventSelectors: selectors})
	e.must(err)
	_, err = client.StartLogging(e.ctx(), &cloudtrail.StartLoggingInput{Name: aws.String("main")})
	e.must(err)
	_, err = client.PutInsightSelectors(e.ctx(), &cloudtrail.PutInsightSelectorsInput{TrailName: aws.String("main"), InsightSelectors: []cttypes.InsightSelector{
		{InsightType: cttypes.InsightTypeApiCallRateInsight}, {InsightType: cttypes.InsightTypeApiErrorRateInsight}}})
	e.must(err)
}

func (e *estate) alarms() {
	logs, alarms := cloudwatchlogs.NewFromConfig(e.config), cloudwatch.NewFromConfig(e.config)
	for _, c := range metricfilter.Controls() {
		_, err := logs.PutMetricFilter(e.ctx(), &cloudwatchlogs.PutMetricFilterInput{LogGroupName: aws.String("trail"), FilterName: &c.ID, FilterPattern: &c.Pattern,
			MetricTransformations: []logstypes.MetricTransformation{{MetricName: &c.ID, MetricNamespace: aws.String("CloudTrail"), MetricValue: aws.String("1")}}})
		e.must(err)
		_, err = alarms.PutMetricAlarm(e.ctx(), &cloudwatch.PutMetricAlarmInput{AlarmName: &c.ID, MetricName: &c.ID, Namespace: aws.String("CloudTrail"), Statistic: "Sum",
			Period: aws.Int32(300), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: "GreaterThanOrEqualToThreshold", AlarmActions: []string{e.topicARN}})
		e.must(err)
	}
}

func (e *estate) rule() {
	events := eventbridge.NewFromConfig(e.config)
	pattern := `{"source":["aws.cloudtrail"],"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["cloudtrail.amazonaws.com"]}}`
	_, err := events.PutRule(e.ctx(), &eventbridge.PutRuleInput{Name: aws.String("guard"), EventPattern: &pattern})
	e.must(err)
	queue := aws.String("arn:aws:sqs:us-east-1:" + own + ":pager")
	_, err = events.PutTargets(e.ctx(), &eventbridge.PutTargetsInput{Rule: aws.String("guard"), Targets: []ebtypes.Target{{Id: aws.String("guard"), Arn: queue, DeadLetterConfig: &ebtypes.DeadLetterConfig{Arn: queue}}}})
	e.must(err)
}

// watchers turns on in every region what watches beside the trail, and blocks public access for the whole account.
func (e *estate) watchers() {
	for _, region := range []string{"us-east-1", "us-west-2", "eu-west-1"} {
		put := configCall("PutConfigurationRecorder", region)
		put.Body = `{"ConfigurationRecorder":{"name":"default","roleARN":"arn:aws:iam::` + own + `:role/config","recordingGroup":{"allSupported":true}}}`
		e.call(put)
		start := configCall("StartConfigurationRecorder", region)
		start.Body = `{"ConfigurationRecorderName":"default"}`
		e.call(start)
		e.call(awscloud.SignedCall{Op: "CreateDetector", Service: "guardduty", Region: region, Method: http.MethodPost, Path: "/detector", Body: `{"enable":true}`})
		e.call(awscloud.SignedCall{Op: "EnableSecurityHub", Service: "securityhub", Region: region, Method: http.MethodPost, Path: "/accounts", Body: "{}"})
	}
	e.call(awscloud.SignedCall{Op: "PutPublicAccessBlock", Service: "s3", Region: home, Method: http.MethodPut, Path: "/v20180820/configuration/publicAccessBlock",
		Header: map[string]string{"X-Amz-Account-Id": own},
		Body:   `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`})
}

func (e *estate) call(c awscloud.SignedCall) {
	e.t.Helper()
	_, err := e.reader.send(e.ctx(), c)
	e.must(err)
}

// audit reads the lab and puts all checks to it.
func (e *estate) audit(o Options) posture.Report {
	e.t.Helper()
	inv, err := Read(e.ctx(), e.cloud, time.Now(), o)
	e.must(err)
	return posture.Audit(inv, posture.Options{})
}

// not lists the findings that have one of the statuses, as "check: detail".
func not(r posture.Report, statuses ...posture.Status) map[string]string {
	found := map[string]string{}
	for _, f := range r.Findings {
		for _, s := range statuses {
			if f.Status == s {
				found[f.Check] = strings.Join([]string{f.Region, f.Resource, f.Detail}, " ")
			}
		}
	}
	return found
}

// TestHealthy: of a lab account that has everything, nothing fails and nothing is unknown, over the wire.
func TestHealthy(t *testing.T) {
	e := newEstate(t, lab.Options{})
	r := e.audit(Options{})
	for check, text := range not(r, posture.Fail, posture.Unknown) {
		t.Errorf("%s: %s", check, text)
	}
	if r.Score.Value != 10 {
		text, _ := json.Marshal(r.Score)
		t.Errorf("the score is %s", text)
	}
	for _, line := range r.Unread {
		t.Error(line)
	}
}
