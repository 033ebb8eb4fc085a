package lab_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/trailhold/trailhold/internal/lab"
)

func (k *kit) alarms() *cloudwatch.Client {
	return cloudwatch.NewFromConfig(k.config(home, "ALICE"))
}

// stops is an alarm on a metric filter, with an action.
func stops(action string) *cloudwatch.PutMetricAlarmInput {
	return &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("stops"), AlarmDescription: aws.String("a trail was stopped"), Namespace: aws.String("Trail"), MetricName: aws.String("Stops"),
		Statistic: cwtypes.StatisticSum, Period: aws.Int32(300), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold, TreatMissingData: aws.String("notBreaching"),
		Dimensions:   []cwtypes.Dimension{{Name: aws.String("d"), Value: aws.String("v")}},
		AlarmActions: []string{action}, Tags: []cwtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	}
}

func (k *kit) alarm(name string) *cwtypes.MetricAlarm {
	k.t.Helper()
	out, err := k.alarms().DescribeAlarms(k.ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
	k.must(err)
	if len(out.MetricAlarms) == 0 {
		return nil
	}
	return &out.MetricAlarms[0]
}

func TestAlarms(t *testing.T) {
	k := newKit(t, lab.Options{})
	k.main()
	c, topic := k.alarms(), k.topic("alerts")
	_, err := c.PutMetricAlarm(k.ctx, stops(topic))
	k.must(err)
	a := k.alarm("stops")
	if !*a.ActionsEnabled || a.StateValue != cwtypes.StateValueInsufficientData || *a.Threshold != 1 || *a.Period != 300 || len(a.Dimensions) != 1 ||
		*a.TreatMissingData != "notBreaching" || time.Since(*a.AlarmConfigurationUpdatedTimestamp) > time.Minute || !reflect.DeepEqual(a.AlarmActions, []string{topic}) {
		t.Errorf("alarm = %+v", a)
	}
	set := func(state cwtypes.StateValue) {
		t.Helper()
		_, err := c.SetAlarmState(k.ctx, &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("stops"), StateValue: state, StateReason: aws.String("test")})
		k.must(err)
	}
	_, err = sns.NewFromConfig(k.config(home, "ALICE")).Subscribe(k.ctx, &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("email"), Endpoint: aws.String("ops@corp.example")})
	k.must(err)
	set(cwtypes.StateValueAlarm)
	set(cwtypes.StateValueAlarm) // no change
	if mail := k.Outbox(); len(mail) != 1 || !strings.Contains(mail[0].Body, `"NewStateValue":"ALARM"`) || !strings.HasPrefix(mail[0].Subject, "ALARM:") {
		t.Errorf("mail = %+v", mail)
	}
	_, err = c.DisableAlarmActions(k.ctx, &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"stops", "none"}})
	k.must(err)
	set(cwtypes.StateValueOk)
	set(cwtypes.StateValueAlarm)
	wantEqual(t, "mail while actions are off", len(k.Outbox()), 1)
	wantEqual(t, "enabled", *k.alarm("stops").ActionsEnabled, false)
	_, err = c.EnableAlarmActions(k.ctx, &cloudwatch.EnableAlarmActionsInput{AlarmNames: []string{"stops"}})
	k.must(err)
	again := stops(topic)
	again.ActionsEnabled, again.Tags = aws.Bool(false), nil
	_, err = c.PutMetricAlarm(k.ctx, again)
	k.must(err)
	a = k.alarm("stops")
	wantEqual(t, "enabled after Put", *a.ActionsEnabled, false)
	wantEqual(t, "state after Put", a.StateValue, cwtypes.StateValueAlarm)
	tags, err := c.ListTagsForResource(k.ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: a.AlarmArn})
	k.must(err)
	wantEqual(t, "tags", len(tags.Tags), 1)

	wantParameters(t, k.lastEvent(home, "DisableAlarmActions"), `{"alarmNames":["stops","none"]}`)
	remove := func() error {
		_, err := c.DeleteAlarms(k.ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"stops"}})
		return err
	}
	expectCode(t, remove(), "")
	expectCode(t, remove(), "ResourceNotFound")
	if k.alarm("stops") != nil {
		t.Error("the alarm is still there")
	}
	bad := stops(topic)
	bad.ComparisonOperator = ""
	bad.EvaluationPeriods = aws.Int32(0)
	_, err = c.PutMetricAlarm(k.ctx, bad)
	if err == nil {
		t.Error("an alarm without a comparison was accepted")
	}
}

// wantParameters checks the requestParameters of a record of CloudWatch.
func wantParameters(t *testing.T, record, want string) {
	t.Helper()
	var r struct {
		EventSource       string
		RequestParameters json.RawMessage
	}
	if err := json.Unmarshal([]byte(record), &r); err != nil || r.EventSource != "monitoring.amazonaws.com" || string(r.RequestParameters) != want {
		t.Errorf("record = %s, %v", record, err)
	}
}

func TestAlarmKinds(t *testing.T) {
	k := newKit(t, lab.Options{})
	c := k.alarms()
	_, err := c.PutMetricAlarm(k.ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("math"), EvaluationPeriods: aws.Int32(2), Threshold: aws.Float64(0.5), ComparisonOperator: cwtypes.ComparisonOperatorLessThanThreshold,
		Metrics: []cwtypes.MetricDataQuery{
			{Id: aws.String("e"), Expression: aws.String("m*2"), ReturnData: aws.Bool(true)},
			{Id: aws.String("m"), ReturnData: aws.Bool(false), MetricStat: &cwtypes.MetricStat{Period: aws.Int32(60), Stat: aws.String("Sum"), Metric: &cwtypes.Metric{Namespace: aws.String("n"), MetricName: aws.String("m")}}},
		},
	})
	k.must(err)
	a := k.alarm("math")
	if len(a.Metrics) != 2 || *a.Metrics[1].MetricStat.Period != 60 || *a.Metrics[1].ReturnData || *a.Threshold != 0.5 || a.Period != nil {
		t.Errorf("alarm = %+v", a)
	}
	_, err = c.PutCompositeAlarm(k.ctx, &cloudwatch.PutCompositeAlarmInput{AlarmName: aws.String("any"), AlarmRule: aws.String("ALARM(math)")})
	k.must(err)
	out, err := c.DescribeAlarms(k.ctx, &cloudwatch.DescribeAlarmsInput{})
	k.must(err)
	wantEqual(t, "unasked", len(out.CompositeAlarms), 0)
	out, err = c.DescribeAlarms(k.ctx, &cloudwatch.DescribeAlarmsInput{AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeCompositeAlarm}, MaxRecords: aws.Int32(1)})
	k.must(err)
	if len(out.CompositeAlarms) != 1 || *out.CompositeAlarms[0].AlarmRule != "ALARM(math)" || len(out.MetricAlarms) != 0 || out.NextToken != nil {
		t.Errorf("alarms = %+v", out)
	}
	_, err = c.PutCompositeAlarm(k.ctx, &cloudwatch.PutCompositeAlarmInput{AlarmName: aws.String("math"), AlarmRule: aws.String("FALSE")})
	expectCode(t, err, "ValidationError")
}

func TestMuteRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock starts at midnight of 1 January 2000, a Saturday
		k := newKit(t, lab.Options{})
		c := k.alarms()
		put := func(expression, duration, zone string, expires *time.Time) error {
			_, err := c.PutAlarmMuteRule(k.ctx, &cloudwatch.PutAlarmMuteRuleInput{
				Name: aws.String("quiet"), MuteTargets: &cwtypes.MuteTargets{AlarmNames: []string{"stops"}}, ExpireDate: expires,
				Rule: &cwtypes.Rule{Schedule: &cwtypes.Schedule{Expression: &expression, Duration: &duration, Timezone: aws.String(zone)}},
				Tags: []cwtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
			})
			return err
		}
		status := func(want cwtypes.AlarmMuteRuleStatus) *cloudwatch.GetAlarmMuteRuleOutput {
			t.Helper()
			out, err := c.GetAlarmMuteRule(k.ctx, &cloudwatch.GetAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("quiet")})
			k.must(err)
			wantEqual(t, "status", out.Status, want)
			return out
		}
		for _, bad := range [][2]string{{"at(tomorrow)", "PT1H"}, {"cron(* * *)", "PT1H"}, {"cron(60 * * * *)", "PT1H"}, {"cron(0 2 * * SUN)", "PT0M"}, {"cron(0 2 * * SUN)", "P16D"}, {"rate(1)", "PT1H"}} {
			expectCode(t, put(bad[0], bad[1], "UTC", nil), "ValidationError")
		}
		_, err := c.GetAlarmMuteRule(k.ctx, &cloudwatch.GetAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("quiet")})
		expectCode(t, err, "ResourceNotFoundException")

		k.must(put("cron(0 2 * * SUN)", "PT1H30M", "UTC", nil))
		status(cwtypes.AlarmMuteRuleStatusScheduled)
		time.Sleep(26 * time.Hour) // Sunday, 2 o'clock
		if out := status(cwtypes.AlarmMuteRuleStatusActive); *out.MuteType != "RECURRING" || *out.Rule.Schedule.Duration != "PT1H30M" || out.MuteTargets.AlarmNames[0] != "stops" {
			t.Errorf("rule = %+v", out)
		}
		list, err := c.ListAlarmMuteRules(k.ctx, &cloudwatch.ListAlarmMuteRulesInput{AlarmName: aws.String("stops"), Statuses: []cwtypes.AlarmMuteRuleStatus{"ACTIVE"}})
		k.must(err)
		wantEqual(t, "active rules", len(list.AlarmMuteRuleSummaries), 1)

		topic := k.topic("alerts")
		_, err = sns.NewFromConfig(k.config(home, "ALICE")).Subscribe(k.ctx, &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("email"), Endpoint: aws.String("ops@corp.example")})
		k.must(err)
		_, err = c.PutMetricAlarm(k.ctx, stops(topic))
		k.must(err)
		set := func(state cwtypes.StateValue) {
			_, err := c.SetAlarmState(k.ctx, &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("stops"), StateValue: state, StateReason: aws.String("test")})
			k.must(err)
		}
		set(cwtypes.StateValueAlarm)
		wantEqual(t, "mail while muted", len(k.Outbox()), 0)
		time.Sleep(90 * time.Minute)
		status(cwtypes.AlarmMuteRuleStatusScheduled)
		set(cwtypes.StateValueOk)
		set(cwtypes.StateValueAlarm)
		wantEqual(t, "mail", len(k.Outbox()), 1)

		k.must(put("at(2000-01-02T05:00)", "PT1H", "Europe/Paris", nil)) // 4 o'clock here
		status(cwtypes.AlarmMuteRuleStatusScheduled)
		time.Sleep(30 * time.Minute)
		wantEqual(t, "kind", *status(cwtypes.AlarmMuteRuleStatusActive).MuteType, "ONE_TIME")
		time.Sleep(time.Hour)
		status(cwtypes.AlarmMuteRuleStatusExpired)
		// It is 5:00 of Sunday, 2 January, here, and 14:00 in Tokyo.
		k.must(put("cron(0 14 2 JAN *)", "PT1H", "Asia/Tokyo", nil))
		status(cwtypes.AlarmMuteRuleStatusActive)
		k.must(put("cron(0 5 2 JAN *)", "PT1H", "Asia/Tokyo", nil))
		status(cwtypes.AlarmMuteRuleStatusScheduled)
		end := time.Now().Add(time.Minute)
		k.must(put("cron(* * * * *)", "PT1M", "UTC", &end))
		if out := status(cwtypes.AlarmMuteRuleStatusActive); !out.ExpireDate.Equal(end) {
			t.Errorf("expires %v, want %v", out.ExpireDate, end)
		}
		time.Sleep(time.Minute)
		status(cwtypes.AlarmMuteRuleStatusExpired)
		for range 2 {
			_, err = c.DeleteAlarmMuteRule(k.ctx, &cloudwatch.DeleteAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("quiet")})
			k.must(err)
		}
	})
}

// TestAlarmsInJSON speaks the other protocol that CloudWatch has, and sends what is neither.
func TestAlarmsInJSON(t *testing.T) {
	k := newKit(t, lab.Options{})
	_, err := k.alarms().PutMetricAlarm(k.ctx, stops(k.topic("alerts")))
	k.must(err)
	send := func(path, target, body string) (int, string) {
		t.Helper()
		request := must[*http.Request](t)(http.NewRequest(http.MethodPost, "http://lab.test"+path, strings.NewReader(body)))
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=ALICE/20260101/us-east-1/monitoring/aws4_request")
		if target != "" {
			request.Header.Set("X-Amz-Target", target)
		}
		answer := must[*http.Response](t)(k.Client().Do(request))
		defer answer.Body.Close()
		var text strings.Builder
		must[int64](t)(io.Copy(&text, answer.Body))
		return answer.StatusCode, text.String()
	}
	code, body := send("/", "GraniteServiceVersion20100801.DescribeAlarms", `{"AlarmNames":["stops"]}`)
	if code != 200 || !strings.Contains(body, `"AlarmName":"stops"`) || !strings.Contains(body, `"StateUpdatedTimestamp":1`) {
		t.Errorf("%d %s", code, body)
	}
	const path = "/service/GraniteServiceVersion20100801/operation/"
	for name, body := range map[string]string{
		"no CBOR": "\xff", "cut off": "\xa1\x6aAlarm", "twice": "\xa2\x61a\x01\x61a\x02", "deep": strings.Repeat("\x81", 100) + "\x01",
		"infinite": "\xa1\x61a\xf9\x7c\x00", "too long": "\x9b\x00\x00\x00\x01\x00\x00\x00\x00",
	} {
		if code, answer := send(path+"DescribeAlarms", "", body); code != 400 || !strings.Contains(answer, "SerializationException") {
			t.Errorf("%s: %d %q", name, code, answer)
		}
	}
	if code, _ := send(path+"GetMetricStatistics", "", ""); code != 501 {
		t.Errorf("an unknown operation is answered with %d", code)
	}
}
