package lab

import (
	"encoding/json"
	"slices"
	"time"
)

// setAlarmState changes a state, which sets off the actions for the new one. On AWS a metric alarm soon returns to its true
// state; the lab's alarms have no other.
func setAlarmState(c *call) (any, error) {
	var in struct{ AlarmName, StateValue, StateReason, StateReasonData string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	a := c.alarmsHere().alarms[in.AlarmName]
	switch {
	case a == nil:
		return nil, &apiError{Status: 404, Code: "ResourceNotFound", Message: "Unable to find the alarm"}
	case !slices.Contains([]string{"OK", "ALARM", "INSUFFICIENT_DATA"}, in.StateValue) || len(in.StateReason) > maxAlarmText || len(in.StateReasonData) > 4000:
		return nil, invalidAlarm("%.100q is not a state, or the reason is too long", in.StateValue)
	case in.StateReasonData != "" && !json.Valid([]byte(in.StateReasonData)):
		return nil, errorf("InvalidFormatFault", "StateReasonData is not JSON")
	}
	before := a.StateValue
	a.StateValue, a.StateReason, a.StateReasonData, a.StateUpdatedTimestamp = in.StateValue, in.StateReason, in.StateReasonData, epoch{c.now}
	if before != in.StateValue {
		a.StateTransitionedTimestamp = epoch{c.now}
		c.act(a, before)
	}
	return nil, nil
}

// act carries out the alarm's actions for its state, unless they are off or muted. The lab knows topics only.
func (c *call) act(a *alarm, before string) {
	if !a.ActionsEnabled || c.muted(a.AlarmName) {
		return
	}
	actions := map[string][]string{"OK": a.OKActions, "ALARM": a.AlarmActions, "INSUFFICIENT_DATA": a.InsufficientDataActions}[a.StateValue]
	message := toJSON(map[string]any{
		"AlarmName": a.AlarmName, "AlarmDescription": a.AlarmDescription, "AlarmArn": a.AlarmArn, "AWSAccountId": c.account.id,
		"NewStateValue": a.StateValue, "NewStateReason": a.StateReason, "OldStateValue": before, "Region": c.region,
		"StateChangeTime": c.now.Format("2006-01-02T15:04:05.000+0000"), "OKActions": a.OKActions, "AlarmActions": a.AlarmActions,
		"InsufficientDataActions": a.InsufficientDataActions,
	})
	for _, action := range actions {
		t := c.lab.topicByARN(action)
		if t == nil {
			continue
		}
		may := serviceAccess("cloudwatch.amazonaws.com", a.AlarmArn, "SNS:Publish", action)
		may.context["aws:sourceowner"] = c.account.id
		if ask(t.policy(), may) == policyAllows {
			c.lab.publishTopic(action, clip(a.StateValue+`: "`+a.AlarmName+`" in `+c.region, maxSubject), message)
		}
	}
}

// muted says whether a mute rule silences an alarm now.
func (c *call) muted(name string) bool {
	for _, m := range c.alarmsHere().mutes {
		if slices.Contains(m.MuteTargets.AlarmNames, name) && m.status(c.now) == muteActive {
			return true
		}
	}
	return false
}

// The states of a mute rule.
const (
	muteActive    = "ACTIVE"
	muteScheduled = "SCHEDULED"
	muteExpired   = "EXPIRED"
)

// muteRule silences alarms at times, as GetAlarmMuteRule shows it.
type muteRule struct {
	Name                 string
	AlarmMuteRuleArn     string
	Description          string `json:",omitempty"`
	MuteTargets          muteTargets
	Rule                 muteSchedules
	StartDate            *epoch `json:",omitempty"`
	ExpireDate           *epoch `json:",omitempty"`
	LastUpdatedTimestamp epoch
	MuteType             string
	Status               string

	schedule *muteSchedule
	tags     []alarmTag
}

type muteTargets struct{ AlarmNames []string }

type muteSchedules struct {
	Schedule struct {
		Expression, Duration string
		Timezone             string `json:",omitempty"`
	}
}

// status tells whether the rule mutes now, will do so, or never again.
func (m *muteRule) status(now time.Time) string {
	switch {
	case m.ExpireDate != nil && !now.Before(m.ExpireDate.Time), m.schedule.over(now):
		return muteExpired
	case now.Before(m.StartDate.or(now)) || !m.schedule.open(now, m.StartDate.or(time.Time{})):
		return muteScheduled
	}
	return muteActive
}

// shown is the rule with its status of now.
func (m *muteRule) shown(now time.Time) muteRule {
	shown := *m
	shown.Status = m.status(now)
	return shown
}

// putAlarmMuteRule makes a rule or replaces the one that has its name, whose tags stay.
func putAlarmMuteRule(c *call) (any, error) {
	var in struct {
		muteRule
		Tags []alarmTag
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m := &muteRule{
		Name: in.Name, AlarmMuteRuleArn: c.alarmARN("alarm-mute-rule", in.Name), Description: in.Description, MuteTargets: in.MuteTargets,
		Rule: in.Rule, StartDate: in.StartDate, ExpireDate: in.ExpireDate, LastUpdatedTimestamp: epoch{c.now},
	}
	if err := checkAlarmName(m.Name); err != nil {
		return nil, err
	}
	if len(m.Description) > maxAlarmText || len(m.MuteTargets.AlarmNames) > maxAlarmNames {
		return nil, invalidAlarm("a mute rule has at most %d targets and %d characters of description", maxAlarmNames, maxAlarmText)
	}
	var err error
	if m.schedule, err = parseMuteSchedule(in.Rule.Schedule.Expression, in.Rule.Schedule.Duration, in.Rule.Schedule.Timezone); err != nil {
		return nil, invalidAlarm("%v", err)
	}
	if m.MuteType = "RECURRING"; m.schedule.cron == nil {
		m.MuteType = "ONE_TIME"
	}
	mutes := c.alarmsHere().mutes
	if before := mutes[m.Name]; before != nil {
		m.tags = before.tags
	} else if len(mutes) >= maxMuteRules {
		return nil, errorf("LimitExceededFault", "the lab keeps at most %d mute rules per account and region", maxMuteRules)
	} else if m.tags, err = mergeAlarmTags(nil, in.Tags); err != nil {
		return nil, err
	}
	mutes[m.Name] = m
	return nil, nil
}

// namedMuteRule reads which rule a request names.
func (c *call) namedMuteRule() (string, error) {
	var in struct{ AlarmMuteRuleName string }
	err := c.decode(&in)
	return in.AlarmMuteRuleName, err
}

func getAlarmMuteRule(c *call) (any, error) {
	name, err := c.namedMuteRule()
	if err != nil {
		return nil, err
	}
	m := c.alarmsHere().mutes[name]
	if m == nil {
		return nil, &apiError{Status: 404, Code: "ResourceNotFoundException", Message: "The alarm mute rule does not exist"}
	}
	return m.shown(c.now), nil
}

// deleteAlarmMuteRule is idempotent.
func deleteAlarmMuteRule(c *call) (any, error) {
	name, err := c.namedMuteRule()
	if err == nil {
		delete(c.alarmsHere().mutes, name)
	}
	return nil, err
}

func listAlarmMuteRules(c *call) (any, error) {
	var in struct {
		alarmPage
		AlarmName string
		Statuses  []string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	mutes := c.alarmsHere().mutes
	names := slices.DeleteFunc(sortedWith(mutes, ""), func(name string) bool {
		m := mutes[name]
		return in.AlarmName != "" && !slices.Contains(m.MuteTargets.AlarmNames, in.AlarmName) ||
			len(in.Statuses) > 0 && !slices.Contains(in.Statuses, m.status(c.now))
	})
	page, next, err := in.cut(names)
	if err != nil {
		return nil, err
	}
	type summary struct {
		AlarmMuteRuleArn     string
		ExpireDate           *epoch `json:",omitempty"`
		LastUpdatedTimestamp epoch
		MuteType, Status     string
	}
	answer := struct {
		AlarmMuteRuleSummaries []summary
		NextToken              string `json:",omitempty"`
	}{[]summary{}, next}
	for _, name := range page {
		m := mutes[name].shown(c.now)
		answer.AlarmMuteRuleSummaries = append(answer.AlarmMuteRuleSummaries, summary{m.AlarmMuteRuleArn, m.ExpireDate, m.LastUpdatedTimestamp, m.MuteType, m.Status})
	}
	return answer, nil
}
