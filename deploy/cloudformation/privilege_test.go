package cloudformation_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/privilege"
)

// covered are the kinds of resources that the function's policies are for, and what it uses besides.
var covered = []string{
	"trail", "bucket", "key", "topic", "log-group", "role", "alarm", "rule", "event-bus", "function", "schedule", "queue", "table",
	"alerts", "journal", "baseline", "verification",
}

// uncovered are the other kinds, and why the policies are not for them.
var uncovered = map[string]string{
	"event-data-store": "nothing in the template's parameters names one",
	"channel":          "nothing in the template's parameters names one",
	"queue of events":  "rules invoke the function directly",
}

// leftOut are the actions that the code may need and the template does not give, and why.
var leftOut = map[string]string{
	"lambda:AddPermission":               "the function must not say who may do what with it",
	"lambda:RemovePermission":            "the function must not say who may do what with it",
	"lambda:UpdateFunctionConfiguration": "the function must not give itself another role, code or environment",
	"account:ListRegions":                "the baseline says in which regions a trail's logs are verified",
	"scheduler:CreateScheduleGroup":      "the sweep is in the default group, which nobody can delete",
}

// beyond are the actions that the template gives beyond what is known to be needed without a baseline, and why.
var beyond = map[string]string{
	"cloudwatch:PutAlarmMuteRule": "for mute rules that the baseline has",
	"iam:CreateServiceLinkedRole": "for an organization trail",

	"events:PutEvents":                "for a channel of the alerts file",
	"secretsmanager:GetSecretValue":   "for a channel's secret",
	"securityhub:BatchImportFindings": "for a channel of the alerts file",
	"ssm:GetParameter":                "for a channel's secret",

	"iam:PassRole":         "for roles that the baseline's settings name",
	"kms:Decrypt":          "for the topic's key",
	"kms:GenerateDataKey":  "for the topic's key",
	"logs:CreateLogStream": "Lambda logs with the function's role",
	"logs:PutLogEvents":    "Lambda logs with the function's role",
	"sqs:SendMessage":      "Lambda sends what the function gives up with the function's role",
	"organizations:*":      "for the organization, whose id has to be given",
}

// TestPoliciesGiveWhatTheCodeNeeds compares the function's policies with the table of permissions, which tests hold to the code.
func TestPoliciesGiveWhatTheCodeNeeds(t *testing.T) {
	needed, given := map[string]bool{}, map[string]bool{}
	for _, role := range []privilege.Role{privilege.Read, privilege.Restore} {
		for _, s := range privilege.Template(role, covered...) {
			for _, action := range s.Action {
				needed[action] = true
			}
		}
	}
	for _, s := range read(t, "trailhold.yaml").statements() {
		for _, action := range many(s.fields["Action"]) {
			given[action.(string)] = given[action.(string)] || s.owner == "FunctionRole"
		}
	}
	for _, action := range slices.Sorted(maps.Keys(needed)) {
		if given[action] == (leftOut[action] != "") {
			t.Errorf("%s, which the code may need, is given: %v, and left out on purpose: %q", action, given[action], leftOut[action])
		}
	}
	for _, action := range slices.Sorted(maps.Keys(given)) {
		service, _, _ := strings.Cut(action, ":")
		if given[action] && !needed[action] && beyond[action] == "" && beyond[service+":*"] == "" {
			t.Errorf("the template gives %s, which nothing needs", action)
		}
	}
}

// TestActionsWithoutResources: on anything but * an action that knows no resources is never allowed, and no other action needs it.
func TestActionsWithoutResources(t *testing.T) {
	everywhere := map[string]bool{}
	for _, role := range []privilege.Role{privilege.Read, privilege.Restore} {
		for _, s := range privilege.Template(role, covered...) {
			for _, action := range s.Action {
				everywhere[action] = everywhere[action] || slices.Contains(s.Resource, "*")
			}
		}
	}
	for _, s := range read(t, "trailhold.yaml").statements() {
		for _, action := range many(s.fields["Action"]) {
			want, known := everywhere[action.(string)]
			if all := s.fields["Resource"] == "*"; s.owner == "FunctionRole" && known && all != want {
				t.Errorf("%s gives %s on everything: %v, want %v", s.place, action, all, want)
			}
		}
	}
}

// TestEveryKindIsCovered makes sure that a new kind of resource does not go without a thought for the template.
func TestEveryKindIsCovered(t *testing.T) {
	for _, kind := range privilege.Kinds() {
		if slices.Contains(covered, kind) == (uncovered[kind] != "") {
			t.Errorf("are the function's policies for a %s, or why not?", kind)
		}
	}
	for _, kind := range covered {
		if !slices.Contains(privilege.Kinds(), kind) {
			t.Errorf("%s is no kind", kind)
		}
	}
}

// TestGuardMayLookAtItself: the function may read every setting of what the stacks make, whatever the trails rest on.
func TestGuardMayLookAtItself(t *testing.T) {
	given := map[string]bool{}
	for _, s := range read(t, "trailhold.yaml").statements() {
		if always := strings.HasSuffix(s.place, " ReadPolicy MuteRules") || strings.HasSuffix(s.place, " ReadPolicy WhatHasNoArn"); always || strings.Contains(s.place, " ReadGuardPolicy ") {
			for _, action := range many(s.fields["Action"]) {
				given[action.(string)] = true
			}
		}
	}
	for _, s := range privilege.Template(privilege.Read, "rule", "event-bus", "function", "schedule", "queue", "table", "topic", "role", "alarm", "key") {
		for _, action := range s.Action {
			if !given[action] {
				t.Errorf("the function may not call %s for what it runs on", action)
			}
		}
	}
}
