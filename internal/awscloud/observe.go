package awscloud

import (
	"context"
	"sync"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

var (
	_ guard.Observer  = (*Cloud)(nil)
	_ guard.Actuator  = (*Cloud)(nil)
	_ guard.Historian = (*Cloud)(nil)
)

// maxRegions bounds how many regions are asked at the same time. AWS has fewer, so that none waits for another.
const maxRegions = 40

// Observe reads every guarded facet of a trail at the same time, each where it must be read: status in each region,
// all else in the home region, by ARN throughout. Facets that are not guarded are not read and stay unknown.
//
// The trail is gone only if GetTrail in its home region says TrailNotFoundException, and only then do not-found
// answers of the other facets count; otherwise such an answer is a stale read, and unknown.
func (c *Cloud) Observe(ctx context.Context, want trail.Guarded) trail.State {
	state := trail.State{ARN: want.ARN}
	if !want.IsTrail() {
		state.Dependents = c.dependents(ctx, want)
		return state
	}
	var others reading[[]trail.Config]
	var wg sync.WaitGroup
	wg.Go(func() { state.Regions = c.statuses(ctx, want) })
	wg.Go(func() { state.Dependents = c.dependents(ctx, want) })
	wg.Go(func() { others.value, others.err = c.describe(ctx, want.HomeRegion, true) })
	c.home(ctx, want, &state)
	wg.Wait()
	if others.err == nil {
		others.value = without(others.value, want.ARN)
		if state.Config.Knowledge() == trail.Absent {
			others.value = append(others.value, c.namesakes(ctx, want, others.value)...)
		}
	}
	state.Others = others.facet(false)
	return state
}

// Essentials reads only what decides about logging: configuration and status in the home region. No other facet can hold
// it up by being slow.
func (c *Cloud) Essentials(ctx context.Context, want trail.Guarded) trail.State {
	state := trail.State{ARN: want.ARN}
	c.home(ctx, trail.Guarded{Config: want.Config}, &state)
	return state
}

// Status reads the delivery status of a trail in one region. A trail that the region does not show is gone there.
func (c *Cloud) Status(ctx context.Context, arn, region string) trail.Facet[trail.Status] {
	return read(ctx, reader{c, region, arn}.status).facet(true)
}

// home reads what the home region knows of a trail into its state.
func (c *Cloud) home(ctx context.Context, want trail.Guarded, state *trail.State) {
	r := reader{c, want.HomeRegion, want.ARN}
	var (
		wg            sync.WaitGroup
		config        reading[trail.Config]
		status        reading[trail.Status]
		selectors     reading[trail.Selectors]
		insights      reading[[]trail.InsightSelector]
		configuration reading[trail.EventConfiguration]
		tags          reading[map[string]string]
	)
	wg.Go(func() { config = read(ctx, r.config) })
	wg.Go(func() { status = read(ctx, r.status) })
	if want.Selectors != nil {
		wg.Go(func() { selectors = read(ctx, r.selectors) })
	}
	if want.Insights != nil {
		wg.Go(func() { insights = read(ctx, r.insights) })
	}
	if want.EventConfiguration != nil {
		wg.Go(func() { configuration = read(ctx, r.eventConfiguration) })
	}
	if want.Tags != nil {
		wg.Go(func() { tags = read(ctx, r.tags) })
	}
	wg.Wait()

	gone := trailGone(config.err)
	state.Config = config.facet(gone)
	state.Status = status.facet(gone)
	if want.Selectors != nil {
		state.Selectors = selectors.facet(gone)
	}
	if want.Insights != nil {
		state.Insights = insights.facet(gone)
	}
	if want.EventConfiguration != nil {
		state.EventConfiguration = configuration.facet(gone)
	}
	if want.Tags != nil {
		state.Tags = tags.facet(gone)
	}
}

// statuses reads the status in each region outside the home region in which delivery must be proved.
func (c *Cloud) statuses(ctx context.Context, want trail.Guarded) map[string]trail.Facet[trail.Status] {
	found := make(map[string]trail.Facet[trail.Status], len(want.Regions))
	var mu sync.Mutex
	each(want.Regions, maxRegions, func(region string) {
		if region == want.HomeRegion {
			return
		}
		status := c.Status(ctx, want.ARN, region)
		mu.Lock()
		defer mu.Unlock()
		found[region] = status
	})
	return found
}

// namesakes finds trails of the same name whose home is another region, and which are not yet known: where a deleted
// multi-region trail is to be made again, they stand in its way. A region that cannot be read adds none; its status,
// read beside, says that it cannot be read.
func (c *Cloud) namesakes(ctx context.Context, want trail.Guarded, known []trail.Config) []trail.Config {
	seen := map[string]bool{want.ARN: true}
	for _, t := range known {
		seen[t.ARN] = true
	}
	var found []trail.Config
	var mu sync.Mutex
	each(want.Regions, maxRegions, func(region string) {
		trails, _ := c.describe(ctx, region, false)
		mu.Lock()
		defer mu.Unlock()
		for _, t := range trails {
			if t.Name == want.Name && !seen[t.ARN] {
				seen[t.ARN] = true
				found = append(found, t)
			}
		}
	})
	return found
}

func without(trails []trail.Config, arn string) []trail.Config {
	var others []trail.Config
	for _, t := range trails {
		if t.ARN != arn {
			others = append(others, t)
		}
	}
	return others
}

// each calls f for every member, at most limit at a time, and returns when all calls have ended.
func each[T any](members []T, limit int, f func(T)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, limit)
	for _, member := range members {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(member)
		})
	}
	wg.Wait()
}
