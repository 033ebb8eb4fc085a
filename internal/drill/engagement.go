package drill

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
)

// patience is how long to wait for the guard by default, and look the time between two looks for fresh delivery or letters.
const (
	patience = 10 * time.Second
	look     = 20 * time.Millisecond
)

// engagement is one technique under way.
type engagement struct {
	runner    *Runner
	technique Technique
	scene     Scene
	read      int // letters that were there before, or have been counted

	result   Result
	incident incident.Incident // the newest account of it
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
	release := e.runner.Range.Hold()
	defer release()
	return e.technique.Attack(ctx, e.scene)
}

// await waits until the guard has dealt with a round. Only the last round must be recognised as what it is part of.
func (e *engagement) await(ctx context.Context, last bool) bool {
	for {
		i, err := e.runner.Range.Next(ctx)
		switch {
		case ctx.Err() != nil:
			e.problem("the guard had not dealt with it when the wait ended; last incident: %s", e.lastIncident())
			return false
		case err != nil:
			e.problem("the guard failed: %v", err)
			continue
		case i.Actor.AccessKeyID != e.scene.AccessKeyID:
			continue // what the drill itself, or an earlier intruder, has caused
		case e.technique.Outcome == Restored && i.TrailARN != e.scene.Target.ARN:
			continue // of a trail that only serves the attack
		}
		e.incident = i
		if last {
			e.result.Seen = slices.Contains(i.Techniques, e.technique.seenAs())
		}
		if done, more := e.dealt(ctx, i); done && (e.result.Seen || !last) {
			return true
		} else if !more {
			e.problem("the guard left it at stage %s: %v", i.Stage, i.Notes)
			return false
		}
	}
}

// dealt says whether an incident has reached what is expected, and whether it still may.
func (e *engagement) dealt(ctx context.Context, i incident.Incident) (done, more bool) {
	switch {
	case e.technique.Outcome == Reported:
		return true, true
	case i.Stage == incident.Planned, i.Stage == incident.Failed, i.Stage == incident.AlertOnly:
		return false, false
	case i.Stage != incident.Restored && i.Stage != incident.Proved:
		return false, true
	}
	// The account may be of an earlier round; the trail itself is not.
	return len(differences(e.scene.Target, e.runner.Range.Observe(ctx))) == 0, true
}

func (e *engagement) lastIncident() string {
	if e.incident.ID == "" {
		return "none"
	}
	return fmt.Sprintf("%s, stage %s, techniques %v", e.incident.ID, e.incident.Stage, e.incident.Techniques)
}

// prove waits until the restored incident is proved.
func (e *engagement) prove(ctx context.Context) {
	for e.incident.Stage == incident.Restored {
		i, err := e.runner.Range.Prove(ctx, e.incident.ID)
		if err != nil && ctx.Err() == nil {
			e.problem("delivery could not be proved: %v", err)
			return
		}
		if err == nil {
			e.incident = i
		}
		select {
		case <-ctx.Done():
			e.problem("fresh delivery was not seen: %+v", e.incident.Proof)
			return
		case <-time.After(look):
		}
	}
}

// judge compares what was reached with what is expected. It believes its own eyes.
func (e *engagement) judge(ctx context.Context, first, last time.Time) {
	r, i := &e.result, e.incident
	off := differences(e.scene.Target, e.runner.Range.Observe(ctx))
	for _, difference := range off {
		e.problem("the trail is not at its baseline: %s", difference)
	}
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
	if e.technique.Outcome == Reported && claimed {
		e.problem("the guard restored what had not changed")
	}
	if want := e.technique.alerts(); r.Alerts != want {
		e.problem("%d alerts were received, not %d", r.Alerts, want)
	}
	reached := r.Seen && (e.technique.Outcome == Reported || r.Restored && r.Proved)
	r.OK = reached && len(r.Problems) == 0
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
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(look):
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
	all, err := e.runner.Range.Letters()
	if err != nil {
		return err
	}
	for n := e.read; n < len(all); n++ {
		letter := all[n]
		if letter.Incident.Actor.AccessKeyID != e.scene.AccessKeyID {
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
