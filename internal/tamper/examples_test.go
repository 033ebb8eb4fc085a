package tamper

import (
	"strings"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	region = "eu-central-1"
	keyID  = "0d990263-018e-4e65-a703-eff731de951e"
	other  = "yours" // takes the place of mine in the names of resources that nobody guards
)

// guardedResources are one of each kind. Their names have mine in them, or the key's id.
var guardedResources = map[trail.ResourceType]string{
	trail.Bucket:         "arn:aws:s3:::mine-logs",
	trail.Key:            "arn:aws:kms:eu-central-1:111122223333:key/" + keyID,
	trail.Topic:          "arn:aws:sns:eu-central-1:111122223333:mine-topic",
	trail.LogGroup:       "arn:aws:logs:eu-central-1:111122223333:log-group:/trail/mine:*",
	trail.Role:           "arn:aws:iam::111122223333:role/service/mine-role",
	trail.Alarm:          "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:mine alarm",
	trail.Rule:           "arn:aws:events:eu-central-1:111122223333:rule/mine-rule",
	trail.EventBus:       "arn:aws:events:eu-central-1:111122223333:event-bus/mine-bus",
	trail.Schedule:       "arn:aws:scheduler:eu-central-1:111122223333:schedule/mine-group/mine-sweep",
	trail.Function:       "arn:aws:lambda:eu-central-1:111122223333:function:mine-guard",
	trail.Queue:          "arn:aws:sqs:eu-central-1:111122223333:mine-queue",
	trail.Table:          "arn:aws:dynamodb:eu-central-1:111122223333:table/mine-table",
	trail.Organization:   "arn:aws:organizations::111122223333:organization/o-mine",
	trail.EventDataStore: "arn:aws:cloudtrail:eu-central-1:111122223333:eventdatastore/mine-store",
	trail.Channel:        "arn:aws:cloudtrail:eu-central-1:111122223333:channel/mine-channel",
}

func guardedResource(t trail.ResourceType) trail.Resource {
	r := trail.Resource{Type: t, ARN: guardedResources[t], Region: region, Account: account}
	switch t {
	case trail.Role, trail.Organization:
		r.Region = "us-east-1"
	}
	if t == trail.Role {
		r.Settings = map[trail.Setting]trail.Document{"attachedPolicies": `{"arn:aws:iam::111122223333:policy/mine":{"Value":true}}`}
	}
	return r
}

// unit is a guarded unit of one resource alone.
func unit(r trail.Resource) trail.Guarded {
	return trail.Guarded{Config: trail.Config{ARN: r.ARN, HomeRegion: r.Region}, Dependents: []trail.Resource{r}}
}

// everything is a baseline with a trail and one resource of each kind.
func everything() trail.Baseline {
	b := trail.Baseline{Account: account, Trails: []trail.Guarded{{Config: trail.Config{Name: "audit", ARN: auditARN, HomeRegion: region}}}}
	for _, t := range trail.Types() {
		b.Guard = append(b.Guard, guardedResource(t))
	}
	return b
}

// example is a record of a call as services write it, and what must come of it.
type example struct {
	source, name string
	parameters   string // of the guarded resource
	is           trail.ResourceType
	want         string // techniques
}

func (e example) record() record.Record {
	r := call(e.name, e.parameters)
	r.EventSource = e.source
	switch e.source {
	case sourceIAM, sourceOrganizations, sourceAccount:
		r.Region = "us-east-1"
	}
	if strings.HasPrefix(e.name, "DeleteObject") {
		r.EventCategory = "Data"
	}
	return r
}

// elsewhere is the same call on a resource that nobody guards.
func (e example) elsewhere() example {
	e.parameters = strings.NewReplacer("mine", other, keyID, "11111111-018e-4e65-a703-eff731de951e").Replace(e.parameters)
	return e
}

const (
	topicIs        = `"topicArn":"arn:aws:sns:eu-central-1:111122223333:mine-topic"`
	subscriptionIs = `"subscriptionArn":"arn:aws:sns:eu-central-1:111122223333:mine-topic:8a21d249-4329-4871-acc6-7be709c6ea7f"`
	queueIs        = `"queueUrl":"https://sqs.eu-central-1.amazonaws.com/111122223333/mine-queue"`
	storeIs        = `"eventDataStore":"arn:aws:cloudtrail:eu-central-1:111122223333:eventdatastore/mine-store"`
)

// examples has at least one record for each call of the table that is not about trails.
var examples = []example{
	{sourceS3, "PutBucketPolicy", `{"bucketPolicy":{"Version":"2012-10-17","Statement":[]},"bucketName":"mine-logs","Host":"mine-logs.s3.amazonaws.com","policy":""}`, trail.Bucket, BucketPolicy},
	{sourceS3, "DeleteBucketPolicy", `{"bucketName":"mine-logs","policy":""}`, trail.Bucket, BucketPolicy},
	{sourceS3, "DeleteBucket", `{"bucketName":"mine-logs"}`, trail.Bucket, BucketDelete},
	{sourceS3, "PutBucketLifecycle", `{"bucketName":"mine-logs","lifecycle":"","LifecycleConfiguration":{"Rule":{"ID":"x","Expiration":{"Days":1}}}}`, trail.Bucket, BucketLifecycle},
	{sourceS3, "DeleteBucketLifecycle", `{"bucketName":"mine-logs"}`, trail.Bucket, BucketLifecycle},
	{sourceS3, "PutBucketVersioning", `{"bucketName":"mine-logs","VersioningConfiguration":{"Status":"Suspended"},"versioning":""}`, trail.Bucket, BucketVersioning},
	{sourceS3, "PutBucketVersioning", `{"bucketName":"mine-logs","VersioningConfiguration":{"Status":"Enabled","MfaDelete":"Disabled"}}`, trail.Bucket, BucketVersioning},
	{sourceS3, "PutBucketVersioning", `{"bucketName":"mine-logs","VersioningConfiguration":{"Status":"Enabled"}}`, trail.Bucket, ResourceUpdate},
	{sourceS3, "PutBucketObjectLockConfiguration", `{"bucketName":"mine-logs","object-lock":""}`, trail.Bucket, BucketObjectLock},
	{sourceS3, "PutBucketEncryption", `{"bucketName":"mine-logs","encryption":""}`, trail.Bucket, BucketEncryption},
	{sourceS3, "DeleteBucketEncryption", `{"bucketName":"mine-logs"}`, trail.Bucket, BucketEncryption},
	{sourceS3, "PutBucketReplication", `{"bucketName":"mine-logs","replication":""}`, trail.Bucket, BucketReplication},
	{sourceS3, "DeleteBucketReplication", `{"bucketName":"mine-logs"}`, trail.Bucket, BucketReplication},
	{sourceS3, "PutBucketAcl", `{"bucketName":"mine-logs","acl":"","x-amz-acl":"public-read"}`, trail.Bucket, BucketACL},
	{sourceS3, "PutBucketOwnershipControls", `{"bucketName":"mine-logs","ownershipControls":""}`, trail.Bucket, BucketOwnership},
	{sourceS3, "DeleteBucketOwnershipControls", `{"bucketName":"mine-logs"}`, trail.Bucket, BucketOwnership},
	{sourceS3, "PutBucketPublicAccessBlock", `{"publicAccessBlock":"","bucketName":"mine-logs","PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":false}}`, trail.Bucket, BucketPublicAccess},
	{sourceS3, "PutBucketPublicAccessBlock", `{"bucketName":"mine-logs","PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}`, trail.Bucket, ResourceUpdate},
	{sourceS3, "DeleteBucketPublicAccessBlock", `{"bucketName":"mine-logs"}`, trail.Bucket, BucketPublicAccess},
	{sourceS3, "PutAccountPublicAccessBlock", `{"accountId":"111122223333","PublicAccessBlockConfiguration":{"BlockPublicAcls":false}}`, trail.Bucket, BucketPublicAccess},
	{sourceS3, "DeleteAccountPublicAccessBlock", `{"accountId":"111122223333"}`, trail.Bucket, BucketPublicAccess},
	{sourceS3, "PutBucketRequestPayment", `{"bucketName":"mine-logs","RequestPaymentConfiguration":{"Payer":"Requester"}}`, trail.Bucket, BucketRequesterPays},
	{sourceS3, "PutBucketRequestPayment", `{"bucketName":"mine-logs","RequestPaymentConfiguration":{"Payer":"BucketOwner"}}`, trail.Bucket, ResourceUpdate},
	{sourceS3, "PutBucketLogging", `{"bucketName":"mine-logs","BucketLoggingStatus":{},"logging":""}`, trail.Bucket, BucketLogging},
	{sourceS3, "PutBucketNotification", `{"bucketName":"mine-logs","NotificationConfiguration":{},"notification":""}`, trail.Bucket, BucketNotification},
	{sourceS3, "DeleteObject", `{"bucketName":"mine-logs","key":"org/AWSLogs/o-abc/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/x.json.gz"}`, trail.Bucket, LogDelete},
	{sourceS3, "DeleteObject", `{"bucketName":"mine-logs","key":"AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/x.json.gz","versionId":"3sL4kqtJlcpXroDTDmJ"}`, trail.Bucket, LogDelete},
	{sourceS3, "DeleteObjects", `{"bucketName":"mine-logs","delete":""}`, trail.Bucket, LogDelete},

	{sourceKMS, "DisableKey", `{"keyId":"` + keyID + `"}`, trail.Key, KMSDisable},
	{sourceKMS, "DisableKey", `{"keyId":"arn:aws:kms:eu-central-1:111122223333:key/` + keyID + `"}`, trail.Key, KMSDisable},
	{sourceKMS, "ScheduleKeyDeletion", `{"keyId":"` + keyID + `","pendingWindowInDays":7}`, trail.Key, KMSScheduleDeletion},
	{sourceKMS, "DeleteImportedKeyMaterial", `{"keyId":"` + keyID + `"}`, trail.Key, KMSScheduleDeletion},
	{sourceKMS, "DeleteKey", `{"keyId":"` + keyID + `"}`, trail.Key, KMSScheduleDeletion},
	{sourceKMS, "PutKeyPolicy", `{"keyId":"` + keyID + `","policyName":"default","policy":"{}"}`, trail.Key, KMSPolicy},
	{sourceKMS, "RevokeGrant", `{"keyId":"arn:aws:kms:eu-central-1:111122223333:key/` + keyID + `","grantId":"abc"}`, trail.Key, KMSGrant},
	{sourceKMS, "RetireGrant", `{"keyId":"arn:aws:kms:eu-central-1:111122223333:key/` + keyID + `","grantId":"abc"}`, trail.Key, KMSGrant},
	{sourceKMS, "CreateGrant", `{"keyId":"` + keyID + `","granteePrincipal":"arn:aws:iam::999988887777:root","operations":["Decrypt"]}`, trail.Key, KMSGrant},
	{sourceKMS, "DisableKeyRotation", `{"keyId":"` + keyID + `"}`, trail.Key, KMSRotation},

	{sourceSNS, "DeleteTopic", `{` + topicIs + `}`, trail.Topic, TopicDelete},
	{sourceSNS, "SetTopicAttributes", `{` + topicIs + `,"attributeName":"Policy","attributeValue":"{}"}`, trail.Topic, TopicPolicy},
	{sourceSNS, "SetTopicAttributes", `{` + topicIs + `,"attributeName":"KmsMasterKeyId","attributeValue":"x"}`, trail.Topic, TopicEncryption},
	{sourceSNS, "SetTopicAttributes", `{` + topicIs + `,"attributeName":"DisplayName","attributeValue":"x"}`, trail.Topic, ResourceUpdate},
	{sourceSNS, "RemovePermission", `{` + topicIs + `,"label":"x"}`, trail.Topic, TopicPolicy},
	{sourceSNS, "AddPermission", `{` + topicIs + `,"label":"x"}`, trail.Topic, TopicPolicy},
	{sourceSNS, "PutDataProtectionPolicy", `{"resourceArn":"arn:aws:sns:eu-central-1:111122223333:mine-topic","dataProtectionPolicy":"{}"}`, trail.Topic, TopicPolicy},
	{sourceSNS, "Unsubscribe", `{` + subscriptionIs + `}`, trail.Topic, Unsubscribe},
	{sourceSNS, "SetSubscriptionAttributes", `{` + subscriptionIs + `,"attributeName":"FilterPolicy","attributeValue":"{\"a\":[\"b\"]}"}`, trail.Topic, FilterPolicy},
	{sourceSNS, "Subscribe", `{` + topicIs + `,"protocol":"email","endpoint":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, trail.Topic, ResourceUpdate},

	{sourceLogs, "DeleteLogGroup", `{"logGroupName":"/trail/mine"}`, trail.LogGroup, LogGroupDelete},
	{sourceLogs, "DeleteLogStream", `{"logGroupName":"/trail/mine","logStreamName":"111122223333_CloudTrail_eu-central-1"}`, trail.LogGroup, LogStreamDelete},
	{sourceLogs, "PutRetentionPolicy", `{"logGroupName":"/trail/mine","retentionInDays":1}`, trail.LogGroup, LogGroupRetention},
	{sourceLogs, "DeleteRetentionPolicy", `{"logGroupName":"/trail/mine"}`, trail.LogGroup, LogGroupRetention},
	{sourceLogs, "DeleteMetricFilter", `{"logGroupName":"/trail/mine","filterName":"x"}`, trail.LogGroup, LogGroupMetricFilter},
	{sourceLogs, "PutMetricFilter", `{"logGroupName":"/trail/mine","filterName":"x","filterPattern":"nothing"}`, trail.LogGroup, LogGroupMetricFilter},
	{sourceLogs, "PutTransformer", `{"logGroupIdentifier":"/trail/mine","transformerConfig":[]}`, trail.LogGroup, LogGroupMetricFilter},
	{sourceLogs, "DeleteSubscriptionFilter", `{"logGroupName":"/trail/mine","filterName":"x"}`, trail.LogGroup, LogGroupSubscriptionFilter},
	{sourceLogs, "PutSubscriptionFilter", `{"logGroupName":"/trail/mine","filterName":"x"}`, trail.LogGroup, LogGroupSubscriptionFilter},
	{sourceLogs, "PutDataProtectionPolicy", `{"logGroupIdentifier":"arn:aws:logs:eu-central-1:111122223333:log-group:/trail/mine","policyDocument":"{}"}`, trail.LogGroup, LogGroupDataProtection},
	{sourceLogs, "DeleteDataProtectionPolicy", `{"logGroupIdentifier":"arn:aws:logs:eu-central-1:111122223333:log-group:/trail/mine:*"}`, trail.LogGroup, LogGroupDataProtection},
	{sourceLogs, "PutAccountPolicy", `{"policyName":"x","policyType":"RETENTION_POLICY"}`, trail.LogGroup, LogGroupRetention},
	{sourceLogs, "PutAccountPolicy", `{"policyName":"x","policyType":"SUBSCRIPTION_FILTER_POLICY"}`, trail.LogGroup, LogGroupSubscriptionFilter},
	{sourceLogs, "DeleteAccountPolicy", `{"policyName":"x","policyType":"DATA_PROTECTION_POLICY"}`, trail.LogGroup, LogGroupDataProtection},
	{sourceLogs, "PutLogGroupDeletionProtection", `{"logGroupIdentifier":"/trail/mine","deletionProtectionEnabled":false}`, trail.LogGroup, LogGroupDeletionProtection},
	{sourceLogs, "PutLogGroupDeletionProtection", `{"logGroupIdentifier":"/trail/mine","deletionProtectionEnabled":true}`, trail.LogGroup, ResourceUpdate},
	{sourceLogs, "AssociateKmsKey", `{"resourceIdentifier":"arn:aws:logs:eu-central-1:111122223333:log-group:/trail/mine","kmsKeyId":"x"}`, trail.LogGroup, LogGroupEncryption},
	{sourceLogs, "DisassociateKmsKey", `{"logGroupName":"/trail/mine"}`, trail.LogGroup, LogGroupEncryption},

	{sourceAlarms, "DeleteAlarms", `{"alarmNames":["x","mine alarm"]}`, trail.Alarm, AlarmDelete},
	{sourceAlarms, "DisableAlarmActions", `{"alarmNames":["mine alarm"]}`, trail.Alarm, AlarmActions},
	{sourceAlarms, "PutMetricAlarm", `{"alarmName":"mine alarm","actionsEnabled":false}`, trail.Alarm, AlarmActions + " " + AlarmDefinition},
	{sourceAlarms, "PutMetricAlarm", `{"alarmName":"mine alarm","threshold":1e9}`, trail.Alarm, AlarmDefinition},
	{sourceAlarms, "PutCompositeAlarm", `{"alarmName":"mine alarm","actionsSuppressor":"x"}`, trail.Alarm, AlarmDefinition},
	{sourceAlarms, "PutAlarmMuteRule", `{"name":"quiet","muteTargets":{"alarmNames":["mine alarm"]}}`, trail.Alarm, AlarmMute},
	{sourceAlarms, "SetAlarmState", `{"alarmName":"mine alarm","stateValue":"OK"}`, trail.Alarm, AlarmState},

	{sourceIAM, "DeleteRole", `{"roleName":"mine-role"}`, trail.Role, RoleDelete},
	{sourceIAM, "UpdateAssumeRolePolicy", `{"roleName":"mine-role","policyDocument":"{}"}`, trail.Role, RoleTrust},
	{sourceIAM, "PutRolePolicy", `{"roleName":"mine-role","policyName":"x"}`, trail.Role, RolePolicy},
	{sourceIAM, "DeleteRolePolicy", `{"roleName":"mine-role","policyName":"x"}`, trail.Role, RolePolicy},
	{sourceIAM, "AttachRolePolicy", `{"roleName":"mine-role","policyArn":"arn:aws:iam::aws:policy/AWSDenyAll"}`, trail.Role, RolePolicy},
	{sourceIAM, "DetachRolePolicy", `{"roleName":"mine-role","policyArn":"arn:aws:iam::111122223333:policy/mine"}`, trail.Role, RolePolicy},
	{sourceIAM, "CreatePolicyVersion", `{"policyArn":"arn:aws:iam::111122223333:policy/mine","setAsDefault":true}`, trail.Role, RolePolicy},
	{sourceIAM, "SetDefaultPolicyVersion", `{"policyArn":"arn:aws:iam::111122223333:policy/mine","versionId":"v1"}`, trail.Role, RolePolicy},
	{sourceIAM, "DeletePolicyVersion", `{"policyArn":"arn:aws:iam::111122223333:policy/mine","versionId":"v1"}`, trail.Role, RolePolicy},
	{sourceIAM, "DeletePolicy", `{"policyArn":"arn:aws:iam::111122223333:policy/mine"}`, trail.Role, RolePolicy},
	{sourceIAM, "PutRolePermissionsBoundary", `{"roleName":"mine-role","permissionsBoundary":"x"}`, trail.Role, RoleBoundary},
	{sourceIAM, "DeleteRolePermissionsBoundary", `{"roleName":"mine-role"}`, trail.Role, RoleBoundary},

	{sourceEvents, "DisableRule", `{"name":"mine-rule"}`, trail.Rule, RuleDisable},
	{sourceEvents, "DisableRule", `{"name":"mine-rule","eventBusName":"default"}`, trail.Rule, RuleDisable},
	{sourceEvents, "PutRule", `{"name":"mine-rule","state":"DISABLED"}`, trail.Rule, RuleDisable},
	{sourceEvents, "PutRule", `{"name":"mine-rule","eventPattern":"{}","eventBusName":"arn:aws:events:eu-central-1:111122223333:event-bus/default"}`, trail.Rule, RulePattern},
	{sourceEvents, "DeleteRule", `{"name":"mine-rule","force":false}`, trail.Rule, RuleDelete},
	{sourceEvents, "RemoveTargets", `{"rule":"mine-rule","ids":["guard"]}`, trail.Rule, RuleTargets},
	{sourceEvents, "PutTargets", `{"rule":"mine-rule","targets":[]}`, trail.Rule, RuleTargets},
	{sourceEvents, "PutPermission", `{"eventBusName":"mine-bus"}`, trail.EventBus, BusPolicy},
	{sourceEvents, "RemovePermission", `{"eventBusName":"arn:aws:events:eu-central-1:111122223333:event-bus/mine-bus","removeAllPermissions":true}`, trail.EventBus, BusPolicy},
	{sourceEvents, "UpdateEventBus", `{"name":"mine-bus"}`, trail.EventBus, BusPolicy},
	{sourceEvents, "DeleteEventBus", `{"name":"mine-bus"}`, trail.EventBus, BusDelete},
	{sourceScheduler, "DeleteSchedule", `{"name":"mine-sweep","groupName":"mine-group"}`, trail.Schedule, ScheduleDelete},
	{sourceScheduler, "DeleteScheduleGroup", `{"name":"mine-group"}`, trail.Schedule, ScheduleDelete},
	{sourceScheduler, "UpdateSchedule", `{"name":"mine-sweep","groupName":"mine-group","state":"DISABLED"}`, trail.Schedule, ScheduleChange},

	{sourceLambda, "DeleteFunction20150331", `{"functionName":"mine-guard"}`, trail.Function, FunctionDelete},
	{sourceLambda, "UpdateFunctionCode20150331v2", `{"functionName":"arn:aws:lambda:eu-central-1:111122223333:function:mine-guard","publish":false}`, trail.Function, FunctionCode},
	{sourceLambda, "UpdateFunctionCode20270101v3", `{"functionName":"111122223333:function:mine-guard"}`, trail.Function, FunctionCode},
	{sourceLambda, "UpdateFunctionConfiguration20150331v2", `{"functionName":"mine-guard:live","environment":{}}`, trail.Function, FunctionConfig},
	{sourceLambda, "PutFunctionConcurrency20171031", `{"functionName":"mine-guard","reservedConcurrentExecutions":0}`, trail.Function, FunctionConcurrency},
	{sourceLambda, "DeleteFunctionConcurrency20171031", `{"functionName":"mine-guard"}`, trail.Function, FunctionConcurrency},
	{sourceLambda, "RemovePermission20150331v2", `{"functionName":"arn:aws:lambda:eu-central-1:111122223333:function:mine-guard:live","statementId":"x"}`, trail.Function, FunctionPermission},
	{sourceLambda, "AddPermission20150331v2", `{"functionName":"mine-guard","principal":"*"}`, trail.Function, FunctionPermission},
	{sourceLambda, "PutFunctionEventInvokeConfig", `{"functionName":"mine-guard","maximumRetryAttempts":0}`, trail.Function, FunctionInvokeConfig},
	{sourceLambda, "UpdateFunctionEventInvokeConfig", `{"functionName":"mine-guard"}`, trail.Function, FunctionInvokeConfig},
	{sourceLambda, "DeleteFunctionEventInvokeConfig", `{"functionName":"mine-guard"}`, trail.Function, FunctionInvokeConfig},

	{sourceSQS, "PurgeQueue", `{` + queueIs + `}`, trail.Queue, QueuePurge},
	{sourceSQS, "DeleteQueue", `{` + queueIs + `}`, trail.Queue, QueueDelete},
	{sourceSQS, "SetQueueAttributes", `{` + queueIs + `,"attributes":{"Policy":""}}`, trail.Queue, QueuePolicy},
	{sourceSQS, "SetQueueAttributes", `{` + queueIs + `,"attributes":{"MessageRetentionPeriod":"60"}}`, trail.Queue, QueueConfig},
	{sourceSQS, "SetQueueAttributes", `{` + queueIs + `,"attributes":{"Policy":"","RedrivePolicy":""}}`, trail.Queue, QueuePolicy + " " + QueueConfig},
	{sourceSQS, "RemovePermission", `{` + queueIs + `,"label":"x"}`, trail.Queue, QueuePolicy},
	{sourceSQS, "AddPermission", `{` + queueIs + `,"label":"x"}`, trail.Queue, QueuePolicy},
	{sourceDynamoDB, "DeleteTable", `{"tableName":"mine-table"}`, trail.Table, TableDelete},
	{sourceDynamoDB, "UpdateTable", `{"tableName":"arn:aws:dynamodb:eu-central-1:111122223333:table/mine-table","deletionProtectionEnabled":false}`, trail.Table, TableProtection},
	{sourceDynamoDB, "UpdateTable", `{"tableName":"mine-table","deletionProtectionEnabled":true}`, trail.Table, ResourceUpdate},
	{sourceDynamoDB, "UpdateContinuousBackups", `{"tableName":"mine-table","pointInTimeRecoverySpecification":{"pointInTimeRecoveryEnabled":false}}`, trail.Table, TableProtection},
	{sourceDynamoDB, "UpdateTimeToLive", `{"tableName":"mine-table"}`, trail.Table, TableProtection},
	{sourceCloudFormation, "DeleteStack", `{"stackName":"mine"}`, trail.Function, StackDelete},
	{sourceCloudFormation, "DeleteStack", `{"stackName":"arn:aws:cloudformation:eu-central-1:111122223333:stack/mine/0a1b"}`, trail.Function, StackDelete},
	{sourceCloudFormation, "DeleteStackInstances", `{"stackSetName":"mine:0a1b","regions":["eu-central-1"]}`, trail.Function, StackDelete},
	{sourceCloudFormation, "UpdateTerminationProtection", `{"stackName":"mine","enableTerminationProtection":false}`, trail.Function, StackDelete},
	{sourceCloudFormation, "UpdateTerminationProtection", `{"stackName":"mine","enableTerminationProtection":true}`, trail.Function, ResourceUpdate},

	{sourceOrganizations, "LeaveOrganization", ``, trail.Organization, OrgLeave},
	{sourceOrganizations, "RemoveAccountFromOrganization", `{"accountId":"444455556666"}`, trail.Organization, OrgLeave},
	{sourceOrganizations, "AccountDepartedOrganization", ``, trail.Organization, OrgLeave},
	{sourceOrganizations, "CloseAccount", `{"accountId":"444455556666"}`, trail.Organization, OrgLeave},
	{sourceOrganizations, "DeleteOrganization", ``, trail.Organization, OrgLeave},
	{sourceOrganizations, "DisableAWSServiceAccess", `{"servicePrincipal":"cloudtrail.amazonaws.com"}`, trail.Organization, TrustedAccessOff},
	{sourceOrganizations, "DeregisterDelegatedAdministrator", `{"accountId":"444455556666","servicePrincipal":"cloudtrail.amazonaws.com"}`, trail.Organization, DelegatedAdminRemoved},
	{sourceCloudTrail, "DeregisterOrganizationDelegatedAdmin", `{"delegatedAdminAccountId":"444455556666"}`, trail.Organization, DelegatedAdminRemoved},
	{sourceOrganizations, "AttachPolicy", `{"policyId":"p-abc","targetId":"r-abc"}`, trail.Organization, SCPDenyGuard},
	{sourceOrganizations, "DetachPolicy", `{"policyId":"p-abc","targetId":"r-abc"}`, trail.Organization, SCPDenyGuard},
	{sourceOrganizations, "UpdatePolicy", `{"policyId":"p-abc","content":"{}"}`, trail.Organization, SCPDenyGuard},
	{sourceOrganizations, "DisablePolicyType", `{"rootId":"r-abc","policyType":"SERVICE_CONTROL_POLICY"}`, trail.Organization, SCPDenyGuard},
	{sourceOrganizations, "MoveAccount", `{"accountId":"444455556666"}`, trail.Organization, SCPDenyGuard},
	{sourceAccount, "EnableRegion", `{"regionName":"ap-east-1"}`, trail.Organization, RegionToggle},
	{sourceAccount, "DisableRegion", `{"regionName":"ap-east-1"}`, trail.Organization, RegionToggle},

	{sourceCloudTrail, "StopEventDataStoreIngestion", `{` + storeIs + `}`, trail.EventDataStore, LakeStop},
	{sourceCloudTrail, "DeleteEventDataStore", `{"eventDataStore":"mine-store"}`, trail.EventDataStore, LakeDelete},
	{sourceCloudTrail, "UpdateEventDataStore", `{` + storeIs + `,"retentionPeriod":7}`, trail.EventDataStore, LakeUpdate},
	{sourceCloudTrail, "UpdateChannel", `{"channel":"arn:aws:cloudtrail:eu-central-1:111122223333:channel/mine-channel"}`, trail.Channel, LakeChannel},
	{sourceCloudTrail, "DeleteChannel", `{"channel":"mine-channel"}`, trail.Channel, LakeChannel},
	{sourceCloudTrail, "PutResourcePolicy", `{"resourceArn":"arn:aws:cloudtrail:eu-central-1:111122223333:eventdatastore/mine-store"}`, trail.EventDataStore, LakeResourcePolicy},
	{sourceCloudTrail, "DeleteResourcePolicy", `{"resourceArn":"arn:aws:cloudtrail:eu-central-1:111122223333:channel/mine-channel"}`, trail.Channel, LakeResourcePolicy},
}
