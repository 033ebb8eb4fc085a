package tamper

import (
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// bucketTechniques are the ways to impair the bucket that log files are delivered to. CloudTrail's names of S3's calls are
// not always the API's: PutBucketLifecycleConfiguration, for one, is recorded as PutBucketLifecycle.
func bucketTechniques() []Technique {
	return []Technique{
		{
			ID: BucketPolicy, Tier: TierDependency, Title: "Policy of the log bucket changed or removed", Severity: severity.High,
			Calls:    callsOf(sourceS3, "PutBucketPolicy", "DeleteBucketPolicy"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the whole policy back: an Allow beside a foreign Deny would help nobody",
			Lost:     "nothing within 30 days, for which CloudTrail keeps trying to deliver",
			Fields:   fields(trail.Bucket, "policy"),
		},
		{
			ID: BucketDelete, Tier: TierDependency, Title: "Log bucket deleted", Severity: severity.Critical,
			Calls:    callsOf(sourceS3, "DeleteBucket"),
			ATTCKv18: []string{"T1485"}, ATTCKv19: []string{"T1485"},
			Restores: "creates the bucket at once, with all its settings; alerts if somebody else has taken its name",
			Lost:     "all log files and digest files that were in it",
			Fields:   fields(trail.Bucket, trail.Identity),
		},
		{
			ID: BucketLifecycle, Tier: TierDependency, Title: "Lifecycle of the log bucket changed or removed", Severity: severity.High,
			Calls:    callsOf(sourceS3, "PutBucketLifecycle", "DeleteBucketLifecycle"),
			ATTCKv18: []string{"T1485.001"}, ATTCKv19: []string{"T1485.001"},
			Restores: "sets the whole lifecycle back",
			Lost:     "files that have expired meanwhile, unless the bucket keeps versions",
			Fields:   fields(trail.Bucket, "lifecycle"),
		},
		{
			ID: BucketVersioning, Tier: TierDependency, Title: "Versioning of the log bucket changed", Severity: severity.High,
			Calls:    callsOf(sourceS3, "PutBucketVersioning"),
			ATTCKv18: []string{"T1490"}, ATTCKv19: []string{"T1490"},
			Restores: "turns versioning on",
			Lost:     "files that were deleted or overwritten meanwhile",
			Fields:   fields(trail.Bucket, "versioning"),
		},
		{
			ID: BucketObjectLock, Tier: TierDependency, Title: "Object Lock of the log bucket changed", Severity: severity.High,
			Calls:    callsOf(sourceS3, "PutBucketObjectLockConfiguration"),
			ATTCKv18: []string{"T1490"}, ATTCKv19: []string{"T1490"},
			Restores: "sets the default retention back",
			Lost:     "the protection of files delivered meanwhile",
			Fields:   fields(trail.Bucket, "objectLock"),
		},
		{
			ID: BucketEncryption, Tier: TierDependency, Title: "Encryption of the log bucket changed or removed", Severity: severity.Medium,
			Calls:    callsOf(sourceS3, "PutBucketEncryption", "DeleteBucketEncryption"),
			ATTCKv18: []string{"T1486"}, ATTCKv19: []string{"T1486"},
			Restores: "sets the default encryption back",
			Lost:     "files encrypted under a key that its owner withholds",
			Fields:   fields(trail.Bucket, "encryption"),
		},
		{
			ID: BucketReplication, Tier: TierDependency, Title: "Replication of the log bucket changed or removed", Severity: severity.Medium,
			Calls:    callsOf(sourceS3, "PutBucketReplication", "DeleteBucketReplication"),
			ATTCKv18: []string{"T1490", "T1537"}, ATTCKv19: []string{"T1490", "T1537"},
			Restores: "sets the replication back",
			Lost:     "copies of the files delivered meanwhile, which replication does not make up for",
			Fields:   fields(trail.Bucket, "replication"),
		},
		{
			ID: BucketACL, Tier: TierDependency, Title: "Access control list of the log bucket changed", Severity: severity.High,
			Calls:    callsOf(sourceS3, "PutBucketAcl"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the list back",
			Fields:   fields(trail.Bucket, "acl"),
		},
		{
			ID: BucketOwnership, Tier: TierDependency, Title: "Ownership controls of the log bucket changed or removed", Severity: severity.Medium,
			Calls:    callsOf(sourceS3, "PutBucketOwnershipControls", "DeleteBucketOwnershipControls"),
			ATTCKv18: []string{"T1562"}, ATTCKv19: []string{"T1685"},
			Restores: "sets the ownership controls back",
			Fields:   fields(trail.Bucket, "ownershipControls"),
		},
		{
			ID: BucketPublicAccess, Tier: TierDependency, Title: "Public access block of the log bucket changed or removed", Severity: severity.High,
			Calls: callsOf(sourceS3, "PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock",
				"PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock"),
			ATTCKv18: []string{"T1562"}, ATTCKv19: []string{"T1685"},
			Restores: "sets the bucket's own block back; of the account's it alerts",
			Lost:     "the secrecy of what was read meanwhile",
			Fields:   fields(trail.Bucket, "publicAccessBlock"),
		},
		{
			ID: BucketRequesterPays, Tier: TierDependency, Title: "Requester made to pay for the log bucket", Severity: severity.High,
			Calls:    callsOf(sourceS3, "PutBucketRequestPayment"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "makes the owner pay again",
			Lost:     "nothing within 30 days, for which CloudTrail keeps trying to deliver",
			Fields:   fields(trail.Bucket, "requestPayment"),
		},
		{
			ID: BucketLogging, Tier: TierDependency, Title: "Access logging of the log bucket changed or turned off", Severity: severity.Medium,
			Calls:    callsOf(sourceS3, "PutBucketLogging"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the access logging back",
			Lost:     "access logs of the time in between",
			Fields:   fields(trail.Bucket, "logging"),
		},
		{
			ID: BucketNotification, Tier: TierDependency, Title: "Notifications of the log bucket changed or turned off", Severity: severity.Medium,
			Calls:    callsOf(sourceS3, "PutBucketNotification"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the notifications back",
			Lost:     "notifications of the files delivered meanwhile",
			Fields:   fields(trail.Bucket, "notification"),
		},
		{
			ID: LogDelete, Tier: TierDependency, Title: "Log files or digest files deleted", Severity: severity.High,
			Calls:    callsOf(sourceS3, "DeleteObject", "DeleteObjects"),
			ATTCKv18: []string{"T1070"}, ATTCKv19: []string{"T1070"},
			Restores: "removes the delete markers, where the bucket keeps versions",
			Lost:     "versions that were deleted for good",
		},
	}
}
