package drill

import (
	"context"
	"fmt"

	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// logGroupTechniques are attacks on the log group that the trail writes to.
func logGroupTechniques() []Technique {
	on, by := naming("LogGroupName", trail.Resource.Name), naming("LogGroupIdentifier", trail.Resource.Name)
	unprotect := by("logs:PutLogGroupDeletionProtection", object{"DeletionProtectionEnabled": false})
	return []Technique{
		{ID: tamper.LogGroupDelete, On: trail.LogGroup, calls: then(unprotect, on("logs:DeleteLogGroup", nil)), Outcome: Restored},
		{ID: tamper.LogStreamDelete, On: trail.LogGroup, Attack: deleteStream, Outcome: Restored},
		{ID: tamper.LogGroupRetention, On: trail.LogGroup, calls: on("logs:PutRetentionPolicy", object{"RetentionInDays": 1}), Outcome: Restored},
		{ID: tamper.LogGroupMetricFilter, Variant: "removed", On: trail.LogGroup, calls: eachMember("metricFilters", "logs:DeleteMetricFilter", nil), Outcome: Restored},
		{ID: tamper.LogGroupMetricFilter, Variant: "blinded", On: trail.LogGroup, Outcome: Restored, calls: eachMember("metricFilters", "logs:PutMetricFilter", object{
			"FilterPattern":         `{ $.eventName = "NoSuchCall" }`,
			"MetricTransformations": []object{{"MetricName": "Stops", "MetricNamespace": "Audit", "MetricValue": "1"}},
		})},
		{ID: tamper.LogGroupSubscriptionFilter, On: trail.LogGroup, calls: eachMember("subscriptionFilters", "logs:DeleteSubscriptionFilter", nil), Outcome: Restored},
		{ID: tamper.LogGroupDataProtection, On: trail.LogGroup, calls: by("logs:DeleteDataProtectionPolicy", nil), Outcome: Restored},
		{ID: tamper.LogGroupDeletionProtection, On: trail.LogGroup, calls: unprotect, Outcome: Restored},
		{ID: tamper.LogGroupEncryption, On: trail.LogGroup, calls: on("logs:DisassociateKmsKey", nil), Outcome: Restored},
	}
}

// eachMember makes a call for each filter of the log group.
func eachMember(setting trail.Setting, operation string, more object) calls {
	return func(s Scene, r trail.Resource) []request {
		var requests []request
		for name := range r.Settings[setting].Members() {
			on := naming("LogGroupName", trail.Resource.Name)(operation, more)(s, r)
			on[0].input["FilterName"] = name
			requests = append(requests, on...)
		}
		return requests
	}
}

// deleteStream needs the protection off, which is all that can be put back.
func deleteStream(ctx context.Context, s Scene) error {
	r, err := s.resource(trail.LogGroup, nil)
	if err != nil {
		return err
	}
	var list struct {
		LogStreams []struct{ LogStreamName string }
	}
	if err := s.Call(ctx, r.Region, "logs:DescribeLogStreams", object{"LogGroupName": r.Name()}, &list); err != nil {
		return err
	}
	if len(list.LogStreams) == 0 {
		return fmt.Errorf("there is nothing in log group %s yet", r.Name())
	}
	stream := list.LogStreams[0].LogStreamName
	return perform(ctx, s, r.Region, []request{
		{"logs:PutLogGroupDeletionProtection", object{"LogGroupIdentifier": r.Name(), "DeletionProtectionEnabled": false}},
		{"logs:DeleteLogStream", object{"LogGroupName": r.Name(), "LogStreamName": stream}},
	})
}

// alarmTechniques are attacks on the alarm on what the log group tells.
func alarmTechniques() []Technique {
	on := naming("AlarmName", trail.Resource.Name)
	list := func(operation string) calls {
		return func(_ Scene, r trail.Resource) []request {
			return []request{{operation, object{"AlarmNames": []string{r.Name()}}}}
		}
	}
	return []Technique{
		{ID: tamper.AlarmDelete, On: trail.Alarm, calls: list("cloudwatch:DeleteAlarms"), Outcome: Restored},
		{ID: tamper.AlarmActions, On: trail.Alarm, calls: list("cloudwatch:DisableAlarmActions"), Outcome: Restored},
		{ID: tamper.AlarmDefinition, On: trail.Alarm, Outcome: Restored, calls: on("cloudwatch:PutMetricAlarm", object{
			"Namespace": "Audit", "MetricName": "Stops", "Statistic": "Sum", "Period": 86400, "EvaluationPeriods": 1, "Threshold": 1000000,
			"ComparisonOperator": "GreaterThanOrEqualToThreshold", "ActionsEnabled": true,
		})},
		{ID: tamper.AlarmMute, On: trail.Alarm, Outcome: Restored, calls: func(_ Scene, r trail.Resource) []request {
			return []request{{"cloudwatch:PutAlarmMuteRule", object{
				"Name": "weekend", "MuteTargets": object{"AlarmNames": []string{r.Name()}},
				"Rule": object{"Schedule": object{"Expression": "cron(0 0 * * *)", "Duration": "PT24H"}},
			}}}
		}},
		{ID: tamper.AlarmState, On: trail.Alarm, calls: on("cloudwatch:SetAlarmState", object{"StateValue": "OK", "StateReason": "all is well"}), Outcome: Reported},
	}
}
