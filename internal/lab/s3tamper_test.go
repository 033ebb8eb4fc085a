package lab_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestUndelete takes away delete markers, which brings logs back.
func TestUndelete(t *testing.T) {
	l := twoAccounts(t)
	c, ctx, b := s3Client(l, "me", "us-east-1"), t.Context(), aws.String("logs")
	makeBucket(t, c, "logs")
	must[*s3.PutBucketVersioningOutput](t)(c.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: b, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled}}))
	keys := []string{"a", "b"}
	var objects []s3types.ObjectIdentifier
	for _, key := range keys {
		putText(t, c, "logs", key, "text")
		objects = append(objects, s3types.ObjectIdentifier{Key: &key})
	}
	gone := must[*s3.DeleteObjectsOutput](t)(c.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: b, Delete: &s3types.Delete{Objects: objects}}))
	if len(gone.Deleted) != 2 || !*gone.Deleted[0].DeleteMarker {
		t.Fatalf("deleted = %+v", gone.Deleted)
	}
	list := must[*s3.ListObjectVersionsOutput](t)(c.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: b}))
	if len(list.DeleteMarkers) != 2 || len(list.Versions) != 2 || !*list.DeleteMarkers[0].IsLatest || *list.Versions[0].IsLatest {
		t.Fatalf("versions = %+v, markers = %+v", list.Versions, list.DeleteMarkers)
	}
	for _, m := range list.DeleteMarkers {
		out := must[*s3.DeleteObjectOutput](t)(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b, Key: m.Key, VersionId: m.VersionId}))
		if !*out.DeleteMarker || *out.VersionId != *m.VersionId {
			t.Errorf("answer = %+v", out)
		}
		must[*s3.GetObjectOutput](t)(c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: m.Key}))
	}
	_, err := c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: b})
	expectCode(t, err, "BucketNotEmpty")
}

// TestSquattedBucket deletes a bucket for good, so that another account can have its name.
func TestSquattedBucket(t *testing.T) {
	l := twoAccounts(t)
	c, other, ctx, b := s3Client(l, "me", "us-east-1"), s3Client(l, "other", "us-east-1"), t.Context(), aws.String("logs")
	makeBucket(t, c, "logs")
	_, err := c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: b})
	expectCode(t, err, "")
	makeBucket(t, other, "logs")
	makeBucket(t, other, "log-archive")
	makeBucket(t, other, "other")
	_, err = c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: b})
	expectCode(t, err, "BucketAlreadyExists")
	_, err = other.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: b, ExpectedBucketOwner: aws.String("111122223333")})
	if err == nil {
		t.Error("the expected owner does not matter")
	}
	mine := must[*s3.ListBucketsOutput](t)(c.ListBuckets(ctx, &s3.ListBucketsInput{}))
	theirs := must[*s3.ListBucketsOutput](t)(other.ListBuckets(ctx, &s3.ListBucketsInput{Prefix: aws.String("log")}))
	if len(mine.Buckets) != 0 || len(theirs.Buckets) != 2 || *theirs.Prefix != "log" {
		t.Errorf("buckets = %+v, %+v", mine.Buckets, theirs.Buckets)
	}
}

func TestACLsAndOwnership(t *testing.T) {
	l := twoAccounts(t)
	c, ctx, b := s3Client(l, "me", "us-east-1"), t.Context(), aws.String("logs")
	makeBucket(t, c, "logs")
	acl := func(canned s3types.BucketCannedACL) error {
		_, err := c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: b, ACL: canned})
		return err
	}
	own := func(kind s3types.ObjectOwnership) error {
		_, err := c.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: b, OwnershipControls: &s3types.OwnershipControls{Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: kind}}}})
		return err
	}
	expectCode(t, acl(s3types.BucketCannedACLPrivate), "AccessControlListNotSupported")
	expectCode(t, own(s3types.ObjectOwnershipBucketOwnerPreferred), "")
	expectCode(t, acl(s3types.BucketCannedACLPublicRead), "AccessDenied") // public access is blocked
	expectCode(t, acl("log-delivery-write"), "")
	expectCode(t, own(s3types.ObjectOwnershipBucketOwnerEnforced), "InvalidBucketAclWithObjectOwnership")
	expectCode(t, acl(s3types.BucketCannedACLPrivate), "")
	expectCode(t, own(s3types.ObjectOwnershipBucketOwnerEnforced), "")
}

// TestDenyBindsTheOwner is about policies with which an intruder locks the guard out of its own bucket.
func TestDenyBindsTheOwner(t *testing.T) {
	l := twoAccounts(t)
	c, other, ctx, b := s3Client(l, "me", "us-east-1"), s3Client(l, "other", "us-east-1"), t.Context(), aws.String("logs")
	makeBucket(t, c, "logs")
	putText(t, c, "logs", "open/a", "text")
	putText(t, c, "logs", "shut/a", "text")
	policy := func(statements string) error {
		_, err := c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: b, Policy: aws.String(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)})
		return err
	}
	expectCode(t, policy(`{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/shut/*"},
		{"Effect":"Allow","Principal":{"AWS":"`+secondAccount+`"},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::logs/open/*"}`), "")
	get := func(key string) error {
		_, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: &key})
		return err
	}
	expectCode(t, get("open/a"), "")
	expectCode(t, get("shut/a"), "AccessDenied")
	_, err := other.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b, Key: aws.String("open/a"), VersionId: aws.String("null")})
	expectCode(t, err, "AccessDenied") // a version takes s3:DeleteObjectVersion
	out := must[*s3.DeleteObjectsOutput](t)(other.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: b, Delete: &s3types.Delete{Objects: []s3types.ObjectIdentifier{{Key: aws.String("open/a")}, {Key: aws.String("shut/a")}}}}))
	if len(out.Deleted) != 1 || *out.Deleted[0].Key != "open/a" || len(out.Errors) != 1 || *out.Errors[0].Code != "AccessDenied" {
		t.Errorf("answer = %+v, %+v", out.Deleted, out.Errors)
	}
	expectCode(t, policy(`{"Effect":"Deny","Principal":"*","Action":"s3:PutBucketPolicy","Resource":"arn:aws:s3:::logs"}`), "")
	expectCode(t, policy(`{"Effect":"Allow","Principal":{"AWS":"`+secondAccount+`"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}`), "AccessDenied")
}

func TestObjectLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := twoAccounts(t)
		c, ctx, b := s3Client(l, "me", "us-east-1"), t.Context(), aws.String("logs")
		makeBucket(t, c, "plain")
		_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("plain"), Key: aws.String("k"), Body: strings.NewReader("x"), ObjectLockLegalHoldStatus: s3types.ObjectLockLegalHoldStatusOn})
		expectCode(t, err, "InvalidRequest")
		must[*s3.CreateBucketOutput](t)(c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: b, ObjectLockEnabledForBucket: aws.Bool(true)}))
		retain := func(mode s3types.ObjectLockRetentionMode) {
			must[*s3.PutObjectLockConfigurationOutput](t)(c.PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{Bucket: b, ObjectLockConfiguration: &s3types.ObjectLockConfiguration{
				ObjectLockEnabled: s3types.ObjectLockEnabledEnabled, Rule: &s3types.ObjectLockRule{DefaultRetention: &s3types.DefaultRetention{Mode: mode, Days: aws.Int32(1)}}}}))
		}
		remove := func(key string, version *string, bypass bool) error {
			_, err := c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b, Key: &key, VersionId: version, BypassGovernanceRetention: &bypass})
			return err
		}
		retain(s3types.ObjectLockRetentionModeGovernance)
		soft := putText(t, c, "logs", "soft", "x").VersionId
		retain(s3types.ObjectLockRetentionModeCompliance)
		hard := putText(t, c, "logs", "hard", "x").VersionId
		expectCode(t, remove("soft", soft, false), "AccessDenied")
		expectCode(t, remove("soft", soft, true), "")
		expectCode(t, remove("hard", hard, true), "AccessDenied")
		expectCode(t, remove("hard", nil, false), "") // only a delete marker
		time.Sleep(25 * time.Hour)
		expectCode(t, remove("hard", hard, false), "")
	})
}
