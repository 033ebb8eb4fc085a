package awscloud

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const secret = "https://hooks.example/T0/hush"

// guardLambda makes a function with everything that a guard's has.
func (w *world) guardLambda(t *testing.T) trail.Resource {
	t.Helper()
	c, name := w.cloud.functions("eu-west-1"), aws.String("trailhold")
	must[lambda.CreateFunctionOutput](t)(c.CreateFunction(w.context, &lambda.CreateFunctionInput{
		FunctionName: name, Role: aws.String("arn:aws:iam::111122223333:role/trailhold"), Runtime: "provided.al2023", Handler: aws.String("bootstrap"),
		Code: &lambdatypes.FunctionCode{ZipFile: []byte("code")}, Timeout: aws.Int32(300), MemorySize: aws.Int32(256),
		Environment: &lambdatypes.Environment{Variables: map[string]string{"TRAILHOLD_WEBHOOK": secret, "TRAILHOLD_TABLE": "incidents"}},
		Layers:      []string{"arn:aws:lambda:eu-west-1:111122223333:layer:z:1", "arn:aws:lambda:eu-west-1:111122223333:layer:a:2"},
	}))
	w.permit(t, "rule", "events.amazonaws.com", "arn:aws:events:eu-west-1:111122223333:rule/wake")
	must[lambda.AddPermissionOutput](t)(c.AddPermission(w.context, &lambda.AddPermissionInput{
		FunctionName: name, StatementId: aws.String("operators"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("444455556666"), PrincipalOrgID: aws.String("o-abcdefghij"),
	}))
	must[lambda.PutFunctionConcurrencyOutput](t)(c.PutFunctionConcurrency(w.context, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(5)}))
	must[lambda.PutFunctionEventInvokeConfigOutput](t)(c.PutFunctionEventInvokeConfig(w.context, &lambda.PutFunctionEventInvokeConfigInput{
		FunctionName: name, MaximumRetryAttempts: aws.Int32(2), MaximumEventAgeInSeconds: aws.Int32(21600),
		DestinationConfig: &lambdatypes.DestinationConfig{OnFailure: &lambdatypes.OnFailure{Destination: aws.String("arn:aws:sqs:eu-west-1:111122223333:missed")}},
	}))
	return trail.Resource{Type: trail.Function, ARN: guardFunction, Region: "eu-west-1", Account: lab.DefaultAccount}
}

func (w *world) permit(t *testing.T, id, service, source string) {
	t.Helper()
	must[lambda.AddPermissionOutput](t)(w.cloud.functions("eu-west-1").AddPermission(w.context, &lambda.AddPermissionInput{
		FunctionName: aws.String("trailhold"), StatementId: &id, Action: aws.String("lambda:InvokeFunction"), Principal: &service,
		SourceArn: &source, SourceAccount: aws.String(lab.DefaultAccount),
	}))
}

func TestFunctionWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	r := w.guardLambda(t)
	c, name := w.cloud.functions("eu-west-1"), aws.String("trailhold")
	change := func(in lambda.UpdateFunctionConfigurationInput) func(*testing.T) {
		return func(t *testing.T) {
			in.FunctionName = name
			must[lambda.UpdateFunctionConfigurationOutput](t)(c.UpdateFunctionConfiguration(w.context, &in))
		}
	}
	reserve := func(n int32) func(*testing.T) {
		return func(t *testing.T) {
			must[lambda.PutFunctionConcurrencyOutput](t)(c.PutFunctionConcurrency(w.context, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: &n}))
		}
	}
	forbid := func(t *testing.T) {
		must[lambda.RemovePermissionOutput](t)(c.RemovePermission(w.context, &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("rule")}))
	}
	update := []trail.Op{trail.OpUpdateFunctionConfiguration}
	tamperings := []tampering{
		{"short of time", "configuration", change(lambda.UpdateFunctionConfigurationInput{Timeout: aws.Int32(1)}), update},
		{"other role", "configuration", change(lambda.UpdateFunctionConfigurationInput{Role: aws.String("arn:aws:iam::111122223333:role/weak")}), update},
		{"other handler", "configuration", change(lambda.UpdateFunctionConfigurationInput{Handler: aws.String("evil"), Description: aws.String("x")}), update},
		{"no way out", "configuration", change(lambda.UpdateFunctionConfigurationInput{VpcConfig: &lambdatypes.VpcConfig{SubnetIds: []string{"subnet-1"}, SecurityGroupIds: []string{"sg-1"}}}), update},
		{"other layers", "configuration", change(lambda.UpdateFunctionConfigurationInput{Layers: []string{"arn:aws:lambda:eu-west-1:666666666666:layer:spy:1"}}), update},
		{"layers in another order", "configuration", change(lambda.UpdateFunctionConfigurationInput{Layers: []string{
			"arn:aws:lambda:eu-west-1:111122223333:layer:a:2", "arn:aws:lambda:eu-west-1:111122223333:layer:z:1",
		}}), update},
		{"dead letters and key", "configuration", change(lambda.UpdateFunctionConfigurationInput{
			DeadLetterConfig: &lambdatypes.DeadLetterConfig{TargetArn: aws.String("arn:aws:sqs:eu-west-1:666666666666:loot")},
			KMSKeyArn:        aws.String("arn:aws:kms:eu-west-1:666666666666:key/theirs"), TracingConfig: &lambdatypes.TracingConfig{Mode: "Active"},
		}), update},
		{"throttled", "concurrency", reserve(0), []trail.Op{trail.OpPutFunctionConcurrency}},
		{"unreserved", "concurrency", func(t *testing.T) {
			must[lambda.DeleteFunctionConcurrencyOutput](t)(c.DeleteFunctionConcurrency(w.context, &lambda.DeleteFunctionConcurrencyInput{FunctionName: name}))
		}, []trail.Op{trail.OpPutFunctionConcurrency}},
		{"forbidden", "permissions", forbid, []trail.Op{trail.OpAddPermission}},
		{"for another rule", "permissions", func(t *testing.T) {
			forbid(t)
			w.permit(t, "rule", "events.amazonaws.com", "arn:aws:events:eu-west-1:111122223333:rule/other")
			w.permit(t, "extra", "s3.amazonaws.com", "arn:aws:s3:::x")
		}, []trail.Op{trail.OpAddPermission, trail.OpRemovePermission}},
		{"an account less", "permissions", func(t *testing.T) {
			must[lambda.RemovePermissionOutput](t)(c.RemovePermission(w.context, &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("operators")}))
		}, []trail.Op{trail.OpAddPermission}},
		{"no retries", "invokeConfig", func(t *testing.T) {
			must[lambda.PutFunctionEventInvokeConfigOutput](t)(c.PutFunctionEventInvokeConfig(w.context, &lambda.PutFunctionEventInvokeConfigInput{FunctionName: name, MaximumRetryAttempts: aws.Int32(0)}))
		}, []trail.Op{trail.OpPutFunctionEventInvokeConfig}},
		{"as usual", "invokeConfig", func(t *testing.T) {
			must[lambda.DeleteFunctionEventInvokeConfigOutput](t)(c.DeleteFunctionEventInvokeConfig(w.context, &lambda.DeleteFunctionEventInvokeConfigInput{FunctionName: name}))
		}, []trail.Op{trail.OpPutFunctionEventInvokeConfig}},
	}
	w.withstands(t, r, tamperings)
	change(lambda.UpdateFunctionConfigurationInput{Layers: []string{}})(t)
	w.withstands(t, r, []tampering{{"a layer added", "configuration", change(lambda.UpdateFunctionConfigurationInput{Layers: []string{"arn:aws:lambda:eu-west-1:666666666666:layer:spy:1"}}), update}})
	w.neverMistakes(t, r, "lambda", "GetFunctionConfiguration", "GetFunctionConcurrency", "GetPolicy", "GetFunctionEventInvokeConfig")
	covers(t, trail.Function, tamperings, w.deployedAgain(t, r))
}

// deployedAgain are the tamperings that are told, and that only a deployment mends.
func (w *world) deployedAgain(t *testing.T, r trail.Resource) []tampering {
	t.Helper()
	c, name := w.cloud.functions("eu-west-1"), aws.String("trailhold")
	tamperings := []tampering{
		{"other code", "code", func(t *testing.T) {
			must[lambda.UpdateFunctionCodeOutput](t)(c.UpdateFunctionCode(w.context, &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: []byte("evil")}))
		}, nil},
		{"other environment", "environment", func(t *testing.T) {
			must[lambda.UpdateFunctionConfigurationOutput](t)(c.UpdateFunctionConfiguration(w.context, &lambda.UpdateFunctionConfigurationInput{
				FunctionName: name, Environment: &lambdatypes.Environment{Variables: map[string]string{"TRAILHOLD_WEBHOOK": "https://elsewhere", "TRAILHOLD_TABLE": "incidents"}},
			}))
		}, nil},
		{"deleted", trail.Identity, func(t *testing.T) {
			must[lambda.DeleteFunctionOutput](t)(c.DeleteFunction(w.context, &lambda.DeleteFunctionInput{FunctionName: name}))
		}, nil},
	}
	for _, tampering := range tamperings {
		baseline := w.captured(t, r)
		tampering.do(t)
		g, state, fields := w.drifts(t, baseline)
		if len(fields) != 1 || fields[0] != trail.FieldOf(r.Type, tampering.setting) {
			t.Errorf("%s: drifts %v", tampering.name, fields)
		}
		if steps := trail.Plan(trail.Baseline{}, g, state); len(steps) > 0 {
			t.Errorf("%s: steps %v", tampering.name, steps)
		}
	}
	return tamperings
}

// Environment variables may hold secrets: no document has one, and putting the configuration back leaves them alone.
func TestFunctionsSecretsStayOutOfDocuments(t *testing.T) {
	w := newWorld(t)
	r := w.captured(t, w.guardLambda(t))
	for setting, document := range r.Settings {
		if strings.Contains(string(document), "hush") || strings.Contains(string(document), "incidents") || strings.Contains(string(document), hex.EncodeToString([]byte("https"))) {
			t.Errorf("%s has a value: %s", setting, document)
		}
	}
	variables := r.Settings["environment"].Members()["Variables"]
	if !strings.HasPrefix(variables.Text("TRAILHOLD_WEBHOOK"), "sha256:") || variables.Text("TRAILHOLD_WEBHOOK") == variables.Text("TRAILHOLD_TABLE") {
		t.Errorf("variables are %s", variables)
	}
	step := trail.Step{ID: "x", Op: trail.OpUpdateFunctionConfiguration, Resource: trail.Function, Region: r.Region, ARN: r.ARN, Setting: "configuration", Document: r.Settings["configuration"]}
	if _, err := w.cloud.Apply(w.context, step); err != nil {
		t.Fatal(err)
	}
	out, err := w.cloud.functions("eu-west-1").GetFunctionConfiguration(w.context, &lambda.GetFunctionConfigurationInput{FunctionName: &r.ARN})
	if err != nil || out.Environment.Variables["TRAILHOLD_WEBHOOK"] != secret {
		t.Errorf("the environment is %v (%v)", out.Environment, err)
	}
}

// TestABaselineMayHoldTheEnvironmentThatPinsIt captures a function that is pinned to an old baseline, pins it to the new one, and then
// attacks that.
func TestABaselineMayHoldTheEnvironmentThatPinsIt(t *testing.T) {
	w := newWorld(t)
	r := w.guardLambda(t)
	sum := func(content string) string {
		s := sha256.Sum256([]byte(content))
		return hex.EncodeToString(s[:])
	}
	pin := func(location string) {
		t.Helper()
		must[lambda.UpdateFunctionConfigurationOutput](t)(w.cloud.functions("eu-west-1").UpdateFunctionConfiguration(w.context, &lambda.UpdateFunctionConfigurationInput{
			FunctionName: aws.String("trailhold"), Environment: &lambdatypes.Environment{Variables: map[string]string{"TRAILHOLD_BASELINE": location}},
		}))
	}
	named := func(sum string) string { return "s3://store/baseline/" + sum + ".yaml#sha256=" + sum }
	pin(named(sum("old")))
	baseline := w.captured(t, r)
	w.cloud.LooksThrough([]byte("new"))
	own, other := sum("new"), sum("an intruder's")
	for _, test := range []struct {
		name, location string
		drifts         bool
	}{
		{"the new one", named(own), false},
		{"the new one, in capitals", named(strings.ToUpper(own)), false},
		{"still the old one", named(sum("old")), true},
		{"an intruder's", named(other), true},
		{"an intruder's, under the right key", "s3://store/baseline/" + own + ".yaml#sha256=" + other, true},
		{"the right one, elsewhere", "s3://elsewhere/baseline/" + own + ".yaml#sha256=" + own, true},
		{"not pinned", "s3://store/baseline/" + own + ".yaml", true},
		{"a pin that is none", "s3://store/baseline/.yaml#sha256=", true},
		{"two pins", named(own) + "#sha256=" + other, true},
		{"the new one again", named(own), false},
	} {
		pin(test.location)
		_, _, fields := w.drifts(t, baseline)
		if drifts := len(fields) == 1 && fields[0] == trail.FieldOf(trail.Function, "environment"); drifts != test.drifts || len(fields) > 1 {
			t.Errorf("%s: drifts %v", test.name, fields)
		}
	}
}

// A statement that AddPermission cannot write is left as it is, and not even removed.
func TestPermissionsThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	r := w.guardLambda(t)
	for name, document := range map[string]trail.Document{
		"a denial":          `{"Action":"lambda:*","Effect":"Deny","Principal":"*","Resource":"x"}`,
		"two principals":    `{"Action":"lambda:*","Effect":"Allow","Principal":{"AWS":"a","Service":"b"},"Resource":"x"}`,
		"a list":            `{"Action":"lambda:*","Effect":"Allow","Principal":{"AWS":["a","b"]},"Resource":"x"}`,
		"another condition": `{"Action":"lambda:*","Effect":"Allow","Principal":"*","Resource":"x","Condition":{"StringEquals":{"aws:username":"x"}}}`,
		"NotAction":         `{"NotAction":"lambda:*","Effect":"Allow","Principal":"*","Resource":"x"}`,
	} {
		step := trail.Step{ID: "x", Op: trail.OpAddPermission, Resource: trail.Function, Region: r.Region, ARN: r.ARN, Setting: "permissions", Member: "rule", Document: document, Replaces: `{"a":1}`}
		if _, err := w.cloud.Apply(w.context, step); guard.ClassOf(err) != guard.ClassOther {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := w.Calls("lambda", "RemovePermission"); n != 0 {
		t.Errorf("%d statements were removed", n)
	}
}

func TestFunctionOfAnImageHasNoLayers(t *testing.T) {
	var in lambda.UpdateFunctionConfigurationInput
	if err := functionInput(trail.Step{ARN: guardFunction, Document: `{"ImageConfig":{"Command":["b","a"]},"MemorySize":128}`}, &in); err != nil {
		t.Fatal(err)
	}
	if in.Layers != nil || in.ImageConfig == nil || strings.Join(in.ImageConfig.Command, " ") != "b a" || aws.ToString(in.FunctionName) != guardFunction {
		t.Errorf("got %+v", in)
	}
}
