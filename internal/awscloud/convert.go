package awscloud

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/trailhold/trailhold/internal/trail"
)

// mapped converts each member of a list. An empty list stays nil: AWS makes no difference, and neither do we.
func mapped[A, B any](list []A, convert func(A) B) []B {
	var out []B
	for _, member := range list {
		out = append(out, convert(member))
	}
	return out
}

// words converts a list between kinds of strings.
func words[A, B ~string](list []A) []B {
	return mapped(list, func(a A) B { return B(a) })
}

// optional is nil for an empty string, so that the field is left out of the call.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func configOf(t types.Trail) trail.Config {
	return trail.Config{
		Name:                       aws.ToString(t.Name),
		ARN:                        aws.ToString(t.TrailARN),
		HomeRegion:                 aws.ToString(t.HomeRegion),
		S3BucketName:               aws.ToString(t.S3BucketName),
		S3KeyPrefix:                aws.ToString(t.S3KeyPrefix),
		SnsTopicARN:                aws.ToString(t.SnsTopicARN),
		CloudWatchLogsLogGroupARN:  aws.ToString(t.CloudWatchLogsLogGroupArn),
		CloudWatchLogsRoleARN:      aws.ToString(t.CloudWatchLogsRoleArn),
		KMSKeyID:                   aws.ToString(t.KmsKeyId),
		LogFileValidationEnabled:   aws.ToBool(t.LogFileValidationEnabled),
		IsMultiRegionTrail:         aws.ToBool(t.IsMultiRegionTrail),
		IncludeGlobalServiceEvents: aws.ToBool(t.IncludeGlobalServiceEvents),
		IsOrganizationTrail:        aws.ToBool(t.IsOrganizationTrail),
	}
}

func statusFrom(out *cloudtrail.GetTrailStatusOutput) trail.Status {
	return trail.Status{
		IsLogging:                         aws.ToBool(out.IsLogging),
		StartLoggingTime:                  aws.ToTime(out.StartLoggingTime),
		StopLoggingTime:                   aws.ToTime(out.StopLoggingTime),
		LatestDeliveryTime:                aws.ToTime(out.LatestDeliveryTime),
		LatestDeliveryError:               aws.ToString(out.LatestDeliveryError),
		LatestDigestDeliveryTime:          aws.ToTime(out.LatestDigestDeliveryTime),
		LatestDigestDeliveryError:         aws.ToString(out.LatestDigestDeliveryError),
		LatestNotificationError:           aws.ToString(out.LatestNotificationError),
		LatestCloudWatchLogsDeliveryTime:  aws.ToTime(out.LatestCloudWatchLogsDeliveryTime),
		LatestCloudWatchLogsDeliveryError: aws.ToString(out.LatestCloudWatchLogsDeliveryError),
	}
}

func selectorsFrom(out *cloudtrail.GetEventSelectorsOutput) trail.Selectors {
	return trail.Selectors{
		Basic: mapped(out.EventSelectors, func(s types.EventSelector) trail.EventSelector {
			return trail.EventSelector{
				ReadWriteType:                 string(s.ReadWriteType),
				IncludeManagementEvents:       aws.ToBool(s.IncludeManagementEvents),
				ExcludeManagementEventSources: s.ExcludeManagementEventSources,
				DataResources: mapped(s.DataResources, func(r types.DataResource) trail.DataResource {
					return trail.DataResource{Type: aws.ToString(r.Type), Values: r.Values}
				}),
			}
		}),
		Advanced: mapped(out.AdvancedEventSelectors, func(s types.AdvancedEventSelector) trail.AdvancedEventSelector {
			return trail.AdvancedEventSelector{
				Name: aws.ToString(s.Name),
				FieldSelectors: mapped(s.FieldSelectors, func(f types.AdvancedFieldSelector) trail.FieldSelector {
					return trail.FieldSelector{
						Field: aws.ToString(f.Field), Equals: f.Equals, StartsWith: f.StartsWith, EndsWith: f.EndsWith,
						NotEquals: f.NotEquals, NotStartsWith: f.NotStartsWith, NotEndsWith: f.NotEndsWith,
					}
				}),
			}
		}),
	}
}

func basicSelector(s trail.EventSelector) types.EventSelector {
	return types.EventSelector{
		ReadWriteType:                 types.ReadWriteType(s.ReadWriteType),
		IncludeManagementEvents:       aws.Bool(s.IncludeManagementEvents),
		ExcludeManagementEventSources: s.ExcludeManagementEventSources,
		DataResources: mapped(s.DataResources, func(r trail.DataResource) types.DataResource {
			return types.DataResource{Type: aws.String(r.Type), Values: append([]string{}, r.Values...)} // an empty list is sent as such
		}),
	}
}

func advancedSelector(s trail.AdvancedEventSelector) types.AdvancedEventSelector {
	return types.AdvancedEventSelector{
		Name: optional(s.Name),
		FieldSelectors: mapped(s.FieldSelectors, func(f trail.FieldSelector) types.AdvancedFieldSelector {
			return types.AdvancedFieldSelector{
				Field: aws.String(f.Field), Equals: f.Equals, StartsWith: f.StartsWith, EndsWith: f.EndsWith,
				NotEquals: f.NotEquals, NotStartsWith: f.NotStartsWith, NotEndsWith: f.NotEndsWith,
			}
		}),
	}
}

func insightFrom(s types.InsightSelector) trail.InsightSelector {
	return trail.InsightSelector{
		InsightType:     string(s.InsightType),
		EventCategories: words[types.SourceEventCategory, string](s.EventCategories),
	}
}

func insightSelector(s trail.InsightSelector) types.InsightSelector {
	return types.InsightSelector{
		InsightType:     types.InsightType(s.InsightType),
		EventCategories: words[string, types.SourceEventCategory](s.EventCategories),
	}
}

func eventConfigurationFrom(out *cloudtrail.GetEventConfigurationOutput) trail.EventConfiguration {
	return trail.EventConfiguration{
		MaxEventSize: string(out.MaxEventSize),
		ContextKeySelectors: mapped(out.ContextKeySelectors, func(s types.ContextKeySelector) trail.ContextKeySelector {
			return trail.ContextKeySelector{Type: string(s.Type), Equals: s.Equals}
		}),
		AggregationConfigurations: mapped(out.AggregationConfigurations, func(a types.AggregationConfiguration) trail.AggregationConfiguration {
			return trail.AggregationConfiguration{
				EventCategory: string(a.EventCategory), Templates: words[types.Template, string](a.Templates),
			}
		}),
	}
}

// tagList is in order of keys, so that the same tags always make the same call.
func tagList(tags map[string]string) []types.Tag {
	return mapped(slices.Sorted(maps.Keys(tags)), func(key string) types.Tag {
		return types.Tag{Key: aws.String(key), Value: aws.String(tags[key])}
	})
}
