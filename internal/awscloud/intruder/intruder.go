// Package intruder attacks trails as an intruder with stolen credentials would: with the same calls, by name or by
// ARN. The drill and the demo use it. It must never be linked into the function that guards an account.
package intruder

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/trail"
)

// Intruder makes calls with the credentials of a cloud. Its errors are the SDK's.
type Intruder struct{ cloud *awscloud.Cloud }

// New returns an intruder that shares the clients of a cloud.
func New(cloud *awscloud.Cloud) *Intruder { return &Intruder{cloud} }

// StopLogging stops a trail.
func (i *Intruder) StopLogging(ctx context.Context, region, nameOrARN string) error {
	_, err := i.cloud.CloudTrail(region).StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: &nameOrARN})
	return err
}

// StartLogging starts a trail.
func (i *Intruder) StartLogging(ctx context.Context, region, nameOrARN string) error {
	_, err := i.cloud.CloudTrail(region).StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &nameOrARN})
	return err
}

// DeleteTrail deletes a trail.
func (i *Intruder) DeleteTrail(ctx context.Context, region, nameOrARN string) error {
	_, err := i.cloud.CloudTrail(region).DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &nameOrARN})
	return err
}

// CreateTrail makes a trail, not logging, and returns its ARN.
func (i *Intruder) CreateTrail(ctx context.Context, region string, create trail.Create) (string, error) {
	out, err := i.cloud.CloudTrail(region).CreateTrail(ctx, awscloud.CreateInput(create))
	if err != nil {
		return "", err
	}
	return aws.ToString(out.TrailARN), nil
}

// UpdateTrail changes what update sets; an empty string clears.
func (i *Intruder) UpdateTrail(ctx context.Context, region, nameOrARN string, update trail.Update) error {
	_, err := i.cloud.CloudTrail(region).UpdateTrail(ctx, awscloud.UpdateInput(nameOrARN, update))
	return err
}

// PutEventSelectors replaces the event selection.
func (i *Intruder) PutEventSelectors(ctx context.Context, region, nameOrARN string, selectors trail.Selectors) error {
	_, err := i.cloud.CloudTrail(region).PutEventSelectors(ctx, awscloud.SelectorsInput(nameOrARN, selectors))
	return err
}

// PutInsightSelectors replaces the insight selection; none turns Insights off.
func (i *Intruder) PutInsightSelectors(ctx context.Context, region, nameOrARN string, insights []trail.InsightSelector) error {
	_, err := i.cloud.CloudTrail(region).PutInsightSelectors(ctx, awscloud.InsightsInput(nameOrARN, insights))
	return err
}

// PutEventConfiguration replaces the event configuration.
func (i *Intruder) PutEventConfiguration(ctx context.Context, region, nameOrARN string, configuration trail.EventConfiguration) error {
	_, err := i.cloud.CloudTrail(region).PutEventConfiguration(ctx, awscloud.EventConfigurationInput(nameOrARN, configuration))
	return err
}

// AddTags sets tags of a trail, which AWS wants by ARN.
func (i *Intruder) AddTags(ctx context.Context, region, arn string, tags map[string]string) error {
	_, err := i.cloud.CloudTrail(region).AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: &arn, TagsList: tagList(tags)})
	return err
}

// RemoveTags removes tags of a trail by their keys.
func (i *Intruder) RemoveTags(ctx context.Context, region, arn string, tags map[string]string) error {
	_, err := i.cloud.CloudTrail(region).RemoveTags(ctx, &cloudtrail.RemoveTagsInput{ResourceId: &arn, TagsList: tagList(tags)})
	return err
}

func tagList(tags map[string]string) []types.Tag {
	var list []types.Tag
	for key, value := range tags {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return list
}

// CreateBucket makes a bucket.
func (i *Intruder) CreateBucket(ctx context.Context, region, bucket string) error {
	in := &s3.CreateBucketInput{Bucket: &bucket}
	if region != "us-east-1" { // S3 refuses to be told of this one
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}
	}
	_, err := i.cloud.S3(region).CreateBucket(ctx, in)
	return err
}

// PutBucketPolicy replaces a bucket's policy.
func (i *Intruder) PutBucketPolicy(ctx context.Context, region, bucket, policy string) error {
	_, err := i.cloud.S3(region).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &policy})
	return err
}

// AllowTrails is the bucket policy that CloudTrail asks for, for all trails of an account.
func AllowTrails(bucket, account string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[`+
		`{"Sid":"AWSCloudTrailAclCheck","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},`+
		`"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::%[1]s"},`+
		`{"Sid":"AWSCloudTrailWrite","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},`+
		`"Action":"s3:PutObject","Resource":"arn:aws:s3:::%[1]s/*",`+
		`"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceAccount":"%[2]s"}}}]}`,
		bucket, account)
}
