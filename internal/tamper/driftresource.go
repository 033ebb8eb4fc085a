package tamper

import (
	"maps"
	"slices"

	"github.com/trailhold/trailhold/internal/trail"
)

// resourceFields says which technique causes the drift of a resource's setting: the first in the table that does.
var resourceFields = func() map[trail.Field]string {
	index := map[trail.Field]string{}
	for _, t := range table {
		for _, f := range t.Fields {
			if _, has := index[f]; !has && t.Tier != TierTrail {
				index[f] = t.ID
			}
		}
	}
	return index
}()

// fromResource names the technique that causes a drift of what delivery or the guard rests on; empty for a drift of the trail
// itself. Where several techniques cause the same drift, what is there now tells them apart.
func fromResource(d trail.Drift) string {
	technique, ok := resourceFields[d.Field]
	switch {
	case !ok:
		return ""
	case d.Direction == trail.Widening:
		return ResourceUpdate
	}
	after, _ := d.After.(trail.Document)
	before, _ := d.Before.(trail.Document)
	switch {
	case technique == KMSDisable && after.Text("KeyState") == "PendingDeletion":
		return KMSScheduleDeletion
	case technique == RuleDisable && after.Text("State") != "DISABLED":
		return RulePattern
	case technique == Unsubscribe && !lacks(after, before):
		return FilterPolicy
	}
	return technique
}

// lacks says whether a document has lost a member.
func lacks(after, before trail.Document) bool {
	now := after.Members()
	return slices.ContainsFunc(slices.Collect(maps.Keys(before.Members())), func(name string) bool {
		_, there := now[name]
		return !there
	})
}
