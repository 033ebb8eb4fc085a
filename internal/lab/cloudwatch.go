package lab

import (
	"slices"
	"strings"
)

// Limits of alarms, from the API documentation; where the lab keeps fewer, its memory is the reason.
const (
	maxAlarms      = 1000 // per account and region
	maxMuteRules   = 200  // per account and region
	maxAlarmName   = 255
	maxAlarmNames  = 100 // in one request, and in one mute rule
	maxActions     = 5   // per state
	maxAlarmTags   = 50
	alarmsPage     = 50
	maxAlarmText   = 1024 // bytes of descriptions and reasons
	maxAlarmRule   = 10_240
	maxMetricParts = 20 // queries of a metric math alarm
)

// alarmState is the alarms of one account in one region.
type alarmState struct {
	alarms map[string]*alarm
	mutes  map[string]*muteRule
}

// cloudwatchService is Amazon CloudWatch as far as it keeps alarms, and reads metrics out of log lines. Alarms do not watch them: they
// change their state only when they are told to. It is spoken to in CBOR, as the SDK does, or in JSON.
var cloudwatchService = service{protocol: rpcCBOR, operations: map[string]operation{
	"PutMetricAlarm":      {run: putMetricAlarm},
	"PutCompositeAlarm":   {run: putCompositeAlarm},
	"DescribeAlarms":      {run: describeAlarms, readOnly: true},
	"DeleteAlarms":        {run: deleteAlarms},
	"EnableAlarmActions":  {run: enableAlarmActions},
	"DisableAlarmActions": {run: disableAlarmActions},
	"SetAlarmState":       {run: setAlarmState},
	"PutAlarmMuteRule":    {run: putAlarmMuteRule},
	"GetAlarmMuteRule":    {run: getAlarmMuteRule, readOnly: true},
	"ListAlarmMuteRules":  {run: listAlarmMuteRules, readOnly: true},
	"DeleteAlarmMuteRule": {run: deleteAlarmMuteRule},
	"GetMetricData":       {run: getMetricData, readOnly: true},
	"TagResource":         {run: tagAlarm},
	"UntagResource":       {run: untagAlarm},
	"ListTagsForResource": {run: listAlarmTags, readOnly: true},
}}

// alarmsHere is the account's alarms in the call's region.
func (c *call) alarmsHere() *alarmState {
	s := &c.account.regions[c.region].alarms
	if s.alarms == nil {
		s.alarms, s.mutes = map[string]*alarm{}, map[string]*muteRule{}
	}
	return s
}

func (c *call) alarmARN(kind, name string) string {
	return "arn:aws:cloudwatch:" + c.region + ":" + c.account.id + ":" + kind + ":" + name
}

func invalidAlarm(format string, args ...any) error {
	return errorf("ValidationError", format, args...)
}

// queryCodes are the errors whose codes of old, in the query protocol, differ from their names in the model. Clients that
// ask for it are told the old ones.
var queryCodes = map[string]string{
	"InvalidParameterValueException": "InvalidParameterValue", "InvalidParameterCombinationException": "InvalidParameterCombination",
	"MissingRequiredParameterException": "MissingParameter",
}

// checkAlarmName checks the name of an alarm or mute rule.
func checkAlarmName(name string) error {
	if name == "" || len(name) > maxAlarmName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return invalidAlarm("%.300q is not a name: it has from 1 to %d characters and no control characters", name, maxAlarmName)
	}
	return nil
}

// alarmPage is the paging of CloudWatch's lists.
type alarmPage struct {
	MaxRecords *int
	NextToken  string
}

func (p alarmPage) cut(names []string) (page []string, next string, err error) {
	limit := alarmsPage
	setIfGiven(&limit, p.MaxRecords)
	if limit < 1 || limit > 100 {
		return nil, "", invalidAlarm("MaxRecords must be from 1 to 100")
	}
	page, next = pageAfter(names, p.NextToken, limit)
	return page, next, nil
}

type alarmTag struct{ Key, Value string }

// mergeAlarmTags adds tags to others; one whose key is there already replaces it.
func mergeAlarmTags(have, add []alarmTag) ([]alarmTag, error) {
	all := slices.Clone(have)
	for _, t := range add {
		if t.Key == "" || len(t.Key) > maxTagKey || len(t.Value) > maxTagValue || strings.HasPrefix(t.Key, "aws:") {
			return nil, errorf("InvalidParameterValueException", "%.150q is not a valid tag", t.Key)
		}
		all = append(slices.DeleteFunc(all, func(old alarmTag) bool { return old.Key == t.Key }), t)
	}
	if len(all) > maxAlarmTags {
		return nil, errorf("LimitExceededException", "A resource can have at most %d tags.", maxAlarmTags)
	}
	return all, nil
}

type alarmTagsInput struct {
	ResourceARN string
	Tags        []alarmTag
	TagKeys     []string
}

// alarmTags finds the tags of the alarm or mute rule that a request names.
func (c *call) alarmTags() (in alarmTagsInput, tags *[]alarmTag, err error) {
	if err := c.decode(&in); err != nil {
		return in, nil, err
	}
	s := c.alarmsHere()
	for _, a := range s.alarms {
		if a.AlarmArn == in.ResourceARN {
			return in, &a.tags, nil
		}
	}
	for _, m := range s.mutes {
		if m.AlarmMuteRuleArn == in.ResourceARN {
			return in, &m.tags, nil
		}
	}
	return in, nil, errorf("ResourceNotFoundException", "%.300s does not exist", in.ResourceARN)
}

func tagAlarm(c *call) (any, error) {
	in, tags, err := c.alarmTags()
	if err != nil {
		return nil, err
	}
	all, err := mergeAlarmTags(*tags, in.Tags)
	if err == nil {
		*tags = all
	}
	return nil, err
}

func untagAlarm(c *call) (any, error) {
	in, tags, err := c.alarmTags()
	if err != nil {
		return nil, err
	}
	*tags = slices.DeleteFunc(slices.Clone(*tags), func(t alarmTag) bool { return slices.Contains(in.TagKeys, t.Key) })
	return nil, nil
}

func listAlarmTags(c *call) (any, error) {
	_, tags, err := c.alarmTags()
	if err != nil {
		return nil, err
	}
	return map[string]any{"Tags": append([]alarmTag{}, *tags...)}, nil
}
