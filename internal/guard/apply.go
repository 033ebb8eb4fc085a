package guard

import (
	"context"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/trail"
)

// attempt is what was tried of one step.
type attempt struct {
	incident.StepResult
	hardFailures int
	apart        bool // no plan contains it
}

// exhausted says whether trying again is pointless. What may pass is tried for as long as the budget lasts: the growing
// waits between the passes keep that from spending the account's API quota, even on an intruder who undoes each step.
func (a *attempt) exhausted() bool { return a.hardFailures >= maxHardTries }

// reconsider gives steps that are exhausted another try: what was done since may have been what they needed.
func (r *restoration) reconsider() {
	for _, a := range r.attempts {
		a.hardFailures = min(a.hardFailures, maxHardTries-1)
	}
}

// apply tries each step once, in order. A step whose dependency did not succeed in this pass is skipped; the others go on
// whatever happens. smooth says that all went well, each for the first time: otherwise the next pass should wait.
// progress says that something was done that had not been done before: then it need not wait long.
func (r *restoration) apply(ctx context.Context, steps []trail.Step) (smooth, progress bool) {
	r.intent.declare(ctx)
	smooth = true
	done := map[string]bool{}
	for _, s := range steps {
		a := r.begin(s)
		before := a.Outcome == incident.StepDone
		switch {
		case !slices.ContainsFunc(s.After, func(id string) bool { return !done[id] }):
			done[s.ID] = r.try(ctx, a)
		case !before: // what was done before stays done, although a stale read has it planned again
			a.Outcome, a.Error = incident.StepSkipped, "a step that it depends on has not succeeded"
		}
		smooth = smooth && done[s.ID] && !before
		progress = progress || done[s.ID] && !before
	}
	return smooth, progress
}

// try makes the step's call and notes what came of it.
func (r *restoration) try(ctx context.Context, a *attempt) bool {
	start := time.Now()
	if a.Started.IsZero() {
		a.Started = start.UTC()
	}
	receipt, err := r.g.ports.Actuator.Apply(ctx, a.Step)
	a.Attempts++
	a.Duration = time.Since(a.Started)
	if receipt.RequestID != "" {
		a.RequestIDs = append(a.RequestIDs, receipt.RequestID)
	}
	log := r.g.options.Log.With("trail", r.want.ARN, "step", a.ID, "attempt", a.Attempts, "duration", time.Since(start))
	if err != nil {
		a.Outcome, a.Error = incident.StepFailed, err.Error()
		if ClassOf(err) != ClassRetry {
			a.hardFailures++
		}
		log.Warn("step failed", "error", err)
		return false
	}
	a.Outcome, a.Error, a.hardFailures = incident.StepDone, "", 0
	if receipt.DryRun {
		r.dry = true
		a.Outcome = incident.StepPlanned
	}
	log.Info("step "+string(a.Outcome), "op", a.Op)
	return true
}

// begin returns the attempt at a step, making it on first use. The step's arguments are those of the newest plan.
func (r *restoration) begin(s trail.Step) *attempt {
	a := r.attempt(s.ID)
	if a == nil {
		a = &attempt{}
		r.attempts = append(r.attempts, a)
	}
	a.Step = s
	return a
}

func (r *restoration) attempt(id string) *attempt {
	for _, a := range r.attempts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// results lists what became of each step. One that failed and yet is no longer in the plan took effect: its answer was
// lost, or somebody else did it.
func (r *restoration) results() []incident.StepResult {
	left := map[string]bool{}
	for _, s := range r.plan() {
		left[s.ID] = true
	}
	out := make([]incident.StepResult, 0, len(r.attempts))
	for _, a := range r.attempts {
		result := a.StepResult
		if result.Outcome == incident.StepFailed && !left[a.ID] && !a.apart {
			result.Outcome, result.Error = incident.StepDone, ""
		}
		out = append(out, result)
	}
	return out
}
