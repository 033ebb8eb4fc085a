package tally

import (
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/trail"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// tampered is an incident of an attack at noon that was seen five seconds later.
func tampered(stage incident.Stage, rounds int, more ...func(*incident.Incident)) incident.Incident {
	i := incident.Incident{ID: "event-1", Stage: stage, Techniques: []string{"stop-logging"}, Occurrences: rounds, Attack: noon, Seen: at(5)}
	for _, change := range more {
		change(&i)
	}
	return i
}

// mended is a restoration that began and ended then.
func mended(began, ended int) func(*incident.Incident) {
	return func(i *incident.Incident) {
		i.Restored, i.Steps = at(ended), []incident.StepResult{{Started: at(began)}}
	}
}

func called(began int) func(*incident.Incident) {
	return func(i *incident.Incident) { i.Steps = []incident.StepResult{{Started: at(began)}} }
}

func TestCompare(t *testing.T) {
	restored := tampered(incident.Restored, 1, mended(6, 7))
	bySweep := func(i *incident.Incident) { i.Occurrences, i.Attack = 0, time.Time{} }
	for _, test := range []struct {
		name   string
		saves  []incident.Incident // all but the last were there before
		detect bool
		mend   bool
		fail   bool
		took   int // seconds; -1: not told
	}{
		{"an attempt", []incident.Incident{tampered(incident.Observed, 1)}, true, false, false, -1},
		{"declared", []incident.Incident{tampered(incident.Open, 1)}, true, false, false, -1},
		{"declared, then restored", []incident.Incident{tampered(incident.Open, 1), restored}, false, true, false, 7},
		{"restored at once", []incident.Incident{restored}, true, true, false, 7},
		{"found by a sweep", []incident.Incident{tampered(incident.Restored, 0, bySweep, mended(6, 8))}, true, true, false, 3},
		{"the clock of AWS is ahead", []incident.Incident{tampered(incident.Restored, 1, mended(-9, -8))}, true, true, false, 0},
		{"told", []incident.Incident{restored, restored}, false, false, false, -1},
		{"proved", []incident.Incident{restored, tampered(incident.Proved, 1, mended(6, 7))}, false, false, false, -1},
		{"a late record", []incident.Incident{restored, tampered(incident.Restored, 2, mended(6, 7))}, false, false, false, -1},
		{"one more round is declared", []incident.Incident{restored, tampered(incident.Open, 2, mended(6, 7))}, true, false, false, -1},
		{"and restored", []incident.Incident{restored, tampered(incident.Open, 2, mended(6, 7)), tampered(incident.Restored, 2, mended(60, 62))}, false, true, false, 2},
		{"one more round, undeclared", []incident.Incident{restored, tampered(incident.Restored, 2, mended(60, 62))}, true, true, false, 2},
		{"one more round, found by a sweep", []incident.Incident{restored, tampered(incident.Restored, 1, mended(60, 62))}, true, true, false, 2},
		{"another guard was at it, too", []incident.Incident{restored, tampered(incident.Restored, 1, mended(6, 8))}, false, false, false, -1},
		{"one more attempt", []incident.Incident{tampered(incident.Observed, 1), tampered(incident.Observed, 2)}, true, false, false, -1},
		{"failed", []incident.Incident{tampered(incident.Open, 1), tampered(incident.Failed, 1, called(6))}, false, false, true, -1},
		{"failed again", []incident.Incident{tampered(incident.Failed, 1, called(6)), tampered(incident.Open, 1, called(6)), tampered(incident.Failed, 1, called(99))}, false, false, false, -1},
		{"failed, then restored", []incident.Incident{tampered(incident.Failed, 1, called(6)), tampered(incident.Restored, 1, mended(300, 301))}, false, true, false, 301},
		{"failed after it was restored", []incident.Incident{restored, tampered(incident.Failed, 2, mended(60, 7))}, true, false, true, -1},
		{"planned", []incident.Incident{tampered(incident.Planned, 1)}, true, false, false, -1},
		{"told only", []incident.Incident{tampered(incident.AlertOnly, 1)}, true, false, false, -1},
		{"still told only", []incident.Incident{tampered(incident.AlertOnly, 1), tampered(incident.AlertOnly, 1)}, false, false, false, -1},
		{"permitted", []incident.Incident{tampered(incident.Permitted, 1)}, false, false, false, -1},
		{"permitted no longer", []incident.Incident{tampered(incident.Permitted, 1), tampered(incident.Open, 1)}, true, false, false, -1},
		{"a change window", []incident.Incident{{Stage: incident.ChangeWindow, Window: &incident.Window{}, Techniques: []string{"x"}}}, false, false, false, -1},
		{"unread", []incident.Incident{{Stage: incident.Unread, Unknown: []trail.UnknownFacet{{}}}}, false, false, false, -1},
		{"a harmless call", []incident.Incident{{Stage: incident.Observed, Occurrences: 1}}, false, false, false, -1},
		{"widening", []incident.Incident{{Stage: incident.AlertOnly, Drifts: []trail.Drift{{}}}}, true, false, false, -1},
		{"a missed canary", []incident.Incident{{Stage: incident.Observed, Cause: incident.CauseCanary, Techniques: []string{"x"}}}, false, false, false, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var before mark
			known, last := false, len(test.saves)-1
			for _, i := range test.saves[:last] {
				before, known = markOf(i, before), true
			}
			got := compare(before, known, test.saves[last])
			took := -1
			if got.Timed {
				took = int(got.Took.Seconds())
			}
			if got.Detected != test.detect || got.Restored != test.mend || got.Failed != test.fail || took != test.took {
				t.Errorf("%+v", got)
			}
			if got.Detected && len(got.Techniques) != len(test.saves[last].Techniques) {
				t.Errorf("techniques %q", got.Techniques)
			}
		})
	}
}

// TestBrokenLogsAreADetection: of what a verification finds, only what is evidence counts.
func TestBrokenLogsAreADetection(t *testing.T) {
	for _, broken := range []bool{true, false} {
		i := incident.Incident{Stage: incident.Observed}
		i.AddVerification(broken, "1 log missing")
		if got := compare(mark{}, false, i); got.Detected != broken {
			t.Errorf("broken %v: %+v", broken, got)
		}
	}
}
