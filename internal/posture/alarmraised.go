package posture

import (
	"cmp"
	"strconv"
	"strings"
)

// watches says whether the alarm looks at the filter's metric, alone or with others.
func (d definition) watches(f filter) bool {
	for _, t := range f.MetricTransformations {
		if t.makes(d.metric) {
			return true
		}
		for _, q := range d.Metrics {
			if q.MetricStat != nil && t.makes(q.MetricStat.Metric) {
				return true
			}
		}
	}
	return false
}

func (t transformation) makes(m metric) bool {
	return t.MetricNamespace == m.Namespace && t.MetricName == m.MetricName
}

// single is the one metric that the alarm looks at; false if it looks at the outcome of an expression.
func (d definition) single() (metric, bool) {
	if d.MetricName != "" {
		return d.metric, true
	}
	if len(d.Metrics) != 1 || d.Metrics[0].MetricStat == nil {
		return metric{}, false
	}
	stat := d.Metrics[0].MetricStat
	m := stat.Metric
	m.Statistic, m.Unit = stat.Stat, stat.Unit
	return m, true
}

// mostEvents is how many events within one period may be needed to raise an alarm.
const mostEvents = 10

// raised asks whether a few events are enough: of the metric that the filter makes, and of the alarm. One on an expression, or on a
// band of what is usual, is not judged.
func (d definition) raised(f filter, a Resource) verdict {
	m, single := d.single()
	if d.Threshold == nil || !single {
		return unknown("alarm %s watches an expression, and when that raises it is not judged", a.Name())
	}
	var made transformation
	for _, t := range f.MetricTransformations {
		if t.makes(m) {
			made = t
		}
	}
	dimensions := append(sortedKeys(made.Dimensions), f.EmitSystemFieldDimensions...)
	parts := []verdict{d.byEvents(f, a), made.seenBy(m, a, dimensions)}
	if d.rises() { // the others say nothing of an alarm on silence
		parts = append(parts, d.afterEvents(m, made, f, a), d.afterPeriods(made, a))
	}
	return all(parts...)
}

func (d definition) rises() bool { return strings.HasPrefix(d.ComparisonOperator, "GreaterThan") }

func (d definition) byEvents(f filter, a Resource) verdict {
	if !d.rises() {
		return fail("alarm %s is raised when there are few events, not when there is one", a.Name()).with("ComparisonOperator", d.ComparisonOperator)
	}
	return pass("alarm %s is raised", a.Name()).with("Threshold", *d.Threshold)
}

// seenBy asks whether the alarm gets to see what the filter makes. A metric with other dimensions is another metric, and data in
// another unit is left out.
func (t transformation) seenBy(m metric, a Resource, dimensions []string) verdict {
	unit := cmp.Or(t.Unit, "None")
	switch {
	case len(dimensions) > 0 && len(m.Dimensions) > 0:
		return unknown("alarm %s watches one value of the dimensions that the filter gives to its metric; whether there are others is not known", a.Name())
	case len(dimensions) > 0:
		return fail("the filter gives dimensions to its metric, and alarm %s watches the metric without any, which has no data", a.Name()).with("dimensions", strings.Join(dimensions, ", "))
	case len(m.Dimensions) > 0:
		return fail("alarm %s watches the metric with dimension %s, which the filter does not give to it", a.Name(), m.Dimensions[0].Name).with("Dimensions", m.Dimensions[0].Name)
	case m.Unit != "" && m.Unit != unit:
		return fail("alarm %s looks for data in the unit %s only, and the filter's is %s", a.Name(), m.Unit, unit).with("Unit", m.Unit)
	}
	return pass("alarm %s sees the metric", a.Name())
}

// afterEvents asks how many events within one period raise the alarm. Only a sum or a count grows with every event: the greatest or
// the mean of many ones is one.
func (d definition) afterEvents(m metric, made transformation, f filter, a Resource) verdict {
	value, _ := strconv.ParseFloat(cmp.Or(made.MetricValue, "0"), 64) // a field of the event, such as $.size, is 0
	if strings.HasPrefix(made.MetricValue, "$") {
		value = 1
	}
	limit, statistic := *d.Threshold, cmp.Or(m.Statistic, m.ExtendedStatistic, "Sum")
	if statistic == "SampleCount" {
		value, statistic = 1, "Sum"
	}
	reached := value > limit || value == limit && d.ComparisonOperator == "GreaterThanOrEqualToThreshold"
	switch {
	case value <= 0:
		return fail("filter %s counts each event as %g, so that alarm %s is never raised", f.name, value, a.Name()).with("metricValue", value)
	case statistic == "Sum" && limit/value > mostEvents:
		return fail("alarm %s takes %g events to be raised", a.Name(), limit/value).with("Threshold", limit)
	case statistic == "Sum":
	case !reached:
		return fail("alarm %s is never raised: its statistic is %s, and each event counts as %g", a.Name(), statistic, value).with("Statistic", statistic).with("Threshold", limit)
	case statistic != "Maximum" && made.DefaultValue != nil:
		return unknown("alarm %s is raised by its metric's %s, which other events lower", a.Name(), statistic).with("Statistic", statistic)
	}
	return pass("a few events raise alarm %s", a.Name())
}

// afterPeriods asks whether events of a single period raise the alarm. Where nothing happens there is no data, or the filter's default
// value: what that counts as decides.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
func (d definition) afterPeriods(made transformation, a Resource) verdict {
	need := max(cmp.Or(d.DatapointsToAlarm, d.EvaluationPeriods), 1)
	silent := made.DefaultValue == nil
	switch {
	case silent && d.TreatMissingData == "breaching":
		return fail("alarm %s is raised by silence, so that an event changes nothing", a.Name()).with("TreatMissingData", d.TreatMissingData)
	case need > 1 && (!silent || d.TreatMissingData == "notBreaching" || d.TreatMissingData == "ignore"):
		return fail("alarm %s takes events in %d periods to be raised", a.Name(), need).with("DatapointsToAlarm", need)
	}
	return pass("events of one period raise alarm %s", a.Name())
}
