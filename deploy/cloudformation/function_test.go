package cloudformation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/function"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/verifyjob"
)

// TestEnvironment holds the function's environment to what the function reads.
func TestEnvironment(t *testing.T) {
	variables := at(read(t, "trailhold.yaml").of("AWS::Lambda::Function")["Function"], "Environment", "Variables").(object)
	set := slices.Sorted(maps.Keys(variables))
	source, err := os.ReadFile("../../internal/function/environment.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range set {
		if !strings.Contains(string(source), `getenv("`+name+`")`) {
			t.Errorf("the function does not read %s", name)
		}
	}
	for _, name := range []string{"TRAILHOLD_BASELINE", "TRAILHOLD_TOPIC_ARN", "TRAILHOLD_TABLE", "TRAILHOLD_DRY_RUN"} {
		if !slices.Contains(set, name) {
			t.Errorf("the function is not given %s", name)
		}
	}
	location := fmt.Sprint(many(at(variables["TRAILHOLD_BASELINE"], "Fn::Sub"))[0])
	if location != "s3://${Bucket}/${BaselineS3Key}#sha256=${BaselineSHA256}" {
		t.Errorf("the baseline is not pinned: %s", location)
	}
	alerts := many(at(variables["TRAILHOLD_ALERTS"], "Fn::If"))
	if len(alerts) != 3 || alerts[0] != "HasAlerts" || many(at(alerts[1], "Fn::Sub"))[0] != "s3://${Bucket}/${AlertsS3Key}#sha256=${AlertsSHA256}" {
		t.Errorf("the alerts file is not given, or not pinned: %v", alerts)
	}
}

// TestLogGroupIsThereFirst: a function that finds no log group makes one that keeps logs for ever, or cannot log at all.
func TestLogGroupIsThereFirst(t *testing.T) {
	tm := read(t, "trailhold.yaml")
	f, group := tm.of("AWS::Lambda::Function")["Function"], tm.of("AWS::Logs::LogGroup")["FunctionLogGroup"]
	if at(f, "LoggingConfig", "LogGroup", "Ref") != "FunctionLogGroup" {
		t.Error("the function does not wait for its log group")
	}
	if got, want := tm.text(group["LogGroupName"]), "/aws/lambda/"+tm.text(f["FunctionName"]); got != want {
		t.Errorf("the log group is %s, want %s", got, want)
	}
	if slices.Contains(tm.allowed("FunctionRole", "*"), "logs:CreateLogGroup") {
		t.Error("the function may make log groups")
	}
}

// sweeper is a guard that notes whether it was asked to sweep, and finds a part that it cannot read.
type sweeper struct{ sweeps int }

func (s *sweeper) Handle(context.Context, []record.Record) ([]incident.Incident, error) {
	return nil, nil
}

func (s *sweeper) Sweep(context.Context) ([]incident.Incident, error) {
	s.sweeps++
	return nil, nil
}

func (s *sweeper) ReportUnreadable(context.Context, string, []byte, error) error { return nil }

// TestSweepAndHeartbeat gives the function what the schedule sends, and holds the alarms to the metrics that come of it.
func TestSweepAndHeartbeat(t *testing.T) {
	tm := read(t, "trailhold.yaml")
	var guard sweeper
	var log bytes.Buffer
	handler := function.Handler{Guard: &guard, Heartbeat: function.Heartbeat{Account: "111122223333", Out: &log}}
	if _, err := handler.Invoke(t.Context(), []byte(fmt.Sprint(at(tm.resources, "Sweep", "Properties", "Target", "Input")))); err != nil || guard.sweeps != 1 {
		t.Fatalf("what the schedule sends causes %d sweeps, %v", guard.sweeps, err)
	}
	var pulse struct {
		AWS struct {
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name string }
			}
		} `json:"_aws"`
	}
	if err := json.Unmarshal(log.Bytes(), &pulse); err != nil {
		t.Fatal(err)
	}
	written := pulse.AWS.CloudWatchMetrics[0]
	for _, id := range []string{"SilentAlarm", "BlindAlarm"} {
		alarm := tm.of("AWS::CloudWatch::Alarm")[id]
		known := slices.ContainsFunc(written.Metrics, func(m struct{ Name string }) bool { return m.Name == alarm["MetricName"] })
		dimensions := []string{}
		for _, d := range many(alarm["Dimensions"]) {
			dimensions = append(dimensions, fmt.Sprint(at(d, "Name")))
		}
		if !known || alarm["Namespace"] != written.Namespace || !slices.Equal(dimensions, written.Dimensions[0]) {
			t.Errorf("%s watches %v %v of %v; the function writes %+v", id, alarm["MetricName"], dimensions, alarm["Namespace"], written)
		}
	}
}

// TestCanaryAlarm: canaries that stop are told where some are sent, and only there, after three of them.
func TestCanaryAlarm(t *testing.T) {
	tm := read(t, "trailhold.yaml")
	alarm, schedule := tm.resources["CanaryAlarm"], tm.resources["Canary"]
	if when := at(alarm, "Condition"); when != "Restores" || when != at(schedule, "Condition") {
		t.Errorf("the alarm is there if %v, the schedule if %v", when, at(schedule, "Condition"))
	}
	if every, period := at(schedule, "Properties", "ScheduleExpression"), fmt.Sprint(at(alarm, "Properties", "Period")); every != "rate(1 hour)" || period != "3600" {
		t.Errorf("%v brings a canary, and the alarm counts them each %s seconds", every, period)
	}
	silent := at(tm.resources["SilentAlarm"], "Properties").(object)
	for _, name := range []string{"Namespace", "Dimensions", "Statistic", "Threshold", "ComparisonOperator", "AlarmActions", "OKActions"} {
		if got := at(alarm, "Properties", name); !reflect.DeepEqual(got, silent[name]) {
			t.Errorf("its %s is %v, and of the alarm on silence %v", name, got, silent[name])
		}
	}
}

// verifier notes whether it was asked to verify.
type verifier struct{ runs int }

func (v *verifier) Run(context.Context) (verifyjob.Summary, error) {
	v.runs++
	return verifyjob.Summary{}, nil
}

// TestVerification gives the function what the schedule of the verification sends.
func TestVerification(t *testing.T) {
	schedule := read(t, "trailhold.yaml").of("AWS::Scheduler::Schedule")["Verification"]
	var v verifier
	handler := function.Handler{Verifier: &v}
	if _, err := handler.Invoke(t.Context(), []byte(fmt.Sprint(at(schedule, "Target", "Input")))); err != nil || v.runs != 1 {
		t.Errorf("what the schedule sends causes %d verifications, %v", v.runs, err)
	}
}

// TestAlarms: each alarm tells somebody and says where to read on, and silence is alarming only where it should be.
func TestAlarms(t *testing.T) {
	runbooks, err := os.ReadFile("../../docs/runbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`https://github\.com/trailhold/trailhold/blob/main/docs/runbooks\.md#([a-z-]+)$`)
	for _, file := range []string{"trailhold.yaml", "forwarder.yaml"} {
		tm := read(t, file)
		for id, alarm := range tm.of("AWS::CloudWatch::Alarm") {
			found := link.FindStringSubmatch(strings.TrimSpace(alarm["AlarmDescription"].(string)))
			if found == nil || !slices.Contains(anchors(string(runbooks)), found[1]) {
				t.Errorf("%s: %s does not lead to a section of the runbooks", id, alarm["AlarmDescription"])
			}
			want := "notBreaching"
			if id == "SilentAlarm" || id == "CanaryAlarm" {
				want = "breaching"
			}
			if alarm["TreatMissingData"] != want {
				t.Errorf("%s takes missing data for %s, want %s", id, alarm["TreatMissingData"], want)
			}
			if file == "trailhold.yaml" && idOf(many(alarm["AlarmActions"])[0]) != "AlertTopic" {
				t.Errorf("%s tells nobody", id)
			}
		}
	}
	for _, metric := range []string{"Heartbeat", "Canary", "ApproximateNumberOfMessagesVisible", "Errors", "Throttles"} {
		if !slices.ContainsFunc(slices.Collect(maps.Values(read(t, "trailhold.yaml").of("AWS::CloudWatch::Alarm"))), func(a object) bool { return a["MetricName"] == metric }) {
			t.Errorf("no alarm watches %s", metric)
		}
	}
}

// anchors lists the sections of a page as links name them.
func anchors(page string) []string {
	var found []string
	for line := range strings.Lines(page) {
		if title, ok := strings.CutPrefix(line, "#"); ok {
			title = strings.ToLower(strings.TrimSpace(strings.TrimLeft(title, "#")))
			found = append(found, strings.ReplaceAll(regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(title, ""), " ", "-"))
		}
	}
	return found
}

// TestTableIsTheDocumentedOne compares the template's table with the definition for people who make theirs by hand.
func TestTableIsTheDocumentedOne(t *testing.T) {
	data, err := os.ReadFile("../../docs/dynamodb-table.json")
	if err != nil {
		t.Fatal(err)
	}
	var documented object
	if err := json.Unmarshal(data, &documented); err != nil {
		t.Fatal(err)
	}
	table := read(t, "trailhold.yaml").of("AWS::DynamoDB::Table")["JournalTable"]
	table["DeletionProtectionEnabled"] = table["DeletionProtectionEnabled"] == "true"
	for key, want := range documented {
		if key != "TableName" && !reflect.DeepEqual(table[key], want) {
			t.Errorf("%s is %v in the template, %v in docs/dynamodb-table.json", key, table[key], want)
		}
	}
	if got := fmt.Sprint(table["TimeToLiveSpecification"]); got != "map[AttributeName:expires Enabled:true]" {
		t.Errorf("incidents do not expire: %s", got)
	}
	if at(table, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != "true" {
		t.Error("the table is not backed up")
	}
}
