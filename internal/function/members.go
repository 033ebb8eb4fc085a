package function

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/memberlist"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxAccounts is how many accounts are looked at at once. Each takes some 15 calls at a time.
const maxAccounts = 8

// Organization is a guard of several accounts: the function's own, and members of its organization, each with a guard and a
// baseline of its own. It satisfies Guard. A member's guard is made when there is something to do in its account, so that events
// of the function's own account wait for nothing.
type Organization struct {
	Home     Guard
	Baseline trail.Baseline // of Home

	// List reads which members there are, Open makes the guard of one of them. Both are asked again after an error.
	List func(context.Context) (memberlist.List, error)
	Open func(context.Context, memberlist.List, memberlist.Member) (Guard, error)

	mu     sync.Mutex // guards what follows
	list   *memberlist.List
	guards map[string]Guard // by account
}

// Handle hands each record to the guard of the account that it was recorded in, and to that of the function's own account what
// that one's baseline has in other accounts, such as a bucket for logs. Records of accounts that are not guarded go there, too:
// people hear of them.
func (o *Organization) Handle(ctx context.Context, records []record.Record) ([]incident.Incident, error) {
	var home []record.Record
	var foreign []string
	of := map[string][]record.Record{}
	for _, r := range records {
		account := cmp.Or(r.RecipientAccountID, r.Identity.AccountID, o.Baseline.Account)
		if account == o.Baseline.Account || o.concernsHome(r) {
			home = append(home, r)
		}
		if account == o.Baseline.Account {
			continue
		}
		if of[account] == nil {
			foreign = append(foreign, account)
		}
		of[account] = append(of[account], r)
	}
	var work []func() ([]incident.Incident, error)
	var failed error
	for _, account := range foreign {
		g, err := o.guard(ctx, account)
		if failed = errors.Join(failed, err); g == nil {
			home = append(home, slices.DeleteFunc(of[account], o.concernsHome)...)
			continue
		}
		work = append(work, func() ([]incident.Incident, error) { return g.Handle(ctx, of[account]) })
	}
	if len(home) > 0 {
		work = append(work, func() ([]incident.Incident, error) { return o.Home.Handle(ctx, home) })
	}
	found, err := together(work)
	return found, errors.Join(failed, err)
}

// concernsHome says whether a record names something that the function's own baseline guards. Of trails each account's guard
// knows best.
func (o *Organization) concernsHome(r record.Record) bool {
	s, ok := tamper.Classify(r)
	return ok && len(s.Resources) > 0 && slices.ContainsFunc(o.Baseline.Units(), s.Concerns)
}

// Sweep sweeps all accounts.
func (o *Organization) Sweep(ctx context.Context) ([]incident.Incident, error) {
	work := []func() ([]incident.Incident, error){func() ([]incident.Incident, error) { return o.Home.Sweep(ctx) }}
	list, failed := o.members(ctx)
	for _, m := range list.Members {
		work = append(work, func() ([]incident.Incident, error) {
			g, err := o.guard(ctx, m.Account)
			if err != nil {
				return nil, err
			}
			return g.Sweep(ctx)
		})
	}
	found, err := together(work)
	return found, errors.Join(failed, err)
}

// ReportUnreadable tells of a message that cannot be parsed: nobody knows which account it is about.
func (o *Organization) ReportUnreadable(ctx context.Context, source string, message []byte, cause error) error {
	return o.Home.ReportUnreadable(ctx, source, message, cause)
}

// members are the accounts that are guarded beside the function's own.
func (o *Organization) members(ctx context.Context) (memberlist.List, error) {
	o.mu.Lock()
	known := o.list
	o.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	list, err := o.List(ctx)
	if err != nil {
		return list, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = &list
	return list, nil
}

// guard is the guard of an account; nil if it has none.
func (o *Organization) guard(ctx context.Context, account string) (Guard, error) {
	list, err := o.members(ctx)
	if err != nil {
		return nil, err
	}
	m, ok := list.Of(account)
	if !ok {
		return nil, nil
	}
	o.mu.Lock()
	have := o.guards[account]
	o.mu.Unlock()
	if have != nil {
		return have, nil
	}
	made, err := o.Open(ctx, list, m)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", account, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.guards[account] == nil { // another one may have been made meanwhile, and has records already
		if o.guards == nil {
			o.guards = map[string]Guard{}
		}
		o.guards[account] = made
	}
	return o.guards[account], nil
}

// together does all work, some of it at once, and collects incidents and errors in its order.
func together(work []func() ([]incident.Incident, error)) ([]incident.Incident, error) {
	found, errs := make([][]incident.Incident, len(work)), make([]error, len(work))
	var running sync.WaitGroup
	slots := make(chan struct{}, maxAccounts)
	for n, do := range work {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			found[n], errs[n] = do()
		})
	}
	running.Wait()
	return slices.Concat(found...), errors.Join(errs...)
}
