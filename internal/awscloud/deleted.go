package awscloud

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxVersionPages bounds the pages of versions that are read in search of deleted files, each of 1,000.
const maxVersionPages = 20

var _ guard.Archivist = (*Cloud)(nil)

// Deleted implements guard.Archivist. It needs s3:ListBucketVersions. Of files whose keys are not known, it finds those
// that a delete marker hides: of what was deleted for good, no trace is left.
func (c *Cloud) Deleted(ctx context.Context, bucket trail.Resource, search guard.DeletedSearch) (guard.DeletedFiles, error) {
	if len(search.Keys) == 0 {
		return c.hidden(ctx, bucket, search)
	}
	var found guard.DeletedFiles
	for n, key := range search.Keys {
		if n == search.Most {
			found.More = true
			break
		}
		if err := c.became(ctx, bucket, key, &found); err != nil {
			return found, err
		}
	}
	return found, nil
}

// became finds what became of one file.
func (c *Cloud) became(ctx context.Context, bucket trail.Resource, key string, found *guard.DeletedFiles) error {
	out, err := c.S3(bucket.Region).ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: aws.String(bucket.Name()), Prefix: &key, ExpectedBucketOwner: &bucket.Account})
	if err != nil {
		return failure(ctx, "ListObjectVersions", err)
	}
	for _, m := range out.DeleteMarkers {
		if aws.ToString(m.Key) == key && aws.ToBool(m.IsLatest) {
			found.Hidden = append(found.Hidden, trail.Version{Key: key, VersionID: aws.ToString(m.VersionId)})
		}
	}
	left := slices.ContainsFunc(out.Versions, func(v s3types.ObjectVersion) bool { return aws.ToString(v.Key) == key })
	if !left && !aws.ToBool(out.IsTruncated) {
		found.Gone = append(found.Gone, key)
	}
	return nil
}

// hidden finds the files that were hidden by a delete marker since some time.
func (c *Cloud) hidden(ctx context.Context, bucket trail.Resource, search guard.DeletedSearch) (guard.DeletedFiles, error) {
	var found guard.DeletedFiles
	in := &s3.ListObjectVersionsInput{Bucket: aws.String(bucket.Name()), ExpectedBucketOwner: &bucket.Account}
	if search.Prefix != "" {
		in.Prefix = &search.Prefix
	}
	for range maxVersionPages {
		out, err := c.S3(bucket.Region).ListObjectVersions(ctx, in)
		if err != nil {
			return found, failure(ctx, "ListObjectVersions", err)
		}
		for _, m := range out.DeleteMarkers {
			if !aws.ToBool(m.IsLatest) || aws.ToTime(m.LastModified).Before(search.Since) {
				continue
			}
			if len(found.Hidden) == search.Most {
				found.More = true
				return found, nil
			}
			found.Hidden = append(found.Hidden, trail.Version{Key: aws.ToString(m.Key), VersionID: aws.ToString(m.VersionId)})
		}
		if !aws.ToBool(out.IsTruncated) {
			return found, nil
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
	found.More = true
	return found, nil
}

// removeMarkers removes delete markers, by which the files that they hide are there again. S3 says in a successful answer
// what it refused. It needs s3:DeleteObjectVersion.
func removeMarkers(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	wanted, err := into[struct{ Objects []trail.Version }](s.Document)
	if err != nil {
		return smithy.Metadata{}, err
	}
	var names []s3types.ObjectIdentifier
	for _, v := range wanted.Objects {
		if v.Key == "" || v.VersionID == "" { // without a version it would delete the file
			return smithy.Metadata{}, unusable(s, "names no delete marker")
		}
		names = append(names, s3types.ObjectIdentifier{Key: aws.String(v.Key), VersionId: aws.String(v.VersionID)})
	}
	var refused []s3types.Error
	call := func(client *s3.Client, ctx context.Context, in *s3.DeleteObjectsInput, once ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error) {
		out, err := client.DeleteObjects(ctx, in, once...)
		if err == nil {
			refused = out.Errors
		}
		return out, err
	}
	metadata, err := bucketWrite(call, func(s trail.Step, in *s3.DeleteObjectsInput) error {
		in.Bucket, in.ExpectedBucketOwner = bucketOf(s)
		in.Delete = &s3types.Delete{Objects: names, Quiet: aws.Bool(true)}
		return nil
	})(ctx, c, s)
	if err == nil && len(refused) > 0 {
		first := &guard.APIError{Op: string(s.Op), Code: bounded(refused[0].Code, 100), Class: classOf(aws.ToString(refused[0].Code), 0),
			Message: fmt.Sprintf("%d of %d delete markers remain: %s", len(refused), len(names), bounded(refused[0].Message, 200))}
		err = first
	}
	return metadata, err
}
