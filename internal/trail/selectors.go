package trail

import (
	"reflect"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/severity"
)

// Empty says whether there are no selectors at all, which CloudTrail does not accept.
func (s Selectors) Empty() bool { return len(s.Basic) == 0 && len(s.Advanced) == 0 }

// selectionChange is how what is recorded changed.
type selectionChange struct {
	lost, gained []string // which events, in words
	severe       bool     // more than read-only management events are lost
	undecided    bool     // the selections are too large to compare
}

// compareSelectors says how what is recorded changed from want to have. It compares what the selectors record, so
// that no spelling of the same selection is a change.
func compareSelectors(want, have Selectors, partition string) selectionChange {
	if reflect.DeepEqual(want.Canonical(), have.Canonical()) {
		return selectionChange{}
	}
	wanted, found := selectionOf(want, partition), selectionOf(have, partition)
	s, ok := spaceOf(wanted, found)
	if !ok {
		return selectionChange{undecided: true}
	}
	wantBoxes, haveBoxes := s.boxes(wanted), s.boxes(found)
	lost, ok := uncovered(wantBoxes, haveBoxes)
	gained, ok2 := uncovered(haveBoxes, wantBoxes)
	if !ok || !ok2 {
		return selectionChange{undecided: true}
	}
	lost = merge(lost)
	severe := slices.ContainsFunc(lost, func(b box) bool { return !s.onlyManagementReads(b) })
	return selectionChange{lost: s.describe(lost), gained: s.describe(merge(gained)), severe: severe}
}

// drift turns the change into a drift; ok is false if there is none.
func (c selectionChange) drift(want, have Selectors) (d Drift, ok bool) {
	d = Drift{Field: FieldSelectors, Before: want, After: have, Direction: Narrowing, Severity: severity.High}
	switch {
	case c.undecided:
		d.Detail = "the selection changed, and the two are too large to compare: some events may no longer be recorded"
	case len(c.lost) > 0:
		if !c.severe {
			d.Severity = severity.Medium
		}
		d.Detail = strings.Join(c.lost, "; ") + " are no longer recorded"
		if len(c.gained) > 0 {
			d.Detail += "; newly recorded: " + strings.Join(c.gained, "; ")
		}
	case len(c.gained) > 0:
		d.Direction, d.Severity = Widening, severity.Info
		d.Detail = "newly recorded: " + strings.Join(c.gained, "; ")
	default:
		return Drift{}, false
	}
	return d, true
}

// records says whether selectors record any event of a category.
func (s Selectors) records(category, partition string) bool {
	wanted, found := selection{{eventCategory: oneOf(category)}}, selectionOf(s, partition)
	sp, ok := spaceOf(wanted, found)
	if !ok {
		return true
	}
	for _, b := range sp.boxes(found) {
		for i, sample := range sp[0].samples { // the category's axis comes first
			if sample.exact && sample.text == category && b[0].has(i) {
				return true
			}
		}
	}
	return false
}
