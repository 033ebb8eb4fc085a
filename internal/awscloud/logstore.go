package awscloud

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/trail"
)

// LogStore reads buckets as CloudTrail fills them: many objects at once, each exactly as it is stored. It follows a
// bucket to its region and writes nothing. It implements digest.Store. It is safe for concurrent use.
type LogStore struct {
	cloud  *Cloud
	client aws.HTTPClient

	mu      sync.Mutex // guards what follows
	clients map[string]*s3.Client
	regions map[string]string // of buckets, where it is not the default one
}

// LogStore makes a store that has connections for so many requests at once.
func (c *Cloud) LogStore(inFlight int) *LogStore {
	return &LogStore{
		cloud: c, client: keepMany(c.transfer, inFlight),
		clients: map[string]*s3.Client{}, regions: map[string]string{},
	}
}

// keepMany lets a client keep so many connections to one host: with the usual ten, most requests would begin with
// a handshake. Objects carry Content-Encoding: gzip, and must arrive as they are stored, because trailing bytes and a
// second member within them are evidence that a transport which inflates them would remove.
func keepMany(client aws.HTTPClient, inFlight int) aws.HTTPClient {
	own, ok := client.(*awshttp.BuildableClient)
	if !ok {
		return client
	}
	return own.WithTransportOptions(func(t *http.Transport) {
		t.DisableCompression = true
		t.MaxIdleConns, t.MaxIdleConnsPerHost = inFlight+16, inFlight+16
		t.MaxConnsPerHost = 0
		t.ReadBufferSize = 32 << 10
	})
}

// Patience of one request. S3 answers SlowDown until it has split a busy prefix, which may take a while.
const (
	logAttempts = 6
	logBackoff  = 5 * time.Second
)

// s3 returns the client of a region.
func (s *LogStore) s3(region string) *s3.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.clients[region]; have != nil {
		return have
	}
	made := s3.NewFromConfig(s.cloud.config, func(o *s3.Options) {
		o.Region, o.HTTPClient = region, s.client
		o.UsePathStyle = o.BaseEndpoint != nil
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired // SHA-256 is what counts, and it is checked anyway
		o.DisableLogOutputChecksumValidationSkipped = true
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts, r.MaxBackoff = logAttempts, logBackoff
			r.RateLimiter = ratelimit.None // the attempts are bounded; thousands of objects must not share one small budget
		})
	})
	s.clients[region] = made
	return made
}

// in calls f with the client of a bucket's region. Where S3 says that the bucket is elsewhere, it is asked there, once.
func (s *LogStore) in(ctx context.Context, bucket string, f func(*s3.Client) error) error {
	region := s.regionOf(bucket)
	err := f(s.s3(region))
	if err == nil || !elsewhere(err) {
		return err
	}
	other := bucketRegion(err)
	if other == "" {
		other = s.locate(ctx, bucket)
	}
	if other == "" || other == region {
		return err
	}
	s.mu.Lock()
	s.regions[bucket] = other
	s.mu.Unlock()
	return f(s.s3(other))
}

func (s *LogStore) regionOf(bucket string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if region := s.regions[bucket]; region != "" {
		return region
	}
	return s.cloud.config.Region
}

// elsewhere says whether an answer means that the bucket is in another region.
func elsewhere(err error) bool {
	switch status := statusOf(err); status {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect:
		return true
	case http.StatusBadRequest, http.StatusForbidden:
		return codeOf(err) == "AuthorizationHeaderMalformed" || codeOf(err) == "IllegalLocationConstraintException"
	}
	return false
}

// locate asks for a bucket's location, for answers that do not name the region. Empty means that it could not be read.
func (s *LogStore) locate(ctx context.Context, bucket string) string {
	out, err := s.s3("us-east-1").GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &bucket}) // answers for all regions
	if err != nil {
		return bucketRegion(err)
	}
	return regionNamed(string(out.LocationConstraint))
}

// regionNamed is the region that GetBucketLocation means: buckets of eu-west-1 may say EU, those of us-east-1 nothing.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
func regionNamed(location string) string {
	switch {
	case location == "":
		return "us-east-1"
	case location == "EU":
		return "eu-west-1"
	case trail.ValidRegion(location):
		return location
	}
	return ""
}

// List implements digest.Store.
func (s *LogStore) List(ctx context.Context, bucket, prefix, after string, each func(digest.Object) error) error {
	in := &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix}
	if after != "" {
		in.StartAfter = &after
	}
	return s.pages(ctx, in, func(page *s3.ListObjectsV2Output) error {
		for _, o := range page.Contents {
			found := digest.Object{Key: aws.ToString(o.Key), Size: -1, LastModified: aws.ToTime(o.LastModified).UTC()}
			if o.Size != nil {
				found.Size = *o.Size
			}
			if err := each(found); err != nil {
				return err
			}
		}
		return nil
	})
}

// Folders implements digest.Store.
func (s *LogStore) Folders(ctx context.Context, bucket, prefix string, each func(folder string) error) error {
	in := &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, Delimiter: aws.String("/")}
	return s.pages(ctx, in, func(page *s3.ListObjectsV2Output) error {
		for _, p := range page.CommonPrefixes {
			if err := each(aws.ToString(p.Prefix)); err != nil {
				return err
			}
		}
		return nil
	})
}

// pages hands over each page of a listing. An error of each ends it and is returned unchanged.
func (s *LogStore) pages(ctx context.Context, in *s3.ListObjectsV2Input, each func(*s3.ListObjectsV2Output) error) error {
	where := "s3://" + *in.Bucket + "/" + *in.Prefix
	for {
		var page *s3.ListObjectsV2Output
		err := s.in(ctx, *in.Bucket, func(client *s3.Client) (err error) {
			page, err = client.ListObjectsV2(ctx, in)
			return err
		})
		if err != nil {
			return fetchError(ctx, where, "ListObjectsV2", err)
		}
		if err := each(page); err != nil {
			return err
		}
		if !aws.ToBool(page.IsTruncated) {
			return nil
		}
		next := aws.ToString(page.NextContinuationToken)
		if next == "" || next == aws.ToString(in.ContinuationToken) {
			return fetchError(ctx, where, "ListObjectsV2", errors.New("the listing goes on, but does not say how"))
		}
		in.ContinuationToken = &next
	}
}
