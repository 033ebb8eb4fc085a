package privilege

import "github.com/trailhold/trailhold/internal/trail"

const (
	key      = string(trail.Key)
	topic    = string(trail.Topic)
	logGroup = string(trail.LogGroup)
	alarm    = string(trail.Alarm)
)

// keyRows are the calls about a KMS key.
var keyRows = []Row{
	reads("kms:DescribeKey", key, "", "reads whether the key can be used", on(self, "kms:DescribeKey")),
	reads("kms:GetKeyPolicy", key, "policy", "reads who may use the key", on(self, "kms:GetKeyPolicy")),
	reads("kms:ListGrants", key, "grants", "reads the key's grants", on(self, "kms:ListGrants")),
	reads("kms:GetKeyRotationStatus", key, "rotation", "reads whether the key is rotated", on(self, "kms:GetKeyRotationStatus")),

	writes("kms:CancelKeyDeletion", key, "state", Whatever, "takes the key's deletion back", on(self, "kms:CancelKeyDeletion")),
	writes("kms:EnableKey", key, "state", Whatever, "enables the key", on(self, "kms:EnableKey")),
	writes("kms:PutKeyPolicy", key, "policy", Whatever, "puts the key policy back",
		on(self, "kms:PutKeyPolicy").noting("whoever has it can give himself every right on the key; leave `key.policy` to people by alertOnly if that is too much")),
	writes("kms:CreateGrant", key, "grants", Something, "makes revoked grants again", on(self, "kms:CreateGrant").only(grantees)),
	writes("kms:EnableKeyRotation", key, "rotation", Whatever, "has the key rotated again", on(self, "kms:EnableKeyRotation")),
}

// topicRows are the calls about a topic.
var topicRows = []Row{
	reads("sns:GetTopicAttributes", topic, "", "reads the topic, its policy and its encryption", on(self, "sns:GetTopicAttributes")),
	reads("sns:ListSubscriptionsByTopic", topic, "subscriptions", "reads who is subscribed", on(self, "sns:ListSubscriptionsByTopic")),
	reads("sns:GetSubscriptionAttributes", topic, "subscriptions", "reads what filters a subscription", on(unlimited, "sns:GetSubscriptionAttributes").only(here)),

	writes("sns:CreateTopic", topic, "", Whatever, "makes a deleted topic again", on(self, "sns:CreateTopic")),
	writes("sns:SetTopicAttributes", topic, "policy encryption", Whatever, "puts policy and encryption back", on(self, "sns:SetTopicAttributes")),
	writes("sns:Subscribe", topic, "subscriptions", Something, "makes a subscription again", on(self, "sns:Subscribe"),
		on(passed("subscriptions", "SubscriptionRoleArn"), "iam:PassRole").only(passedTo("sns.amazonaws.com")).noting("subscriptions of Firehose")),
	writes("sns:SetSubscriptionAttributes", topic, "subscriptions", Something, "puts a subscription's filter and delivery back", on(unlimited, "sns:SetSubscriptionAttributes").only(here)),
}

// logGroupRows are the calls about a log group.
var logGroupRows = []Row{
	reads("cloudwatchlogs:DescribeLogGroups", logGroup, "", "reads the log group, its retention and its key", on(unlimited, "logs:DescribeLogGroups").only(here)),
	reads("cloudwatchlogs:DescribeMetricFilters", logGroup, "metricFilters", "reads the metric filters", on(group, "logs:DescribeMetricFilters")),
	reads("cloudwatchlogs:DescribeSubscriptionFilters", logGroup, "subscriptionFilters", "reads the subscription filters", on(group, "logs:DescribeSubscriptionFilters")),
	reads("cloudwatchlogs:GetDataProtectionPolicy", logGroup, "dataProtection", "reads what is masked", on(group, "logs:GetDataProtectionPolicy")),

	writes("cloudwatchlogs:CreateLogGroup", logGroup, "", Whatever, "makes a deleted log group again", on(group, "logs:CreateLogGroup")),
	writes("cloudwatchlogs:PutLogGroupDeletionProtection", logGroup, "deletionProtection", Whatever, "protects it from deletion again", on(group, "logs:PutLogGroupDeletionProtection")),
	writes("cloudwatchlogs:PutRetentionPolicy", logGroup, "retention", Something, "puts the retention back", on(group, "logs:PutRetentionPolicy")),
	writes("cloudwatchlogs:DeleteRetentionPolicy", logGroup, "retention", Nothing, "has events kept for ever again", on(group, "logs:DeleteRetentionPolicy")),
	writes("cloudwatchlogs:AssociateKmsKey", logGroup, "encryption", Something, "puts the key back", on(group, "logs:AssociateKmsKey")),
	writes("cloudwatchlogs:DisassociateKmsKey", logGroup, "encryption", Nothing, "takes away a key that the baseline does not have", on(group, "logs:DisassociateKmsKey")),
	writes("cloudwatchlogs:PutMetricFilter", logGroup, "metricFilters", Something, "puts metric filters back", on(group, "logs:PutMetricFilter")),
	writes("cloudwatchlogs:PutSubscriptionFilter", logGroup, "subscriptionFilters", Something, "puts subscription filters back", on(group, "logs:PutSubscriptionFilter"),
		on(named("subscriptionFilters", "DestinationArn", "logs", "destinations of CloudWatch Logs in the filters"), "logs:PutSubscriptionFilter"),
		on(passed("subscriptionFilters", "RoleArn"), "iam:PassRole").only(passedTo("logs.amazonaws.com"))),
	writes("cloudwatchlogs:PutDataProtectionPolicy", logGroup, "dataProtection", Something, "puts the masking back", on(group, "logs:PutDataProtectionPolicy")),
	writes("cloudwatchlogs:DeleteDataProtectionPolicy", logGroup, "dataProtection", Nothing, "takes away masking that the baseline does not have", on(group, "logs:DeleteDataProtectionPolicy")),
}

var (
	allAlarms    = sibling("cloudwatch", "alarm:*", "every alarm of the region", "CloudWatch asks for it where alarms are listed")
	allMuteRules = sibling("cloudwatch", "alarm-mute-rule:*", "every mute rule of the region", "which rule mutes the alarm is not known before")
)

// alarmRows are the calls about an alarm.
var alarmRows = []Row{
	reads("cloudwatch:DescribeAlarms", alarm, "", "reads the alarm", on(allAlarms, "cloudwatch:DescribeAlarms")),
	reads("cloudwatch:ListAlarmMuteRules", alarm, "muteRules", "finds what mutes the alarm", on(allMuteRules, "cloudwatch:ListAlarmMuteRules")),
	reads("cloudwatch:GetAlarmMuteRule", alarm, "muteRules", "reads what mutes the alarm", on(allMuteRules, "cloudwatch:GetAlarmMuteRule")),

	writes("cloudwatch:PutMetricAlarm", alarm, "identity definition", Whatever, "puts the alarm back, or makes it again", on(self, "cloudwatch:PutMetricAlarm")),
	writes("cloudwatch:EnableAlarmActions", alarm, "actionsEnabled", Whatever, "has the alarm tell people again", on(self, "cloudwatch:EnableAlarmActions")),
	writes("cloudwatch:PutAlarmMuteRule", alarm, "muteRules", Something, "puts the baseline's mute rules back", on(wantedMuteRules, "cloudwatch:PutAlarmMuteRule"), on(mutedAlarms, "cloudwatch:PutAlarmMuteRule")),
	writes("cloudwatch:DeleteAlarmMuteRule", alarm, "muteRules", Whatever, "deletes mute rules that the baseline does not have", on(allMuteRules, "cloudwatch:DeleteAlarmMuteRule")),
}
