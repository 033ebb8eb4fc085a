package guard_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

const intruderKey = "AKIAINTRUDER00000001"

// stealth stops the trail and strips it, without the guard being woken.
func (w *world) stealth() {
	w.t.Helper()
	w.must(w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{EnableLogFileValidation: aws.Bool(false)}))
	w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
	pause(2 * time.Minute)
}

func TestASweepNamesTheActor(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.stealth()
		w.sweep()
		w.assertRestored()
		i := w.teller.all()[0].incident
		if i.Actor.AccessKeyID != intruderKey || i.Attack.IsZero() || i.Occurrences != 2 || len(i.Records) != 2 {
			t.Errorf("actor %+v, attack %s, %d records", i.Actor, i.Attack, i.Occurrences)
		}
	})
}

func TestTheActorIsToldWhenEventHistoryKnows(t *testing.T) {
	bubble(t, lab.Options{HistoryDelay: 12 * time.Minute}, func(t *testing.T, w *world) {
		w.stealth()
		w.sweep()
		first := w.teller.all()[0].incident
		if first.Actor.Known() || !strings.Contains(strings.Join(first.Notes, " "), "does not yet tell") {
			t.Errorf("actor %+v, notes %q", first.Actor, first.Notes)
		}
		for range 4 {
			pause(5 * time.Minute)
			w.sweep()
		}
		w.assertRestored()
		if n := w.teller.count(incident.KindIdentified); n != 1 {
			t.Errorf("told %d times who it was, want once\n%s", n, w.teller)
		}
		i := w.stored(first.ID)
		if i.Actor.AccessKeyID != intruderKey || strings.Contains(strings.Join(i.Notes, " "), "does not yet tell") {
			t.Errorf("actor %+v, notes %q", i.Actor, i.Notes)
		}
	})
}

// TestNobodyIsNamedWithoutEvidence: the guard's own calls, and calls that were undone before, explain nothing.
func TestNobodyIsNamedWithoutEvidence(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.stealth()
		w.sweep() // accounted for, and restored by the guard's own UpdateTrail
		w.lab.Inject(lab.Fault{Service: "cloudtrail", Operation: "LookupEvents", Kind: lab.Throttle, Times: 1000})
		pause(25 * time.Minute)
		w.stealth()
		w.sweep()
		for range 14 {
			pause(5 * time.Minute)
			w.sweep()
		}
		w.assertRestored()
		all, err := w.journal.Recent(w.ctx(), w.want.ARN, time.Time{})
		w.must(err)
		if len(all) != 2 || all[0].Actor.Known() || !strings.Contains(strings.Join(all[0].Notes, " "), "is not known") {
			t.Errorf("%d incidents, the second by %+v with notes %q", len(all), all[0].Actor, all[0].Notes)
		}
	})
}

func TestWithoutEventHistoryNobodyIsNamed(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.guard = guard.New(w.baseline, guard.Ports{Observer: w.cloud, Actuator: w.cloud, Journal: w.journal, Teller: w.teller}, guard.Options{})
		w.stealth()
		w.sweep()
		w.assertRestored()
		if i := w.teller.all()[0].incident; i.Actor.Known() || !strings.Contains(strings.Join(i.Notes, " "), "was not asked") {
			t.Errorf("actor %+v, notes %q", i.Actor, i.Notes)
		}
	})
}

// TestRecordsTellWhoseAttackASweepUndid: a sweep may restore between an attack and its records, and then nobody is known yet. The records
// belong to that incident, those of the actor's calls which leave no trace in the state among them, and tell people who it was.
func TestRecordsTellWhoseAttackASweepUndid(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.guardBucket() // and ask Event history nothing
		deletion := made("s3.amazonaws.com", "DeleteObjects", `{"bucketName":"audit-logs","delete":""}`)
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		stop := slices.DeleteFunc(w.records(), func(r record.Record) bool { return r.EventName != "StopLogging" })
		deletion.Identity = stop[0].Identity
		w.sweep()
		w.assertRestored()
		w.assertAlerts(incident.KindAlert, incident.KindProved)

		pause(2 * time.Second)
		_, err := w.guard.Handle(w.ctx(), append([]record.Record{deletion}, stop...))
		w.must(err)
		w.assertAlerts(incident.KindAlert, incident.KindProved, incident.KindIdentified)
		all, err := w.journal.Recent(w.ctx(), "", time.Time{})
		w.must(err)
		if len(all) != 1 || all[0].Actor.AccessKeyID != intruderKey || all[0].Restored.IsZero() || all[0].ActorSearch() != "" || !slices.Contains(all[0].Techniques, tamper.LogDelete) {
			t.Errorf("want one incident, by the intruder: %+v", all)
		}
	})
}
