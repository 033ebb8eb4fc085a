package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// selecting is an attack that replaces the target's event selection.
func selecting(selection func(Scene) trail.Selectors) func(context.Context, Scene) error {
	return func(ctx context.Context, s Scene) error {
		return s.PutEventSelectors(ctx, s.Target.HomeRegion, s.Target.Name, selection(s))
	}
}

// basic is the target's own basic selection after a change. What the baseline holds stays as it is.
func basic(s Scene, change func(*trail.EventSelector)) trail.Selectors {
	selectors := slices.Clone(s.Target.Selectors.Basic)
	for n := range selectors {
		change(&selectors[n])
	}
	return trail.Selectors{Basic: selectors}
}

func onlyReads(s Scene) trail.Selectors {
	return basic(s, func(e *trail.EventSelector) { e.ReadWriteType = "ReadOnly" })
}

func noManagement(s Scene) trail.Selectors {
	return basic(s, func(e *trail.EventSelector) { e.IncludeManagementEvents = false })
}

func withoutKMS(s Scene) trail.Selectors {
	return basic(s, func(e *trail.EventSelector) { e.ExcludeManagementEventSources = []string{"kms.amazonaws.com"} })
}

func noData(s Scene) trail.Selectors {
	return basic(s, func(e *trail.EventSelector) { e.DataResources = nil })
}

// emptyValues is what Stratus Red Team does: no management events, and data events of no resource.
func emptyValues(Scene) trail.Selectors {
	return trail.Selectors{Basic: []trail.EventSelector{{
		ReadWriteType: "ReadOnly", DataResources: []trail.DataResource{{Type: "AWS::S3::Object", Values: []string{}}},
	}}}
}

// advanced is all the target records, in advanced selectors, but for management events that a condition keeps out.
func advanced(s Scene, but trail.FieldSelector) trail.Selectors {
	return trail.Selectors{Advanced: []trail.AdvancedEventSelector{
		{Name: "Management events", FieldSelectors: []trail.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}, but}},
		{Name: "Objects", FieldSelectors: []trail.FieldSelector{
			{Field: "eventCategory", Equals: []string{"Data"}},
			{Field: "resources.type", Equals: []string{"AWS::S3::Object"}},
			{Field: "resources.ARN", StartsWith: objects(s)},
		}},
	}}
}

// objects are the prefixes of S3 objects whose events the target records.
func objects(s Scene) []string {
	var values []string
	for _, selector := range s.Target.Selectors.Basic {
		for _, resource := range selector.DataResources {
			values = append(values, resource.Values...)
		}
	}
	return values
}

func notMe(s Scene) trail.Selectors {
	me := "arn:aws:iam::" + s.account() + ":user/backup"
	return advanced(s, trail.FieldSelector{Field: "userIdentity.arn", NotEquals: []string{me}})
}

func notThisCall(s Scene) trail.Selectors {
	return advanced(s, trail.FieldSelector{Field: "eventName", NotEquals: []string{"StopLogging"}})
}

// padding is how much CloudTrail must be given for it to leave the parameters out of a record: more than 100 KB. AWS
// takes 500 values of up to 2048 characters in a trail's advanced selectors.
const (
	padValues = 120
	padLength = 1000
)

// padded blinds the trail to all writes, in so many words that the record of it cannot name the trail.
func padded(ctx context.Context, s Scene) error {
	selection := advanced(s, trail.FieldSelector{Field: "readOnly", Equals: []string{"true"}})
	fields := selection.Advanced[1].FieldSelectors
	for n := range padValues {
		value := fmt.Sprintf("arn:aws:s3:::padding-%d/", n)
		fields[2].StartsWith = append(fields[2].StartsWith, value+strings.Repeat("x", padLength-len(value)))
	}
	return s.PutEventSelectors(ctx, s.Target.HomeRegion, s.Target.ARN, selection)
}
