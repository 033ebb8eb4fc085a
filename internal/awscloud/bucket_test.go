package awscloud

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const guardedBucket = "guarded-logs"

// guardedBucketIn makes a bucket with every setting that a bucket of logs can have.
func (w *world) guardedBucketIn(t *testing.T, region string) trail.Resource {
	t.Helper()
	c, name := w.cloud.S3(region), aws.String(guardedBucket)
	in := &s3.CreateBucketInput{Bucket: name, ObjectLockEnabledForBucket: aws.Bool(true), ObjectOwnership: s3types.ObjectOwnershipBucketOwnerPreferred}
	if region != "us-east-1" {
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}
	}
	must[s3.CreateBucketOutput](t)(c.CreateBucket(w.context, in))
	must[s3.PutObjectLockConfigurationOutput](t)(c.PutObjectLockConfiguration(w.context, &s3.PutObjectLockConfigurationInput{Bucket: name, ObjectLockConfiguration: &s3types.ObjectLockConfiguration{
		ObjectLockEnabled: s3types.ObjectLockEnabledEnabled, Rule: &s3types.ObjectLockRule{DefaultRetention: &s3types.DefaultRetention{Mode: s3types.ObjectLockRetentionModeGovernance, Days: aws.Int32(90)}},
	}}))
	must[s3.PutBucketPolicyOutput](t)(c.PutBucketPolicy(w.context, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Sid":"acl","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::guarded-logs"},
		{"Sid":"write","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::guarded-logs/*"}]}`)}))
	must[s3.PutBucketAclOutput](t)(c.PutBucketAcl(w.context, &s3.PutBucketAclInput{Bucket: name, ACL: "log-delivery-write"}))
	must[s3.PutBucketEncryptionOutput](t)(c.PutBucketEncryption(w.context, &s3.PutBucketEncryptionInput{Bucket: name, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: "aws:kms", KMSMasterKeyID: aws.String("alias/logs")}, BucketKeyEnabled: aws.Bool(true)}},
	}}))
	must[s3.PutBucketLifecycleConfigurationOutput](t)(c.PutBucketLifecycleConfiguration(w.context, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
		Rules: []s3types.LifecycleRule{
			{ID: aws.String("all"), Status: "Enabled", Filter: &s3types.LifecycleRuleFilter{}, Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(730)}},
			{ID: aws.String("some"), Status: "Enabled", Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")}, Transitions: []s3types.Transition{{Days: aws.Int32(90), StorageClass: "GLACIER"}}},
		},
	}}))
	must[s3.PutBucketReplicationOutput](t)(c.PutBucketReplication(w.context, &s3.PutBucketReplicationInput{Bucket: name, ReplicationConfiguration: &s3types.ReplicationConfiguration{
		Role: aws.String("arn:aws:iam::111122223333:role/replicate"),
		Rules: []s3types.ReplicationRule{{
			ID: aws.String("copy"), Status: "Enabled", Priority: aws.Int32(1), Filter: &s3types.ReplicationRuleFilter{},
			DeleteMarkerReplication: &s3types.DeleteMarkerReplication{Status: "Disabled"}, Destination: &s3types.Destination{Bucket: aws.String("arn:aws:s3:::copies")},
		}},
	}}))
	must[s3.PutBucketLoggingOutput](t)(c.PutBucketLogging(w.context, &s3.PutBucketLoggingInput{Bucket: name, BucketLoggingStatus: &s3types.BucketLoggingStatus{
		LoggingEnabled: &s3types.LoggingEnabled{TargetBucket: aws.String("access-logs"), TargetPrefix: aws.String("")},
	}}))
	must[s3.PutBucketNotificationConfigurationOutput](t)(c.PutBucketNotificationConfiguration(w.context, &s3.PutBucketNotificationConfigurationInput{Bucket: name, NotificationConfiguration: &s3types.NotificationConfiguration{
		EventBridgeConfiguration: &s3types.EventBridgeConfiguration{},
		TopicConfigurations: []s3types.TopicConfiguration{{Id: aws.String("new"), TopicArn: aws.String("arn:aws:sns:us-east-1:111122223333:files"), Events: []s3types.Event{"s3:ObjectRemoved:*", "s3:ObjectCreated:*"},
			Filter: &s3types.NotificationConfigurationFilter{Key: &s3types.S3KeyFilter{FilterRules: []s3types.FilterRule{{Name: "prefix", Value: aws.String("AWSLogs/")}}}}}},
	}}))
	return trail.Resource{Type: trail.Bucket, ARN: "arn:aws:s3:::" + guardedBucket, Region: region, Account: lab.DefaultAccount}
}

func TestBucketWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	r := w.guardedBucketIn(t, "eu-west-1")
	c, name := w.cloud.S3("eu-west-1"), aws.String(guardedBucket)
	guarded := []tampering{
		{"object lock lowered", "objectLock", func(t *testing.T) {
			must[s3.PutObjectLockConfigurationOutput](t)(c.PutObjectLockConfiguration(w.context, &s3.PutObjectLockConfigurationInput{Bucket: name, ObjectLockConfiguration: &s3types.ObjectLockConfiguration{ObjectLockEnabled: "Enabled"}}))
		}, []trail.Op{trail.OpPutObjectLockConfiguration}},
		{"owner of files changed", "ownershipControls", func(t *testing.T) {
			must[s3.DeleteBucketOwnershipControlsOutput](t)(c.DeleteBucketOwnershipControls(w.context, &s3.DeleteBucketOwnershipControlsInput{Bucket: name}))
		}, []trail.Op{trail.OpPutBucketOwnershipControls}},
		{"opened to the public", "publicAccessBlock", func(t *testing.T) {
			must[s3.DeletePublicAccessBlockOutput](t)(c.DeletePublicAccessBlock(w.context, &s3.DeletePublicAccessBlockInput{Bucket: name}))
		}, []trail.Op{trail.OpPutPublicAccessBlock}},
		{"policy deleted", "policy", func(t *testing.T) {
			must[s3.DeleteBucketPolicyOutput](t)(c.DeleteBucketPolicy(w.context, &s3.DeleteBucketPolicyInput{Bucket: name}))
		}, []trail.Op{trail.OpPutBucketPolicy}},
		{"acl", "acl", func(t *testing.T) {
			must[s3.PutBucketAclOutput](t)(c.PutBucketAcl(w.context, &s3.PutBucketAclInput{Bucket: name, ACL: "private"}))
		}, []trail.Op{trail.OpPutBucketAcl}},
		{"encryption deleted", "encryption", func(t *testing.T) {
			must[s3.DeleteBucketEncryptionOutput](t)(c.DeleteBucketEncryption(w.context, &s3.DeleteBucketEncryptionInput{Bucket: name}))
		}, []trail.Op{trail.OpPutBucketEncryption}},
		{"short lifecycle", "lifecycle", func(t *testing.T) {
			must[s3.PutBucketLifecycleConfigurationOutput](t)(c.PutBucketLifecycleConfiguration(w.context, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
				Rules: []s3types.LifecycleRule{{ID: aws.String("gone"), Status: "Enabled", Filter: &s3types.LifecycleRuleFilter{}, Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(1)}}},
			}}))
		}, []trail.Op{trail.OpPutBucketLifecycleConfiguration}},
		{"replication deleted", "replication", func(t *testing.T) {
			must[s3.DeleteBucketReplicationOutput](t)(c.DeleteBucketReplication(w.context, &s3.DeleteBucketReplicationInput{Bucket: name}))
		}, []trail.Op{trail.OpPutBucketReplication}},
		{"requester pays", "requestPayment", func(t *testing.T) {
			must[s3.PutBucketRequestPaymentOutput](t)(c.PutBucketRequestPayment(w.context, &s3.PutBucketRequestPaymentInput{Bucket: name, RequestPaymentConfiguration: &s3types.RequestPaymentConfiguration{Payer: "Requester"}}))
		}, []trail.Op{trail.OpPutBucketRequestPayment}},
		{"access logs off", "logging", func(t *testing.T) {
			must[s3.PutBucketLoggingOutput](t)(c.PutBucketLogging(w.context, &s3.PutBucketLoggingInput{Bucket: name, BucketLoggingStatus: &s3types.BucketLoggingStatus{}}))
		}, []trail.Op{trail.OpPutBucketLogging}},
		{"notification off", "notification", func(t *testing.T) {
			must[s3.PutBucketNotificationConfigurationOutput](t)(c.PutBucketNotificationConfiguration(w.context, &s3.PutBucketNotificationConfigurationInput{Bucket: name, NotificationConfiguration: &s3types.NotificationConfiguration{}}))
		}, []trail.Op{trail.OpPutBucketNotificationConfiguration}},
		{"only EventBridge not told", "notification", func(t *testing.T) {
			out, err := c.GetBucketNotificationConfiguration(w.context, &s3.GetBucketNotificationConfigurationInput{Bucket: name})
			if err != nil {
				t.Fatal(err)
			}
			must[s3.PutBucketNotificationConfigurationOutput](t)(c.PutBucketNotificationConfiguration(w.context, &s3.PutBucketNotificationConfigurationInput{Bucket: name, NotificationConfiguration: &s3types.NotificationConfiguration{TopicConfigurations: out.TopicConfigurations}}))
		}, []trail.Op{trail.OpPutBucketNotificationConfiguration}},
		{"deleted", trail.Identity, func(t *testing.T) {
			must[s3.DeleteBucketOutput](t)(c.DeleteBucket(w.context, &s3.DeleteBucketInput{Bucket: name}))
		}, []trail.Op{
			trail.OpCreateBucket, trail.OpPutBucketPolicy, trail.OpPutBucketVersioning, trail.OpPutObjectLockConfiguration, trail.OpPutBucketOwnershipControls,
			trail.OpPutPublicAccessBlock, trail.OpPutBucketAcl, trail.OpPutBucketEncryption, trail.OpPutBucketLifecycleConfiguration,
			trail.OpPutBucketReplication, trail.OpPutBucketRequestPayment, trail.OpPutBucketLogging, trail.OpPutBucketNotificationConfiguration,
		}},
	}
	w.withstands(t, r, guarded)
	covers(t, trail.Bucket, guarded, w.plainBucketTamperings(t))
}

// plainBucketTamperings are those with a bucket that has nothing configured but versioning: what was added goes away.
func (w *world) plainBucketTamperings(t *testing.T) []tampering {
	const plain = "plain-logs"
	c, name := w.cloud.S3("us-east-1"), aws.String(plain)
	must[s3.CreateBucketOutput](t)(c.CreateBucket(w.context, &s3.CreateBucketInput{Bucket: name}))
	must[s3.PutBucketVersioningOutput](t)(c.PutBucketVersioning(w.context, &s3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &s3types.VersioningConfiguration{Status: "Enabled"}}))
	tamperings := []tampering{
		{"versioning suspended", "versioning", func(t *testing.T) {
			must[s3.PutBucketVersioningOutput](t)(c.PutBucketVersioning(w.context, &s3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &s3types.VersioningConfiguration{Status: "Suspended"}}))
		}, []trail.Op{trail.OpPutBucketVersioning}},
		{"policy added", "policy", func(t *testing.T) {
			must[s3.PutBucketPolicyOutput](t)(c.PutBucketPolicy(w.context, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::plain-logs/*"}]}`)}))
		}, []trail.Op{trail.OpDeleteBucketPolicy}},
		{"lifecycle added", "lifecycle", func(t *testing.T) {
			must[s3.PutBucketLifecycleConfigurationOutput](t)(c.PutBucketLifecycleConfiguration(w.context, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
				Rules: []s3types.LifecycleRule{{Status: "Enabled", Prefix: aws.String(""), Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(1)}}},
			}}))
		}, []trail.Op{trail.OpDeleteBucketLifecycle}},
		{"replication added", "replication", func(t *testing.T) {
			must[s3.PutBucketReplicationOutput](t)(c.PutBucketReplication(w.context, &s3.PutBucketReplicationInput{Bucket: name, ReplicationConfiguration: &s3types.ReplicationConfiguration{
				Role:  aws.String("arn:aws:iam::444455556666:role/thief"),
				Rules: []s3types.ReplicationRule{{Status: "Enabled", Prefix: aws.String(""), Destination: &s3types.Destination{Bucket: aws.String("arn:aws:s3:::loot")}}},
			}}))
		}, []trail.Op{trail.OpDeleteBucketReplication}},
		{"access logs added", "logging", func(t *testing.T) {
			must[s3.PutBucketLoggingOutput](t)(c.PutBucketLogging(w.context, &s3.PutBucketLoggingInput{Bucket: name, BucketLoggingStatus: &s3types.BucketLoggingStatus{LoggingEnabled: &s3types.LoggingEnabled{TargetBucket: aws.String("loot"), TargetPrefix: aws.String("")}}}))
		}, []trail.Op{trail.OpPutBucketLogging}},
		{"notification added", "notification", func(t *testing.T) {
			must[s3.PutBucketNotificationConfigurationOutput](t)(c.PutBucketNotificationConfiguration(w.context, &s3.PutBucketNotificationConfigurationInput{Bucket: name, NotificationConfiguration: &s3types.NotificationConfiguration{EventBridgeConfiguration: &s3types.EventBridgeConfiguration{}}}))
		}, []trail.Op{trail.OpPutBucketNotificationConfiguration}},
	}
	w.withstands(t, trail.Resource{Type: trail.Bucket, ARN: "arn:aws:s3:::" + plain, Region: "us-east-1", Account: lab.DefaultAccount}, tamperings)
	return tamperings
}

// Where ACLs are switched off there is no ACL to put back, which is no failure.
func TestBucketACLCannotBePutBackWhereThereAreNone(t *testing.T) {
	w := newWorld(t)
	r := w.captured(t, trail.Resource{Type: trail.Bucket, ARN: "arn:aws:s3:::" + logBucket, Region: "us-east-1", Account: lab.DefaultAccount})
	step := trail.Step{Op: trail.OpPutBucketAcl, Resource: trail.Bucket, ARN: r.ARN, Region: r.Region, Account: r.Account, Document: r.Settings["acl"]}
	if _, err := w.cloud.Apply(w.context, step); err != nil {
		t.Error(err)
	}
}

// A name that another account took is not absence: a bucket of that name cannot be made again, and must not be used.
func TestBucketThatSomebodyElseTook(t *testing.T) {
	const thief = "444455556666"
	l := lab.New(lab.Options{Accounts: map[string]string{"thief": thief}})
	t.Cleanup(l.Close)
	w := &world{Lab: l, cloud: dial(t, l.Client()), context: t.Context()}
	theirs, err := New(t.Context(), Options{Region: "eu-west-1", HTTPClient: l.Client(), AccessKeyID: "thief", SecretAccessKey: "x"})
	if err != nil {
		t.Fatal(err)
	}
	r := trail.Resource{Type: trail.Bucket, ARN: "arn:aws:s3:::" + logBucket, Region: "us-east-1", Account: lab.DefaultAccount}
	w.bucket(t, logBucket)
	w.bucket(t, logBucket+"-2")
	own := w.captured(t, r)
	if owner := own.Settings[trail.Identity].Text("Owner"); owner != lab.DefaultAccount {
		t.Errorf("the bucket belongs to %s", owner)
	}
	must[s3.DeleteBucketOutput](t)(w.cloud.S3("us-east-1").DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String(logBucket)}))
	if _, _, fields := w.drifts(t, own); len(fields) != 1 || fields[0] != "bucket.identity" {
		t.Errorf("a deleted bucket drifts in %v", fields)
	}
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		in := &s3.CreateBucketInput{Bucket: aws.String(logBucket), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}}
		if region == "us-east-1" {
			in.CreateBucketConfiguration = nil
		}
		must[s3.CreateBucketOutput](t)(theirs.S3(region).CreateBucket(t.Context(), in))
		g, state, fields := w.drifts(t, own)
		if len(fields) != 1 || fields[0] != "bucket.identity" {
			t.Errorf("a bucket taken in %s drifts in %v", region, fields)
		}
		if steps := trail.Plan(trail.Baseline{}, g, state); len(steps) != 0 {
			t.Errorf("and is restored by %v", steps)
		}
		// Seen from elsewhere, or where the account cannot be asked, nobody can tell.
		elsewhere := own
		elsewhere.Account = "999988887777"
		if f := w.cloud.ObserveResource(t.Context(), elsewhere)[trail.Identity]; f.Knowledge() != trail.Unknown {
			t.Errorf("seen from another account it is %s", text(f))
		}
		must[s3.DeleteBucketOutput](t)(theirs.S3(region).DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String(logBucket)}))
	}
	w.bucket(t, logBucket)
	w.Inject(lab.Fault{Operation: "HeadBucket", Kind: lab.AccessDenied})
	if f := w.cloud.ObserveResource(t.Context(), own)[trail.Identity]; f.Knowledge() != trail.Unknown {
		t.Errorf("a bucket of ours that we may not look at is %s", text(f))
	}
}
