package guard_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const latency = 50 * time.Millisecond

// distant is a way to the lab that takes as long as one to a region far away.
type distant struct{ to http.RoundTripper }

func (d distant) RoundTrip(r *http.Request) (*http.Response, error) {
	pause(latency)
	return d.to.RoundTrip(r)
}

// fleet is an account with trails in many regions, each with a bucket, a key, a topic, a log group and a role.
type fleet struct {
	t        testing.TB
	lab      *lab.Lab
	key      string // access key of its owner
	account  string
	regions  []string
	baseline trail.Baseline
}

func (f *fleet) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) cloud(transport http.RoundTripper) *awscloud.Cloud {
	c, err := awscloud.New(f.t.Context(), awscloud.Options{Region: f.regions[0], AccessKeyID: f.key, SecretAccessKey: "secret",
		HTTPClient: &http.Client{Transport: transport}})
	f.must(err)
	return c
}

func (f *fleet) config(region string) aws.Config {
	return aws.Config{Region: region, HTTPClient: f.lab.Client(), Credentials: credentials.NewStaticCredentialsProvider(f.key, "secret", "")}
}

// build makes so many trails in each of the first regions, the very first one for all regions, and captures them.
func (f *fleet) build(inhabited, trails int) {
	ctx := f.t.Context()
	role := "arn:aws:iam::" + f.account + ":role/logs"
	roles := iam.NewFromConfig(f.config(f.regions[0]))
	_, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("logs"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	f.must(err)
	_, err = roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("logs"), PolicyName: aws.String("write"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`)})
	f.must(err)
	owner := intruder.New(f.cloud(f.lab.Client().Transport))
	for _, region := range f.regions[:inhabited] {
		for n := range trails {
			f.trail(owner, region, fmt.Sprintf("%s-trail-%d", region, n), role)
		}
	}
	f.baseline, _, err = f.cloud(f.lab.Client().Transport).Capture(ctx, awscloud.CaptureOptions{Regions: f.regions})
	f.must(err)
	if got := len(f.baseline.Trails); got != trails*inhabited {
		f.t.Fatalf("captured %d trails", got)
	}
}

func (f *fleet) trail(owner *intruder.Intruder, region, name, role string) {
	ctx := f.t.Context()
	bucket := "logs-" + f.account + "-" + name
	f.must(owner.CreateBucket(ctx, region, bucket))
	f.must(owner.PutBucketPolicy(ctx, region, bucket, intruder.AllowTrails(bucket, f.account)))
	key, err := kms.NewFromConfig(f.config(region)).CreateKey(ctx, &kms.CreateKeyInput{Policy: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + f.account + `:root"},"Action":"kms:*","Resource":"*"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*"}]}`)})
	f.must(err)
	topics := sns.NewFromConfig(f.config(region))
	topic, err := topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: &name})
	f.must(err)
	_, err = topics.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: topic.TopicArn, AttributeName: aws.String("Policy"), AttributeValue: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sns:Publish","Resource":"` + *topic.TopicArn + `"}]}`)})
	f.must(err)
	_, err = cloudwatchlogs.NewFromConfig(f.config(region)).CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
	f.must(err)
	first := region == f.regions[0] && strings.HasSuffix(name, "-0")
	arn, err := owner.CreateTrail(ctx, region, trail.Create{Config: trail.Config{
		Name: name, S3BucketName: bucket, KMSKeyID: *key.KeyMetadata.Arn, SnsTopicARN: *topic.TopicArn,
		CloudWatchLogsLogGroupARN: "arn:aws:logs:" + region + ":" + f.account + ":log-group:" + name + ":*", CloudWatchLogsRoleARN: role,
		IsMultiRegionTrail: first, IncludeGlobalServiceEvents: first,
	}})
	f.must(err)
	f.must(owner.StartLogging(ctx, region, arn))
}

// guard makes a guard of the fleet that reaches AWS in this way.
func (f *fleet) guard(transport http.RoundTripper) (*guard.Guard, *collector) {
	cloud, told := f.cloud(transport), &collector{}
	return guard.New(f.baseline, guard.Ports{Observer: cloud, Actuator: cloud, Journal: journal.NewMemory(1000), Teller: told, Historian: cloud}, guard.Options{}), told
}

func manyRegions(n int) []string {
	regions := []string{"us-east-1"}
	for i := 1; i < n; i++ {
		regions = append(regions, fmt.Sprintf("eu-west-%d", i))
	}
	return regions
}

func newFleet(t testing.TB, regions, inhabited, trails int) *fleet {
	f := &fleet{t: t, key: "AKIAOWNER00000000001", account: lab.DefaultAccount, regions: manyRegions(regions)}
	f.lab = lab.New(lab.Options{Regions: f.regions, Keys: &digestKeys, DeliveryDelay: 24 * time.Hour})
	t.Cleanup(f.lab.Close)
	f.build(inhabited, trails)
	return f
}

// TestASweepTakesThreeRoundTrips sweeps trails with all that they rest on, one of them in 30 regions. The clock is virtual,
// so that only round trips take time: nothing may wait for more than two others. BenchmarkSweep has more trails.
func TestASweepTakesThreeRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 30, 3, 2)
		g, told := f.guard(distant{f.lab.Client().Transport})
		began := time.Now()
		found, err := g.Sweep(t.Context())
		took := time.Since(began)
		f.must(err)
		if len(found) > 0 || len(told.all()) > 0 {
			t.Fatalf("found %d incidents, the first: %+v", len(found), found[0])
		}
		if trips := took / latency; trips > 3 {
			t.Errorf("a sweep takes %s: %d round trips", took, trips)
		}
	})
}

// BenchmarkSweep is the same on the real clock, so that it shows what the work costs, beside waiting.
func BenchmarkSweep(b *testing.B) {
	f := newFleet(b, 30, 30, 4)
	g, _ := f.guard(distant{f.lab.Client().Transport})
	b.ReportAllocs()
	for b.Loop() {
		if found, err := g.Sweep(b.Context()); err != nil || len(found) > 0 {
			b.Fatalf("%d incidents, %v, the first: %+v", len(found), err, found[:min(1, len(found))])
		}
	}
}

// still is an Observer of trails that are as their baseline says.
type still struct{}

func (still) Observe(_ context.Context, want trail.Guarded) trail.State {
	s := trail.State{
		ARN: want.ARN, Config: trail.Known(want.Config), Status: trail.Known(trail.Status{IsLogging: want.Logging}),
		Others: trail.Known[[]trail.Config](nil), Dependents: map[string]trail.ResourceState{},
	}
	for _, r := range want.Dependents {
		s.Dependents[r.ARN] = trail.ResourceState{trail.Identity: trail.Known(trail.EmptyDocument)}
	}
	return s
}

func (still) Essentials(ctx context.Context, want trail.Guarded) trail.State {
	return still{}.Observe(ctx, want)
}

func (still) Status(context.Context, string, string) trail.Facet[trail.Status] {
	return trail.Known(trail.Status{IsLogging: true})
}

// BenchmarkAccounts sweeps a thousand accounts one after the other and reports the memory in use after the first ten and
// after the last: what a guard learns of one account must not stay.
func BenchmarkAccounts(b *testing.B) {
	var early, late runtime.MemStats
	for b.Loop() {
		for n := range 1000 {
			account := fmt.Sprintf("%012d", n)
			want := trail.Guarded{Logging: true, Dependents: []trail.Resource{{Type: trail.Bucket, ARN: "arn:aws:s3:::logs-" + account, Account: account}}}
			want.Name, want.HomeRegion, want.ARN = "audit", home, "arn:aws:cloudtrail:us-east-1:"+account+":trail/audit"
			g := guard.New(trail.Baseline{Account: account, Trails: []trail.Guarded{want}}, guard.Ports{
				Observer: still{}, Actuator: guard.DryRun{}, Journal: journal.NewMemory(1000), Teller: &collector{},
			}, guard.Options{})
			if found, err := g.Sweep(b.Context()); err != nil || len(found) > 0 {
				b.Fatalf("%d incidents, %v, the first: %.1500s", len(found), err, fmt.Sprintf("%+v", found[:min(1, len(found))]))
			}
			if n == 9 {
				runtime.GC()
				runtime.ReadMemStats(&early)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&late)
	}
	b.ReportMetric(float64(early.HeapInuse)/1e6, "MB-after-10")
	b.ReportMetric(float64(late.HeapInuse)/1e6, "MB-after-1000")
}
