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

// declare saves what is about to be done, once, and returns when that has happened or has taken too long.
func (n *intent) declare(ctx context.Context) {
	if n.tried || n.r.dry {
		return
	}
	if !n.await(ctx) {
		return // the next pass tries again
	}
	ctx, cancel := context.WithTimeout(ctx, intentWait)
	defer cancel()
	n.tried = true
	fresh, late := sortSignals(n.signals, n.known)
	n.declaring = true
	i, fate := n.g.account(n.r, n.known, fresh, late, n.cause, n.seen)
	n.declaring = false
	if fate == nothing {
		return
	}
	if saved, err := n.g.ports.Journal.Save(ctx, i); err == nil {
		n.declared, n.fate = &saved, fate
		n.g.lane(i.TrailARN).remember(saved)
	}
}

// teller is who tells people. Another guard may have declared the incident so recently that it is still at it: then it
// is left to that one, and to the next sweep if it was killed.
func (n *intent) teller() teller {
	if n.declared == nil {
		return whoSaves
	}
	underWay := slices.ContainsFunc(n.known, func(k incident.Incident) bool {
		return k.ID == n.declared.ID && k.Stage == incident.Open && n.seen.Sub(k.Seen) < n.g.options.Budget+tellTimeout
	})
	if underWay {
		return another
	}
	return this
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
	if n.declared == nil {
		return n.g.account(n.r, known, fresh, late, n.cause, n.seen)
	}
	i := *n.declared
	i.Steps = stepsBefore(known, i.ID)
	n.g.conclude(&i, n.r, append(slices.Clone(fresh), late...)) // which were folded in when it was declared
	return i, n.fate
}
