package lab_test

import (
	"fmt"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/lab"
)

func makeRule(t *testing.T, c *eventbridge.Client, bus, name, pattern string, targets ...ebtypes.Target) {
	t.Helper()
	must[*eventbridge.PutRuleOutput](t)(c.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: &name, EventBusName: &bus, EventPattern: &pattern}))
	for i := range targets {
		targets[i].Id = aws.String(fmt.Sprint("t", i))
	}
	if len(targets) > 0 {
		must[*eventbridge.PutTargetsOutput](t)(c.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: &name, EventBusName: &bus, Targets: targets}))
	}
}

func emit(t *testing.T, c *eventbridge.Client, source, detail string) {
	t.Helper()
	out := must[*eventbridge.PutEventsOutput](t)(c.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{
		{Source: &source, DetailType: aws.String("Test"), Detail: &detail}}}))
	if out.FailedEntryCount != 0 {
		t.Fatalf("PutEvents: %+v", out.Entries)
	}
}

func TestRules(t *testing.T) {
	l := twoAccounts(t)
	c := eventbridge.NewFromConfig(sdk(l, "me", "us-east-1"))
	ctx := t.Context()
	rule := aws.String("watch")
	_, err := c.PutRule(ctx, &eventbridge.PutRuleInput{Name: rule, EventPattern: aws.String(`{"source":"x"}`)})
	expectCode(t, err, "InvalidEventPatternException")
	_, err = c.PutRule(ctx, &eventbridge.PutRuleInput{Name: rule})
	expectCode(t, err, "ValidationException")
	_, err = c.PutRule(ctx, &eventbridge.PutRuleInput{Name: rule, ScheduleExpression: aws.String("rate(5 parsecs)")})
	expectCode(t, err, "ValidationException")
	_, err = c.PutRule(ctx, &eventbridge.PutRuleInput{Name: rule, EventPattern: aws.String(`{"source":["x"]}`), Description: aws.String("d"), State: "DISABLED"})
	expectCode(t, err, "")
	_, err = c.PutRule(ctx, &eventbridge.PutRuleInput{Name: rule, ScheduleExpression: aws.String("rate(5 minutes)")})
	expectCode(t, err, "")
	got := must[*eventbridge.DescribeRuleOutput](t)(c.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: rule}))
	if got.Description != nil || got.EventPattern != nil || got.State != "ENABLED" || *got.ScheduleExpression != "rate(5 minutes)" {
		t.Errorf("what PutRule leaves out must become empty: %+v", got)
	}
	_, err = c.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: aws.String("gone")})
	expectCode(t, err, "ResourceNotFoundException")
	target := ebtypes.Target{Id: aws.String("t"), Arn: aws.String("arn:aws:sqs:us-east-1:111122223333:q")}
	var six []ebtypes.Target
	for i := range 6 {
		six = append(six, ebtypes.Target{Id: aws.String(fmt.Sprint(i)), Arn: target.Arn})
	}
	_, err = c.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: rule, Targets: six})
	expectCode(t, err, "LimitExceededException")
	_, err = c.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: rule, Targets: []ebtypes.Target{target}})
	expectCode(t, err, "")
	names := must[*eventbridge.ListRuleNamesByTargetOutput](t)(c.ListRuleNamesByTarget(ctx, &eventbridge.ListRuleNamesByTargetInput{TargetArn: target.Arn}))
	if !slices.Equal(names.RuleNames, []string{"watch"}) {
		t.Errorf("rules = %v", names.RuleNames)
	}
	_, err = c.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: rule})
	expectCode(t, err, "ValidationException")
	_, err = c.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: rule, Ids: []string{"t"}})
	expectCode(t, err, "")
	_, err = c.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: rule})
	expectCode(t, err, "")
	list := must[*eventbridge.ListRulesOutput](t)(c.ListRules(ctx, &eventbridge.ListRulesInput{}))
	if len(list.Rules) != 0 {
		t.Errorf("rules = %+v", list.Rules)
	}
	match := must[*eventbridge.TestEventPatternOutput](t)(c.TestEventPattern(ctx, &eventbridge.TestEventPatternInput{EventPattern: aws.String(`{"source":["x"]}`),
		Event: aws.String(`{"id":"1","account":"1","source":"x","time":"t","region":"r","resources":[],"detail-type":"d"}`)}))
	if !match.Result {
		t.Error("the pattern does not match")
	}
}

func TestEventTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lab.New(lab.Options{})
		defer l.Close()
		cfg := sdk(l, "me", "us-east-1")
		c, q, topics := eventbridge.NewFromConfig(cfg), sqs.NewFromConfig(cfg), sns.NewFromConfig(cfg)
		url, queue := makeQueue(t, q, "q", nil)
		dead, deadARN := makeQueue(t, q, "dead", nil)
		topic := makeTopic(t, topics, "alerts")
		join(t, topics, topic, "email", "a@corp.example", nil)
		const function = "arn:aws:lambda:us-east-1:111122223333:function:f"
		var got []string // synctest.Wait orders the accesses
		l.RegisterFunction(function, func(event []byte) { got = append(got, string(event)) })
		makeRule(t, c, "default", "all", `{"source":["app"],"detail":{"n":[{"numeric":[">",1]}]}}`,
			ebtypes.Target{Arn: &queue, InputPath: aws.String("$.detail")},
			ebtypes.Target{Arn: topic, Input: aws.String(`"constant"`)},
			ebtypes.Target{Arn: aws.String(function), InputTransformer: &ebtypes.InputTransformer{InputPathsMap: map[string]string{"n": "$.detail.n", "who": "$.detail.who", "gone": "$.x"},
				InputTemplate: aws.String(`{"n":<n>,"who":<who>,"text":"<who> did <n> in <aws.events.rule-name>","gone":<gone>}`)}},
			ebtypes.Target{Arn: aws.String("arn:aws:sqs:us-east-1:111122223333:gone"), DeadLetterConfig: &ebtypes.DeadLetterConfig{Arn: &deadARN}})
		emit(t, c, "app", `{"n":1}`)
		emit(t, c, "app", `{"n":2,"who":"M\"x"}`)
		synctest.Wait()
		if m := receive(t, q, url, 0); len(m) != 1 || *m[0].Body != `{"n":2,"who":"M\"x"}` {
			t.Errorf("queue: %+v", m)
		}
		if mail := l.Outbox(); len(mail) != 1 || mail[0].Body != `"constant"` {
			t.Errorf("mail: %+v", mail)
		}
		if want := []string{`{"n":2,"who":"M\"x","text":"M\"x did 2 in all","gone":""}`}; !slices.Equal(got, want) {
			t.Errorf("function got %q, want %q", got, want)
		}
		if m := receive(t, q, dead, 0); len(m) != 1 || *m[0].MessageAttributes["ERROR_CODE"].StringValue != "RESOURCE_NOT_FOUND" {
			t.Errorf("dead letters: %+v", m)
		}
		_, err := c.DisableRule(t.Context(), &eventbridge.DisableRuleInput{Name: aws.String("all")})
		expectCode(t, err, "")
		emit(t, c, "app", `{"n":3}`)
		synctest.Wait()
		if m := receive(t, q, url, 0); len(m) != 0 {
			t.Errorf("a disabled rule delivered %+v", m)
		}
	})
}

func TestEventBusesOfOtherRegionsAndAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lab.New(lab.Options{Accounts: map[string]string{"other": secondAccount}})
		defer l.Close()
		west, home := eventbridge.NewFromConfig(sdk(l, "me", "us-west-2")), eventbridge.NewFromConfig(sdk(l, "me", "us-east-1"))
		central, q := eventbridge.NewFromConfig(sdk(l, "other", "us-east-1")), sqs.NewFromConfig(sdk(l, "other", "us-east-1"))
		url, queue := makeQueue(t, q, "q", nil)
		bus := must[*eventbridge.CreateEventBusOutput](t)(central.CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: aws.String("central")})).EventBusArn
		const all = `{"source":["app"]}`
		makeRule(t, west, "default", "home", all, ebtypes.Target{Arn: aws.String("arn:aws:events:us-east-1:111122223333:event-bus/default")})
		makeRule(t, home, "default", "central", all, ebtypes.Target{Arn: bus})
		makeRule(t, central, "central", "queue", all, ebtypes.Target{Arn: &queue}, ebtypes.Target{Arn: aws.String("arn:aws:events:us-east-1:" + secondAccount + ":event-bus/default")})
		makeRule(t, central, "default", "third", all, ebtypes.Target{Arn: &queue})
		emit(t, west, "app", `{}`)
		synctest.Wait()
		if m := receive(t, q, url, 0); len(m) != 0 {
			t.Errorf("the bus took %+v without a permission", m)
		}
		_, err := central.PutPermission(t.Context(), &eventbridge.PutPermissionInput{EventBusName: aws.String("central"), Action: aws.String("events:PutEvents"), Principal: aws.String(lab.DefaultAccount), StatementId: aws.String("s")})
		expectCode(t, err, "")
		emit(t, west, "app", `{}`)
		synctest.Wait()
		m := receive(t, q, url, 0)
		if len(m) != 1 || !strings.Contains(*m[0].Body, `"region":"us-west-2"`) || !strings.Contains(*m[0].Body, `"account":"`+lab.DefaultAccount+`"`) {
			t.Errorf("after two hops, and none more: %+v", m)
		}
		_, err = central.RemovePermission(t.Context(), &eventbridge.RemovePermissionInput{EventBusName: aws.String("central"), StatementId: aws.String("s")})
		expectCode(t, err, "")
		_, err = central.RemovePermission(t.Context(), &eventbridge.RemovePermissionInput{EventBusName: aws.String("central"), StatementId: aws.String("s")})
		expectCode(t, err, "ResourceNotFoundException")
	})
}

func TestPutEventsChecks(t *testing.T) {
	l := twoAccounts(t)
	c := eventbridge.NewFromConfig(sdk(l, "me", "us-east-1"))
	out := must[*eventbridge.PutEventsOutput](t)(c.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{
		{Source: aws.String("aws.cloudtrail"), DetailType: aws.String("d"), Detail: aws.String("{}")},
		{Source: aws.String("app"), DetailType: aws.String("d"), Detail: aws.String("[]")},
		{Source: aws.String("app"), Detail: aws.String("{}")},
	}}))
	var codes []string
	for _, e := range out.Entries {
		codes = append(codes, aws.ToString(e.ErrorCode))
	}
	if want := []string{"NotAuthorizedForSourceException", "MalformedDetail", "InvalidArgument"}; !slices.Equal(codes, want) || out.FailedEntryCount != 3 {
		t.Errorf("codes = %q, want %q", codes, want)
	}
	_, err := c.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{
		{Source: aws.String("app"), DetailType: aws.String("d"), Detail: aws.String(`"` + strings.Repeat("x", 256<<10) + `"`)}}})
	expectCode(t, err, "ValidationException")
}

// TestCommandLine drives the lab with the stock AWS CLI through a real listener.
func TestCommandLine(t *testing.T) {
	command, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the aws command is not installed")
	}
	l := twoAccounts(t)
	server := httptest.NewServer(l)
	defer server.Close()
	run := func(line string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), command, strings.Fields(line)...)
		cmd.Env = append(cmd.Environ(), append(l.Environment(server.URL), "AWS_PAGER=", "AWS_CONFIG_FILE="+t.TempDir()+"/none")...)
		cmd.Stdin = strings.NewReader("log file")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("aws %s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	// Version 1 of the command puts queue.amazonaws.com in place of AWS_ENDPOINT_URL, for SQS alone.
	sqsCommand := "--endpoint-url " + server.URL + " sqs "
	run("s3 mb s3://trail-logs")
	run("s3 cp - s3://trail-logs/AWSLogs/a.json")
	if out := run("s3 ls s3://trail-logs/AWSLogs/"); !strings.Contains(out, "8 a.json") {
		t.Errorf("s3 ls: %s", out)
	}
	if out := run("s3 cp s3://trail-logs/AWSLogs/a.json -"); out != "log file" {
		t.Errorf("s3 cp: %q", out)
	}
	url := strings.TrimSpace(run(sqsCommand + "create-queue --queue-name q --query QueueUrl --output text"))
	topic := strings.TrimSpace(run("sns create-topic --name alerts --query TopicArn --output text"))
	run("sns subscribe --topic-arn " + topic + " --protocol sqs --notification-endpoint arn:aws:sqs:us-east-1:" + lab.DefaultAccount + ":q")
	run("sns publish --topic-arn " + topic + " --message hello")
	if out := run(sqsCommand + "receive-message --queue-url " + url); !strings.Contains(out, "hello") {
		t.Errorf("sqs receive-message: %s", out)
	}
	if out := run(`events put-rule --name watch --event-pattern {"source":["aws.cloudtrail"]}`); !strings.Contains(out, "rule/watch") {
		t.Errorf("events put-rule: %s", out)
	}
}
