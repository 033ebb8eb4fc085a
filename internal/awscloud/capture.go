package awscloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxCaptures bounds how many trails are read at the same time: each takes up to seven calls, and CloudTrail allows
// ten per second, account and region.
const maxCaptures = 4

// CaptureOptions say what to capture.
type CaptureOptions struct {
	Regions []string // to look in; empty: all that are enabled

	// Resources and Guard are the ARNs of what is guarded beside the trails and what they rest on: the first for its own
	// sake, such as an event data store, the second because the guard runs on it.
	Resources, Guard []string

	// Progress, if set, is told after each region and then after each trail how many of them are done. It is never
	// called twice at the same time.
	Progress func(done, total int, what string)
}

// Capture reads all trails that the account sees, own ones and organization trails, as a baseline, without its hash, each
// with what its delivery rests on: bucket, key, topic, log group with its role, and the alarms on the log group's metrics.
// Each trail is in it once, whatever regions show it, and each resource once, whatever trails rest on it. An organization trail that another account owns is to be
// watched only, since only its owner can restore it.
//
// The notes say what could not be read and is therefore not guarded. It is an error if no region can be read.
func (c *Cloud) Capture(ctx context.Context, o CaptureOptions) (trail.Baseline, []string, error) {
	var err error
	x := capture{cloud: c, report: o.Progress}
	if x.account, err = c.Account(ctx); err != nil {
		return trail.Baseline{}, nil, err
	}
	if x.regions = slices.Compact(slices.Sorted(slices.Values(o.Regions))); len(x.regions) == 0 {
		if x.regions, err = c.Regions(ctx); err != nil {
			return trail.Baseline{}, nil, err
		}
	}
	found, err := x.find(ctx)
	if err != nil {
		return trail.Baseline{}, nil, err
	}
	base := trail.Baseline{
		Account: x.account,
		Policy:  trail.DefaultPolicy(),
		Trails:  x.guard(ctx, found),
	}
	if err := x.beside(ctx, &base, o); err != nil {
		return trail.Baseline{}, nil, err
	}
	slices.Sort(x.notes)
	return base, x.notes, ctx.Err()
}

// beside reads what is guarded beside the trails. What is in the baseline already stays where it is, since no resource is
// guarded twice.
func (x *capture) beside(ctx context.Context, base *trail.Baseline, o CaptureOptions) error {
	guarded := map[string]bool{}
	for _, t := range base.Trails {
		for _, r := range t.Dependents {
			guarded[r.ARN] = true
		}
	}
	for _, list := range []struct {
		arns []string
		to   *[]trail.Resource
	}{{o.Guard, &base.Guard}, {o.Resources, &base.Resources}} {
		arns := slices.DeleteFunc(slices.Clone(list.arns), func(arn string) bool { return guarded[arn] })
		resources, notes, err := x.cloud.CaptureResources(ctx, arns)
		if err != nil {
			return err
		}
		*list.to = resources
		x.notes = append(x.notes, notes...)
		for _, arn := range arns {
			guarded[arn] = true
		}
	}
	return nil
}

// capture is one capture under way.
type capture struct {
	cloud   *Cloud
	account string
	regions []string // those not enabled are taken out when they are found to be
	report  func(done, total int, what string)

	mu    sync.Mutex // guards what follows
	done  int
	notes []string
}

func (x *capture) note(format string, args ...any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.notes = append(x.notes, fmt.Sprintf(format, args...))
}

// progress counts one more of total.
func (x *capture) progress(total int, what string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.done++
	if x.report != nil {
		x.report(x.done, total, what)
	}
}

// find lists the trails of all regions, each once. Shadow trails are asked for, because only so are the organization
// trails of another account seen, and because a region that cannot be read may still be the home of a trail that
// others show.
func (x *capture) find(ctx context.Context) ([]trail.Config, error) {
	found := map[string]trail.Config{}
	var failures []error
	var disabled []string
	var mu sync.Mutex
	each(x.regions, maxRegions, func(region string) {
		trails, err := x.cloud.describe(ctx, region, true)
		x.progress(len(x.regions), region)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failures = append(failures, err)
			if notEnabled(err) {
				disabled = append(disabled, region)
			}
			x.note("region %s could not be read: trails whose home it is may be missing (%v)", region, err)
			return
		}
		for _, t := range trails {
			if t.ARN != "" && t.HomeRegion != "" {
				found[t.ARN] = t
			}
		}
	})
	if len(failures) > 0 && len(failures) == len(x.regions) {
		return nil, fmt.Errorf("trails could not be read in any of %d regions: %w", len(x.regions), failures[0])
	}
	x.regions = slices.DeleteFunc(x.regions, func(r string) bool { return slices.Contains(disabled, r) })
	return sortedByARN(found), nil
}

// notEnabled says whether a region refused the credentials as one that is not enabled does.
func notEnabled(err error) bool {
	var api *guard.APIError
	return errors.As(err, &api) && api.Code == "UnrecognizedClientException"
}

func sortedByARN(found map[string]trail.Config) []trail.Config {
	var trails []trail.Config
	for _, t := range found {
		trails = append(trails, t)
	}
	slices.SortFunc(trails, func(a, b trail.Config) int { return strings.Compare(a.ARN, b.ARN) })
	return trails
}

// guard reads all facets of the trails and what they rest on, in the order given.
func (x *capture) guard(ctx context.Context, found []trail.Config) []trail.Guarded {
	x.done = 0
	guarded := make([]trail.Guarded, len(found))
	dependents := make([][]dependent, len(found))
	indices := make([]int, len(found))
	for i := range indices {
		indices[i] = i
	}
	each(indices, maxCaptures, func(i int) {
		var wg sync.WaitGroup
		wg.Go(func() { dependents[i] = x.dependents(ctx, found[i]) })
		guarded[i] = x.one(ctx, found[i])
		wg.Wait()
		x.progress(len(found), found[i].Name)
	})
	x.adopt(guarded, dependents)
	return guarded
}

// one reads all facets of a trail itself.
func (x *capture) one(ctx context.Context, t trail.Config) trail.Guarded {
	everything := trail.Guarded{
		Config:    t,
		Selectors: &trail.Selectors{}, Insights: &[]trail.InsightSelector{}, Tags: &map[string]string{},
		EventConfiguration: &trail.EventConfiguration{},
	}
	var state trail.State
	x.cloud.home(ctx, everything, &state)

	g := trail.Guarded{Config: t, Logging: true, Restore: trail.RestoreAll}
	if config, ok := state.Config.Get(); ok {
		g.Config = config // the home region's own answer
	}
	if status, ok := state.Status.Get(); ok {
		g.Logging = status.IsLogging
	} else {
		x.note("%s: whether it is logging could not be read, the baseline says that it should (%s)", t.ARN, why(state.Status))
	}
	g.Selectors = known(x, t.ARN, "event selectors", state.Selectors)
	g.Insights = known(x, t.ARN, "Insights", state.Insights)
	g.EventConfiguration = known(x, t.ARN, "the event configuration", state.EventConfiguration)
	g.Tags = known(x, t.ARN, "tags", state.Tags)
	x.judge(&g)
	return g
}

// judge sets where delivery must be proved and how far restoration goes.
func (x *capture) judge(g *trail.Guarded) {
	if g.IsMultiRegionTrail {
		g.Regions = slices.DeleteFunc(slices.Clone(x.regions), func(r string) bool { return r == g.HomeRegion })
	}
	if arn, err := trail.ParseARN(g.ARN); err != nil || arn.Account != x.account {
		g.Restore = trail.RestoreNone
		x.note("%s: belongs to another account and is only watched, since only that account can restore it", g.ARN)
	}
	if g.KMSKeyID != "" && !strings.Contains(g.KMSKeyID, ":key/") {
		x.note("%s: its key %s is not given as a key's ARN: put the ARN into the baseline, since an alias can be moved", g.ARN, plain.Text(g.KMSKeyID, 200))
	}
}

// known is a facet to guard, or nil and a note that it is not guarded.
func known[T any](x *capture, arn, what string, f trail.Facet[T]) *T {
	if value, ok := f.Get(); ok {
		return &value
	}
	x.note("%s: %s could not be read and will not be guarded (%s)", arn, what, why(f))
	return nil
}

func why[T any](f trail.Facet[T]) string {
	if f.Knowledge() == trail.Absent {
		return "the trail was deleted meanwhile"
	}
	return f.Why()
}
