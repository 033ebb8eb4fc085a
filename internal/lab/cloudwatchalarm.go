package lab

import (
	"encoding/json"
	"slices"
	"strings"
)

// alarm is a metric alarm or a composite alarm, as DescribeAlarms shows it.
type alarm struct {
	AlarmName               string
	AlarmArn                string
	AlarmDescription        string `json:",omitempty"`
	ActionsEnabled          bool
	OKActions               []string
	AlarmActions            []string
	InsufficientDataActions []string

	StateValue                         string
	StateReason                        string
	StateReasonData                    string `json:",omitempty"`
	StateUpdatedTimestamp              epoch
	StateTransitionedTimestamp         epoch
	AlarmConfigurationUpdatedTimestamp epoch

	*metricRule    // of a metric alarm
	*compositeRule // of a composite alarm

	tags []alarmTag
}

// metricRule is when a metric alarm goes off.
type metricRule struct {
	MetricName                       string            `json:",omitempty"`
	Namespace                        string            `json:",omitempty"`
	Statistic                        string            `json:",omitempty"`
	ExtendedStatistic                string            `json:",omitempty"`
	Dimensions                       []alarmDimension  `json:",omitempty"`
	Period                           int               `json:",omitempty"` // seconds
	Unit                             string            `json:",omitempty"`
	EvaluationPeriods                int               `json:",omitempty"`
	DatapointsToAlarm                int               `json:",omitempty"`
	Threshold                        *float64          `json:",omitempty"`
	ComparisonOperator               string            `json:",omitempty"`
	TreatMissingData                 string            `json:",omitempty"`
	EvaluateLowSampleCountPercentile string            `json:",omitempty"`
	Metrics                          []metricDataQuery `json:",omitempty"`
	ThresholdMetricID                string            `json:"ThresholdMetricId,omitempty"`
}

type alarmDimension struct{ Name, Value string }

type metricDataQuery struct {
	ID         string      `json:"Id"`
	AccountID  string      `json:"AccountId,omitempty"`
	Expression string      `json:",omitempty"`
	Label      string      `json:",omitempty"`
	Period     int         `json:",omitempty"`
	ReturnData *bool       `json:",omitempty"`
	MetricStat *metricStat `json:",omitempty"`
}

type metricStat struct {
	Metric struct {
		Namespace, MetricName string
		Dimensions            []alarmDimension `json:",omitempty"`
	}
	Period int
	Stat   string
	Unit   string `json:",omitempty"`
}

// compositeRule is when a composite alarm goes off. It is kept, not evaluated.
type compositeRule struct {
	AlarmRule                        string
	ActionsSuppressor                string `json:",omitempty"`
	ActionsSuppressorWaitPeriod      int    `json:",omitempty"`
	ActionsSuppressorExtensionPeriod int    `json:",omitempty"`
}

// alarmInput is what both kinds of alarms are made of.
type alarmInput struct {
	AlarmName, AlarmDescription                      string
	ActionsEnabled                                   *bool
	OKActions, AlarmActions, InsufficientDataActions []string
	Tags                                             []alarmTag

	// Parts that the lab's alarms do not have.
	ActionConfiguration, EvaluationCriteria, EvaluationInterval, EvaluationWindow, WarmUpConfiguration json.RawMessage
}

func (in *alarmInput) check() error {
	if err := checkAlarmName(in.AlarmName); err != nil {
		return err
	}
	for _, foreign := range []json.RawMessage{in.ActionConfiguration, in.EvaluationCriteria, in.EvaluationInterval, in.EvaluationWindow, in.WarmUpConfiguration} {
		if foreign != nil && string(foreign) != "null" {
			return invalidAlarm("the lab's alarms watch metrics with thresholds: it knows no action configuration, evaluation criteria, interval or window, and no warm-up")
		}
	}
	if len(in.AlarmDescription) > maxAlarmText {
		return invalidAlarm("an alarm's description has at most %d characters", maxAlarmText)
	}
	for _, actions := range [][]string{in.OKActions, in.AlarmActions, in.InsufficientDataActions} {
		if len(actions) > maxActions {
			return invalidAlarm("an alarm has at most %d actions for a state", maxActions)
		}
		for _, action := range actions {
			if _, ok := splitAnyARN(action); !ok {
				return invalidAlarm("Invalid arn syntax: %.300s", action)
			}
		}
	}
	return nil
}

// check tells which metric alarms cannot be.
func (r *metricRule) check() error {
	single := r.MetricName != ""
	statistic := (r.Statistic != "") != (r.ExtendedStatistic != "")
	switch {
	case r.ComparisonOperator == "" || r.EvaluationPeriods < 1:
		return invalidAlarm("an alarm needs a comparison operator and evaluation periods")
	case !slices.Contains(alarmOperators, r.ComparisonOperator):
		return invalidAlarm("%.100q is not a comparison operator", r.ComparisonOperator)
	case single == (len(r.Metrics) > 0) || len(r.Metrics) > maxMetricParts:
		return invalidAlarm("an alarm needs either a metric or up to %d metric queries", maxMetricParts)
	case single && (r.Namespace == "" || !statistic || r.Period < 10):
		return invalidAlarm("an alarm on a metric needs a namespace, one statistic and a period of at least 10 seconds")
	case (r.Threshold == nil) == (r.ThresholdMetricID == ""):
		return invalidAlarm("an alarm needs a threshold or an anomaly detection band")
	case r.DatapointsToAlarm > r.EvaluationPeriods || len(r.Dimensions) > 30:
		return invalidAlarm("an alarm has at most 30 dimensions, and no more datapoints to alarm than evaluation periods")
	}
	return nil
}

var alarmOperators = []string{
	"GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold",
	"LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold",
}

func putMetricAlarm(c *call) (any, error) {
	var in struct {
		alarmInput
		metricRule
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.metricRule.check(); err != nil {
		return nil, err
	}
	return nil, c.putAlarm(&in.alarmInput, &alarm{metricRule: &in.metricRule})
}

func putCompositeAlarm(c *call) (any, error) {
	var in struct {
		alarmInput
		compositeRule
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.AlarmRule == "" || len(in.AlarmRule) > maxAlarmRule {
		return nil, invalidAlarm("a composite alarm needs a rule of at most %d characters", maxAlarmRule)
	}
	return nil, c.putAlarm(&in.alarmInput, &alarm{compositeRule: &in.compositeRule})
}

// putAlarm makes an alarm or replaces the definition of the one that has its name, whose state and tags stay.
func (c *call) putAlarm(in *alarmInput, a *alarm) error {
	if err := in.check(); err != nil {
		return err
	}
	s := c.alarmsHere()
	before := s.alarms[in.AlarmName]
	switch {
	case before != nil && (before.metricRule == nil) != (a.metricRule == nil):
		return invalidAlarm("%s is an alarm of the other kind", in.AlarmName)
	case before != nil:
		rules := *a
		*a = *before
		a.metricRule, a.compositeRule = rules.metricRule, rules.compositeRule
	case len(s.alarms) >= maxAlarms:
		return errorf("LimitExceededFault", "the lab keeps at most %d alarms per account and region", maxAlarms)
	default:
		tags, err := mergeAlarmTags(nil, in.Tags)
		if err != nil {
			return err
		}
		a.tags, a.AlarmArn = tags, c.alarmARN("alarm", in.AlarmName)
		a.StateValue, a.StateReason = "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"
		a.StateUpdatedTimestamp, a.StateTransitionedTimestamp = epoch{c.now}, epoch{c.now}
	}
	a.AlarmName, a.AlarmDescription = in.AlarmName, in.AlarmDescription
	a.ActionsEnabled = in.ActionsEnabled == nil || *in.ActionsEnabled
	a.OKActions, a.AlarmActions, a.InsufficientDataActions = in.OKActions, in.AlarmActions, in.InsufficientDataActions
	a.AlarmConfigurationUpdatedTimestamp = epoch{c.now}
	s.alarms[in.AlarmName] = a
	return nil
}

type describeAlarmsInput struct {
	alarmPage
	AlarmNames, AlarmTypes                    []string
	AlarmNamePrefix, ActionPrefix, StateValue string
	ChildrenOfAlarmName, ParentsOfAlarmName   string
}

// matches says whether an alarm is asked for. Composite alarms have to be asked for.
func (in *describeAlarmsInput) matches(a *alarm) bool {
	kind := "MetricAlarm"
	if a.compositeRule != nil {
		kind = "CompositeAlarm"
	}
	actions := slices.Concat(a.OKActions, a.AlarmActions, a.InsufficientDataActions)
	return (len(in.AlarmTypes) == 0 && kind == "MetricAlarm" || slices.Contains(in.AlarmTypes, kind)) &&
		(len(in.AlarmNames) == 0 || slices.Contains(in.AlarmNames, a.AlarmName)) &&
		(in.StateValue == "" || in.StateValue == a.StateValue) &&
		(in.ActionPrefix == "" || slices.ContainsFunc(actions, func(action string) bool { return strings.HasPrefix(action, in.ActionPrefix) }))
}

func describeAlarms(c *call) (any, error) {
	var in describeAlarmsInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.ChildrenOfAlarmName != "" || in.ParentsOfAlarmName != "" || len(in.AlarmNames) > maxAlarmNames || len(in.AlarmNames) > 0 && in.AlarmNamePrefix != "" {
		return nil, invalidAlarm("give up to %d names or a prefix; the lab does not know which alarms depend on which", maxAlarmNames)
	}
	alarms := c.alarmsHere().alarms
	names := slices.DeleteFunc(sortedWith(alarms, in.AlarmNamePrefix), func(name string) bool { return !in.matches(alarms[name]) })
	page, next, err := in.cut(names)
	if err != nil {
		return nil, err
	}
	answer := struct {
		MetricAlarms, CompositeAlarms []alarm // copies: they are encoded when the lab is no longer locked
		NextToken                     string  `json:",omitempty"`
	}{[]alarm{}, []alarm{}, next}
	for _, name := range page {
		if a := alarms[name]; a.metricRule != nil {
			answer.MetricAlarms = append(answer.MetricAlarms, *a)
		} else {
			answer.CompositeAlarms = append(answer.CompositeAlarms, *a)
		}
	}
	return answer, nil
}

// namedAlarms reads the names in a request.
func (c *call) namedAlarms() ([]string, error) {
	var in struct{ AlarmNames []string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.AlarmNames) == 0 || len(in.AlarmNames) > maxAlarmNames {
		return nil, invalidAlarm("give from 1 to %d alarm names", maxAlarmNames)
	}
	return in.AlarmNames, nil
}

// deleteAlarms deletes those that exist. That it is an error if none does is a guess.
func deleteAlarms(c *call) (any, error) {
	names, err := c.namedAlarms()
	if err != nil {
		return nil, err
	}
	alarms, deleted := c.alarmsHere().alarms, 0
	for _, name := range names {
		if alarms[name] != nil {
			deleted++
			delete(alarms, name)
		}
	}
	if deleted == 0 {
		return nil, &apiError{Status: 404, Code: "ResourceNotFound", Message: "Unable to find the alarms"}
	}
	return nil, nil
}

func enableAlarmActions(c *call) (any, error)  { return nil, c.switchActions(true) }
func disableAlarmActions(c *call) (any, error) { return nil, c.switchActions(false) }

// switchActions passes over names that no alarm has.
func (c *call) switchActions(on bool) error {
	names, err := c.namedAlarms()
	if err != nil {
		return err
	}
	for _, name := range names {
		if a := c.alarmsHere().alarms[name]; a != nil {
			a.ActionsEnabled, a.AlarmConfigurationUpdatedTimestamp = on, epoch{c.now}
		}
	}
	return nil
}
