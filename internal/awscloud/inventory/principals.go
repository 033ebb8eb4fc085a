package inventory

import (
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// everybody are all users, groups and roles with all of their policies. They were asked for before the account's id was known.
func (r *reader) everybody() trail.Facet[whocan.Account] {
	found := r.principals.answer()
	if found.err != nil {
		return trail.NotKnown[whocan.Account](found.err.Error())
	}
	found.value.ID = r.account.ID
	return trail.Known(found.value)
}
