package tamper

import (
	"encoding/json"
	"slices"

	"github.com/trailhold/trailhold/internal/record"
)

// parameters are a call's request parameters, of which no type can be relied on.
type parameters map[string]any

// readParameters is not ok where the record does not tell the parameters.
func readParameters(r record.Record) (parameters, bool) {
	if r.RequestParameters == nil || r.ParametersOmitted {
		return nil, false
	}
	var p parameters
	if err := json.Unmarshal(r.RequestParameters, &p); err != nil || p == nil {
		return nil, false
	}
	return p, true
}

// sent says whether the caller gave a parameter. AWS leaves what is null unchanged.
func (p parameters) sent(name string) bool { return p[name] != nil }

// turnedOff says whether a switch was sent and was anything but true.
func (p parameters) turnedOff(name string) bool { return p.sent(name) && !isTrue(p[name]) }

// updates lists the weakenings in the parameters of an UpdateTrail. A changed destination counts as one, because the
// record does not say what it was before.
func (p parameters) updates() []string {
	var out []string
	for _, c := range []struct {
		technique string
		did       bool
	}{
		{ChangeBucket, p.sent("s3BucketName")},
		{SingleRegion, p.turnedOff("isMultiRegionTrail") || p.turnedOff("includeGlobalServiceEvents")},
		{OrgTrailOff, p.turnedOff("isOrganizationTrail")},
		{ChangeKMSKey, p.sent("kmsKeyId")},
		{ValidationOff, p.turnedOff("enableLogFileValidation")},
		{ChangePrefix, p.sent("s3KeyPrefix")},
		{DropTopic, p.sent("snsTopicName")},
		{DropLogGroup, p.sent("cloudWatchLogsLogGroupArn") || p.sent("cloudWatchLogsRoleArn")},
	} {
		if c.did {
			out = append(out, c.technique)
		}
	}
	return out
}

// insightTypes are the kinds of Insights there are.
func insightTypes() []string { return []string{"ApiCallRateInsight", "ApiErrorRateInsight"} }

// dropsInsights says whether a PutInsightSelectors, which replaces them all, leaves any kind of Insights on
// management events off.
func (p parameters) dropsInsights() bool {
	selectors, _ := p["insightSelectors"].([]any)
	return slices.ContainsFunc(insightTypes(), func(kind string) bool {
		return !slices.ContainsFunc(selectors, func(s any) bool { return turnsOn(s, kind) })
	})
}

// turnsOn says whether an insight selector is of a kind, and covers management events, as it does by default.
func turnsOn(selector any, kind string) bool {
	s, _ := selector.(map[string]any)
	if s["insightType"] != kind {
		return false
	}
	return s["eventCategories"] == nil || slices.Contains(texts(s["eventCategories"]), "Management")
}

// isTrue accepts the boolean and its name.
func isTrue(v any) bool { return v == true || v == "true" }

// texts are the strings of a value that is a string or a list with strings in it.
func texts(v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	list, _ := v.([]any)
	var out []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
