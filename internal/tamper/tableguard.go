package tamper

import (
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// asleep is what is lost while nothing wakes the guard.
const asleep = "events that did not wake the guard; its sweep finds what they would have told"

// outside is what remains where the guard can no longer act.
const outside = "nothing that the guard could do for itself: a missing heartbeat alarms from outside"

// wakingTechniques are the ways to keep events and the clock from waking the guard.
func wakingTechniques() []Technique {
	return []Technique{
		{
			ID: RuleDisable, Tier: TierGuard, Title: "Rule of the guard disabled", Severity: severity.Critical,
			Calls:    callsOf(sourceEvents, "DisableRule", "PutRule"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "sets the whole rule back",
			Lost:     asleep,
			Fields:   fields(trail.Rule, "definition"),
		},
		{
			ID: RuleDelete, Tier: TierGuard, Title: "Rule of the guard deleted", Severity: severity.Critical,
			Calls:    callsOf(sourceEvents, "DeleteRule"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "creates the rule with its targets",
			Lost:     asleep,
			Fields:   fields(trail.Rule, trail.Identity),
		},
		{
			ID: RulePattern, Tier: TierGuard, Title: "Rule of the guard changed", Severity: severity.Critical,
			Calls:    callsOf(sourceEvents, "PutRule"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "sets the whole rule back",
			Lost:     asleep,
			Fields:   fields(trail.Rule, "definition"),
		},
		{
			ID: RuleTargets, Tier: TierGuard, Title: "Targets of the guard's rule changed or removed", Severity: severity.Critical,
			Calls:    callsOf(sourceEvents, "RemoveTargets", "PutTargets"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "sets the targets back",
			Lost:     asleep,
			Fields:   fields(trail.Rule, "targets"),
		},
		{
			ID: BusPolicy, Tier: TierGuard, Title: "Policy or settings of the event bus changed", Severity: severity.High,
			Calls:    callsOf(sourceEvents, "RemovePermission", "PutPermission", "UpdateEventBus"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "sets the bus's policy back",
			Lost:     asleep,
			Fields:   fields(trail.EventBus, "policy"),
		},
		{
			ID: BusDelete, Tier: TierGuard, Title: "Event bus of the guard deleted", Severity: severity.High,
			Calls:    callsOf(sourceEvents, "DeleteEventBus"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "creates the bus with its policy",
			Lost:     asleep,
			Fields:   fields(trail.EventBus, trail.Identity),
		},
		{
			ID: ScheduleDelete, Tier: TierGuard, Title: "Schedule of the guard's sweep deleted", Severity: severity.Critical,
			Calls:    callsOf(sourceScheduler, "DeleteSchedule", "DeleteScheduleGroup"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "creates the schedule",
			Lost:     "sweeps of the time in between",
			Fields:   fields(trail.Schedule, trail.Identity),
		},
		{
			ID: ScheduleChange, Tier: TierGuard, Title: "Schedule of the guard's sweep changed", Severity: severity.Critical,
			Calls:    callsOf(sourceScheduler, "UpdateSchedule"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "sets the schedule back",
			Lost:     "sweeps of the time in between",
			Fields:   fields(trail.Schedule, "definition"),
		},
	}
}

// functionTechniques are the ways to impair the guard's function. Lambda's records put the version of the API behind the
// names.
func functionTechniques() []Technique {
	return []Technique{
		{
			ID: FunctionDelete, Tier: TierGuard, Title: "Function of the guard deleted", Severity: severity.Critical,
			Calls:    callsOf(sourceLambda, "DeleteFunction20150331"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: outside,
			Lost:     asleep,
			Fields:   fields(trail.Function, trail.Identity),
		},
		{
			ID: FunctionCode, Tier: TierGuard, Title: "Code of the guard's function replaced", Severity: severity.Critical,
			Calls:    callsOf(sourceLambda, "UpdateFunctionCode20150331v2"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: outside,
			Lost:     asleep,
			Fields:   fields(trail.Function, "code"),
		},
		{
			ID: FunctionConfig, Tier: TierGuard, Title: "Configuration of the guard's function changed", Severity: severity.Critical,
			Calls:    callsOf(sourceLambda, "UpdateFunctionConfiguration20150331v2"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "sets the configuration back, while the function still runs; of its environment variables it alerts",
			Lost:     asleep,
			Fields:   fields(trail.Function, "configuration", "environment"),
		},
		{
			ID: FunctionConcurrency, Tier: TierGuard, Title: "Concurrency of the guard's function changed", Severity: severity.Critical,
			Calls:    callsOf(sourceLambda, "PutFunctionConcurrency20171031", "DeleteFunctionConcurrency20171031"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "sets the concurrency back, while the function still runs",
			Lost:     asleep,
			Fields:   fields(trail.Function, "concurrency"),
		},
		{
			ID: FunctionPermission, Tier: TierGuard, Title: "Permission to call the guard's function changed", Severity: severity.Critical,
			Calls:    callsOf(sourceLambda, "RemovePermission20150331v2", "AddPermission20150331v2"),
			ATTCKv18: []string{"T1546", disableV18}, ATTCKv19: []string{"T1546", disableV19},
			Restores: "grants again what was removed; of what was added it alerts",
			Lost:     asleep,
			Fields:   fields(trail.Function, "permissions"),
		},
		{
			ID: FunctionInvokeConfig, Tier: TierGuard, Title: "Retries of the guard's function changed", Severity: severity.Medium,
			Calls:    callsOf(sourceLambda, "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "sets retries and destinations back",
			Lost:     "calls of the function that failed and were not tried again",
			Fields:   fields(trail.Function, "invokeConfig"),
		},
	}
}
