package inventory

import (
	"context"
	"slices"
	"sync"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// visit reads a resource, once, and what it leads to.
func (r *reader) visit(ctx context.Context, one trail.Resource) {
	if !r.first(one.ARN) {
		return
	}
	if one.Type == trail.Topic { // whose key may be named by an alias
		r.listsOf(ctx, one.Region).keys.begin()
	}
	r.rest.Go(func() {
		read := r.resource(ctx, asked(one))
		r.keep(read)
		switch one.Type {
		case trail.LogGroup:
			if filters, known := read.Setting("metricFilters").Get(); known {
				r.alarmsOn(ctx, read.Region, filters)
			}
		case trail.Topic:
			r.topicKey(ctx, read)
		case trail.Rule:
			targets, _ := read.Setting("targets").Get()
			for _, target := range targets.Members() {
				r.target(ctx, target.Text("Arn"))
			}
		}
	})
}

// target reads what a rule leads to, if it's of a kind that can be read: no more than says whether it is there and whom it lets in.
// Where more is asked of it, because a trail or an alarm leads there too, that stands.
func (r *reader) target(ctx context.Context, arn string) {
	one, ok := known(arn)
	if !ok || !r.first("target "+arn) {
		return
	}
	r.rest.Go(func() {
		one := asked(one)
		if one.Type == trail.Topic {
			one.Settings = only("policy", "encryption")
		}
		read := r.resource(ctx, one)
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.asked[arn] {
			r.account.Resources[arn] = read
		}
	})
}

func (r *reader) keep(read posture.Resource) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.account.Resources[read.ARN] = read
}

// resource reads a resource with the credentials of the account whose it is, if that is being read.
func (r *reader) resource(ctx context.Context, one trail.Resource) posture.Resource {
	if one.Type == trail.Bucket {
		return r.bucket(ctx, one)
	}
	return owner(r, one.Account).observe(ctx, one)
}

// owner is the reader of an account; r itself, if nobody reads that.
func owner(r *reader, account string) *reader {
	if n := slices.IndexFunc(r.all, func(other *reader) bool { return other.account.ID == account && other.account.Failure == "" }); n >= 0 {
		return r.all[n]
	}
	return r
}

// observe reads the settings of a resource that are asked for, and its tags.
func (r *reader) observe(ctx context.Context, one trail.Resource) posture.Resource {
	read := posture.Resource{Type: one.Type, ARN: one.ARN, Region: one.Region, Account: one.Account}
	var wg sync.WaitGroup
	wg.Go(func() { read.Tags = r.tags(ctx, one) })
	read.State = r.cloud.ObserveResource(ctx, one)
	wg.Wait()
	return read
}

// asked is a resource with the settings that checks ask for. Of what the guard runs on, those are the ones that say whether it runs.
func asked(one trail.Resource) trail.Resource {
	switch one.Type {
	case trail.Function:
		one.Settings = only("concurrency", "permissions")
	case trail.Queue, trail.Table, trail.EventBus:
		one.Settings = only()
	case trail.Key:
		one.Settings = only("state", "policy", "rotation")
	default:
		return awscloud.Everything(one)
	}
	return one
}

// only are settings that are to be read.
func only(settings ...trail.Setting) map[trail.Setting]trail.Document {
	wanted := map[trail.Setting]trail.Document{}
	for _, s := range settings {
		wanted[s] = trail.EmptyDocument
	}
	return wanted
}

// known is the resource that an ARN names, if it is of a kind that can be read.
func known(arn string) (trail.Resource, bool) {
	parsed, err := trail.ParseResourceARN(arn)
	return trail.Resource{Type: parsed.Type, ARN: arn, Region: parsed.Region, Account: parsed.Account}, err == nil && parsed.Region != ""
}
