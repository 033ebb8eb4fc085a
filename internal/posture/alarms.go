package posture

import (
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// definition is what an alarm watches, when it is raised, and whom it calls.
type definition struct {
	metric
	Threshold                            *float64
	ComparisonOperator, TreatMissingData string
	EvaluationPeriods, DatapointsToAlarm int
	AlarmActions                         []string
	Metrics                              []struct {
		MetricStat *struct {
			Metric     metric
			Stat, Unit string
		}
	}
}

// metric is what an alarm looks at, and how.
type metric struct {
	Namespace, MetricName        string
	Statistic, ExtendedStatistic string
	Unit                         string
	Dimensions                   []struct{ Name, Value string }
}

func definitionOf(a Resource) (d definition, v verdict, ok bool) {
	if a.Setting(trail.Identity).Knowledge() == trail.Absent {
		return d, fail("the alarm %s does not exist any more", a.Name()), false
	}
	v, ok = read(a, "definition", &d)
	return d, v, ok
}

// actionsOn asks whether the alarm has actions that are on and not muted.
func actionsOn(s scope, a Resource) verdict {
	d, v, ok := definitionOf(a)
	if !ok {
		return v
	}
	enabled, known := a.Setting("actionsEnabled").Get()
	if !known {
		return notRead("whether the actions of "+a.Name()+" are on", a.Setting("actionsEnabled"))
	}
	switch {
	case len(d.AlarmActions) == 0:
		return fail("alarm %s has no actions", a.Name()).with("AlarmActions", "none")
	case !enabled.Flag("ActionsEnabled"):
		return fail("the actions of alarm %s are disabled", a.Name()).with("ActionsEnabled", false)
	}
	return muted(s, a).with("AlarmActions", strings.Join(d.AlarmActions, ", "))
}

// muted looks for rules that silence the alarm now or later.
func muted(s scope, a Resource) verdict {
	rules, known := a.Setting("muteRules").Get()
	if !known {
		return notRead("what mutes "+a.Name(), a.Setting("muteRules"))
	}
	for name, rule := range rules.Members() {
		if until := timeOf(rule.Text("ExpireDate")); until.IsZero() || s.now().Before(until) {
			return fail("rule %s mutes alarm %s", name, a.Name()).with("muteRule", name).
				by("aws cloudwatch delete-alarm-mute-rule --region {region} --alarm-mute-rule-name {rule}", "rule", name)
		}
	}
	return pass("the actions of alarm %s are on", a.Name())
}

// alarmActions asks every alarm on metrics of the trails' log groups.
func alarmActions(s scope) []judged {
	var found []judged
	for _, region := range sortedKeys(s.account.Regions) {
		list := s.account.Regions[region].Alarms
		arns, known := list.Get()
		if !known && list.Knowledge() == trail.Unknown {
			if list.Why() != "" {
				found = append(found, judged{verdict: notRead("the alarms in "+region, list), region: region})
			}
			continue
		}
		for _, arn := range arns {
			a, read := s.resource(arn)
			j := judged{region: region, resource: arn, fill: words("name", a.Name())}
			if j.verdict = unknown("the alarm was not read"); read {
				j.verdict = actionsOn(s, a)
			}
			found = append(found, j)
		}
	}
	return found
}
