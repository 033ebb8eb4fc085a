package labrange_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/drill/labrange"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

// faulty fails the first call of each step, and lets the next ones pass until one has succeeded. Then it begins anew.
type faulty struct {
	guard.Actuator
	fails func(ctx context.Context, apply func() (guard.Receipt, error)) (guard.Receipt, error)

	mu     sync.Mutex
	failed map[string]bool // by step: since its last success
}

func (f *faulty) Apply(ctx context.Context, step trail.Step) (guard.Receipt, error) {
	apply := func() (guard.Receipt, error) { return f.Actuator.Apply(ctx, step) }
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.failed[step.ID] {
		f.failed[step.ID] = true
		return f.fails(ctx, apply)
	}
	receipt, err := apply()
	f.failed[step.ID] = err != nil
	return receipt, err
}

// failures are the ways in which a call can fail and yet be worth another try.
var failures = []struct {
	name  string
	fails func(context.Context, func() (guard.Receipt, error)) (guard.Receipt, error)
}{
	{"throttled", func(context.Context, func() (guard.Receipt, error)) (guard.Receipt, error) {
		return guard.Receipt{}, &guard.APIError{Op: "Any", Code: "ThrottlingException", Message: "Rate exceeded", Class: guard.ClassRetry}
	}},
	{"done but the answer lost", func(_ context.Context, apply func() (guard.Receipt, error)) (guard.Receipt, error) {
		if _, err := apply(); err != nil {
			return guard.Receipt{}, err
		}
		return guard.Receipt{}, &guard.APIError{Op: "Any", Message: "connection reset by peer", Class: guard.ClassRetry}
	}},
	{"refused at first", func(context.Context, func() (guard.Receipt, error)) (guard.Receipt, error) { // permissions are eventually consistent
		return guard.Receipt{}, &guard.APIError{Op: "Any", Code: "AccessDeniedException", Message: "not yet", Class: guard.ClassDenied}
	}},
}

// TestEveryTechniqueUnderAFault performs each technique under one of the faults: what can be undone must be undone, and
// told, all the same. Each fault meets techniques of every tier.
func TestEveryTechniqueUnderAFault(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	for n, failure := range failures {
		t.Run(failure.name, func(t *testing.T) {
			t.Parallel()
			options := labrange.Options{Actuate: func(real guard.Actuator) guard.Actuator {
				return &faulty{Actuator: real, fails: failure.fails, failed: map[string]bool{}}
			}}
			var some []drill.Technique
			for i, technique := range drill.All() {
				if i%len(failures) == n {
					some = append(some, technique)
				}
			}
			runner := drill.Runner{Range: newRange(t, options), Fresh: labrange.Fresh(options), Patience: 30 * time.Second}
			runner.OnResult = func(r drill.Result) {
				t.Logf("%-20s %-14s ok %v %+v", r.Technique, r.Variant, r.OK, r)
			}
			report, err := runner.Run(t.Context(), some)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range report.Incidents {
				if !r.OK {
					t.Errorf("%s (%s): %+v", r.Technique, r.Variant, r)
				}
			}
		})
	}
}
