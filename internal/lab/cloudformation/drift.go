package cloudformation

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// driftedRule compares a rule's state, pattern and targets.
func driftedRule(j *job) ([]string, error) {
	name := object{"Name": j.ruleName(), "EventBusName": busOf(j.p)}
	rule, err := j.aws.json("events", "DescribeRule", name)
	if isGone(err) {
		return []string{"EventPattern", "State", "Targets"}, nil
	} else if err != nil {
		return nil, err
	}
	var names []string
	if pattern := asText(rule["EventPattern"]); j.p["EventPattern"] != nil && !sameJSON(pattern, document(j.p["EventPattern"])) {
		names = append(names, "EventPattern")
	}
	if state := j.text("State"); asText(rule["State"]) != state && state != "" {
		names = append(names, "State")
	}
	targets, err := j.aws.json("events", "ListTargetsByRule", object{"Rule": j.ruleName(), "EventBusName": busOf(j.p)})
	if err != nil {
		return nil, err
	}
	if !sameJSON(compact(targets["Targets"]), compact(j.p["Targets"])) {
		names = append(names, "Targets")
	}
	return names, nil
}

// driftedSchedule compares a schedule's state and target.
func driftedSchedule(j *job) ([]string, error) {
	schedule, err := j.aws.rest("scheduler", "GetSchedule", http.MethodGet, "/schedules/"+url.PathEscape(j.id), nil)
	if isGone(err) {
		return []string{"ScheduleExpression", "State", "Target"}, nil
	} else if err != nil {
		return nil, err
	}
	var names []string
	if state := j.text("State"); asText(schedule["State"]) != state && state != "" {
		names = append(names, "State")
	}
	have, _ := schedule["Target"].(object)
	want, _ := j.p["Target"].(object)
	if asText(have["Arn"]) != asText(want["Arn"]) || asText(have["Input"]) != asText(want["Input"]) {
		names = append(names, "Target")
	}
	return names, nil
}

// driftedFunction compares how many instances a function may have: its code CloudFormation cannot read either.
func driftedFunction(j *job) ([]string, error) {
	path := "/2019-09-30/functions/" + url.PathEscape(j.id) + "/concurrency"
	answer, err := j.aws.rest("lambda", "GetFunctionConcurrency", http.MethodGet, path, nil)
	if err != nil {
		return nil, unlessGone(err)
	}
	if compact(answer["ReservedConcurrentExecutions"]) != compact(j.p["ReservedConcurrentExecutions"]) {
		return []string{"ReservedConcurrentExecutions"}, nil
	}
	return nil, nil
}

// driftedTable compares what protects a table.
func driftedTable(j *job) ([]string, error) {
	answer, err := j.aws.json("dynamodb", "DescribeTable", object{"TableName": j.id})
	if err != nil {
		return nil, unlessGone(err)
	}
	table, _ := answer["Table"].(object)
	var names []string
	if want := j.p["DeletionProtectionEnabled"]; want != nil && want != table["DeletionProtectionEnabled"] {
		names = append(names, "DeletionProtectionEnabled")
	}
	if answer, err = j.aws.json("dynamodb", "DescribeContinuousBackups", object{"TableName": j.id}); err != nil {
		return nil, err
	}
	backups, _ := answer["ContinuousBackupsDescription"].(object)
	recovery, _ := backups["PointInTimeRecoveryDescription"].(object)
	want, _ := j.p["PointInTimeRecoverySpecification"].(object)
	if want["PointInTimeRecoveryEnabled"] == true && asText(recovery["PointInTimeRecoveryStatus"]) != "ENABLED" {
		names = append(names, "PointInTimeRecoverySpecification")
	}
	return names, nil
}

// driftedAlarm compares whether an alarm tells anybody.
func driftedAlarm(j *job) ([]string, error) {
	answer, err := j.aws.json("monitoring", "DescribeAlarms", object{"AlarmNames": []string{j.id}})
	if err != nil {
		return nil, err
	}
	found, _ := answer["MetricAlarms"].([]any)
	for _, one := range found {
		alarm, _ := one.(object)
		if alarm["ActionsEnabled"] == (j.p["ActionsEnabled"] != false) {
			return nil, nil
		}
	}
	return []string{"ActionsEnabled"}, nil
}

// sameJSON compares two documents, whatever the order of their members.
func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return compact(x) == compact(y)
}
