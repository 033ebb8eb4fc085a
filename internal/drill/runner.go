package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/trail"
)

// Runner performs techniques, one after the other, and judges what came of them.
type Runner struct {
	Range Range

	// Fresh makes another range, which is closed by calling close, for a technique that ruins the one it is performed on. It may be
	// nil if there is no such technique.
	Fresh func(ctx context.Context) (place Range, close func(), err error)

	// Patience bounds the wait for the guard, for each technique. Default: 10 seconds.
	Patience time.Duration

	// OnAttack and OnLetter, if set, are told of attacks as they begin and of alerts as they are received.
	OnAttack func(Technique, Scene)
	OnLetter func(Letter)

	// OnResult, if set, is told of each result.
	OnResult func(Result)

	settled bool // the last look at the range found everything at its baseline
}

// Run performs techniques. The error says why the drill could not go on; what was done until then is in the report.
func (r *Runner) Run(ctx context.Context, techniques []Technique) (Report, error) {
	var done []*engagement
	for _, t := range techniques {
		e, err := r.placed(ctx, t)
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
		if e.place == r.Range {
			errs = append(errs, e.recount())
		}
	}
	report := conclude(done)
	err := errors.Join(errs...)
	report.OK = report.OK && err == nil
	return report, err
}

// placed performs one technique, where nothing is lost if it ruins something.
func (r *Runner) placed(ctx context.Context, t Technique) (*engagement, error) {
	if !t.Ruins {
		return r.one(ctx, t, r.Range)
	}
	if r.Fresh == nil {
		return nil, errors.New("it ruins the range, and there is no other")
	}
	place, done, err := r.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	e, err := r.one(ctx, t, place)
	if err == nil {
		err = e.recount()
	}
	return e, err
}

func conclude(done []*engagement) Report {
	report := Report{Incidents: []Result{}, OK: len(done) > 0}
	for _, e := range done {
		report.Incidents = append(report.Incidents, e.result)
		report.OK = report.OK && e.result.OK
	}
	return report
}

// one performs one technique where everything is at its baseline.
func (r *Runner) one(ctx context.Context, t Technique, place Range) (*engagement, error) {
	e := &engagement{runner: r, place: place, technique: t, mine: map[string]bool{}}
	before, err := e.baseline(ctx)
	if err != nil {
		return nil, err
	}
	r.settled = false
	if e.scene, err = place.Enter(ctx); err != nil {
		return nil, err
	}
	letters, err := place.Letters()
	if err != nil {
		return nil, err
	}
	e.read = len(letters)
	if r.OnAttack != nil {
		r.OnAttack(t, e.scene)
	}
	e.result = Result{Technique: t.ID, Variant: t.Variant, Tier: string(t.Tier()), Title: t.Title(), Expected: t.Outcome, Lost: []string{}}
	if err := e.fight(ctx); err != nil {
		return nil, err
	}
	r.settled = place == r.Range && t.On != "" && t.Clean == nil && len(e.result.Problems) == 0
	return e, e.clean(ctx, before)
}

// baseline checks that everything is at its baseline, and returns the names of the trails beside the target.
func (e *engagement) baseline(ctx context.Context) ([]string, error) {
	if !e.runner.settled || e.place != e.runner.Range {
		if off := e.differences(ctx, ""); len(off) > 0 {
			return nil, fmt.Errorf("not performed, because not everything is at its baseline: %v", off)
		}
	}
	if e.technique.Clean == nil {
		return nil, ctx.Err()
	}
	return e.others(ctx), ctx.Err()
}

// clean removes what the attack left, and checks that nothing is left.
func (e *engagement) clean(ctx context.Context, before []string) error {
	if e.technique.Clean == nil {
		return nil
	}
	janitor, err := e.place.Enter(ctx)
	if err != nil {
		return err
	}
	cleanErr := e.technique.Clean(ctx, janitor)
	if after := e.others(ctx); !slices.Equal(before, after) {
		return fmt.Errorf("the trails beside the target were %v and are now %v (cleaning up: %v)", before, after, cleanErr)
	}
	return nil
}

// others lists the trails beside the target.
func (e *engagement) others(ctx context.Context) []string {
	others, _ := e.place.Observe(ctx, e.place.Target()).Others.Get() // where they are unknown, differences has said so
	var out []string
	for _, c := range others {
		out = append(out, c.ARN)
	}
	slices.Sort(out)
	return out
}

// difference is one thing that is not as the baseline says.
type difference struct {
	field trail.Field // empty: it could not be read
	words string
}

func (d difference) String() string { return d.words }

// differences lists all that separates what is guarded from the baseline; what is unknown counts too. With an ARN, it only
// looks at what has it; and of an attack on the trail itself, at trails with what they rest on.
func (e *engagement) differences(ctx context.Context, arn string) []difference {
	all := slices.DeleteFunc(e.place.Guarded(), func(g trail.Guarded) bool {
		return arn != "" && g.ARN != arn || e.technique.On == "" && !g.IsTrail()
	})
	found := make([][]difference, len(all))
	var looking sync.WaitGroup
	for n, g := range all {
		looking.Go(func() { found[n] = differences(g, e.place.Observe(ctx, g)) })
	}
	looking.Wait()
	return slices.Concat(found...)
}

// differences compares one thing with its baseline.
func differences(want trail.Guarded, have trail.State) []difference {
	diff := trail.Diff(want, have)
	var out []difference
	for _, d := range diff.Drifts {
		out = append(out, difference{d.Field, string(d.Field) + " " + d.Detail})
	}
	for _, u := range diff.Unknown {
		out = append(out, difference{words: u.Facet + " is unknown: " + u.Why})
	}
	return out
}
