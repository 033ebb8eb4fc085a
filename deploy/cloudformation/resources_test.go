package cloudformation_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// required are the properties without which CloudFormation refuses a resource, and those of ours without which it would work
// in another way than we want. A new type has to be entered here.
var required = map[string][]string{
	"AWS::CloudFormation::StackSet":  {"StackSetName", "PermissionModel", "TemplateURL", "AutoDeployment", "Capabilities", "StackInstancesGroup"},
	"AWS::CloudWatch::Alarm":         {"AlarmName", "AlarmDescription", "ComparisonOperator", "EvaluationPeriods", "TreatMissingData", "AlarmActions", "Threshold", "Period", "Statistic"},
	"AWS::DynamoDB::Table":           {"KeySchema", "DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "TimeToLiveSpecification"},
	"AWS::Events::EventBus":          {"Name"},
	"AWS::Events::EventBusPolicy":    {"StatementId", "EventBusName", "Statement"},
	"AWS::Events::Rule":              {"Name", "State", "EventPattern", "Targets"},
	"AWS::IAM::ManagedPolicy":        {"ManagedPolicyName", "PolicyDocument", "Roles"},
	"AWS::IAM::Policy":               {"PolicyName", "PolicyDocument", "Roles"},
	"AWS::IAM::Role":                 {"AssumeRolePolicyDocument", "RoleName"},
	"AWS::KMS::Key":                  {"KeyPolicy", "EnableKeyRotation"},
	"AWS::Lambda::EventInvokeConfig": {"FunctionName", "Qualifier", "DestinationConfig", "MaximumRetryAttempts"},
	"AWS::Lambda::Function":          {"Code", "Role", "Runtime", "Handler", "Timeout", "ReservedConcurrentExecutions", "LoggingConfig"},
	"AWS::Lambda::Permission":        {"Action", "FunctionName", "Principal", "SourceAccount", "SourceArn"},
	"AWS::Logs::LogGroup":            {"LogGroupName", "RetentionInDays"},
	"AWS::S3::Bucket":                {"BucketName", "VersioningConfiguration", "ObjectLockConfiguration", "PublicAccessBlockConfiguration", "BucketEncryption", "OwnershipControls"},
	"AWS::S3::BucketPolicy":          {"Bucket", "PolicyDocument"},
	"AWS::SNS::Subscription":         {"TopicArn", "Protocol", "Endpoint"},
	"AWS::SNS::Topic":                {"TopicName", "KmsMasterKeyId"},
	"AWS::SNS::TopicPolicy":          {"Topics", "PolicyDocument"},
	"AWS::SQS::Queue":                {"QueueName", "SqsManagedSseEnabled", "MessageRetentionPeriod"},
	"AWS::SQS::QueuePolicy":          {"Queues", "PolicyDocument"},
	"AWS::Scheduler::Schedule":       {"FlexibleTimeWindow", "ScheduleExpression", "Target", "State"},
}

func TestRequiredProperties(t *testing.T) {
	forEach(t, func(t *testing.T, tm template) {
		for id, r := range tm.resources {
			kind := fmt.Sprint(r.(object)["Type"])
			properties, known := required[kind]
			if !known {
				t.Errorf("%s: say which properties a %s needs", id, kind)
			}
			for _, p := range properties {
				if at(r, "Properties", p) == nil {
					t.Errorf("%s, a %s, has no %s", id, kind, p)
				}
			}
		}
	})
}

// TestEvidenceOutlivesTheStack: whoever deletes the stack must not delete with it what tells of them.
func TestEvidenceOutlivesTheStack(t *testing.T) {
	keeps := []string{"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::SNS::Topic"}
	forEach(t, func(t *testing.T, tm template) {
		for id, r := range tm.resources {
			if !slices.Contains(keeps, fmt.Sprint(at(r, "Type"))) {
				continue
			}
			if policy := fmt.Sprint(at(r, "DeletionPolicy")); policy != "Retain" && policy != "RetainExceptOnCreate" || at(r, "UpdateReplacePolicy") != "Retain" {
				t.Errorf("%s would not outlive its stack, or its replacement", id)
			}
		}
	})
	if at(read(t, "trailhold.yaml").resources, "JournalTable", "DeletionPolicy") != "Retain" {
		t.Error("CloudFormation cannot delete a protected table when a creation is rolled back: it must be kept")
	}
}

// TestQueuesKeepLong: dead letters wait for people.
func TestQueuesKeepLong(t *testing.T) {
	forEach(t, func(t *testing.T, tm template) {
		for id, queue := range tm.of("AWS::SQS::Queue") {
			if queue["MessageRetentionPeriod"] != "1209600" || queue["SqsManagedSseEnabled"] != "true" {
				t.Errorf("%s must keep messages for 14 days, encrypted", id)
			}
		}
	})
}

func TestBucketOfCodeAndBaseline(t *testing.T) {
	bucket := read(t, "store.yaml").of("AWS::S3::Bucket")["Bucket"]
	if at(bucket, "VersioningConfiguration", "Status") != "Enabled" || bucket["ObjectLockEnabled"] != "true" ||
		at(bucket, "ObjectLockConfiguration", "Rule", "DefaultRetention", "Mode") != "GOVERNANCE" {
		t.Errorf("versions of the baseline must not be deletable: %v", bucket)
	}
	for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		if at(bucket, "PublicAccessBlockConfiguration", block) != "true" {
			t.Errorf("%s must be on", block)
		}
	}
}

// TestTopicIsEncryptedWithAKeyThatAlarmsMayUse: with the key that AWS manages for SNS, alarms would fail silently.
func TestTopicIsEncryptedWithAKeyThatAlarmsMayUse(t *testing.T) {
	tm := read(t, "trailhold.yaml")
	key := tm.of("AWS::KMS::Key")["AlertKey"]
	if got := fmt.Sprint(at(tm.resources, "AlertTopic", "Properties", "KmsMasterKeyId")); !strings.Contains(got, "AlertKey") {
		t.Errorf("the topic is encrypted with %s", got)
	}
	for what, statements := range map[string][]any{
		"key":   many(at(key["KeyPolicy"], "Statement")),
		"topic": many(at(tm.resources, "AlertTopicPolicy", "Properties", "PolicyDocument", "Statement")),
	} {
		if !slices.ContainsFunc(statements, func(s any) bool {
			return at(s, "Effect") == "Allow" && at(s, "Principal", "Service") == "cloudwatch.amazonaws.com"
		}) {
			t.Errorf("the policy of the %s does not let alarms publish", what)
		}
	}
}

// TestStackSetsFitTheirTemplates: a parameter that is missing or misspelt shows only when the stack set is created.
func TestStackSetsFitTheirTemplates(t *testing.T) {
	sets := read(t, "organization.yaml").of("AWS::CloudFormation::StackSet")
	for id, file := range map[string]string{"Forwarders": "forwarder.yaml", "MemberRoles": "member-role.yaml"} {
		given, taken := map[string]bool{}, read(t, file).parameters
		for _, p := range many(sets[id]["Parameters"]) {
			name := fmt.Sprint(at(p, "ParameterKey"))
			if given[name] = true; taken[name] == nil {
				t.Errorf("%s gives %s, which %s does not take", id, name, file)
			}
		}
		for name, p := range taken {
			if at(p, "Default") == nil && !given[name] {
				t.Errorf("%s does not give %s, which %s needs", id, name, file)
			}
		}
	}
}

// TestMembersRolesHaveOneName: the function may assume the role that the members' template makes, and needs nothing else for them.
func TestMembersRolesHaveOneName(t *testing.T) {
	organization := read(t, "organization.yaml")
	role := fmt.Sprint(at(read(t, "member-role.yaml").resources, "MemberRole", "Properties", "RoleName", "Fn::Sub"))
	given := map[string]string{}
	for _, s := range organization.statements() {
		given[fmt.Sprint(s.fields["Action"])] = fmt.Sprint(at(s.fields["Resource"], "Fn::Sub"))
	}
	want := map[string]string{"sts:AssumeRole": "arn:${AWS::Partition}:iam::*:role/" + role, "s3:GetObject": "arn:${AWS::Partition}:s3:::${MembersBucket}/members/*"}
	if !maps.Equal(given, want) {
		t.Errorf("given %v, want %v", given, want)
	}
}
