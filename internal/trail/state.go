// Package trail knows what a trail is, what it should be, how the two differ and which steps make them equal again.
//
// It is the pure core of Trailhold: functions of values, without AWS types, clock, network or printing. Names of
// fields are those of the CloudTrail API (https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/).
package trail

import (
	"time"
)

// Knowledge says how much is known of a facet. The zero value is Unknown, so that whatever nobody looked at can
// never be mistaken for something that is gone.
type Knowledge uint8

// What can be known of a facet.
const (
	Unknown Knowledge = iota // not read: denied, throttled, timed out, region disabled, never tried
	Absent                   // AWS answered positively that it does not exist
	Present                  // read
)

// Facet is one separately readable part of a trail's state.
type Facet[T any] struct {
	knowledge Knowledge
	value     T
	why       string
}

// Known is a facet that was read.
func Known[T any](value T) Facet[T] { return Facet[T]{knowledge: Present, value: value} }

// Gone is a facet that AWS positively said does not exist.
func Gone[T any]() Facet[T] { return Facet[T]{knowledge: Absent} }

// NotKnown is a facet that could not be read, and why, in words for an alert.
func NotKnown[T any](why string) Facet[T] { return Facet[T]{why: why} }

// Get returns the value and whether the facet was read.
func (f Facet[T]) Get() (T, bool) { return f.value, f.knowledge == Present }

// Knowledge says whether the facet is unknown, absent or present.
func (f Facet[T]) Knowledge() Knowledge { return f.knowledge }

// Why says why the facet is unknown; empty if it was never tried or is known.
func (f Facet[T]) Why() string { return f.why }

// Config is what DescribeTrails and GetTrail tell of a trail. Optional parts are empty strings.
type Config struct {
	Name                       string `json:"name" yaml:"name"`
	ARN                        string `json:"arn" yaml:"arn"`
	HomeRegion                 string `json:"homeRegion" yaml:"homeRegion"`
	S3BucketName               string `json:"s3BucketName" yaml:"s3BucketName"`
	S3KeyPrefix                string `json:"s3KeyPrefix,omitempty" yaml:"s3KeyPrefix,omitempty"`
	SnsTopicARN                string `json:"snsTopicARN,omitempty" yaml:"snsTopicARN,omitempty"`
	CloudWatchLogsLogGroupARN  string `json:"cloudWatchLogsLogGroupArn,omitempty" yaml:"cloudWatchLogsLogGroupArn,omitempty"`
	CloudWatchLogsRoleARN      string `json:"cloudWatchLogsRoleArn,omitempty" yaml:"cloudWatchLogsRoleArn,omitempty"`
	KMSKeyID                   string `json:"kmsKeyId,omitempty" yaml:"kmsKeyId,omitempty"`
	LogFileValidationEnabled   bool   `json:"logFileValidationEnabled" yaml:"logFileValidationEnabled"`
	IsMultiRegionTrail         bool   `json:"isMultiRegionTrail" yaml:"isMultiRegionTrail"`
	IncludeGlobalServiceEvents bool   `json:"includeGlobalServiceEvents" yaml:"includeGlobalServiceEvents"`
	IsOrganizationTrail        bool   `json:"isOrganizationTrail" yaml:"isOrganizationTrail"`
}

// Status is what GetTrailStatus tells of a trail in one region. Times are zero where AWS gave none.
type Status struct {
	IsLogging                         bool      `json:"isLogging"`
	StartLoggingTime                  time.Time `json:"startLoggingTime,omitzero"`
	StopLoggingTime                   time.Time `json:"stopLoggingTime,omitzero"` // the most recent stop: it moves when stop is called again
	LatestDeliveryTime                time.Time `json:"latestDeliveryTime,omitzero"`
	LatestDeliveryError               string    `json:"latestDeliveryError,omitempty"`
	LatestDigestDeliveryTime          time.Time `json:"latestDigestDeliveryTime,omitzero"`
	LatestDigestDeliveryError         string    `json:"latestDigestDeliveryError,omitempty"`
	LatestNotificationError           string    `json:"latestNotificationError,omitempty"`
	LatestCloudWatchLogsDeliveryTime  time.Time `json:"latestCloudWatchLogsDeliveryTime,omitzero"`
	LatestCloudWatchLogsDeliveryError string    `json:"latestCloudWatchLogsDeliveryError,omitempty"`
}

// Selectors is a trail's whole event selection. Basic and advanced are mutually exclusive on AWS: setting one
// clears the other.
type Selectors struct {
	Basic    []EventSelector         `json:"eventSelectors,omitempty" yaml:"eventSelectors,omitempty"`
	Advanced []AdvancedEventSelector `json:"advancedEventSelectors,omitempty" yaml:"advancedEventSelectors,omitempty"`
}

// EventSelector is a basic event selector.
type EventSelector struct {
	ReadWriteType                 string         `json:"readWriteType" yaml:"readWriteType"` // All, ReadOnly, WriteOnly
	IncludeManagementEvents       bool           `json:"includeManagementEvents" yaml:"includeManagementEvents"`
	ExcludeManagementEventSources []string       `json:"excludeManagementEventSources,omitempty" yaml:"excludeManagementEventSources,omitempty"`
	DataResources                 []DataResource `json:"dataResources,omitempty" yaml:"dataResources,omitempty"`
}

// DataResource selects data events of some resources; with no values it records nothing.
type DataResource struct {
	Type   string   `json:"type" yaml:"type"`
	Values []string `json:"values,omitempty" yaml:"values,omitempty"`
}

// AdvancedEventSelector is an advanced event selector: all of its field selectors must hold.
type AdvancedEventSelector struct {
	Name           string          `json:"name,omitempty" yaml:"name,omitempty"`
	FieldSelectors []FieldSelector `json:"fieldSelectors" yaml:"fieldSelectors"`
}

// FieldSelector is a condition on one field. Values of one positive operator are alternatives; of a negative one, all must hold.
type FieldSelector struct {
	Field         string   `json:"field" yaml:"field"`
	Equals        []string `json:"equals,omitempty" yaml:"equals,omitempty"`
	StartsWith    []string `json:"startsWith,omitempty" yaml:"startsWith,omitempty"`
	EndsWith      []string `json:"endsWith,omitempty" yaml:"endsWith,omitempty"`
	NotEquals     []string `json:"notEquals,omitempty" yaml:"notEquals,omitempty"`
	NotStartsWith []string `json:"notStartsWith,omitempty" yaml:"notStartsWith,omitempty"`
	NotEndsWith   []string `json:"notEndsWith,omitempty" yaml:"notEndsWith,omitempty"`
}

// InsightSelector turns on one kind of CloudTrail Insights.
type InsightSelector struct {
	InsightType     string   `json:"insightType" yaml:"insightType"`                             // ApiCallRateInsight, ApiErrorRateInsight
	EventCategories []string `json:"eventCategories,omitempty" yaml:"eventCategories,omitempty"` // Management, Data
}

// EventConfiguration is what GetEventConfiguration tells: event size, added context and aggregation.
type EventConfiguration struct {
	MaxEventSize              string                     `json:"maxEventSize,omitempty" yaml:"maxEventSize,omitempty"` // Standard, Large
	ContextKeySelectors       []ContextKeySelector       `json:"contextKeySelectors,omitempty" yaml:"contextKeySelectors,omitempty"`
	AggregationConfigurations []AggregationConfiguration `json:"aggregationConfigurations,omitempty" yaml:"aggregationConfigurations,omitempty"`
}

// ContextKeySelector adds tag or request context to recorded events.
type ContextKeySelector struct {
	Type   string   `json:"type" yaml:"type"` // TagContext, RequestContext
	Equals []string `json:"equals" yaml:"equals"`
}

// AggregationConfiguration turns on aggregated events of a category.
type AggregationConfiguration struct {
	EventCategory string   `json:"eventCategory" yaml:"eventCategory"`
	Templates     []string `json:"templates" yaml:"templates"`
}

// State is one trail as observed. Each facet is known, absent or unknown on its own.
type State struct {
	ARN                string
	Config             Facet[Config]
	Status             Facet[Status]            // in the home region
	Regions            map[string]Facet[Status] // in every other region that was looked at
	Selectors          Facet[Selectors]
	Insights           Facet[[]InsightSelector]
	EventConfiguration Facet[EventConfiguration]
	Tags               Facet[map[string]string]
	Dependents         map[string]ResourceState // by ARN

	// Others are all other trails of the account in the home region, and all trails anywhere that share this trail's
	// name: those that could stand where the guarded one stood.
	Others Facet[[]Config]
}
