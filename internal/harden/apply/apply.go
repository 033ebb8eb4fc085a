// Package apply carries out a plan that package harden made: one call after the other, each of them read back.
package apply

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/harden"
	"github.com/trailhold/trailhold/internal/trail"
)

// Cloud is what carries a plan out.
type Cloud interface {
	// Observe reads what is wanted: a trail, or a resource by itself.
	Observe(ctx context.Context, want trail.Guarded) trail.State
	// Apply makes the one call that the step names. Errors are *guard.APIError.
	Apply(ctx context.Context, step trail.Step) (guard.Receipt, error)
}

// Outcome is what became of a step.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"     // the call was made, and what it leads to was read back
	Already  Outcome = "already"  // it was so already: nothing was called
	Failed   Outcome = "failed"   // AWS refused the call, or what is there could not be read before it
	Skipped  Outcome = "skipped"  // a step that it rests on did not succeed, or the run was ended
	Changed  Outcome = "changed"  // somebody has changed it since the plan was made: nothing was called
	Unproved Outcome = "unproved" // AWS accepted the call, but what it leads to was not read back in time
)

// Good says whether what the step leads to is there.
func (o Outcome) Good() bool { return o == Done || o == Already }

// Result is what became of one step.
type Result struct {
	Number    int      `json:"number"` // of the step
	Call      trail.Op `json:"call"`
	Resource  string   `json:"resource"`
	Outcome   Outcome  `json:"outcome"`
	Detail    string   `json:"detail,omitempty"`
	RequestID string   `json:"requestId,omitempty"` // AWS's, of the last call that was made
}

// pauses are between the attempts of a call that may succeed a moment later: throttled, or because CloudTrail does not know a
// new role yet, for which IAM needs some ten seconds.
var pauses = []time.Duration{time.Second, 3 * time.Second, 8 * time.Second}

// lags are between the looks for what a call leads to: configurations are eventually consistent.
var lags = []time.Duration{250 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// Run carries out the steps of a plan in their order, and tells of each when its outcome is known. A step that fails holds up
// none but those that rest on it. What failed is tried a second time at the end if anything succeeded after it: it may have
// been in the way, as an ACL is of turning ACLs off. When ctx ends, the rest is skipped.
func Run(ctx context.Context, cloud Cloud, plan harden.Plan, told func(Result)) []Result {
	r := run{cloud: cloud, results: map[int]Result{}}
	var again []harden.Step
	last := 0 // number of the last step that succeeded
	for _, s := range plan.Steps {
		result := r.step(ctx, s)
		if result.Outcome == Done {
			last = s.Number
		}
		if result.Outcome == Failed || result.Outcome == Skipped {
			again = append(again, s)
			continue // its outcome is not known yet
		}
		told(result)
	}
	for _, s := range again {
		if s.Number < last && ctx.Err() == nil {
			if r.step(ctx, s).Outcome == Done {
				last = max(last, len(plan.Steps)) // what rests on it, is tried again too
			}
		}
		told(r.results[s.Number])
	}
	results := make([]Result, 0, len(plan.Steps))
	for _, s := range plan.Steps {
		results = append(results, r.results[s.Number])
	}
	return results
}

// run is a plan under way.
type run struct {
	cloud   Cloud
	results map[int]Result // by number of the step
}

// step carries out one step.
func (r *run) step(ctx context.Context, s harden.Step) Result {
	result := Result{Number: s.Number, Call: s.Call, Resource: s.Resource}
	rests := slices.IndexFunc(s.After, func(n int) bool { return !r.results[n].Outcome.Good() })
	switch {
	case ctx.Err() != nil:
		result.Outcome, result.Detail = Skipped, "the run was ended before"
	case rests >= 0:
		result.Outcome, result.Detail = Skipped, fmt.Sprintf("step %d did not succeed", s.After[rests])
	default:
		r.attempt(ctx, s, &result)
	}
	r.results[s.Number] = result
	return result
}

// attempt looks, calls and looks again, until the call is accepted or will not be. A call whose answer was lost may have taken
// effect, which the next look shows.
func (r *run) attempt(ctx context.Context, s harden.Step, result *Result) {
	call, look := s.Wanted()
	called := false
	for n := 0; ; n++ {
		is, why := s.Stands(r.cloud.Observe(ctx, look))
		switch {
		case is == harden.Done && called:
			result.Outcome = Done
			return
		case is == harden.Done:
			result.Outcome = Already
			return
		case is == harden.Changed:
			result.Outcome, result.Detail = Changed, "it was changed after the plan was made: run again to plan with what is there now"
			return
		case is == harden.Unread:
			result.Outcome, result.Detail = Failed, "it could not be read before the call: "+why
		default:
			receipt, err := r.cloud.Apply(ctx, call)
			called, result.RequestID = true, receipt.RequestID
			if err == nil {
				r.prove(ctx, s, look, result)
				return
			}
			result.Outcome, result.Detail = Failed, err.Error()
			if class := guard.ClassOf(err); class != guard.ClassRetry && class != guard.ClassDependency {
				return
			}
		}
		if n >= len(pauses) || !wait(ctx, pauses[n]) {
			return
		}
	}
}

// prove reads back what the call leads to.
func (r *run) prove(ctx context.Context, s harden.Step, look trail.Guarded, result *Result) {
	for n := 0; ; n++ {
		is, why := s.Stands(r.cloud.Observe(ctx, look))
		if is == harden.Done {
			result.Outcome, result.Detail = Done, ""
			return
		}
		if n >= len(lags) || !wait(ctx, lags[n]) {
			result.Outcome, result.Detail = Unproved, "AWS accepted the call, but it does not show yet"
			if why != "" {
				result.Detail = "AWS accepted the call, but what it leads to could not be read: " + why
			}
			return
		}
	}
}

// wait says whether the time has passed, and not ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
