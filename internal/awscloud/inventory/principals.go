package inventory

import (
	"context"

	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// principals reads all users, groups and roles with all of their policies.
func (r *reader) principals(ctx context.Context) trail.Facet[whocan.Account] {
	found, err := r.cloud.PrincipalsOf(ctx, r.account.ID, r.account.Partition)
	if err != nil {
		return trail.NotKnown[whocan.Account](err.Error())
	}
	return trail.Known(found)
}
