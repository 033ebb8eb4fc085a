package tamper

import (
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// logGroupTechniques are the ways to impair the log group that a trail writes to. The calls on an account's policy touch
// every log group of the account in the region.
func logGroupTechniques() []Technique {
	const blind = "alarms and copies of the time in between: filters do not look back"
	return []Technique{
		{
			ID: LogGroupDelete, Tier: TierDependency, Title: "Log group deleted", Severity: severity.High,
			Calls:    callsOf(sourceLogs, "DeleteLogGroup"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "creates the log group with all its settings",
			Lost:     "the events that were in it, and alarms that they would have raised",
			Fields:   fields(trail.LogGroup, trail.Identity),
		},
		{
			ID: LogStreamDelete, Tier: TierDependency, Title: "Stream of the log group deleted", Severity: severity.High,
			Calls:    callsOf(sourceLogs, "DeleteLogStream"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "nothing: CloudTrail makes the stream again, and the call is reported",
			Lost:     "the events that were in it",
		},
		{
			ID: LogGroupRetention, Tier: TierDependency, Title: "Retention of the log group changed", Severity: severity.High,
			Calls:    callsOf(sourceLogs, "PutRetentionPolicy", "DeleteRetentionPolicy", "PutAccountPolicy", "DeleteAccountPolicy"),
			ATTCKv18: []string{"T1070"}, ATTCKv19: []string{"T1070"},
			Restores: "sets the retention back",
			Lost:     "events that have expired meanwhile",
			Fields:   fields(trail.LogGroup, "retention"),
		},
		{
			ID: LogGroupMetricFilter, Tier: TierDependency, Title: "Metric filter of the log group changed or removed", Severity: severity.High,
			Calls:    callsOf(sourceLogs, "DeleteMetricFilter", "PutMetricFilter", "PutTransformer"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the filter back; of a transformer, which changes what filters see, it alerts",
			Lost:     blind,
			Fields:   fields(trail.LogGroup, "metricFilters"),
		},
		{
			ID: LogGroupSubscriptionFilter, Tier: TierDependency, Title: "Subscription filter of the log group changed or removed", Severity: severity.Medium,
			Calls:    callsOf(sourceLogs, "DeleteSubscriptionFilter", "PutSubscriptionFilter", "PutAccountPolicy", "DeleteAccountPolicy"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the filter back; of the account's policy it alerts",
			Lost:     blind,
			Fields:   fields(trail.LogGroup, "subscriptionFilters"),
		},
		{
			ID: LogGroupDataProtection, Tier: TierDependency, Title: "Data protection of the log group changed or removed", Severity: severity.Medium,
			Calls:    callsOf(sourceLogs, "PutDataProtectionPolicy", "DeleteDataProtectionPolicy", "PutAccountPolicy", "DeleteAccountPolicy"),
			ATTCKv18: []string{"T1565.002"}, ATTCKv19: []string{"T1565.002"},
			Restores: "sets the log group's policy back; of the account's it alerts",
			Lost:     "what was masked when it was written",
			Fields:   fields(trail.LogGroup, "dataProtection"),
		},
		{
			ID: LogGroupDeletionProtection, Tier: TierDependency, Title: "Deletion protection of the log group turned off", Severity: severity.Medium,
			Calls:    callsOf(sourceLogs, "PutLogGroupDeletionProtection"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "turns deletion protection on",
			Fields:   fields(trail.LogGroup, "deletionProtection"),
		},
		{
			ID: LogGroupEncryption, Tier: TierDependency, Title: "Encryption of the log group changed or removed", Severity: severity.Medium,
			Calls:    callsOf(sourceLogs, "AssociateKmsKey", "DisassociateKmsKey"),
			ATTCKv18: []string{"T1486"}, ATTCKv19: []string{"T1486"},
			Restores: "sets the log group's key back",
			Lost:     "events encrypted under a key that its owner withholds",
			Fields:   fields(trail.LogGroup, "encryption"),
		},
	}
}

// alarmTechniques are the ways to silence the alarms that watch a trail's events, or the guard.
func alarmTechniques() []Technique {
	const silent = "alarms of the time in between"
	return []Technique{
		{
			ID: AlarmDelete, Tier: TierDependency, Title: "Alarm deleted", Severity: severity.High,
			Calls:    callsOf(sourceAlarms, "DeleteAlarms"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "creates the alarm",
			Lost:     silent,
			Fields:   fields(trail.Alarm, trail.Identity),
		},
		{
			ID: AlarmActions, Tier: TierDependency, Title: "Actions of an alarm turned off", Severity: severity.High,
			Calls:    callsOf(sourceAlarms, "DisableAlarmActions", "PutMetricAlarm", "PutCompositeAlarm"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "turns the actions on",
			Lost:     silent,
			Fields:   fields(trail.Alarm, "actionsEnabled"),
		},
		{
			ID: AlarmDefinition, Tier: TierDependency, Title: "Alarm made to watch or tell something else", Severity: severity.High,
			Calls:    callsOf(sourceAlarms, "PutMetricAlarm", "PutCompositeAlarm"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "sets the whole alarm back",
			Lost:     silent,
			Fields:   fields(trail.Alarm, "definition"),
		},
		{
			ID: AlarmMute, Tier: TierDependency, Title: "Alarm muted", Severity: severity.High,
			Calls:    callsOf(sourceAlarms, "PutAlarmMuteRule"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "removes mute rules that the baseline does not know, and sets the others back",
			Lost:     silent,
			Fields:   fields(trail.Alarm, "muteRules"),
		},
		{
			ID: AlarmState, Tier: TierDependency, Title: "State of an alarm set by hand", Severity: severity.Medium,
			Calls:    callsOf(sourceAlarms, "SetAlarmState"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "nothing: CloudWatch evaluates the alarm again by itself, and the call is reported",
			Lost:     "an alarm whose state was set before anybody saw it",
		},
	}
}
