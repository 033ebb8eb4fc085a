package trail

// Op is the API operation of a step, in AWS's spelling.
type Op string

// The operations that restoration uses.
const (
	OpStartLogging          Op = "StartLogging"
	OpCreateTrail           Op = "CreateTrail"
	OpUpdateTrail           Op = "UpdateTrail"
	OpDeleteTrail           Op = "DeleteTrail" // of an impostor, and only where the policy allows it
	OpPutEventSelectors     Op = "PutEventSelectors"
	OpPutInsightSelectors   Op = "PutInsightSelectors"
	OpPutEventConfiguration Op = "PutEventConfiguration"
	OpAddTags               Op = "AddTags"
	OpRemoveTags            Op = "RemoveTags"
)

// The operations that restore what delivery rests on. Several services have SetAttributes or PutResourcePolicy: the
// step's Resource tells which is meant.
const (
	OpCreateBucket                       Op = "CreateBucket"
	OpPutBucketVersioning                Op = "PutBucketVersioning"
	OpPutObjectLockConfiguration         Op = "PutObjectLockConfiguration"
	OpPutBucketOwnershipControls         Op = "PutBucketOwnershipControls"
	OpDeleteBucketOwnershipControls      Op = "DeleteBucketOwnershipControls"
	OpPutPublicAccessBlock               Op = "PutPublicAccessBlock"
	OpDeletePublicAccessBlock            Op = "DeletePublicAccessBlock"
	OpPutBucketPolicy                    Op = "PutBucketPolicy"
	OpDeleteBucketPolicy                 Op = "DeleteBucketPolicy"
	OpPutBucketAcl                       Op = "PutBucketAcl"
	OpPutBucketEncryption                Op = "PutBucketEncryption"
	OpDeleteBucketEncryption             Op = "DeleteBucketEncryption"
	OpPutBucketLifecycleConfiguration    Op = "PutBucketLifecycleConfiguration"
	OpDeleteBucketLifecycle              Op = "DeleteBucketLifecycle"
	OpPutBucketReplication               Op = "PutBucketReplication"
	OpDeleteBucketReplication            Op = "DeleteBucketReplication"
	OpPutBucketRequestPayment            Op = "PutBucketRequestPayment"
	OpPutBucketLogging                   Op = "PutBucketLogging"
	OpPutBucketNotificationConfiguration Op = "PutBucketNotificationConfiguration"
	OpEnableKey                          Op = "EnableKey"
	OpPutKeyPolicy                       Op = "PutKeyPolicy"
	OpCreateGrant                        Op = "CreateGrant"
	OpEnableKeyRotation                  Op = "EnableKeyRotation"
	OpCreateTopic                        Op = "CreateTopic"
	OpSetTopicAttributes                 Op = "SetTopicAttributes"
	OpSubscribe                          Op = "Subscribe"
	OpCreateRole                         Op = "CreateRole"
	OpUpdateAssumeRolePolicy             Op = "UpdateAssumeRolePolicy"
	OpPutRolePermissionsBoundary         Op = "PutRolePermissionsBoundary"
	OpDeleteRolePermissionsBoundary      Op = "DeleteRolePermissionsBoundary"
	OpPutRolePolicy                      Op = "PutRolePolicy"
	OpDeleteRolePolicy                   Op = "DeleteRolePolicy"
	OpAttachRolePolicy                   Op = "AttachRolePolicy"
	OpDetachRolePolicy                   Op = "DetachRolePolicy"
	OpCreateLogGroup                     Op = "CreateLogGroup"
	OpPutLogGroupDeletionProtection      Op = "PutLogGroupDeletionProtection"
	OpPutRetentionPolicy                 Op = "PutRetentionPolicy"
	OpDeleteRetentionPolicy              Op = "DeleteRetentionPolicy"
	OpAssociateKmsKey                    Op = "AssociateKmsKey"
	OpDisassociateKmsKey                 Op = "DisassociateKmsKey"
	OpPutMetricFilter                    Op = "PutMetricFilter"
	OpPutSubscriptionFilter              Op = "PutSubscriptionFilter"
	OpPutDataProtectionPolicy            Op = "PutDataProtectionPolicy"
	OpDeleteDataProtectionPolicy         Op = "DeleteDataProtectionPolicy"
	OpPutMetricAlarm                     Op = "PutMetricAlarm"
	OpEnableAlarmActions                 Op = "EnableAlarmActions"
	OpPutAlarmMuteRule                   Op = "PutAlarmMuteRule"
	OpDeleteAlarmMuteRule                Op = "DeleteAlarmMuteRule"
	OpPutRule                            Op = "PutRule"
	OpPutTargets                         Op = "PutTargets"
	OpRemoveTargets                      Op = "RemoveTargets"
	OpCreateEventBus                     Op = "CreateEventBus"
	OpPutPermission                      Op = "PutPermission"
	OpRemovePermission                   Op = "RemovePermission"
	OpUpdateFunctionConfiguration        Op = "UpdateFunctionConfiguration"
	OpPutFunctionConcurrency             Op = "PutFunctionConcurrency"
	OpDeleteFunctionConcurrency          Op = "DeleteFunctionConcurrency"
	OpAddPermission                      Op = "AddPermission"
	OpPutFunctionEventInvokeConfig       Op = "PutFunctionEventInvokeConfig"
	OpDeleteFunctionEventInvokeConfig    Op = "DeleteFunctionEventInvokeConfig"
	OpCreateSchedule                     Op = "CreateSchedule"
	OpUpdateSchedule                     Op = "UpdateSchedule"
	OpCreateQueue                        Op = "CreateQueue"
	OpSetQueueAttributes                 Op = "SetQueueAttributes"
	OpUpdateTable                        Op = "UpdateTable"
	OpUpdateContinuousBackups            Op = "UpdateContinuousBackups"
	OpUpdateTimeToLive                   Op = "UpdateTimeToLive"
	OpEnableAWSServiceAccess             Op = "EnableAWSServiceAccess"
	OpRegisterDelegatedAdministrator     Op = "RegisterDelegatedAdministrator"
	OpRestoreEventDataStore              Op = "RestoreEventDataStore"
	OpUpdateEventDataStore               Op = "UpdateEventDataStore"
	OpStartEventDataStoreIngestion       Op = "StartEventDataStoreIngestion"
	OpPutResourcePolicy                  Op = "PutResourcePolicy"
	OpDeleteResourcePolicy               Op = "DeleteResourcePolicy"
	OpUpdateChannel                      Op = "UpdateChannel"
	OpCancelKeyDeletion                  Op = "CancelKeyDeletion"
	OpDeleteObjects                      Op = "DeleteObjects" // of delete markers, and of nothing else
)

// Step is one call that removes some drift. Only the argument that belongs to Op is set.
type Step struct {
	ID     string   `json:"id"`              // unique in its plan, such as "update-trail:s3"
	Op     Op       `json:"op"`              //
	Region string   `json:"region"`          // where to call: a trail's home region
	ARN    string   `json:"arn"`             // of the trail or the resource
	Mends  []Field  `json:"mends"`           // the drifts it removes
	After  []string `json:"after,omitempty"` // ids of the steps that must have succeeded before
	Lost   string   `json:"lost,omitempty"`  // what it cannot bring back, in words

	Update             *Update             `json:"update,omitempty"`             // UpdateTrail
	Create             *Create             `json:"create,omitempty"`             // CreateTrail
	Selectors          *Selectors          `json:"selectors,omitempty"`          // PutEventSelectors
	Insights           *[]InsightSelector  `json:"insights,omitempty"`           // PutInsightSelectors
	EventConfiguration *EventConfiguration `json:"eventConfiguration,omitempty"` // PutEventConfiguration
	Tags               map[string]string   `json:"tags,omitempty"`               // AddTags, RemoveTags

	// Of a resource that delivery rests on; empty for the trail itself.
	Resource ResourceType `json:"resource,omitempty"`
	Account  string       `json:"account,omitempty"`  // whose it is
	Setting  Setting      `json:"setting,omitempty"`  // which part the step writes
	Member   string       `json:"member,omitempty"`   // which member of the setting, where each is written by itself
	Document Document     `json:"document,omitempty"` // what to write; of a resource that is made again, all its settings
	Replaces Document     `json:"replaces,omitempty"` // what the member is now; empty if there is none
}

// Version names one version of an object in a bucket, which may be a delete marker.
type Version struct {
	Key       string `json:"Key"`
	VersionID string `json:"VersionId"`
}

// Update is the argument of UpdateTrail: nil leaves a field as it is, an empty string clears it.
type Update struct {
	S3BucketName               *string `json:"s3BucketName,omitempty"`
	S3KeyPrefix                *string `json:"s3KeyPrefix,omitempty"`
	SnsTopicName               *string `json:"snsTopicName,omitempty"`
	CloudWatchLogsLogGroupARN  *string `json:"cloudWatchLogsLogGroupArn,omitempty"`
	CloudWatchLogsRoleARN      *string `json:"cloudWatchLogsRoleArn,omitempty"`
	KMSKeyID                   *string `json:"kmsKeyId,omitempty"`
	EnableLogFileValidation    *bool   `json:"enableLogFileValidation,omitempty"`
	IsMultiRegionTrail         *bool   `json:"isMultiRegionTrail,omitempty"`
	IncludeGlobalServiceEvents *bool   `json:"includeGlobalServiceEvents,omitempty"`
	IsOrganizationTrail        *bool   `json:"isOrganizationTrail,omitempty"`
}

// Create is the argument of CreateTrail. It takes neither selectors nor insights, and does not start logging.
type Create struct {
	Config
	Tags map[string]string `json:"tags,omitempty"`
}
