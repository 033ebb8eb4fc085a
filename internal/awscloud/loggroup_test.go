package awscloud

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	logsKeyPolicy = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
		{"Effect":"Allow","Principal":{"Service":"logs.eu-west-1.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:Decrypt*","kms:Describe*"],"Resource":"*"}]}`
	dataPolicy = `{"Name":"p","Version":"2021-06-01","Statement":[
		{"Sid":"audit","DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/Name","arn:aws:dataprotection::aws:data-identifier/EmailAddress"],"Operation":{"Audit":{"FindingsDestination":{}}}},
		{"Sid":"redact","DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/Name","arn:aws:dataprotection::aws:data-identifier/EmailAddress"],"Operation":{"Deidentify":{"MaskConfig":{}}}}]}`
)

// stops is a metric filter on calls of StopLogging.
func stops(group, name string) *cloudwatchlogs.PutMetricFilterInput {
	return &cloudwatchlogs.PutMetricFilterInput{
		LogGroupName: &group, FilterName: &name, FilterPattern: aws.String(`{ $.eventName = "StopLogging" }`),
		MetricTransformations: []logstypes.MetricTransformation{{MetricName: aws.String("Stops"), MetricNamespace: aws.String("Trail"), MetricValue: aws.String("1"), DefaultValue: aws.Float64(0)}},
	}
}

func siem(group, name string) *cloudwatchlogs.PutSubscriptionFilterInput {
	return &cloudwatchlogs.PutSubscriptionFilterInput{
		LogGroupName: &group, FilterName: &name, FilterPattern: aws.String(""),
		DestinationArn: aws.String("arn:aws:kinesis:eu-west-1:111122223333:stream/" + name), RoleArn: aws.String("arn:aws:iam::111122223333:role/siem"),
	}
}

// logKey makes a key that CloudWatch Logs may use.
func (w *world) logKey(t *testing.T) *string {
	t.Helper()
	out, err := w.cloud.kms("eu-west-1").CreateKey(w.context, &kms.CreateKeyInput{Policy: aws.String(logsKeyPolicy)})
	if err != nil {
		t.Fatal(err)
	}
	return out.KeyMetadata.Arn
}

// guardedGroup makes a log group with every setting that a log group can have.
func (w *world) guardedGroup(t *testing.T, name string) trail.Resource {
	t.Helper()
	c, group := w.cloud.logs("eu-west-1"), &name
	must[cloudwatchlogs.CreateLogGroupOutput](t)(c.CreateLogGroup(w.context, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group, KmsKeyId: w.logKey(t)}))
	must[cloudwatchlogs.CreateLogGroupOutput](t)(c.CreateLogGroup(w.context, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(name + "-2")}))
	must[cloudwatchlogs.PutRetentionPolicyOutput](t)(c.PutRetentionPolicy(w.context, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: group, RetentionInDays: aws.Int32(365)}))
	must[cloudwatchlogs.PutMetricFilterOutput](t)(c.PutMetricFilter(w.context, stops(name, "stops")))
	must[cloudwatchlogs.PutSubscriptionFilterOutput](t)(c.PutSubscriptionFilter(w.context, siem(name, "siem")))
	must[cloudwatchlogs.PutDataProtectionPolicyOutput](t)(c.PutDataProtectionPolicy(w.context, &cloudwatchlogs.PutDataProtectionPolicyInput{LogGroupIdentifier: group, PolicyDocument: aws.String(dataPolicy)}))
	must[cloudwatchlogs.PutLogGroupDeletionProtectionOutput](t)(c.PutLogGroupDeletionProtection(w.context, &cloudwatchlogs.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: group, DeletionProtectionEnabled: aws.Bool(true)}))
	return trail.Resource{Type: trail.LogGroup, ARN: "arn:aws:logs:eu-west-1:111122223333:log-group:" + name + ":*", Region: "eu-west-1", Account: lab.DefaultAccount}
}

func TestLogGroupWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	r := w.guardedGroup(t, "audit/trail")
	c, group := w.cloud.logs("eu-west-1"), aws.String("audit/trail")
	retain := func(days int32) func(*testing.T) {
		return func(t *testing.T) {
			must[cloudwatchlogs.PutRetentionPolicyOutput](t)(c.PutRetentionPolicy(w.context, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: group, RetentionInDays: &days}))
		}
	}
	unprotect := func(t *testing.T) {
		must[cloudwatchlogs.PutLogGroupDeletionProtectionOutput](t)(c.PutLogGroupDeletionProtection(w.context, &cloudwatchlogs.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: group, DeletionProtectionEnabled: aws.Bool(false)}))
	}
	tamperings := []tampering{
		{"retention", "retention", retain(1), []trail.Op{trail.OpPutRetentionPolicy}},
		{"key removed", "encryption", func(t *testing.T) {
			must[cloudwatchlogs.DisassociateKmsKeyOutput](t)(c.DisassociateKmsKey(w.context, &cloudwatchlogs.DisassociateKmsKeyInput{LogGroupName: group}))
		}, []trail.Op{trail.OpAssociateKmsKey}},
		{"metric filter deleted", "metricFilters", func(t *testing.T) {
			must[cloudwatchlogs.DeleteMetricFilterOutput](t)(c.DeleteMetricFilter(w.context, &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: group, FilterName: aws.String("stops")}))
		}, []trail.Op{trail.OpPutMetricFilter}},
		{"metric filter blind", "metricFilters", func(t *testing.T) {
			blind := stops(*group, "stops")
			blind.FilterPattern = aws.String(`{ $.eventName = "Never" }`)
			must[cloudwatchlogs.PutMetricFilterOutput](t)(c.PutMetricFilter(w.context, blind))
		}, []trail.Op{trail.OpPutMetricFilter}},
		{"subscription filter deleted", "subscriptionFilters", func(t *testing.T) {
			must[cloudwatchlogs.DeleteSubscriptionFilterOutput](t)(c.DeleteSubscriptionFilter(w.context, &cloudwatchlogs.DeleteSubscriptionFilterInput{LogGroupName: group, FilterName: aws.String("siem")}))
		}, []trail.Op{trail.OpPutSubscriptionFilter}},
		{"data protection deleted", "dataProtection", func(t *testing.T) {
			must[cloudwatchlogs.DeleteDataProtectionPolicyOutput](t)(c.DeleteDataProtectionPolicy(w.context, &cloudwatchlogs.DeleteDataProtectionPolicyInput{LogGroupIdentifier: group}))
		}, []trail.Op{trail.OpPutDataProtectionPolicy}},
		{"less masked", "dataProtection", func(t *testing.T) {
			less := strings.ReplaceAll(dataPolicy, `"arn:aws:dataprotection::aws:data-identifier/Name",`, "")
			must[cloudwatchlogs.PutDataProtectionPolicyOutput](t)(c.PutDataProtectionPolicy(w.context, &cloudwatchlogs.PutDataProtectionPolicyInput{LogGroupIdentifier: group, PolicyDocument: &less}))
		}, []trail.Op{trail.OpPutDataProtectionPolicy}},
		{"deletion protection off", "deletionProtection", unprotect, []trail.Op{trail.OpPutLogGroupDeletionProtection}},
		{"deleted", trail.Identity, func(t *testing.T) {
			unprotect(t)
			must[cloudwatchlogs.DeleteLogGroupOutput](t)(c.DeleteLogGroup(w.context, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: group}))
		}, []trail.Op{
			trail.OpCreateLogGroup, trail.OpPutLogGroupDeletionProtection, trail.OpPutRetentionPolicy, trail.OpAssociateKmsKey,
			trail.OpPutMetricFilter, trail.OpPutSubscriptionFilter, trail.OpPutDataProtectionPolicy,
		}},
	}
	w.withstands(t, r, tamperings)
	covers(t, trail.LogGroup, tamperings)

	// Beside it is one that has nothing configured: what was added goes away.
	group = aws.String(*group + "-2")
	r.ARN = "arn:aws:logs:eu-west-1:111122223333:log-group:" + *group
	w.withstands(t, r, []tampering{
		{"retention added", "retention", retain(1), []trail.Op{trail.OpDeleteRetentionPolicy}},
		{"key added", "encryption", func(t *testing.T) {
			must[cloudwatchlogs.AssociateKmsKeyOutput](t)(c.AssociateKmsKey(w.context, &cloudwatchlogs.AssociateKmsKeyInput{LogGroupName: group, KmsKeyId: w.logKey(t)}))
		}, []trail.Op{trail.OpDisassociateKmsKey}},
		{"data protection added", "dataProtection", func(t *testing.T) {
			must[cloudwatchlogs.PutDataProtectionPolicyOutput](t)(c.PutDataProtectionPolicy(w.context, &cloudwatchlogs.PutDataProtectionPolicyInput{LogGroupIdentifier: group, PolicyDocument: aws.String(dataPolicy)}))
		}, []trail.Op{trail.OpDeleteDataProtectionPolicy}},
	})
}
