package guard_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

const home = "us-east-1"

// world is a lab with one guarded trail, an intruder, and a guard whose alerts are collected.
type world struct {
	t            *testing.T
	lab          *lab.Lab
	cloud        *awscloud.Cloud
	intruder     *intruder.Intruder
	baseline     trail.Baseline
	want         trail.Guarded
	journal      *flakyJournal
	teller       *collector
	guard        *guard.Guard
	crashRecords []record.Record
	since        time.Time // records up to here have been handed to the guard
}

// digestKeys are those of every test's lab: making them takes longer than most tests.
var digestKeys lab.KeyRing

// newWorld must be called in a synctest bubble.
func newWorld(t *testing.T, options lab.Options) *world {
	t.Helper()
	options.Keys = &digestKeys
	l := lab.New(options)
	t.Cleanup(l.Close)
	w := &world{t: t, lab: l, journal: &flakyJournal{Journal: journal.NewMemory(1000)}, teller: &collector{}}
	w.cloud = w.connect("AKIAGUARD00000000001")
	w.intruder = intruder.New(w.connect("AKIAINTRUDER00000001"))
	w.setUp()
	return w
}

func (w *world) connect(key string) *awscloud.Cloud {
	c, err := awscloud.New(w.ctx(), awscloud.Options{Region: home, HTTPClient: w.lab.Client(), AccessKeyID: key, SecretAccessKey: "secret"})
	w.must(err)
	return c
}

// second is another guard of the same trails, with the same journal, as another instance of a function would be.
func (w *world) second() *guard.Guard {
	return guard.New(w.baseline, guard.Ports{Observer: w.cloud, Actuator: w.cloud, Journal: w.journal, Teller: w.teller, Historian: w.cloud, Archivist: w.cloud}, guard.Options{})
}

// rebuild makes a new guard, as after a restart.
func (w *world) rebuild(options guard.Options) {
	if testing.Verbose() {
		options.Log = slog.New(slog.NewTextHandler(w.t.Output(), nil))
	}
	w.guard = guard.New(w.baseline, guard.Ports{Observer: w.cloud, Actuator: w.cloud, Journal: w.journal, Teller: w.teller, Historian: w.cloud, Archivist: w.cloud}, options)
}

// setUp makes the trail and captures its baseline.
func (w *world) setUp() {
	ctx := w.ctx()
	for _, bucket := range []string{"audit-logs", "foreign-logs"} {
		w.must(w.intruder.CreateBucket(ctx, home, bucket))
		w.must(w.intruder.PutBucketPolicy(ctx, home, bucket, intruder.AllowTrails(bucket, lab.DefaultAccount)))
	}
	arn, err := w.intruder.CreateTrail(ctx, home, trail.Create{Config: trail.Config{Name: "audit", S3BucketName: "audit-logs", S3KeyPrefix: "org",
		KMSKeyID:                 w.key(),
		LogFileValidationEnabled: true, IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true},
		Tags: map[string]string{"owner": "security"}})
	w.must(err)
	w.must(w.intruder.StartLogging(ctx, home, arn))
	w.must(w.intruder.PutEventSelectors(ctx, home, arn, trail.Selectors{Basic: []trail.EventSelector{{
		ReadWriteType: "All", IncludeManagementEvents: true,
		DataResources: []trail.DataResource{{Type: "AWS::S3::Object", Values: []string{"arn:aws:s3:::audit-logs/"}}}}}}))
	w.must(w.intruder.PutInsightSelectors(ctx, home, arn, []trail.InsightSelector{{InsightType: "ApiCallRateInsight"}, {InsightType: "ApiErrorRateInsight"}}))
	w.must(w.intruder.PutEventConfiguration(ctx, home, arn, trail.EventConfiguration{MaxEventSize: "Large",
		ContextKeySelectors: []trail.ContextKeySelector{{Type: "RequestContext", Equals: []string{"aws:SourceIp"}}}}))
	w.setBaseline()
	if len(w.baseline.Trails) != 1 {
		w.t.Fatalf("captured %d trails, want 1", len(w.baseline.Trails))
	}
}

// key makes a KMS key that CloudTrail may encrypt with, and returns its ARN.
func (w *world) key() string {
	client := kms.New(kms.Options{Region: home, HTTPClient: w.lab.Client(), Credentials: credentials.NewStaticCredentialsProvider("AKIAOWNER00000000001", "secret", "")})
	out, err := client.CreateKey(w.ctx(), &kms.CreateKeyInput{Policy: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*"}]}`)})
	w.must(err)
	return *out.KeyMetadata.Arn
}

// setBaseline captures the trails as they are and makes a guard of them.
func (w *world) setBaseline() {
	w.t.Helper()
	pause(time.Minute) // whatever the lab's consistency delay is, the baseline is of now
	var err error
	w.baseline, _, err = w.cloud.Capture(w.ctx(), awscloud.CaptureOptions{Regions: []string{"us-east-1", "us-west-2", "eu-west-1"}})
	w.must(err)
	w.baseline.Hash = "sha256:test"
	for _, t := range w.baseline.Trails {
		if t.Name == "audit" {
			w.want = t
		}
	}
	w.since = time.Now()
	pause(2 * time.Second) // event times have whole seconds
	w.rebuild(guard.Options{})
}

func (w *world) ctx() context.Context { return w.t.Context() }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// pause lets the bubble's clock run.
func pause(d time.Duration) { <-time.After(d) }

// records returns the records of all that happened since the last call, the guard's own calls among them.
func (w *world) records() []record.Record {
	w.t.Helper()
	out, err := w.tryRecords()
	w.must(err)
	return out
}

func (w *world) tryRecords() (out []record.Record, err error) {
	until := time.Now()
	err = w.cloud.History(w.ctx(), home, w.since, func(r record.Record) error { out = append(out, r); return nil })
	if err == nil {
		w.since = until
	}
	return out, err
}

// wake hands the guard what happened since the last time, as EventBridge would.
func (w *world) wake() ([]incident.Incident, error) {
	w.t.Helper()
	return w.guard.Handle(w.ctx(), w.records())
}

// drift is what a fresh look finds.
func (w *world) drift() []trail.Drift {
	w.t.Helper()
	diff := trail.Diff(w.want, w.cloud.Observe(w.ctx(), w.want))
	if len(diff.Unknown) > 0 {
		w.t.Fatalf("unknown facets: %+v", diff.Unknown)
	}
	return diff.Drifts
}

func (w *world) assertRestored() {
	w.t.Helper()
	if drift := w.drift(); len(drift) > 0 {
		text, _ := json.Marshal(drift)
		w.t.Errorf("still drifted: %s", text)
	}
}

// assertAlerts checks the notifications that people got, by kind.
func (w *world) assertAlerts(want ...incident.Kind) {
	w.t.Helper()
	var got []incident.Kind
	for _, told := range w.teller.all() {
		got = append(got, told.kind)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("people were told %v, want %v\n%s", got, want, w.teller)
	}
}

// collector is a Teller that keeps what it is told to tell, and can be down.
type collector struct {
	mu    sync.Mutex
	told  []told
	down  int // so many calls fail
	takes time.Duration

	partly bool // one of its channels fails always
}

type told struct {
	kind     incident.Kind
	incident incident.Incident
}

func (c *collector) Tell(_ context.Context, i incident.Incident, kind incident.Kind) error {
	pause(c.takes)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down > 0 {
		c.down--
		return errors.New("the channel is down")
	}
	c.told = append(c.told, told{kind, i})
	if c.partly {
		return &guard.PartlyTold{Err: errors.New("one channel is down")}
	}
	return nil
}

func (c *collector) all() []told {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.told)
}

func (c *collector) String() string {
	var b strings.Builder
	for _, t := range c.all() {
		text, _ := json.Marshal(t.incident)
		b.WriteString(string(t.kind) + " " + string(text) + "\n")
	}
	return b.String()
}

// flakyJournal is a journal that can be down.
type flakyJournal struct {
	guard.Journal
	mu    sync.Mutex
	down  bool
	takes time.Duration // each Recent
	saves int           // so many more Saves succeed; 0: all do
}

var errJournalDown = errors.New("the journal is down")

func (j *flakyJournal) setDown(down bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.down = down
}

func (j *flakyJournal) failing() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.down {
		return errJournalDown
	}
	return nil
}

func (j *flakyJournal) Save(ctx context.Context, i incident.Incident) (incident.Incident, error) {
	if err := j.failing(); err != nil {
		return i, err
	}
	j.mu.Lock()
	if j.saves > 0 {
		if j.saves--; j.saves == 0 {
			j.down = true
		}
	}
	j.mu.Unlock()
	return j.Journal.Save(ctx, i)
}

func (j *flakyJournal) Recent(ctx context.Context, arn string, since time.Time) ([]incident.Incident, error) {
	if err := j.failing(); err != nil {
		return nil, err
	}
	pause(j.takes)
	return j.Journal.Recent(ctx, arn, since)
}
