package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/trail"
)

// Runner performs techniques, one after the other, and judges what came of them.
type Runner struct {
	Range Range

	// Patience bounds the wait for the guard, for each technique. Default: 10 seconds.
	Patience time.Duration

	// OnAttack and OnLetter, if set, are told of attacks as they begin and of alerts as they are received.
	OnAttack func(Technique, Scene)
	OnLetter func(Letter)

	// OnResult, if set, is told of each result.
	OnResult func(Result)
}

// Run performs techniques. The error says why the drill could not go on; what was done until then is in the report.
func (r *Runner) Run(ctx context.Context, techniques []Technique) (Report, error) {
	var done []*engagement
	for _, t := range techniques {
		e, err := r.one(ctx, t)
		if err != nil {
			report := conclude(done)
			report.OK = false
			return report, fmt.Errorf("%s: %w", t.Name(), err)
		}
		done = append(done, e)
		if r.OnResult != nil {
			r.OnResult(e.result)
		}
	}
	var errs []error
	for _, e := range done {
		errs = append(errs, e.recount())
	}
	report := conclude(done)
	err := errors.Join(errs...)
	report.OK = report.OK && err == nil
	return report, err
}

func conclude(done []*engagement) Report {
	report := Report{Incidents: []Result{}, OK: len(done) > 0}
	for _, e := range done {
		report.Incidents = append(report.Incidents, e.result)
		report.OK = report.OK && e.result.OK
	}
	return report
}

// one performs one technique on a trail that is at its baseline.
func (r *Runner) one(ctx context.Context, t Technique) (*engagement, error) {
	before, err := r.baseline(ctx)
	if err != nil {
		return nil, err
	}
	scene, err := r.Range.Enter(ctx)
	if err != nil {
		return nil, err
	}
	letters, err := r.Range.Letters()
	if err != nil {
		return nil, err
	}
	if r.OnAttack != nil {
		r.OnAttack(t, scene)
	}
	e := &engagement{runner: r, technique: t, scene: scene, read: len(letters)}
	e.result = Result{Technique: t.ID, Variant: t.Variant, Title: t.Title(), Expected: t.Outcome, Lost: []string{}}
	if err := e.fight(ctx); err != nil {
		return nil, err
	}
	return e, r.clean(ctx, t, before)
}

// baseline checks that the trail is at its baseline, and returns the names of the trails beside it.
func (r *Runner) baseline(ctx context.Context) ([]string, error) {
	state := r.Range.Observe(ctx)
	if off := differences(r.Range.Target(), state); len(off) > 0 {
		return nil, fmt.Errorf("not performed, because the trail is not at its baseline: %v", off)
	}
	return names(state), ctx.Err()
}

// clean removes what the attack left beside the target, and checks that nothing is left.
func (r *Runner) clean(ctx context.Context, t Technique, before []string) error {
	if t.Clean == nil {
		return nil
	}
	janitor, err := r.Range.Enter(ctx)
	if err != nil {
		return err
	}
	cleanErr := t.Clean(ctx, janitor)
	if after := names(r.Range.Observe(ctx)); !slices.Equal(before, after) {
		return fmt.Errorf("the trails beside the target were %v and are now %v (cleaning up: %v)", before, after, cleanErr)
	}
	return nil
}

// names lists the trails beside the target.
func names(state trail.State) []string {
	others, _ := state.Others.Get() // where they are unknown, differences has said so
	var out []string
	for _, c := range others {
		out = append(out, c.ARN)
	}
	slices.Sort(out)
	return out
}

// differences lists, in words, all that separates a state from the baseline; what is unknown counts too.
func differences(want trail.Guarded, have trail.State) []string {
	difference := trail.Diff(want, have)
	var out []string
	for _, d := range difference.Drifts {
		out = append(out, string(d.Field)+" "+d.Detail)
	}
	for _, u := range difference.Unknown {
		out = append(out, u.Facet+" is unknown: "+u.Why)
	}
	return out
}
