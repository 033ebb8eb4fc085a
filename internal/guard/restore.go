package guard

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// Bounds of one restoration, beside its time budget.
const (
	maxHardTries = 2 // of a step whose failure says why: permissions and dependencies are eventually consistent, too
	maxRereads   = 3 // of facets that stay unknown
	cleanReads   = 2 // that end a restoration: configuration is eventually consistent, one clean read is no proof
	firstBackoff = 200 * time.Millisecond
	longestWait  = 4 * time.Second
)

// restoration brings one trail back. It is driven by the state alone: each pass observes, plans and tries each step of
// the plan once, until nothing is left to do or nothing more can be done. An answer that was lost needs no special
// case: the next pass sees that the step took effect.
type restoration struct {
	g    *Guard
	full trail.Guarded // the trail's baseline
	want trail.Guarded // the part of it that is being looked at

	state    trail.State      // as last observed
	diff     trail.Difference // of state
	attempts []*attempt       // at each step, in the order of the first
	parts    []trail.Step     // of resources that are being made again
	drifts   []trail.Drift    // all that were seen, first sight first

	intent    *intent
	permitted map[trail.Field]incident.Incident // fields that a change window allows to differ
	initial   trail.State                       // as first observed; its status tells when logging stopped
	cleanAt   time.Time                         // of the first clean read after the last step
	dry       bool                              // the actuator did nothing
	lost      []string                          // what is lost whatever is done, in words
	notes     []string                          // what people should know beside that
}

// observe reads the state and what separates it from the baseline.
func (r *restoration) observe(ctx context.Context) {
	r.note(r.g.ports.Observer.Observe(ctx, r.want))
}

// note takes over what was observed.
func (r *restoration) note(state trail.State) {
	if r.state.ARN == "" {
		r.initial = state
	}
	r.state = state
	r.diff = trail.Diff(r.want, r.state)
	for _, d := range r.diff.Drifts {
		if !slices.ContainsFunc(r.drifts, d.Same) {
			r.drifts = append(r.drifts, d)
		}
	}
}

// startFirst starts logging, where a record says that it may have been stopped, before anything is read that could hold
// it up: a facet that hangs must not cost seconds of records. Whatever else drifted is for the passes after it.
func (r *restoration) startFirst(ctx context.Context, signals []tamper.Signal) {
	if slices.ContainsFunc(signals, func(s tamper.Signal) bool { return tampers(s) && slices.Contains(s.Techniques, tamper.StopLogging) }) {
		r.start(ctx)
	}
}

// start looks at nothing but what decides about logging, and starts it if it was stopped.
func (r *restoration) start(ctx context.Context) {
	r.want = trail.Guarded{Config: r.full.Config, Logging: r.full.Logging, Restore: r.full.Restore, AlertOnly: r.full.AlertOnly}
	defer func() { r.want = r.full }()
	r.note(r.g.ports.Observer.Essentials(ctx, r.want))
	config := r.state.Config.Knowledge() == trail.Present
	r.intent.await(ctx) // a change window may allow it
	r.want.AlertOnly = r.full.AlertOnly
	if _, stopped := r.diff.Find(trail.FieldLogging); stopped && config {
		r.apply(ctx, r.plan())
	}
}

// look observes for the first time, and keeps looking while the records of the signals contradict what is seen.
func (r *restoration) look(ctx context.Context, signals []tamper.Signal, known []incident.Incident) {
	r.observe(ctx)
	signals = slices.DeleteFunc(slices.Clone(signals), func(s tamper.Signal) bool { return settled(s, known) })
	deadline := time.Now().Add(r.g.options.Doubt)
	for wait := firstBackoff; r.doubtful(signals); wait *= 2 {
		if time.Now().Add(wait).After(deadline) || !pause(ctx, wait) {
			break
		}
		r.observe(ctx)
	}
}

// settled says whether the recorded call was made before a restoration that has been read back since: a state that shows
// nothing of it is then no wonder.
func settled(s tamper.Signal, known []incident.Incident) bool {
	return slices.ContainsFunc(known, func(i incident.Incident) bool {
		return !i.Restored.IsZero() && s.Record.EventTime.Before(i.Restored.Truncate(time.Second))
	})
}

// doubtful says whether the state looks as if the recorded calls had not happened. A trail whose logging was started
// after the call is no longer doubtful: somebody was faster. Nor is any state that the calls leave as it is.
func (r *restoration) doubtful(signals []tamper.Signal) bool {
	if len(r.drifts) > 0 {
		return false
	}
	status, known := r.state.Status.Get()
	return slices.ContainsFunc(signals, func(s tamper.Signal) bool {
		recent := time.Since(s.Record.EventTime) < 2*time.Minute
		outlived := known && s.Record.EventName == "StopLogging" && status.StartLoggingTime.After(s.Record.EventTime)
		return tampers(s) && recent && !outlived && !s.Traceless()
	})
}

// run restores until the state was read back clean twice, nothing more can be tried, or ctx ends.
func (r *restoration) run(ctx context.Context) {
	clean, failures, rereads := 0, 0, 0
	for {
		wait := time.Duration(0)
		switch steps := r.open(); {
		case len(steps) > 0:
			clean, r.cleanAt = 0, time.Time{}
			r.remember(steps)
			smooth, progress := r.apply(ctx, steps)
			if failures++; progress {
				failures = 1
				r.reconsider()
			}
			if !smooth {
				wait = backoff(failures)
			}
			if r.dry {
				return
			}
		case len(r.diff.Unknown) > 0 && rereads < maxRereads:
			rereads++
			wait = backoff(rereads)
		default:
			if clean++; clean == 1 {
				r.cleanAt = time.Now()
			}
			if clean >= cleanReads || len(r.attempts) == 0 {
				return
			}
			wait = r.g.options.Pause
		}
		if !pause(ctx, wait) {
			return
		}
		r.observe(ctx)
	}
}

// plan lists the steps that would remove what is restorable of the last observed drift, and what is left of making a
// resource again: a bucket that is there but has no lifecycle keeps more than it should, which is nobody's harm to undo unless it was
// this restoration that made it so.
func (r *restoration) plan() []trail.Step {
	steps := trail.Plan(r.g.baseline, r.want, r.state)
	for _, s := range r.parts {
		drifts := slices.ContainsFunc(r.diff.Drifts, func(d trail.Drift) bool { return d.Resource == s.ARN && slices.Contains(s.Mends, d.Field) })
		if drifts && !slices.ContainsFunc(steps, func(planned trail.Step) bool { return planned.ID == s.ID }) {
			s.After = nil
			steps = append(steps, s)
		}
	}
	return steps
}

// remember keeps the steps that follow the making of a resource which is about to be tried.
func (r *restoration) remember(steps []trail.Step) {
	made := map[string]bool{} // resources
	for _, s := range steps {
		switch {
		case s.Setting == trail.Identity:
			made[s.ARN] = true
		case made[s.ARN] && !slices.ContainsFunc(r.parts, func(part trail.Step) bool { return part.ID == s.ID }):
			r.parts = append(r.parts, s)
		}
	}
}

// open lists the steps of the plan that may still be tried.
func (r *restoration) open() []trail.Step {
	return slices.DeleteFunc(r.plan(), func(s trail.Step) bool {
		a := r.attempt(s.ID)
		return a != nil && a.exhausted()
	})
}

// reached says whether nothing restorable is left. It says nothing of facets that are unknown.
func (r *restoration) reached() bool {
	return len(r.plan()) == 0 && !slices.ContainsFunc(r.attempts, func(a *attempt) bool { return a.apart && a.Outcome == incident.StepFailed })
}

// backoff is the wait after the n-th failure in a row, doubling from firstBackoff to longestWait, spread by a fifth so
// that several guards don't retry in step.
func backoff(n int) time.Duration {
	wait := min(firstBackoff<<min(n-1, 10), longestWait)
	return wait + time.Duration(rand.Int64N(int64(wait)/5))
}
