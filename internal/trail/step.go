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

// Step is one call that removes some drift. Only the argument that belongs to Op is set.
type Step struct {
	ID     string   `json:"id"`              // unique in its plan, such as "update-trail:s3"
	Op     Op       `json:"op"`              //
	Region string   `json:"region"`          // where to call: the trail's home region
	ARN    string   `json:"arn"`             // of the trail
	Mends  []Field  `json:"mends"`           // the drifts it removes
	After  []string `json:"after,omitempty"` // ids of the steps that must have succeeded before
	Lost   string   `json:"lost,omitempty"`  // what it cannot bring back, in words

	Update             *Update             `json:"update,omitempty"`             // UpdateTrail
	Create             *Create             `json:"create,omitempty"`             // CreateTrail
	Selectors          *Selectors          `json:"selectors,omitempty"`          // PutEventSelectors
	Insights           *[]InsightSelector  `json:"insights,omitempty"`           // PutInsightSelectors
	EventConfiguration *EventConfiguration `json:"eventConfiguration,omitempty"` // PutEventConfiguration
	Tags               map[string]string   `json:"tags,omitempty"`               // AddTags, RemoveTags
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
