package lab

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits of schedules; AWS allows a million of them.
const (
	maxSchedules      = 1000
	maxScheduleGroups = 500
	schedulePage      = 100
)

// schedulerState is the schedules of one account in one region. The group "default" always exists.
type schedulerState struct {
	schedules map[scheduleKey]*timedSchedule
	groups    map[string]*scheduleGroup
}

type scheduleKey struct{ group, name string }

type scheduleGroup struct {
	name, arn string
	created   time.Time
}

// schedulerService is Amazon EventBridge Scheduler. The lab keeps every schedule, and runs those that have a rate and a
// Lambda function as their target.
var schedulerService = service{
	protocol: restJSON,
	route: routed([]restRoute{
		{"POST", "/schedules/{Name}", "CreateSchedule"},
		{"GET", "/schedules/{Name}", "GetSchedule"},
		{"PUT", "/schedules/{Name}", "UpdateSchedule"},
		{"DELETE", "/schedules/{Name}", "DeleteSchedule"},
		{"GET", "/schedules", "ListSchedules"},
		{"POST", "/schedule-groups/{Name}", "CreateScheduleGroup"},
		{"GET", "/schedule-groups/{Name}", "GetScheduleGroup"},
		{"DELETE", "/schedule-groups/{Name}", "DeleteScheduleGroup"},
		{"GET", "/schedule-groups", "ListScheduleGroups"},
	}),
	operations: map[string]operation{
		"CreateSchedule":      {run: createSchedule},
		"GetSchedule":         {run: getSchedule, readOnly: true},
		"UpdateSchedule":      {run: updateSchedule},
		"DeleteSchedule":      {run: deleteSchedule},
		"ListSchedules":       {run: listSchedules, readOnly: true},
		"CreateScheduleGroup": {run: createScheduleGroup},
		"GetScheduleGroup":    {run: getScheduleGroup, readOnly: true},
		"DeleteScheduleGroup": {run: deleteScheduleGroup},
		"ListScheduleGroups":  {run: listScheduleGroups, readOnly: true},
	},
}

// scheduleInput is what CreateSchedule and UpdateSchedule take. UpdateSchedule replaces all of it.
type scheduleInput struct {
	GroupName                  string `json:",omitempty"`
	ScheduleExpression         string
	ScheduleExpressionTimezone string
	FlexibleTimeWindow         json.RawMessage
	Target                     json.RawMessage
	State                      string
	Description                string `json:",omitempty"`
	ActionAfterCompletion      string
	KmsKeyArn                  string `json:",omitempty"`
	StartDate                  *epoch `json:",omitempty"`
	EndDate                    *epoch `json:",omitempty"`
}

// timedSchedule is one schedule of EventBridge Scheduler.
type timedSchedule struct {
	scheduleInput
	name, arn         string
	account, region   string
	target            scheduleTarget
	created, modified time.Time
	stop              chan struct{} // closed when this definition of the schedule ends
}

// scheduleTarget is what the lab needs to know of a target.
type scheduleTarget struct {
	Arn, RoleArn, Input string
	DeadLetterConfig    *struct{ Arn string }
}

var scheduleExpression = regexp.MustCompile(`^(rate\([1-9]\d{0,4} (minutes?|hours?|days?)\)|cron\(\S+( \S+){5}\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\))$`)

// check checks the definition and fills in what was left out.
func (in *scheduleInput) check(c *call) (target scheduleTarget, err error) {
	for field, usual := range map[*string]string{&in.GroupName: "default", &in.State: ruleEnabled, &in.ScheduleExpressionTimezone: "UTC", &in.ActionAfterCompletion: "NONE"} {
		if *field == "" {
			*field = usual
		}
	}
	var window struct{ Mode string }
	if json.Unmarshal(in.FlexibleTimeWindow, &window) != nil || json.Unmarshal(in.Target, &target) != nil {
		return target, invalidRequest("FlexibleTimeWindow and Target are required.")
	}
	_, validTarget := splitAnyARN(target.Arn)
	switch {
	case !ruleName.MatchString(c.path["Name"]) || !ruleName.MatchString(in.GroupName):
		err = invalidRequest("1 validation error detected: the name failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+")
	case !scheduleExpression.MatchString(in.ScheduleExpression):
		err = invalidRequest("Invalid Schedule Expression %.300s.", in.ScheduleExpression)
	case window.Mode != "OFF" && window.Mode != "FLEXIBLE":
		err = invalidRequest("FlexibleTimeWindow.Mode must be OFF or FLEXIBLE.")
	case !validTarget:
		err = invalidRequest("Invalid Target.Arn %.300s.", target.Arn)
	case !functionRole.MatchString(target.RoleArn):
		err = invalidRequest("Invalid RoleArn %.300s.", target.RoleArn)
	case in.State != ruleEnabled && in.State != ruleDisabled:
		err = invalidRequest("State must be ENABLED or DISABLED.")
	}
	return target, err
}

func (c *call) schedulerState() *schedulerState {
	state := &c.account.regions[c.region].schedules
	if state.groups == nil {
		state.schedules = map[scheduleKey]*timedSchedule{}
		state.groups = map[string]*scheduleGroup{"default": c.newScheduleGroup("default", c.lab.started)}
	}
	return state
}

func (c *call) newScheduleGroup(name string, created time.Time) *scheduleGroup {
	return &scheduleGroup{name, "arn:aws:scheduler:" + c.region + ":" + c.account.id + ":schedule-group/" + name, created}
}

func scheduleNotFound(kind, name string) error {
	return withStatus(http.StatusNotFound, errorf("ResourceNotFoundException", "%s %s does not exist.", kind, name))
}

func scheduleConflict(kind, name string) error {
	return withStatus(http.StatusConflict, errorf("ConflictException", "%s %s already exists.", kind, name))
}

func scheduleQuota() error {
	return withStatus(http.StatusPaymentRequired, errorf("ServiceQuotaExceededException", "The request exceeds a quota of the lab."))
}

func createSchedule(c *call) (any, error) {
	var in scheduleInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	target, err := in.check(c)
	if err != nil {
		return nil, err
	}
	state, key := c.schedulerState(), scheduleKey{in.GroupName, c.path["Name"]}
	switch {
	case state.groups[in.GroupName] == nil:
		return nil, scheduleNotFound("Schedule group", in.GroupName)
	case state.schedules[key] != nil:
		return nil, scheduleConflict("Schedule", key.name)
	case len(state.schedules) >= maxSchedules:
		return nil, scheduleQuota()
	}
	s := &timedSchedule{
		scheduleInput: in, name: key.name, account: c.account.id, region: c.region, target: target, created: c.now, modified: c.now,
		arn: "arn:aws:scheduler:" + c.region + ":" + c.account.id + ":schedule/" + key.group + "/" + key.name,
	}
	state.schedules[key] = s
	s.run(c.lab, c.now)
	return c.answered(map[string]string{"ScheduleArn": s.arn}), nil
}

// namedSchedule finds the schedule that a call means; an empty group is the default one.
func (c *call) namedSchedule(group string) (*timedSchedule, error) {
	if group == "" {
		group = "default"
	}
	if s := c.schedulerState().schedules[scheduleKey{group, c.path["Name"]}]; s != nil {
		return s, nil
	}
	return nil, scheduleNotFound("Schedule", c.path["Name"])
}

func getSchedule(c *call) (any, error) {
	s, err := c.namedSchedule(c.request.URL.Query().Get("groupName"))
	if err != nil {
		return nil, err
	}
	type answer struct {
		scheduleInput
		Name, Arn                          string
		CreationDate, LastModificationDate epoch
	}
	return answer{s.scheduleInput, s.name, s.arn, epoch{s.created}, epoch{s.modified}}, nil
}

// updateSchedule replaces the whole definition: what is left out gets its usual value.
func updateSchedule(c *call) (any, error) {
	var in scheduleInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	target, err := in.check(c)
	if err != nil {
		return nil, err
	}
	s, err := c.namedSchedule(in.GroupName)
	if err != nil {
		return nil, err
	}
	s.end()
	s.scheduleInput, s.target, s.modified = in, target, c.now
	s.run(c.lab, c.now)
	return c.answered(map[string]string{"ScheduleArn": s.arn}), nil
}

func deleteSchedule(c *call) (any, error) {
	s, err := c.namedSchedule(c.request.URL.Query().Get("groupName"))
	if err != nil {
		return nil, err
	}
	s.end()
	delete(c.schedulerState().schedules, scheduleKey{s.GroupName, s.name})
	return nil, nil
}

func listSchedules(c *call) (any, error) {
	query, state := c.request.URL.Query(), c.schedulerState()
	byARN := map[string]*timedSchedule{} // which is unique across groups
	for _, s := range state.schedules {
		if group, only := query.Get("ScheduleGroup"), query.Get("State"); (group == "" || group == s.GroupName) && (only == "" || only == s.State) && strings.HasPrefix(s.name, query.Get("NamePrefix")) {
			byARN[s.arn] = s
		}
	}
	page, next := pageAfter(slices.Sorted(maps.Keys(byARN)), query.Get("NextToken"), schedulePage)
	list := []any{}
	for _, arn := range page {
		s := byARN[arn]
		list = append(list, map[string]any{
			"Arn": s.arn, "Name": s.name, "GroupName": s.GroupName, "State": s.State, "CreationDate": epoch{s.created},
			"LastModificationDate": epoch{s.modified}, "Target": map[string]string{"Arn": s.target.Arn},
		})
	}
	return compact(map[string]any{"Schedules": list, "NextToken": next}), nil
}
