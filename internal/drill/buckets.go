package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// bucketTechniques are attacks on the bucket that log files are delivered to.
func bucketTechniques() []Technique {
	on := naming("Bucket", trail.Resource.Name)
	return []Technique{
		{ID: tamper.BucketPolicy, Variant: "removed", On: trail.Bucket, calls: on("s3:DeleteBucketPolicy", nil), Outcome: Restored},
		{ID: tamper.BucketPolicy, Variant: "deny", On: trail.Bucket, calls: bucketPolicy(denyDelivery), Outcome: Restored},
		{ID: tamper.BucketPolicy, Variant: "other trail", On: trail.Bucket, calls: bucketPolicy(allowOtherTrail), Outcome: Restored},
		{ID: tamper.BucketLifecycle, On: trail.Bucket, Outcome: Restored, calls: on("s3:PutBucketLifecycleConfiguration", object{
			"LifecycleConfiguration": object{"Rules": []object{{"ID": "tidy", "Status": "Enabled", "Filter": object{"Prefix": ""}, "Expiration": object{"Days": 1}}}},
		})},
		// Where Object Lock is on, S3 refuses to suspend versioning.
		{ID: tamper.BucketVersioning, On: trail.Bucket, Where: unlocked, Outcome: Restored,
			calls: on("s3:PutBucketVersioning", object{"VersioningConfiguration": object{"Status": "Suspended"}})},
		{ID: tamper.BucketObjectLock, On: trail.Bucket, Outcome: Restored,
			calls: on("s3:PutObjectLockConfiguration", object{"ObjectLockConfiguration": object{"ObjectLockEnabled": "Enabled"}})},
		{ID: tamper.BucketEncryption, On: trail.Bucket, calls: foreignEncryption, Outcome: Restored},
		{ID: tamper.BucketReplication, Variant: "removed", On: trail.Bucket, calls: on("s3:DeleteBucketReplication", nil), Outcome: Restored},
		{ID: tamper.BucketReplication, Variant: "elsewhere", On: trail.Bucket, calls: replicateElsewhere, Outcome: Restored},
		{ID: tamper.BucketACL, On: trail.Bucket, calls: openToPublic, Outcome: Restored},
		{ID: tamper.BucketOwnership, Variant: "changed", On: trail.Bucket, calls: on("s3:PutBucketOwnershipControls", writersOwn), Outcome: Restored},
		{ID: tamper.BucketOwnership, Variant: "removed", On: trail.Bucket, calls: on("s3:DeleteBucketOwnershipControls", nil), Outcome: Restored},
		{ID: tamper.BucketPublicAccess, Variant: "removed", On: trail.Bucket, calls: on("s3:DeletePublicAccessBlock", nil), Outcome: Restored},
		{ID: tamper.BucketPublicAccess, Variant: "off", On: trail.Bucket, Outcome: Restored, calls: on("s3:PutPublicAccessBlock", object{
			"PublicAccessBlockConfiguration": object{"BlockPublicAcls": false, "IgnorePublicAcls": false, "BlockPublicPolicy": false, "RestrictPublicBuckets": false},
		})},
		{ID: tamper.BucketRequesterPays, On: trail.Bucket, Outcome: Restored,
			calls: on("s3:PutBucketRequestPayment", object{"RequestPaymentConfiguration": object{"Payer": "Requester"}})},
		{ID: tamper.BucketLogging, On: trail.Bucket, calls: on("s3:PutBucketLogging", object{"BucketLoggingStatus": object{}}), Outcome: Restored},
		{ID: tamper.BucketNotification, On: trail.Bucket, Outcome: Restored,
			calls: on("s3:PutBucketNotificationConfiguration", object{"NotificationConfiguration": object{}})},
		{ID: tamper.BucketDelete, On: trail.Bucket, Attack: deleteBucket, Outcome: Restored},
		{ID: tamper.BucketDelete, Variant: "name taken", On: trail.Bucket, Attack: takeBucket, Ruins: true, Outcome: Alerted},
	}
}

func unlocked(r trail.Resource) bool { return r.Settings["objectLock"].Empty() }

var writersOwn = object{"OwnershipControls": object{"Rules": []object{{"ObjectOwnership": "ObjectWriter"}}}}

// policy is a policy as a text.
func policy(statements ...object) string {
	text, _ := json.Marshal(object{"Version": "2012-10-17", "Statement": statements}) // of texts, lists and maps
	return string(text)
}

var cloudtrail = object{"Service": "cloudtrail.amazonaws.com"}

// bucketPolicy replaces the bucket's policy.
func bucketPolicy(text func(Scene, trail.Resource) string) calls {
	return func(s Scene, r trail.Resource) []request {
		return []request{{"s3:PutBucketPolicy", object{"Bucket": r.Name(), "Policy": text(s, r)}}}
	}
}

func deliver(effect string, r trail.Resource, condition object) object {
	statement := object{
		"Effect": effect, "Principal": cloudtrail, "Action": []string{"s3:GetBucketAcl", "s3:PutObject"}, "Resource": []string{r.ARN, r.ARN + "/*"},
	}
	if condition != nil {
		statement["Condition"] = condition
	}
	return statement
}

// denyDelivery leaves what was allowed and denies it in the same breath.
func denyDelivery(_ Scene, r trail.Resource) string {
	return policy(deliver("Allow", r, nil), deliver("Deny", r, nil))
}

func allowOtherTrail(s Scene, r trail.Resource) string {
	return policy(deliver("Allow", r, object{"StringEquals": object{"aws:SourceArn": s.Target.ARN + "-2"}}))
}

func foreignEncryption(s Scene, r trail.Resource) []request {
	return []request{{"s3:PutBucketEncryption", object{"Bucket": r.Name(), "ServerSideEncryptionConfiguration": object{"Rules": []object{{
		"ApplyServerSideEncryptionByDefault": object{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": s.ForeignKey},
	}}}}}}
}

// replicateElsewhere leads the copies into a bucket that is not the baseline's.
func replicateElsewhere(s Scene, r trail.Resource) []request {
	return []request{{"s3:PutBucketReplication", object{"Bucket": r.Name(), "ReplicationConfiguration": object{
		"Role": "arn:aws:iam::" + s.account() + ":role/Admin", "Rules": []object{{
			"ID": "copies", "Priority": 1, "Status": "Enabled", "Filter": object{"Prefix": ""}, "DeleteMarkerReplication": object{"Status": "Disabled"},
			"Destination": object{"Bucket": "arn:aws:s3:::" + s.ForeignBucket},
		}},
	}}}}
}

// openToPublic takes away what keeps ACLs from counting, before it sets one.
func openToPublic(_ Scene, r trail.Resource) []request {
	bucket := object{"Bucket": r.Name()}
	return []request{
		{"s3:DeletePublicAccessBlock", bucket},
		{"s3:PutBucketOwnershipControls", object{"Bucket": r.Name(), "OwnershipControls": writersOwn["OwnershipControls"]}},
		{"s3:PutBucketAcl", object{"Bucket": r.Name(), "ACL": "public-read"}},
	}
}

// version is one version of an object, or a delete marker.
type version struct {
	Key, VersionID string
	IsLatest       bool
}

// listVersions lists what is in a bucket, as far as one page goes.
func listVersions(ctx context.Context, by Intruder, r trail.Resource) (objects, markers []version, err error) {
	var page struct{ Versions, DeleteMarkers []version }
	err = by.Call(ctx, r.Region, "s3:ListObjectVersions", object{"Bucket": r.Name()}, &page)
	return page.Versions, page.DeleteMarkers, err
}

// deleteBucket keeps CloudTrail out, so that the bucket stays empty once it is.
func deleteBucket(ctx context.Context, s Scene) error {
	r, err := s.resource(trail.Bucket, nil)
	if err != nil {
		return err
	}
	if err := perform(ctx, s, r.Region, bucketPolicy(denyDelivery)(s, r)); err != nil {
		return err
	}
	for {
		objects, markers, err := listVersions(ctx, s.Intruder, r)
		if err != nil {
			return err
		}
		if len(objects)+len(markers) == 0 {
			break
		}
		if err := deleteForGood(ctx, s, r, append(objects, markers...)); err != nil {
			return err
		}
	}
	return perform(ctx, s, r.Region, []request{{"s3:DeleteBucket", object{"Bucket": r.Name()}}})
}

func deleteForGood(ctx context.Context, s Scene, r trail.Resource, versions []version) error {
	var names []object
	for _, v := range versions {
		names = append(names, object{"Key": v.Key, "VersionId": v.VersionID})
	}
	return perform(ctx, s, r.Region, []request{{"s3:DeleteObjects", object{
		"Bucket": r.Name(), "Delete": object{"Objects": names, "Quiet": true}, "BypassGovernanceRetention": true,
	}}})
}

// takeBucket takes the name of the deleted bucket, and with it whatever is delivered there.
func takeBucket(ctx context.Context, s Scene) error {
	if err := deleteBucket(ctx, s); err != nil {
		return err
	}
	r, err := s.resource(trail.Bucket, nil)
	if err != nil {
		return err
	}
	return s.Elsewhere.Call(ctx, r.Region, "s3:CreateBucket", object{"Bucket": r.Name()}, nil)
}

// logFiles are the files that CloudTrail has delivered.
func logFiles(ctx context.Context, s Scene, most int) (trail.Resource, []version, error) {
	r, err := s.resource(trail.Bucket, nil)
	if err != nil {
		return r, nil, err
	}
	objects, _, err := listVersions(ctx, s.Intruder, r)
	if err != nil {
		return r, nil, err
	}
	var found []version
	for _, o := range objects {
		if o.IsLatest && strings.Contains(o.Key, "/AWSLogs/") && len(found) < most {
			found = append(found, o)
		}
	}
	if len(found) == 0 {
		return r, nil, fmt.Errorf("there is no log file in bucket %s yet", r.Name())
	}
	return r, found, nil
}
