package inventory

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// reader reads one account.
type reader struct {
	cloud   *awscloud.Cloud
	config  aws.Config
	options Options
	manager *reader   // of the organization's management account, if that is being read
	all     []*reader // of all accounts that are being read, this one among them

	// What the account is asked without knowing anything of it.
	caller     *question[told[string]]
	enabled    *question[told[[]string]]
	buckets    *question[told[map[string]string]] // the region of each, by its name
	principals *question[told[whocan.Account]]
	described  *question[told[*orgtypes.Organization]] // nil: it is in none
	limits     *question[awscloud.ControlPolicies]     // on the account, within its organization
	ahead      sync.WaitGroup                          // questions that are under way

	// The stages of reading. Each goes on while something of it or of those before it is under way.
	regions, trails, rest sync.WaitGroup

	mu      sync.Mutex // guards what follows
	lists   map[string]*lists
	asked   map[string]bool     // trails and resources that are being read, by ARN
	aliases map[string][]string // of keys, by ARN
	account posture.Account
}

func newReader(ctx context.Context, cloud *awscloud.Cloud, partition string, o Options) *reader {
	r := &reader{cloud: cloud, config: cloud.Config(), options: o, lists: map[string]*lists{}, asked: map[string]bool{}, aliases: map[string][]string{}}
	r.account = posture.Account{Partition: partition, Trails: []trail.State{}, Regions: map[string]posture.Region{}, Resources: map[string]posture.Resource{},
		Activity: trail.Gone[[]posture.Actor](), Guard: trail.Gone[posture.Guard]()}
	r.caller = fallible(&r.ahead, func() (string, error) { return cloud.Caller(ctx) })
	r.enabled = fallible(&r.ahead, func() ([]string, error) {
		if len(o.Regions) > 0 {
			return slices.Compact(slices.Sorted(slices.Values(o.Regions))), nil
		}
		return cloud.Regions(ctx)
	})
	r.buckets = fallible(&r.ahead, func() (map[string]string, error) { return r.listBuckets(ctx) })
	r.principals = fallible(&r.ahead, func() (whocan.Account, error) { return cloud.PrincipalsOf(ctx, "", partition) })
	r.described = fallible(&r.ahead, func() (*orgtypes.Organization, error) { return r.describe(ctx) })
	r.limits = newQuestion(&r.ahead, func() awscloud.ControlPolicies { return r.asker().cloud.ControlPolicies(ctx, r.account.ID, partition) })
	return r
}

// begin asks all that needs no earlier answer. Of regions that turn out not to be enabled nobody wants the answers then.
func (r *reader) begin(ctx context.Context) {
	r.caller.begin()
	r.enabled.begin()
	r.buckets.begin()
	r.principals.begin()
	r.described.begin()
	if r.manager != nil { // who listed the account, and so knows that there is an organization
		r.limits.begin()
	}
	guess := r.options.Regions
	if len(guess) == 0 {
		guess = partitionOf(r.cloud.Region()).regions
	}
	for _, name := range guess {
		r.listsOf(ctx, name).begin()
	}
}

// read reads the account, and tells of each stage that has ended.
func (r *reader) read(ctx context.Context, step func(stage string)) {
	waits := []func(){r.regions.Wait, r.trails.Wait, r.rest.Wait}
	if r.account.Failure == "" {
		r.start(ctx)
	}
	for n, stage := range stages {
		waits[n]()
		step(stage)
	}
	r.finish()
}

// start sets all going. What an answer names is set going when the answer is there.
func (r *reader) start(ctx context.Context) {
	r.begin(ctx)
	r.account.Caller = r.caller.answer().value
	if b := r.options.Baseline; b != nil && b.Account == r.account.ID {
		r.account.Baseline = b
	}
	enabled := r.enabled.answer()
	r.account.Enabled = trail.Known(enabled.value)
	if enabled.err != nil {
		r.account.Enabled = trail.NotKnown[[]string](enabled.err.Error())
	}
	r.rest.Go(func() { r.account.Principals = r.everybody() })
	r.rest.Go(func() { r.account.PublicAccessBlock = r.accountBlock(ctx) })
	r.rest.Go(func() { r.account.Organization = r.organization(ctx) })
	r.rest.Go(func() { r.guard(ctx) })
	r.rest.Go(func() { r.activity(ctx) })
	for _, name := range enabled.value {
		r.region(ctx, name)
	}
}

// finish puts what was read at the same time into an order.
func (r *reader) finish() {
	slices.SortFunc(r.account.Trails, func(a, b trail.State) int { return strings.Compare(a.ARN, b.ARN) })
	for arn, names := range r.aliases {
		key := r.account.Resources[arn]
		key.Aliases = slices.Compact(slices.Sorted(slices.Values(names)))
		r.account.Resources[arn] = key
	}
}

// global is the region in which services that belong to none are called.
func (r *reader) global() string {
	if region := trail.GlobalRegion(r.account.Partition); region != "" {
		return region
	}
	return r.cloud.Region()
}

// first says whether an ARN has not come up before.
func (r *reader) first(arn string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked[arn] {
		return false
	}
	r.asked[arn] = true
	return true
}

// put changes what is known of a region.
func (r *reader) put(name string, change func(*posture.Region)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	region := r.account.Regions[name]
	change(&region)
	r.account.Regions[name] = region
}
