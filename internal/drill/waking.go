package drill

import (
	"context"
	"strings"

	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// wakingTechniques are attacks on what wakes the guard. As long as another rule carries the calls of EventBridge itself, an
// event tells of them; where that rule is the one attacked, a sweep finds it.
func wakingTechniques() []Technique {
	files, itself := having(`"aws.s3"`), having(`"aws.events"`)
	return []Technique{
		{ID: tamper.RuleDisable, On: trail.Rule, Where: files, calls: onRule("events:DisableRule", "Name", nil), Outcome: Restored},
		{ID: tamper.RuleDisable, Variant: "the last to tell", On: trail.Rule, Where: athome(itself), calls: onRule("events:DisableRule", "Name", nil), Unheard: true, Outcome: Restored},
		{ID: tamper.RuleDisable, Variant: "another region's", On: trail.Rule, Where: abroad, calls: onRule("events:DisableRule", "Name", nil), Outcome: Restored},
		{ID: tamper.RuleDelete, On: trail.Rule, Where: files, calls: then(withoutTargets, onRule("events:DeleteRule", "Name", nil)), Outcome: Restored},
		{ID: tamper.RulePattern, On: trail.Rule, Where: files, Outcome: Restored,
			calls: onRule("events:PutRule", "Name", object{"EventPattern": `{"source":["aws.none"]}`, "State": "ENABLED"})},
		{ID: tamper.RuleTargets, Variant: "removed", On: trail.Rule, Where: files, calls: withoutTargets, Outcome: Restored},
		{ID: tamper.RuleTargets, Variant: "elsewhere", On: trail.Rule, Where: files, calls: otherTarget, Outcome: Restored},
		{ID: tamper.BusPolicy, On: trail.EventBus, Outcome: Restored,
			calls: naming("EventBusName", trail.Resource.Name)("events:RemovePermission", object{"RemoveAllPermissions": true})},
		// The bus and the rule on it are restored and told of separately.
		{ID: tamper.BusDelete, On: trail.EventBus, Attack: deleteBus, Alerts: 2, Outcome: Restored},
		{ID: tamper.ScheduleDelete, On: trail.Schedule, calls: naming("Name", trail.Resource.Name)("scheduler:DeleteSchedule", nil), Outcome: Restored},
		{ID: tamper.ScheduleChange, On: trail.Schedule, calls: sleepLong, Outcome: Restored},
	}
}

func athome(fits func(trail.Resource) bool) func(trail.Resource) bool {
	return func(r trail.Resource) bool { return fits(r) && r.Region == "us-east-1" }
}

// abroad finds a rule for the calls of CloudTrail where there is no trail at home.
func abroad(r trail.Resource) bool {
	return having(`"aws.cloudtrail"`)(r) && r.Region != "us-east-1"
}

// onRule makes a call that names a rule, and the bus that it is on if that is not the default.
func onRule(operation, field string, more object) calls {
	return func(s Scene, r trail.Resource) []request {
		requests := naming(field, trail.Resource.Name)(operation, more)(s, r)
		if _, path, _ := strings.Cut(r.ARN, ":rule/"); strings.Contains(path, "/") {
			requests[0].input["EventBusName"] = strings.TrimSuffix(path, "/"+r.Name())
		}
		return requests
	}
}

func withoutTargets(s Scene, r trail.Resource) []request {
	var ids []string
	for id := range r.Settings["targets"].Members() {
		ids = append(ids, id)
	}
	return onRule("events:RemoveTargets", "Rule", object{"Ids": ids})(s, r)
}

// otherTarget leads the rule to a function that does not exist.
func otherTarget(s Scene, r trail.Resource) []request {
	var targets []object
	for id := range r.Settings["targets"].Members() {
		targets = append(targets, object{"Id": id, "Arn": "arn:aws:lambda:" + r.Region + ":" + s.account() + ":function:nothing"})
	}
	return onRule("events:PutTargets", "Rule", object{"Targets": targets})(s, r)
}

// deleteBus deletes a bus with the rules on it, without which it cannot be deleted.
func deleteBus(ctx context.Context, s Scene) error {
	bus, err := s.resource(trail.EventBus, nil)
	if err != nil {
		return err
	}
	rule, err := s.resource(trail.Rule, func(r trail.Resource) bool { return strings.Contains(r.ARN, ":rule/"+bus.Name()+"/") })
	if err != nil {
		return err
	}
	requests := then(withoutTargets, onRule("events:DeleteRule", "Name", nil))(s, rule)
	return perform(ctx, s, bus.Region, append(requests, request{"events:DeleteEventBus", object{"Name": bus.Name()}}))
}

// sleepLong has the guard sweep once a year.
func sleepLong(_ Scene, r trail.Resource) []request {
	target := r.Settings["definition"].Members()["Target"]
	return []request{{"scheduler:UpdateSchedule", object{
		"Name": r.Name(), "ScheduleExpression": "rate(365 days)", "FlexibleTimeWindow": object{"Mode": "OFF"}, "State": "ENABLED",
		"Target": object{"Arn": target.Text("Arn"), "RoleArn": target.Text("RoleArn")},
	}}}
}
