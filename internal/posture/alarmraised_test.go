package posture

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
)

// TestAlarmIsRaised has alarms on the metric of one filter, of which some look as if they were raised by an event.
func TestAlarmIsRaised(t *testing.T) {
	const watched, id = `"Namespace":"CloudTrail","MetricName":"mf-vpc"`, "mf-vpc"
	const rising, one = `"ComparisonOperator":"GreaterThanOrEqualToThreshold"`, `"Threshold":1`
	usual := func(more string) string { return watched + `,"Statistic":"Sum",` + rising + "," + one + more }
	for _, test := range []struct {
		name, definition string
		made             string // what the filter's transformation has besides
		beside           string // what the filter has besides
		want             Status
		detail           string
	}{
		{"usual", usual(""), "", "", Pass, ""},
		{"greater than none", watched + `,"Statistic":"Sum","ComparisonOperator":"GreaterThanThreshold","Threshold":0`, "", "", Pass, ""},
		{"the greatest, reached", watched + `,"Statistic":"Maximum",` + rising + "," + one, "", "", Pass, ""},
		{"the greatest, never above one", watched + `,"Statistic":"Maximum","ComparisonOperator":"GreaterThanThreshold",` + one, "", "", Fail, "never raised"},
		{"the mean, never five", watched + `,"Statistic":"Average",` + rising + `,"Threshold":5`, "", "", Fail, "never raised"},
		{"a percentile, never five", watched + `,"ExtendedStatistic":"p99",` + rising + `,"Threshold":5`, "", "", Fail, "p99"},
		{"the mean, lowered by other events", watched + `,"Statistic":"Average",` + rising + "," + one, `,"DefaultValue":0`, "", Unknown, "other events lower"},
		{"the greatest, whatever else happens", watched + `,"Statistic":"Maximum",` + rising + "," + one, `,"DefaultValue":0`, "", Pass, ""},
		{"a count", watched + `,"Statistic":"SampleCount",` + rising + "," + one, "", "", Pass, ""},
		{"one of three periods", usual(`,"EvaluationPeriods":3,"DatapointsToAlarm":1,"TreatMissingData":"notBreaching"`), "", "", Pass, ""},
		{"three periods", usual(`,"EvaluationPeriods":3,"TreatMissingData":"notBreaching"`), "", "", Fail, "events in 3 periods"},
		{"two of three periods, kept as they are", usual(`,"EvaluationPeriods":3,"DatapointsToAlarm":2,"TreatMissingData":"ignore"`), "", "", Fail, "events in 2 periods"},
		{"three periods, of which silence is left out", usual(`,"EvaluationPeriods":3`), "", "", Pass, ""},
		{"three periods, with zeros between", usual(`,"EvaluationPeriods":3`), `,"DefaultValue":0`, "", Fail, "events in 3 periods"},
		{"silence is bad", usual(`,"TreatMissingData":"breaching"`), "", "", Fail, "raised by silence"},
		{"silence is bad, but there is none", usual(`,"TreatMissingData":"breaching"`), `,"DefaultValue":0`, "", Pass, ""},
		{"a dimension that is nowhere", usual(`,"Dimensions":[{"Name":"x","Value":"y"}]`), "", "", Fail, "dimension x"},
		{"no dimension where there are some", usual(""), `,"Dimensions":{"who":"$.userIdentity.userName"}`, "", Fail, "has no data"},
		{"no dimension where the system gives some", usual(""), "", `,"EmitSystemFieldDimensions":["@aws.region"]`, Fail, "has no data"},
		{"a value of a dimension", usual(`,"Dimensions":[{"Name":"who","Value":"y"}]`), `,"Dimensions":{"who":"$.userIdentity.userName"}`, "", Unknown, "whether there are others"},
		{"another unit", usual(`,"Unit":"Seconds"`), "", "", Fail, "Seconds"},
		{"the unit", usual(`,"Unit":"Count"`), `,"Unit":"Count"`, "", Pass, ""},
		{"a single metric, written as a query", `"Metrics":[{"Id":"m","ReturnData":true,"MetricStat":{"Metric":{` + watched + `},"Stat":"Sum"}}],` + rising + "," + one, "", "", Pass, ""},
		{"an expression", `"Metrics":[{"Id":"m","MetricStat":{"Metric":{` + watched + `},"Stat":"Sum"}},{"Id":"e","Expression":"m*0"}],` + rising + "," + one, "", "", Unknown, "expression"},
		{"a band", watched + `,"Statistic":"Sum","ThresholdMetricId":"ad","ComparisonOperator":"GreaterThanUpperThreshold"`, "", "", Unknown, "expression"},
		{"events of some accounts", usual(""), "", `,"FieldSelectionCriteria":"@aws.account != 1"`, Unknown, "only at events for which"},
		{"events that were transformed", usual(""), "", `,"ApplyOnTransformedLogs":true`, Unknown, "transformer"},
	} {
		inv := healthy()
		a := &inv.Accounts[0]
		filters := strings.Replace(allFilters(), `"MetricName":"mf-vpc","MetricValue":"1"}]`, `"MetricName":"mf-vpc","MetricValue":"1"`+test.made+"}]"+test.beside, 1)
		a.set(groupARN, "metricFilters", doc("%s", filters))
		a.set(alarmARN(id), "definition", doc(`{%s,"AlarmActions":[%q]}`, test.definition, topicARN))
		r := Audit(inv, Options{Checks: []string{id}})
		if f := r.Findings[0]; f.Status != test.want || !strings.Contains(f.Detail, test.detail) {
			t.Errorf("%s: %s, not %s with %q: %s", test.name, f.Status, test.want, test.detail, fmt.Sprint(f.Detail, f.Evidence))
		}
	}
}

// TestFilterElsewhere: the trail feeds a log group of another account, whose alarms count and not this account's.
func TestFilterElsewhere(t *testing.T) {
	group := strings.ReplaceAll(groupARN, own, management)
	inv := healthy()
	a := &inv.Accounts[0]
	a.config(func(c *trail.Config) { c.CloudWatchLogsLogGroupARN = group + ":*" })
	r := a.Resources[groupARN]
	r.ARN = group
	a.Resources[group] = r
	verdict := func() Finding { return find(Audit(inv, Options{Checks: []string{"mf-vpc"}}), "mf-vpc")[0] }
	if f := verdict(); f.Status != Unknown || !strings.Contains(f.Detail, "read that account too") {
		t.Errorf("the other account was not read: %s, %s", f.Status, f.Detail)
	}
	other := healthy().Accounts[0]
	other.ID = management
	inv.Accounts = append(inv.Accounts, other)
	if f := verdict(); f.Status != Pass {
		t.Errorf("the other account has the alarm: %s, %s", f.Status, f.Detail)
	}
	inv.Accounts[1].region("us-east-1", func(r *Region) { r.Alarms = trail.Known([]string{}) })
	if f := verdict(); f.Status != Fail || !strings.Contains(f.Detail, "no alarm watches") {
		t.Errorf("only this account has the alarm: %s, %s", f.Status, f.Detail)
	}
}

// TestWritesOnly: a log group that gets no reading calls misses refusals, and much of what the root user does.
func TestWritesOnly(t *testing.T) {
	inv := healthy()
	inv.Accounts[0].Trails[0].Selectors = trail.Known(basic("WriteOnly", nil))
	for _, id := range []string{"mf-root-usage", "mf-unauthorized-api"} {
		if f := find(Audit(inv, Options{Checks: []string{id}}), id)[0]; f.Status != Fail || !strings.Contains(f.Detail, "no log group gets") {
			t.Errorf("%s: %s, %s", id, f.Status, f.Detail)
		}
	}
}
