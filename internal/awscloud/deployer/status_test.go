package deployer_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/deployer"
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
			"us-east-1 trailhold-alerts": "has not confirmed its subscription yetwrong nobody has a confirmed subscription", "us-east-1 trailhold": "none was sent yet",
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
			Environment: &lambdatypes.Environment{Variables: map[string]string{"TRAILHOLD_DRY_RUN": "true"}}})
		must(t, err)
		for _, name := range []string{"BASELINE", "DRY_RUN", "TABLE", "TOPIC_ARN"} {
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
