package privilege

import "github.com/trailhold/trailhold/internal/trail"

const bucket = string(trail.Bucket)

// locks is a bucket that is made again with Object Lock, which needs the permissions to lock it and to keep versions.
var locks = self.when(func(s subject) bool { return !s.document("objectLock").Empty() })

// bucketRows are the calls about a bucket. Actions of S3 have other names than its operations where those came later.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
var bucketRows = []Row{
	reads("s3:HeadBucket", bucket, "", "finds out whether the bucket exists and belongs to its account", on(self, "s3:ListBucket").noting("without a condition: it must answer for a bucket that is gone, too")),
	reads("s3:ListBuckets", bucket, "", "tells a lost bucket from one that refuses the guard", on(unlimited, "s3:ListAllMyBuckets")),
	reads("s3:ListObjectVersions", bucket, "files", "finds log files that a delete marker hides", on(self, "s3:ListBucketVersions").only(owned)),
	writes("s3:DeleteObjects", bucket, "files", Whatever, "removes delete markers, by which log files are there again",
		on(logFiles, "s3:DeleteObjectVersion").only(owned).noting("IAM cannot tell a delete marker from a version: keep Object Lock on the bucket, so that this permission cannot delete a log file")),
	writes("s3:CreateBucket", bucket, "", Whatever, "makes a deleted bucket again", on(self, "s3:CreateBucket"),
		on(locks, "s3:PutBucketObjectLockConfiguration").noting("buckets with Object Lock"), on(locks, "s3:PutBucketVersioning").noting("buckets with Object Lock")),

	reads("s3:GetBucketVersioning", bucket, "versioning", "reads whether the bucket keeps versions", on(self, "s3:GetBucketVersioning").only(owned)),
	writes("s3:PutBucketVersioning", bucket, "versioning", Whatever, "puts it back", on(self, "s3:PutBucketVersioning").only(owned)),

	reads("s3:GetObjectLockConfiguration", bucket, "objectLock", "reads Object Lock", on(self, "s3:GetBucketObjectLockConfiguration").only(owned)),
	writes("s3:PutObjectLockConfiguration", bucket, "objectLock", Whatever, "puts it back", on(self, "s3:PutBucketObjectLockConfiguration").only(owned)),

	reads("s3:GetBucketOwnershipControls", bucket, "ownershipControls", "reads who owns the files", on(self, "s3:GetBucketOwnershipControls").only(owned)),
	writes("s3:PutBucketOwnershipControls", bucket, "ownershipControls", Something, "puts it back", on(self, "s3:PutBucketOwnershipControls").only(owned)),
	writes("s3:DeleteBucketOwnershipControls", bucket, "ownershipControls", Nothing, "takes away what the baseline does not have", on(self, "s3:PutBucketOwnershipControls").only(owned)),

	reads("s3:GetPublicAccessBlock", bucket, "publicAccessBlock", "reads what keeps the public out", on(self, "s3:GetBucketPublicAccessBlock").only(owned)),
	writes("s3:PutPublicAccessBlock", bucket, "publicAccessBlock", Something, "puts it back", on(self, "s3:PutBucketPublicAccessBlock").only(owned)),
	writes("s3:DeletePublicAccessBlock", bucket, "publicAccessBlock", Nothing, "is never called: a block that the baseline does not have protects, and stays"),

	reads("s3:GetBucketPolicy", bucket, "policy", "reads the bucket policy", on(self, "s3:GetBucketPolicy").only(owned)),
	writes("s3:PutBucketPolicy", bucket, "policy", Something, "puts it back", on(self, "s3:PutBucketPolicy").only(owned)),
	writes("s3:DeleteBucketPolicy", bucket, "policy", Nothing, "takes away what the baseline does not have", on(self, "s3:DeleteBucketPolicy").only(owned)),

	reads("s3:GetBucketAcl", bucket, "acl", "reads the access control list", on(self, "s3:GetBucketAcl").only(owned)),
	writes("s3:PutBucketAcl", bucket, "acl", Whatever, "puts it back", on(self, "s3:PutBucketAcl").only(owned)),

	reads("s3:GetBucketEncryption", bucket, "encryption", "reads the default encryption", on(self, "s3:GetEncryptionConfiguration").only(owned)),
	writes("s3:PutBucketEncryption", bucket, "encryption", Something, "puts it back", on(self, "s3:PutEncryptionConfiguration").only(owned)),
	writes("s3:DeleteBucketEncryption", bucket, "encryption", Nothing, "takes away what the baseline does not have", on(self, "s3:PutEncryptionConfiguration").only(owned)),

	reads("s3:GetBucketLifecycleConfiguration", bucket, "lifecycle", "reads when files expire", on(self, "s3:GetLifecycleConfiguration").only(owned)),
	writes("s3:PutBucketLifecycleConfiguration", bucket, "lifecycle", Something, "puts it back", on(self, "s3:PutLifecycleConfiguration").only(owned)),
	writes("s3:DeleteBucketLifecycle", bucket, "lifecycle", Nothing, "takes away what the baseline does not have", on(self, "s3:PutLifecycleConfiguration").only(owned)),

	reads("s3:GetBucketReplication", bucket, "replication", "reads where copies go", on(self, "s3:GetReplicationConfiguration").only(owned)),
	writes("s3:PutBucketReplication", bucket, "replication", Something, "puts it back", on(self, "s3:PutReplicationConfiguration").only(owned),
		on(passed("replication", "Role"), "iam:PassRole").only(passedTo("s3.amazonaws.com"))),
	writes("s3:DeleteBucketReplication", bucket, "replication", Nothing, "takes away what the baseline does not have", on(self, "s3:PutReplicationConfiguration").only(owned)),

	reads("s3:GetBucketRequestPayment", bucket, "requestPayment", "reads who pays for requests", on(self, "s3:GetBucketRequestPayment").only(owned)),
	writes("s3:PutBucketRequestPayment", bucket, "requestPayment", Whatever, "puts it back", on(self, "s3:PutBucketRequestPayment").only(owned)),

	reads("s3:GetBucketLogging", bucket, "logging", "reads where access is logged", on(self, "s3:GetBucketLogging").only(owned)),
	writes("s3:PutBucketLogging", bucket, "logging", Whatever, "puts it back", on(self, "s3:PutBucketLogging").only(owned)),

	reads("s3:GetBucketNotificationConfiguration", bucket, "notification", "reads who is told of new files", on(self, "s3:GetBucketNotification").only(owned)),
	writes("s3:PutBucketNotificationConfiguration", bucket, "notification", Whatever, "puts it back", on(self, "s3:PutBucketNotification").only(owned)),
}
