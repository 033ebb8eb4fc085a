// Package inventory reads what an audit looks at: the trails of accounts, all that they rest on, and what watches beside
// them. It only reads. What it may not read is unknown, with the reason.
//
// Everything is asked as soon as its name is known, so that nothing waits but for the answer that names it. In an account, no answer
// is more than the third of such a chain. Apart from that are lists of several pages, the control policies of organizations, and buckets
// that no account lists:
//
//  1. what can be asked without knowing anything: who calls, which regions are enabled, the account's buckets and principals, and
//     in each region the lists of trails, event data stores, rules, alarms and metric filters (regions.go);
//  2. what these name: the trails, all that they rest on, the rules, the alarms and the topics that these lead to (trails.go,
//     resources.go, alarms.go);
//  3. what the second answers name: targets of rules, keys of topics, policies of roles, settings of subscriptions.
//
// So as not to wait for the list of enabled regions, the lists of all regions are asked for of which this package knows that they are
// in the partition (partitions.go). Which of them count, the list of enabled regions says: nobody looks at what the others answer, errors
// included, or waits for it.
//
// A member of an organization takes two answers more: the list of the accounts, and the credentials of its role.
package inventory

import (
	"context"
	"slices"
	"strings"
	"time"

	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// Limits of what is done at the same time. The cloud's own limit bounds the calls of all accounts together.
const (
	maxAccounts = 8  // accounts that are read
	maxEntered  = 40 // accounts whose role is assumed, or whose buckets are listed
	maxRegions  = 40 // regions whose Event history is read
)

// Options say what to read.
type Options struct {
	Regions []string // empty: all that are enabled
	// Organization reads the members of the organization as well, with the role of this name in each. The cloud must then be
	// of the management account, or of a delegated administrator.
	Organization bool
	MemberRole   string
	ExternalID   string // for the members' role
	// Others are clouds of other accounts to read, by the accounts' ids. A member of the organization that is among them is read with
	// this cloud, not with the members' role.
	Others map[string]*awscloud.Cloud

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
	asking, stop := context.WithCancel(ctx)
	first := newReader(asking, cloud.Patient(), partitionOf(cloud.Region()).name, o)
	readers := []*reader{first}
	defer func() { // what was guessed in vain may still be under way
		stop()
		for _, r := range readers {
			r.ahead.Wait()
		}
	}()
	first.begin(asking)
	accounts := fallible(&first.ahead, func() ([]orgtypes.Account, error) { return first.accounts(asking) })
	if o.Organization {
		accounts.begin()
	}
	caller := first.caller.answer()
	if caller.err != nil {
		return posture.Inventory{}, caller.err
	}
	first.account.ID = arnPart(caller.value, 4)
	inv := posture.Inventory{At: now.UTC()}
	readers = append(readers, first.named(asking)...)
	if o.Organization {
		members, notes := first.members(asking, accounts.answer())
		readers, inv.Notes = append(readers, members...), notes
	}
	meter := &meter{report: o.Progress, total: len(stages) * len(readers)}
	awscloud.Each(readers, maxAccounts, func(r *reader) {
		r.all = readers
		r.read(asking, func(stage string) { meter.step(r.account.ID + ": " + stage) })
	})
	for _, r := range readers {
		inv.Accounts = append(inv.Accounts, r.account)
	}
	slices.SortFunc(inv.Accounts, func(a, b posture.Account) int { return strings.Compare(a.ID, b.ID) })
	return inv, ctx.Err()
}
