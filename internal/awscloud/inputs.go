package awscloud

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/trailhold/trailhold/internal/trail"
)

// The inputs of CloudTrail's writes, from the core's values. They are exported for the intruder of the drill, which
// must speak exactly as the guard does.

// CreateInput is the whole of a trail that CreateTrail can set. The topic is given by ARN: a bare name would be looked
// for in the trail's own account.
func CreateInput(t trail.Create) *cloudtrail.CreateTrailInput {
	return &cloudtrail.CreateTrailInput{
		Name:                       aws.String(t.Name),
		S3BucketName:               aws.String(t.S3BucketName),
		S3KeyPrefix:                optional(t.S3KeyPrefix),
		SnsTopicName:               optional(t.SnsTopicARN),
		CloudWatchLogsLogGroupArn:  optional(t.CloudWatchLogsLogGroupARN),
		CloudWatchLogsRoleArn:      optional(t.CloudWatchLogsRoleARN),
		KmsKeyId:                   optional(t.KMSKeyID),
		EnableLogFileValidation:    aws.Bool(t.LogFileValidationEnabled),
		IsMultiRegionTrail:         aws.Bool(t.IsMultiRegionTrail),
		IncludeGlobalServiceEvents: aws.Bool(t.IncludeGlobalServiceEvents),
		IsOrganizationTrail:        aws.Bool(t.IsOrganizationTrail),
		TagsList:                   tagList(t.Tags),
	}
}

// UpdateInput changes what u sets and leaves the rest; an empty string clears.
func UpdateInput(nameOrARN string, u trail.Update) *cloudtrail.UpdateTrailInput {
	return &cloudtrail.UpdateTrailInput{
		Name:                       aws.String(nameOrARN),
		S3BucketName:               u.S3BucketName,
		S3KeyPrefix:                u.S3KeyPrefix,
		SnsTopicName:               u.SnsTopicName,
		CloudWatchLogsLogGroupArn:  u.CloudWatchLogsLogGroupARN,
		CloudWatchLogsRoleArn:      u.CloudWatchLogsRoleARN,
		KmsKeyId:                   u.KMSKeyID,
		EnableLogFileValidation:    u.EnableLogFileValidation,
		IsMultiRegionTrail:         u.IsMultiRegionTrail,
		IncludeGlobalServiceEvents: u.IncludeGlobalServiceEvents,
		IsOrganizationTrail:        u.IsOrganizationTrail,
	}
}

// SelectorsInput sends the advanced selectors if there are any, since AWS refuses both kinds in one call.
func SelectorsInput(nameOrARN string, s trail.Selectors) *cloudtrail.PutEventSelectorsInput {
	in := &cloudtrail.PutEventSelectorsInput{TrailName: aws.String(nameOrARN)}
	if len(s.Advanced) > 0 {
		in.AdvancedEventSelectors = mapped(s.Advanced, advancedSelector)
	} else {
		in.EventSelectors = mapped(s.Basic, basicSelector)
	}
	return in
}

// InsightsInput sends an empty list as such: it turns Insights off.
func InsightsInput(nameOrARN string, insights []trail.InsightSelector) *cloudtrail.PutInsightSelectorsInput {
	return &cloudtrail.PutInsightSelectorsInput{
		TrailName:        aws.String(nameOrARN),
		InsightSelectors: append([]types.InsightSelector{}, mapped(insights, insightSelector)...),
	}
}

// EventConfigurationInput sends the aggregation even if it is empty, so that what the baseline does not have is taken
// away. Event size and context keys are documented for event data stores only: they are left out unless AWS told of
// them for this trail, lest an argument without effect spoil the call.
func EventConfigurationInput(nameOrARN string, e trail.EventConfiguration) *cloudtrail.PutEventConfigurationInput {
	in := &cloudtrail.PutEventConfigurationInput{
		TrailName:                 aws.String(nameOrARN),
		AggregationConfigurations: append([]types.AggregationConfiguration{}, mapped(e.AggregationConfigurations, aggregation)...),
	}
	if e.MaxEventSize != "" || len(e.ContextKeySelectors) > 0 {
		in.MaxEventSize = types.MaxEventSize(e.MaxEventSize)
		in.ContextKeySelectors = append([]types.ContextKeySelector{}, mapped(e.ContextKeySelectors, contextKey)...)
	}
	return in
}

func aggregation(a trail.AggregationConfiguration) types.AggregationConfiguration {
	return types.AggregationConfiguration{
		EventCategory: types.EventCategoryAggregation(a.EventCategory), Templates: words[string, types.Template](a.Templates),
	}
}

func contextKey(s trail.ContextKeySelector) types.ContextKeySelector {
	return types.ContextKeySelector{Type: types.Type(s.Type), Equals: s.Equals}
}
