package intruder

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// calls are all operations that intruders, and those who set up what they attack, need.
var calls = map[string]call{
	"cloudtrail:CreateEventDataStore":        of(cloudtrail.NewFromConfig, (*cloudtrail.Client).CreateEventDataStore),
	"cloudtrail:UpdateEventDataStore":        of(cloudtrail.NewFromConfig, (*cloudtrail.Client).UpdateEventDataStore),
	"cloudtrail:DeleteEventDataStore":        of(cloudtrail.NewFromConfig, (*cloudtrail.Client).DeleteEventDataStore),
	"cloudtrail:StopEventDataStoreIngestion": of(cloudtrail.NewFromConfig, (*cloudtrail.Client).StopEventDataStoreIngestion),
	"cloudtrail:CreateChannel":               of(cloudtrail.NewFromConfig, (*cloudtrail.Client).CreateChannel),
	"cloudtrail:UpdateChannel":               of(cloudtrail.NewFromConfig, (*cloudtrail.Client).UpdateChannel),
	"cloudtrail:DeleteChannel":               of(cloudtrail.NewFromConfig, (*cloudtrail.Client).DeleteChannel),
	"cloudtrail:PutResourcePolicy":           of(cloudtrail.NewFromConfig, (*cloudtrail.Client).PutResourcePolicy),
	"cloudtrail:DeleteResourcePolicy":        of(cloudtrail.NewFromConfig, (*cloudtrail.Client).DeleteResourcePolicy),

	"s3:CreateBucket":                       of(s3ByPath, (*s3.Client).CreateBucket),
	"s3:DeleteBucket":                       of(s3ByPath, (*s3.Client).DeleteBucket),
	"s3:PutBucketPolicy":                    of(s3ByPath, (*s3.Client).PutBucketPolicy),
	"s3:DeleteBucketPolicy":                 of(s3ByPath, (*s3.Client).DeleteBucketPolicy),
	"s3:PutBucketLifecycleConfiguration":    of(s3ByPath, (*s3.Client).PutBucketLifecycleConfiguration),
	"s3:DeleteBucketLifecycle":              of(s3ByPath, (*s3.Client).DeleteBucketLifecycle),
	"s3:PutBucketVersioning":                of(s3ByPath, (*s3.Client).PutBucketVersioning),
	"s3:PutObjectLockConfiguration":         of(s3ByPath, (*s3.Client).PutObjectLockConfiguration),
	"s3:PutBucketEncryption":                of(s3ByPath, (*s3.Client).PutBucketEncryption),
	"s3:DeleteBucketEncryption":             of(s3ByPath, (*s3.Client).DeleteBucketEncryption),
	"s3:PutBucketReplication":               of(s3ByPath, (*s3.Client).PutBucketReplication),
	"s3:DeleteBucketReplication":            of(s3ByPath, (*s3.Client).DeleteBucketReplication),
	"s3:PutBucketAcl":                       of(s3ByPath, (*s3.Client).PutBucketAcl),
	"s3:PutBucketOwnershipControls":         of(s3ByPath, (*s3.Client).PutBucketOwnershipControls),
	"s3:DeleteBucketOwnershipControls":      of(s3ByPath, (*s3.Client).DeleteBucketOwnershipControls),
	"s3:PutPublicAccessBlock":               of(s3ByPath, (*s3.Client).PutPublicAccessBlock),
	"s3:DeletePublicAccessBlock":            of(s3ByPath, (*s3.Client).DeletePublicAccessBlock),
	"s3:PutBucketRequestPayment":            of(s3ByPath, (*s3.Client).PutBucketRequestPayment),
	"s3:PutBucketLogging":                   of(s3ByPath, (*s3.Client).PutBucketLogging),
	"s3:PutBucketNotificationConfiguration": of(s3ByPath, (*s3.Client).PutBucketNotificationConfiguration),
	"s3:DeleteObject":                       of(s3ByPath, (*s3.Client).DeleteObject),
	"s3:DeleteObjects":                      of(s3ByPath, (*s3.Client).DeleteObjects),
	"s3:ListObjectVersions":                 of(s3ByPath, (*s3.Client).ListObjectVersions),

	"kms:CreateKey":           of(kms.NewFromConfig, (*kms.Client).CreateKey),
	"kms:DisableKey":          of(kms.NewFromConfig, (*kms.Client).DisableKey),
	"kms:ScheduleKeyDeletion": of(kms.NewFromConfig, (*kms.Client).ScheduleKeyDeletion),
	"kms:PutKeyPolicy":        of(kms.NewFromConfig, (*kms.Client).PutKeyPolicy),
	"kms:CreateGrant":         of(kms.NewFromConfig, (*kms.Client).CreateGrant),
	"kms:RevokeGrant":         of(kms.NewFromConfig, (*kms.Client).RevokeGrant),
	"kms:RetireGrant":         of(kms.NewFromConfig, (*kms.Client).RetireGrant),
	"kms:ListGrants":          of(kms.NewFromConfig, (*kms.Client).ListGrants),
	"kms:EnableKeyRotation":   of(kms.NewFromConfig, (*kms.Client).EnableKeyRotation),
	"kms:DisableKeyRotation":  of(kms.NewFromConfig, (*kms.Client).DisableKeyRotation),

	"sns:CreateTopic":               of(sns.NewFromConfig, (*sns.Client).CreateTopic),
	"sns:DeleteTopic":               of(sns.NewFromConfig, (*sns.Client).DeleteTopic),
	"sns:SetTopicAttributes":        of(sns.NewFromConfig, (*sns.Client).SetTopicAttributes),
	"sns:AddPermission":             of(sns.NewFromConfig, (*sns.Client).AddPermission),
	"sns:Subscribe":                 of(sns.NewFromConfig, (*sns.Client).Subscribe),
	"sns:Unsubscribe":               of(sns.NewFromConfig, (*sns.Client).Unsubscribe),
	"sns:SetSubscriptionAttributes": of(sns.NewFromConfig, (*sns.Client).SetSubscriptionAttributes),
	"sns:ListSubscriptionsByTopic":  of(sns.NewFromConfig, (*sns.Client).ListSubscriptionsByTopic),

	"logs:CreateLogGroup":                of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).CreateLogGroup),
	"logs:DeleteLogGroup":                of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DeleteLogGroup),
	"logs:DeleteLogStream":               of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DeleteLogStream),
	"logs:DescribeLogStreams":            of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DescribeLogStreams),
	"logs:PutRetentionPolicy":            of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).PutRetentionPolicy),
	"logs:DeleteRetentionPolicy":         of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DeleteRetentionPolicy),
	"logs:PutMetricFilter":               of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).PutMetricFilter),
	"logs:DeleteMetricFilter":            of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DeleteMetricFilter),
	"logs:PutSubscriptionFilter":         of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).PutSubscriptionFilter),
	"logs:DeleteSubscriptionFilter":      of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DeleteSubscriptionFilter),
	"logs:PutDataProtectionPolicy":       of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).PutDataProtectionPolicy),
	"logs:DeleteDataProtectionPolicy":    of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DeleteDataProtectionPolicy),
	"logs:PutLogGroupDeletionProtection": of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).PutLogGroupDeletionProtection),
	"logs:AssociateKmsKey":               of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).AssociateKmsKey),
	"logs:DisassociateKmsKey":            of(cloudwatchlogs.NewFromConfig, (*cloudwatchlogs.Client).DisassociateKmsKey),

	"cloudwatch:PutMetricAlarm":      of(cloudwatch.NewFromConfig, (*cloudwatch.Client).PutMetricAlarm),
	"cloudwatch:DeleteAlarms":        of(cloudwatch.NewFromConfig, (*cloudwatch.Client).DeleteAlarms),
	"cloudwatch:DisableAlarmActions": of(cloudwatch.NewFromConfig, (*cloudwatch.Client).DisableAlarmActions),
	"cloudwatch:SetAlarmState":       of(cloudwatch.NewFromConfig, (*cloudwatch.Client).SetAlarmState),
	"cloudwatch:PutAlarmMuteRule":    of(cloudwatch.NewFromConfig, (*cloudwatch.Client).PutAlarmMuteRule),

	"events:CreateEventBus":   of(eventbridge.NewFromConfig, (*eventbridge.Client).CreateEventBus),
	"events:DeleteEventBus":   of(eventbridge.NewFromConfig, (*eventbridge.Client).DeleteEventBus),
	"events:PutRule":          of(eventbridge.NewFromConfig, (*eventbridge.Client).PutRule),
	"events:DeleteRule":       of(eventbridge.NewFromConfig, (*eventbridge.Client).DeleteRule),
	"events:DisableRule":      of(eventbridge.NewFromConfig, (*eventbridge.Client).DisableRule),
	"events:PutTargets":       of(eventbridge.NewFromConfig, (*eventbridge.Client).PutTargets),
	"events:RemoveTargets":    of(eventbridge.NewFromConfig, (*eventbridge.Client).RemoveTargets),
	"events:PutPermission":    of(eventbridge.NewFromConfig, (*eventbridge.Client).PutPermission),
	"events:RemovePermission": of(eventbridge.NewFromConfig, (*eventbridge.Client).RemovePermission),

	"lambda:CreateFunction":                  of(lambda.NewFromConfig, (*lambda.Client).CreateFunction),
	"lambda:DeleteFunction":                  of(lambda.NewFromConfig, (*lambda.Client).DeleteFunction),
	"lambda:UpdateFunctionCode":              of(lambda.NewFromConfig, (*lambda.Client).UpdateFunctionCode),
	"lambda:UpdateFunctionConfiguration":     of(lambda.NewFromConfig, (*lambda.Client).UpdateFunctionConfiguration),
	"lambda:PutFunctionConcurrency":          of(lambda.NewFromConfig, (*lambda.Client).PutFunctionConcurrency),
	"lambda:AddPermission":                   of(lambda.NewFromConfig, (*lambda.Client).AddPermission),
	"lambda:RemovePermission":                of(lambda.NewFromConfig, (*lambda.Client).RemovePermission),
	"lambda:PutFunctionEventInvokeConfig":    of(lambda.NewFromConfig, (*lambda.Client).PutFunctionEventInvokeConfig),
	"lambda:DeleteFunctionEventInvokeConfig": of(lambda.NewFromConfig, (*lambda.Client).DeleteFunctionEventInvokeConfig),

	"scheduler:CreateSchedule": of(scheduler.NewFromConfig, (*scheduler.Client).CreateSchedule),
	"scheduler:UpdateSchedule": of(scheduler.NewFromConfig, (*scheduler.Client).UpdateSchedule),
	"scheduler:DeleteSchedule": of(scheduler.NewFromConfig, (*scheduler.Client).DeleteSchedule),

	"sqs:CreateQueue":        of(sqs.NewFromConfig, (*sqs.Client).CreateQueue),
	"sqs:DeleteQueue":        of(sqs.NewFromConfig, (*sqs.Client).DeleteQueue),
	"sqs:GetQueueUrl":        of(sqs.NewFromConfig, (*sqs.Client).GetQueueUrl),
	"sqs:SetQueueAttributes": of(sqs.NewFromConfig, (*sqs.Client).SetQueueAttributes),
	"sqs:PurgeQueue":         of(sqs.NewFromConfig, (*sqs.Client).PurgeQueue),
	"sqs:AddPermission":      of(sqs.NewFromConfig, (*sqs.Client).AddPermission),
	"sqs:SendMessage":        of(sqs.NewFromConfig, (*sqs.Client).SendMessage),

	"dynamodb:CreateTable":             of(dynamodb.NewFromConfig, (*dynamodb.Client).CreateTable),
	"dynamodb:DeleteTable":             of(dynamodb.NewFromConfig, (*dynamodb.Client).DeleteTable),
	"dynamodb:UpdateTable":             of(dynamodb.NewFromConfig, (*dynamodb.Client).UpdateTable),
	"dynamodb:UpdateContinuousBackups": of(dynamodb.NewFromConfig, (*dynamodb.Client).UpdateContinuousBackups),
	"dynamodb:UpdateTimeToLive":        of(dynamodb.NewFromConfig, (*dynamodb.Client).UpdateTimeToLive),

	"iam:CreateRole":                    of(iam.NewFromConfig, (*iam.Client).CreateRole),
	"iam:DeleteRole":                    of(iam.NewFromConfig, (*iam.Client).DeleteRole),
	"iam:UpdateAssumeRolePolicy":        of(iam.NewFromConfig, (*iam.Client).UpdateAssumeRolePolicy),
	"iam:PutRolePolicy":                 of(iam.NewFromConfig, (*iam.Client).PutRolePolicy),
	"iam:DeleteRolePolicy":              of(iam.NewFromConfig, (*iam.Client).DeleteRolePolicy),
	"iam:AttachRolePolicy":              of(iam.NewFromConfig, (*iam.Client).AttachRolePolicy),
	"iam:DetachRolePolicy":              of(iam.NewFromConfig, (*iam.Client).DetachRolePolicy),
	"iam:PutRolePermissionsBoundary":    of(iam.NewFromConfig, (*iam.Client).PutRolePermissionsBoundary),
	"iam:DeleteRolePermissionsBoundary": of(iam.NewFromConfig, (*iam.Client).DeleteRolePermissionsBoundary),
	"iam:CreatePolicy":                  of(iam.NewFromConfig, (*iam.Client).CreatePolicy),

	"sts:AssumeRole": of(sts.NewFromConfig, (*sts.Client).AssumeRole),

	"organizations:EnableAWSServiceAccess":           of(organizations.NewFromConfig, (*organizations.Client).EnableAWSServiceAccess),
	"organizations:DisableAWSServiceAccess":          of(organizations.NewFromConfig, (*organizations.Client).DisableAWSServiceAccess),
	"organizations:RegisterDelegatedAdministrator":   of(organizations.NewFromConfig, (*organizations.Client).RegisterDelegatedAdministrator),
	"organizations:DeregisterDelegatedAdministrator": of(organizations.NewFromConfig, (*organizations.Client).DeregisterDelegatedAdministrator),
	"organizations:RemoveAccountFromOrganization":    of(organizations.NewFromConfig, (*organizations.Client).RemoveAccountFromOrganization),
	"organizations:CreatePolicy":                     of(organizations.NewFromConfig, (*organizations.Client).CreatePolicy),
	"organizations:AttachPolicy":                     of(organizations.NewFromConfig, (*organizations.Client).AttachPolicy),
	"organizations:DetachPolicy":                     of(organizations.NewFromConfig, (*organizations.Client).DetachPolicy),
	"organizations:DescribeOrganization":             of(organizations.NewFromConfig, (*organizations.Client).DescribeOrganization),
	"organizations:ListPoliciesForTarget":            of(organizations.NewFromConfig, (*organizations.Client).ListPoliciesForTarget),

	"account:EnableRegion":  of(account.NewFromConfig, (*account.Client).EnableRegion),
	"account:DisableRegion": of(account.NewFromConfig, (*account.Client).DisableRegion),
}

// s3ByPath is a client that names a bucket in the path where an endpoint is configured, because the name of a bucket before
// that of a local host rarely resolves.
func s3ByPath(config aws.Config, options ...func(*s3.Options)) *s3.Client {
	return s3.NewFromConfig(config, append(options, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })...)
}
