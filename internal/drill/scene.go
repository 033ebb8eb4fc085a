package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// Scene is what one intruder has at hand.
type Scene struct {
	Intruder             // with rights to do anything
	Powerless   Intruder // the same person's identity that may do nothing: each of its calls is denied
	AccessKeyID string   // of both; records tell by it whose calls they are

	Elsewhere Intruder // the same person in an account of his own
	Owner     Intruder // who is in charge of the attacked account, and puts back what the guard cannot

	Target  trail.Guarded   // the trail to attack, as its baseline has it
	Guarded []trail.Guarded // all that is guarded, the target among it

	OtherRegion    string // an enabled region that is not the target's home
	ForeignAccount string // the intruder's own
	ForeignBucket  string // lets CloudTrail write, and belongs to the intruder
	ForeignKey     string // ARN of a KMS key that belongs to the intruder
	Member         string // another account of the organization
}

func (s Scene) account() string {
	arn, _ := trail.ParseARN(s.Target.ARN) // of a trail that exists
	return arn.Account
}

// resource finds a guarded resource of a kind: the first that fits, those that the target rests on before all others.
func (s Scene) resource(t trail.ResourceType, fits func(trail.Resource) bool) (trail.Resource, error) {
	all := slices.Clone(s.Target.Dependents)
	for _, g := range s.Guarded {
		all = append(all, g.Dependents...)
	}
	n := slices.IndexFunc(all, func(r trail.Resource) bool { return r.Type == t && (fits == nil || fits(r)) })
	if n < 0 {
		return trail.Resource{}, fmt.Errorf("the range has no %s that it could be done to", t)
	}
	return all[n], nil
}

// object is a part of a call's input.
type object = map[string]any

// request is one call, by its service and operation.
type request struct {
	operation string
	input     object
}

// calls are made on a resource, one after the other.
type calls func(s Scene, r trail.Resource) []request

// then joins calls.
func then(all ...calls) calls {
	return func(s Scene, r trail.Resource) []request {
		var requests []request
		for _, c := range all {
			requests = append(requests, c(s, r)...)
		}
		return requests
	}
}

// naming makes calls that name their resource in a field of their input.
func naming(field string, name func(trail.Resource) string) func(operation string, more object) calls {
	return func(operation string, more object) calls {
		return func(_ Scene, r trail.Resource) []request {
			input := object{field: name(r)}
			for key, value := range more {
				input[key] = value
			}
			return []request{{operation, input}}
		}
	}
}

func arnOf(r trail.Resource) string { return r.ARN }

// having finds a resource by a text in what its baseline says.
func having(text string) func(trail.Resource) bool {
	return func(r trail.Resource) bool {
		for _, document := range r.Settings {
			if strings.Contains(string(document), text) {
				return true
			}
		}
		return false
	}
}

// perform makes calls in the region of their resource.
func perform(ctx context.Context, s Scene, region string, requests []request) error {
	for _, r := range requests {
		if err := s.Call(ctx, region, r.operation, r.input, nil); err != nil {
			return fmt.Errorf("%s: %w", r.operation, err)
		}
	}
	return nil
}
