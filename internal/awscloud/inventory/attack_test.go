package inventory

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/metricfilter"
	"github.com/trailhold/trailhold/internal/posture"
)

// TestAttacked attacks the healthy account in one way after the other, and says which checks have to fail then.
func TestAttacked(t *testing.T) {
	attacks := []struct {
		name   string
		attack func(*estate) error
		fails  []string
	}{
		{"stop logging", func(e *estate) error {
			_, err := e.cloud.CloudTrail(home).StopLogging(e.ctx(), &cloudtrail.StopLoggingInput{Name: &e.trailARN})
			return err
		}, []string{"ct-delivery", "ct-gap", "ct-global-events", "ct-logging", "ct-mgmt-events", "ct-multi-region", "ct-security-trail", "ct-s3-data-read", "mf-cloudtrail-config"}},
		{"delete the trail", func(e *estate) error {
			_, err := e.cloud.CloudTrail(home).DeleteTrail(e.ctx(), &cloudtrail.DeleteTrailInput{Name: &e.trailARN})
			return err
		}, []string{"ct-trail-exists", "ct-logging", "ct-multi-region", "ct-s3-data-write", "mf-root-usage"}},
		{"blind selectors", func(e *estate) error {
			_, err := e.cloud.CloudTrail(home).PutEventSelectors(e.ctx(), &cloudtrail.PutEventSelectorsInput{TrailName: &e.trailARN, EventSelectors: []cttypes.EventSelector{{
				ReadWriteType: cttypes.ReadWriteTypeReadOnly, IncludeManagementEvents: aws.Bool(true)}}})
			return err
		}, []string{"ct-mgmt-events", "ct-multi-region", "ct-security-trail", "ct-s3-data-write", "ct-lambda-data"}},
		{"an event that is left out", func(e *estate) error {
			_, err := e.cloud.CloudTrail(home).PutEventSelectors(e.ctx(), &cloudtrail.PutEventSelectorsInput{TrailName: &e.trailARN, AdvancedEventSelectors: []cttypes.AdvancedEventSelector{{
				FieldSelectors: []cttypes.AdvancedFieldSelector{{Field: aws.String("eventCategory"), Equals: []string{"Management"}}, {Field: aws.String("eventSource"), NotEquals: []string{"kms.amazonaws.com"}}}}}})
			return err
		}, []string{"ct-mgmt-events"}},
		{"one region, no validation", func(e *estate) error {
			_, err := e.cloud.CloudTrail(home).UpdateTrail(e.ctx(), &cloudtrail.UpdateTrailInput{Name: &e.trailARN, IsMultiRegionTrail: aws.Bool(false), EnableLogFileValidation: aws.Bool(false)})
			return err
		}, []string{"ct-multi-region", "ct-validation", "ct-s3-data-write", "mf-vpc"}},
		{"disable the key", func(e *estate) error {
			_, err := kms.NewFromConfig(e.config).DisableKey(e.ctx(), &kms.DisableKeyInput{KeyId: &e.keyARN})
			return err
		}, []string{"ct-kms", "ct-kms-state", "ct-sns-topic", "mf-root-usage"}},
		{"expire log files", func(e *estate) error {
			_, err := e.cloud.S3(home).PutBucketLifecycleConfiguration(e.ctx(), &s3.PutBucketLifecycleConfigurationInput{Bucket: aws.String(bucket), LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
				Rules: []s3types.LifecycleRule{{ID: aws.String("tidy"), Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(1)}}}}})
			return err
		}, []string{"ct-bucket-lifecycle"}},
		{"keep CloudTrail out of the bucket", func(e *estate) error {
			policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + bucket + `/*"}]}`
			_, err := e.cloud.S3(home).DeletePublicAccessBlock(e.ctx(), &s3.DeletePublicAccessBlockInput{Bucket: aws.String(bucket)})
			e.must(err)
			e.call(awscloud.SignedCall{Op: "DeletePublicAccessBlock", Service: "s3", Region: home, Method: http.MethodDelete, Path: "/v20180820/configuration/publicAccessBlock",
				Header: map[string]string{"X-Amz-Account-Id": own}})
			_, err = e.cloud.S3(home).PutBucketPolicy(e.ctx(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: &policy})
			return err
		}, []string{"ct-account-pab", "ct-bucket-policy-delivery", "ct-bucket-private", "ct-bucket-tls"}},
		{"delete the topic", func(e *estate) error {
			_, err := sns.NewFromConfig(e.config).DeleteTopic(e.ctx(), &sns.DeleteTopicInput{TopicArn: &e.topicARN})
			return err
		}, []string{"ct-sns-topic", "mf-cloudtrail-config"}},
		{"disable an alarm's actions", func(e *estate) error {
			_, err := cloudwatch.NewFromConfig(e.config).DisableAlarmActions(e.ctx(), &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"mf-cloudtrail-config"}})
			return err
		}, []string{"mf-alarm-actions", "mf-cloudtrail-config"}},
		{"poison a metric filter", func(e *estate) error {
			pattern := `{ (` + metricfilter.Controls()[4].Pattern[2:len(metricfilter.Controls()[4].Pattern)-2] + `) && ($.userIdentity.userName != "mallory") }`
			id := metricfilter.Controls()[4].ID
			_, err := cloudwatchlogs.NewFromConfig(e.config).PutMetricFilter(e.ctx(), &cloudwatchlogs.PutMetricFilterInput{LogGroupName: aws.String("trail"), FilterName: &id, FilterPattern: &pattern,
				MetricTransformations: []logstypes.MetricTransformation{{MetricName: &id, MetricNamespace: aws.String("CloudTrail"), MetricValue: aws.String("1")}}})
			return err
		}, []string{metricfilter.Controls()[4].ID}},
		{"disable the rule", func(e *estate) error {
			_, err := eventbridge.NewFromConfig(e.config).DisableRule(e.ctx(), &eventbridge.DisableRuleInput{Name: aws.String("guard")})
			return err
		}, []string{"guard-rule-on"}},
		{"a role that may do everything with trails", func(e *estate) error {
			policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudtrail:*","Resource":"*"}]}`
			_, err := iam.NewFromConfig(e.config).PutRolePolicy(e.ctx(), &iam.PutRolePolicyInput{RoleName: aws.String("cloudtrail"), PolicyName: aws.String("all"), PolicyDocument: &policy})
			return err
		}, []string{"ct-iam-full-access"}},
		{"stop what watches beside it", func(e *estate) error {
			stop := configCall("StopConfigurationRecorder", "eu-west-1")
			stop.Body = `{"ConfigurationRecorderName":"default"}`
			_, err := e.reader.send(e.ctx(), stop)
			return err
		}, []string{"ct-config"}},
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, lab.Options{})
			e.must(a.attack(e))
			r := e.audit(Options{Regions: []string{home, "us-west-2", "eu-west-1"}})
			failed := not(r, posture.Fail)
			for _, check := range a.fails {
				if failed[check] == "" {
					t.Errorf("%s does not fail", check)
				}
			}
			if r.Score.Value > 9.9 {
				t.Errorf("the score is %v", r.Score.Value)
			}
		})
	}
}

// TestDenied: whatever may not be read is unknown, and never passes.
func TestDenied(t *testing.T) {
	e := newEstate(t, lab.Options{})
	for _, service := range []string{"account", "cloudtrail", "config", "events", "guardduty", "iam", "kms", "logs", "monitoring", "organizations", "s3", "securityhub", "sns", "sqs"} {
		defer e.Inject(lab.Fault{Service: service, Kind: lab.AccessDenied})()
	}
	for _, regions := range [][]string{nil, {home}} {
		for check, text := range not(e.audit(Options{Regions: regions}), posture.Pass) {
			t.Errorf("%s passes: %s", check, text)
		}
	}
}

// TestDeniedOne denies one service after the other. No check fails for that: it passes without that service, or is unknown.
func TestDeniedOne(t *testing.T) {
	if testing.Short() {
		t.Skip("a dozen audits")
	}
	e := newEstate(t, lab.Options{})
	for _, service := range []string{"cloudtrail", "config", "events", "guardduty", "iam", "kms", "logs", "monitoring", "s3", "securityhub", "sns"} {
		remove := e.Inject(lab.Fault{Service: service, Kind: lab.AccessDenied})
		r := e.audit(Options{Regions: []string{home, "us-west-2", "eu-west-1"}})
		for check, text := range not(r, posture.Fail) {
			t.Errorf("without %s, %s fails: %s", service, check, text)
		}
		if len(not(r, posture.Unknown)) == 0 || len(r.Unread) == 0 {
			t.Errorf("without %s nothing is unknown", service)
		}
		remove()
	}
}
