package whocan

import (
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// permission is what a policy has to allow for a call.
type permission struct {
	action string
	on     trail.ResourceType
	about  func(Target) string // the resource that the permission is for
}

// row lists calls of one service on one kind of resource. A call whose action has another name is written call=action; one
// that needs either of two actions, call=action/action. An action is named without its service.
type row struct {
	source, prefix string
	on             trail.ResourceType
	about          func(Target) string
	calls          string
}

// rows is the table of what each call needs, from the service authorization reference. Between them they have every call
// of the table of techniques.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var rows = []row{
	{"cloudtrail", "cloudtrail", Trail, itself, "StopLogging StartLogging DeleteTrail UpdateTrail CreateTrail PutEventSelectors PutInsightSelectors " +
		"PutEventConfiguration AddTags RemoveTags"},
	{"cloudtrail", "cloudtrail", trail.EventDataStore, itself, "StopEventDataStoreIngestion DeleteEventDataStore UpdateEventDataStore PutResourcePolicy " +
		"DeleteResourcePolicy"},
	{"cloudtrail", "cloudtrail", trail.Channel, itself, "UpdateChannel DeleteChannel"},
	{"cloudtrail", "cloudtrail", everything, anything, "DeregisterOrganizationDelegatedAdmin"},

	{"s3", "s3", trail.Bucket, itself, "PutBucketPolicy DeleteBucketPolicy DeleteBucket PutBucketLifecycle=PutLifecycleConfiguration " +
		"DeleteBucketLifecycle=PutLifecycleConfiguration PutBucketVersioning PutBucketObjectLockConfiguration PutBucketEncryption=PutEncryptionConfiguration " +
		"DeleteBucketEncryption=PutEncryptionConfiguration PutBucketReplication=PutReplicationConfiguration " +
		"DeleteBucketReplication=PutReplicationConfiguration PutBucketAcl PutBucketOwnershipControls DeleteBucketOwnershipControls=PutBucketOwnershipControls " +
		"PutBucketPublicAccessBlock DeleteBucketPublicAccessBlock=PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketLogging PutBucketNotification"},
	{"s3", "s3", trail.Bucket, objects, "DeleteObject=DeleteObject/DeleteObjectVersion DeleteObjects=DeleteObject/DeleteObjectVersion"},
	{"s3", "s3", everything, anything, "PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock=PutAccountPublicAccessBlock"},

	{"kms", "kms", trail.Key, itself, "DisableKey ScheduleKeyDeletion DeleteImportedKeyMaterial PutKeyPolicy RevokeGrant RetireGrant CreateGrant DisableKeyRotation"},

	{"sns", "sns", trail.Topic, itself, "DeleteTopic SetTopicAttributes RemovePermission AddPermission PutDataProtectionPolicy Subscribe"},
	{"sns", "sns", trail.Topic, anything, "Unsubscribe SetSubscriptionAttributes"},

	{"logs", "logs", trail.LogGroup, inGroup, "DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy DeleteMetricFilter PutMetricFilter PutTransformer " +
		"DeleteSubscriptionFilter PutSubscriptionFilter PutDataProtectionPolicy DeleteDataProtectionPolicy PutLogGroupDeletionProtection AssociateKmsKey DisassociateKmsKey"},
	{"logs", "logs", trail.LogGroup, streams, "DeleteLogStream"},
	{"logs", "logs", trail.LogGroup, anything, "PutAccountPolicy DeleteAccountPolicy"},

	{"monitoring", "cloudwatch", trail.Alarm, itself, "DeleteAlarms DisableAlarmActions PutMetricAlarm PutCompositeAlarm PutAlarmMuteRule SetAlarmState"},

	{"iam", "iam", trail.Role, itself, "DeleteRole UpdateAssumeRolePolicy PutRolePolicy DeleteRolePolicy AttachRolePolicy DetachRolePolicy " +
		"PutRolePermissionsBoundary DeleteRolePermissionsBoundary"},
	{"iam", "iam", attachment, itself, "CreatePolicyVersion SetDefaultPolicyVersion DeletePolicyVersion DeletePolicy"},

	{"events", "events", trail.Rule, itself, "DisableRule PutRule DeleteRule RemoveTargets PutTargets"},
	{"events", "events", trail.EventBus, itself, "RemovePermission PutPermission UpdateEventBus DeleteEventBus"},
	{"lambda", "lambda", trail.Function, itself, "DeleteFunction20150331=DeleteFunction UpdateFunctionCode20150331v2=UpdateFunctionCode " +
		"UpdateFunctionConfiguration20150331v2=UpdateFunctionConfiguration PutFunctionConcurrency20171031=PutFunctionConcurrency " +
		"DeleteFunctionConcurrency20171031=DeleteFunctionConcurrency RemovePermission20150331v2=RemovePermission AddPermission20150331v2=AddPermission " +
		"PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig"},
	{"scheduler", "scheduler", trail.Schedule, itself, "DeleteSchedule UpdateSchedule"},
	{"scheduler", "scheduler", trail.Schedule, groupOfSchedule, "DeleteScheduleGroup"},
	{"sqs", "sqs", trail.Queue, itself, "PurgeQueue DeleteQueue SetQueueAttributes RemovePermission AddPermission"},
	{"dynamodb", "dynamodb", trail.Table, itself, "DeleteTable UpdateTable UpdateContinuousBackups UpdateTimeToLive"},
	{"cloudformation", "cloudformation", everything, anything, "DeleteStack DeleteStackInstances UpdateTerminationProtection"},

	{"organizations", "organizations", everything, anything, "LeaveOrganization DeleteOrganization DisableAWSServiceAccess"},
	{"organizations", "organizations", trail.Organization, inOrganization("account"), "RemoveAccountFromOrganization CloseAccount DeregisterDelegatedAdministrator MoveAccount"},
	{"organizations", "organizations", trail.Organization, inOrganization("policy"), "AttachPolicy UpdatePolicy DetachPolicy"},
	{"organizations", "organizations", trail.Organization, inOrganization("root"), "DisablePolicyType"},
	{"account", "account", everything, anything, "EnableRegion DisableRegion"},
}

// unaskable are the events that nobody calls: AWS writes them when something else has happened.
var unaskable = []tamper.Call{
	{Source: "organizations.amazonaws.com", Name: "AccountDepartedOrganization"},
	{Source: "kms.amazonaws.com", Name: "DeleteKey"},
}

// permissions are what each call needs: any one of them is enough.
var permissions = func() map[tamper.Call][]permission {
	all := map[tamper.Call][]permission{}
	for _, r := range rows {
		for _, text := range strings.Fields(r.calls) {
			name, actions, renamed := strings.Cut(text, "=")
			if !renamed {
				actions = name
			}
			call := tamper.Call{Source: r.source + ".amazonaws.com", Name: name}
			for action := range strings.SplitSeq(actions, "/") {
				all[call] = append(all[call], permission{r.prefix + ":" + action, r.on, r.about})
			}
		}
	}
	return all
}()

func itself(t Target) string { return t.ARN }

// anything is the resource of actions that know none: only a statement about * allows them.
func anything(Target) string { return "*" }

// objects is the log files in a bucket.
func objects(t Target) string {
	if t.Objects != "" {
		return t.Objects
	}
	return t.ARN + "/AWSLogs/" + t.Account + "/CloudTrail/" + string(policy.AnyName)
}

// inGroup is how CloudWatch Logs names a log group when it asks for permission: policies have to end in :* to name it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
func inGroup(t Target) string { return strings.TrimSuffix(t.ARN, ":*") + ":log-stream:" }

func streams(t Target) string { return inGroup(t) + string(policy.AnyName) }

// groupOfSchedule is the group that a schedule is in.
func groupOfSchedule(t Target) string {
	before, rest, _ := strings.Cut(t.ARN, ":schedule/")
	group, _, _ := strings.Cut(rest, "/")
	return before + ":schedule-group/" + group
}

// inOrganization is any account, policy or root of an organization.
func inOrganization(kind string) func(Target) string {
	return func(t Target) string {
		arn := strings.Replace(t.ARN, ":organization/", ":"+kind+"/", 1) + "/" + string(policy.AnyName)
		if kind == "policy" {
			arn += "/" + string(policy.AnyName)
		}
		return arn
	}
}
