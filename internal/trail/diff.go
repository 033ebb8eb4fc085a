package trail

import (
	"cmp"
	"slices"

	"github.com/trailhold/trailhold/internal/severity"
)

// fieldOrderOfDrift is the order in which drifts of one severity are told: what stops recording first.
var fieldOrderOfDrift = []Field{
	FieldTrail, FieldLogging, FieldDelivery, FieldBucket, FieldPrefix, FieldSelectors, FieldMultiRegion, FieldGlobalEvents, FieldOrganization,
	FieldKey, FieldValidation, FieldLogGroup, FieldLogRole, FieldTopic, FieldInsights, FieldEventConfiguration, FieldTags,
}

// Fields returns every field that can drift, in the order in which drifts of one severity are told.
func Fields() []Field { return append(slices.Clone(fieldOrderOfDrift), resourceFields()...) }

// Diff compares what a trail should be with what it is. It compares meaning, not spelling: an order, a duplicate, an
// ARN beside a name, nil beside empty or a basic selector beside an equal advanced one is no drift. What is unknown is
// listed as unknown and never as drift; what the baseline does not guard is not compared. The result is in a fixed
// order: the most severe drift first. Its values share memory with the arguments.
func Diff(want Guarded, have State) Difference {
	var result Difference
	diffDependents(want, have, &result)
	if want.IsTrail() {
		judgePolicies(want, have, &result)
		diffTrail(want, have, &result)
	}
	order := Fields()
	slices.SortStableFunc(result.Drifts, func(a, b Drift) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(slices.Index(order, a.Field), slices.Index(order, b.Field)))
	})
	return result
}

// diffTrail compares the trail itself.
func diffTrail(want Guarded, have State, result *Difference) {
	config, known := have.Config.Get()
	switch {
	case have.Config.Knowledge() == Absent:
		// Nothing else exists without the trail, so one drift says it all; only what might stand in its place matters.
		result.add(gone(want))
		checkKnown(result, "others", have.Others)
		return
	case known:
		diffConfig(want.Config, config, result)
	default:
		checkKnown(result, "config", have.Config)
	}
	diffLogging(want, have, result)
	diffSelectors(want, have, result)
	diffInsights(want, have, result)
	diffEventConfiguration(want, have, result)
	diffTags(want, have, result)
}

// Worst is the highest severity among the drifts.
func (d Difference) Worst() severity.Severity {
	worst := severity.None
	for _, drift := range d.Drifts {
		worst = max(worst, drift.Severity)
	}
	return worst
}

// Find returns the drift of a field.
func (d Difference) Find(field Field) (Drift, bool) {
	for _, drift := range d.Drifts {
		if drift.Field == field {
			return drift, true
		}
	}
	return Drift{}, false
}

func (d *Difference) add(drift Drift) { d.Drifts = append(d.Drifts, drift) }

func (d *Difference) unknown(facet, why string) {
	d.Unknown = append(d.Unknown, UnknownFacet{Facet: facet, Why: why})
}

// checkKnown returns the value of a facet that was read and lists one that was not as unknown. A facet that AWS calls
// absent although the trail exists is a contradiction, which reads that lag behind writes can produce: it is unknown too.
func checkKnown[T any](d *Difference, name string, f Facet[T]) (value T, ok bool) {
	value, ok = f.Get()
	switch {
	case ok:
	case f.Knowledge() == Absent:
		d.unknown(name, "AWS says that the trail does not exist, but not in every answer: its answers lag behind, look again")
	case f.Why() == "":
		d.unknown(name, "was not looked at")
	default:
		d.unknown(name, f.Why())
	}
	return value, ok
}

// orEmpty makes "AWS says there are none" the same as an empty value, for facets that a trail may lack.
func orEmpty[T any](f Facet[T]) Facet[T] {
	if f.Knowledge() == Absent {
		var none T
		return Known(none)
	}
	return f
}

func gone(want Guarded) Drift {
	return Drift{
		Field: FieldTrail, Before: want.Config, Direction: Narrowing, Severity: severity.High,
		Detail: "the trail does not exist: nothing is recorded, and its selectors, Insights, event configuration and tags are gone with it",
	}
}

func diffLogging(want Guarded, have State, result *Difference) {
	status, ok := checkKnown(result, "status", have.Status)
	switch {
	case !ok || status.IsLogging == want.Logging:
	case want.Logging:
		result.add(Drift{Field: FieldLogging, Before: true, After: false, Direction: Narrowing, Severity: severity.High, Detail: "logging was stopped: nothing is recorded"})
	default:
		result.add(Drift{Field: FieldLogging, Before: false, After: true, Direction: Widening, Severity: severity.Info, Detail: "logging was started; the baseline has it stopped"})
	}
}

func diffSelectors(want Guarded, have State, result *Difference) {
	if want.Selectors == nil {
		return
	}
	selectors, ok := checkKnown(result, "selectors", have.Selectors)
	if !ok {
		return
	}
	change := compareSelectors(*want.Selectors, selectors, partitionOf(want.ARN))
	if drift, ok := change.drift(*want.Selectors, selectors); ok {
		result.add(drift)
	}
}

// partitionOf is the partition of an ARN; the standard one if the ARN is malformed.
func partitionOf(arn string) string {
	if a, err := ParseARN(arn); err == nil {
		return a.Partition
	}
	return "aws"
}
