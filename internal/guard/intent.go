package guard

import (
	"context"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/tamper"
)

// intentWait is how long the first call of a restoration waits for the journal: long enough for one that works, and
// short against the time in which CloudTrail makes a log file.
const intentWait = 300 * time.Millisecond

// intent writes the incident into the journal before anything is changed. A guard that is killed in the middle of a
// restoration leaves a trail that looks untouched; only the journal can then tell the next one that people are still
// owed an alert. A journal that is down or slow does not hold up the restoration.
type intent struct {
	g       *Guard
	r       *restoration
	signals []tamper.Signal
	cause   incident.Cause
	seen    time.Time

	recalling chan struct{} // closed when known and err are set
	known     []incident.Incident
	windows   []incident.Incident // change windows that have not been ended
	err       error
	settled   bool // windows have been taken into account

	saving   chan struct{}      // closed when declared is set; nil if nothing was to be saved
	declared *incident.Incident // as it was saved; nil if it was not
	fate     fate
	tried    bool

	declaring bool // nothing has been done yet
}

// recall begins to read the journal.
func (n *intent) recall(ctx context.Context) {
	n.recalling = make(chan struct{})
	go func() {
		defer close(n.recalling)
		all, err := n.g.recall(ctx, n.r.full.ARN, n.seen)
		n.windows, n.known = windows(all)
		n.err = err
	}()
}

// recalled waits for what the journal knows.
func (n *intent) recalled() ([]incident.Incident, error) {
	<-n.recalling
	n.settle()
	return n.known, n.err
}

// settle lets the change windows take effect.
func (n *intent) settle() {
	if !n.settled {
		n.settled = true
		n.r.permit(n.windows, n.seen)
		n.r.leave(n.known, n.signals, n.seen)
	}
}

// await waits for what the journal knows, but not for long. A change window that cannot be read in time does not exist.
func (n *intent) await(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, intentWait)
	defer cancel()
	select {
	case <-n.recalling:
		n.settle()
		return true
	case <-ctx.Done():
		return false
	}
}

// declare saves what is about to be done, once, and returns when that has happened or has taken too long. A save that
// takes too long goes on meanwhile: were it abandoned, nobody would know whether the journal has it, and a second guard
// that finds it there would leave the telling to this one.
func (n *intent) declare(ctx context.Context) {
	if n.tried || n.r.dry {
		return
	}
	if !n.await(ctx) {
		return // the next pass tries again
	}
	n.tried = true
	fresh, late, alike := sortSignals(n.signals, n.known)
	late = append(late, n.r.causes(alike)...)
	n.declaring = true
	i, fate := n.g.account(n.r, n.known, fresh, late, n.cause, n.seen)
	n.declaring = false
	if fate == nothing {
		return
	}
	n.fate, n.saving = fate, make(chan struct{})
	go n.save(context.WithoutCancel(ctx), i)
	ctx, cancel := context.WithTimeout(ctx, intentWait)
	defer cancel()
	select {
	case <-n.saving:
	case <-ctx.Done():
	}
}

func (n *intent) save(ctx context.Context, i incident.Incident) {
	defer close(n.saving)
	ctx, cancel := context.WithTimeout(ctx, journalTimeout)
	defer cancel()
	if saved, err := n.g.ports.Journal.Save(ctx, i); err == nil {
		n.declared = &saved
		n.g.lane(i.TrailARN).remember(saved)
	}
}

// declaration is the incident as it was declared, nil if it was not. It waits for a save that is under way.
func (n *intent) declaration() *incident.Incident {
	if n.saving == nil {
		return nil
	}
	<-n.saving
	return n.declared
}

// teller is who tells people of an incident. Another guard may have saved it so recently that it is still at it, or at
// telling: then it is left to that one, and to the next sweep if it was killed.
func (n *intent) teller(id string) teller {
	underWay := slices.ContainsFunc(n.known, func(k incident.Incident) bool {
		untold := k.Stage == incident.Open || len(k.Told) == 0 && (k.Stage == incident.Restored || k.Stage == incident.Failed)
		return k.ID == id && untold && n.seen.Sub(k.Seen) < n.g.options.Budget+tellTimeout
	})
	switch {
	case underWay:
		return another
	case n.declaration() != nil:
		return this
	}
	return whoSaves
}

// stepsBefore lists what had been tried for an incident before this restoration.
func stepsBefore(known []incident.Incident, id string) []incident.StepResult {
	for _, k := range known {
		if k.ID == id {
			return slices.Clone(k.Steps)
		}
	}
	return nil
}

// outcome accounts for the restoration: in the incident that was declared, or else in whatever it now turns out to be.
func (n *intent) outcome(known []incident.Incident, fresh, late []tamper.Signal) (incident.Incident, fate) {
	declared := n.declaration()
	if declared == nil {
		return n.g.account(n.r, known, fresh, late, n.cause, n.seen)
	}
	i := *declared
	i.Steps = stepsBefore(known, i.ID)
	n.g.conclude(&i, n.r, append(slices.Clone(fresh), late...)) // which were folded in when it was declared
	return i, n.fate
}
