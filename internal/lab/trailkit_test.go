package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"github.com/trailhold/trailhold/internal/lab"
)

const (
	home    = "us-east-1"
	abroad  = "eu-west-1"
	mainARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
)

// kit is a lab with clients for it.
type kit struct {
	t *testing.T
	*lab.Lab
	ctx context.Context
}

func newKit(t *testing.T, o lab.Options) *kit {
	t.Helper()
	l := lab.New(o)
	t.Cleanup(l.Close)
	return &kit{t, l, t.Context()}
}

// config is an SDK configuration that reaches the lab, without retries.
func (k *kit) config(region, accessKey string) aws.Config {
	return aws.Config{
		Region:           region,
		Credentials:      credentials.NewStaticCredentialsProvider(accessKey, "secret", ""),
		HTTPClient:       k.Client(),
		BaseEndpoint:     aws.String("http://lab.test"),
		RetryMaxAttempts: 1,
	}
}

func (k *kit) trail(region string) *cloudtrail.Client { return k.trailAs(region, "ALICE") }

func (k *kit) trailAs(region, accessKey string) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(k.config(region, accessKey))
}

func (k *kit) s3() *s3.Client {
	return s3.NewFromConfig(k.config(home, "ALICE"), func(o *s3.Options) { o.UsePathStyle = true })
}

// bucket makes a bucket that lets CloudTrail in.
func (k *kit) bucket(name string) {
	k.t.Helper()
	_, err := k.s3().CreateBucket(k.ctx, &s3.CreateBucketInput{Bucket: &name})
	k.must(err)
	k.admit(name)
}

// admit gives the bucket the policy that AWS documents for trails.
func (k *kit) admit(name string) {
	k.t.Helper()
	k.policy(name, strings.ReplaceAll(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::BUCKET"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::BUCKET/*",
		 "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}]}`, "BUCKET", name))
}

func (k *kit) policy(bucket, text string) {
	k.t.Helper()
	_, err := k.s3().PutBucketPolicy(k.ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &text})
	k.must(err)
}

func (k *kit) topic(name string) string {
	k.t.Helper()
	out, err := sns.NewFromConfig(k.config(home, "ALICE")).CreateTopic(k.ctx, &sns.CreateTopicInput{Name: &name})
	k.must(err)
	return *out.TopicArn
}

// main makes the multi-region trail "main" on the bucket "logs", logging.
func (k *kit) main() {
	k.t.Helper()
	k.bucket("logs")
	k.create("main", true)
	k.start("main")
}

func (k *kit) create(name string, multiRegion bool) {
	k.t.Helper()
	_, err := k.trail(home).CreateTrail(k.ctx, &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: aws.String("logs"), IsMultiRegionTrail: &multiRegion,
	})
	k.must(err)
}

func (k *kit) start(name string) {
	k.t.Helper()
	_, err := k.trail(home).StartLogging(k.ctx, &cloudtrail.StartLoggingInput{Name: &name})
	k.must(err)
}

func (k *kit) stop(name string) {
	k.t.Helper()
	_, err := k.trail(home).StopLogging(k.ctx, &cloudtrail.StopLoggingInput{Name: &name})
	k.must(err)
}

func (k *kit) status(region, name string) *cloudtrail.GetTrailStatusOutput {
	k.t.Helper()
	out, err := k.trail(region).GetTrailStatus(k.ctx, &cloudtrail.GetTrailStatusInput{Name: &name})
	k.must(err)
	return out
}

func (k *kit) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// wantTrailError fails unless err is the API error of that code, decoded into the SDK's type for it where it has one.
func wantTrailError(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

// modelled says whether the SDK knew the error as one that the operation documents.
func modelled(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && strings.HasSuffix(reflect.TypeOf(api).Elem().PkgPath(), "/types")
}

func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

// toText is a value as JSON.
func toText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
