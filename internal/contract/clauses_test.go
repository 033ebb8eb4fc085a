package contract

import (
	"context"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

func clauses() []clause {
	var all []clause
	for _, part := range [][]clause{creating, reading, describing, logging, updating, selecting, insights, tagging, deleting} {
		all = append(all, part...)
	}
	return all
}

var creating = []clause{
	{"create-gives-the-whole-trail", func(ctx context.Context, s *scene) error {
		err := s.create(ctx, multiRegion, func(in *cloudtrail.CreateTrailInput) {
			in.EnableLogFileValidation, in.S3KeyPrefix = aws.Bool(true), aws.String("audit")
		})
		if err != nil {
			return err
		}
		return s.soon(ctx, func() error {
			t, err := s.get(ctx)
			if err != nil {
				return err
			}
			whole := aws.ToString(t.TrailARN) == s.arn() && aws.ToString(t.Name) == s.name && aws.ToString(t.HomeRegion) == s.home &&
				aws.ToString(t.S3BucketName) == s.bucket && aws.ToString(t.S3KeyPrefix) == "audit" && aws.ToBool(t.IsMultiRegionTrail) &&
				aws.ToBool(t.IncludeGlobalServiceEvents) && aws.ToBool(t.LogFileValidationEnabled) && !aws.ToBool(t.IsOrganizationTrail)
			return expect(whole, "the trail is not what was asked for: %+v", t)
		})
	}},
	{"create-does-not-start-logging", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		on, err := s.logging(ctx)
		if err != nil {
			return err
		}
		return expect(!on, "the new trail is logging")
	}},
	{"create-selects-all-management-events", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		out, err := s.selectors(ctx)
		if err != nil {
			return err
		}
		if len(out.EventSelectors) != 1 || len(out.AdvancedEventSelectors) != 0 {
			return fmt.Errorf("%d basic and %d advanced selectors", len(out.EventSelectors), len(out.AdvancedEventSelectors))
		}
		only := out.EventSelectors[0]
		return expect(only.ReadWriteType == types.ReadWriteTypeAll && aws.ToBool(only.IncludeManagementEvents) && len(only.DataResources) == 0,
			"the default selection is %+v", only)
	}},
	{"create-takes-tags", func(ctx context.Context, s *scene) error {
		err := s.create(ctx, func(in *cloudtrail.CreateTrailInput) {
			in.TagsList = []types.Tag{{Key: aws.String("team"), Value: aws.String("audit")}}
		})
		if err != nil {
			return err
		}
		tags, err := s.tags(ctx)
		if err != nil {
			return err
		}
		return expect(maps.Equal(tags, map[string]string{"team": "audit"}), "tags are %v", tags)
	}},
	{"create-same-name-refused", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		return refused(s.create(ctx), "TrailAlreadyExistsException")
	}},
	{"create-missing-bucket-refused", func(ctx context.Context, s *scene) error {
		missing := func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = aws.String(s.bucket + "-missing") }
		return refused(s.create(ctx, missing), "S3BucketDoesNotExistException")
	}},
	{"create-bucket-without-policy-refused", func(ctx context.Context, s *scene) error {
		unfit := func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = &s.unfit }
		return refused(s.create(ctx, unfit), "InsufficientS3BucketPolicyException")
	}},
	{"create-multi-region-without-global-refused", func(ctx context.Context, s *scene) error {
		local := func(in *cloudtrail.CreateTrailInput) { in.IncludeGlobalServiceEvents = aws.Bool(false) }
		return refused(s.create(ctx, multiRegion, local), "InvalidParameterCombinationException")
	}},
	{"create-bad-name-refused", func(ctx context.Context, s *scene) error {
		bad := func(in *cloudtrail.CreateTrailInput) { in.Name = aws.String("a") }
		return refused(s.create(ctx, bad), "InvalidTrailNameException")
	}},
	{"create-sixth-refused", func(ctx context.Context, s *scene) error {
		for n := range 6 {
			err := s.create(ctx, func(in *cloudtrail.CreateTrailInput) { in.Name = aws.String(fmt.Sprintf("%s-%d", s.name, n)) })
			if err != nil {
				return refused(err, "MaximumNumberOfTrailsExceededException")
			}
		}
		return fmt.Errorf("a region took six trails")
	}},
}

var reading = []clause{
	{"get-unknown", func(ctx context.Context, s *scene) error {
		_, err := s.get(ctx)
		return refused(err, "TrailNotFoundException")
	}},
	{"get-by-arn", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		out, err := s.ct().GetTrail(ctx, &cloudtrail.GetTrailInput{Name: aws.String(s.arn())})
		if err != nil {
			return err
		}
		return expect(aws.ToString(out.Trail.Name) == s.name, "got %+v", out.Trail)
	}},
	{"get-multi-region-by-arn-elsewhere", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx, multiRegion); err != nil {
			return err
		}
		return s.soon(ctx, func() error {
			out, err := s.there().GetTrail(ctx, &cloudtrail.GetTrailInput{Name: aws.String(s.arn())})
			if err != nil {
				return err
			}
			return expect(aws.ToString(out.Trail.HomeRegion) == s.home, "home is %s", aws.ToString(out.Trail.HomeRegion))
		})
	}},
	{"status-unknown", func(ctx context.Context, s *scene) error {
		_, err := s.logging(ctx)
		return refused(err, "TrailNotFoundException")
	}},
	{"status-by-arn-elsewhere", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx, multiRegion); err != nil {
			return err
		}
		return s.soon(ctx, func() error {
			out, err := s.there().GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String(s.arn())})
			if err != nil {
				return err
			}
			return expect(out.IsLogging != nil, "the status does not say whether it is logging")
		})
	}},
}

// described lists the names and home regions of the trails that a region shows.
func described(ctx context.Context, ct *cloudtrail.Client, in *cloudtrail.DescribeTrailsInput) (map[string]string, error) {
	out, err := ct.DescribeTrails(ctx, in)
	if err != nil {
		return nil, err
	}
	homes := map[string]string{}
	for _, t := range out.TrailList {
		homes[aws.ToString(t.Name)] = aws.ToString(t.HomeRegion)
	}
	return homes, nil
}

var describing = []clause{
	{"describe-by-name", func(ctx context.Context, s *scene) error {
		other := func(in *cloudtrail.CreateTrailInput) { in.Name = aws.String(s.name + "-b") }
		if err := s.create(ctx, other); err != nil {
			return err
		}
		if err := s.create(ctx); err != nil {
			return err
		}
		return s.soon(ctx, func() error {
			homes, err := described(ctx, s.ct(), &cloudtrail.DescribeTrailsInput{TrailNameList: []string{s.name}})
			if err != nil {
				return err
			}
			return expect(maps.Equal(homes, map[string]string{s.name: s.home}), "found %v", homes)
		})
	}},
	{"describe-unknown-is-empty", func(ctx context.Context, s *scene) error {
		homes, err := described(ctx, s.ct(), &cloudtrail.DescribeTrailsInput{TrailNameList: []string{s.name}})
		if err != nil {
			return err
		}
		return expect(len(homes) == 0, "found %v", homes)
	}},
	{"describe-shows-shadows-by-default", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx, multiRegion); err != nil {
			return err
		}
		return s.soon(ctx, func() error {
			homes, err := described(ctx, s.there(), &cloudtrail.DescribeTrailsInput{})
			if err != nil {
				return err
			}
			return expect(homes[s.name] == s.home, "elsewhere shows %v", homes)
		})
	}},
	{"describe-without-shadows", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx, multiRegion); err != nil {
			return err
		}
		homes, err := described(ctx, s.there(), &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)})
		if err != nil {
			return err
		}
		return expect(homes[s.name] == "", "elsewhere shows %v", homes)
	}},
	{"describe-single-region-stays-home", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx); err != nil {
			return err
		}
		homes, err := described(ctx, s.there(), &cloudtrail.DescribeTrailsInput{})
		if err != nil {
			return err
		}
		return expect(homes[s.name] == "", "elsewhere shows %v", homes)
	}},
}

var deleting = []clause{
	{"delete-by-name", func(ctx context.Context, s *scene) error { return s.deleted(ctx, s.name) }},
	{"delete-by-arn", func(ctx context.Context, s *scene) error { return s.deleted(ctx, s.arn()) }},
	{"delete-unknown-refused", func(ctx context.Context, s *scene) error {
		_, err := s.ct().DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &s.name})
		return refused(err, "TrailNotFoundException")
	}},
	{"delete-elsewhere-refused", func(ctx context.Context, s *scene) error {
		if err := s.create(ctx, multiRegion); err != nil {
			return err
		}
		return s.soon(ctx, func() error {
			_, err := s.there().DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: aws.String(s.arn())})
			return refused(err, "InvalidHomeRegionException")
		})
	}},
	{"delete-takes-the-tags-along", func(ctx context.Context, s *scene) error {
		tagged := func(in *cloudtrail.CreateTrailInput) {
			in.TagsList = []types.Tag{{Key: aws.String("team"), Value: aws.String("audit")}}
		}
		if err := s.create(ctx, tagged); err != nil {
			return err
		}
		if err := s.deleted(ctx, s.name); err != nil {
			return err
		}
		if err := s.create(ctx); err != nil {
			return err
		}
		tags, err := s.tags(ctx)
		if err != nil {
			return err
		}
		return expect(len(tags) == 0, "the new trail has the old one's tags %v", tags)
	}},
}

// deleted makes the trail unless it is there, deletes it, and sees it gone.
func (s *scene) deleted(ctx context.Context, by string) error {
	if _, err := s.get(ctx); err != nil {
		if err := s.create(ctx); err != nil {
			return err
		}
	}
	if _, err := s.ct().DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &by}); err != nil {
		return err
	}
	return s.soon(ctx, func() error {
		_, err := s.get(ctx)
		return refused(err, "TrailNotFoundException")
	})
}
