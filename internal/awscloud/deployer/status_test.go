package deployer_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/deployer"
	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/function"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
)

// notFine are the checks of a guard that are not fine, as one line each.
func (a *account) notFine(t *testing.T) map[string]string {
	t.Helper()
	checks, err := a.Health(t.Context(), "trailhold", home, []string{home, "us-west-2", "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, c := range checks {
		if c.Level != deployer.Fine {
			found[c.Region+" "+c.Name] += string(c.Level) + " " + c.Detail
		}
	}
	return found
}

// TestHealth: what is weakened is wrong, what cannot be read is unknown, and nothing else is told.
func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := newAccount(t), design(t, options(t))
		if checks, err := a.Health(t.Context(), "trailhold", home, []string{home}); err != nil || len(checks) > 0 {
			t.Errorf("of no guard: %v, %v", checks, err)
		}
		if _, err := a.Apply(t.Context(), a.plan(t, d)); err != nil {
			t.Fatal(err)
		}
		usual := a.notFine(t)
		for name, want := range map[string]string{
			"us-east-1 trailhold-alerts": "has not confirmed its subscription yetwrong nobody has a confirmed subscription",
			"us-east-1 trailhold":        "note none yet: the guard was deployed less than a minute agonote none was sent yet",
			"us-east-1 trailhold-silent": "CloudWatch has not looked yet",
		} {
			if !strings.Contains(usual[name], want) || len(usual) != 3 {
				t.Errorf("%s is %q, want %q; all: %v", name, usual[name], want, usual)
			}
		}

		cloud := awscloud.Isolated(home, "AKIAINTRUDER00000001", "s", a.Client())
		rules := eventbridge.NewFromConfig(cloud.Config(), func(o *eventbridge.Options) { o.Region = "eu-west-1" })
		_, err := rules.RemoveTargets(t.Context(), &eventbridge.RemoveTargetsInput{Rule: aws.String("trailhold-cloudtrail"), Ids: []string{"guard"}})
		must(t, err)
		_, err = rules.DeleteRule(t.Context(), &eventbridge.DeleteRuleInput{Name: aws.String("trailhold-cloudtrail")})
		must(t, err)
		functions := lambda.NewFromConfig(cloud.Config())
		_, err = functions.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: aws.String("trailhold"), ZipFile: []byte("other code")})
		must(t, err)
		defer a.Inject(lab.Fault{Service: "dynamodb", Operation: "DescribeContinuousBackups", Kind: lab.AccessDenied})()
		got := a.notFine(t)
		for name, want := range map[string]string{
			"eu-west-1 trailhold-cloudtrail": "wrong is gone", "us-east-1 trailhold": "wrong runs other code than what was deployedunknown pointInTimeRecovery could not be read",
		} {
			if !strings.HasPrefix(got[name], want) || len(got) != len(usual)+1 {
				t.Errorf("%s is %q, want %q; all: %v", name, got[name], want, got)
			}
		}
		_, err = functions.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("trailhold"),
			Environment: &lambdatypes.Environment{Variables: map[string]string{"TRAILHOLD_DRY_RUN": "true", "TRAILHOLD_ALERTS": "ssm:mine"}}})
		must(t, err)
		for _, name := range []string{"ALERTS", "BASELINE", "DRY_RUN", "TABLE", "TOPIC_ARN"} {
			if got := a.notFine(t)["us-east-1 trailhold"]; !strings.Contains(got, "wrong TRAILHOLD_"+name+" is not what was deployed") {
				t.Errorf("a function with another environment is %q", got)
			}
		}
		_, err = functions.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: aws.String("trailhold"), ReservedConcurrentExecutions: aws.Int32(0)})
		must(t, err)
		if got := a.notFine(t)["us-east-1 trailhold"]; !strings.HasPrefix(got, "wrong cannot run") {
			t.Errorf("a function without concurrency is %q", got)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// says writes lines to the function's log, as Lambda does for it.
func (a *account) says(t *testing.T, lines string) {
	t.Helper()
	client := cloudwatchlogs.NewFromConfig(awscloud.Isolated(home, "AKIAGUARD00000000001", "s", a.Client()).Config())
	group, stream := aws.String("/aws/lambda/trailhold"), aws.String(time.Now().Format("2006/01/02/150405"))
	_, err := client.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream})
	must(t, err)
	_, err = client.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream, LogEvents: []logstypes.InputLogEvent{
		{Timestamp: aws.Int64(time.Now().UnixMilli()), Message: &lines},
	}})
	must(t, err)
}

// sweep is a sweep of the function's, whose heartbeat goes to the function's log.
func (a *account) sweep(t *testing.T) {
	t.Helper()
	var out strings.Builder
	handler := function.Handler{Guard: calm{}, Heartbeat: function.Heartbeat{Account: lab.DefaultAccount, Out: &out}}
	_, err := handler.Invoke(t.Context(), []byte(`{"action":"sweep"}`))
	must(t, err)
	a.says(t, out.String())
}

// calm is a guard that finds nothing.
type calm struct{ function.Guard }

func (calm) Sweep(context.Context) ([]incident.Incident, error) { return nil, nil }

// heartbeats are the checks of the heartbeat, as one line each.
func (a *account) heartbeats(t *testing.T) (found []string) {
	t.Helper()
	checks, err := a.Health(t.Context(), "trailhold", home, []string{home})
	must(t, err)
	for _, c := range checks {
		if c.Area == "heartbeat" {
			found = append(found, string(c.Level)+" "+c.Name+": "+c.Detail)
		}
	}
	return found
}

// TestHeartbeat lets a deployed guard live, fall silent, and live again.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := newAccount(t), design(t, options(t))
		_, err := a.Apply(t.Context(), a.plan(t, d))
		must(t, err)
		alarms := cloudwatch.NewFromConfig(awscloud.Isolated(home, "AKIAGUARD00000000001", "s", a.Client()).Config())
		state := func(value cwtypes.StateValue) {
			_, err := alarms.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("trailhold-silent"), StateValue: value, StateReason: aws.String("x")})
			must(t, err)
		}
		expect := func(when string, want ...string) {
			t.Helper()
			if got := a.heartbeats(t); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		const beat, alarm = " trailhold: ", " trailhold-silent: "
		expect("at once", "note"+beat+"none yet: the guard was deployed less than a minute ago", "note"+alarm+"CloudWatch has not looked yet")
		time.Sleep(21 * time.Minute)
		state(cwtypes.StateValueAlarm)
		expect("without any sweep", "wrong"+beat+"none in a day, or since it was deployed 21 minutes ago: the guard may be switched off",
			"wrong"+alarm+"has gone off: there was no complete sweep for 20m0s")
		a.sweep(t)
		expect("after the first", "fine"+beat+"the last one was less than a minute ago", "note"+alarm+"has gone off and is not back yet, though there is a heartbeat again")
		state(cwtypes.StateValueOk)
		time.Sleep(2 * time.Minute)
		expect("a little later", "fine"+beat+"the last one was 2 minutes ago", "fine"+alarm+"is quiet")
		time.Sleep(3 * time.Hour)
		expect("silent, and an alarm that somebody has set to OK", "wrong"+beat+"the last one was 3 hours ago: the guard may be switched off", "fine"+alarm+"is quiet")
		a.sweep(t)
		defer a.Inject(lab.Fault{Service: "monitoring", Operation: "GetMetricData", Kind: lab.AccessDenied})()
		if got := a.heartbeats(t); len(got) != 2 || !strings.HasPrefix(got[0], "unknown"+beat+"the metrics cannot be read: GetMetricData: AccessDenied") {
			t.Errorf("where metrics may not be read: %q", got)
		}
	})
}

// TestLeftOver: a forwarder in a region in which the deployed baseline has nothing is noted.
func TestLeftOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, o := newAccount(t), options(t)
		o.Baseline.Trails[0].Dependents = nil
		content, err := baselinefile.Write(o.Baseline)
		must(t, err)
		o.Content, o.Regions = content, []string{"eu-west-1", "us-west-2"}
		_, err = a.Apply(t.Context(), a.plan(t, design(t, o)))
		must(t, err)
		all := a.notFine(t)
		if got := all["us-west-2 trailhold-forwarder"]; !strings.HasPrefix(got, "note forwards from a region in which nothing is guarded") || all["eu-west-1 trailhold-forwarder"] != "" {
			t.Errorf("in us-west-2 the forwarder is %q; all: %v", got, all)
		}
	})
}

// TestCanaryAlarm: an alarm that has gone off before the first canary could come is no sign of weakness; later it is.
func TestCanaryAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := newAccount(t), design(t, options(t))
		_, err := a.Apply(t.Context(), a.plan(t, d))
		must(t, err)
		alarms := cloudwatch.NewFromConfig(awscloud.Isolated(home, "AKIAGUARD00000000001", "s", a.Client()).Config())
		_, err = alarms.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("trailhold-canary"), StateValue: cwtypes.StateValueAlarm, StateReason: aws.String("none came")})
		must(t, err)
		for _, want := range []string{"note has gone off, as it does until", "wrong has gone off: none came"} {
			if got := a.notFine(t)["us-east-1 trailhold-canary"]; !strings.HasPrefix(got, want) {
				t.Errorf("the alarm is %q, want %q", got, want)
			}
			time.Sleep(4 * time.Hour)
		}
	})
}
