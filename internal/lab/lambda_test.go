package lab_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/lab"
)

const (
	guardRole     = "arn:aws:iam::111122223333:role/guard"
	guardFunction = "arn:aws:lambda:us-east-1:111122223333:function:guard"
)

func makeFunction(t *testing.T, c *lambda.Client, name string) *lambda.CreateFunctionOutput {
	t.Helper()
	return must[*lambda.CreateFunctionOutput](t)(c.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Role: aws.String(guardRole), Runtime: "provided.al2023", Handler: aws.String("bootstrap"),
		Code:        &lambdatypes.FunctionCode{ZipFile: []byte("zip")},
		Environment: &lambdatypes.Environment{Variables: map[string]string{"Secret": "s"}}, Tags: map[string]string{"Team": "x"},
	}))
}

func permit(t *testing.T, c *lambda.Client, source string) {
	t.Helper()
	_, err := c.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: aws.String("guard"), StatementId: aws.String("rule"),
		Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("events.amazonaws.com"), SourceArn: &source})
	expectCode(t, err, "")
}

func TestFunctions(t *testing.T) {
	k := newKit(t, lab.Options{})
	c, ctx, name := lambda.NewFromConfig(k.config(home, "ALICE")), t.Context(), aws.String("guard")
	made := makeFunction(t, c, "guard")
	wantEqual(t, "made", []any{*made.FunctionArn, made.State, *made.CodeSha256, *made.MemorySize, *made.Timeout}, []any{guardFunction, "Active", "SnD+mqZDbgLC3qNA+9HjUuTvLYzmylKtJdS5VHH8i/I=", 128, 3})
	_, err := c.CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: name, Role: aws.String(guardRole), Runtime: "python3.13", Handler: aws.String("h"), Code: &lambdatypes.FunctionCode{ZipFile: []byte("x")}})
	expectCode(t, err, "ResourceConflictException")
	_, err = c.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String("gone")})
	var gone *lambdatypes.ResourceNotFoundException
	if !errors.As(err, &gone) {
		t.Errorf("err = %v", err)
	}
	changed := must[*lambda.UpdateFunctionConfigurationOutput](t)(c.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(30), Description: aws.String("d")}))
	wantEqual(t, "changed", []any{*changed.Timeout, *changed.Description, changed.Environment.Variables["Secret"], *changed.RevisionId != *made.RevisionId}, []any{30, "d", "s", true})
	_, err = c.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(901)})
	expectCode(t, err, "ValidationException")
	_, err = c.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: []byte("evil"), RevisionId: made.RevisionId})
	expectCode(t, err, "PreconditionFailedException")
	_, err = c.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: name, S3Bucket: aws.String("none"), S3Key: aws.String("k")})
	expectCode(t, err, "InvalidParameterValueException")
	k.bucket("code")
	putText(t, k.s3(), "code", "k", "evil")
	_, err = c.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: aws.String(guardFunction), S3Bucket: aws.String("code"), S3Key: aws.String("k")})
	expectCode(t, err, "")
	got := must[*lambda.GetFunctionOutput](t)(c.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name}))
	wantEqual(t, "got", []any{*got.Configuration.CodeSha256 != *made.CodeSha256, got.Tags["Team"], *got.Configuration.Timeout, got.Concurrency == nil}, []any{true, "x", 30, true})
	list := must[*lambda.ListFunctionsOutput](t)(c.ListFunctions(ctx, &lambda.ListFunctionsInput{}))
	wantEqual(t, "functions", len(list.Functions), 1)
	_, err = c.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: name})
	expectCode(t, err, "")
	_, err = c.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: name})
	expectCode(t, err, "ResourceNotFoundException")

	wantEqual(t, "UpdateFunctionCode", k.find(home, "UpdateFunctionCode20150331v2").RequestParameters, map[string]any{"functionName": guardFunction, "s3Bucket": "code", "s3Key": "k"})
	wantEqual(t, "DeleteFunction", k.find(home, "DeleteFunction20150331").RequestParameters, map[string]any{"functionName": "guard"})
	record := k.find(home, "CreateFunction20150331")
	if text := strings.Join([]string{record.EventSource, toText(record.RequestParameters), toText(record.ResponseElements)}, " "); !strings.HasPrefix(text, "lambda.amazonaws.com") || strings.Contains(text, "Secret") || strings.Contains(text, "zipFile") {
		t.Errorf("record: %s", text)
	}
	k.find(home, "UpdateFunctionConfiguration20150331v2")
}

func TestFunctionSettings(t *testing.T) {
	k := newKit(t, lab.Options{})
	c, ctx, name := lambda.NewFromConfig(k.config(home, "ALICE")), t.Context(), aws.String("guard")
	makeFunction(t, c, "guard")
	_, err := c.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(901)})
	expectCode(t, err, "InvalidParameterValueException")
	_, err = c.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)})
	expectCode(t, err, "")
	reserved := must[*lambda.GetFunctionConcurrencyOutput](t)(c.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: name}))
	wantEqual(t, "reserved", *reserved.ReservedConcurrentExecutions, 0)
	_, err = c.DeleteFunctionConcurrency(ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: name})
	expectCode(t, err, "")
	reserved = must[*lambda.GetFunctionConcurrencyOutput](t)(c.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: name}))
	wantEqual(t, "nothing reserved", reserved.ReservedConcurrentExecutions, (*int32)(nil))
	_, err = c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: name})
	expectCode(t, err, "ResourceNotFoundException")
	permit(t, c, "arn:aws:events:us-east-1:111122223333:rule/r")
	_, err = c.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: name, StatementId: aws.String("rule"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*")})
	expectCode(t, err, "ResourceConflictException")
	policy := must[*lambda.GetPolicyOutput](t)(c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: name}))
	if !strings.Contains(*policy.Policy, `"Principal":{"Service":"events.amazonaws.com"}`) || !strings.Contains(*policy.Policy, `rule/r`) {
		t.Errorf("policy: %s", *policy.Policy)
	}
	_, err = c.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("rule")})
	expectCode(t, err, "")
	_, err = c.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("rule")})
	expectCode(t, err, "ResourceNotFoundException")
	_, err = c.GetFunctionEventInvokeConfig(ctx, &lambda.GetFunctionEventInvokeConfigInput{FunctionName: name})
	expectCode(t, err, "ResourceNotFoundException")
	_, err = c.PutFunctionEventInvokeConfig(ctx, &lambda.PutFunctionEventInvokeConfigInput{FunctionName: name, MaximumRetryAttempts: aws.Int32(0)})
	expectCode(t, err, "")
	_, err = c.UpdateFunctionEventInvokeConfig(ctx, &lambda.UpdateFunctionEventInvokeConfigInput{FunctionName: name, MaximumEventAgeInSeconds: aws.Int32(60)})
	expectCode(t, err, "")
	config := must[*lambda.GetFunctionEventInvokeConfigOutput](t)(c.GetFunctionEventInvokeConfig(ctx, &lambda.GetFunctionEventInvokeConfigInput{FunctionName: name}))
	wantEqual(t, "config", []any{*config.MaximumRetryAttempts, *config.MaximumEventAgeInSeconds}, []int{0, 60})
	_, err = c.DeleteFunctionEventInvokeConfig(ctx, &lambda.DeleteFunctionEventInvokeConfigInput{FunctionName: name})
	expectCode(t, err, "")
	_, err = c.TagResource(ctx, &lambda.TagResourceInput{Resource: aws.String(guardFunction), Tags: map[string]string{"a": "b"}})
	expectCode(t, err, "")
	_, err = c.UntagResource(ctx, &lambda.UntagResourceInput{Resource: aws.String(guardFunction), TagKeys: []string{"Team"}})
	expectCode(t, err, "")
	tags := must[*lambda.ListTagsOutput](t)(c.ListTags(ctx, &lambda.ListTagsInput{Resource: aws.String(guardFunction)}))
	wantEqual(t, "tags", tags.Tags, map[string]string{"a": "b"})
	wantEqual(t, "concurrency", k.find(home, "PutFunctionConcurrency20171031").RequestParameters, map[string]any{"functionName": "guard", "reservedConcurrentExecutions": 0})
	wantEqual(t, "permission", k.find(home, "RemovePermission20150331v2").RequestParameters, map[string]any{"functionName": "guard", "statementId": "rule"})
	for _, event := range []string{"AddPermission20150331v2", "DeleteFunctionConcurrency20171031", "PutFunctionEventInvokeConfig"} {
		k.find(home, event)
	}
}

func TestEventSourceMappings(t *testing.T) {
	k := newKit(t, lab.Options{})
	c, ctx := lambda.NewFromConfig(k.config(home, "ALICE")), t.Context()
	makeFunction(t, c, "guard")
	_, queue := makeQueue(t, sqs.NewFromConfig(k.config(home, "ALICE")), "events", nil)
	in := &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("guard"), EventSourceArn: &queue}
	made := must[*lambda.CreateEventSourceMappingOutput](t)(c.CreateEventSourceMapping(ctx, in))
	_, err := c.CreateEventSourceMapping(ctx, in)
	expectCode(t, err, "ResourceConflictException")
	_, err = c.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: made.UUID, Enabled: aws.Bool(false)})
	expectCode(t, err, "")
	list := must[*lambda.ListEventSourceMappingsOutput](t)(c.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: aws.String("guard")})).EventSourceMappings
	wantEqual(t, "mappings", []any{len(list), *list[0].State, *list[0].EventSourceArn, *made.State}, []any{1, "Disabled", queue, "Enabled"})
	_, err = c.DeleteEventSourceMapping(ctx, &lambda.DeleteEventSourceMappingInput{UUID: made.UUID})
	expectCode(t, err, "")
	_, err = c.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: made.UUID})
	expectCode(t, err, "ResourceNotFoundException")
	wantEqual(t, "update", k.find(home, "UpdateEventSourceMapping20150331").RequestParameters, map[string]any{"uUID": *made.UUID, "enabled": false})
}

// TestFunctionTargets: an event reaches a function that the Lambda API made only as long as that lets it.
func TestFunctionTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lab.New(lab.Options{})
		defer l.Close()
		cfg := sdk(l, "me", "us-east-1")
		c, bus, q, ctx, name := lambda.NewFromConfig(cfg), eventbridge.NewFromConfig(cfg), sqs.NewFromConfig(cfg), t.Context(), aws.String("guard")
		var got []string
		l.RegisterFunction(guardFunction, func(event []byte) { got = append(got, string(event)) })
		makeRule(t, bus, "default", "r", `{"source":["app"]}`, ebtypes.Target{Arn: aws.String(guardFunction), InputPath: aws.String("$.detail.step")})
		step := func(name, want string) {
			t.Helper()
			got = nil
			emit(t, bus, "app", `{"step":"`+name+`"}`)
			synctest.Wait()
			if text := strings.Join(got, ""); text != want {
				t.Errorf("%s: the function got %s, want %s", name, text, want)
			}
		}
		step("registered", `"registered"`)
		dead, deadARN := makeQueue(t, q, "dead", nil)
		makeFunction(t, c, "guard")
		step("no permission", "")
		permit(t, c, "arn:aws:events:us-east-1:111122223333:rule/other")
		step("other rule", "")
		_, err := c.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("rule")})
		expectCode(t, err, "")
		permit(t, c, "arn:aws:events:us-east-1:111122223333:rule/*")
		step("permitted", `"permitted"`)
		_, err = c.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, DeadLetterConfig: &lambdatypes.DeadLetterConfig{TargetArn: &deadARN}})
		expectCode(t, err, "")
		_, err = c.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)})
		expectCode(t, err, "")
		step("throttled", "")
		if m := receive(t, q, dead, 0); len(m) != 1 || *m[0].Body != `"throttled"` {
			t.Errorf("dead letters: %+v", m)
		}
		_, err = c.Invoke(ctx, &lambda.InvokeInput{FunctionName: name, Payload: []byte(`1`)})
		expectCode(t, err, "TooManyRequestsException")
		_, err = c.DeleteFunctionConcurrency(ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: name})
		expectCode(t, err, "")
		step("again", `"again"`)
		_, err = c.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: name})
		expectCode(t, err, "")
		step("deleted", "")
		makeFunction(t, c, "guard")
		permit(t, c, "arn:aws:events:us-east-1:111122223333:rule/r")
		step("made again", `"made again"`)
	})
}

func TestInvoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lab.New(lab.Options{})
		defer l.Close()
		c, ctx := lambda.NewFromConfig(sdk(l, "me", "us-east-1")), t.Context()
		var got []string
		l.RegisterFunction(guardFunction, func(event []byte) {
			got = append(got, string(event))
			_ = l.Outbox() // a function may use the lab
		})
		out := must[*lambda.InvokeOutput](t)(c.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("guard"), Payload: []byte(`{"a":1}`)}))
		wantEqual(t, "answer", []any{out.StatusCode, string(out.Payload), got}, []any{200, "null", []string{`{"a":1}`}})
		makeFunction(t, c, "guard")
		for _, kind := range []lambdatypes.InvocationType{"DryRun", "Event"} {
			_, err := c.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(guardFunction), InvocationType: kind, Payload: []byte(`2`)})
			expectCode(t, err, "")
		}
		synctest.Wait()
		if !slices.Equal(got, []string{`{"a":1}`, `2`}) {
			t.Errorf("got %q", got)
		}
		_, err := c.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("gone"), Payload: []byte(`2`)})
		expectCode(t, err, "ResourceNotFoundException")
	})
}
