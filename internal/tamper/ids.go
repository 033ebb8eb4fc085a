package tamper

// Ids of the techniques. They appear in every output and in stored incidents: they never change.
const (
	StopLogging     = "stop-logging"
	DeleteTrail     = "delete-trail"
	DeleteThenSquat = "delete-then-squat"
	ChangeBucket    = "change-bucket"
	ChangePrefix    = "change-prefix"
	DropTopic       = "drop-topic"
	DropLogGroup    = "drop-log-group"
	ChangeKMSKey    = "change-kms-key"
	ValidationOff   = "validation-off"
	SingleRegion    = "single-region"
	OrgTrailOff     = "org-trail-off"
	Minimise        = "minimise"
	BlindSelectors  = "blind-selectors"
	InsightsOff     = "insights-off"
	EventConfig     = "event-config"
	TagFlip         = "tag-flip"
	ShadowTrail     = "shadow-trail"
	StopFlood       = "stop-flood"
	ParamPadding    = "param-padding"
	WrongRegion     = "wrong-region"
	DeniedAttempt   = "denied-attempt"
	StartLogging    = "start-logging"
	TrailUpdate     = "trail-update"
)

// Ids of the techniques that impair what a trail's delivery depends on.
const (
	BucketPolicy        = "bucket-policy"
	BucketDelete        = "bucket-delete"
	BucketLifecycle     = "bucket-lifecycle"
	BucketVersioning    = "bucket-versioning"
	BucketObjectLock    = "bucket-object-lock"
	BucketEncryption    = "bucket-encryption"
	BucketReplication   = "bucket-replication"
	BucketACL           = "bucket-acl"
	BucketOwnership     = "bucket-ownership"
	BucketPublicAccess  = "bucket-public-access"
	BucketRequesterPays = "bucket-requester-pays"
	BucketLogging       = "bucket-logging"
	BucketNotification  = "bucket-notification"
	LogDelete           = "log-delete"

	KMSDisable          = "kms-disable"
	KMSScheduleDeletion = "kms-schedule-deletion"
	KMSPolicy           = "kms-policy"
	KMSGrant            = "kms-grant"
	KMSRotation         = "kms-rotation"

	TopicDelete     = "topic-delete"
	TopicPolicy     = "topic-policy"
	TopicEncryption = "topic-encryption"
	Unsubscribe     = "unsubscribe"
	FilterPolicy    = "filter-policy"

	LogGroupDelete             = "log-group-delete"
	LogStreamDelete            = "log-stream-delete"
	LogGroupRetention          = "log-group-retention"
	LogGroupMetricFilter       = "log-group-metric-filter"
	LogGroupSubscriptionFilter = "log-group-subscription-filter"
	LogGroupDataProtection     = "log-group-data-protection"
	LogGroupDeletionProtection = "log-group-deletion-protection"
	LogGroupEncryption         = "log-group-encryption"

	AlarmDelete     = "alarm-delete"
	AlarmActions    = "alarm-actions"
	AlarmDefinition = "alarm-definition"
	AlarmMute       = "alarm-mute"
	AlarmState      = "alarm-state"

	RoleDelete   = "role-delete"
	RoleTrust    = "role-trust"
	RolePolicy   = "role-policy"
	RoleBoundary = "role-boundary"

	ResourceUpdate = "resource-update"
)

// Ids of the techniques that impair the guard itself.
const (
	RuleDisable          = "rule-disable"
	RuleDelete           = "rule-delete"
	RulePattern          = "rule-pattern"
	RuleTargets          = "rule-targets"
	BusPolicy            = "bus-policy"
	BusDelete            = "bus-delete"
	FunctionDelete       = "function-delete"
	FunctionCode         = "function-code"
	FunctionConfig       = "function-config"
	FunctionConcurrency  = "function-concurrency"
	FunctionPermission   = "function-permission"
	FunctionInvokeConfig = "function-invoke-config"
	ScheduleDelete       = "schedule-delete"
	ScheduleChange       = "schedule-change"
	QueuePurge           = "queue-purge"
	QueueDelete          = "queue-delete"
	QueuePolicy          = "queue-policy"
	QueueConfig          = "queue-config"
	TableDelete          = "table-delete"
	TableProtection      = "table-protection"
	StackDelete          = "stack-delete"
)

// Ids of the techniques that impair the organization, and CloudTrail Lake.
const (
	OrgLeave              = "org-leave"
	TrustedAccessOff      = "trusted-access-off"
	DelegatedAdminRemoved = "delegated-admin-removed"
	SCPDenyGuard          = "scp-deny-guard"
	RegionToggle          = "region-toggle"

	LakeStop           = "lake-stop"
	LakeDelete         = "lake-delete"
	LakeUpdate         = "lake-update"
	LakeChannel        = "lake-channel"
	LakeResourcePolicy = "lake-resource-policy"
)
