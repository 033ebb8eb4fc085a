package trail

import (
	"maps"
	"slices"
	"strings"
)

// The categories of events that selectors can record, as CloudTrail's eventCategory spells them.
const (
	CategoryManagement = management
	CategoryData       = data
	CategoryNetwork    = networkActivity
)

// Recorded lists the categories of which the selectors of a trail record any event.
func (s Selectors) Recorded(trailARN string) []string {
	return slices.DeleteFunc([]string{management, data, networkActivity}, func(category string) bool {
		return !s.records(category, partitionOf(trailARN))
	})
}

// Missing tells, by category and in words, which of the events that s records have does not record. Categories of which
// nothing is missing are not in it. Selections that are too large to compare may miss anything of what s records.
func (s Selectors) Missing(have Selectors, trailARN string) map[string]string {
	partition, missing := partitionOf(trailARN), map[string]string{}
	found := selectionOf(have, partition)
	for _, category := range s.Recorded(trailARN) {
		wanted := only(category, selectionOf(s, partition))
		sp, ok := spaceOf(wanted, found)
		if !ok {
			missing[category] = tooLarge
			continue
		}
		lost, ok := uncovered(sp.boxes(wanted), sp.boxes(found))
		switch {
		case !ok:
			missing[category] = tooLarge
		case len(lost) > 0:
			missing[category] = strings.Join(sp.describe(merge(lost)), "; ")
		}
	}
	return missing
}

const tooLarge = "events that cannot be told: the selections are too large to compare"

// only narrows a selection to one category.
func only(category string, all selection) selection {
	narrowed := make(selection, len(all))
	for i, c := range all {
		narrowed[i] = maps.Clone(c)
		condition := c[eventCategory]
		condition.any = append(slices.Clone(condition.any), oneOf(category).any...)
		narrowed[i][eventCategory] = condition
	}
	return narrowed
}

// Overlaps says whether there is any event that both s and have record. ok is false if the selections are too large to
// compare.
func (s Selectors) Overlaps(have Selectors, trailARN string) (overlaps, ok bool) {
	partition := partitionOf(trailARN)
	mine, others := selectionOf(s, partition), selectionOf(have, partition)
	sp, ok := spaceOf(mine, others)
	if !ok {
		return false, false
	}
	theirs := sp.boxes(others)
	for _, b := range sp.boxes(mine) {
		if slices.ContainsFunc(theirs, b.meets) {
			return true, true
		}
	}
	return false, true
}

// meets says whether the two boxes have an event in common.
func (b box) meets(c box) bool {
	for i := range b {
		if b[i].and(c[i]).empty() {
			return false
		}
	}
	return true
}
