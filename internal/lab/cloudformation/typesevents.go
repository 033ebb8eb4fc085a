package cloudformation

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

var ruleKind = kind{
	properties: "Description EventBusName EventPattern Name RoleArn ScheduleExpression State Tags Targets", fixed: "EventBusName Name", name: "Name",
	numbers: "MaximumEventAgeInSeconds MaximumRetryAttempts",
	create:  createRule, update: updateRule, remove: removeRule, drifted: driftedRule,
}

// busOf is the bus of a rule, by name.
func busOf(properties object) string {
	name := asText(properties["EventBusName"])
	if _, after, ok := strings.Cut(name, ":event-bus/"); ok {
		name = after
	}
	if name == "" {
		return "default"
	}
	return name
}

func createRule(j *job) error {
	name := j.named("Name", 64)
	if _, err := j.aws.json("events", "DescribeRule", object{"Name": name, "EventBusName": busOf(j.p)}); err == nil {
		return errors.New(name + " already exists")
	}
	j.id = name
	if bus := busOf(j.p); bus != "default" {
		j.id = bus + "|" + name
	}
	return j.putRule(name)
}

// ruleName is the rule's name in its physical id.
func (j *job) ruleName() string { return j.id[strings.LastIndexByte(j.id, '|')+1:] }

func (j *job) putRule(name string) error {
	in := j.pick("Description", "RoleArn", "ScheduleExpression", "State")
	in["Name"], in["EventBusName"] = name, busOf(j.p)
	if j.p["EventPattern"] != nil {
		in["EventPattern"] = document(j.p["EventPattern"])
	}
	if len(j.old) == 0 && j.p["Tags"] != nil {
		in["Tags"] = j.p["Tags"]
	}
	answer, err := j.aws.json("events", "PutRule", in)
	if err != nil {
		return err
	}
	j.attributes = map[string]string{"Arn": asText(answer["RuleArn"])}
	if targets, _ := j.p["Targets"].([]any); len(targets) > 0 {
		in := object{"Rule": name, "EventBusName": busOf(j.p), "Targets": targets}
		if _, err := j.aws.json("events", "PutTargets", in); err != nil {
			return err
		}
	}
	return j.removeTargets(name, targetsOf(j.p))
}

func targetsOf(properties object) map[string]bool {
	ids := map[string]bool{}
	list, _ := properties["Targets"].([]any)
	for _, one := range list {
		target, _ := one.(object)
		ids[asText(target["Id"])] = true
	}
	return ids
}

// removeTargets takes away those targets of the rule as it was that are not to be kept.
func (j *job) removeTargets(name string, keep map[string]bool) error {
	var ids []string
	for id := range targetsOf(j.old) {
		if !keep[id] {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := j.aws.json("events", "RemoveTargets", object{"Rule": name, "EventBusName": busOf(j.old), "Ids": ids})
	return unlessGone(err)
}

func updateRule(j *job) error {
	if j.changed("Tags") {
		return errors.New("the lab does not change a rule's tags")
	}
	return j.putRule(j.ruleName())
}

func removeRule(j *job) error {
	if err := j.removeTargets(j.ruleName(), nil); err != nil {
		return err
	}
	_, err := j.aws.json("events", "DeleteRule", object{"Name": j.ruleName(), "EventBusName": busOf(j.old)})
	return unlessGone(err)
}

var busKind = kind{
	properties: "Description KmsKeyIdentifier Name Policy Tags", required: "Name", fixed: "Description KmsKeyIdentifier Name Tags", name: "Name",
	create: createBus, update: putBusPolicy, remove: removeBus,
}

func createBus(j *job) error {
	answer, err := j.aws.json("events", "CreateEventBus", j.pick("Description", "KmsKeyIdentifier", "Name", "Tags"))
	if err != nil {
		return err
	}
	j.id = j.text("Name")
	j.attributes = map[string]string{"Arn": asText(answer["EventBusArn"]), "Name": j.id}
	return putBusPolicy(j)
}

func putBusPolicy(j *job) error {
	if !j.changed("Policy") {
		return nil
	}
	if j.p["Policy"] == nil {
		_, err := j.aws.json("events", "RemovePermission", object{"EventBusName": j.id, "RemoveAllPermissions": true})
		return err
	}
	_, err := j.aws.json("events", "PutPermission", object{"EventBusName": j.id, "Policy": document(j.p["Policy"])})
	return err
}

func removeBus(j *job) error {
	_, err := j.aws.json("events", "DeleteEventBus", object{"Name": j.id})
	return unlessGone(err)
}

var busPolicyKind = kind{
	properties: "EventBusName Statement StatementId", required: "Statement StatementId", fixed: "EventBusName StatementId",
	create: putBusStatement, update: putBusStatement, remove: removeBusStatement,
}

// putBusStatement puts the statement into the bus's policy, in place of one with the same id.
func putBusStatement(j *job) error {
	about, err := j.aws.json("events", "DescribeEventBus", object{"Name": busOf(j.p)})
	if err != nil {
		return err
	}
	statement := object{"Sid": j.text("StatementId")}
	given, _ := j.p["Statement"].(object)
	for name, value := range given {
		statement[name] = value
	}
	policy := object{"Version": "2012-10-17"}
	if text := asText(about["Policy"]); text != "" {
		policy = decoded([]byte(text))
	}
	statements := []any{statement}
	was, _ := policy["Statement"].([]any)
	for _, one := range was {
		if other, _ := one.(object); asText(other["Sid"]) != j.text("StatementId") {
			statements = append(statements, one)
		}
	}
	policy["Statement"] = statements
	if _, err := j.aws.json("events", "PutPermission", object{"EventBusName": busOf(j.p), "Policy": compact(policy)}); err != nil {
		return err
	}
	j.id = j.named("", 64)
	return nil
}

func removeBusStatement(j *job) error {
	_, err := j.aws.json("events", "RemovePermission", object{"EventBusName": busOf(j.old), "StatementId": j.old["StatementId"]})
	return unlessGone(err)
}

const scheduleSettings = "Description EndDate FlexibleTimeWindow GroupName KmsKeyArn ScheduleExpression ScheduleExpressionTimezone StartDate State Target"

var scheduleKind = kind{
	properties: scheduleSettings + " Name", required: "FlexibleTimeWindow ScheduleExpression Target", fixed: "GroupName Name", name: "Name",
	numbers: "MaximumEventAgeInSeconds MaximumRetryAttempts MaximumWindowInMinutes",
	create:  createSchedule, update: updateSchedule, remove: removeSchedule, drifted: driftedSchedule,
}

func createSchedule(j *job) error {
	j.id = j.named("Name", 64)
	return j.putSchedule("CreateSchedule", http.MethodPost)
}

// updateSchedule makes one that is gone anew.
func updateSchedule(j *job) error {
	err := j.putSchedule("UpdateSchedule", http.MethodPut)
	if isGone(err) {
		return j.putSchedule("CreateSchedule", http.MethodPost)
	}
	return err
}

func (j *job) putSchedule(operation, method string) error {
	in := j.pick(strings.Fields(scheduleSettings)...)
	in["Name"] = j.id
	answer, err := j.aws.rest("scheduler", operation, method, "/schedules/"+url.PathEscape(j.id), in)
	if err != nil {
		if operation == "CreateSchedule" {
			j.id = ""
		}
		return err
	}
	j.attributes = map[string]string{"Arn": asText(answer["ScheduleArn"])}
	return nil
}

func removeSchedule(j *job) error {
	path := "/schedules/" + url.PathEscape(j.id)
	if group := asText(j.old["GroupName"]); group != "" {
		path += "?" + url.Values{"groupName": {group}}.Encode()
	}
	_, err := j.aws.rest("scheduler", "DeleteSchedule", http.MethodDelete, path, nil)
	return unlessGone(err)
}
