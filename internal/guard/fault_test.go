package guard_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/trail"
)

// attack is one way to impair the world's trail. Attacks that nothing can be restored of are not here.
type attack struct {
	technique string
	do        func(context.Context, *world) error
}

func update(u trail.Update) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error { return w.intruder.UpdateTrail(ctx, home, "audit", u) }
}

func selectors(s trail.Selectors) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error {
		return w.intruder.PutEventSelectors(ctx, home, w.want.ARN, s)
	}
}

var attacks = []attack{
	{"stop-logging", func(ctx context.Context, w *world) error { return w.intruder.StopLogging(ctx, home, "audit") }},
	{"delete-trail", func(ctx context.Context, w *world) error { return w.intruder.DeleteTrail(ctx, home, w.want.ARN) }},
	{"delete-then-squat", func(ctx context.Context, w *world) error {
		if err := w.intruder.DeleteTrail(ctx, home, "audit"); err != nil {
			return err
		}
		_, err := w.intruder.CreateTrail(ctx, home, trail.Create{Config: trail.Config{Name: "audit", S3BucketName: "foreign-logs"}})
		return err
	}},
	{"change-bucket", update(trail.Update{S3BucketName: aws.String("foreign-logs")})},
	{"change-bucket", func(ctx context.Context, w *world) error { // and stopped: the bucket must be put right before logging starts
		return errors.Join(w.intruder.UpdateTrail(ctx, home, "audit", trail.Update{S3BucketName: aws.String("foreign-logs")}), w.intruder.StopLogging(ctx, home, "audit"))
	}},
	{"change-prefix", update(trail.Update{S3KeyPrefix: aws.String("elsewhere")})},
	{"change-kms-key", update(trail.Update{KMSKeyID: aws.String("")})},
	{"validation-off", update(trail.Update{EnableLogFileValidation: aws.Bool(false)})},
	{"single-region", update(trail.Update{IsMultiRegionTrail: aws.Bool(false), IncludeGlobalServiceEvents: aws.Bool(false)})},
	{"minimise", update(trail.Update{S3KeyPrefix: aws.String(""), KMSKeyID: aws.String(""), EnableLogFileValidation: aws.Bool(false),
		IsMultiRegionTrail: aws.Bool(false), IncludeGlobalServiceEvents: aws.Bool(false)})},
	{"blind-selectors", selectors(trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "ReadOnly", IncludeManagementEvents: false,
		DataResources: []trail.DataResource{{Type: "AWS::S3::Object", Values: []string{}}}}}})},
	{"blind-selectors", selectors(trail.Selectors{Advanced: []trail.AdvancedEventSelector{{Name: "quiet", FieldSelectors: []trail.FieldSelector{
		{Field: "eventCategory", Equals: []string{"Management"}}, {Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}}}}})},
	{"insights-off", func(ctx context.Context, w *world) error {
		return w.intruder.PutInsightSelectors(ctx, home, "audit", []trail.InsightSelector{})
	}},
	{"event-config", func(ctx context.Context, w *world) error {
		return w.intruder.PutEventConfiguration(ctx, home, "audit", trail.EventConfiguration{MaxEventSize: "Standard"})
	}},
	{"tag-flip", func(ctx context.Context, w *world) error {
		return w.intruder.RemoveTags(ctx, home, w.want.ARN, map[string]string{"owner": "security"})
	}},
}

// writeOps are the calls that restoration makes.
var writeOps = []string{"StartLogging", "CreateTrail", "UpdateTrail", "PutEventSelectors", "PutInsightSelectors", "PutEventConfiguration", "AddTags"}

// faults are injected after the attack and stay for a while, as they would on AWS.
var faults = []struct {
	name    string
	options lab.Options
	inject  func(*world)
}{
	{"none", lab.Options{}, func(*world) {}},
	{"throttle", lab.Options{}, func(w *world) { w.lab.Inject(lab.Fault{Service: "cloudtrail", Kind: lab.Throttle, Times: 12}) }},
	{"5xx", lab.Options{}, func(w *world) { w.lab.Inject(lab.Fault{Service: "cloudtrail", Kind: lab.ServerError, Times: 12}) }},
	{"writes fail for a while", lab.Options{}, func(w *world) {
		for _, op := range writeOps {
			w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: op, Kind: lab.ServerError, Times: 4})
		}
	}},
	{"applied but answer lost", lab.Options{}, func(w *world) {
		for _, op := range writeOps {
			w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: op, Kind: lab.LostAnswer, Times: 2})
		}
	}},
	{"stale read", lab.Options{}, func(w *world) { w.lab.Inject(lab.Fault{Service: "cloudtrail", Kind: lab.StaleRead, Times: 12}) }},
	{"reads lag by 3 s", lab.Options{ConsistencyDelay: 3 * time.Second}, func(*world) {}},
	{"SNS down for a while", lab.Options{}, func(w *world) { w.lab.Inject(lab.Fault{Service: "sns", Kind: lab.ServerError, Times: 3}) }},
	{"journal down", lab.Options{}, func(w *world) { w.journal.setDown(true) }},
}

// TestFaultMatrix attacks in every way under every fault: the trail must be back at its baseline, and people told once.
func TestFaultMatrix(t *testing.T) {
	for m, f := range faults {
		for n, a := range attacks {
			if testing.Short() && (m+n)%6 != 0 { // each fault, and each attack, but not each pair
				continue
			}
			t.Run(fmt.Sprintf("%s/%d %s", f.name, n, a.technique), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, f.options)
					w.tellBySNS()
					w.must(a.do(w.ctx(), w))
					records := w.records()
					f.inject(w)
					found, err := w.guard.Handle(w.ctx(), records)
					if (err != nil) != (f.name == "journal down") {
						t.Errorf("error %v", err)
					}
					pause(time.Minute)
					w.assertRestored()
					w.assertMails(1)
					if len(found) != 1 || !slices.Contains(found[0].Techniques, a.technique) {
						t.Errorf("techniques %v, want %s", found, a.technique)
					}
					for _, i := range found {
						for _, s := range i.Steps {
							if s.Outcome != incident.StepDone {
								t.Errorf("step %s is %s (%s) although all is restored", s.ID, s.Outcome, s.Error)
							}
						}
					}
					_, err = w.guard.Handle(w.ctx(), w.records()) // the echoes of the restoration
					if err != nil && f.name != "journal down" {
						t.Errorf("echoes: %v", err)
					}
					w.assertMails(1)
				})
			})
		}
	}
}

// TestUnknownNeverWrites denies each read in turn while the trail is under attack. What can't be read is not written.
func TestUnknownNeverWrites(t *testing.T) {
	reads := []struct{ read, write string }{ // the configuration is read by GetTrail if not by DescribeTrails
		{"GetTrailStatus", "StartLogging"},
		{"GetEventSelectors", "PutEventSelectors"},
		{"GetInsightSelectors", "PutInsightSelectors"},
		{"GetEventConfiguration", "PutEventConfiguration"},
		{"ListTags", "AddTags"},
		{"DescribeTrails", "UpdateTrail"},
		{"DescribeTrails", "CreateTrail"},
	}
	for k, kind := range []lab.FaultKind{lab.AccessDenied, lab.Throttle, lab.ServerError, lab.Timeout} {
		for n, r := range reads {
			if testing.Short() && (k+n)%4 != 0 { // each kind, and each read, but not each pair
				continue
			}
			t.Run(string(kind)+"/"+r.read+"/"+r.write, func(t *testing.T) {
				bubble(t, lab.Options{}, func(t *testing.T, w *world) {
					if r.write == "CreateTrail" {
						w.must(w.intruder.DeleteTrail(w.ctx(), home, "audit"))
					} else {
						w.must(w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{EnableLogFileValidation: aws.Bool(false)}))
						w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
						w.must(selectors(trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "ReadOnly", IncludeManagementEvents: true}}})(w.ctx(), w))
						w.must(w.intruder.RemoveTags(w.ctx(), home, w.want.ARN, map[string]string{"owner": "security"}))
					}
					before := w.lab.Calls("cloudtrail", r.write)
					removes := []func(){w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: r.read, Kind: kind})}
					if r.read == "DescribeTrails" {
						removes = append(removes, w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: "GetTrail", Kind: kind}))
					}
					_, err := w.wake()
					w.must(err)
					if after := w.lab.Calls("cloudtrail", r.write); after != before {
						t.Errorf("%s was called %d times although %s could not be read", r.write, after-before, r.read)
					}
					if len(w.teller.all()) == 0 {
						t.Error("nobody was told")
					}
					for _, remove := range removes {
						remove()
					}
					pause(time.Minute)
					w.must(w.sweepAndProve())
					w.assertRestored()
				})
			})
		}
	}
}

// tellBySNS makes the guard tell by the real dispatcher over the lab's SNS, to an e-mail subscriber.
func (w *world) tellBySNS() {
	w.t.Helper()
	client := sns.New(sns.Options{Region: home, HTTPClient: w.lab.Client(), BaseEndpoint: aws.String("http://lab.test"),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAADMIN00000000001", "secret", "")})
	topic, err := client.CreateTopic(w.ctx(), &sns.CreateTopicInput{Name: aws.String("alerts")})
	w.must(err)
	_, err = client.Subscribe(w.ctx(), &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("email"), Endpoint: aws.String("soc@corp.example")})
	w.must(err)
	w.since = time.Now()
	pause(2 * time.Second)
	w.guard = guard.New(w.baseline, guard.Ports{Observer: w.cloud, Actuator: w.cloud, Journal: w.journal,
		Teller: notify.NewDispatcher(notify.NewSNS(w.cloud.Topic(*topic.TopicArn)))}, guard.Options{})
}

// assertMails checks how many alerts came by e-mail.
func (w *world) assertMails(want int) {
	w.t.Helper()
	synctest.Wait()
	var subjects []string
	for _, m := range w.lab.Outbox() {
		if strings.HasPrefix(m.Subject, "[Trailhold]") {
			subjects = append(subjects, m.Subject)
		}
	}
	if len(subjects) != want {
		w.t.Errorf("%d e-mails, want %d: %q", len(subjects), want, subjects)
	}
}
