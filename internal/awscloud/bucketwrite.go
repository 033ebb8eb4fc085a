package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/trail"
)

// bucketWrites make a bucket again and put its settings back, each whole: every Put replaces what there was.
var bucketWrites = map[trail.Op]write{
	trail.OpCreateBucket: bucketWrite((*s3.Client).CreateBucket, newBucket),
	trail.OpPutBucketVersioning: bucketWrite((*s3.Client).PutBucketVersioning, func(s trail.Step, in *s3.PutBucketVersioningInput) (err error) {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		in.VersioningConfiguration, err = into[*s3types.VersioningConfiguration](s.Document)
		return err
	}),
	trail.OpPutObjectLockConfiguration: bucketWrite((*s3.Client).PutObjectLockConfiguration, func(s trail.Step, in *s3.PutObjectLockConfigurationInput) (err error) {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		in.ObjectLockConfiguration, err = into[*s3types.ObjectLockConfiguration](s.Document)
		return err
	}),
	trail.OpPutBucketOwnershipControls: bucketWrite((*s3.Client).PutBucketOwnershipControls, func(s trail.Step, in *s3.PutBucketOwnershipControlsInput) (err error) {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		in.OwnershipControls, err = into[*s3types.OwnershipControls](s.Document)
		return err
	}),
	trail.OpPutPublicAccessBlock: bucketWrite((*s3.Client).PutPublicAccessBlock, func(s trail.Step, in *s3.PutPublicAccessBlockInput) (err error) {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		in.PublicAccessBlockConfiguration, err = into[*s3types.PublicAccessBlockConfiguration](s.Document)
		return err
	}),
	trail.OpPutBucketPolicy: bucketWrite((*s3.Client).PutBucketPolicy, func(s trail.Step, in *s3.PutBucketPolicyInput) error {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		in.Policy = aws.String(string(s.Document))
		return nil
	}),
	trail.OpPutBucketAcl: putBucketACL,
	trail.OpPutBucketEncryption: bucketWrite((*s3.Client).PutBucketEncryption, func(s trail.Step, in *s3.PutBucketEncryptionInput) (err error) {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		in.ServerSideEncryptionConfiguration, err = into[*s3types.ServerSideEncryptionConfiguration](s.Document)
		return err
	}),
	trail.OpPutBucketLifecycleConfiguration: bucketWrite((*s3.Client).PutBucketLifecycleConfiguration, lifecycleInput),
	trail.OpPutBucketReplication:            bucketWrite((*s3.Client).PutBucketReplication, replicationInput),
	trail.OpPutBucketRequestPayment: bucketWrite((*s3.Client).PutBucketRequestPayment, func(s trail.Step, in *s3.PutBucketRequestPaymentInput) (err error) {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		in.RequestPaymentConfiguration, err = into[*s3types.RequestPaymentConfiguration](s.Document)
		return err
	}),
	trail.OpPutBucketLogging: bucketWrite((*s3.Client).PutBucketLogging, func(s trail.Step, in *s3.PutBucketLoggingInput) (err error) {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		in.BucketLoggingStatus = &s3types.BucketLoggingStatus{}
		if !s.Document.Empty() {
			in.BucketLoggingStatus.LoggingEnabled, err = into[*s3types.LoggingEnabled](s.Document)
		}
		return err
	}),
	trail.OpPutBucketNotificationConfiguration: bucketWrite((*s3.Client).PutBucketNotificationConfiguration, notificationInput),

	trail.OpDeleteObjects: removeMarkers,

	trail.OpDeleteBucketOwnershipControls: bucketWrite((*s3.Client).DeleteBucketOwnershipControls, func(s trail.Step, in *s3.DeleteBucketOwnershipControlsInput) error {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		return nil
	}),
	trail.OpDeletePublicAccessBlock: bucketWrite((*s3.Client).DeletePublicAccessBlock, func(s trail.Step, in *s3.DeletePublicAccessBlockInput) error {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		return nil
	}),
	trail.OpDeleteBucketPolicy: bucketWrite((*s3.Client).DeleteBucketPolicy, func(s trail.Step, in *s3.DeleteBucketPolicyInput) error {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		return nil
	}),
	trail.OpDeleteBucketEncryption: bucketWrite((*s3.Client).DeleteBucketEncryption, func(s trail.Step, in *s3.DeleteBucketEncryptionInput) error {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		return nil
	}),
	trail.OpDeleteBucketLifecycle: bucketWrite((*s3.Client).DeleteBucketLifecycle, func(s trail.Step, in *s3.DeleteBucketLifecycleInput) error {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		return nil
	}),
	trail.OpDeleteBucketReplication: bucketWrite((*s3.Client).DeleteBucketReplication, func(s trail.Step, in *s3.DeleteBucketReplicationInput) error {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		return nil
	}),
}

func bucketWrite[I, O any](call operation[*s3.Client, I, O, s3.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).S3, func(o *s3.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}

// bucketOf names the bucket of a step, and the owner that it must still have.
func bucketOf(s trail.Step) (name, owner *string) { return aws.String(nameOf(s)), &s.Account }

// newBucket makes the bucket where it was. Object Lock is switched on with it, because the file that is delivered first
// is to be protected too.
func newBucket(s trail.Step, in *s3.CreateBucketInput) error {
	in.Bucket = aws.String(nameOf(s))
	if s.Region != "us-east-1" { // which S3 knows by the absence of a constraint only
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(s.Region)}
	}
	if lock := s.Document.Members()["objectLock"]; !lock.Empty() {
		in.ObjectLockEnabledForBucket = aws.Bool(true)
	}
	return nil
}

// putBucketACL puts the ACL back. Where ACLs are switched off S3 refuses that, and there is nothing to put back: they then
// read as if the owner had all rights and nobody else any.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
func putBucketACL(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	metadata, err := bucketWrite((*s3.Client).PutBucketAcl, func(s trail.Step, in *s3.PutBucketAclInput) (err error) {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		in.AccessControlPolicy, err = into[*s3types.AccessControlPolicy](s.Document)
		return err
	})(ctx, c, s)
	if err != nil && failure(ctx, string(s.Op), err).Code == "AccessControlListNotSupported" {
		return smithy.Metadata{}, nil
	}
	return metadata, err
}

// notificationInput has S3 not ask the destinations whether they take messages: one of them that is broken must not keep
// the others from being told.
func notificationInput(s trail.Step, in *s3.PutBucketNotificationConfigurationInput) error {
	in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
	wanted, err := into[notification](s.Document)
	if err != nil {
		return err
	}
	in.NotificationConfiguration = &wanted.NotificationConfiguration
	if wanted.EventBridgeConfiguration {
		in.NotificationConfiguration.EventBridgeConfiguration = &s3types.EventBridgeConfiguration{}
	}
	in.SkipDestinationValidation = aws.Bool(true)
	return nil
}
