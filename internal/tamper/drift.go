package tamper

import (
	"slices"

	"github.com/trailhold/trailhold/internal/trail"
)

// FromDrift names the technique that causes a drift, for one that was found without any record. A drift that takes
// nothing away is a harmless update, unless it is of a kind that has no better or worse.
func FromDrift(d trail.Drift) string {
	if technique := fromResource(d); technique != "" {
		return technique
	}
	if d.Direction == trail.Widening {
		return TrailUpdate
	}
	switch d.Field {
	case trail.FieldTrail:
		return DeleteTrail
	case trail.FieldLogging:
		return StopLogging
	case trail.FieldSelectors:
		return BlindSelectors
	case trail.FieldInsights:
		return InsightsOff
	case trail.FieldEventConfiguration:
		return EventConfig
	case trail.FieldTags:
		return TagFlip
	}
	return fromUpdate(d.Field)
}

// fromUpdate names the technique that changes a field by UpdateTrail.
func fromUpdate(f trail.Field) string {
	switch f {
	case trail.FieldBucket:
		return ChangeBucket
	case trail.FieldPrefix:
		return ChangePrefix
	case trail.FieldTopic:
		return DropTopic
	case trail.FieldLogGroup, trail.FieldLogRole:
		return DropLogGroup
	case trail.FieldKey:
		return ChangeKMSKey
	case trail.FieldValidation:
		return ValidationOff
	case trail.FieldMultiRegion, trail.FieldGlobalEvents:
		return SingleRegion
	case trail.FieldOrganization:
		return OrgTrailOff
	}
	return TrailUpdate
}

// updateFields are the fields that UpdateTrail sets.
func updateFields() []trail.Field {
	return []trail.Field{
		trail.FieldBucket, trail.FieldPrefix, trail.FieldTopic, trail.FieldLogGroup, trail.FieldLogRole, trail.FieldKey,
		trail.FieldValidation, trail.FieldMultiRegion, trail.FieldGlobalEvents, trail.FieldOrganization,
	}
}

// FromDifference names the techniques that cause all drifts of a trail, most severe first; minimise among them where
// several fields of UpdateTrail were narrowed. What happened in between, such as a squatter that came and went, it
// cannot know. It is nil where nothing drifted.
func FromDifference(drifts []trail.Drift) []string {
	var all, weakened []string
	for _, d := range drifts {
		technique := FromDrift(d)
		all = append(all, technique)
		if d.Direction == trail.Narrowing && slices.Contains(updateFields(), d.Field) && !slices.Contains(weakened, technique) {
			weakened = append(weakened, technique)
		}
	}
	if len(weakened) >= minimiseFrom {
		all = append([]string{Minimise}, all...)
	}
	sorted, _ := bySeverity(all)
	return sorted
}
