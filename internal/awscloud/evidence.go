package awscloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
)

// Evidence keeps files under a prefix of a bucket, wherever that is. It implements backfill.Store. Objects are encrypted as
// the bucket's default says.
type Evidence struct {
	store          *LogStore
	bucket, prefix string
	owner          string
}

// evidenceConnections is how many files are written at once: one for each region, at most two per second.
const evidenceConnections = 32

// Evidence is the store at s3://bucket/prefix. owner is the account that the bucket must belong to: the name of a bucket that
// was deleted can be taken by anybody, who would be told what we know.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
func (c *Cloud) Evidence(uri, owner string) (*Evidence, error) {
	path, ok := strings.CutPrefix(uri, "s3://")
	bucket, prefix, _ := strings.Cut(path, "/")
	if !ok || bucket == "" {
		return nil, fmt.Errorf("%s is not the address of a place for evidence, which is s3://bucket/prefix", plain.Text(uri, 200))
	}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return &Evidence{store: c.LogStore(evidenceConnections), bucket: bucket, prefix: prefix, owner: owner}, nil
}

// Location implements backfill.Store.
func (e *Evidence) Location() string {
	return "s3://" + e.bucket + "/" + strings.TrimSuffix(e.prefix, "/")
}

// Put implements backfill.Store.
func (e *Evidence) Put(ctx context.Context, name string, content []byte) error {
	kind := "application/gzip"
	if strings.HasSuffix(name, ".json") {
		kind = "application/json"
	}
	err := e.store.in(ctx, e.bucket, func(client *s3.Client) error {
		_, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &e.bucket, Key: aws.String(e.prefix + name), ExpectedBucketOwner: &e.owner,
			Body: bytes.NewReader(content), ContentType: &kind,
		})
		return err
	})
	return e.explained(failure(ctx, "PutObject", err))
}

// Get implements backfill.Store. S3 only says that an object does not exist to those who may list the bucket.
func (e *Evidence) Get(ctx context.Context, name string, limit int64) (content []byte, err error) {
	err = e.store.in(ctx, e.bucket, func(client *s3.Client) error {
		out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &e.bucket, Key: aws.String(e.prefix + name), ExpectedBucketOwner: &e.owner})
		if err != nil {
			return err
		}
		defer func() { _ = out.Body.Close() }() // only read from
		content, err = io.ReadAll(io.LimitReader(out.Body, limit+1))
		return err
	})
	switch {
	case codeOf(err) == "NoSuchKey":
		return nil, fmt.Errorf("s3://%s/%s%s: %w", e.bucket, e.prefix, name, fs.ErrNotExist)
	case err != nil:
		return nil, e.explained(failure(ctx, "GetObject", err))
	case int64(len(content)) > limit:
		return nil, fmt.Errorf("%s is larger than %d bytes", plain.Text(name, 200), limit)
	}
	return content, nil
}

// explained adds to a refusal what may be behind it.
func (e *Evidence) explained(err *guard.APIError) error {
	var credentials *credentialsError
	switch {
	case err == nil:
		return nil
	case err.Class == guard.ClassDenied && !errors.As(err, &credentials):
		return fmt.Errorf("allow s3:PutObject, s3:GetObject and s3:ListBucket to this identity, and give the bucket's account if it is not %s: %w", e.owner, err)
	}
	return err
}
