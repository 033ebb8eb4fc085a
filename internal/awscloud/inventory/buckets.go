package inventory

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxBuckets is the most that S3 lists on one page, and as many as an account has unless AWS was asked for more. Of those that are on
// no first page, it's asked singly where they are.
const maxBuckets = 10_000

// listBuckets lists the regions of the account's buckets, by their names. S3 only gives the regions where the request limits the list.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Bucket.html
func (r *reader) listBuckets(ctx context.Context) (map[string]string, error) {
	out, err := r.cloud.S3(r.cloud.Region()).ListBuckets(ctx, &s3.ListBucketsInput{MaxBuckets: aws.Int32(maxBuckets)})
	if err != nil {
		return nil, awscloud.Failure(ctx, "ListBuckets", err)
	}
	regions := map[string]string{}
	for _, b := range out.Buckets {
		if region := aws.ToString(b.BucketRegion); region != "" {
			regions[aws.ToString(b.Name)] = region
		}
	}
	return regions, nil
}

// bucket reads a bucket in the account that lists it as its own: that of the trail, or another one that is being read. Where none
// does, which may be because none may list its buckets, each is asked for it. Every call names the owner that is expected, so that a
// bucket of a stranger is never taken for one's own.
func (r *reader) bucket(ctx context.Context, one trail.Resource) posture.Resource {
	first := owner(r, one.Account)
	read, found := first.bucketOf(ctx, one)
	if found {
		return read
	}
	for _, other := range r.others(first, one.Name()) {
		if theirs, found := other.bucketOf(ctx, one); found {
			return theirs
		}
	}
	read.Region, read.Account = "", "" // nobody knows
	return read
}

// others are the readers of other accounts that a bucket may be in: the one that lists it, or else those that list nothing.
func (r *reader) others(first *reader, bucket string) []*reader {
	var open []*reader
	for _, other := range r.all {
		if other != first && other.account.Failure == "" {
			open = append(open, other)
		}
	}
	for _, other := range open {
		other.buckets.begin()
	}
	var silent []*reader
	for _, other := range open {
		list := other.buckets.answer()
		if list.value[bucket] != "" {
			return []*reader{other}
		}
		if list.err != nil || len(list.value) >= maxBuckets {
			silent = append(silent, other)
		}
	}
	return silent
}

// bucketOf reads a bucket as one of the reader's account, in the region in which that lists it. If it doesn't, the bucket is read where
// most are, in the home region of the trail, while S3 is asked where it really is. found is false if it is not that account's, as far as
// anybody can tell.
func (r *reader) bucketOf(ctx context.Context, one trail.Resource) (read posture.Resource, found bool) {
	one.Account = r.account.ID
	if region := r.buckets.answer().value[one.Name()]; region != "" {
		one.Region = region
		read = r.observe(ctx, one)
		return read, ownerOf(read) == r.account.ID
	}
	var region string
	var failed error
	var wg sync.WaitGroup
	wg.Go(func() { region, failed = r.cloud.BucketRegion(ctx, one.Region, one) })
	read = r.observe(ctx, one)
	wg.Wait()
	if failed == nil && region != one.Region {
		one.Region = region
		read = r.observe(ctx, one)
	}
	return read, ownerOf(read) == r.account.ID
}

// ownerOf is whose a bucket is; empty if that is not known.
func ownerOf(r posture.Resource) string {
	identity, _ := r.Setting(trail.Identity).Get()
	return identity.Text("Owner")
}
