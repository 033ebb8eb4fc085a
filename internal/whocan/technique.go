package whocan

import (
	"cmp"
	"slices"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// technique is a row of the table of techniques with what it takes.
type technique struct {
	tamper.Technique
	ways [][]permission // each a way to do it: all of its permissions on one target
}

// skipped are the techniques that ask for nothing that another doesn't: ways in which any call can go, and another name for
// doing the same more often.
var skipped = []string{tamper.ParamPadding, tamper.WrongRegion, tamper.DeniedAttempt, tamper.StopFlood}

// techniques are those that do harm, in the order of the table.
func techniques() []technique {
	var all []technique
	for _, t := range tamper.Techniques() {
		if t.Severity == severity.Info || slices.Contains(skipped, t.ID) {
			continue
		}
		one := technique{Technique: t}
		for _, call := range t.Calls {
			for _, p := range permissions[call] {
				one.ways = append(one.ways, []permission{p})
			}
		}
		if t.ID == tamper.DeleteThenSquat { // the one technique that takes several calls
			one.ways = [][]permission{slices.Concat(one.ways...)}
		}
		one.ways = slices.CompactFunc(one.ways, func(a, b []permission) bool { return len(a) == 1 && len(b) == 1 && a[0].same(b[0]) })
		all = append(all, one)
	}
	return all
}

func (p permission) same(other permission) bool { return p.action == other.action && p.on == other.on }

// on are the kinds of resources that the technique is performed on.
func (t technique) on() []trail.ResourceType {
	var kinds []trail.ResourceType
	for _, way := range t.ways {
		kinds = append(kinds, way[0].on)
	}
	slices.SortFunc(kinds, func(a, b trail.ResourceType) int { return cmp.Compare(a, b) })
	return slices.Compact(kinds)
}

// decisive says whether who can do it can turn the trail itself off or blind.
func (t technique) decisive() bool {
	return t.Tier == tamper.TierTrail && t.Severity >= severity.High
}
