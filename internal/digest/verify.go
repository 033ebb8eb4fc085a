package digest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	defaultConcurrency = 128
	maxPlaces          = 4 // places walked at once; each reads ahead, and all share the objects in flight
)

// verifier is what all parts of one verification share.
type verifier struct {
	examiner
	opts   Options
	ledger ledger
	meter  meter
}

// Verify finds every chain of digests within the options and verifies it, with all the logs that it lists. What is wrong
// is in the result; the error only says that there is no verdict: the context ended, or the options make no sense. Of a
// verification that the context ended, the result has nothing but the failures that had been found.
func Verify(ctx context.Context, opts Options, store Store, keys Keys) (Result, error) {
	if opts.Concurrency <= 0 {
		opts.Concurrency = defaultConcurrency
	}
	if !opts.From.IsZero() && !opts.To.IsZero() && !opts.From.Before(opts.To) {
		return Result{}, errors.New("nothing to verify: the range of time ends before it begins")
	}
	v := &verifier{
		examiner: examiner{
			fetcher:     newFetcher(store, opts.Concurrency),
			keyring:     keyring{keys: keys, months: map[keyMonth]*keyAnswer{}},
			bucketKnown: opts.Bucket != "",
		},
		opts:   opts,
		ledger: ledger{ended: ctx.Err},
	}
	places, found := discover(ctx, store, opts)
	v.meter.start(opts, places)
	chains := v.verifyPlaces(ctx, places)
	if err := ctx.Err(); err != nil {
		return Result{Problems: v.ledger.failures()}, err
	}
	v.reportDiscovery(found)
	v.reportMissingChains(chains, found)
	return v.result(chains), nil
}

// selects says whether a chain is among those to be verified.
func (o Options) selects(c Chain) bool {
	return (o.Trail == "" || o.Trail == c.Trail) && (o.HomeRegion == "" || o.HomeRegion == c.HomeRegion) &&
		(len(o.Accounts) == 0 || slices.Contains(o.Accounts, c.Account)) &&
		(len(o.Regions) == 0 || slices.Contains(o.Regions, c.Region))
}

// verified is one chain's verdict and what to remember of it.
type verified struct {
	ChainResult
	anchor    Anchor
	hasAnchor bool
}

// verifyPlaces walks several places at a time.
func (v *verifier) verifyPlaces(ctx context.Context, places []place) []verified {
	var mu sync.Mutex // guards all
	var all []verified
	var wg sync.WaitGroup
	turns := make(chan struct{}, maxPlaces)
	for _, p := range places {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			results := newScope(v, p).run(ctx)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, results...)
		})
	}
	wg.Wait()
	slices.SortFunc(all, func(a, b verified) int { return compareChains(a.Chain, b.Chain) })
	return all
}

// reportDiscovery reports what could not be listed while looking for chains.
func (v *verifier) reportDiscovery(d *discoverer) {
	for _, err := range d.failed {
		v.ledger.add(Problem{
			Kind: ChainUnknown, Class: Unknown, Object: err.Object, Found: string(err.Kind),
			Detail: "it could not be listed, so what it holds is not known: " + err.Error(),
		})
	}
	if d.omitted {
		v.ledger.add(Problem{
			Kind: ChainOmitted, Class: Unknown, Object: objectURL(v.opts.Bucket, v.opts.Prefix),
			Detail: "there are more folders than can be searched: give the prefix of the trail",
		})
	}
}

// reportMissingChains reports the chains that must be there and are not. No digest at all is such a failure, too.
func (v *verifier) reportMissingChains(chains []verified, d *discoverer) {
	missing := func(c Chain, object, detail string, at time.Time) {
		if v.opts.selects(c) && !slices.ContainsFunc(chains, func(r verified) bool { return c.means(r.Chain) }) {
			v.ledger.add(Problem{Kind: ChainMissing, Class: Failure, Object: object, Chain: c, Detail: detail, Expected: "a chain of digests", Found: "none", Time: at})
		}
	}
	for _, e := range v.opts.Expect {
		missing(e.Chain, objectURL(v.opts.Bucket, v.opts.Prefix), "the trail delivers digests, and none of the time is there", e.LatestDigestDelivery)
	}
	for _, a := range v.opts.Anchors.Chains {
		if v.opts.From.IsZero() || a.EndTime.After(v.opts.From) {
			missing(a.Chain, objectURL(a.Bucket, a.Object), "a digest was verified here before, and the chain has none any more", a.EndTime)
		}
	}
	if len(chains) == 0 && len(d.failed) == 0 && !v.ledger.has(ChainMissing) {
		chain := Chain{Trail: v.opts.Trail, HomeRegion: v.opts.HomeRegion}
		v.ledger.add(Problem{
			Kind: ChainMissing, Class: Failure, Object: objectURL(v.opts.Bucket, v.opts.Prefix), Chain: chain,
			Detail: "there is no digest of the time at all", Expected: "a chain of digests", Found: "none",
		})
	}
}

// means says whether an expected chain is the real one. Organization and prefix may be left open.
func (c Chain) means(real Chain) bool {
	if c.Organization == "" {
		real.Organization = ""
	}
	if c.Prefix == "" {
		real.Prefix = ""
	}
	return c == real
}

func (v *verifier) expectationOf(c Chain) *Expectation {
	for i := range v.opts.Expect {
		if v.opts.Expect[i].means(c) {
			return &v.opts.Expect[i]
		}
	}
	return nil
}

func (v *verifier) anchorOf(c Chain) *Anchor {
	for i := range v.opts.Anchors.Chains {
		if v.opts.Anchors.Chains[i].Chain == c {
			return &v.opts.Anchors.Chains[i]
		}
	}
	return nil
}

// result adds everything up.
func (v *verifier) result(chains []verified) Result {
	r := Result{Chains: make([]ChainResult, 0, len(chains)), Problems: v.ledger.sorted(), OK: len(chains) > 0}
	if r.Problems == nil {
		r.Problems = []Problem{}
	}
	r.Anchors = Anchors{Version: 1, Chains: []Anchor{}}
	for _, c := range chains {
		r.Chains = append(r.Chains, c.ChainResult)
		r.Digests.add(c.Digests)
		r.Logs.add(c.Logs)
		r.OK = r.OK && !slices.ContainsFunc(c.Intervals, func(i Interval) bool { return i.State == Broken })
		if c.hasAnchor {
			r.Anchors.Chains = append(r.Anchors.Chains, c.anchor)
		}
	}
	for _, a := range v.opts.Anchors.Chains {
		if !slices.ContainsFunc(chains, func(c verified) bool { return c.Chain == a.Chain }) {
			r.Anchors.Chains = append(r.Anchors.Chains, a) // not looked at this time, or gone: never forgotten
		}
	}
	for _, p := range r.Problems {
		r.OK = r.OK && p.Class == Notice
	}
	r.OK = r.OK && r.Digests.whole() && r.Logs.whole() && r.Digests.Valid > 0
	return r
}

func (c Counts) whole() bool { return c.Invalid == 0 && c.Missing == 0 && c.Unknown == 0 }

// Err is a SecurityError for each failure among the problems, joined; nil if there is none.
func (r Result) Err() error {
	var errs []error
	for _, p := range r.Problems {
		if p.Class == Failure {
			errs = append(errs, &SecurityError{p})
		}
	}
	return errors.Join(errs...)
}
