package lab_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestNewBucketsConfiguration(t *testing.T) {
	l := twoAccounts(t)
	c, b := s3Client(l, "me", "us-east-1"), aws.String("logs")
	ctx := t.Context()
	makeBucket(t, c, "logs")
	ownership := must[*s3.GetBucketOwnershipControlsOutput](t)(c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: b}))
	if ownership.OwnershipControls.Rules[0].ObjectOwnership != "BucketOwnerEnforced" {
		t.Errorf("ownership = %+v", ownership.OwnershipControls)
	}
	block := must[*s3.GetPublicAccessBlockOutput](t)(c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: b})).PublicAccessBlockConfiguration
	if !*block.BlockPublicAcls || !*block.BlockPublicPolicy || !*block.IgnorePublicAcls || !*block.RestrictPublicBuckets {
		t.Errorf("public access block = %+v", block)
	}
	encryption := must[*s3.GetBucketEncryptionOutput](t)(c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: b}))
	if encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != "AES256" {
		t.Errorf("encryption = %+v", encryption.ServerSideEncryptionConfiguration)
	}
	acl := must[*s3.GetBucketAclOutput](t)(c.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: b}))
	if len(acl.Grants) != 1 || acl.Grants[0].Permission != "FULL_CONTROL" || *acl.Grants[0].Grantee.ID != *acl.Owner.ID {
		t.Errorf("ACL = %+v", acl)
	}
	payer := must[*s3.GetBucketRequestPaymentOutput](t)(c.GetBucketRequestPayment(ctx, &s3.GetBucketRequestPaymentInput{Bucket: b}))
	if payer.Payer != "BucketOwner" {
		t.Errorf("payer = %s", payer.Payer)
	}
	version := must[*s3.GetBucketVersioningOutput](t)(c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: b}))
	logging := must[*s3.GetBucketLoggingOutput](t)(c.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: b}))
	notification := must[*s3.GetBucketNotificationConfigurationOutput](t)(c.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: b}))
	accelerate := must[*s3.GetBucketAccelerateConfigurationOutput](t)(c.GetBucketAccelerateConfiguration(ctx, &s3.GetBucketAccelerateConfigurationInput{Bucket: b}))
	if version.Status != "" || logging.LoggingEnabled != nil || notification.EventBridgeConfiguration != nil || accelerate.Status != "" {
		t.Error("a new bucket has versioning, logging, notification or acceleration")
	}
}

func TestWhatIsNotConfigured(t *testing.T) {
	l := twoAccounts(t)
	c, b := s3Client(l, "me", "us-east-1"), aws.String("logs")
	ctx := t.Context()
	makeBucket(t, c, "logs")
	_, err := c.DeleteBucketOwnershipControls(ctx, &s3.DeleteBucketOwnershipControlsInput{Bucket: b})
	expectCode(t, err, "")
	_, err = c.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: b})
	expectCode(t, err, "")
	for code, get := range map[string]func() error{
		"NoSuchBucketPolicy": func() error { _, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: b}); return err },
		"NoSuchLifecycleConfiguration": func() error {
			_, err := c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: b})
			return err
		},
		"ReplicationConfigurationNotFoundError": func() error {
			_, err := c.GetBucketReplication(ctx, &s3.GetBucketReplicationInput{Bucket: b})
			return err
		},
		"ObjectLockConfigurationNotFoundError": func() error {
			_, err := c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: b})
			return err
		},
		"NoSuchPublicAccessBlockConfiguration": func() error {
			_, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: b})
			return err
		},
		"OwnershipControlsNotFoundError": func() error {
			_, err := c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: b})
			return err
		},
		"NoSuchTagSet":               func() error { _, err := c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: b}); return err },
		"NoSuchCORSConfiguration":    func() error { _, err := c.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: b}); return err },
		"NoSuchWebsiteConfiguration": func() error { _, err := c.GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: b}); return err },
	} {
		expectCode(t, get(), code)
	}
}

func TestSubresourcesRoundTrip(t *testing.T) {
	l := twoAccounts(t)
	c, b := s3Client(l, "me", "us-east-1"), aws.String("logs")
	ctx := t.Context()
	makeBucket(t, c, "logs")
	replication := &s3.PutBucketReplicationInput{Bucket: b, ReplicationConfiguration: &s3types.ReplicationConfiguration{
		Role: aws.String("arn:aws:iam::111122223333:role/r"), Rules: []s3types.ReplicationRule{{Status: "Enabled", Destination: &s3types.Destination{Bucket: aws.String("arn:aws:s3:::d")}}}}}
	_, err := c.PutBucketReplication(ctx, replication)
	expectCode(t, err, "InvalidRequest") // versioning first
	lock := &s3.PutObjectLockConfigurationInput{Bucket: b, ObjectLockConfiguration: &s3types.ObjectLockConfiguration{ObjectLockEnabled: "Enabled"}}
	_, err = c.PutObjectLockConfiguration(ctx, lock)
	expectCode(t, err, "InvalidBucketState")
	_, err = c.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: b, VersioningConfiguration: &s3types.VersioningConfiguration{Status: "Enabled"}})
	expectCode(t, err, "")
	_, err = c.PutBucketReplication(ctx, replication)
	expectCode(t, err, "")
	_, err = c.PutObjectLockConfiguration(ctx, lock)
	expectCode(t, err, "")
	_, err = c.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: b, VersioningConfiguration: &s3types.VersioningConfiguration{Status: "Suspended"}})
	expectCode(t, err, "InvalidBucketState")
	_, err = c.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: b, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
		Rules: []s3types.LifecycleRule{{ID: aws.String("x"), Status: "Enabled", Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(1)}}}}})
	expectCode(t, err, "")
	lifecycle := must[*s3.GetBucketLifecycleConfigurationOutput](t)(c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: b}))
	if len(lifecycle.Rules) != 1 || *lifecycle.Rules[0].Expiration.Days != 1 {
		t.Errorf("lifecycle = %+v", lifecycle.Rules)
	}
	_, err = c.DeleteBucketLifecycle(ctx, &s3.DeleteBucketLifecycleInput{Bucket: b})
	expectCode(t, err, "")
	_, err = c.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: b, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: "aws:kms", KMSMasterKeyID: aws.String("k")}}}}})
	expectCode(t, err, "")
	encryption := must[*s3.GetBucketEncryptionOutput](t)(c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: b}))
	if *encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID != "k" {
		t.Errorf("encryption = %+v", encryption)
	}
	_, err = c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: b, ACL: "private"})
	expectCode(t, err, "AccessControlListNotSupported")
	_, err = c.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: b, OwnershipControls: &s3types.OwnershipControls{Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: "ObjectWriter"}}}})
	expectCode(t, err, "")
	_, err = c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: b, ACL: "public-read"})
	expectCode(t, err, "AccessDenied") // BlockPublicAcls
	_, err = c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: b, ACL: "log-delivery-write"})
	expectCode(t, err, "")
	acl := must[*s3.GetBucketAclOutput](t)(c.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: b}))
	if len(acl.Grants) != 3 {
		t.Errorf("ACL = %+v", acl.Grants)
	}
	_, err = c.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: b, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}})
	expectCode(t, err, "")
	tags := must[*s3.GetBucketTaggingOutput](t)(c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: b}))
	if len(tags.TagSet) != 1 || *tags.TagSet[0].Value != "v" {
		t.Errorf("tags = %+v", tags.TagSet)
	}
}
