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
	"github.com/trailhold/trailhold/internal/trail"
)

// pipeline turns validation off every half hour, as often as is said, and the guard is woken each time.
func (w *world) pipeline(rounds int) {
	w.t.Helper()
	for range rounds {
		w.must(w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{EnableLogFileValidation: aws.Bool(false)}))
		_, err := w.wake()
		w.must(err)
		pause(30 * time.Minute)
		w.sweep()
	}
}

// count counts the notifications of a kind.
func (c *collector) count(kind incident.Kind) int {
	n := 0
	for _, told := range c.all() {
		if told.kind == kind {
			n++
		}
	}
	return n
}

func TestAContestIsFoughtAndToldOnce(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.pipeline(8)
		w.assertRestored()
		if alerts, escalations := w.teller.count(incident.KindAlert), w.teller.count(incident.KindEscalate); alerts != 3 || escalations != 1 {
			t.Errorf("%d alerts and %d escalations, want 3 and 1", alerts, escalations)
		}
		all := w.teller.all()
		n := slices.IndexFunc(all, func(told told) bool { return told.kind == incident.KindEscalate })
		if notes := strings.Join(all[n].incident.Notes, " "); !strings.Contains(notes, "contest") || !strings.Contains(notes, "4 times") {
			t.Errorf("the escalation says %q", notes)
		}
	})
}

func TestAContestIsLeftWhereThePolicySaysSo(t *testing.T) {
	bubble(t, lab.Options{}, func(t *testing.T, w *world) {
		w.baseline.Policy.Contest = trail.ContestLeave
		w.rebuild(guard.Options{})
		w.pipeline(3)
		w.assertRestored()
		w.pipeline(3)
		w.assertChanged(trail.FieldValidation)
		if n := w.teller.count(incident.KindEscalate); n != 1 {
			t.Errorf("%d escalations, want 1", n)
		}
		w.must(w.intruder.StopLogging(w.ctx(), home, "audit")) // what is not contested is restored as ever
		_, err := w.wake()
		w.must(err)
		w.assertChanged(trail.FieldValidation)
		w.must(w.intruder.UpdateTrail(w.ctx(), home, "audit", trail.Update{EnableLogFileValidation: aws.Bool(true)}))
		w.sweep()
		w.assertRestored()
	})
}
