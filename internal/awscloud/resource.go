package awscloud

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"

	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// probe is one call, or one series of pages, that reads some settings of a resource.
type probe struct {
	settings []trail.Setting
	// gone lists the error codes by which the call says that the resource does not exist. Only a probe of the identity
	// has any: elsewhere such an answer may be a stale read.
	gone []string
	// read returns the settings as values that encoding/json writes with the names of AWS's API. A setting that is not
	// in the result is not configured.
	read func(context.Context, *Cloud, trail.Resource) (map[trail.Setting]any, error)
}

// probesOf are the probes of each kind of resource.
func probesOf(t trail.ResourceType) []probe {
	switch t {
	case trail.Bucket:
		return bucketProbes
	case trail.Topic:
		return topicProbes
	case trail.Key:
		return keyProbes
	case trail.Role:
		return roleProbes
	case trail.LogGroup:
		return logGroupProbes
	case trail.Alarm:
		return alarmProbes
	case trail.Rule:
		return ruleProbes
	case trail.EventBus:
		return eventBusProbes
	case trail.Function:
		return functionProbes
	case trail.Schedule:
		return scheduleProbes
	case trail.Queue:
		return queueProbes
	case trail.Table:
		return tableProbes
	case trail.Organization:
		return organizationProbes
	case trail.EventDataStore:
		return eventDataStoreProbes
	case trail.Channel:
		return channelProbes
	}
	return nil
}

// write carries out one step on a resource and returns the metadata of AWS's answer.
type write func(context.Context, *Cloud, trail.Step) (smithy.Metadata, error)

// writesOf are the operations that restore each kind of resource.
func writesOf(t trail.ResourceType) map[trail.Op]write {
	switch t {
	case trail.Bucket:
		return bucketWrites
	case trail.Topic:
		return topicWrites
	case trail.Key:
		return keyWrites
	case trail.Role:
		return roleWrites
	case trail.LogGroup:
		return logGroupWrites
	case trail.Alarm:
		return alarmWrites
	case trail.Rule:
		return ruleWrites
	case trail.EventBus:
		return eventBusWrites
	case trail.Function:
		return functionWrites
	case trail.Schedule:
		return scheduleWrites
	case trail.Queue:
		return queueWrites
	case trail.Table:
		return tableWrites
	case trail.Organization:
		return organizationWrites
	case trail.EventDataStore:
		return eventDataStoreWrites
	case trail.Channel:
		return channelWrites
	}
	return nil
}

// unless makes an error that only says that a setting is not configured no error.
func unless(err *guard.APIError, codes ...string) error {
	if slices.Contains(codes, err.Code) {
		return nil
	}
	return err
}

// dependents reads the guarded settings of all that a trail's delivery rests on, all at the same time.
func (c *Cloud) dependents(ctx context.Context, want trail.Guarded) map[string]trail.ResourceState {
	if len(want.Dependents) == 0 {
		return nil
	}
	states := make([]trail.ResourceState, len(want.Dependents))
	var wg sync.WaitGroup
	for n, r := range want.Dependents {
		wg.Go(func() { states[n] = c.ObserveResource(ctx, r) })
	}
	wg.Wait()
	found := make(map[string]trail.ResourceState, len(states))
	for n, r := range want.Dependents {
		found[r.ARN] = states[n]
	}
	return found
}

// ObserveResource reads the identity and the guarded settings of one resource, each known, gone or unknown.
func (c *Cloud) ObserveResource(ctx context.Context, r trail.Resource) trail.ResourceState {
	state := trail.ResourceState{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, p := range probesOf(r.Type) {
		if !p.wanted(r) {
			continue
		}
		wg.Go(func() {
			facets := p.facets(ctx, c, r)
			mu.Lock()
			defer mu.Unlock()
			for setting, f := range facets {
				state[setting] = f
			}
		})
	}
	wg.Wait()
	return state
}

// wanted says whether the probe reads anything that is guarded.
func (p probe) wanted(r trail.Resource) bool {
	return slices.ContainsFunc(p.settings, func(s trail.Setting) bool {
		_, guarded := r.Settings[s]
		return guarded || s == trail.Identity
	})
}

// facets makes the call and judges its answer.
func (p probe) facets(ctx context.Context, c *Cloud, r trail.Resource) map[trail.Setting]trail.Facet[trail.Document] {
	values, err := p.read(ctx, c, r)
	facets := map[trail.Setting]trail.Facet[trail.Document]{}
	for _, s := range p.settings {
		switch failed, isAPI := err.(*guard.APIError); {
		case err == nil:
			facets[s] = documented(values[s])
		case isAPI && s == trail.Identity && slices.Contains(p.gone, failed.Code):
			facets[s] = trail.Gone[trail.Document]()
		default:
			facets[s] = trail.NotKnown[trail.Document](err.Error())
		}
	}
	return facets
}

// documented is a value that was read, as a document.
func documented(value any) trail.Facet[trail.Document] {
	document, err := trail.NewDocument(value)
	if err != nil {
		return trail.NotKnown[trail.Document](plain.Text(err.Error(), maxText))
	}
	return trail.Known(document)
}

// into reads a document into the SDK's type for it. A member that the type does not know is an error: it would be
// silently left out of what is written.
func into[T any](document trail.Document) (value T, err error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(document)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return value, &guard.APIError{Op: "baseline", Message: plain.Text(err.Error(), maxText), Class: guard.ClassOther}
	}
	return value, nil
}

// jsonText is a policy that AWS hands out and takes as a text, as the document that it is.
func jsonText(policy *string) any {
	if policy == nil || *policy == "" {
		return nil
	}
	return json.RawMessage(*policy)
}
