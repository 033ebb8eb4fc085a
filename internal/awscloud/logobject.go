package awscloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/digest"
)

// Get implements digest.Store. A body that breaks off is taken up again where it ended, so that what the network did is
// never taken for what an intruder did.
func (s *LogStore) Get(ctx context.Context, bucket, key string) (digest.Content, error) {
	out, err := s.get(ctx, bucket, key, 0, "")
	if err != nil {
		return digest.Content{}, fetchError(ctx, "s3://"+bucket+"/"+key, "GetObject", err)
	}
	size := int64(-1)
	if out.ContentLength != nil {
		size = *out.ContentLength
	}
	body := &resuming{
		ctx: ctx, store: s, bucket: bucket, key: key, etag: aws.ToString(out.ETag), size: size, body: out.Body,
	}
	return digest.Content{Body: body, Size: size, Metadata: out.Metadata, LastModified: aws.ToTime(out.LastModified).UTC()}, nil
}

// get asks for an object from an offset on; etag makes sure that it is still the same one.
func (s *LogStore) get(ctx context.Context, bucket, key string, offset int64, etag string) (out *s3.GetObjectOutput, err error) {
	in := &s3.GetObjectInput{Bucket: &bucket, Key: &key}
	if offset > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", offset))
	}
	if etag != "" {
		in.IfMatch = &etag
	}
	err = s.in(ctx, bucket, func(client *s3.Client) (err error) {
		out, err = client.GetObject(ctx, in)
		return err
	})
	return out, err
}

// resuming reads a body to its announced end, over as many answers as it takes.
type resuming struct {
	ctx               context.Context
	store             *LogStore
	bucket, key, etag string
	size              int64 // announced; -1 if it was not
	read              int64
	failures          int // since the last byte
	body              io.ReadCloser
}

const (
	resumeAttempts = 4                      // without a byte in between
	resumePause    = 200 * time.Millisecond // before the first; it doubles
)

// Read implements io.Reader.
func (r *resuming) Read(p []byte) (int, error) {
	for {
		n, err := r.body.Read(p)
		r.read += int64(n)
		if n > 0 {
			r.failures = 0
			if errors.Is(err, io.EOF) && r.whole() {
				return n, io.EOF
			}
			return n, nil // the next Read meets the error again
		}
		switch {
		case err == nil:
			return 0, nil
		case r.size >= 0 && r.whole(), errors.Is(err, io.EOF) && r.whole():
			return 0, io.EOF
		}
		if err := r.resume(err); err != nil {
			return 0, err
		}
	}
}

// whole says whether everything that was announced has come.
func (r *resuming) whole() bool { return r.size < 0 || r.read >= r.size }

// resume opens the rest of the object after a body broke off. The error is final.
func (r *resuming) resume(cause error) error {
	if errors.Is(cause, io.EOF) {
		cause = io.ErrUnexpectedEOF
	}
	if r.failures++; r.failures > resumeAttempts || r.ctx.Err() != nil {
		return r.failed(cause)
	}
	if !wait(r.ctx, resumePause<<(r.failures-1)) {
		return r.failed(cause)
	}
	out, err := r.store.get(r.ctx, r.bucket, r.key, r.read, r.etag)
	if err != nil {
		return fetchError(r.ctx, r.object(), "GetObject", err)
	}
	if r.read > 0 && !strings.HasPrefix(aws.ToString(out.ContentRange), fmt.Sprintf("bytes %d-", r.read)) {
		_ = out.Body.Close() // not what was asked for
		return r.failed(errors.New("the rest of the object was asked for, and something else came"))
	}
	_ = r.body.Close() // it is broken
	r.body = out.Body
	return nil
}

func (r *resuming) object() string { return "s3://" + r.bucket + "/" + r.key }

// failed is the error of a body that could not be read to its end.
func (r *resuming) failed(cause error) error {
	err := fetchError(r.ctx, r.object(), "GetObject", cause)
	err.Kind = digest.Throttled
	return err
}

// Close implements io.Closer.
func (r *resuming) Close() error { return r.body.Close() }

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
