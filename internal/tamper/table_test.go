package tamper

import (
	"encoding/json"
	"slices"
	"strings"
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

func TestTableHasEveryTechniqueOnce(t *testing.T) {
	var ids []string
	for _, technique := range Techniques() {
		ids = append(ids, technique.ID)
	}
	slices.Sort(ids)
	want := slices.Sorted(slices.Values(tier1))
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
				if !slices.Contains(EventNames(), call) {
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
	Techniques()[0].Calls[0] = "Nothing"
	EventNames()[0] = "Nothing"
	if Techniques()[0].Calls[0] == "Nothing" || EventNames()[0] == "Nothing" {
		t.Error("the table is shared")
	}
}

func TestEventNames(t *testing.T) {
	names := EventNames()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("not sorted, or repeated: %v", names)
	}
	var used []string
	for _, technique := range Techniques() {
		used = append(used, technique.Calls...)
	}
	slices.Sort(used)
	if used = slices.Compact(used); !slices.Equal(used, names) {
		t.Errorf("the table has %v, the rule %v", used, names)
	}
}

func TestEventPattern(t *testing.T) {
	var pattern struct {
		Source     []string `json:"source"`
		DetailType []string `json:"detail-type"`
		Detail     struct {
			EventSource []string `json:"eventSource"`
			EventName   []string `json:"eventName"`
		} `json:"detail"`
	}
	decoder := json.NewDecoder(strings.NewReader(EventPattern()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&pattern); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(pattern.Source, []string{"aws.cloudtrail"}) ||
		!slices.Equal(pattern.DetailType, []string{"AWS API Call via CloudTrail"}) ||
		!slices.Equal(pattern.Detail.EventSource, []string{"cloudtrail.amazonaws.com"}) ||
		!slices.Equal(pattern.Detail.EventName, EventNames()) {
		t.Errorf("%+v", pattern)
	}
}
