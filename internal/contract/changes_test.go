package contract

import (
	"context"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// oneAttempt spares the SDK's patience with servers that answer 500 to what they do not foresee.
func oneAttempt(o *cloudtrail.Options) { o.Retryer = aws.NopRetryer{} }

// switched starts and then stops the trail, named as given, and looks at its status after each.
func switched(ctx context.Context, s *scene, by string) error {
	if err := s.create(ctx); err != nil {
		return err
	}
	if _, err := s.ct().StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &by}, oneAttempt); err != nil {
		return err
	}
	if err := s.soon(ctx, func() error { return s.isLogging(ctx, true) }); err != nil {
		return err
	}
	if _, err := s.ct().StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: &by}, oneAttempt); err != nil {
		return err
	}
	return s.soon(ctx, func() error { return s.isLogging(ctx, false) })
}

func (s *scene) isLogging(ctx context.Context, want bool) error {
	on, err := s.logging(ctx)
	if err != nil {
		return err
	}
	return expect(on == want, "IsLogging is %v", on)
}

var logging = []clause{
	{"start-and-stop-by-name", func(ctx context.Context, s *scene) error { return switched(ctx, s, s.name) }},
	{"start-and-stop-by-arn", func(ctx context.Context, s *scene) error { return switched(ctx, s, s.arn()) }},
	{"start-unknown-refused", func(ctx context.Context, s *scene) error {
		_, err := s.ct().StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &s.name}, oneAttempt)
		return refused(err, "TrailNotFoundException")
	}},
	{"stop-elsewhere-refused", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx, multiRegion); err != nil {
			return err
		}
		return s.soon(ctx, func() error {
			_, err := s.there().StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: aws.String(s.arn())}, oneAttempt)
			return refused(err, "InvalidHomeRegionException")
		})
	}},
	{"stop-twice-is-fine", func(ctx context.Context, s *scene) error {
		if err := switched(ctx, s, s.name); err != nil {
			return err
		}
		_, err := s.ct().StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: &s.name}, oneAttempt)
		return err
	}},
	{"status-tells-start-and-stop", func(ctx context.Context, s *scene) error {
		if err := switched(ctx, s, s.name); err != nil {
			return err
		}
		out, err := s.ct().GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &s.name})
		if err != nil {
			return err
		}
		return expect(out.StartLoggingTime != nil && out.StopLoggingTime != nil, "times are %v and %v", out.StartLoggingTime, out.StopLoggingTime)
	}},
}

// updated makes the trail, updates it, and looks at what became of it.
func updated(ctx context.Context, s *scene, update cloudtrail.UpdateTrailInput, look func(types.Trail) bool) error {
	err := s.create(ctx, multiRegion, func(in *cloudtrail.CreateTrailInput) {
		in.S3KeyPrefix, in.EnableLogFileValidation = aws.String("audit"), aws.Bool(true)
	})
	if err != nil {
		return err
	}
	if update.Name == nil {
		update.Name = &s.name
	}
	if _, err := s.ct().UpdateTrail(ctx, &update); err != nil {
		return err
	}
	return s.soon(ctx, func() error {
		t, err := s.get(ctx)
		if err != nil {
			return err
		}
		return expect(look(t), "the trail is %+v", t)
	})
}

var updating = []clause{
	{"update-leaves-the-rest", func(ctx context.Context, s *scene) error {
		return updated(ctx, s, cloudtrail.UpdateTrailInput{EnableLogFileValidation: aws.Bool(false)}, func(t types.Trail) bool {
			return !aws.ToBool(t.LogFileValidationEnabled) && aws.ToString(t.S3KeyPrefix) == "audit" && aws.ToBool(t.IsMultiRegionTrail) &&
				aws.ToString(t.S3BucketName) == s.bucket && aws.ToBool(t.IncludeGlobalServiceEvents)
		})
	}},
	{"update-by-arn", func(ctx context.Context, s *scene) error {
		return updated(ctx, s, cloudtrail.UpdateTrailInput{Name: aws.String(s.arn()), S3KeyPrefix: aws.String("other")}, func(t types.Trail) bool {
			return aws.ToString(t.S3KeyPrefix) == "other"
		})
	}},
	{"update-empty-string-clears", func(ctx context.Context, s *scene) error {
		return updated(ctx, s, cloudtrail.UpdateTrailInput{S3KeyPrefix: aws.String("")}, func(t types.Trail) bool {
			return aws.ToString(t.S3KeyPrefix) == ""
		})
	}},
	{"update-to-single-region", func(ctx context.Context, s *scene) error {
		both := cloudtrail.UpdateTrailInput{IsMultiRegionTrail: aws.Bool(false), IncludeGlobalServiceEvents: aws.Bool(false)}
		return updated(ctx, s, both, func(t types.Trail) bool {
			return !aws.ToBool(t.IsMultiRegionTrail) && !aws.ToBool(t.IncludeGlobalServiceEvents)
		})
	}},
	{"update-multi-region-without-global-refused", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx, multiRegion); err != nil {
			return err
		}
		_, err := s.ct().UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: &s.name, IncludeGlobalServiceEvents: aws.Bool(false)})
		return refused(err, "InvalidParameterCombinationException")
	}},
	{"update-to-missing-bucket-refused", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		_, err := s.ct().UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: &s.name, S3BucketName: aws.String(s.bucket + "-missing")})
		return refused(err, "S3BucketDoesNotExistException")
	}},
	{"update-to-bucket-without-policy-refused", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		_, err := s.ct().UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: &s.name, S3BucketName: &s.unfit})
		return refused(err, "InsufficientS3BucketPolicyException")
	}},
	{"update-unknown-refused", func(ctx context.Context, s *scene) error {
		_, err := s.ct().UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: &s.name, S3KeyPrefix: aws.String("x")})
		return refused(err, "TrailNotFoundException")
	}},
	{"update-elsewhere-refused", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx, multiRegion); err != nil {
			return err
		}
		return s.soon(ctx, func() error {
			_, err := s.there().UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: aws.String(s.arn()), S3KeyPrefix: aws.String("x")})
			return refused(err, "InvalidHomeRegionException")
		})
	}},
}

func (s *scene) choose(ctx context.Context, in cloudtrail.PutEventSelectorsInput) error {
	in.TrailName = &s.name
	_, err := s.ct().PutEventSelectors(ctx, &in)
	return err
}

var basicReadOnly = cloudtrail.PutEventSelectorsInput{EventSelectors: []types.EventSelector{
	{ReadWriteType: types.ReadWriteTypeReadOnly, IncludeManagementEvents: aws.Bool(true)},
}}

var advancedManagement = cloudtrail.PutEventSelectorsInput{AdvancedEventSelectors: []types.AdvancedEventSelector{
	{FieldSelectors: []types.AdvancedFieldSelector{{Field: aws.String("eventCategory"), Equals: []string{"Management"}}}},
}}

// selected makes the trail, puts selections one after the other, and looks at what is left.
func selected(ctx context.Context, s *scene, look func(*cloudtrail.GetEventSelectorsOutput) bool, puts ...cloudtrail.PutEventSelectorsInput) error {
	if err := s.create(ctx); err != nil {
		return err
	}
	for _, put := range puts {
		if err := s.choose(ctx, put); err != nil {
			return err
		}
	}
	return s.soon(ctx, func() error {
		out, err := s.selectors(ctx)
		if err != nil {
			return err
		}
		return expect(look(out), "selectors are %+v and %+v", out.EventSelectors, out.AdvancedEventSelectors)
	})
}

var selecting = []clause{
	{"selectors-replace-the-default", func(ctx context.Context, s *scene) error {
		return selected(ctx, s, func(out *cloudtrail.GetEventSelectorsOutput) bool {
			return len(out.EventSelectors) == 1 && out.EventSelectors[0].ReadWriteType == types.ReadWriteTypeReadOnly
		}, basicReadOnly)
	}},
	{"selectors-advanced-replace-basic", func(ctx context.Context, s *scene) error {
		return selected(ctx, s, func(out *cloudtrail.GetEventSelectorsOutput) bool {
			return len(out.EventSelectors) == 0 && len(out.AdvancedEventSelectors) == 1
		}, basicReadOnly, advancedManagement)
	}},
	{"selectors-basic-replace-advanced", func(ctx context.Context, s *scene) error {
		return selected(ctx, s, func(out *cloudtrail.GetEventSelectorsOutput) bool {
			return len(out.EventSelectors) == 1 && len(out.AdvancedEventSelectors) == 0
		}, advancedManagement, basicReadOnly)
	}},
	{"selectors-empty-values-accepted", func(ctx context.Context, s *scene) error {
		blind := cloudtrail.PutEventSelectorsInput{EventSelectors: []types.EventSelector{{
			ReadWriteType: types.ReadWriteTypeReadOnly, IncludeManagementEvents: aws.Bool(false),
			DataResources: []types.DataResource{{Type: aws.String("AWS::S3::Object"), Values: []string{}}},
		}}}
		return selected(ctx, s, func(out *cloudtrail.GetEventSelectorsOutput) bool {
			return len(out.EventSelectors) == 1 && !aws.ToBool(out.EventSelectors[0].IncludeManagementEvents)
		}, blind)
	}},
	{"selectors-both-kinds-refused", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		both := basicReadOnly
		both.AdvancedEventSelectors = advancedManagement.AdvancedEventSelectors
		return expect(s.choose(ctx, both) != nil, "basic and advanced selectors were accepted in one call")
	}},
	{"selectors-none-refused", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		return expect(s.choose(ctx, cloudtrail.PutEventSelectorsInput{EventSelectors: []types.EventSelector{}}) != nil, "an empty list was accepted")
	}},
	{"selectors-of-unknown-refused", func(ctx context.Context, s *scene) error {
		_, err := s.selectors(ctx)
		return refused(err, "TrailNotFoundException")
	}},
}

func (s *scene) putInsights(ctx context.Context, kinds ...types.InsightType) error {
	in := &cloudtrail.PutInsightSelectorsInput{TrailName: &s.name, InsightSelectors: []types.InsightSelector{}}
	for _, kind := range kinds {
		in.InsightSelectors = append(in.InsightSelectors, types.InsightSelector{InsightType: kind})
	}
	_, err := s.ct().PutInsightSelectors(ctx, in)
	return err
}

func (s *scene) insights(ctx context.Context) ([]types.InsightSelector, error) {
	out, err := s.ct().GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: &s.name})
	if err != nil {
		return nil, err
	}
	return out.InsightSelectors, nil
}

var insights = []clause{
	{"insights-not-enabled", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		_, err := s.insights(ctx)
		return refused(err, "InsightNotEnabledException")
	}},
	{"insights-are-replaced", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		if err := s.putInsights(ctx, types.InsightTypeApiCallRateInsight); err != nil {
			return err
		}
		if err := s.putInsights(ctx, types.InsightTypeApiErrorRateInsight); err != nil {
			return err
		}
		return s.soon(ctx, func() error {
			have, err := s.insights(ctx)
			if err != nil {
				return err
			}
			return expect(len(have) == 1 && have[0].InsightType == types.InsightTypeApiErrorRateInsight, "insights are %+v", have)
		})
	}},
	{"insights-empty-list-disables", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		if err := s.putInsights(ctx, types.InsightTypeApiCallRateInsight); err != nil {
			return err
		}
		if err := s.putInsights(ctx); err != nil {
			return err
		}
		return s.soon(ctx, func() error {
			_, err := s.insights(ctx)
			return refused(err, "InsightNotEnabledException")
		})
	}},
}

func tag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }

var tagging = []clause{
	{"tags-add-and-overwrite", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		for _, tags := range [][]types.Tag{{tag("a", "1"), tag("b", "2")}, {tag("b", "3")}} {
			if _, err := s.ct().AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: aws.String(s.arn()), TagsList: tags}); err != nil {
				return err
			}
		}
		return s.haveTags(ctx, map[string]string{"a": "1", "b": "3"})
	}},
	{"tags-remove-by-key", func(ctx context.Context, s *scene) error {
		err := s.create(ctx, func(in *cloudtrail.CreateTrailInput) { in.TagsList = []types.Tag{tag("a", "1"), tag("b", "2")} })
		if err != nil {
			return err
		}
		gone := []types.Tag{{Key: aws.String("a")}}
		if _, err := s.ct().RemoveTags(ctx, &cloudtrail.RemoveTagsInput{ResourceId: aws.String(s.arn()), TagsList: gone}); err != nil {
			return err
		}
		return s.haveTags(ctx, map[string]string{"b": "2"})
	}},
	{"tags-of-unknown-refused", func(ctx context.Context, s *scene) error {
		_, err := s.ct().AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: aws.String(s.arn()), TagsList: []types.Tag{tag("a", "1")}})
		return refused(err, "ResourceNotFoundException")
	}},
}

func (s *scene) haveTags(ctx context.Context, want map[string]string) error {
	return s.soon(ctx, func() error {
		tags, err := s.tags(ctx)
		if err != nil {
			return err
		}
		if !maps.Equal(tags, want) {
			return fmt.Errorf("tags are %v", tags)
		}
		return nil
	})
}
