package awscloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// Object reads the object at s3://bucket/key. One of more than limit bytes is an error, as is an address of any
// other form. A bucket in another region than the default one is followed there.
func (c *Cloud) Object(ctx context.Context, uri string, limit int64) ([]byte, error) {
	path, ok := strings.CutPrefix(uri, "s3://")
	bucket, key, found := strings.Cut(path, "/")
	if !ok || !found || bucket == "" || key == "" {
		return nil, fmt.Errorf("%s is not the address of an object, which is s3://bucket/key", plain.Text(uri, 200))
	}
	what := plain.Text("object "+key+" in bucket "+bucket, 200)
	out, err := c.object(ctx, bucket, key)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, failure(ctx, "GetObject", err))
	}
	defer func() { _ = out.Body.Close() }() // only read from
	content, err := io.ReadAll(io.LimitReader(out.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, failure(ctx, "GetObject", err))
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", what, limit)
	}
	return content, nil
}

// object opens an object, in the region that S3 names if the default one is not the bucket's.
func (c *Cloud) object(ctx context.Context, bucket, key string) (*s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)}
	out, err := c.S3(c.config.Region).GetObject(ctx, in)
	if err == nil {
		return out, nil
	}
	if region := bucketRegion(err); region != "" && region != c.config.Region {
		return c.S3(region).GetObject(ctx, in)
	}
	return nil, err
}

// bucketRegion is the region that S3 points to in its answer, empty if it names none.
func bucketRegion(err error) string {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil {
		return ""
	}
	region := answer.Response.Header.Get("X-Amz-Bucket-Region")
	if !trail.ValidRegion(region) { // it becomes part of a host's name
		return ""
	}
	return region
}
