package guard_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// bubble runs a test in a world whose clock is virtual.
func bubble(t *testing.T, options lab.Options, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, options)) })
}

func TestStoppedTrailIsRestoredToldAndProved(t *testing.T) {
	bubble(t, lab.Options{DeliveryDelay: 5 * time.Minute}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		attacked := time.Now()
		pause(3 * time.Second)
		found, err := w.wake()
		w.must(err)
		w.assertRestored()
		w.assertAlerts(incident.KindAlert)
		if len(found) != 1 {
			t.Fatalf("%d incidents, want 1", len(found))
		}
		i := found[0]
		if i.Stage != incident.Restored || i.Techniques[0] != "stop-logging" || i.Severity != severity.High || i.BaselineHash != "sha256:test" {
			t.Errorf("stage %s, techniques %v, severity %s, baseline %s", i.Stage, i.Techniques, i.Severity, i.BaselineHash)
		}
		if i.Actor.AccessKeyID != "AKIAINTRUDER00000001" {
			t.Errorf("actor %+v, want the intruder", i.Actor)
		}
		if len(i.Blind) == 0 || len(i.Blind[0].Regions) != 3 || i.Blind[0].From.Sub(attacked).Abs() > time.Second || !i.Blind[0].To.Equal(i.Restored) {
			t.Errorf("blind windows %+v, want the first in three regions from %s to %s", i.Blind, attacked, i.Restored)
		}

		w.must(w.sweepAndProve())
		w.assertAlerts(incident.KindAlert) // nothing delivered yet: no proof
		pause(6 * time.Minute)
		w.must(w.sweepAndProve()) // reading the status is what each region has to deliver
		pause(6 * time.Minute)
		w.must(w.sweepAndProve())
		w.assertAlerts(incident.KindAlert, incident.KindProved)
		if got := w.stored(i.ID); got.Stage != incident.Proved || got.Proved.IsZero() {
			t.Errorf("stage %s, want proved", got.Stage)
		}
	})
}

func (w *world) sweepAndProve() error {
	_, err := w.guard.Sweep(w.ctx())
	return err
}

func (w *world) stored(id string) incident.Incident {
	w.t.Helper()
	i, err := w.journal.Get(w.ctx(), id)
	w.must(err)
	return i
}

// The guard's own calls come back as records. They must not wake anybody.
func TestOwnEchoIsNotTold(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.must(w.intruder.DeleteTrail(w.ctx(), home, "audit"))
		_, err := w.wake()
		w.must(err)
		w.assertAlerts(incident.KindAlert)
		before := w.lab.Calls("cloudtrail", "DescribeTrails")
		pause(time.Minute)
		echoes := w.records()
		if !slices.ContainsFunc(echoes, func(r record.Record) bool { return r.EventName == "CreateTrail" }) {
			t.Fatal("the guard's CreateTrail left no record: the test tests nothing")
		}
		_, err = w.guard.Handle(w.ctx(), echoes)
		w.must(err)
		w.assertAlerts(incident.KindAlert)
		if after := w.lab.Calls("cloudtrail", "DescribeTrails"); after != before {
			t.Errorf("echoes caused %d looks", after-before)
		}
	})
}

func TestDuplicateAndLateRecordsAreOneIncident(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		w.must(w.intruder.StopLogging(w.ctx(), home, w.want.ARN))
		pause(time.Second)
		records := w.records()
		first, second := records[:1], records[1:]
		for _, batch := range [][]record.Record{first, first, second, records} {
			_, err := w.guard.Handle(w.ctx(), batch)
			w.must(err)
		}
		w.assertRestored()
		w.assertAlerts(incident.KindAlert)
		recent, err := w.journal.Recent(w.ctx(), w.want.ARN, time.Time{})
		w.must(err)
		if len(recent) != 1 || recent[0].Occurrences != 2 {
			t.Errorf("%d incidents, the first with %d records: want one with 2", len(recent), recent[0].Occurrences)
		}
	})
}

func TestSecondAttackIsASecondIncident(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		for range 2 {
			w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
			pause(time.Second)
			_, err := w.wake()
			w.must(err)
			w.assertRestored()
			pause(20 * time.Second)
		}
		w.assertAlerts(incident.KindAlert, incident.KindAlert)
	})
}

func TestFloodIsRestoredEachTimeButToldRarely(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		for range 30 {
			w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
			pause(2 * time.Second)
			_, err := w.wake()
			w.must(err)
			w.assertRestored()
			pause(6 * time.Second)
		}
		w.assertAlerts(incident.KindAlert, incident.KindAlert, incident.KindAlert, incident.KindEscalate)
	})
}

func TestSweepFindsWhatNoRecordTold(t *testing.T) {
	bubble(t, lab.Options{DeliveryDelay: 5 * time.Minute, HistoryDelay: 10 * time.Second}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		w.must(w.sweepAndProve())
		w.assertRestored()
		w.assertAlerts(incident.KindAlert)
		i := w.teller.all()[0].incident
		if i.Cause != incident.CauseSweep || i.Actor.Known() || i.Techniques[0] != "stop-logging" {
			t.Errorf("cause %s, actor %+v, techniques %v", i.Cause, i.Actor, i.Techniques)
		}
		// The record comes after all: it belongs to the incident and tells who it was.
		pause(10 * time.Second)
		_, err := w.wake()
		w.must(err)
		w.assertAlerts(incident.KindAlert, incident.KindIdentified)
		if got := w.stored(i.ID); got.Actor.AccessKeyID != "AKIAINTRUDER00000001" {
			t.Errorf("actor %+v, want the intruder", got.Actor)
		}
	})
}

func TestDryRunChangesNothingAndSaysSo(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.guard = guard.New(w.baseline, guard.Ports{Observer: w.cloud, Actuator: guard.DryRun{}, Journal: w.journal, Teller: w.teller}, guard.Options{})
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		found, err := w.wake()
		w.must(err)
		if len(w.drift()) == 0 {
			t.Error("the dry run restored the trail")
		}
		if len(found) != 1 || found[0].Stage != incident.Planned || !found[0].DryRun || found[0].Steps[0].Outcome != incident.StepPlanned {
			t.Errorf("found %+v", found)
		}
	})
}

func TestDeniedAttemptIsToldAndNothingIsDone(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		remove := w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: "DeleteTrail", Kind: lab.AccessDenied})
		if err := w.intruder.DeleteTrail(w.ctx(), home, "audit"); err == nil {
			t.Fatal("the attempt was not denied")
		}
		remove()
		found, err := w.wake()
		w.must(err)
		w.assertAlerts(incident.KindAlert)
		if len(found) != 1 || found[0].Stage != incident.Observed || len(found[0].Steps) != 0 || found[0].Techniques[0] != "denied-attempt" {
			t.Errorf("found %+v", found)
		}
	})
}

func TestUnlistedTrailIsToldOnce(t *testing.T) {
	for _, how := range []string{"by its record, then a sweep", "by a sweep"} {
		t.Run(how, func(t *testing.T) {
			bubble(t, lab.Options{}, func(t *testing.T, w *world) {
				_, err := w.intruder.CreateTrail(w.ctx(), home, trail.Create{Config: trail.Config{Name: "copy", S3BucketName: "foreign-logs"}})
				w.must(err)
				if how != "by a sweep" {
					_, err = w.wake()
					w.must(err)
				}
				for range 3 {
					pause(2 * time.Hour)
					w.must(w.sweepAndProve())
				}
				w.assertAlerts(incident.KindAlert)
				if i := w.teller.all()[0].incident; i.Techniques[0] != "shadow-trail" || len(i.Steps) != 0 {
					t.Errorf("techniques %v, steps %v", i.Techniques, i.Steps)
				}
				w.must(w.intruder.DeleteTrail(w.ctx(), home, "copy"))
				w.must(w.sweepAndProve())
				if i := w.stored(w.teller.all()[0].incident.ID); i.Stage != incident.Observed {
					t.Errorf("stage %s after the trail is gone, want observed", i.Stage)
				}
			})
		})
	}
}

// TestUnlistedTrailOfAnotherAccount: guards of several accounts may share a journal, and each only knows which trails its own has.
func TestUnlistedTrailOfAnotherAccount(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		theirs := incident.Incident{ID: "theirs", TrailARN: "arn:aws:cloudtrail:" + home + ":222233334444:trail/copy", Account: "222233334444", Region: home,
			Stage: incident.AlertOnly, Techniques: []string{"shadow-trail"}, Seen: time.Now()}
		_, err := w.journal.Save(w.ctx(), theirs)
		w.must(err)
		w.must(w.sweepAndProve())
		if i := w.stored("theirs"); i.Stage != incident.AlertOnly {
			t.Errorf("a sweep of this account ended it: %s", i.Stage)
		}
	})
}

// A wider trail is told and left as it is; so is what the policy says not to restore.
func TestWhatIsNotRestored(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.baseline.Trails[0].AlertOnly = []string{"tags"}
		w.rebuild(guard.Options{})
		w.must(w.intruder.RemoveTags(w.ctx(), home, w.want.ARN, map[string]string{"owner": "security"}))
		_, err := w.wake()
		w.must(err)
		for range 3 {
			pause(2 * time.Hour)
			w.must(w.sweepAndProve())
		}
		w.assertAlerts(incident.KindAlert)
		if i := w.teller.all()[0].incident; i.Stage != incident.AlertOnly || len(i.Steps) != 0 {
			t.Errorf("stage %s, steps %v", i.Stage, i.Steps)
		}
		if len(w.drift()) != 1 {
			t.Error("the tags were restored against the policy")
		}
	})
}

func TestFailedRestorationIsCriticalAndTriedAgain(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		remove := w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: "StartLogging", Kind: lab.AccessDenied})
		_, err := w.wake()
		w.must(err)
		w.assertAlerts(incident.KindAlert)
		i := w.teller.all()[0].incident
		if i.Stage != incident.Failed || i.Severity != severity.Critical || i.Steps[0].Outcome != incident.StepFailed {
			t.Errorf("stage %s, severity %s, steps %+v", i.Stage, i.Severity, i.Steps)
		}
		w.must(w.sweepAndProve())
		w.assertAlerts(incident.KindAlert) // within the hour nobody is told again
		remove()
		pause(time.Minute)
		w.must(w.sweepAndProve())
		w.assertRestored()
		if got := w.stored(i.ID); got.Stage != incident.Restored && got.Stage != incident.Proved {
			t.Errorf("stage %s, want restored", got.Stage)
		}
	})
}

func TestUnknownStateIsToldOnceAndNothingIsWritten(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		remove := w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: "GetTrailStatus", Kind: lab.AccessDenied})
		writes := w.writes()
		for range 3 {
			w.must(w.sweepAndProve())
			pause(2 * time.Hour)
		}
		w.assertAlerts(incident.KindAlert)
		if i := w.teller.all()[0].incident; i.Stage != incident.Unread || len(i.Unknown) == 0 {
			t.Errorf("stage %s, unknown %v", i.Stage, i.Unknown)
		}
		if w.writes() != writes {
			t.Error("something was written on an unknown state")
		}
		remove()
		w.must(w.sweepAndProve())
		if i := w.stored(w.teller.all()[0].incident.ID); !i.Stage.Ended() {
			t.Errorf("stage %s after the state could be read again", i.Stage)
		}
	})
}

// writes counts the changing calls that reached CloudTrail.
func (w *world) writes() int {
	n := 0
	for _, op := range []string{"StartLogging", "StopLogging", "CreateTrail", "UpdateTrail", "DeleteTrail", "PutEventSelectors",
		"PutInsightSelectors", "PutEventConfiguration", "AddTags", "RemoveTags"} {
		n += w.lab.Calls("cloudtrail", op)
	}
	return n
}
