package cloudformation

import (
	"errors"
	"strings"
)

const alarmSettings = "ActionsEnabled AlarmActions AlarmDescription ComparisonOperator DatapointsToAlarm Dimensions EvaluateLowSampleCountPercentile EvaluationPeriods " +
	"ExtendedStatistic InsufficientDataActions MetricName Metrics Namespace OKActions Period Statistic Threshold ThresholdMetricId TreatMissingData Unit"

var alarmKind = kind{
	properties: alarmSettings + " AlarmName Tags", required: "ComparisonOperator EvaluationPeriods", fixed: "AlarmName", name: "AlarmName",
	numbers: "DatapointsToAlarm EvaluationPeriods Period Threshold", booleans: "ActionsEnabled ReturnData",
	create: createAlarm, update: putAlarm, remove: removeAlarm, drifted: driftedAlarm,
}

func createAlarm(j *job) error {
	j.id = j.named("AlarmName", 255)
	answer, err := j.aws.json("monitoring", "DescribeAlarms", object{"AlarmNames": []string{j.id}})
	if err == nil {
		if found, _ := answer["MetricAlarms"].([]any); len(found) > 0 {
			err = errors.New(j.id + " already exists")
		}
	}
	if err == nil {
		err = putAlarm(j)
	}
	if err != nil {
		j.id = ""
	}
	return err
}

func putAlarm(j *job) error {
	in := j.pick(strings.Fields(alarmSettings)...)
	in["AlarmName"] = j.id
	if len(j.old) == 0 && j.p["Tags"] != nil {
		in["Tags"] = j.p["Tags"]
	} else if j.changed("Tags") {
		return errors.New("the lab does not change an alarm's tags")
	}
	if _, err := j.aws.json("monitoring", "PutMetricAlarm", in); err != nil {
		return err
	}
	j.attributes = map[string]string{"Arn": "arn:aws:cloudwatch:" + j.aws.region + ":" + j.account + ":alarm:" + j.id}
	return nil
}

func removeAlarm(j *job) error {
	_, err := j.aws.json("monitoring", "DeleteAlarms", object{"AlarmNames": []string{j.id}})
	return unlessGone(err)
}

var logGroupKind = kind{
	properties: "DeletionProtectionEnabled KmsKeyId LogGroupClass LogGroupName RetentionInDays Tags", fixed: "LogGroupClass LogGroupName", name: "LogGroupName",
	numbers: "RetentionInDays", booleans: "DeletionProtectionEnabled",
	create: createLogGroup, update: updateLogGroup, remove: removeLogGroup, adopt: adoptLogGroup,
}

func createLogGroup(j *job) error {
	name := j.named("LogGroupName", 512)
	in := object{"logGroupName": name}
	for property, field := range map[string]string{"KmsKeyId": "kmsKeyId", "LogGroupClass": "logGroupClass"} {
		if j.p[property] != nil {
			in[field] = j.p[property]
		}
	}
	if tags := j.tags(); len(tags) > 0 {
		in["tags"] = tags
	}
	if _, err := j.aws.json("logs", "CreateLogGroup", in); err != nil {
		return err
	}
	j.isLogGroup(name)
	return j.logSettings()
}

func (j *job) isLogGroup(name string) {
	j.id, j.attributes = name, map[string]string{"Arn": "arn:aws:logs:" + j.aws.region + ":" + j.account + ":log-group:" + name + ":*"}
}

func adoptLogGroup(j *job) (bool, error) {
	answer, err := j.aws.json("logs", "DescribeLogGroups", object{"logGroupNamePrefix": j.text("LogGroupName")})
	if err != nil {
		return false, err
	}
	groups, _ := answer["logGroups"].([]any)
	for _, one := range groups {
		if group, _ := one.(object); asText(group["logGroupName"]) == j.text("LogGroupName") {
			j.isLogGroup(j.text("LogGroupName"))
			return true, nil
		}
	}
	return false, nil
}

// logSettings sets what has calls of its own.
func (j *job) logSettings() error {
	if j.changed("RetentionInDays") {
		operation, in := "DeleteRetentionPolicy", object{"logGroupName": j.id}
		if days := j.p["RetentionInDays"]; days != nil {
			operation, in["retentionInDays"] = "PutRetentionPolicy", days
		}
		if _, err := j.aws.json("logs", operation, in); err != nil {
			return err
		}
	}
	if !j.changed("DeletionProtectionEnabled") {
		return nil
	}
	in := object{"logGroupIdentifier": j.id, "deletionProtectionEnabled": j.p["DeletionProtectionEnabled"] == true}
	_, err := j.aws.json("logs", "PutLogGroupDeletionProtection", in)
	return err
}

func updateLogGroup(j *job) error {
	if j.changed("Tags") || j.changed("KmsKeyId") {
		return errors.New("the lab does not change a log group's tags or key")
	}
	return j.logSettings()
}

func removeLogGroup(j *job) error {
	_, err := j.aws.json("logs", "DeleteLogGroup", object{"logGroupName": j.id})
	return unlessGone(err)
}

var keyKind = kind{
	properties: "Description EnableKeyRotation Enabled KeyPolicy KeySpec KeyUsage PendingWindowInDays RotationPeriodInDays Tags", fixed: "KeySpec KeyUsage",
	numbers: "PendingWindowInDays RotationPeriodInDays", booleans: "EnableKeyRotation Enabled",
	create: createKey, update: updateKey, remove: removeKey,
}

func createKey(j *job) error {
	in := j.pick("Description", "KeySpec", "KeyUsage")
	if j.p["KeyPolicy"] != nil {
		in["Policy"] = document(j.p["KeyPolicy"])
	}
	var tags []object
	for key, value := range j.tags() {
		tags = append(tags, object{"TagKey": key, "TagValue": value})
	}
	if len(tags) > 0 {
		in["Tags"] = tags
	}
	answer, err := j.aws.json("kms", "CreateKey", in)
	if err != nil {
		return err
	}
	about, _ := answer["KeyMetadata"].(object)
	j.id = asText(about["KeyId"])
	j.attributes = map[string]string{"Arn": asText(about["Arn"]), "KeyId": j.id}
	return j.keySettings()
}

// keySettings sets what has calls of its own.
func (j *job) keySettings() error {
	if j.changed("EnableKeyRotation") {
		operation, in := "DisableKeyRotation", object{"KeyId": j.id}
		if j.p["EnableKeyRotation"] == true {
			operation = "EnableKeyRotation"
			if days := j.p["RotationPeriodInDays"]; days != nil {
				in["RotationPeriodInDays"] = days
			}
		}
		if _, err := j.aws.json("kms", operation, in); err != nil {
			return err
		}
	}
	if j.p["Enabled"] == false {
		return errors.New("the lab makes no disabled keys")
	}
	return nil
}

func updateKey(j *job) error {
	if j.changed("Tags") {
		return errors.New("the lab does not change a key's tags")
	}
	if j.changed("KeyPolicy") {
		if _, err := j.aws.json("kms", "PutKeyPolicy", object{"KeyId": j.id, "Policy": document(j.p["KeyPolicy"])}); err != nil {
			return err
		}
	}
	if j.changed("Description") {
		if _, err := j.aws.json("kms", "UpdateKeyDescription", object{"KeyId": j.id, "Description": j.text("Description")}); err != nil {
			return err
		}
	}
	return j.keySettings()
}

func removeKey(j *job) error {
	in := object{"KeyId": j.id}
	if days := j.old["PendingWindowInDays"]; days != nil {
		in["PendingWindowInDays"] = days
	}
	_, err := j.aws.json("kms", "ScheduleKeyDeletion", in)
	return unlessGone(err)
}

var aliasKind = kind{
	properties: "AliasName TargetKeyId", required: "AliasName TargetKeyId", fixed: "AliasName", name: "AliasName",
	create: createAlias, update: updateAlias, remove: removeAlias,
}

func createAlias(j *job) error {
	if _, err := j.aws.json("kms", "CreateAlias", j.pick("AliasName", "TargetKeyId")); err != nil {
		return err
	}
	j.id = j.text("AliasName")
	return nil
}

func updateAlias(j *job) error {
	_, err := j.aws.json("kms", "UpdateAlias", j.pick("AliasName", "TargetKeyId"))
	return err
}

func removeAlias(j *job) error {
	_, err := j.aws.json("kms", "DeleteAlias", object{"AliasName": j.id})
	return unlessGone(err)
}
