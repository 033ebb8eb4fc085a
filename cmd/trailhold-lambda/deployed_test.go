package main

import (
	"archive/zip"
	"bytes"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/deployer"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	guardRegion = "us-east-1"
	trailRegion = "eu-west-1" // from where events have to be forwarded
)

// alertsFile has one channel, which writes to the function's log.
const alertsFile = "apiVersion: trailhold/v1\nkind: Alerts\nchannels:\n  - {name: log, type: ocsf, file: \"-\"}\n"

// patience is how long a test waits for what has to come. On AWS this would be seconds.
const patience = 60 * time.Second

// deployed is an account in which the guard was deployed with CloudFormation, with nothing but what the deployment made between
// an intruder and whoever is alerted.
type deployed struct {
	lab        *lab.Lab
	cloud      *awscloud.Cloud
	intruder   *intruder.Intruder
	lambdas    *lambdas
	subscriber *subscriber
	outputs    map[string]string
	want       trail.Guarded
}

// deploy makes a guard in an account with a trail.
func deploy(t *testing.T, eventDelay time.Duration) *deployed {
	t.Helper()
	d := newDeployed(t, lab.Options{EventDelay: eventDelay})
	d.deploy(t, nil)
	return d
}

// newDeployed is a lab with a trail, in which nothing is deployed yet, and whoever is to be alerted.
func newDeployed(t *testing.T, options lab.Options) *deployed {
	t.Helper()
	d := &deployed{lambdas: &lambdas{t: t, idle: make(chan *instance, maxInstances), said: make(said, 1000), over: make(chan struct{})}, subscriber: newSubscriber(t), outputs: map[string]string{}}
	options.Regions, options.DeliveryDelay, options.RunFunction = []string{guardRegion, trailRegion}, time.Hour, d.lambdas.run
	d.lab = lab.New(options)
	server := httptest.NewServer(d.lab)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); d.lab.Close() })
	d.lambdas.endpoint = server.URL
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	d.cloud = cloudOf(t, "AKIAINTRUDER00000001")
	d.intruder = intruder.New(d.cloud)
	return d
}

// cloudOf is the cloud of the account that an access key belongs to.
func cloudOf(t *testing.T, key string) *awscloud.Cloud {
	t.Helper()
	cloud, err := awscloud.New(t.Context(), awscloud.Options{Region: guardRegion, AccessKeyID: key, SecretAccessKey: "s"})
	must(t, err)
	return cloud
}

// makeTrail makes a trail and its bucket in an account, and returns its baseline.
func makeTrail(t *testing.T, cloud *awscloud.Cloud, account, bucket string) (trail.Baseline, []byte) {
	t.Helper()
	who := intruder.New(cloud)
	must(t, who.CreateBucket(t.Context(), trailRegion, bucket))
	must(t, who.PutBucketPolicy(t.Context(), trailRegion, bucket, intruder.AllowTrails(bucket, account)))
	arn, err := who.CreateTrail(t.Context(), trailRegion, trail.Create{Config: trail.Config{
		Name: "audit", S3BucketName: bucket, IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true, LogFileValidationEnabled: true,
	}})
	must(t, err)
	must(t, who.StartLogging(t.Context(), trailRegion, arn))
	baseline, _, err := cloud.Capture(t.Context(), awscloud.CaptureOptions{Regions: []string{guardRegion, trailRegion}})
	must(t, err)
	file, err := baselinefile.Write(baseline)
	must(t, err)
	baseline, err = baselinefile.Parse("baseline.yaml", file)
	must(t, err)
	return baseline, file
}

// deploy has CloudFormation make the guard of a trail that is made first, and subscribes somebody to its alerts. The organization is
// none, or that of the account with the members whose trails are guarded.
func (d *deployed) deploy(t *testing.T, organization *deployer.Organization) {
	t.Helper()
	baseline, file := makeTrail(t, d.cloud, lab.DefaultAccount, "audit-logs")
	d.want = baseline.Trails[0]
	d.apply(t, deployer.Options{Baseline: baseline, Content: file, Organization: organization})
	topic := sns.NewFromConfig(d.cloud.Config())
	_, err := topic.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: aws.String(d.outputs["TopicArn"]), Protocol: aws.String("http"), Endpoint: &d.subscriber.URL})
	must(t, err)
	select {
	case <-d.subscriber.confirmed:
	case <-time.After(patience):
		t.Fatal("the subscription was not confirmed")
	}
}

// apply deploys the guard, with what options say beside what is the same in all tests.
func (d *deployed) apply(t *testing.T, o deployer.Options) {
	t.Helper()
	var err error
	o.Name, o.Home, o.Alerts = "trailhold", guardRegion, []byte(alertsFile)
	o.Code, err = deployer.ReadPackage(packed(t))
	must(t, err)
	deployment, err := deployer.Design(o)
	must(t, err)
	work := deployer.New(d.cloud, nil)
	plan, err := work.Plan(t.Context(), deployment)
	must(t, err)
	outputs, err := work.Apply(t.Context(), plan)
	must(t, err)
	for _, out := range outputs {
		if out.Region == guardRegion {
			d.outputs[out.Key] = out.Value
		}
	}
}

// packed is the function's package, for this machine.
func packed(t *testing.T) []byte {
	t.Helper()
	binary, err := buildOnce()
	must(t, err)
	program, err := os.ReadFile(binary)
	must(t, err)
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	f, err := archive.Create("bootstrap")
	must(t, err)
	_, err = f.Write(program)
	must(t, err)
	must(t, archive.Close())
	return out.Bytes()
}

// assertRestored reads the trail back.
func (d *deployed) assertRestored(t *testing.T) {
	t.Helper()
	if diff := trail.Diff(d.want, d.cloud.Observe(t.Context(), d.want)); len(diff.Drifts)+len(diff.Unknown) > 0 {
		t.Errorf("not restored: %+v", diff)
	}
}

// incidents are those in the journal's table.
func (d *deployed) incidents(t *testing.T) []incident.Incident {
	t.Helper()
	table := journal.NewTable(d.cloud.Table(d.outputs["TableName"], guardRegion), time.Hour)
	found, err := table.Recent(t.Context(), "", time.Now().Add(-time.Hour))
	must(t, err)
	return found
}

// assertNothingLost looks into the dead-letter queues.
func (d *deployed) assertNothingLost(t *testing.T) {
	t.Helper()
	for _, address := range []string{d.outputs["UndeliveredQueueUrl"], d.outputs["FailedQueueUrl"]} {
		out, err := sqs.NewFromConfig(d.cloud.Config()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &address})
		must(t, err)
		for _, m := range out.Messages {
			t.Errorf("in %s: %.2000s", address, *m.Body)
		}
	}
}

// TestDeployed stops a trail in an account where CloudFormation has made the guard: the record goes by the rule of the trail's
// region and the guard's event bus to the function, which restores the trail, and by the topic to a subscriber.
func TestDeployed(t *testing.T) {
	if testing.Short() {
		t.Skip("the function runs in a process of its own")
	}
	d := deploy(t, 0)
	must(t, d.intruder.StopLogging(t.Context(), trailRegion, "audit"))
	alert := d.subscriber.next(t)
	for _, want := range []string{"audit", "StopLogging", trailRegion, "akiaintruder00000001"} {
		if !strings.Contains(alert.Subject+alert.Message, want) {
			t.Errorf("no %s in the alert %q:\n%s", want, alert.Subject, alert.Message)
		}
	}
	d.assertRestored(t)
	found := d.incidents(t)
	if len(found) != 1 || found[0].Stage != incident.Restored || len(found[0].Records) == 0 || !strings.Contains(string(found[0].Records[0]), `"StopLogging"`) {
		t.Errorf("the journal has %+v", found)
	}

	// The schedules bring a sweep, whose sign of life the alarm on silence waits for, a verification, and a canary, which goes all the way.
	if n := d.lab.RunSchedules(); n != 3 {
		t.Errorf("there are %d schedules", n)
	}
	d.assertSaid(t, `"class_uid":2004`, `"Heartbeat":1`, `"Canary":1`) // the first is of the alerts file's channel
	entry := d.incidents(t)[0]
	if entry.Cause != incident.CauseCanary || entry.Stage != incident.Proved || len(d.incidents(t)) != 2 {
		t.Errorf("the journal has %+v", d.incidents(t))
	}
	d.assertNothingLost(t)
	d.assertHealthy(t)
}

// assertHealthy looks at the guard as its operator would, who cannot know about alarms yet.
func (d *deployed) assertHealthy(t *testing.T) {
	t.Helper()
	checks, err := deployer.New(d.cloud, nil).Health(t.Context(), "trailhold", guardRegion, []string{guardRegion, trailRegion})
	must(t, err)
	for _, c := range checks {
		if c.Level != deployer.Fine && c.Area != "heartbeat" {
			t.Errorf("%+v", c)
		}
	}
}

// assertSaid waits until the function has written all texts, in whatever order.
func (d *deployed) assertSaid(t *testing.T, texts ...string) {
	t.Helper()
	timeout := time.After(patience)
	for len(texts) > 0 {
		select {
		case written := <-d.lambdas.said:
			texts = slices.DeleteFunc(texts, func(text string) bool { return strings.Contains(written, text) })
		case <-timeout:
			t.Errorf("the function never said %s", texts)
			return
		}
	}
}

// TestTwoInstances hands the same event to two instances of the function at once: there is one incident, and one alert.
func TestTwoInstances(t *testing.T) {
	if testing.Short() {
		t.Skip("the function runs in a process of its own")
	}
	d := deploy(t, time.Hour) // EventBridge hands over nothing by itself
	event := stopped(t, d.intruder, d.cloud, trailRegion)
	client := awslambda.NewFromConfig(d.cloud.Config())
	answers := make(chan *awslambda.InvokeOutput, maxInstances)
	for range maxInstances {
		go func() {
			out, err := client.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("trailhold"), Payload: event})
			if err != nil || out.FunctionError != nil {
				t.Errorf("invoking: %v, %+v", err, out)
			}
			answers <- out
		}()
	}
	for range maxInstances {
		<-answers
	}
	d.assertRestored(t)
	if found := d.incidents(t); len(found) != 1 || len(found[0].Records) != 1 {
		t.Errorf("the journal has %+v", found)
	}
	if len(d.lambdas.instances) != maxInstances {
		t.Errorf("%d instances ran", len(d.lambdas.instances))
	}
	d.subscriber.next(t)

	// Whatever else would have been told of it has been told once both have answered and a later alert has come.
	must(t, d.intruder.UpdateTrail(t.Context(), trailRegion, "audit", trail.Update{EnableLogFileValidation: aws.Bool(false)}))
	if out, err := client.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("trailhold"), Payload: []byte(`{"action":"sweep"}`)}); err != nil || out.FunctionError != nil {
		t.Errorf("sweeping: %v, %+v", err, out)
	}
	if later := d.subscriber.next(t); !strings.Contains(later.Subject+later.Message, "validation") && !strings.Contains(later.Subject+later.Message, "LogFileValidation") {
		t.Errorf("a second alert of one incident: %q\n%s", later.Subject, later.Message)
	}
}

// TestDeployedGuardsItself disables a rule by which the guard hears of its own rules: the function has what it runs on in its
// baseline, reads all of it, and puts the rule back.
func TestDeployedGuardsItself(t *testing.T) {
	if testing.Short() {
		t.Skip("the function runs in a process of its own")
	}
	d := deploy(t, 0)
	regions := []string{guardRegion, trailRegion}
	own, err := deployer.New(d.cloud, nil).Own(t.Context(), "trailhold", guardRegion, regions)
	must(t, err)
	captured, _, err := d.cloud.Capture(t.Context(), awscloud.CaptureOptions{Regions: regions, Guard: own.ARNs})
	must(t, err)
	file, err := baselinefile.Write(captured)
	must(t, err)
	baseline, err := baselinefile.Parse("guarded.yaml", file)
	must(t, err)
	if len(baseline.Guard) != len(own.ARNs) || len(own.ARNs) < 30 {
		t.Errorf("%d of %d resources are guarded", len(baseline.Guard), len(own.ARNs))
	}
	d.apply(t, deployer.Options{Baseline: baseline, Content: file})

	rules := eventbridge.NewFromConfig(d.cloud.Config())
	_, err = rules.DisableRule(t.Context(), &eventbridge.DisableRuleInput{Name: aws.String("trailhold-iam")})
	must(t, err)
	const rule = "arn:aws:events:" + guardRegion + ":" + lab.DefaultAccount + ":rule/trailhold-iam"
	restored := func() bool {
		return slices.ContainsFunc(d.incidents(t), func(i incident.Incident) bool {
			return i.TrailARN == rule && (i.Stage == incident.Restored || i.Stage == incident.Proved) && len(i.Unknown) == 0
		})
	}
	for patient := time.After(patience); !restored(); { // the deployment has changed much that is guarded now, which keeps the function busy
		select {
		case <-d.subscriber.alerts:
		case <-time.After(time.Second / 4):
		case <-patient:
			t.Fatalf("the journal has %+v", d.incidents(t))
		}
	}
	is, err := rules.DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: aws.String("trailhold-iam")})
	must(t, err)
	if is.State != ebtypes.RuleStateEnabled {
		t.Errorf("the rule is %s", is.State)
	}
}
