package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/trail"
)

// bucketProbes read a bucket. Every call names the owner that is expected, because a deleted bucket's name can be taken
// by anybody: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
var bucketProbes = []probe{
	{settings: []trail.Setting{"policy"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := c.S3(r.Region).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(r.Name()), ExpectedBucketOwner: &r.Account})
		if err != nil {
			return nil, unless(failure(ctx, "GetBucketPolicy", err), "NoSuchBucketPolicy")
		}
		return map[trail.Setting]any{"policy": jsonText(out.Policy)}, nil
	}},
	{settings: []trail.Setting{"versioning"}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := c.S3(r.Region).GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: aws.String(r.Name()), ExpectedBucketOwner: &r.Account})
		if err != nil {
			return nil, failure(ctx, "GetBucketVersioning", err)
		}
		return map[trail.Setting]any{"versioning": s3types.VersioningConfiguration{Status: out.Status, MFADelete: s3types.MFADelete(out.MFADelete)}}, nil
	}},
}

// bucketWrites put a bucket's settings back.
var bucketWrites = map[trail.Op]write{
	trail.OpPutBucketPolicy: func(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
		out, err := c.S3(s.Region).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
			Bucket: bucketOf(s), ExpectedBucketOwner: &s.Account, Policy: aws.String(string(s.Document)),
		}, once)
		return result(out, err, func(o *s3.PutBucketPolicyOutput) smithy.Metadata { return o.ResultMetadata })
	},
	trail.OpPutBucketVersioning: func(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
		configuration, err := into[s3types.VersioningConfiguration](s.Document)
		if err != nil {
			return smithy.Metadata{}, err
		}
		out, err := c.S3(s.Region).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
			Bucket: bucketOf(s), ExpectedBucketOwner: &s.Account, VersioningConfiguration: &configuration,
		}, once)
		return result(out, err, func(o *s3.PutBucketVersioningOutput) smithy.Metadata { return o.ResultMetadata })
	},
}

func bucketOf(s trail.Step) *string {
	return aws.String(trail.Resource{Type: s.Resource, ARN: s.ARN}.Name())
}

// once turns the SDK's retries off for one call.
func once(o *s3.Options) { o.Retryer = aws.NopRetryer{} }
