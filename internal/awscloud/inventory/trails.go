package inventory

import (
	"cmp"
	"context"
	"strings"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/trail"
)

// trails reads every trail that was found: whole in its home region, and its status in all other regions that it records.
func (r *reader) trails(ctx context.Context) {
	states := make([]trail.State, len(r.configs))
	indices := make([]int, len(states))
	for n := range indices {
		indices[n] = n
	}
	awscloud.Each(indices, maxTrails, func(n int) { states[n] = r.trail(ctx, r.configs[n]) })
	r.account.Trails = states
}

func (r *reader) trail(ctx context.Context, c trail.Config) trail.State {
	want := trail.Guarded{Config: c, Selectors: &trail.Selectors{}, Insights: &[]trail.InsightSelector{}, Tags: &map[string]string{}}
	if regions, known := r.account.Enabled.Get(); known && c.IsMultiRegionTrail {
		want.Regions = regions
	}
	state := r.cloud.Observe(ctx, want)
	if state.Config.Knowledge() == trail.Unknown { // what the list says is known all the same
		state.Config = trail.Known(c)
	}
	return state
}

// named lists what the trails' configurations name, and the event data stores and rules that the regions listed. What a trail of another
// account rests on is left out, unless that account is being read: nobody lets a member look at the management account's bucket.
func (r *reader) named(all []*reader) []trail.Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []trail.Resource
	for _, c := range r.configs {
		if account := arnPart(c.ARN, 4); owner(r, all, account).account.ID == account {
			list = append(list, r.restsOn(c)...)
		}
	}
	for name, region := range r.account.Regions {
		stores, _ := region.Stores.Get()
		for _, arn := range stores {
			list = append(list, trail.Resource{Type: trail.EventDataStore, ARN: arn, Region: name, Account: r.account.ID})
		}
		rules, _ := region.Rules.Get()
		for _, arn := range rules {
			list = append(list, trail.Resource{Type: trail.Rule, ARN: arn, Region: name, Account: r.account.ID})
		}
	}
	return list
}

// restsOn lists what a trail's configuration names. Where its bucket is, and whose, has to be found out.
func (r *reader) restsOn(c trail.Config) []trail.Resource {
	var list []trail.Resource
	add := func(kind trail.ResourceType, arn, region string) {
		if arn != "" {
			list = append(list, trail.Resource{Type: kind, ARN: arn, Region: cmp.Or(arnPart(arn, 3), region), Account: cmp.Or(arnPart(arn, 4), arnPart(c.ARN, 4))})
		}
	}
	if c.S3BucketName != "" {
		add(trail.Bucket, "arn:"+arnPart(c.ARN, 1)+":s3:::"+c.S3BucketName, c.HomeRegion)
	}
	if strings.Contains(c.KMSKeyID, ":key/") {
		add(trail.Key, c.KMSKeyID, c.HomeRegion)
	}
	add(trail.Topic, c.SnsTopicARN, c.HomeRegion)
	add(trail.Role, c.CloudWatchLogsRoleARN, r.global())
	add(trail.LogGroup, strings.TrimSuffix(c.CloudWatchLogsLogGroupARN, ":*"), c.HomeRegion)
	return list
}

// arnPart is a part of an ARN, counted from 0; empty if there is none.
func arnPart(arn string, n int) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[n]
	}
	return ""
}
