package tamper

import (
	"slices"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// table is the whole table of techniques. Nobody changes it.
var table = withGeneral(slices.Concat(
	trailTechniques(),
	bucketTechniques(),
	keyTechniques(),
	topicTechniques(),
	logGroupTechniques(),
	alarmTechniques(),
	roleTechniques(),
	wakingTechniques(),
	functionTechniques(),
	storageTechniques(),
	organizationTechniques(),
	lakeTechniques(),
))

// place is where a technique stands in the table.
var place = func() map[string]int {
	places := map[string]int{}
	for n, t := range table {
		places[t.ID] = n
	}
	return places
}()

// What disabling or modifying cloud logs is called by MITRE ATT&CK up to version 18, and from version 19 on.
const (
	impairV18 = "T1562.008"
	impairV19 = "T1685.002"
)

// What disabling or modifying tools of defence is called.
const (
	disableV18 = "T1562.001"
	disableV19 = "T1685"
)

// fields names settings of one kind of resource.
func fields(t trail.ResourceType, settings ...trail.Setting) []trail.Field {
	out := make([]trail.Field, len(settings))
	for n, s := range settings {
		out[n] = trail.FieldOf(t, s)
	}
	return out
}

// withGeneral adds the ways that any call of the others can go.
func withGeneral(techniques []Technique) []Technique {
	var calls []Call
	for _, t := range techniques {
		calls = append(calls, t.Calls...)
	}
	calls = sorted(calls)
	return append(techniques, []Technique{
		{
			ID: ParamPadding, Tier: TierTrail, Title: "Parameters too large to be recorded", Severity: severity.Medium,
			Calls:    calls,
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "looks at every guarded resource that may have been meant and restores what drifted",
		},
		{
			ID: WrongRegion, Tier: TierTrail, Title: "Attempt in a region that is not the trail's home", Severity: severity.Medium,
			Calls:    callsOf(sourceCloudTrail, trailCalls()...),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "nothing: the call had no effect, and is reported",
		},
		{
			ID: DeniedAttempt, Tier: TierTrail, Title: "Attempt that was denied or failed", Severity: severity.Medium,
			Calls:    calls,
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "nothing: the call had no effect, and is reported",
		},
	}...)
}
