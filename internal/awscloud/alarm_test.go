package awscloud

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// stopAlarm is an alarm on a metric of a metric filter.
func stopAlarm(name string) *cloudwatch.PutMetricAlarmInput {
	return &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, AlarmDescription: aws.String("a trail was stopped"), Namespace: aws.String("Trail"), MetricName: aws.String("Stops"),
		Statistic: cwtypes.StatisticSum, Period: aws.Int32(300), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold, TreatMissingData: aws.String("notBreaching"),
		AlarmActions: []string{"arn:aws:sns:eu-west-1:111122223333:alerts"},
	}
}

func muteRule(name, expression, alarm string) *cloudwatch.PutAlarmMuteRuleInput {
	return &cloudwatch.PutAlarmMuteRuleInput{
		Name: &name, MuteTargets: &cwtypes.MuteTargets{AlarmNames: []string{alarm}},
		Rule: &cwtypes.Rule{Schedule: &cwtypes.Schedule{Expression: &expression, Duration: aws.String("PT1H"), Timezone: aws.String("UTC")}},
	}
}

func (w *world) guardedAlarm(t *testing.T, name string) trail.Resource {
	t.Helper()
	c := w.cloud.alarms("eu-west-1")
	must[cloudwatch.PutMetricAlarmOutput](t)(c.PutMetricAlarm(w.context, stopAlarm(name)))
	must[cloudwatch.PutAlarmMuteRuleOutput](t)(c.PutAlarmMuteRule(w.context, muteRule("maintenance", "cron(0 2 * * SUN)", name)))
	return trail.Resource{Type: trail.Alarm, ARN: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:" + name, Region: "eu-west-1", Account: lab.DefaultAccount}
}

func TestAlarmWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	r := w.guardedAlarm(t, "stops")
	must[cloudwatch.PutMetricAlarmOutput](t)(w.cloud.alarms("eu-west-1").PutMetricAlarm(w.context, stopAlarm("stops too")))
	c := w.cloud.alarms("eu-west-1")
	disable := func(t *testing.T) {
		must[cloudwatch.DisableAlarmActionsOutput](t)(c.DisableAlarmActions(w.context, &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"stops"}}))
	}
	change := func(change func(*cloudwatch.PutMetricAlarmInput)) func(*testing.T) {
		return func(t *testing.T) {
			in := stopAlarm("stops")
			change(in)
			must[cloudwatch.PutMetricAlarmOutput](t)(c.PutMetricAlarm(w.context, in))
		}
	}
	deleted := func(t *testing.T) {
		must[cloudwatch.DeleteAlarmsOutput](t)(c.DeleteAlarms(w.context, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"stops"}}))
	}
	deleteRule := func(t *testing.T) {
		must[cloudwatch.DeleteAlarmMuteRuleOutput](t)(c.DeleteAlarmMuteRule(w.context, &cloudwatch.DeleteAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("maintenance")}))
	}
	mute := func(name, expression string) func(*testing.T) {
		return func(t *testing.T) {
			must[cloudwatch.PutAlarmMuteRuleOutput](t)(c.PutAlarmMuteRule(w.context, muteRule(name, expression, "stops")))
		}
	}
	put := []trail.Op{trail.OpPutMetricAlarm}
	tamperings := []tampering{
		{"threshold", "definition", change(func(in *cloudwatch.PutMetricAlarmInput) { in.Threshold = aws.Float64(1e6) }), put},
		{"tells nobody", "definition", change(func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmActions = nil }), put},
		{"other metric", "definition", change(func(in *cloudwatch.PutMetricAlarmInput) {
			in.MetricName, in.Namespace, in.Statistic, in.Period = nil, nil, "", nil
			in.Metrics = []cwtypes.MetricDataQuery{{Id: aws.String("m"), ReturnData: aws.Bool(true), MetricStat: &cwtypes.MetricStat{
				Metric: &cwtypes.Metric{MetricName: aws.String("Never"), Namespace: aws.String("Trail")}, Period: aws.Int32(60), Stat: aws.String("Sum"),
			}}}
		}), put},
		{"disabled", "actionsEnabled", disable, []trail.Op{trail.OpEnableAlarmActions}},
		{"changed and disabled", "definition", change(func(in *cloudwatch.PutMetricAlarmInput) {
			in.Threshold, in.ActionsEnabled = aws.Float64(1e6), aws.Bool(false)
		}), []trail.Op{trail.OpPutMetricAlarm, trail.OpEnableAlarmActions}},
		{"muted", "muteRules", mute("quiet", "cron(* * * * *)"), []trail.Op{trail.OpDeleteAlarmMuteRule}},
		{"muted longer", "muteRules", mute("maintenance", "cron(* * * * *)"), []trail.Op{trail.OpPutAlarmMuteRule}},
		{"not muted", "muteRules", deleteRule, []trail.Op{trail.OpPutAlarmMuteRule}},
		{"deleted", trail.Identity, deleted, []trail.Op{trail.OpPutMetricAlarm, trail.OpEnableAlarmActions, trail.OpPutAlarmMuteRule}},
	}
	w.withstands(t, r, tamperings)
	covers(t, trail.Alarm, tamperings)

	// An alarm that is switched off by the baseline stays so when its definition is put back.
	deleteRule(t)
	disable(t)
	w.withstands(t, r, []tampering{
		{"threshold of one that is off", "definition", change(func(in *cloudwatch.PutMetricAlarmInput) {
			in.Threshold, in.ActionsEnabled = aws.Float64(1e6), aws.Bool(false)
		}), put},
		{"deleted while off", trail.Identity, deleted, []trail.Op{trail.OpPutMetricAlarm, trail.OpEnableAlarmActions}},
	})
}

func TestAlarmIsNotMadeWithoutDefinition(t *testing.T) {
	w := newWorld(t)
	_, err := w.cloud.Apply(w.context, trail.Step{ID: "x", Op: trail.OpPutMetricAlarm, Resource: trail.Alarm, Setting: trail.Identity, Region: "us-east-1", ARN: "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a", Document: `{"muteRules":{}}`})
	if err == nil || !strings.Contains(err.Error(), "definition is not in the baseline") || w.Calls("monitoring", "PutMetricAlarm") != 0 {
		t.Errorf("got %v after %d calls", err, w.Calls("monitoring", "PutMetricAlarm"))
	}
}

// Unions of the API are objects with one member, and come back as what they were.
func TestAlarmDefinitionsWithUnions(t *testing.T) {
	alarm := cwtypes.MetricAlarm{
		AlarmName:          aws.String("a"),
		EvaluationCriteria: &cwtypes.EvaluationCriteriaMemberPromQLCriteria{Value: cwtypes.AlarmPromQLCriteria{Query: aws.String("up")}},
		EvaluationWindow:   &cwtypes.EvaluationWindowMemberWallClockWindow{Value: cwtypes.WallClockWindow{Timezone: aws.String("UTC")}},
	}
	document, err := trail.NewDocument(stripped(described(alarm), "AlarmName"))
	if want := `{"EvaluationCriteria":{"PromQLCriteria":{"Query":"up"}},"EvaluationWindow":{"WallClockWindow":{"Timezone":"UTC"}}}`; err != nil || string(document) != want {
		t.Fatalf("got %s (%v)", document, err)
	}
	back, err := into[definition](document)
	if err != nil {
		t.Fatal(err)
	}
	again, err := trail.NewDocument(described(back.input()))
	if err != nil || again != document {
		t.Errorf("%s came back as %s (%v)", document, again, err)
	}
}
