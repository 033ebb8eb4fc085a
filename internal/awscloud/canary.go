package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// AddTag sets one tag of a trail, in its home region.
func (c *Cloud) AddTag(ctx context.Context, region, arn, key, value string) error {
	_, err := c.CloudTrail(region).AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: &arn, TagsList: []types.Tag{{Key: &key, Value: &value}}})
	return Failure(ctx, "AddTags", err)
}

// RemoveTag removes one tag of a trail. The value, which CloudTrail does not need, is in the record of the call.
func (c *Cloud) RemoveTag(ctx context.Context, region, arn, key, value string) error {
	_, err := c.CloudTrail(region).RemoveTags(ctx, &cloudtrail.RemoveTagsInput{ResourceId: &arn, TagsList: []types.Tag{{Key: &key, Value: &value}}})
	return Failure(ctx, "RemoveTags", err)
}
