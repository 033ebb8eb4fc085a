package labrange_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/drill/labrange"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

func newRange(t *testing.T, options labrange.Options) *labrange.Range {
	t.Helper()
	r, err := labrange.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// every takes each nth technique.
func every(n int, all []drill.Technique) (some []drill.Technique) {
	for i := 0; i < len(all); i += n {
		some = append(some, all[i])
	}
	return some
}

func TestGuardHoldsOutAgainstEveryTechnique(t *testing.T) {
	runner := drill.Runner{Range: newRange(t, labrange.Options{}), Fresh: labrange.Fresh(labrange.Options{}), Patience: 30 * time.Second}
	runner.OnResult = func(r drill.Result) {
		t.Logf("%-20s %-14s ok %v seen %v restored %v proved %v swept %v alerts %d+%d %+v %v", r.Technique, r.Variant, r.OK, r.Seen, r.Restored, r.Proved,
			r.Swept, r.Alerts, r.FollowUps, r.Seconds, r.Problems)
	}
	techniques := drill.All()
	if testing.Short() { // the race detector takes minutes for all of them
		techniques = every(12, techniques)
	}
	report, err := runner.Run(t.Context(), techniques)
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK || len(report.Incidents) != len(techniques) {
		t.Errorf("the report of %d techniques is ok: %v", len(report.Incidents), report.OK)
	}
	for _, r := range report.Incidents {
		restores := r.Expected == drill.Restored
		if !r.OK || !r.Seen || r.Restored != restores || r.Proved != restores {
			t.Errorf("%s (%s): %+v", r.Technique, r.Variant, r)
		}
		if restores && r.FollowUps == 0 {
			t.Errorf("%s (%s): nobody was told that delivery is proved", r.Technique, r.Variant)
		}
	}
}

// A drill that cannot fail proves nothing: with a guard that does not act, nothing may count as restored.
func TestDrillFailsWithAGuardThatDoesNotAct(t *testing.T) {
	if testing.Short() {
		t.Skip("a range for each of two dozen attacks")
	}
	tried := map[trail.ResourceType]bool{}
	for _, technique := range drill.All() {
		if technique.Outcome != drill.Restored || technique.Rounds > 1 || technique.On != "" && tried[technique.On] {
			continue // of those on what the trail rests on, one of each kind will do
		}
		tried[technique.On] = true
		t.Run(technique.Name(), func(t *testing.T) {
			t.Parallel()
			idle := labrange.Options{Actuate: func(guard.Actuator) guard.Actuator { return guard.DryRun{} }}
			runner := drill.Runner{Range: newRange(t, idle)}
			technique.Clean = nil // what stands in the trail's place is not the point here
			report, err := runner.Run(t.Context(), []drill.Technique{technique})
			if err != nil {
				t.Fatal(err)
			}
			if r := report.Incidents[0]; report.OK || r.OK || r.Restored || r.Proved || len(r.Problems) == 0 {
				t.Errorf("the drill was content: %+v", r)
			}
		})
	}
}

func TestAnUnrestoredTrailIsNotAttackedAgain(t *testing.T) {
	idle := labrange.Options{Actuate: func(guard.Actuator) guard.Actuator { return guard.DryRun{} }}
	runner := drill.Runner{Range: newRange(t, idle)}
	stop := slices.DeleteFunc(drill.Techniques(), func(t drill.Technique) bool { return t.ID != tamper.StopLogging })
	report, err := runner.Run(t.Context(), stop)
	if err == nil || !strings.Contains(err.Error(), "not everything is at its baseline") || report.OK || len(report.Incidents) != 1 {
		t.Errorf("error %v, report %+v", err, report)
	}
}
