package tamper

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
)

func narrowed(fields ...trail.Field) []trail.Drift {
	var out []trail.Drift
	for _, f := range fields {
		out = append(out, trail.Drift{Field: f, Direction: trail.Narrowing})
	}
	return out
}

func TestFromDriftFitsTheTable(t *testing.T) {
	for field, want := range map[trail.Field]string{
		trail.FieldTrail: "delete-trail", trail.FieldLogging: "stop-logging", trail.FieldBucket: "change-bucket",
		trail.FieldPrefix: "change-prefix", trail.FieldTopic: "drop-topic", trail.FieldLogGroup: "drop-log-group",
		trail.FieldLogRole: "drop-log-group", trail.FieldKey: "change-kms-key", trail.FieldValidation: "validation-off",
		trail.FieldMultiRegion: "single-region", trail.FieldGlobalEvents: "single-region",
		trail.FieldOrganization: "org-trail-off", trail.FieldSelectors: "blind-selectors",
		trail.FieldInsights: "insights-off", trail.FieldEventConfiguration: "event-config", trail.FieldTags: "tag-flip",
	} {
		got := FromDrift(trail.Drift{Field: field, Direction: trail.Narrowing})
		if got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
		if technique, _ := Lookup(got); !slices.Contains(technique.Fields, field) {
			t.Errorf("the table does not say that %s changes %s", got, field)
		}
		if got := FromDrift(trail.Drift{Field: field, Direction: trail.Neutral}); got != want {
			t.Errorf("%s, neutral: %s, want %s", field, got, want)
		}
		if got := FromDrift(trail.Drift{Field: field, Direction: trail.Widening}); got != "trail-update" {
			t.Errorf("%s, widened: %s", field, got)
		}
	}
	if got := FromDrift(trail.Drift{Field: "new", Direction: trail.Narrowing}); got != "trail-update" {
		t.Errorf("unknown field: %s", got)
	}
}

func TestFromDifference(t *testing.T) {
	for _, c := range []struct {
		name   string
		drifts []trail.Drift
		want   string
	}{
		{"nothing", nil, ""},
		{"stopped", narrowed(trail.FieldLogging), "stop-logging"},
		{"one technique, two fields", narrowed(trail.FieldMultiRegion, trail.FieldGlobalEvents), "single-region"},
		{"two techniques, four fields", narrowed(trail.FieldMultiRegion, trail.FieldGlobalEvents, trail.FieldLogGroup, trail.FieldLogRole), "single-region drop-log-group"},
		{"severe first", narrowed(trail.FieldTags, trail.FieldValidation, trail.FieldLogging), "stop-logging validation-off tag-flip"},
		{"minimised", narrowed(trail.FieldTopic, trail.FieldValidation, trail.FieldKey), "minimise change-kms-key drop-topic validation-off"},
		{"three, but one of them widened", append(narrowed(trail.FieldTopic, trail.FieldValidation), trail.Drift{Field: trail.FieldMultiRegion, Direction: trail.Widening}),
			"drop-topic validation-off trail-update"},
		{"three, but not by one call", narrowed(trail.FieldLogging, trail.FieldSelectors, trail.FieldInsights), "stop-logging blind-selectors insights-off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(FromDifference(c.drifts), " "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Every setting that a baseline can guard has a technique that changes it.
func TestFromDriftOfResources(t *testing.T) {
	for _, kind := range trail.Types() {
		for _, setting := range trail.SettingsOf(kind) {
			field := trail.FieldOf(kind, setting)
			got := FromDrift(trail.Drift{Field: field, Direction: trail.Narrowing})
			technique, _ := Lookup(got)
			if !slices.Contains(technique.Fields, field) {
				t.Errorf("%s: %s, which the table does not say to change it", field, got)
			}
			if got := FromDrift(trail.Drift{Field: field, Direction: trail.Widening}); got != ResourceUpdate {
				t.Errorf("%s, widened: %s", field, got)
			}
		}
	}
	for _, technique := range Techniques() {
		for _, field := range technique.Fields {
			kind, setting, isResource := strings.Cut(string(field), ".")
			if isResource && !slices.Contains(trail.SettingsOf(trail.ResourceType(kind)), trail.Setting(setting)) {
				t.Errorf("%s changes %s, which nobody guards", technique.ID, field)
			}
		}
	}
}

func TestFromDriftTellsTechniquesApart(t *testing.T) {
	for _, c := range []struct {
		field         trail.Field
		before, after trail.Document
		want          string
	}{
		{trail.FieldOf(trail.Key, "state"), `{"KeyState":"Enabled"}`, `{"KeyState":"Disabled"}`, KMSDisable},
		{trail.FieldOf(trail.Key, "state"), `{"KeyState":"Enabled"}`, `{"KeyState":"PendingDeletion"}`, KMSScheduleDeletion},
		{trail.FieldOf(trail.Rule, "definition"), `{"State":"ENABLED"}`, `{"State":"DISABLED"}`, RuleDisable},
		{trail.FieldOf(trail.Rule, "definition"), `{"EventPattern":"a","State":"ENABLED"}`, `{"EventPattern":"b","State":"ENABLED"}`, RulePattern},
		{trail.FieldOf(trail.Topic, "subscriptions"), `{"a":{"x":1},"b":{"x":1}}`, `{"a":{"x":1}}`, Unsubscribe},
		{trail.FieldOf(trail.Topic, "subscriptions"), `{"a":{"x":1}}`, `{"a":{"x":2}}`, FilterPolicy},
	} {
		got := FromDrift(trail.Drift{Field: c.field, Direction: trail.Narrowing, Before: c.before, After: c.after})
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.field, c.after, got, c.want)
		}
	}
}
