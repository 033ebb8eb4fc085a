package posturereport

import (
	"cmp"
	"slices"

	"github.com/trailhold/trailhold/internal/posture"
)

// The most that the page lists of those who can turn a trail off.
const (
	mostPrincipals = 25
	mostGrants     = 100 // of one technique
)

// powerful is a principal and what it can do.
type powerful struct {
	Principal  string
	Techniques []string
	Broad      bool
	Sure       bool // of at least one technique it is certain
}

// mostPowerful lists the principals that can perform the most techniques, and says how many more there are.
func mostPowerful(all []posture.WhoCan) (list []powerful, more int) {
	at := map[string]int{}
	for _, w := range all {
		for _, g := range w.Grants {
			n, known := at[g.Principal]
			if !known {
				n = len(list)
				at[g.Principal] = n
				list = append(list, powerful{Principal: g.Principal})
			}
			p := &list[n]
			if !slices.Contains(p.Techniques, w.Technique) {
				p.Techniques = append(p.Techniques, w.Technique)
			}
			p.Broad, p.Sure = p.Broad || g.Broad, p.Sure || g.Maybe == ""
		}
	}
	slices.SortStableFunc(list, func(a, b powerful) int {
		return cmp.Or(cmp.Compare(len(b.Techniques), len(a.Techniques)), cmp.Compare(a.Principal, b.Principal))
	})
	more = max(len(list)-mostPrincipals, 0)
	return list[:len(list)-more], more
}
