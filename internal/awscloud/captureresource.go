package awscloud

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// CaptureResources reads every setting of resources as their baseline, in the order of their ARNs and each once. Of an
// organization it takes the caller's account as the member.
//
// The notes say what could not be read and is therefore not guarded, and which ARNs are of no resource that can be guarded or
// does not exist. It is an error if the caller's account is needed and cannot be found out, or the context ends.
func (c *Cloud) CaptureResources(ctx context.Context, arns []string) ([]trail.Resource, []string, error) {
	found := make([]capturedResource, 0, len(arns))
	for n, arn := range arns {
		if !slices.Contains(arns[:n], arn) {
			found = append(found, capturedResource{arn: arn})
		}
	}
	at := make([]*capturedResource, len(found))
	for n := range found {
		at[n] = &found[n]
	}
	each(at, maxCaptures, func(r *capturedResource) { r.err = r.capture(ctx, c) })
	var resources []trail.Resource
	var notes []string
	for _, r := range found {
		if r.err != nil {
			return nil, nil, r.err
		}
		if r.Settings != nil {
			resources = append(resources, r.Resource)
		}
		notes = append(notes, r.notes...)
	}
	return resources, notes, ctx.Err()
}

// capturedResource is a resource that is being captured. It has no settings if it cannot be guarded.
type capturedResource struct {
	trail.Resource
	arn   string
	notes []string
	err   error
}

func (r *capturedResource) note(format string, args ...any) {
	r.notes = append(r.notes, plain.Text(r.arn, maxText)+": "+fmt.Sprintf(format, args...))
}

// capture reads one resource.
func (r *capturedResource) capture(ctx context.Context, c *Cloud) error {
	is, err := trail.ParseResourceARN(r.arn)
	if err != nil {
		r.notes = append(r.notes, err.Error())
		return nil
	}
	r.Resource = trail.Resource{Type: is.Type, ARN: r.arn, Region: is.Region, Account: is.Account}
	if err := r.locate(ctx, c); err != nil || r.Region == "" {
		return err
	}
	r.Resource.Settings = map[trail.Setting]trail.Document{}
	for _, s := range trail.SettingsOf(r.Type)[1:] {
		r.Settings[s] = trail.EmptyDocument // so that it is read
	}
	r.take(c.ObserveResource(ctx, r.Resource))
	return nil
}

// locate finds out what the ARN does not say: the account, and where to call. Without a region the resource was not found.
func (r *capturedResource) locate(ctx context.Context, c *Cloud) (err error) {
	if r.Account == "" || r.Type == trail.Organization {
		if r.Account, err = c.Account(ctx); err != nil {
			return err
		}
	}
	switch {
	case r.Type == trail.Bucket:
		r.Region, err = c.bucketRegion(ctx, c.config.Region, r.Resource)
		if err != nil {
			r.note("where it is could not be found out; it is not guarded (%v)", err)
		}
	case r.Region == "": // a service that has one endpoint for all regions
		r.Region = c.config.Region
	}
	return nil
}

// take makes what was observed the baseline.
func (r *capturedResource) take(state trail.ResourceState) {
	if state[trail.Identity].Knowledge() == trail.Absent {
		r.note("does not exist; it is not guarded")
		r.Settings = nil
		return
	}
	unread := map[string][]string{} // settings by the reason, which several that are read together have in common
	for _, s := range trail.SettingsOf(r.Type) {
		document, known := state[s].Get()
		switch {
		case !known:
			delete(r.Settings, s)
			unread[state[s].Why()] = append(unread[state[s].Why()], string(s))
		case s != trail.Identity: // which is guarded in any case
			r.Settings[s] = document
		}
	}
	for _, why := range slices.Sorted(maps.Keys(unread)) {
		r.note("could not be read and is not guarded: %s (%s)", strings.Join(unread[why], ", "), why)
	}
	if state[trail.Identity].Knowledge() != trail.Present && len(r.Settings) == 0 {
		r.Settings = nil
	}
}
