package inventory

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"github.com/trailhold/trailhold/internal/trail"
)

// tags reads the tags of a resource, by which findings can be muted. They are nil where they could not be read, or are not asked for:
// nothing is then muted by them, and nothing else rests on them.
func (r *reader) tags(ctx context.Context, one trail.Resource) map[string]string {
	found, err := map[string]string{}, error(nil)
	add := func(key, value *string) { found[aws.ToString(key)] = aws.ToString(value) }
	switch one.Type {
	case trail.Bucket:
		err = r.bucketTags(ctx, one, add)
	case trail.Key:
		var out *kms.ListResourceTagsOutput // a key has at most 50, which are one page
		out, err = kms.NewFromConfig(r.config, func(o *kms.Options) { o.Region = one.Region }).ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: &one.ARN})
		if err == nil {
			for _, t := range out.Tags {
				add(t.TagKey, t.TagValue)
			}
		}
	case trail.Topic:
		var out *sns.ListTagsForResourceOutput
		out, err = sns.NewFromConfig(r.config, func(o *sns.Options) { o.Region = one.Region }).ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: &one.ARN})
		if err == nil {
			for _, t := range out.Tags {
				add(t.Key, t.Value)
			}
		}
	case trail.LogGroup:
		var out *cloudwatchlogs.ListTagsForResourceOutput
		out, err = cloudwatchlogs.NewFromConfig(r.config, func(o *cloudwatchlogs.Options) { o.Region = one.Region }).ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &one.ARN})
		if err == nil && len(out.Tags) > 0 {
			found = out.Tags
		}
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	return found
}

// bucketTags reads a bucket's tags; S3 answers with an error where there are none.
func (r *reader) bucketTags(ctx context.Context, one trail.Resource, add func(key, value *string)) error {
	out, err := r.cloud.S3(one.Region).GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: aws.String(one.Name()), ExpectedBucketOwner: &one.Account})
	var none smithy.APIError
	if errors.As(err, &none) && none.ErrorCode() == "NoSuchTagSet" {
		return nil
	}
	if err != nil {
		return err
	}
	for _, t := range out.TagSet {
		add(t.Key, t.Value)
	}
	return nil
}
