package awscloud

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxTagPages bounds how many pages of tags are read; a trail has at most 50 tags.
const maxTagPages = 10

// reader reads one trail, by ARN, in one region. Its methods each read one facet.
type reader struct {
	cloud       *Cloud
	region, arn string
}

func (r reader) client() *cloudtrail.Client { return r.cloud.CloudTrail(r.region) }

// config asks GetTrail, not DescribeTrails: it answers a deleted trail with TrailNotFoundException, which is better
// evidence than a list that does not contain it.
func (r reader) config(ctx context.Context) (trail.Config, error) {
	out, err := r.client().GetTrail(ctx, &cloudtrail.GetTrailInput{Name: &r.arn})
	if err != nil {
		return trail.Config{}, failure(ctx, "GetTrail", err)
	}
	if out.Trail == nil || aws.ToString(out.Trail.TrailARN) != r.arn {
		return trail.Config{}, strange("GetTrail", "the answer is not about "+r.arn)
	}
	return configOf(*out.Trail), nil
}

func (r reader) status(ctx context.Context) (trail.Status, error) {
	out, err := r.client().GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &r.arn})
	if err != nil {
		return trail.Status{}, failure(ctx, "GetTrailStatus", err)
	}
	if out.IsLogging == nil { // the one field that is always there; without it, false would be a guess
		return trail.Status{}, strange("GetTrailStatus", "the answer does not say whether the trail is logging")
	}
	return statusFrom(out), nil
}

func (r reader) selectors(ctx context.Context) (trail.Selectors, error) {
	out, err := r.client().GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: &r.arn})
	if err != nil {
		return trail.Selectors{}, failure(ctx, "GetEventSelectors", err)
	}
	return selectorsFrom(out), nil
}

// insights are empty where AWS says that Insights are not enabled.
func (r reader) insights(ctx context.Context) ([]trail.InsightSelector, error) {
	out, err := r.client().GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: &r.arn})
	if err != nil {
		failed := failure(ctx, "GetInsightSelectors", err)
		if failed.Code == "InsightNotEnabledException" {
			return nil, nil
		}
		return nil, failed
	}
	return mapped(out.InsightSelectors, insightFrom), nil
}

func (r reader) eventConfiguration(ctx context.Context) (trail.EventConfiguration, error) {
	out, err := r.client().GetEventConfiguration(ctx, &cloudtrail.GetEventConfigurationInput{TrailName: &r.arn})
	if err != nil {
		return trail.EventConfiguration{}, failure(ctx, "GetEventConfiguration", err)
	}
	return eventConfigurationFrom(out), nil
}

func (r reader) tags(ctx context.Context) (map[string]string, error) {
	tags := map[string]string{}
	in := &cloudtrail.ListTagsInput{ResourceIdList: []string{r.arn}}
	for range maxTagPages {
		out, err := r.client().ListTags(ctx, in)
		if err != nil {
			return nil, failure(ctx, "ListTags", err)
		}
		for _, resource := range out.ResourceTagList {
			if aws.ToString(resource.ResourceId) != r.arn {
				continue
			}
			for _, tag := range resource.TagsList {
				tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
			}
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return tags, nil
		}
	}
	return nil, strange("ListTags", fmt.Sprintf("more than %d pages of tags", maxTagPages))
}

// describe lists the trails that a region shows, with or without those whose home is elsewhere.
func (c *Cloud) describe(ctx context.Context, region string, shadows bool) ([]trail.Config, error) {
	out, err := c.CloudTrail(region).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: &shadows})
	if err != nil {
		return nil, failure(ctx, "DescribeTrails", err)
	}
	return mapped(out.TrailList, configOf), nil
}

// strange is an answer that AWS's documentation does not foresee: it tells nothing about the trail.
func strange(op, what string) error {
	return &guard.APIError{Op: op, Message: plain.Text(what, maxText-len(op)-2), Class: guard.ClassOther}
}

// reading is the outcome of one read.
type reading[T any] struct {
	value T
	err   error
}

func read[T any](ctx context.Context, facet func(context.Context) (T, error)) (r reading[T]) {
	r.value, r.err = facet(ctx)
	return r
}

// facet judges a reading: a not-found answer makes it absent only where absence is plausible.
func (r reading[T]) facet(mayBeGone bool) trail.Facet[T] {
	switch {
	case r.err == nil:
		return trail.Known(r.value)
	case mayBeGone && guard.ClassOf(r.err) == guard.ClassNotFound:
		return trail.Gone[T]()
	}
	return trail.NotKnown[T](r.err.Error())
}

// trailGone says whether AWS positively denied that the trail exists. No other not-found code will do.
func trailGone(err error) bool {
	var api *guard.APIError
	return errors.As(err, &api) && api.Code == "TrailNotFoundException"
}
