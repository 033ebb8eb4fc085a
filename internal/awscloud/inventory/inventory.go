// Package inventory reads what an audit looks at: the trails of accounts, all that they rest on, and what watches beside
// them. It only reads. What it may not read is unknown, with the reason.
//
// Reading goes in rounds, each of which takes one answer of AWS's: who and where; which trails each region has; what those
// are like; and what they lead to. Within a round everything is read at the same time, as far as AWS's limits allow, and what no
// round needs is read beside them.
package inventory

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// Limits of what is done at the same time.
const (
	maxAccounts  = 8  // accounts
	maxRegions   = 40 // regions of one account, which is all
	maxTrails    = 24 // trails of one account; a region has five
	maxResources = 32 // resources of one account
)

// Options say what to read.
type Options struct {
	Regions []string // empty: all that are enabled
	// Organization reads the members of the organization as well, with the role of this name in each. The cloud must then be
	// of the management account, or of a delegated administrator.
	Organization bool
	MemberRole   string
	ExternalID   string // for the members' role

	Baseline *trail.Baseline // what is declared of one of the accounts; nil: nothing
	// AlertedAt is when people were last told, as a journal has it; the zero facet if there is no journal.
	AlertedAt trail.Facet[time.Time]
	// Activity reads Event history from then on; zero: not at all.
	Activity time.Time

	// Progress, if set, is told what has been read. It is never called twice at the same time.
	Progress func(done, total int, what string)
}

// Read reads the inventory of the cloud's account and, if the options say so, of the others of its organization. It is an
// error if not even the cloud's own account can be found out.
func Read(ctx context.Context, cloud *awscloud.Cloud, now time.Time, o Options) (posture.Inventory, error) {
	cloud = cloud.Patient()
	regions := enabled(ctx, cloud, o)
	caller, err := cloud.Caller(ctx)
	if err != nil {
		return posture.Inventory{}, err
	}
	first := newReader(cloud, arnPart(caller, 4), arnPart(caller, 1), caller, o)
	first.enabled = regions
	readers := []*reader{first}
	inv := posture.Inventory{At: now.UTC()}
	if o.Organization {
		members, notes := first.members(ctx, o)
		readers, inv.Notes = append(readers, members...), notes
	}
	meter := &meter{report: o.Progress, total: 3 * len(readers)}
	run := func(what string, round func(*reader)) {
		awscloud.Each(readers, maxAccounts, func(r *reader) {
			if r.account.Failure == "" {
				round(r)
			}
			meter.step(r.account.ID + ": " + what)
		})
	}
	run("regions", func(r *reader) { r.find(ctx) })
	run("trails and resources", func(r *reader) { r.look(ctx, readers) })
	run("alarms and topics", func(r *reader) {
		r.follow(ctx, readers)
		r.beside.Wait()
	})
	for _, r := range readers {
		inv.Accounts = append(inv.Accounts, r.account)
	}
	slices.SortFunc(inv.Accounts, func(a, b posture.Account) int { return strings.Compare(a.ID, b.ID) })
	return inv, ctx.Err()
}

// meter counts what is done.
type meter struct {
	mu     sync.Mutex
	done   int
	total  int
	report func(done, total int, what string)
}

func (m *meter) step(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	if m.report != nil {
		m.report(m.done, m.total, what)
	}
}

// reader reads one account.
type reader struct {
	cloud   *awscloud.Cloud
	config  aws.Config
	options Options
	manager *reader // of the organization's management account, if that is being read

	enabled func() ([]string, error) // waits for the list of regions
	beside  sync.WaitGroup           // what no round needs

	mu      sync.Mutex // guards what follows, while several calls are under way
	account posture.Account
	configs []trail.Config // the trails that were found
}

func newReader(cloud *awscloud.Cloud, id, partition, caller string, o Options) *reader {
	r := &reader{cloud: cloud, config: cloud.Config(), options: o}
	r.account = posture.Account{ID: id, Partition: partition, Caller: caller, Regions: map[string]posture.Region{}, Resources: map[string]posture.Resource{},
		Activity: trail.Gone[[]posture.Actor](), Guard: trail.Gone[posture.Guard]()}
	if o.Baseline != nil && o.Baseline.Account == id {
		r.account.Baseline = o.Baseline
	}
	return r
}

// enabled begins to ask for the regions that are enabled, or takes those that the options name. The function that it returns
// waits for the answer.
func enabled(ctx context.Context, cloud *awscloud.Cloud, o Options) func() ([]string, error) {
	var regions []string
	var err error
	var wg sync.WaitGroup
	if regions = slices.Compact(slices.Sorted(slices.Values(o.Regions))); len(regions) == 0 {
		wg.Go(func() { regions, err = cloud.Regions(ctx) })
	}
	return func() ([]string, error) {
		wg.Wait()
		return regions, err
	}
}

// global is the region in which services that belong to none are called.
func (r *reader) global() string {
	if region := trail.GlobalRegion(r.account.Partition); region != "" {
		return region
	}
	return r.cloud.Region()
}

// find reads which trails, event data stores and rules there are. What the account as a whole has, and what watches beside,
// is read meanwhile.
func (r *reader) find(ctx context.Context) {
	r.aside(func() func() {
		read := r.principals(ctx)
		return func() { r.account.Principals = read }
	})
	r.aside(func() func() {
		read := r.accountBlock(ctx)
		return func() { r.account.PublicAccessBlock = read }
	})
	r.aside(func() func() {
		read := r.organization(ctx)
		return func() { r.account.Organization = read }
	})
	if r.enabled == nil {
		r.enabled = enabled(ctx, r.cloud, r.options)
	}
	regions, err := r.enabled()
	if err != nil {
		r.account.Enabled = trail.NotKnown[[]string](err.Error())
		return
	}
	r.account.Enabled = trail.Known(regions)
	awscloud.Each(regions, maxRegions, func(name string) { r.region(ctx, name) })
	slices.SortFunc(r.configs, func(a, b trail.Config) int { return strings.Compare(a.ARN, b.ARN) })
}

// aside reads something that no round needs. What read returns puts it into the account.
func (r *reader) aside(read func() func()) {
	r.beside.Go(func() {
		put := read()
		r.mu.Lock()
		defer r.mu.Unlock()
		put()
	})
}

// look reads what was found, and what its configuration names.
func (r *reader) look(ctx context.Context, all []*reader) {
	var wg sync.WaitGroup
	wg.Go(func() { r.trails(ctx) })
	wg.Go(func() { r.resources(ctx, all, r.named(all)) })
	wg.Go(func() { r.guard(ctx) })
	wg.Go(func() { r.activity(ctx) })
	wg.Wait()
}

// follow reads what only the resources themselves name: alarms on the log groups' metrics, and the topics and keys that they
// lead to, which takes three answers more.
func (r *reader) follow(ctx context.Context, all []*reader) {
	r.alarms(ctx)
	r.resources(ctx, all, r.watched())
	r.resources(ctx, all, r.actions())
	r.topicKeys(ctx)
}
