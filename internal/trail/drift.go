package trail

import "github.com/trailhold/trailhold/internal/severity"

// Direction says what a drift does to the trail's worth.
type Direction string

// The directions.
const (
	Narrowing Direction = "narrowing" // less is recorded, or fewer can trust it
	Widening  Direction = "widening"  // more is recorded
	Neutral   Direction = "neutral"
)

// Field names what drifted, in the spelling of the baseline file.
type Field string

// The fields that can drift. FieldTrail is the existence of the whole trail.
const (
	FieldTrail              Field = "trail"
	FieldLogging            Field = "logging"
	FieldBucket             Field = "s3BucketName"
	FieldPrefix             Field = "s3KeyPrefix"
	FieldTopic              Field = "snsTopicARN"
	FieldLogGroup           Field = "cloudWatchLogsLogGroupArn"
	FieldLogRole            Field = "cloudWatchLogsRoleArn"
	FieldKey                Field = "kmsKeyId"
	FieldValidation         Field = "logFileValidationEnabled"
	FieldMultiRegion        Field = "isMultiRegionTrail"
	FieldGlobalEvents       Field = "includeGlobalServiceEvents"
	FieldOrganization       Field = "isOrganizationTrail"
	FieldSelectors          Field = "eventSelectors" // basic or advanced
	FieldInsights           Field = "insightSelectors"
	FieldEventConfiguration Field = "eventConfiguration"
	FieldTags               Field = "tags"
	FieldDelivery           Field = "delivery" // a policy, though as wanted, keeps CloudTrail out: nothing can be written back
)

// Drift is one difference between baseline and state. Before and After are values of the baseline's types (string,
// bool, Selectors, …), nil where there is none.
type Drift struct {
	Field     Field             `json:"field"`
	Resource  string            `json:"resource,omitempty"` // ARN of what drifted, where that is not the trail itself
	Before    any               `json:"before"`
	After     any               `json:"after"`
	Direction Direction         `json:"direction"`
	Severity  severity.Severity `json:"severity"`
	Detail    string            `json:"detail,omitempty"` // what the change means, in words
}

// Same says whether both drifts are of the same part of the same resource, whatever the values.
func (d Drift) Same(other Drift) bool { return d.Field == other.Field && d.Resource == other.Resource }

// UnknownFacet is a part of the state that could not be read.
type UnknownFacet struct {
	// Facet is config, status, selectors, insights, eventConfiguration, tags, others, or kmsKeyId where the baseline
	// names an alias that only KMS could compare with the key in use; of a resource, the field of the setting.
	Facet    string `json:"facet"`
	Resource string `json:"resource,omitempty"` // ARN of what could not be read, where that is not the trail itself
	Why      string `json:"why"`
}

// Difference is all that separates a state from its baseline.
type Difference struct {
	Drifts  []Drift        `json:"drifts"`
	Unknown []UnknownFacet `json:"unknown,omitempty"`
}
