package awscloud

import (
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/trailhold/trailhold/internal/trail"
)

// bucketProbes read a bucket. Every call names the owner that is expected, because a deleted bucket's name can be taken
// by anybody: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
var bucketProbes = []probe{
	{settings: []trail.Setting{trail.Identity}, gone: []string{"NotFound", "NoSuchBucket"}, read: bucketIdentity},
	bucketProbe("versioning", "GetBucketVersioning", (*s3.Client).GetBucketVersioning,
		func(bucket, owner *string) *s3.GetBucketVersioningInput {
			return &s3.GetBucketVersioningInput{Bucket: bucket, ExpectedBucketOwner: owner}
		}, versioningValue),
	bucketProbe("objectLock", "GetObjectLockConfiguration", (*s3.Client).GetObjectLockConfiguration,
		func(bucket, owner *string) *s3.GetObjectLockConfigurationInput {
			return &s3.GetObjectLockConfigurationInput{Bucket: bucket, ExpectedBucketOwner: owner}
		},
		func(out *s3.GetObjectLockConfigurationOutput) any { return described(out.ObjectLockConfiguration) }, "ObjectLockConfigurationNotFoundError"),
	bucketProbe("ownershipControls", "GetBucketOwnershipControls", (*s3.Client).GetBucketOwnershipControls,
		func(bucket, owner *string) *s3.GetBucketOwnershipControlsInput {
			return &s3.GetBucketOwnershipControlsInput{Bucket: bucket, ExpectedBucketOwner: owner}
		},
		func(out *s3.GetBucketOwnershipControlsOutput) any { return described(out.OwnershipControls) }, "OwnershipControlsNotFoundError"),
	bucketProbe("publicAccessBlock", "GetPublicAccessBlock", (*s3.Client).GetPublicAccessBlock,
		func(bucket, owner *string) *s3.GetPublicAccessBlockInput {
			return &s3.GetPublicAccessBlockInput{Bucket: bucket, ExpectedBucketOwner: owner}
		},
		func(out *s3.GetPublicAccessBlockOutput) any { return described(out.PublicAccessBlockConfiguration) }, "NoSuchPublicAccessBlockConfiguration"),
	bucketProbe("policy", "GetBucketPolicy", (*s3.Client).GetBucketPolicy,
		func(bucket, owner *string) *s3.GetBucketPolicyInput {
			return &s3.GetBucketPolicyInput{Bucket: bucket, ExpectedBucketOwner: owner}
		},
		func(out *s3.GetBucketPolicyOutput) any { return jsonText(out.Policy) }, "NoSuchBucketPolicy"),
	bucketProbe("acl", "GetBucketAcl", (*s3.Client).GetBucketAcl,
		func(bucket, owner *string) *s3.GetBucketAclInput {
			return &s3.GetBucketAclInput{Bucket: bucket, ExpectedBucketOwner: owner}
		}, aclValue),
	bucketProbe("encryption", "GetBucketEncryption", (*s3.Client).GetBucketEncryption,
		func(bucket, owner *string) *s3.GetBucketEncryptionInput {
			return &s3.GetBucketEncryptionInput{Bucket: bucket, ExpectedBucketOwner: owner}
		},
		func(out *s3.GetBucketEncryptionOutput) any { return described(out.ServerSideEncryptionConfiguration) }, "ServerSideEncryptionConfigurationNotFoundError"),
	bucketProbe("lifecycle", "GetBucketLifecycleConfiguration", (*s3.Client).GetBucketLifecycleConfiguration,
		func(bucket, owner *string) *s3.GetBucketLifecycleConfigurationInput {
			return &s3.GetBucketLifecycleConfigurationInput{Bucket: bucket, ExpectedBucketOwner: owner}
		},
		func(out *s3.GetBucketLifecycleConfigurationOutput) any { return described(out) }, "NoSuchLifecycleConfiguration"),
	bucketProbe("replication", "GetBucketReplication", (*s3.Client).GetBucketReplication,
		func(bucket, owner *string) *s3.GetBucketReplicationInput {
			return &s3.GetBucketReplicationInput{Bucket: bucket, ExpectedBucketOwner: owner}
		},
		func(out *s3.GetBucketReplicationOutput) any { return described(out.ReplicationConfiguration) }, "ReplicationConfigurationNotFoundError"),
	bucketProbe("requestPayment", "GetBucketRequestPayment", (*s3.Client).GetBucketRequestPayment,
		func(bucket, owner *string) *s3.GetBucketRequestPaymentInput {
			return &s3.GetBucketRequestPaymentInput{Bucket: bucket, ExpectedBucketOwner: owner}
		},
		func(out *s3.GetBucketRequestPaymentOutput) any { return described(out) }),
	bucketProbe("logging", "GetBucketLogging", (*s3.Client).GetBucketLogging,
		func(bucket, owner *string) *s3.GetBucketLoggingInput {
			return &s3.GetBucketLoggingInput{Bucket: bucket, ExpectedBucketOwner: owner}
		}, loggingValue),
	bucketProbe("notification", "GetBucketNotificationConfiguration", (*s3.Client).GetBucketNotificationConfiguration,
		func(bucket, owner *string) *s3.GetBucketNotificationConfigurationInput {
			return &s3.GetBucketNotificationConfigurationInput{Bucket: bucket, ExpectedBucketOwner: owner}
		}, notificationValue),
}

// bucketProbe is a call that reads one setting; absent lists the error codes that say that it is not configured.
func bucketProbe[I, O any](setting trail.Setting, op string, call operation[*s3.Client, I, O, s3.Options], input func(bucket, owner *string) *I, value func(*O) any, absent ...string) probe {
	return probe{settings: []trail.Setting{setting}, read: func(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
		out, err := call(c.S3(r.Region), ctx, input(aws.String(r.Name()), &r.Account))
		if err != nil {
			return nil, unless(failure(ctx, op, err), absent...)
		}
		return map[trail.Setting]any{setting: value(out)}, nil
	}}
}

// bucketIdentity finds out whether the bucket is there and still ours. S3 answers 404 only where nobody has the name. It
// answers 403 both where somebody else has it and where we may not look, and a redirect where the bucket is in another
// region, perhaps because it was made anew: then the list of the account's own buckets decides.
func bucketIdentity(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	_, err := c.S3(r.Region).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(r.Name()), ExpectedBucketOwner: &r.Account})
	if err == nil {
		return map[trail.Setting]any{trail.Identity: map[string]string{"Owner": r.Account}}, nil
	}
	refused := failure(ctx, "HeadBucket", err)
	if !slices.Contains([]string{"Forbidden", "AccessDenied", "MovedPermanently", "PermanentRedirect"}, refused.Code) || !c.lost(ctx, r) {
		return nil, refused
	}
	return map[trail.Setting]any{trail.Identity: map[string]string{"Owner": "another account"}}, nil
}

// lost says whether a bucket that should be of the caller's own account certainly is not. A list of buckets is in the
// order of their names, so that one that exists is the first of those that begin with its name.
func (c *Cloud) lost(ctx context.Context, r trail.Resource) bool {
	var account string
	var failed error
	var wg sync.WaitGroup
	wg.Go(func() { account, failed = c.Account(ctx) })
	name := r.Name()
	out, err := c.S3(r.Region).ListBuckets(ctx, &s3.ListBucketsInput{Prefix: &name})
	wg.Wait()
	if err != nil || failed != nil || account != r.Account {
		return false
	}
	return !slices.ContainsFunc(out.Buckets, func(b s3types.Bucket) bool { return aws.ToString(b.Name) == name })
}

// versioningValue leaves out that MFA delete is off, which S3 only says once it was on.
func versioningValue(out *s3.GetBucketVersioningOutput) any {
	if out.MFADelete == s3types.MFADeleteStatusDisabled {
		out.MFADelete = ""
	}
	return described(out)
}

// aclValue leaves out the display names, which are no part of who is meant and which S3 no longer gives everywhere.
func aclValue(out *s3.GetBucketAclOutput) any {
	if out.Owner != nil {
		out.Owner.DisplayName = nil
	}
	for _, g := range out.Grants {
		if g.Grantee != nil {
			g.Grantee.DisplayName = nil
		}
	}
	return described(out)
}

func loggingValue(out *s3.GetBucketLoggingOutput) any {
	if out.LoggingEnabled == nil {
		return nil
	}
	for _, g := range out.LoggingEnabled.TargetGrants {
		if g.Grantee != nil {
			g.Grantee.DisplayName = nil
		}
	}
	return described(out.LoggingEnabled)
}

// notification is what a bucket tells whom. EventBridge is switched on by an element without content, which a document
// cannot hold, so that it is a flag here.
type notification struct {
	s3types.NotificationConfiguration
	EventBridgeConfiguration bool
}

func notificationValue(out *s3.GetBucketNotificationConfigurationOutput) any {
	value := described(out).(map[string]any)
	value["EventBridgeConfiguration"] = nil
	if out.EventBridgeConfiguration != nil {
		value["EventBridgeConfiguration"] = true
	}
	return value
}
