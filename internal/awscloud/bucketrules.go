package awscloud

//lint:file-ignore SA1019 rules that have a prefix of their own are old, but they exist and are put back as they were

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/trailhold/trailhold/internal/trail"
)

// lifecycle is a bucket's lifecycle as it is read; one of its members is a header when it is written.
type lifecycle struct {
	Rules                              []s3types.LifecycleRule
	TransitionDefaultMinimumObjectSize s3types.TransitionDefaultMinimumObjectSize
}

// lifecycleInput gives every rule a filter or a prefix, as S3 demands, and all of them the same of the two. A filter that
// says nothing is not in the document.
func lifecycleInput(s trail.Step, in *s3.PutBucketLifecycleConfigurationInput) error {
	in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
	wanted, err := into[lifecycle](s.Document)
	if err != nil {
		return err
	}
	old := false
	for _, rule := range wanted.Rules {
		old = old || rule.Prefix != nil && rule.Filter == nil
	}
	for n := range wanted.Rules {
		switch rule := &wanted.Rules[n]; {
		case rule.Filter != nil || rule.Prefix != nil:
		case old:
			rule.Prefix = aws.String("")
		default:
			rule.Filter = &s3types.LifecycleRuleFilter{}
		}
	}
	in.LifecycleConfiguration = &s3types.BucketLifecycleConfiguration{Rules: wanted.Rules}
	in.TransitionDefaultMinimumObjectSize = wanted.TransitionDefaultMinimumObjectSize
	return nil
}

// replicationInput gives rules of the newer form, which have a priority, the filter that S3 then demands. One that says
// nothing is not in the document.
func replicationInput(s trail.Step, in *s3.PutBucketReplicationInput) (err error) {
	in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
	if in.ReplicationConfiguration, err = into[*s3types.ReplicationConfiguration](s.Document); err != nil {
		return err
	}
	for n := range in.ReplicationConfiguration.Rules {
		if rule := &in.ReplicationConfiguration.Rules[n]; rule.Filter == nil && rule.Prefix == nil {
			rule.Filter = &s3types.ReplicationRuleFilter{}
		}
	}
	return nil
}
