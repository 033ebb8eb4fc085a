package drill

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// patience is how long to wait for the guard by default, and look the time between two looks for fresh delivery or letters.
const (
	patience = 10 * time.Second
	look     = 20 * time.Millisecond
)

// engagement is one technique under way.
type engagement struct {
	runner    *Runner
	place     Range
	technique Technique
	scene     Scene
	read      int // letters that were there before, or have been counted

	result   Result
	incident incident.Incident   // the newest account of it
	swept    []incident.Incident // that sweeps have found, and that were not considered yet
	mine     map[string]bool     // ids of those that sweeps have found
}

func (e *engagement) problem(format string, args ...any) {
	e.result.Problems = append(e.result.Problems, fmt.Sprintf(format, args...))
}

// fight attacks and judges. The error is that of the drill itself: the guard's failure is a result.
func (e *engagement) fight(ctx context.Context) error {
	guardCtx, cancel := context.WithTimeout(ctx, cmp.Or(e.runner.Patience, patience))
	defer cancel()
	var first, last time.Time
	for round := range e.technique.rounds() {
		last = time.Now()
		if round == 0 {
			first = last
		}
		if err := e.detonate(ctx); err != nil {
			return fmt.Errorf("the attack failed: %w", err)
		}
		if !e.await(guardCtx, round == e.technique.rounds()-1) {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := e.letters(); err != nil {
		return err
	}
	if e.result.Seen {
		e.prove(guardCtx)
	}
	if err := e.receive(guardCtx); err != nil {
		return err
	}
	e.judge(ctx, first, last)
	return ctx.Err()
}

// detonate performs the attack before the guard hears of any of it.
func (e *engagement) detonate(ctx context.Context) error {
	release := e.place.Hold()
	defer release()
	return e.technique.attack(ctx, e.scene)
}

// await waits until the guard has dealt with a round. Only the last round must be recognised as what it is part of.
func (e *engagement) await(ctx context.Context, last bool) bool {
	for {
		i, err := e.next(ctx)
		switch {
		case ctx.Err() != nil:
			e.problem("the guard had not dealt with it when the wait ended; last incident: %s", e.lastIncident())
			return false
		case err != nil:
			e.problem("the guard failed: %v", err)
			continue
		case !e.technique.Unheard && i.Actor.AccessKeyID != e.scene.AccessKeyID:
			continue // what the drill itself, or an earlier intruder, has caused
		case !e.concerned(i):
			continue // something that only serves the attack
		}
		e.incident = i
		if last {
			e.result.Seen = slices.Contains(i.Techniques, e.technique.seenAs())
			e.result.Swept = i.Cause == incident.CauseSweep
		}
		if done, more := e.dealt(ctx, i); done && (e.result.Seen || !last) {
			return true
		} else if !more {
			e.problem("the guard left it at stage %s: %v", i.Stage, i.Notes)
			return false
		}
	}
}

// next waits for the next incident. Of an attack that no event tells of, sweeps do.
func (e *engagement) next(ctx context.Context) (incident.Incident, error) {
	if !e.technique.Unheard {
		return e.place.Next(ctx)
	}
	for len(e.swept) == 0 {
		found, err := e.place.Sweep(ctx)
		if err != nil || ctx.Err() != nil {
			return incident.Incident{}, err
		}
		for _, i := range found {
			e.mine[i.ID] = true
		}
		if e.swept = found; len(found) == 0 {
			pause(ctx, look)
		}
	}
	i := e.swept[0]
	e.swept = e.swept[1:]
	return i, nil
}

// concerned says whether an incident is of what was attacked.
func (e *engagement) concerned(i incident.Incident) bool {
	switch on := e.technique.On; {
	case e.technique.Outcome == Reported:
		return true
	case on == "":
		return i.TrailARN == e.scene.Target.ARN
	default:
		return slices.ContainsFunc(e.scene.Guarded, func(g trail.Guarded) bool {
			return g.ARN == i.TrailARN && slices.ContainsFunc(g.Dependents, func(r trail.Resource) bool { return r.Type == on })
		})
	}
}

// dealt says whether an incident has reached what is expected, and whether it still may.
func (e *engagement) dealt(ctx context.Context, i incident.Incident) (done, more bool) {
	switch expected := e.technique.Outcome; {
	case expected == Alerted && i.Stage == incident.AlertOnly:
		return true, true
	case expected == Reported:
	case i.Stage == incident.Planned, i.Stage == incident.Failed, i.Stage == incident.AlertOnly:
		return false, false
	case expected == Alerted, i.Stage != incident.Restored && i.Stage != incident.Proved:
		return false, true
	}
	arn := i.TrailARN
	if e.technique.alerts() > 1 {
		arn = "" // another incident is part of it
	}
	for len(e.differences(ctx, arn)) > 0 {
		// What belongs to another incident may take longer; and of several rounds, the account may be of an earlier one.
		if e.technique.rounds() > 1 || !pause(ctx, look) {
			return false, true
		}
	}
	return true, true
}

func (e *engagement) lastIncident() string {
	if e.incident.ID == "" {
		return "none"
	}
	return fmt.Sprintf("%s, stage %s, techniques %v", e.incident.ID, e.incident.Stage, e.incident.Techniques)
}

// prove waits until the restored incident is proved.
func (e *engagement) prove(ctx context.Context) {
	for e.incident.Stage == incident.Restored || e.incident.Stage == incident.Open { // another round of it may be under way
		i, err := e.place.Prove(ctx, e.incident.ID)
		if err != nil && ctx.Err() == nil {
			e.problem("delivery could not be proved: %v", err)
			return
		}
		if err == nil {
			e.incident = i
		}
		if !pause(ctx, look) {
			e.problem("fresh delivery was not seen: %+v", e.incident.Proof)
			return
		}
	}
}

// judge compares what was reached with what is expected. It believes its own eyes.
func (e *engagement) judge(ctx context.Context, first, last time.Time) {
	r, i := &e.result, e.incident
	off := e.observed(ctx)
	claimed := i.Stage == incident.Restored || i.Stage == incident.Proved
	r.Restored = e.technique.Outcome == Restored && claimed && len(off) == 0
	r.Proved = r.Restored && i.Stage == incident.Proved
	if i.ID != "" {
		r.Incident, r.Lost = i.ID, append(r.Lost, i.Lost...)
		r.Seconds = Seconds{seconds(first, i.Seen), seconds(last, i.Restored), seconds(last, i.Proved)}
	}
	if !r.Seen && i.ID != "" {
		e.problem("seen as %v, not as %s", i.Techniques, e.technique.seenAs())
	}
	if r.Seen && r.Swept != e.technique.Unheard {
		e.problem("a sweep found it: %v", r.Swept)
	}
	if e.technique.Outcome != Restored && claimed {
		e.problem("the guard restored what had not changed, or cannot be restored")
	}
	if want := e.technique.alerts(); r.Alerts != want {
		e.problem("%d alerts were received, not %d", r.Alerts, want)
	}
	reached := r.Seen && (e.technique.Outcome != Restored || r.Restored && r.Proved)
	r.OK = reached && len(r.Problems) == 0
}

// observed lists what is not at its baseline, each thing a problem unless nothing else could come of the attack.
func (e *engagement) observed(ctx context.Context) []difference {
	off := e.differences(ctx, "")
	if e.technique.Look != nil {
		left, err := e.technique.Look(ctx, e.scene)
		if err != nil {
			left = append(left, err.Error())
		}
		for _, words := range left {
			off = append(off, difference{words: words})
		}
	}
	technique, _ := tamper.Lookup(e.technique.ID)
	for _, d := range off {
		if e.technique.Outcome != Alerted || !slices.Contains(technique.Fields, d.field) {
			e.problem("not at its baseline: %s", d)
		}
	}
	if e.technique.Outcome == Alerted && len(off) == 0 {
		e.problem("it was said that it cannot be restored, and it was")
	}
	return off
}

// receive waits for the letters that are due. Those about trails beside the target come in their own time.
func (e *engagement) receive(ctx context.Context) error {
	for {
		if err := e.letters(); err != nil {
			return err
		}
		if e.result.Alerts >= e.technique.alerts() || len(e.result.Problems) > 0 {
			return nil
		}
		if !pause(ctx, look) {
			return nil
		}
	}
}

// recount looks, at the end of the whole drill, for letters that came after the technique was judged.
func (e *engagement) recount() error {
	before := e.result.Alerts
	err := e.letters()
	if e.result.Alerts != before {
		e.problem("%d more alerts were received later", e.result.Alerts-before)
		e.result.OK = false
	}
	return err
}

// letters counts the letters about this intruder that were received since the last look. The second letter about an
// incident, once it is proved, is a follow-up.
func (e *engagement) letters() error {
	all, err := e.place.Letters()
	if err != nil {
		return err
	}
	for n := e.read; n < len(all); n++ {
		letter := all[n]
		if letter.Incident.Actor.AccessKeyID != e.scene.AccessKeyID && !e.mine[letter.Incident.ID] {
			continue
		}
		if letter.Incident.Stage == incident.Proved && about(all[:n], letter.Incident.ID) {
			e.result.FollowUps++
		} else {
			e.result.Alerts++
		}
		if e.runner.OnLetter != nil {
			e.runner.OnLetter(letter)
		}
	}
	e.read = len(all)
	return nil
}

// about says whether one of the letters is about an incident.
func about(letters []Letter, id string) bool {
	return slices.ContainsFunc(letters, func(l Letter) bool { return l.Incident.ID == id })
}

// pause waits; false means that ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
