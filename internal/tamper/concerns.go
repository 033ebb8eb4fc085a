package tamper

import (
	"slices"

	"github.com/trailhold/trailhold/internal/trail"
)

// Concerns says whether the signal speaks of something guarded, or may do so: of a trail, of what its delivery depends on,
// or of a resource that is guarded by itself.
func (s Signal) Concerns(g trail.Guarded) bool {
	if len(s.Resources) > 0 {
		return slices.ContainsFunc(g.Dependents, s.speaksOf)
	}
	return g.IsTrail() && s.concernsTrail(g)
}

func (s Signal) speaksOf(r trail.Resource) bool {
	return slices.ContainsFunc(s.Resources, func(ref ResourceRef) bool { return ref.Is(r) })
}

// concernsTrail says whether the signal speaks of a guarded trail, or may do so.
//
// An ARN must be the trail's own, to the letter. A short name means a trail of the caller's account in the region of
// the call, so both must fit where the record tells them. A multi-region trail can be named in every region, although
// all but its home refuse to change it; and a trail that is created under the name stands in the way wherever it is.
func (s Signal) concernsTrail(g trail.Guarded) bool {
	switch {
	case s.Any:
		return true
	case g.ARN != "" && slices.Contains(s.Names, g.ARN):
		return true
	case g.Name == "" || !slices.Contains(s.Names, g.Name):
		return false
	}
	return s.ofAccount(g) && s.ofRegion(g)
}

// ofAccount says whether the call can have been made in the trail's account.
func (s Signal) ofAccount(g trail.Guarded) bool {
	account := s.Record.RecipientAccountID
	if account == "" {
		account = s.Record.Identity.AccountID
	}
	owner, _, ok := splitARN(g.ARN)
	return account == "" || !ok || account == owner
}

// ofRegion says whether the trail can be meant by its name in the region of the call.
func (s Signal) ofRegion(g trail.Guarded) bool {
	region := s.Record.Region
	return region == "" || region == g.HomeRegion || g.IsMultiRegionTrail || s.Record.EventName == callCreate
}
