package awscloud

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const guardFunction = "arn:aws:lambda:eu-west-1:111122223333:function:trailhold"

// pattern has a value and a comparison that mean something as they are: null, and the order in a numeric one.
const pattern = `{"source":["aws.cloudtrail","aws.s3"],"detail":{"errorCode":[null],"n":[{"numeric":[">",0,"<=",5]}]}}`

// guardRule makes a rule with a target on a bus of its own.
func (w *world) guardRule(t *testing.T) trail.Resource {
	t.Helper()
	c := w.cloud.events("eu-west-1")
	must[eventbridge.CreateEventBusOutput](t)(c.CreateEventBus(w.context, &eventbridge.CreateEventBusInput{Name: aws.String("central")}))
	must[eventbridge.PutRuleOutput](t)(c.PutRule(w.context, &eventbridge.PutRuleInput{
		Name: aws.String("wake"), EventBusName: aws.String("central"), EventPattern: aws.String(pattern), Description: aws.String("wakes the guard"),
	}))
	must[eventbridge.PutTargetsOutput](t)(c.PutTargets(w.context, &eventbridge.PutTargetsInput{Rule: aws.String("wake"), EventBusName: aws.String("central"), Targets: []ebtypes.Target{{
		Id: aws.String("guard"), Arn: aws.String(guardFunction), InputPath: aws.String("$.detail"),
		DeadLetterConfig: &ebtypes.DeadLetterConfig{Arn: aws.String("arn:aws:sqs:eu-west-1:111122223333:missed")},
		RetryPolicy:      &ebtypes.RetryPolicy{MaximumRetryAttempts: aws.Int32(0), MaximumEventAgeInSeconds: aws.Int32(3600)},
	}}}))
	return trail.Resource{Type: trail.Rule, ARN: "arn:aws:events:eu-west-1:111122223333:rule/central/wake", Region: "eu-west-1", Account: lab.DefaultAccount}
}

func TestRuleWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	r := w.guardRule(t)
	c, name, bus := w.cloud.events("eu-west-1"), aws.String("wake"), aws.String("central")
	removed := func(t *testing.T) {
		must[eventbridge.RemoveTargetsOutput](t)(c.RemoveTargets(w.context, &eventbridge.RemoveTargetsInput{Rule: name, EventBusName: bus, Ids: []string{"guard"}}))
	}
	replaced := func(pattern, description string) func(*testing.T) {
		return func(t *testing.T) {
			must[eventbridge.PutRuleOutput](t)(c.PutRule(w.context, &eventbridge.PutRuleInput{
				Name: name, EventBusName: bus, EventPattern: &pattern, Description: &description, RoleArn: aws.String("arn:aws:iam::111122223333:role/other"),
			}))
		}
	}
	target := func(id, arn string) func(*testing.T) {
		return func(t *testing.T) {
			must[eventbridge.PutTargetsOutput](t)(c.PutTargets(w.context, &eventbridge.PutTargetsInput{Rule: name, EventBusName: bus, Targets: []ebtypes.Target{{Id: &id, Arn: &arn}}}))
		}
	}
	const other = "arn:aws:lambda:eu-west-1:111122223333:function:other"
	put, lead := []trail.Op{trail.OpPutRule}, []trail.Op{trail.OpPutTargets}
	tamperings := []tampering{
		{"disabled", "definition", func(t *testing.T) {
			must[eventbridge.DisableRuleOutput](t)(c.DisableRule(w.context, &eventbridge.DisableRuleInput{Name: name, EventBusName: bus}))
		}, put},
		{"other pattern", "definition", replaced(`{"source":["aws.cloudtrail","aws.s3"],"detail":{"errorCode":["x"]}}`, "wakes the guard"), put},
		{"other numbers", "definition", replaced(`{"source":["aws.cloudtrail","aws.s3"],"detail":{"errorCode":[null],"n":[{"numeric":[">",4,"<=",5]}]}}`, "wakes the guard"), put},
		{"other words", "definition", replaced(pattern, "does nothing"), put},
		{"removed", "targets", removed, lead},
		{"elsewhere", "targets", target("guard", other), lead},
		{"crowded out", "targets", func(t *testing.T) {
			removed(t)
			for _, id := range []string{"a", "b", "c", "d", "e"} { // all that a rule may have
				target(id, other)(t)
			}
		}, []trail.Op{trail.OpPutTargets, trail.OpRemoveTargets, trail.OpRemoveTargets, trail.OpRemoveTargets, trail.OpRemoveTargets, trail.OpRemoveTargets, trail.OpPutTargets}},
		{"deleted", trail.Identity, func(t *testing.T) {
			removed(t)
			must[eventbridge.DeleteRuleOutput](t)(c.DeleteRule(w.context, &eventbridge.DeleteRuleInput{Name: name, EventBusName: bus}))
		}, []trail.Op{trail.OpPutRule, trail.OpPutTargets}},
	}
	w.withstands(t, r, tamperings)
	covers(t, trail.Rule, tamperings)
	w.neverMistakes(t, r, "events", "DescribeRule", "ListTargetsByRule")

	target("spy", other)(t) // reads along, and takes nothing away
	if g, state, fields := w.drifts(t, w.captured(t, r)); len(fields)+len(trail.Plan(trail.Baseline{}, g, state)) > 0 {
		t.Errorf("a captured rule drifts in %v", fields)
	}
}

func TestRulesOfOtherBuses(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:events:eu-west-1:111122223333:rule/wake":                           "default",
		"arn:aws:events:eu-west-1:111122223333:rule/central/wake":                   "central",
		"arn:aws:events:eu-west-1:111122223333:rule/aws.partner/example.com/x/wake": "aws.partner/example.com/x",
	} {
		if got := aws.ToString(busOf(arn)); got != want {
			t.Errorf("%s is on the bus %q", arn, got)
		}
	}
}

func TestScheduledRuleOnTheDefaultBus(t *testing.T) {
	w := newWorld(t)
	c, name := w.cloud.events("us-east-1"), aws.String("sweep")
	rate := func(rate string) func(*testing.T) {
		return func(t *testing.T) {
			must[eventbridge.PutRuleOutput](t)(c.PutRule(w.context, &eventbridge.PutRuleInput{Name: name, ScheduleExpression: &rate}))
		}
	}
	rate("rate(5 minutes)")(t)
	r := trail.Resource{Type: trail.Rule, ARN: "arn:aws:events:us-east-1:111122223333:rule/sweep", Region: "us-east-1", Account: lab.DefaultAccount}
	w.withstands(t, r, []tampering{
		{"rarely", "definition", rate("rate(365 days)"), []trail.Op{trail.OpPutRule}},
		{"deleted", trail.Identity, func(t *testing.T) {
			must[eventbridge.DeleteRuleOutput](t)(c.DeleteRule(w.context, &eventbridge.DeleteRuleInput{Name: name}))
		}, []trail.Op{trail.OpPutRule}},
	})
}

// EventBridge says in a successful answer which entries it refused.
func TestRefusedTargetIsAnError(t *testing.T) {
	err := refusedEntry(trail.OpPutTargets, aws.String("ResourceNotFoundException"), aws.String("no\nrule"))
	if err.Error() != `PutTargets: ResourceNotFoundException: no\nrule` {
		t.Errorf("got %q", err)
	}
}

func TestEventBusWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	c, name := w.cloud.events("eu-west-1"), aws.String("central")
	const policy = `{"Version":"2012-10-17","Statement":[{"Sid":"members","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"events:PutEvents","Resource":"arn:aws:events:eu-west-1:111122223333:event-bus/central"}]}`
	const deny = `{"Version":"2012-10-17","Statement":[{"Sid":"no","Effect":"Deny","Principal":"*","Action":"events:PutEvents","Resource":"arn:aws:events:eu-west-1:111122223333:event-bus/central"}]}`
	permit := func(policy string) func(*testing.T) {
		return func(t *testing.T) {
			must[eventbridge.PutPermissionOutput](t)(c.PutPermission(w.context, &eventbridge.PutPermissionInput{EventBusName: name, Policy: &policy}))
		}
	}
	gone := func(t *testing.T) {
		must[eventbridge.RemovePermissionOutput](t)(c.RemovePermission(w.context, &eventbridge.RemovePermissionInput{EventBusName: name, RemoveAllPermissions: true}))
	}
	must[eventbridge.CreateEventBusOutput](t)(c.CreateEventBus(w.context, &eventbridge.CreateEventBusInput{Name: name}))
	r := trail.Resource{Type: trail.EventBus, ARN: "arn:aws:events:eu-west-1:111122223333:event-bus/central", Region: "eu-west-1", Account: lab.DefaultAccount}
	w.withstands(t, r, []tampering{{"policy added", "policy", permit(deny), []trail.Op{trail.OpRemovePermission}}})
	permit(policy)(t)
	tamperings := []tampering{
		{"policy replaced", "policy", permit(deny), []trail.Op{trail.OpPutPermission}},
		{"policy removed", "policy", gone, []trail.Op{trail.OpPutPermission}},
		{"deleted", trail.Identity, func(t *testing.T) {
			must[eventbridge.DeleteEventBusOutput](t)(c.DeleteEventBus(w.context, &eventbridge.DeleteEventBusInput{Name: name}))
		}, []trail.Op{trail.OpCreateEventBus, trail.OpPutPermission}},
	}
	w.withstands(t, r, tamperings)
	covers(t, trail.EventBus, tamperings)
	w.neverMistakes(t, r, "events", "DescribeEventBus")
}
