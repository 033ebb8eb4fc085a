package awscloud

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxMutePages bounds the pages of the rules that mute one alarm, each of 50.
const maxMutePages = 4

// alarmGone is the code that stands for an answer without the alarm: CloudWatch answers with those that exist.
const alarmGone = "ResourceNotFound"

// alarmProbes read a metric alarm.
var alarmProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "definition", "actionsEnabled"}, gone: []string{alarmGone}, read: alarmItself},
	{settings: []trail.Setting{"muteRules"}, read: muteRules},
}

// alarm reads a metric alarm by its name.
func (c *Cloud) alarm(ctx context.Context, region, name string) (cwtypes.MetricAlarm, error) {
	out, err := c.alarms(region).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}, AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm}})
	if err != nil {
		return cwtypes.MetricAlarm{}, failure(ctx, "DescribeAlarms", err)
	}
	for _, a := range out.MetricAlarms {
		if aws.ToString(a.AlarmName) == name {
			return a, nil
		}
	}
	return cwtypes.MetricAlarm{}, &guard.APIError{Op: "DescribeAlarms", Code: alarmGone, Message: "the answer does not have the alarm", Class: guard.ClassNotFound}
}

func alarmItself(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	a, err := c.alarm(ctx, r.Region, r.Name())
	if err != nil {
		return nil, err
	}
	return alarmSettings(a), nil
}

// alarmSettings leave out what PutMetricAlarm does not take: names, times and the alarm's state.
func alarmSettings(a cwtypes.MetricAlarm) map[trail.Setting]any {
	return map[trail.Setting]any{
		trail.Identity: map[string]string{"Owner": accountOf(aws.ToString(a.AlarmArn))},
		"definition": stripped(described(a), "ActionsEnabled", "AlarmArn", "AlarmConfigurationUpdatedTimestamp", "AlarmName", "EvaluationState",
			"StateReason", "StateReasonData", "StateTransitionedTimestamp", "StateUpdatedTimestamp", "StateValue"),
		"actionsEnabled": map[string]bool{"ActionsEnabled": aws.ToBool(a.ActionsEnabled)},
	}
}

// muteRules reads the rules that silence the alarm's actions, those to come and those that are over too.
func muteRules(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	list, err := listed("ListAlarmMuteRules", maxMutePages, func(token *string) ([]cwtypes.AlarmMuteRuleSummary, *string, error) {
		out, err := c.alarms(r.Region).ListAlarmMuteRules(ctx, &cloudwatch.ListAlarmMuteRulesInput{AlarmName: aws.String(r.Name()), NextToken: token})
		if err != nil {
			return nil, nil, failure(ctx, "ListAlarmMuteRules", err)
		}
		return out.AlarmMuteRuleSummaries, out.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	var failed error
	var mu sync.Mutex
	each(list, maxAtOnce, func(s cwtypes.AlarmMuteRuleSummary) {
		arn := aws.ToString(s.AlarmMuteRuleArn)
		name := arn[strings.LastIndexByte(arn, ':')+1:]
		out, err := c.alarms(r.Region).GetAlarmMuteRule(ctx, &cloudwatch.GetAlarmMuteRuleInput{AlarmMuteRuleName: &name})
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = failure(ctx, "GetAlarmMuteRule", err)
			return
		}
		members[name] = stripped(described(out), "AlarmMuteRuleArn", "LastUpdatedTimestamp", "MuteType", "Name", "Status")
	})
	return map[trail.Setting]any{"muteRules": members}, failed
}

// alarmWrites make an alarm again and put its settings back.
var alarmWrites = map[trail.Op]write{
	trail.OpPutMetricAlarm: putAlarm,
	trail.OpEnableAlarmActions: func(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
		if !s.Document.Flag("ActionsEnabled") { // an alarm that is made again is made without
			return smithy.Metadata{}, nil
		}
		return enableActions(ctx, c, s)
	},
	trail.OpPutAlarmMuteRule: alarmWrite((*cloudwatch.Client).PutAlarmMuteRule, func(s trail.Step, in *cloudwatch.PutAlarmMuteRuleInput) (err error) {
		*in, err = into[cloudwatch.PutAlarmMuteRuleInput](s.Document)
		in.Name = &s.Member
		return err
	}),
	trail.OpDeleteAlarmMuteRule: alarmWrite((*cloudwatch.Client).DeleteAlarmMuteRule, func(s trail.Step, in *cloudwatch.DeleteAlarmMuteRuleInput) error {
		in.AlarmMuteRuleName = &s.Member
		return nil
	}),
}

var enableActions = alarmWrite((*cloudwatch.Client).EnableAlarmActions, func(s trail.Step, in *cloudwatch.EnableAlarmActionsInput) error {
	in.AlarmNames = []string{nameOf(s)}
	return nil
})

func alarmWrite[I, O any](call operation[*cloudwatch.Client, I, O, cloudwatch.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).alarms, func(o *cloudwatch.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}

// definition is an alarm's definition as it is read: unions are objects with one member.
type definition struct {
	cloudwatch.PutMetricAlarmInput
	EvaluationCriteria *struct{ PromQLCriteria *cwtypes.AlarmPromQLCriteria }
	EvaluationWindow   *struct {
		SlidingWindow   *cwtypes.SlidingWindow
		WallClockWindow *cwtypes.WallClockWindow
	}
}

func (d definition) input() cloudwatch.PutMetricAlarmInput {
	in := d.PutMetricAlarmInput
	if d.EvaluationCriteria != nil && d.EvaluationCriteria.PromQLCriteria != nil {
		in.EvaluationCriteria = &cwtypes.EvaluationCriteriaMemberPromQLCriteria{Value: *d.EvaluationCriteria.PromQLCriteria}
	}
	if d.EvaluationWindow != nil && d.EvaluationWindow.WallClockWindow != nil { // the other one is usual, and says nothing
		in.EvaluationWindow = &cwtypes.EvaluationWindowMemberWallClockWindow{Value: *d.EvaluationWindow.WallClockWindow}
	}
	return in
}

// putAlarm puts a definition back, or makes the alarm with all its settings. PutMetricAlarm replaces the whole alarm and
// enables its actions unless it is told not to: whether they are is a setting of its own, and stays as it is.
func putAlarm(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	name, document := nameOf(s), s.Document
	var enabled *bool
	if s.Setting == trail.Identity {
		settings := s.Document.Members()
		document = settings["definition"]
		if wanted, guarded := settings["actionsEnabled"]; guarded {
			enabled = aws.Bool(wanted.Flag("ActionsEnabled"))
		}
	} else {
		now, err := c.alarm(ctx, s.Region, name)
		if err != nil && guard.ClassOf(err) != guard.ClassNotFound {
			return smithy.Metadata{}, err
		}
		enabled = now.ActionsEnabled
	}
	return alarmWrite((*cloudwatch.Client).PutMetricAlarm, func(s trail.Step, in *cloudwatch.PutMetricAlarmInput) error {
		if document.Empty() {
			return unusable(s, "cannot make an alarm whose definition is not in the baseline")
		}
		wanted, err := into[definition](document)
		*in = wanted.input()
		in.AlarmName, in.ActionsEnabled = &name, enabled
		return err
	})(ctx, c, s)
}
