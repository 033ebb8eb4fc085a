package lab

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// Limits of GetMetricData, from the API documentation; where the lab answers fewer, its memory is the reason.
const (
	maxMetricQueries = 500
	maxMetricPeriods = 100_800
	embeddedMark     = `"_aws"`
)

// metricQuery asks for one metric, as GetMetricData takes it. The lab does no arithmetic.
type metricQuery struct {
	ID         string `json:"Id"`
	Label      string
	Expression string
	MetricStat *struct {
		Metric struct {
			Namespace, MetricName string
			Dimensions            []struct{ Name, Value string }
		}
		Period int64
		Stat   string
	}
}

// metricResult is what is known of one metric: a value for each period that has any.
type metricResult struct {
	ID         string `json:"Id"`
	Label      string
	Timestamps []epoch
	Values     []float64
	StatusCode string
}

// getMetricData answers from the log events in the embedded metric format, which are the lab's only metrics: those of the services
// themselves, and PutMetricData, it does not have. A metric is gone with its log group, which is not so on AWS.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
func getMetricData(c *call) (any, error) {
	var in struct {
		MetricDataQueries  []metricQuery
		StartTime, EndTime epoch
		ScanBy             string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.MetricDataQueries) == 0 || len(in.MetricDataQueries) > maxMetricQueries || !in.StartTime.Before(in.EndTime.Time) {
		return nil, invalidAlarm("give from 1 to %d queries, and a StartTime before the EndTime", maxMetricQueries)
	}
	results := []metricResult{}
	for _, q := range in.MetricDataQueries {
		if q.Expression != "" || q.MetricStat == nil || q.ID == "" {
			return nil, invalidAlarm("the lab answers queries with an Id and a MetricStat, without an expression")
		}
		s := q.MetricStat
		if s.Period < 60 || s.Period%60 != 0 || in.EndTime.Unix()-in.StartTime.Unix() > s.Period*maxMetricPeriods {
			return nil, invalidAlarm("the lab's periods are multiples of 60 seconds, and at most %d fit into a query", maxMetricPeriods)
		}
		reduce, known := statistics[s.Stat]
		if !known {
			return nil, invalidAlarm("the lab knows no statistic %.100q", s.Stat)
		}
		results = append(results, q.answer(c.embedded(q, in.StartTime.Time, in.EndTime.Time), in.ScanBy != "TimestampAscending", reduce))
	}
	return map[string]any{"MetricDataResults": results, "Messages": []any{}}, nil
}

// statistics are what a period's values are reduced to.
var statistics = map[string]func([]float64) float64{
	"Sum": sumOf, "Maximum": slices.Max[[]float64], "Minimum": slices.Min[[]float64],
	"SampleCount": func(values []float64) float64 { return float64(len(values)) },
	"Average":     func(values []float64) float64 { return sumOf(values) / float64(len(values)) },
}

func sumOf(values []float64) (sum float64) {
	for _, v := range values {
		sum += v
	}
	return sum
}

// answer is the result of the values in each period, by the second at which it begins.
func (q metricQuery) answer(periods map[int64][]float64, newestFirst bool, reduce func([]float64) float64) metricResult {
	r := metricResult{ID: q.ID, Label: q.Label, Timestamps: []epoch{}, Values: []float64{}, StatusCode: "Complete"}
	if r.Label == "" {
		r.Label = q.MetricStat.Metric.MetricName
	}
	begins := slices.Sorted(maps.Keys(periods))
	if newestFirst {
		slices.Reverse(begins)
	}
	for _, second := range begins {
		r.Timestamps = append(r.Timestamps, epoch{time.Unix(second, 0).UTC()})
		r.Values = append(r.Values, reduce(periods[second]))
	}
	return r
}

// embedded collects a metric's values from the account's log groups in the call's region.
func (c *call) embedded(q metricQuery, from, to time.Time) map[int64][]float64 {
	periods := map[int64][]float64{}
	for _, g := range c.account.regions[c.region].logs.groups {
		for _, e := range g.events {
			if !strings.Contains(e.message, embeddedMark) {
				continue
			}
			at, values := q.valuesIn(e.message)
			begin := at.Unix() / q.MetricStat.Period * q.MetricStat.Period
			if len(values) > 0 && begin >= from.Unix() && begin < to.Unix() {
				periods[begin] = append(periods[begin], values...)
			}
		}
	}
	return periods
}

// valuesIn are a metric's values in a line of the embedded metric format; none if it is no such line, or of other metrics.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (q metricQuery) valuesIn(line string) (at time.Time, values []float64) {
	var head struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name string }
			}
		} `json:"_aws"`
	}
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(line), &head) != nil || json.Unmarshal([]byte(line), &members) != nil {
		return time.Time{}, nil
	}
	want := q.MetricStat.Metric
	for _, d := range head.AWS.CloudWatchMetrics {
		named := slices.ContainsFunc(d.Metrics, func(m struct{ Name string }) bool { return m.Name == want.MetricName })
		if d.Namespace == want.Namespace && named && slices.ContainsFunc(d.Dimensions, func(names []string) bool { return q.hasDimensions(names, members) }) {
			return time.UnixMilli(head.AWS.Timestamp), numbersIn(members[want.MetricName])
		}
	}
	return time.Time{}, nil
}

// hasDimensions says whether a set of dimensions, whose values are members of the line, is exactly the query's.
func (q metricQuery) hasDimensions(names []string, members map[string]json.RawMessage) bool {
	for _, d := range q.MetricStat.Metric.Dimensions {
		var value string
		if !slices.Contains(names, d.Name) || json.Unmarshal(members[d.Name], &value) != nil || value != d.Value {
			return false
		}
	}
	return len(names) == len(q.MetricStat.Metric.Dimensions)
}

// numbersIn are the values of a member, which is a number or a list of them.
func numbersIn(member json.RawMessage) []float64 {
	var one float64
	if json.Unmarshal(member, &one) == nil {
		return []float64{one}
	}
	var many []float64
	if json.Unmarshal(member, &many) != nil {
		return nil
	}
	return many
}
