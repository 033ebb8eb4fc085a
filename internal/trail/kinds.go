package trail

import "github.com/trailhold/trailhold/internal/severity"

// kind is what is known of one kind of resource: how to make it again, and in which settings it can be guarded.
type kind struct {
	is       ResourceType
	create   Op                // makes it again; empty: nobody can
	missing  string            // what its absence means
	severity severity.Severity // of its absence
	lost     string            // what creating it again cannot bring back
	settings []setting         // in the order in which they are restored
}

// setting is what is known of one setting.
type setting struct {
	name     Setting
	put      Op // writes the wanted document, or the wanted member; empty: it can only be alerted on
	remove   Op // where nothing is wanted: of the whole, or of a member that should not be there; empty: put does it, or nothing
	severity severity.Severity
	means    string // what a drift means, in words
	lost     string

	// members says that the document maps names to parts, each of which is written by a call of its own.
	members bool
	// policy says that the document is a policy, which AWS may write in other words than it was given.
	policy bool
	// first says that CloudTrail refuses to create or change a trail while this setting is wrong.
	first bool
	// weigh finds the direction of a change; nil: any change is narrowing, or for members that were only added, widening.
	weigh func(want, have Document) Direction
	// steps overrides how the setting is written, where that takes more than one call.
	steps func(have Document) []Op
}

// kinds is the table of everything that delivery, or the guard itself, rests on. Operations that exist under one name in
// several services, such as PutResourcePolicy, are told apart by the type of the step's resource.
var kinds = []kind{
	{is: Bucket, create: OpCreateBucket, severity: severity.Critical,
		missing: "the bucket is not there, or belongs to somebody else: no log file can be delivered",
		lost:    "All log files and digest files that were in the bucket. CloudTrail tries to deliver for 30 days, so those of the time since will come.",
		settings: []setting{
			{name: "versioning", put: OpPutBucketVersioning, severity: severity.High, weigh: weighVersioning,
				means: "log files that are deleted or overwritten can no longer be brought back"},
			{name: "objectLock", put: OpPutObjectLockConfiguration, severity: severity.High, weigh: weighObjectLock,
				means: "new log files are no longer protected from deletion as long as the baseline wants"},
			{name: "ownershipControls", put: OpPutBucketOwnershipControls, remove: OpDeleteBucketOwnershipControls, severity: severity.Medium,
				means: "who owns the files in the bucket has changed"},
			{name: "publicAccessBlock", put: OpPutPublicAccessBlock, remove: OpDeletePublicAccessBlock, severity: severity.High,
				weigh: weighFlags, means: "the bucket may be opened to the public"},
			{name: "policy", policy: true, put: OpPutBucketPolicy, remove: OpDeleteBucketPolicy, severity: severity.High, first: true,
				means: "who may write and read log files has changed", lost: retried},
			{name: "acl", put: OpPutBucketAcl, severity: severity.High, means: "who may read or write the bucket has changed"},
			{name: "encryption", put: OpPutBucketEncryption, remove: OpDeleteBucketEncryption, severity: severity.Medium,
				means: "new files are encrypted in another way"},
			{name: "lifecycle", put: OpPutBucketLifecycleConfiguration, remove: OpDeleteBucketLifecycle, severity: severity.High, weigh: weighLifecycle,
				means: "log files may be deleted or moved sooner than the baseline wants", lost: "Files that have expired meanwhile, unless the bucket keeps versions."},
			{name: "replication", put: OpPutBucketReplication, remove: OpDeleteBucketReplication, severity: severity.Medium,
				means: "copies of the log files are made elsewhere, or no longer", lost: "Copies of the files written meanwhile: replication does not look back."},
			{name: "requestPayment", put: OpPutBucketRequestPayment, severity: severity.High,
				means: "a bucket whose requester pays takes no log files from CloudTrail", lost: retried},
			{name: "logging", put: OpPutBucketLogging, severity: severity.Medium, means: "access to the log files is recorded elsewhere, or no longer",
				lost: "Access logs of the time in between."},
			{name: "notification", put: OpPutBucketNotificationConfiguration, severity: severity.Medium,
				means: "who is told of new log files has changed", lost: "Notifications of the files delivered meanwhile."},
		}},
	{is: Key, severity: severity.Critical, missing: "the key does not exist: log files encrypted under it cannot be read, and no new one can be written",
		settings: []setting{
			{name: "state", put: OpEnableKey, severity: severity.Critical, first: true, weigh: weighKeyState, steps: keySteps,
				means: "CloudTrail cannot encrypt log files and nobody can read them", lost: retried},
			{name: "policy", policy: true, put: OpPutKeyPolicy, severity: severity.High, first: true, means: "who may use the key has changed", lost: retried},
			{name: "grants", put: OpCreateGrant, severity: severity.Medium, members: true, means: "grants of the key have changed"},
			{name: "rotation", put: OpEnableKeyRotation, severity: severity.Low, weigh: weighFlags, means: "the key is no longer rotated"},
		}},
	{is: Topic, create: OpCreateTopic, severity: severity.High, missing: "the topic does not exist: nobody is told of new log files",
		lost: "Notifications sent meanwhile. Subscriptions by e-mail must be confirmed again.",
		settings: []setting{
			{name: "policy", policy: true, put: OpSetTopicAttributes, severity: severity.High, first: true, means: "who may publish to the topic has changed",
				lost: "Notifications that were refused."},
			{name: "encryption", put: OpSetTopicAttributes, severity: severity.Medium, means: "messages are encrypted in another way"},
			{name: "subscriptions", put: OpSubscribe, severity: severity.High, members: true, means: "subscriptions of the topic have changed",
				lost: "Notifications sent meanwhile. Subscriptions by e-mail must be confirmed again."},
		}},
	{is: Role, create: OpCreateRole, severity: severity.High, missing: "the role does not exist",
		settings: []setting{
			{name: "trust", policy: true, put: OpUpdateAssumeRolePolicy, severity: severity.High, first: true, means: "who may assume the role has changed"},
			{name: "boundary", put: OpPutRolePermissionsBoundary, remove: OpDeleteRolePermissionsBoundary, severity: severity.High,
				means: "what limits the role has changed"},
			{name: "policies", put: OpPutRolePolicy, remove: OpDeleteRolePolicy, severity: severity.High, members: true, first: true,
				weigh: restoreExtras, means: "what the role may do has changed"},
			{name: "attachedPolicies", put: OpAttachRolePolicy, remove: OpDetachRolePolicy, severity: severity.High, members: true, first: true,
				weigh: restoreExtras, means: "what the role may do has changed"},
		}},
	{is: LogGroup, create: OpCreateLogGroup, severity: severity.High, missing: "the log group does not exist: events do not reach CloudWatch Logs and its alarms",
		lost: "All events that were in the log group, and alarms that they would have raised.",
		settings: []setting{
			{name: "deletionProtection", put: OpPutLogGroupDeletionProtection, severity: severity.Medium, weigh: weighFlags, means: "the log group can be deleted"},
			{name: "retention", put: OpPutRetentionPolicy, remove: OpDeleteRetentionPolicy, severity: severity.High, weigh: weighRetention,
				means: "events are kept for a shorter time", lost: "Events that have expired meanwhile."},
			{name: "encryption", put: OpAssociateKmsKey, remove: OpDisassociateKmsKey, severity: severity.Medium, means: "events are encrypted in another way"},
			{name: "metricFilters", put: OpPutMetricFilter, severity: severity.High, members: true,
				means: "alarms no longer see what they are there for", lost: "Alarms of the time in between: filters do not look back."},
			{name: "subscriptionFilters", put: OpPutSubscriptionFilter, severity: severity.Medium, members: true,
				means: "events are no longer passed on", lost: "Events of the time in between do not reach the destination."},
			{name: "dataProtection", put: OpPutDataProtectionPolicy, remove: OpDeleteDataProtectionPolicy, severity: severity.Medium,
				means: "what is masked in the events has changed", lost: "What was masked when it was written stays masked."},
		}},
	{is: Alarm, create: OpPutMetricAlarm, severity: severity.High, missing: "the alarm does not exist",
		lost: "Alarms of the time in between.",
		settings: []setting{
			{name: "definition", put: OpPutMetricAlarm, severity: severity.High, means: "the alarm watches something else, or tells somebody else"},
			{name: "actionsEnabled", put: OpEnableAlarmActions, severity: severity.High, weigh: weighFlags, means: "the alarm tells nobody",
				lost: "Alarms of the time in between."},
			{name: "muteRules", put: OpPutAlarmMuteRule, remove: OpDeleteAlarmMuteRule, severity: severity.High, members: true, weigh: restoreExtras,
				means: "what silences the alarm has changed", lost: "Alarms of the time in between."},
		}},
	{is: Rule, create: OpPutRule, severity: severity.Critical, missing: "the rule does not exist: the guard is not woken by events",
		lost: missedEvents,
		settings: []setting{
			{name: "definition", put: OpPutRule, severity: severity.Critical, means: "the rule no longer wakes the guard as it should", lost: missedEvents},
			{name: "targets", put: OpPutTargets, remove: OpRemoveTargets, severity: severity.Critical, members: true, means: "the rule no longer leads to the guard", lost: missedEvents},
		}},
	{is: EventBus, create: OpCreateEventBus, severity: severity.High, missing: "the event bus does not exist: events from other regions and accounts do not arrive",
		lost: missedEvents,
		settings: []setting{
			{name: "policy", policy: true, put: OpPutPermission, remove: OpRemovePermission, severity: severity.High, means: "who may send events to the bus has changed", lost: missedEvents},
		}},
	{is: Function, severity: severity.Critical, missing: "the guard's function does not exist; deploy it again",
		settings: []setting{
			{name: "code", severity: severity.Critical, means: "the guard's function runs other code than was deployed; deploy it again"},
			{name: "configuration", put: OpUpdateFunctionConfiguration, severity: severity.Critical, means: "the guard's function is configured in another way"},
			// Environment variables may hold secrets, so that only their hashes are kept, which cannot be written back.
			{name: "environment", severity: severity.Critical,
				means: "environment variables of the guard's function have changed; deploy it again"},
			{name: "concurrency", put: OpPutFunctionConcurrency, remove: OpDeleteFunctionConcurrency, severity: severity.Critical,
				means: "the guard's function may be kept from running", lost: missedEvents},
			{name: "permissions", put: OpAddPermission, remove: OpRemovePermission, severity: severity.Critical, members: true,
				means: "who may call the guard's function has changed", lost: missedEvents},
			{name: "invokeConfig", put: OpPutFunctionEventInvokeConfig, remove: OpDeleteFunctionEventInvokeConfig, severity: severity.Medium,
				means: "what becomes of failed calls of the guard's function has changed"},
		}},
	{is: Schedule, create: OpCreateSchedule, severity: severity.Critical, missing: "the schedule does not exist: there are no sweeps",
		settings: []setting{
			{name: "definition", put: OpUpdateSchedule, severity: severity.Critical, means: "sweeps do not run as they should"},
		}},
	{is: Queue, create: OpCreateQueue, severity: severity.High, missing: "the queue does not exist", lost: "Messages that were in the queue.",
		settings: []setting{
			{name: "policy", policy: true, put: OpSetQueueAttributes, severity: severity.High, means: "who may use the queue has changed"},
			{name: "attributes", put: OpSetQueueAttributes, severity: severity.Medium, means: "the queue keeps messages in another way"},
		}},
	{is: Table, severity: severity.High, missing: "the guard's table does not exist; restore it from its point-in-time recovery, or deploy it again",
		settings: []setting{
			{name: "deletionProtection", put: OpUpdateTable, severity: severity.Medium, weigh: weighFlags, means: "the guard's table can be deleted"},
			{name: "pointInTimeRecovery", put: OpUpdateContinuousBackups, severity: severity.Medium, weigh: weighRecovery, means: "the guard's table is no longer backed up"},
			{name: "timeToLive", put: OpUpdateTimeToLive, severity: severity.Low, means: "how long the guard's table keeps incidents has changed"},
		}},
	{is: Organization, severity: severity.High, missing: "the account is no longer in the organization: organization trails do not record it any more",
		settings: []setting{
			{name: "trustedAccess", put: OpEnableAWSServiceAccess, severity: severity.High, members: true,
				means: "services that the organization trusts have changed; without CloudTrail, organization trails record nothing of its members"},
			{name: "delegatedAdministrators", put: OpRegisterDelegatedAdministrator, severity: severity.Medium, members: true,
				means: "who administers CloudTrail for the organization has changed"},
			{name: "serviceControlPolicies", severity: severity.High, members: true, weigh: restoreExtras,
				means: "policies that the organization lays on this account have changed; one of them may keep the guard from acting"},
		}},
	{is: EventDataStore, severity: severity.High, missing: "the event data store does not exist",
		settings: []setting{
			{name: "deletion", put: OpRestoreEventDataStore, severity: severity.Critical, weigh: weighDeletion, means: "the event data store is about to be deleted"},
			{name: "configuration", put: OpUpdateEventDataStore, severity: severity.High, weigh: weighStore,
				means: "what the event data store takes in, or how long it keeps it, has changed", lost: "Events that were not taken in, or fell out of a shorter retention."},
			{name: "ingestion", put: OpStartEventDataStoreIngestion, severity: severity.High, weigh: weighFlags,
				means: "the event data store takes in no events", lost: "Events of the time in between."},
			{name: "policy", policy: true, put: OpPutResourcePolicy, remove: OpDeleteResourcePolicy, severity: severity.Medium, means: "who may use the event data store has changed"},
		}},
	{is: Channel, severity: severity.High, missing: "the channel does not exist",
		settings: []setting{
			{name: "configuration", put: OpUpdateChannel, severity: severity.High, means: "where the channel leads has changed",
				lost: "Events of the time in between."},
			{name: "policy", policy: true, put: OpPutResourcePolicy, remove: OpDeleteResourcePolicy, severity: severity.Medium, means: "who may use the channel has changed"},
		}},
}

// What is lost by several kinds of drift.
const (
	retried      = "Nothing if it is mended within 30 days: CloudTrail tries to deliver for that long."
	missedEvents = "Events of the time in between did not wake the guard; its sweep finds what they would have told."
)
