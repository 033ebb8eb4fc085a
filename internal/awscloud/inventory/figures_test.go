package inventory

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/posture"
)

// far is a client whose every call takes a while, as over a long way.
type far struct {
	http.RoundTripper
	delay time.Duration
	calls atomic.Int64
}

func (f *far) RoundTrip(r *http.Request) (*http.Response, error) {
	f.calls.Add(1)
	timer := time.NewTimer(f.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return f.RoundTripper.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// thirty are regions that AWS has, the home region first. The others are not enabled.
func thirty() []string {
	all := partitionOf(home).regions
	rest := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return name == home })
	return append([]string{home}, rest[len(rest)-29:]...)
}

// BenchmarkAudit reads and judges an account with 30 regions, 20 trails and 200 roles, each call of which takes a second, so that the machine itself hardly counts.
func BenchmarkAudit(b *testing.B) {
	l := populated(b)
	line := &far{RoundTripper: l.Client().Transport, delay: time.Second}
	cloud := awscloud.Isolated(home, "key", "secret", &http.Client{Transport: line})
	b.ResetTimer()
	for b.Loop() {
		before := line.calls.Load()
		began := time.Now()
		inv, err := Read(b.Context(), cloud, time.Now(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		reading := time.Since(began)
		r := posture.Audit(inv, posture.Options{})
		b.ReportMetric(float64(line.calls.Load()-before), "calls")
		b.ReportMetric(reading.Seconds()/line.delay.Seconds(), "round-trips")
		b.ReportMetric(float64(time.Since(began)-reading)/1e6, "judging-ms")
		if len(inv.Accounts[0].Trails) != 20 {
			b.Fatalf("%d trails, %d findings, %v", len(inv.Accounts[0].Trails), len(r.Findings), r.Unread)
		}
	}
}

// populated is an account with 30 regions, 20 trails, four of which are in all regions, and 200 roles. Log files, which AWS writes minutes
// later and elsewhere, are not written while it is being read.
func populated(b testing.TB) *lab.Lab {
	regions := thirty()
	l := lab.New(lab.Options{Regions: regions, DeliveryDelay: 24 * time.Hour})
	b.Cleanup(l.Close)
	cloud := awscloud.Isolated(home, "key", "secret", l.Client())
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	_, err := cloud.S3(home).CreateBucket(b.Context(), bucketInput())
	must(err)
	_, err = cloud.S3(home).PutBucketPolicy(b.Context(), policyInput())
	must(err)
	for n := range 20 {
		client := cloud.CloudTrail(regions[n])
		name := fmt.Sprintf("trail-%d", n)
		_, err := client.CreateTrail(b.Context(), &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: aws.String(bucket), IsMultiRegionTrail: aws.Bool(n < 4)})
		must(err)
		_, err = client.StartLogging(b.Context(), &cloudtrail.StartLoggingInput{Name: &name})
		must(err)
	}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	for n := range 200 {
		_, err := iam.NewFromConfig(cloud.Config()).CreateRole(b.Context(), &iam.CreateRoleInput{RoleName: aws.String(fmt.Sprintf("role-%d", n)), AssumeRolePolicyDocument: &trust})
		must(err)
	}
	return l
}

func bucketInput() *s3.CreateBucketInput { return &s3.CreateBucketInput{Bucket: aws.String(bucket)} }

func policyInput() *s3.PutBucketPolicyInput {
	policy := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::` + bucket + `"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::` + bucket + `/*"}]}`
	return &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: &policy}
}
