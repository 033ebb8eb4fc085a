package inventory

import (
	"cmp"
	"context"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// found reads a trail that a region shows, and what it rests on. What a trail of another account rests on is left out, unless that
// account is being read: nobody lets a member look at the management account's bucket.
func (r *reader) found(ctx context.Context, c trail.Config) {
	if !r.first(c.ARN) {
		return
	}
	r.trails.Go(func() {
		state := r.trail(ctx, c)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.account.Trails = append(r.account.Trails, state)
	})
	if account := arnPart(c.ARN, 4); owner(r, account).account.ID != account {
		return
	}
	for _, one := range r.restsOn(c) {
		r.visit(ctx, one)
		if one.Type == trail.LogGroup {
			r.rest.Go(func() { r.alarmsOfGroup(ctx, one) })
		}
	}
}

// trail reads a trail whole in its home region, and its status in all other regions that it records.
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
