package contract

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/smithy-go"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
)

// target is something that answers as AWS would.
type target struct {
	cloud     *awscloud.Cloud
	account   string
	home      string // region of the trails
	elsewhere string // another enabled region
	patience  time.Duration

	bucket   string // with the policy that CloudTrail asks for
	unfit    string // a bucket without it
	diverges map[string]string
}

// clause is one thing that CloudTrail's documentation promises.
type clause struct {
	id   string
	hold func(context.Context, *scene) error
}

// scene is a target with what one clause made there.
type scene struct {
	*target
	name string // of the clause's trail
	made []string
}

func (s *scene) ct() *cloudtrail.Client    { return s.cloud.CloudTrail(s.home) }
func (s *scene) there() *cloudtrail.Client { return s.cloud.CloudTrail(s.elsewhere) }

func (s *scene) arn() string {
	return "arn:aws:cloudtrail:" + s.home + ":" + s.account + ":trail/" + s.name
}

// create makes the scene's trail, changed by the given functions.
func (s *scene) create(ctx context.Context, change ...func(*cloudtrail.CreateTrailInput)) error {
	in := &cloudtrail.CreateTrailInput{Name: &s.name, S3BucketName: &s.bucket, IncludeGlobalServiceEvents: aws.Bool(true)}
	for _, f := range change {
		f(in)
	}
	s.made = append(s.made, *in.Name)
	_, err := s.ct().CreateTrail(ctx, in)
	return err
}

func multiRegion(in *cloudtrail.CreateTrailInput) { in.IsMultiRegionTrail = aws.Bool(true) }

// get reads the scene's trail by name in its home region.
func (s *scene) get(ctx context.Context) (types.Trail, error) {
	out, err := s.ct().GetTrail(ctx, &cloudtrail.GetTrailInput{Name: &s.name})
	if err != nil {
		return types.Trail{}, err
	}
	return *out.Trail, nil
}

func (s *scene) logging(ctx context.Context) (bool, error) {
	out, err := s.ct().GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &s.name})
	if err != nil {
		return false, err
	}
	return aws.ToBool(out.IsLogging), nil
}

func (s *scene) selectors(ctx context.Context) (*cloudtrail.GetEventSelectorsOutput, error) {
	return s.ct().GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: &s.name})
}

func (s *scene) tags(ctx context.Context) (map[string]string, error) {
	out, err := s.ct().ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{s.arn()}})
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, resource := range out.ResourceTagList {
		for _, tag := range resource.TagsList {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
	}
	return tags, nil
}

// soon repeats a look while configuration may still be on its way to where it is read.
func (s *scene) soon(ctx context.Context, look func() error) error {
	deadline := time.Now().Add(s.patience)
	for {
		err := look()
		if err == nil || !time.Now().Before(deadline) {
			return err
		}
		select {
		case <-time.After(2 * time.Second): // only a real account has patience above zero
		case <-ctx.Done():
			return err
		}
	}
}

// clear deletes what the clause made. A trail that is gone already is as well.
func (s *scene) clear(ctx context.Context) {
	for _, name := range s.made {
		_, _ = s.ct().DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &name})
	}
}

// refused is nil if err is the given error of AWS.
func refused(err error, code string) error {
	var api smithy.APIError
	switch {
	case err == nil:
		return fmt.Errorf("the call succeeded, it should fail with %s", code)
	case errors.As(err, &api) && api.ErrorCode() == code:
		return nil
	}
	return fmt.Errorf("the call should fail with %s, not with: %w", code, err)
}

func expect(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// hold runs every clause on a target, each with a trail name of its own. Where the target is known to diverge, the
// clause must fail: a divergence that has gone must go from the list too.
func hold(t *testing.T, target *target) {
	target.prepare(t)
	known := map[string]bool{}
	for _, c := range clauses() {
		if known[c.id] {
			t.Fatalf("two clauses are called %s", c.id)
		}
		known[c.id] = true
		t.Run(c.id, func(t *testing.T) {
			s := &scene{target: target, name: "trailhold-" + strings.ToLower(rand.Text()[:10])}
			t.Cleanup(func() { s.clear(context.Background()) })
			err := c.hold(t.Context(), s)
			why, diverges := target.diverges[c.id]
			switch {
			case diverges && err == nil:
				t.Errorf("no longer diverges, take it from the list (%s)", why)
			case diverges:
				t.Skipf("known divergence: %s: %v", why, err)
			case err != nil:
				t.Error(err)
			}
		})
	}
	for id := range target.diverges {
		if !known[id] {
			t.Errorf("the divergence %s belongs to no clause", id)
		}
	}
}

// prepare makes the target's buckets.
func (x *target) prepare(t *testing.T) {
	ctx := t.Context()
	account, err := x.cloud.Account(ctx)
	if err != nil {
		t.Fatal(err)
	}
	x.account = account
	suffix := strings.ToLower(rand.Text()[:10])
	x.bucket, x.unfit = "trailhold-contract-"+suffix, "trailhold-unfit-"+suffix
	hand := intruder.New(x.cloud)
	for _, bucket := range []string{x.bucket, x.unfit} {
		if err := hand.CreateBucket(ctx, x.home, bucket); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { x.removeBucket(bucket) })
	}
	if err := hand.PutBucketPolicy(ctx, x.home, x.bucket, intruder.AllowTrails(x.bucket, account)); err != nil {
		t.Fatal(err)
	}
}
