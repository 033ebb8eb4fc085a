package tamper

import (
	"slices"
	"testing"

	"github.com/trailhold/trailhold/internal/severity"
)

// tier1 are the ids that the table owes, one for each way to impair a trail, and those of failed and harmless calls.
var tier1 = []string{
	"stop-logging", "delete-trail", "delete-then-squat", "change-bucket", "change-prefix", "drop-topic", "drop-log-group",
	"change-kms-key", "validation-off", "single-region", "org-trail-off", "minimise", "blind-selectors", "insights-off",
	"event-config", "tag-flip", "shadow-trail", "stop-flood", "param-padding",
	"wrong-region", "denied-attempt", "start-logging", "trail-update",
}

// The ids of what impairs a trail's dependencies, the guard, the organization and CloudTrail Lake.
var (
	tier2 = []string{
		"bucket-policy", "bucket-delete", "bucket-lifecycle", "bucket-versioning", "bucket-object-lock", "bucket-encryption",
		"bucket-replication", "bucket-acl", "bucket-ownership", "bucket-public-access", "bucket-requester-pays", "bucket-logging",
		"bucket-notification", "log-delete", "kms-disable", "kms-schedule-deletion", "kms-policy", "kms-grant", "kms-rotation",
		"topic-delete", "topic-policy", "topic-encryption", "unsubscribe", "filter-policy",
		"log-group-delete", "log-stream-delete", "log-group-retention", "log-group-metric-filter", "log-group-subscription-filter",
		"log-group-data-protection", "log-group-deletion-protection", "log-group-encryption",
		"alarm-delete", "alarm-actions", "alarm-definition", "alarm-mute", "alarm-state", "resource-update",
	}
	tierGuard = []string{
		"rule-disable", "rule-delete", "rule-pattern", "rule-targets", "bus-policy", "bus-delete",
		"function-delete", "function-code", "function-config", "function-concurrency", "function-permission", "function-invoke-config",
		"schedule-delete", "schedule-change", "queue-purge", "queue-delete", "queue-policy", "queue-config",
		"table-delete", "table-protection", "stack-delete", "role-delete", "role-trust", "role-policy", "role-boundary",
	}
	tierOrganization = []string{"org-leave", "trusted-access-off", "delegated-admin-removed", "scp-deny-guard", "region-toggle"}
	tierLake         = []string{"lake-stop", "lake-delete", "lake-update", "lake-channel", "lake-resource-policy"}
)

func TestTiers(t *testing.T) {
	for tier, ids := range map[Tier][]string{
		TierTrail: tier1, TierDependency: tier2, TierGuard: tierGuard, TierOrganization: tierOrganization, TierLake: tierLake,
	} {
		for _, id := range ids {
			if technique, _ := Lookup(id); technique.Tier != tier {
				t.Errorf("%s is of tier %q", id, technique.Tier)
			}
		}
	}
}

func TestTableHasEveryTechniqueOnce(t *testing.T) {
	var ids []string
	for _, technique := range Techniques() {
		ids = append(ids, technique.ID)
	}
	slices.Sort(ids)
	want := slices.Sorted(slices.Values(slices.Concat(tier1, tier2, tierGuard, tierOrganization, tierLake)))
	if !slices.Equal(ids, want) {
		t.Errorf("got  %v\nwant %v", ids, want)
	}
}

func TestTechniquesAreComplete(t *testing.T) {
	for _, technique := range Techniques() {
		t.Run(technique.ID, func(t *testing.T) {
			if technique.Title == "" || technique.Restores == "" || technique.Severity == severity.None || len(technique.Calls) == 0 {
				t.Errorf("something is missing: %+v", technique)
			}
			for _, call := range technique.Calls {
				if !slices.Contains(EventNames(call.Source), call.Name) {
					t.Errorf("unknown call %q", call)
				}
			}
			harmless := technique.Severity == severity.Info
			if none := len(technique.ATTCKv18) == 0 || len(technique.ATTCKv19) == 0; none != harmless {
				t.Errorf("ATT&CK ids %v, %v", technique.ATTCKv18, technique.ATTCKv19)
			}
			for _, id := range append(technique.ATTCKv18, technique.ATTCKv19...) {
				if len(id) < 5 || id[0] != 'T' {
					t.Errorf("ATT&CK id %q", id)
				}
			}
			if found, ok := Lookup(technique.ID); !ok || found.Title != technique.Title {
				t.Errorf("Lookup finds %+v", found)
			}
		})
	}
	if _, ok := Lookup("no-such"); ok {
		t.Error("found what is not there")
	}
}

func TestClassicSeverities(t *testing.T) {
	for id, want := range map[string]severity.Severity{
		StopLogging: severity.High, DeleteTrail: severity.High, ChangeBucket: severity.High, Minimise: severity.High,
		BlindSelectors: severity.High, DeniedAttempt: severity.Medium, WrongRegion: severity.Medium,
		StartLogging: severity.Info, TrailUpdate: severity.Info, DeleteThenSquat: severity.Critical,
	} {
		if got, _ := Lookup(id); got.Severity != want {
			t.Errorf("%s: %s, want %s", id, got.Severity, want)
		}
	}
}

func TestTableCannotBeChangedFromOutside(t *testing.T) {
	found, _ := Lookup(StopLogging)
	for _, technique := range []Technique{Techniques()[0], found} {
		technique.Calls[0].Name, technique.Fields[0], technique.ATTCKv18[0] = "Nothing", "nothing", "nothing"
	}
	EventNames(sourceCloudTrail)[0] = "Nothing"
	now := Techniques()[0]
	if now.Calls[0].Name == "Nothing" || now.Fields[0] == "nothing" || now.ATTCKv18[0] == "nothing" || EventNames(sourceCloudTrail)[0] == "Nothing" {
		t.Error("the table is shared")
	}
}

func TestEventNames(t *testing.T) {
	names := EventNames(sourceCloudTrail)
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("not sorted, or repeated: %v", names)
	}
	for _, name := range append(trailCalls(), "StopEventDataStoreIngestion") {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
	if names := EventNames("ec2.amazonaws.com"); names != nil {
		t.Errorf("%v", names)
	}
	if !slices.IsSorted(trailCalls()) {
		t.Error("the calls on trails are not sorted")
	}
}
