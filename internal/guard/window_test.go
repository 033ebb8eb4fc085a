package guard_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// open opens a change window of an hour.
func (w *world) open(fields ...trail.Field) *incident.Incident {
	w.t.Helper()
	i, err := w.guard.OpenWindow(w.ctx(), w.want.ARN, incident.Window{Fields: fields, Until: time.Now().Add(time.Hour), Reason: "CHG-1 moves the logs"})
	w.must(err)
	return i
}

func (w *world) sweep() {
	w.t.Helper()
	_, err := w.guard.Sweep(w.ctx())
	w.must(err)
}

// changed lists the fields that differ from the baseline.
func (w *world) changed() []trail.Field {
	w.t.Helper()
	var fields []trail.Field
	for _, d := range w.drift() {
		fields = append(fields, d.Field)
	}
	slices.Sort(fields)
	return fields
}

func (w *world) assertChanged(want ...trail.Field) {
	w.t.Helper()
	if got := w.changed(); !slices.Equal(got, want) {
		w.t.Errorf("changed are %v, want %v", got, want)
	}
}

// TestChangeWindow: what is announced stays while the window is open, everything else is restored; afterwards all is.
func TestChangeWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.Options{})
		w.open(trail.FieldPrefix, trail.FieldLogging)
		w.assertAlerts(incident.KindAlert) // of the window itself
		w.must(w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{S3KeyPrefix: aws.String("new")}))
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		_, err := w.wake()
		w.must(err)
		w.sweep()
		w.assertChanged(trail.FieldLogging, trail.FieldPrefix)

		w.must(w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{EnableLogFileValidation: aws.Bool(false)}))
		_, err = w.wake()
		w.must(err)
		w.assertChanged(trail.FieldLogging, trail.FieldPrefix)

		pause(time.Hour)
		w.sweep()
		w.assertRestored()
		all, err := w.journal.Recent(w.ctx(), w.want.ARN, time.Time{})
		w.must(err)
		for _, i := range all {
			if i.Stage == incident.ChangeWindow || i.Stage == incident.Permitted {
				t.Errorf("%s is still %s", i.ID, i.Stage)
			}
		}
	})
}

// TestAWindowExcusesNothingElse: what somebody else does meanwhile is told like any other tampering, and later as well.
func TestAWindowExcusesNothingElse(t *testing.T) {
	for _, ended := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, lab.Options{})
			w.open(trail.FieldPrefix)
			w.must(w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{S3KeyPrefix: aws.String("new")}))
			_, err := w.wake()
			w.must(err)
			w.sweep()
			if ended {
				pause(time.Hour)
			}
			w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
			_, err = w.wake()
			w.must(err)
			all := w.teller.all()
			if last := all[len(all)-1]; len(all) != 2 || last.incident.Permitted != "" || last.incident.Stage != incident.Restored {
				t.Fatalf("after the end: %v; told %s, of stage %s, permitted by %q", ended, w.teller, last.incident.Stage, last.incident.Permitted)
			}
			if actor := all[1].incident.Records; len(actor) != 1 || !strings.Contains(string(actor[0]), "StopLogging") {
				t.Errorf("the attack is told together with the change: %s", actor)
			}
			for range 3 {
				pause(time.Hour)
				w.sweep()
			}
			w.assertRestored()
			if got := len(w.all()); got != 3 {
				t.Errorf("%d incidents, want the window, the change and the attack", got)
			}
			for _, i := range w.all() {
				if i.Stage == incident.Permitted {
					t.Errorf("%s is still permitted", i.ID)
				}
			}
		})
	}
}

func (w *world) all() []incident.Incident {
	w.t.Helper()
	all, err := w.journal.Recent(w.ctx(), w.want.ARN, time.Time{})
	w.must(err)
	return all
}

func TestDriftInAWindowIsNotedQuietly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.Options{})
		window := w.open(trail.FieldPrefix)
		w.must(w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{S3KeyPrefix: aws.String("new")}))
		found, err := w.wake()
		w.must(err)
		w.assertAlerts(incident.KindAlert)
		if len(found) != 1 || found[0].Stage != incident.Permitted || found[0].Permitted != window.ID || !strings.Contains(strings.Join(found[0].Notes, " "), "CHG-1") {
			t.Fatalf("%+v", found)
		}
		w.sweep()
		w.setBaseline() // the new state is adopted
		pause(2 * time.Hour)
		w.sweep()
		w.assertAlerts(incident.KindAlert)
		if w.want.S3KeyPrefix != "new" {
			t.Errorf("the baseline has %q", w.want.S3KeyPrefix)
		}
		w.assertRestored()
		i, err := w.journal.Get(w.ctx(), found[0].ID)
		w.must(err)
		if i.Stage != incident.Observed {
			t.Errorf("the drift that was adopted is %s", i.Stage)
		}
	})
}

func TestAClosedWindowPermitsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.Options{})
		window := w.open(trail.FieldPrefix)
		w.must(w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{S3KeyPrefix: aws.String("new")}))
		_, err := w.wake()
		w.must(err)
		_, err = w.guard.CloseWindow(w.ctx(), window.ID)
		w.must(err)
		w.sweep()
		w.assertRestored()
		w.assertAlerts(incident.KindAlert, incident.KindAlert, incident.KindProved)
	})
}

func TestAWindowThatCannotBeReadPermitsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.Options{})
		w.open(trail.FieldLogging)
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit"))
		records := w.records()
		w.rebuild(guard.Options{}) // which remembers nothing
		w.journal.setDown(true)
		_, err := w.guard.Handle(w.ctx(), records)
		if err == nil {
			t.Error("the journal was down, and nobody said so")
		}
		w.assertRestored()
	})
}

func TestWindowsNeedAReasonAndAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.Options{})
		fields, soon := []trail.Field{trail.FieldTags}, time.Now().Add(time.Hour)
		for name, bad := range map[string]incident.Window{
			"no field":      {Until: soon, Reason: "because"},
			"unknown field": {Fields: []trail.Field{"colour"}, Until: soon, Reason: "because"},
			"no reason":     {Fields: fields, Until: soon, Reason: " "},
			"no end":        {Fields: fields, Reason: "because"},
			"too long":      {Fields: fields, Until: time.Now().Add(25 * time.Hour), Reason: "because"},
		} {
			if i, err := w.guard.OpenWindow(w.ctx(), w.want.ARN, bad); err == nil {
				t.Errorf("%s: opened %+v", name, i)
			}
		}
		if _, err := w.guard.OpenWindow(w.ctx(), "arn:aws:cloudtrail:us-east-1:111122223333:trail/other", incident.Window{Fields: fields, Until: soon, Reason: "because"}); err == nil {
			t.Error("opened for a trail that is not guarded")
		}
		w.journal.setDown(true)
		if _, err := w.guard.OpenWindow(w.ctx(), w.want.ARN, incident.Window{Fields: fields, Until: soon, Reason: "because"}); err == nil {
			t.Error("opened without a journal")
		}
	})
}
