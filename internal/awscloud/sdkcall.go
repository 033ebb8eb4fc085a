package awscloud

import (
	"context"

	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/trail"
)

// operation is a method of one of the SDK's clients: C is the client, I and O what goes in and comes out, P its options.
type operation[C, I, O, P any] = func(C, context.Context, *I, ...func(*P)) (*O, error)

// writing makes a write of one call: input makes its argument of the step. The call is made once; trying again is the
// guard's business, which reads the state in between.
func writing[C, I, O, P any](client func(*Cloud, string) C, once func(*P), call operation[C, I, O, P], input func(trail.Step, *I) error) write {
	return func(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
		var in I
		if err := input(s, &in); err != nil {
			return smithy.Metadata{}, err
		}
		out, err := call(client(c, s.Region), ctx, &in, once)
		if err != nil {
			return smithy.Metadata{}, err
		}
		return metadataOf(out), nil
	}
}

// listed reads all pages of a list, up to a limit. page reads the one that a token leads to and returns its members with
// the next token, empty on the last.
func listed[T any](op string, limit int, page func(token *string) (members []T, next *string, err error)) ([]T, error) {
	var all []T
	var token *string
	for range limit {
		members, next, err := page(token)
		if err != nil {
			return nil, err
		}
		all = append(all, members...)
		if next == nil || *next == "" {
			return all, nil
		}
		token = next
	}
	return nil, strange(op, "the list is too long to be compared")
}

// nameOf is the name of the resource that a step writes.
func nameOf(s trail.Step) string { return trail.Resource{Type: s.Resource, ARN: s.ARN}.Name() }
