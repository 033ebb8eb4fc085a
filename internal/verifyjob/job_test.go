package verifyjob

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// digestKeys are those of every test's lab: making them takes longer than the tests.
var digestKeys lab.KeyRing

// world is a lab with trails that record all regions, and a guard that tells of them.
type world struct {
	t        *testing.T
	box      *lab.Lab
	cloud    *awscloud.Cloud
	baseline trail.Baseline
	guard    *guard.Guard
	slow     *slow

	mu   sync.Mutex
	told []incident.Incident
	deaf error // why nobody can be told
}

// slow lets every request for a bucket take its time.
type slow struct {
	http.RoundTripper
	bucket string // whose requests are slow; empty: none
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.bucket != "" && strings.Contains(r.URL.String(), s.bucket) {
		select {
		case <-time.After(10 * time.Second):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return s.RoundTripper.RoundTrip(r)
}

// Tell implements guard.Teller.
func (w *world) Tell(_ context.Context, i incident.Incident, _ incident.Kind) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, i)
	return w.deaf
}

// newWorld must be called in a synctest bubble. It makes a trail for each validated, which has validation or not and a
// bucket of its own.
func newWorld(t *testing.T, validated ...bool) *world {
	t.Helper()
	box := lab.New(lab.Options{Regions: []string{home, "us-east-1"}, Keys: &digestKeys})
	t.Cleanup(box.Close)
	client := box.Client()
	w := &world{t: t, box: box, slow: &slow{RoundTripper: client.Transport}}
	client.Transport = w.slow
	var err error
	w.cloud, err = awscloud.New(t.Context(), awscloud.Options{Region: home, HTTPClient: client, AccessKeyID: "AKIAGUARD00000000001", SecretAccessKey: "s"})
	w.must(err)
	hand := intruder.New(w.cloud)
	for n, validation := range validated {
		name := "audit" + string(rune('a'+n))
		w.must(hand.CreateBucket(t.Context(), home, name+"-logs"))
		w.must(hand.PutBucketPolicy(t.Context(), home, name+"-logs", intruder.AllowTrails(name+"-logs", lab.DefaultAccount)))
		arn, err := hand.CreateTrail(t.Context(), home, trail.Create{Config: trail.Config{
			Name: name, S3BucketName: name + "-logs", S3KeyPrefix: "deep/er", LogFileValidationEnabled: validation, IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true,
		}})
		w.must(err)
		w.must(hand.StartLogging(t.Context(), home, arn))
	}
	w.baseline, _, err = w.cloud.Capture(t.Context(), awscloud.CaptureOptions{Regions: []string{home, "us-east-1"}})
	w.must(err)
	w.guard = guard.New(w.baseline, guard.Ports{Observer: w.cloud, Actuator: w.cloud, Journal: journal.NewMemory(100), Teller: w}, guard.Options{})
	return w
}

// pass lets hours pass, each with an event in the other region.
func (w *world) pass(hours int) {
	w.t.Helper()
	for range hours {
		w.must(intruder.New(w.cloud).CreateBucket(w.t.Context(), "us-east-1", "event-"+time.Now().Format("150405")))
		<-time.After(time.Hour)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) job() *Job {
	return New(w.cloud, w.guard, w.baseline.Trails, Options{Log: slog.New(slog.NewTextHandler(w.t.Output(), nil))})
}

// keys lists the objects of a trail whose keys contain all parts, in order.
func (w *world) keys(bucket string, parts ...string) (keys []string) {
	w.t.Helper()
	out, err := w.cloud.S3(home).ListObjectsV2(w.t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
	w.must(err)
	for _, o := range out.Contents {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(*o.Key, part) }) {
			keys = append(keys, *o.Key)
		}
	}
	if len(keys) == 0 {
		w.t.Fatalf("%s has no object with %q", bucket, parts)
	}
	return keys
}

func (w *world) remove(bucket, key string) {
	w.t.Helper()
	_, err := w.cloud.S3(home).DeleteObject(w.t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
	w.must(err)
}

func (w *world) change(bucket, key string) {
	w.t.Helper()
	_, err := w.cloud.S3(home).PutObject(w.t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(strings.Repeat("forged ", 20))})
	w.must(err)
}

func TestRunVerifiesEveryRegionOfEveryTrail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, true, false, true)
		w.pass(6)
		job := w.job()
		s, err := job.Run(t.Context())
		w.must(err)
		if s.Trails != 2 || s.WithoutValidation != 1 || s.Unfinished+s.Failures+s.Unknown+len(s.Incidents)+len(w.told) != 0 || s.Logs.Valid < 12 {
			t.Fatalf("of clean chains: %+v", s)
		}
		if want := int64(2 * 2 * 5); s.Digests.Valid < want || s.Digests.Valid > want+4 {
			t.Errorf("%d digests, want about %d: two trails in two regions for six hours", s.Digests.Valid, want)
		}

		w.remove("auditc-logs", w.keys("auditc-logs", "CloudTrail-Digest/us-east-1/")[2])
		w.change("auditc-logs", w.keys("auditc-logs", "CloudTrail/us-east-1/")[0])
		gone := w.keys("auditc-logs", "CloudTrail/"+home+"/")[0]
		w.remove("auditc-logs", gone)
		s, err = job.Run(t.Context())
		w.must(err)
		if s.Trails != 2 || s.Failures != 3 || len(s.Incidents) != 1 || len(w.told) != 1 {
			t.Fatalf("of broken chains: %+v, told %d", s, len(w.told))
		}
		broken, summary, details, ok := w.told[0].Verification()
		if !ok || !broken || summary != "1 log missing, 1 log damaged, 1 digest missing" || !strings.HasSuffix(w.told[0].TrailARN, "/auditc") || w.told[0].Severity != severity.High {
			t.Errorf("told %q (%v, %v) of %s", summary, broken, ok, w.told[0].TrailARN)
		}
		if !slices.ContainsFunc(details, func(d string) bool { return strings.Contains(d, "log-missing: s3://auditc-logs/"+gone) }) {
			t.Errorf("details %q", details)
		}

		if s, err = job.Run(t.Context()); err != nil || s.Failures != 3 || len(s.Incidents) != 0 || len(w.told) != 1 {
			t.Errorf("told twice of the same: %+v, %v", s, err)
		}
		if s, err = w.job().Run(t.Context()); err != nil || len(s.Incidents) != 0 || len(w.told) != 1 {
			t.Errorf("after a restart, told twice of what the journal knows: %+v, %v", s, err)
		}
	})
}

func TestWhatCannotBeReadIsToldOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, true)
		w.pass(6)
		w.box.Inject(lab.Fault{Service: "s3", Operation: "GetObject", Kind: lab.AccessDenied})
		job := w.job()
		for run, want := range []int{1, 1, 2} {
			s, err := job.Run(t.Context())
			w.must(err)
			if s.Trails != 1 || s.Failures != 0 || s.Unknown == 0 || s.Logs.Valid+s.Digests.Valid != 0 || len(w.told) != want {
				t.Fatalf("run %d: %+v, told %d, want %d", run, s, len(w.told), want)
			}
			<-time.After(12 * time.Hour)
		}
		if broken, summary, _, ok := w.told[0].Verification(); !ok || broken || !strings.Contains(summary, "digests unread") || w.told[0].Severity != severity.Medium {
			t.Errorf("told %q, broken %v, %v", summary, broken, w.told[0].Severity)
		}
	})
}

// TestOneTrailDoesNotTakeTheTimeOfAll gives two trails 100 seconds, of which the first would take more.
func TestOneTrailDoesNotTakeTheTimeOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, true, true)
		w.pass(6)
		w.remove("auditb-logs", w.keys("auditb-logs", "CloudTrail/"+home+"/")[0])
		w.slow.bucket = "audita-logs"
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		begun := time.Now()
		s, err := w.job().Run(ctx)
		if err == nil || !strings.Contains(err.Error(), "trail/audita") || strings.Contains(err.Error(), "auditb") {
			t.Errorf("error %v", err)
		}
		if !OnlyUnfinished(err) {
			t.Errorf("people were told, and yet it is to be tried again: %v", err)
		}
		if took := time.Since(begun); took > 99*time.Second {
			t.Errorf("it took %s", took)
		}
		if s.Trails != 1 || s.Unfinished != 1 || s.Failures != 1 || len(w.told) != 2 {
			t.Fatalf("%+v, told %d", s, len(w.told))
		}
		if _, summary, details, _ := w.told[0].Verification(); summary != "the verification came to no end" || !strings.HasPrefix(details[0], "There was not enough time") {
			t.Errorf("told %q, %q", summary, details)
		}
		if _, summary, _, _ := w.told[1].Verification(); summary != "1 log missing" {
			t.Errorf("told %q", summary)
		}
	})
}

// awake is a reporter that does nothing more once its context has ended.
type awake struct{ Reporter }

func (a awake) Report(ctx context.Context, f guard.Finding) (*incident.Incident, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return a.Reporter.Report(ctx, f)
}

// TestPeopleHearWhenTheTimeIsOver begins when there is no time left.
func TestPeopleHearWhenTheTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, true)
		w.pass(6)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		<-ctx.Done()
		job := New(w.cloud, awake{w.guard}, w.baseline.Trails, Options{Log: slog.New(slog.DiscardHandler)})
		if _, err := job.Run(ctx); err == nil || len(w.told) != 1 {
			t.Errorf("error %v, told %+v", err, w.told)
		}
		stopped, stop := context.WithCancel(t.Context())
		stop()
		if _, err := w.job().Run(stopped); !errors.Is(err, context.Canceled) || len(w.told) != 1 {
			t.Errorf("somebody stopped it: %v, told %d", err, len(w.told))
		}
	})
}

func TestWhoWasNotToldIsToldNextTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, true)
		w.pass(6)
		w.remove("audita-logs", w.keys("audita-logs", "CloudTrail/"+home+"/")[0])
		w.deaf = errors.New("the topic is gone")
		job := w.job()
		if _, err := job.Run(t.Context()); err == nil || OnlyUnfinished(err) {
			t.Errorf("that nobody could be told is no error: %v", err)
		}
		w.deaf = nil
		if _, err := job.Run(t.Context()); err != nil || len(w.told) != 2 {
			t.Errorf("%v, told %d times", err, len(w.told))
		}
	})
}

func TestNewTrailIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, true)
		<-time.After(time.Minute)
		if s, err := w.job().Run(t.Context()); err != nil || s.Trails != 1 || len(w.told) != 0 {
			t.Errorf("a minute after its start: %+v, %v, told %d", s, err, len(w.told))
		}
		w.pass(6)
		for _, key := range w.keys("audita-logs", "CloudTrail-Digest") {
			w.remove("audita-logs", key)
		}
		if s, err := w.job().Run(t.Context()); err != nil || s.Failures != 2 || len(w.told) != 1 {
			t.Errorf("without any digest: %+v, %v, told %d", s, err, len(w.told))
		}
	})
}

func TestTheLastDayIsVerified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, true)
		w.pass(32)
		logs := w.keys("audita-logs", "CloudTrail/us-east-1/")
		w.remove("audita-logs", logs[0])
		if s, err := w.job().Run(t.Context()); err != nil || s.Failures != 0 || s.Digests.Valid < 2*25 || s.Digests.Valid > 2*27 {
			t.Errorf("a log of 32 hours ago is gone: %+v, %v", s, err)
		}
		w.remove("audita-logs", logs[len(logs)-20])
		if s, err := w.job().Run(t.Context()); err != nil || s.Failures != 1 {
			t.Errorf("a log of 20 hours ago is gone: %+v, %v", s, err)
		}
	})
}
