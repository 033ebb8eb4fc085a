package labrange

import (
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/lab"
)

// What the log bucket has beside it.
const (
	copyBucket      = "audit-copies-111122223333"
	replicationRole = "arn:aws:iam::" + lab.DefaultAccount + ":role/audit-replication"
)

// logBucket makes the bucket that the target delivers to, with everything that a bucket can have. Its default retention is one that
// an intruder with enough rights can get past, so that the bucket can be emptied.
func (b *builder) logBucket() {
	b.call("s3:CreateBucket", object{"Bucket": copyBucket}, nil)
	b.call("s3:PutBucketVersioning", object{"Bucket": copyBucket, "VersioningConfiguration": object{"Status": "Enabled"}}, nil)
	b.role(replicationRole, service("s3"), "s3:ReplicateObject")

	b.call("s3:CreateBucket", object{"Bucket": logBucket, "ObjectLockEnabledForBucket": true}, nil)
	b.call("s3:PutBucketPolicy", object{"Bucket": logBucket, "Policy": intruder.AllowTrails(logBucket, lab.DefaultAccount)}, nil)
	for operation, settings := range map[string]object{
		"s3:PutObjectLockConfiguration": {"ObjectLockConfiguration": object{
			"ObjectLockEnabled": "Enabled", "Rule": object{"DefaultRetention": object{"Mode": "GOVERNANCE", "Days": 365}},
		}},
		"s3:PutBucketLifecycleConfiguration": {"LifecycleConfiguration": object{"Rules": []object{{
			"ID": "keep", "Status": "Enabled", "Filter": object{"Prefix": ""}, "Expiration": object{"Days": 3650},
		}}}},
		"s3:PutBucketEncryption": {"ServerSideEncryptionConfiguration": object{"Rules": []object{{
			"ApplyServerSideEncryptionByDefault": object{"SSEAlgorithm": "AES256"},
		}}}},
		"s3:PutBucketReplication": {"ReplicationConfiguration": object{"Role": replicationRole, "Rules": []object{{
			"ID": "copies", "Priority": 1, "Status": "Enabled", "Filter": object{"Prefix": ""}, "DeleteMarkerReplication": object{"Status": "Disabled"},
			"Destination": object{"Bucket": "arn:aws:s3:::" + copyBucket},
		}}}},
		"s3:PutBucketLogging":                   {"BucketLoggingStatus": object{"LoggingEnabled": object{"TargetBucket": copyBucket, "TargetPrefix": "access/"}}},
		"s3:PutBucketNotificationConfiguration": {"NotificationConfiguration": object{"EventBridgeConfiguration": object{}}},
	} {
		settings["Bucket"] = logBucket
		b.call(operation, settings, nil)
	}
}
