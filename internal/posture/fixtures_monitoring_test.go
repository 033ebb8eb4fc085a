package posture

import (
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// monitoringFixtures are the same for every control, but for its filter.
func monitoringFixtures() []fixture {
	var all []fixture
	for _, c := range benchmark {
		alarm := alarmARN(c.ID)
		poisoned := strings.TrimSuffix(strings.Replace(c.Pattern, "{", "{ (", 1), "}") + `) && ($.userIdentity.principalId != "x") }`
		if c.ID == "mf-root-usage" { // whose control is about who did it
			poisoned = strings.TrimSuffix(strings.Replace(c.Pattern, "{", "{ (", 1), "}") + `) && ($.sourceIPAddress != "192.0.2.1") }`
		}
		add := func(name string, status Status, change func(*Account), detail string) {
			all = append(all, fixture{name, c.ID, status, change, detail})
		}
		filters := func(members ...string) func(*Account) {
			return setting(groupARN, "metricFilters", "{%s}", strings.Join(members, ","))
		}
		add("no filter", Fail, filters(), "no metric filter of trail finds it")
		add("not read", Unknown, unreadable(groupARN, "metricFilters"), "")
		add("a poisoned filter", Fail, filters(filterJSON(c.ID, poisoned)), "misses")
		add("in other words", Pass, filters(filterJSON(c.ID, strings.ReplaceAll(strings.ReplaceAll(c.Pattern, " = ", "="), "&&", " && "))), "")
		add("no alarm", Fail, func(a *Account) { a.region("us-east-1", func(r *Region) { r.Alarms = trail.Known([]string{}) }) }, "no alarm watches its metric")
		add("actions are off", Fail, setting(alarm, "actionsEnabled", `{"ActionsEnabled":false}`), "disabled")
		add("a threshold that is never reached", Fail, setting(alarm, "definition", `{"Namespace":"CloudTrail","MetricName":%q,"Threshold":1000,"ComparisonOperator":"GreaterThanThreshold","AlarmActions":[%q]}`, c.ID, topicARN), "takes 1000 events")
		add("events that count nothing", Fail, filters(strings.Replace(filterJSON(c.ID, c.Pattern), `"MetricValue":"1"`, `"MetricValue":"0"`, 1)), "counts each event as 0")
		add("an alarm on silence", Fail, setting(alarm, "definition", `{"Namespace":"CloudTrail","MetricName":%q,"Threshold":1,"ComparisonOperator":"LessThanThreshold","AlarmActions":[%q]}`, c.ID, topicARN), "few events")
		add("nobody subscribed", Fail, setting(topicARN, "subscriptions", `{"email x":{"PendingConfirmation":true}}`), "nobody has confirmed")
		add("a topic that refuses alarms", Fail, setting(topicARN, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}]}`), "cloudwatch.amazonaws.com")
		add("a topic that wants TLS", Pass, setting(topicARN, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"sns:Publish","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`), "")
		add("a key that refuses alarms", Fail, setting(keyARN, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}]}`), "kms:GenerateDataKey")
		add("a trail of one region", Fail, config(func(c *trail.Config) { c.IsMultiRegionTrail = false }), "no log group gets")
	}
	return append(all,
		fixture{"no actions", "mf-alarm-actions", Fail, setting(alarmARN("mf-vpc"), "definition", `{"Namespace":"CloudTrail","MetricName":"mf-vpc"}`), "no actions"},
		fixture{"not read", "mf-alarm-actions", Unknown, unreadable(alarmARN("mf-vpc"), "actionsEnabled"), ""},
		fixture{"muted", "mf-alarm-actions", Fail, setting(alarmARN("mf-vpc"), "muteRules", `{"hush":{"ExpireDate":"2026-03-05T00:00:00Z"}}`), "hush"},
		fixture{"a mute that is over", "mf-alarm-actions", Pass, setting(alarmARN("mf-vpc"), "muteRules", `{"hush":{"ExpireDate":"2026-03-03T00:00:00Z"}}`), ""},
		fixture{"no alarms", "mf-alarm-actions", NotApplicable, func(a *Account) { a.region("us-east-1", func(r *Region) { r.Alarms = trail.Gone[[]string]() }) }, ""},
	)
}

// activityFixtures: an identity that calls nearly all of the list, and one that calls a single operation often.
func activityFixtures() []fixture {
	var all []fixture
	for id, names := range map[string][]string{"ct-threat-enumeration": enumeration, "ct-threat-privilege-escalation": escalation, "ct-threat-llm-jacking": llmJacking} {
		busy := map[string]int{}
		for _, name := range names[:len(names)/2] {
			busy[name]++
		}
		actor := func(calls map[string]int) func(*Account) {
			return func(a *Account) {
				a.Activity = trail.Known([]Actor{{ARN: "arn:aws:iam::111122223333:user/mallory", Names: calls}})
			}
		}
		all = append(all,
			fixture{"half of the list", id, Fail, actor(busy), "mallory called"},
			fixture{"not read", id, Unknown, func(a *Account) { a.Activity = trail.NotKnown[[]Actor]("AccessDenied") }, ""},
			fixture{"one of them, often", id, Pass, actor(map[string]int{names[0]: 5000}), ""},
			fixture{"not asked for", id, NotApplicable, func(a *Account) { a.Activity = trail.Gone[[]Actor]() }, ""})
	}
	return all
}
