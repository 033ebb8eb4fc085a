package backfill_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/backfill"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
)

const home = "eu-west-1"

// world is an account whose trail was off for ten minutes, as the real SDK sees it.
type world struct {
	*testing.T
	box      *lab.Lab
	cloud    *awscloud.Cloud
	intruder *intruder.Intruder
	journal  guard.Journal
	incident incident.Incident
	tellings []incident.Kind
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) Tell(_ context.Context, _ incident.Incident, kind incident.Kind) error {
	w.tellings = append(w.tellings, kind)
	return nil
}

func connect(t *testing.T, box *lab.Lab, key string) *awscloud.Cloud {
	t.Helper()
	c, err := awscloud.New(t.Context(), awscloud.Options{Region: home, AccessKeyID: key, SecretAccessKey: "x", HTTPClient: box.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dark makes calls in two regions while no trail records them, and the incident that a guard makes of it.
func dark(t *testing.T) *world {
	box := lab.New(lab.Options{Regions: []string{home, "us-east-1"}, HistoryDelay: 5 * time.Minute})
	t.Cleanup(box.Close)
	w := &world{T: t, box: box, cloud: connect(t, box, "AKIAGUARD"), intruder: intruder.New(connect(t, box, "AKIAINTRUDER")), journal: journal.NewMemory(10)}
	ctx := t.Context()
	w.must(w.intruder.CreateBucket(ctx, home, "evidence"))
	<-time.After(10 * time.Minute) // of the bubble's clock
	attack := time.Now().UTC()
	for n := range 60 {
		w.must(w.intruder.CreateBucket(ctx, []string{home, "us-east-1"}[n%2], fmt.Sprintf("loot-%d", n)))
		<-time.After(10 * time.Second)
	}
	window := incident.BlindWindow{Regions: []string{home, "us-east-1"}, Category: incident.CategoryManagement, Fate: incident.Lost, Copy: incident.CopyLogFiles,
		From: attack, To: time.Now().UTC(), Affected: "all", Recovery: incident.FromEventHistory}
	saved, err := w.journal.Save(ctx, incident.Incident{
		ID: "event-1", Stage: incident.Restored, Account: lab.DefaultAccount, TrailARN: "arn", Seen: attack.Add(time.Second), Attack: attack, Restored: window.To,
		Actor: incident.Actor{AccessKeyID: "AKIAINTRUDER"}, Blind: []incident.BlindWindow{window},
		Told: []incident.Telling{{Kind: incident.KindAlert, At: attack}},
	})
	w.must(err)
	w.incident = saved
	return w
}

func (w *world) job(out string) *backfill.Job {
	return &backfill.Job{
		Account: lab.DefaultAccount, History: w.cloud, Journal: w.journal, Teller: w,
		Store: func(id string) (backfill.Store, error) {
			return w.cloud.Evidence(strings.TrimSuffix(out, "/")+"/"+id, lab.DefaultAccount)
		},
	}
}

func TestJobOnTheLab(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := dark(t)
		j := w.job("s3://evidence/cases/")
		done, err := j.Run(t.Context())
		if err != nil || len(done) != 0 {
			t.Fatalf("before Event history has settled: %v, %v", done, err)
		}
		<-time.After(20 * time.Minute)
		began := time.Now()
		done, err = j.Run(t.Context())
		if err != nil || len(done) != 1 {
			t.Fatalf("%d incidents, %v", len(done), err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("two regions with one page each took %s", took)
		}
		i, err := w.journal.Get(t.Context(), "event-1")
		w.must(err)
		r := i.Recovered
		if r == nil || !r.Complete || r.Evidence != "s3://evidence/cases/event-1" || r.Attempts != 1 || r.Regions != 2 || !i.WasTold(incident.KindRecovered) {
			t.Fatalf("%+v", r)
		}
		if len(w.tellings) != 1 || w.tellings[0] != incident.KindRecovered {
			t.Errorf("told %v", w.tellings)
		}
		first := r.Actors[0]
		if !first.Suspect || first.AccessKeyID != "AKIAINTRUDER" || first.Calls != 60 || len(first.Regions) != 2 || first.Made[0].Name != "CreateBucket" || first.Made[0].Count != 60 {
			t.Errorf("the first actor is %+v", first)
		}
		w.checkFiles(r)

		if done, err = j.Run(t.Context()); err != nil || len(done) != 0 {
			t.Errorf("once more: %v, %v", done, err)
		}
	})
}

// checkFiles reads the evidence as somebody else would, from the bucket.
func (w *world) checkFiles(r *incident.Recovered) {
	w.Helper()
	data, err := w.cloud.Object(w.Context(), r.Evidence+"/"+backfill.ManifestName, 1<<20)
	w.must(err)
	var m backfill.Manifest
	w.must(json.Unmarshal(data, &m))
	count := 0
	for _, region := range m.Regions {
		for _, f := range region.Files {
			content, err := w.cloud.Object(w.Context(), r.Evidence+"/"+f.Key, 1<<20)
			w.must(err)
			records, err := record.Parse(content)
			w.must(err)
			count += len(records)
			if len(records) > 0 && records[0].Envelope != record.LogFile {
				w.Errorf("%s is read as %s", f.Key, records[0].Envelope)
			}
		}
	}
	if count != r.Records {
		w.Errorf("the files hold %d records, the incident says %d", count, r.Records)
	}
}

func TestJobGoesOnAfterFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := dark(t)
		<-time.After(20 * time.Minute)
		j := w.job("s3://evidence")
		w.box.Inject(lab.Fault{Service: "cloudtrail", Operation: "LookupEvents", Kind: lab.Throttle, Times: 5})
		w.box.Inject(lab.Fault{Service: "cloudtrail", Operation: "LookupEvents", Kind: lab.LostAnswer, Times: 2})
		stop := w.box.Inject(lab.Fault{Service: "cloudtrail", Operation: "LookupEvents", Region: "us-east-1", Kind: lab.AccessDenied})
		done, err := j.Run(t.Context())
		if err != nil || len(done) != 1 || done[0].Recovered.Complete || len(done[0].Recovered.Gaps) != 1 || !strings.Contains(done[0].Recovered.Gaps[0], "AccessDenied") {
			t.Fatalf("%v, %+v", err, done)
		}
		if done[0].Recovered.Actors[0].Calls != 30 {
			t.Errorf("of the region that could be read: %+v", done[0].Recovered.Actors[0])
		}
		stop()
		if done, _ := j.Run(t.Context()); len(done) != 0 {
			t.Error("it was tried again at once")
		}
		<-time.After(61 * time.Minute)
		done, err = j.Run(t.Context())
		if err != nil || len(done) != 1 || !done[0].Recovered.Complete || done[0].Recovered.Attempts != 2 || done[0].Recovered.Actors[0].Calls != 60 {
			t.Fatalf("%v, %+v", err, done)
		}
		if len(w.tellings) != 1 {
			t.Errorf("told %v", w.tellings)
		}
	})
}

func TestEvidenceInAForeignBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := dark(t)
		<-time.After(20 * time.Minute)
		store, err := w.cloud.Evidence("s3://evidence/x", "444455556666")
		w.must(err)
		want, err := backfill.RequestFor(w.incident, time.Now())
		w.must(err)
		if _, err = backfill.Run(t.Context(), w.cloud, store, want, backfill.Options{}); err == nil || !strings.Contains(err.Error(), "444455556666") {
			t.Errorf("evidence went to a bucket of somebody else: %v", err)
		}
		for _, bad := range []string{"", "evidence", "s3://", "https://evidence/x"} {
			if _, err := w.cloud.Evidence(bad, ""); err == nil {
				t.Errorf("%q is taken for a place", bad)
			}
		}
	})
}
