package guard

import (
	"context"

	"github.com/trailhold/trailhold/internal/trail"
)

// DryRun is an Actuator that calls nothing: with it, the guard plans, changes nothing, and its incidents say so.
type DryRun struct{}

// Apply does nothing.
func (DryRun) Apply(context.Context, trail.Step) (Receipt, error) { return Receipt{DryRun: true}, nil }
