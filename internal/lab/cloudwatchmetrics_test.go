package lab_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/trailhold/trailhold/internal/lab"
)

// embedded is a line in the embedded metric format.
func embedded(at time.Time, account, name, value string) string {
	return fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"Shop","Dimensions":[["Account"]],"Metrics":[{"Name":%q,"Unit":"Count"}]}]},`+
		`"Account":%q,"Other":5,%q:%s}`, at.UnixMilli(), name, account, name, value)
}

// ask asks for one metric of an account, by the minute.
func ask(id, name, account, stat string) cwtypes.MetricDataQuery {
	return cwtypes.MetricDataQuery{Id: &id, MetricStat: &cwtypes.MetricStat{Period: aws.Int32(60), Stat: &stat, Metric: &cwtypes.Metric{
		Namespace: aws.String("Shop"), MetricName: &name, Dimensions: []cwtypes.Dimension{{Name: aws.String("Account"), Value: &account}},
	}}}
}

// TestEmbeddedMetrics writes lines to a log group, as Lambda does, and asks for the metrics that CloudWatch makes of them.
func TestEmbeddedMetrics(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.logGroup("/aws/lambda/shop")
	_, err := k.logs().CreateLogStream(k.ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("/aws/lambda/shop"), LogStreamName: aws.String("s")})
	k.must(err)
	now := time.Now().UTC().Truncate(time.Minute)
	var events []logstypes.InputLogEvent
	for _, line := range []string{
		embedded(now.Add(-3*time.Minute), "one", "Sales", "2"), embedded(now.Add(-3*time.Minute+30*time.Second), "one", "Sales", "[3,4]"),
		embedded(now.Add(-time.Minute), "one", "Sales", "1"), embedded(now.Add(-time.Minute), "two", "Sales", "9"), embedded(now.Add(-time.Minute), "one", "Losses", "9"),
		embedded(now.Add(-time.Hour), "one", "Sales", "9"), "no JSON", `{"_aws":5}`, `{"_aws":{"CloudWatchMetrics":[{}]}}`, embedded(now, "one", "Sales", `"x"`),
	} {
		events = append(events, logstypes.InputLogEvent{Timestamp: aws.Int64(now.UnixMilli()), Message: &line})
	}
	_, err = k.logs().PutLogEvents(k.ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("/aws/lambda/shop"), LogStreamName: aws.String("s"), LogEvents: events})
	k.must(err)

	in := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(now.Add(-10 * time.Minute)), EndTime: aws.Time(now.Add(time.Minute)),
		MetricDataQueries: []cwtypes.MetricDataQuery{ask("sum", "Sales", "one", "Sum"), ask("max", "Sales", "one", "Maximum"), ask("other", "Other", "one", "Sum"), ask("none", "Sales", "three", "Sum")}}
	out, err := k.alarms().GetMetricData(k.ctx, in)
	k.must(err)
	got := map[string]cwtypes.MetricDataResult{}
	for _, r := range out.MetricDataResults {
		got[*r.Id] = r
	}
	times := []time.Time{now.Add(-time.Minute), now.Add(-3 * time.Minute)}
	if !slices.EqualFunc(got["sum"].Timestamps, times, time.Time.Equal) || !slices.Equal(got["sum"].Values, []float64{1, 9}) || !slices.Equal(got["max"].Values, []float64{1, 4}) {
		t.Errorf("sums %v at %v, maxima %v", got["sum"].Values, got["sum"].Timestamps, got["max"].Values)
	}
	if len(out.MetricDataResults) != 4 || len(got["other"].Values)+len(got["none"].Values) != 0 {
		t.Errorf("what is no metric has values: %v", got)
	}
	in.ScanBy = cwtypes.ScanByTimestampAscending
	out, err = k.alarms().GetMetricData(k.ctx, in)
	k.must(err)
	if !slices.Equal(out.MetricDataResults[0].Values, []float64{9, 1}) {
		t.Errorf("oldest first: %v", out.MetricDataResults[0].Values)
	}
}

func TestMetricQueriesThatTheLabCannotAnswer(t *testing.T) {
	k := newKit(t, lab.Options{})
	now := time.Now()
	for name, change := range map[string]func(*cloudwatch.GetMetricDataInput){
		"no query":   func(in *cloudwatch.GetMetricDataInput) { in.MetricDataQueries = []cwtypes.MetricDataQuery{} },
		"arithmetic": func(in *cloudwatch.GetMetricDataInput) { in.MetricDataQueries[0].Expression = aws.String("SUM(m)") },
		"backwards":  func(in *cloudwatch.GetMetricDataInput) { in.EndTime = in.StartTime },
		"statistic":  func(in *cloudwatch.GetMetricDataInput) { in.MetricDataQueries[0].MetricStat.Stat = aws.String("p99") },
		"seconds":    func(in *cloudwatch.GetMetricDataInput) { in.MetricDataQueries[0].MetricStat.Period = aws.Int32(1) },
		"years":      func(in *cloudwatch.GetMetricDataInput) { in.StartTime = aws.Time(now.AddDate(-10, 0, 0)) },
	} {
		in := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(now.Add(-time.Hour)), EndTime: &now, MetricDataQueries: []cwtypes.MetricDataQuery{ask("a", "b", "c", "Sum")}}
		change(in)
		if _, err := k.alarms().GetMetricData(k.ctx, in); err == nil || !strings.Contains(err.Error(), "ValidationError") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
