package awscloud

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestCapturedResourcesDoNotDrift(t *testing.T) {
	w := newWorld(t)
	arns := []string{"arn:aws:s3:::" + logBucket, w.guardRule(t).ARN, w.guardLambda(t).ARN, w.topicWith(t, "files").ARN, w.guardedAlarm(t, "stops").ARN, guardFunction}
	resources, notes, err := w.cloud.CaptureResources(w.context, arns)
	if err != nil || len(notes) > 0 || len(resources) != len(arns)-1 {
		t.Fatalf("got %d resources, notes %q (%v)", len(resources), notes, err)
	}
	for n, r := range resources {
		if r.ARN != arns[n] || r.Account != lab.DefaultAccount || len(r.Settings) != len(trail.SettingsOf(r.Type))-1 {
			t.Errorf("%d: %+v", n, r)
		}
		if _, _, fields := w.drifts(t, r); len(fields) > 0 {
			t.Errorf("%s drifts in %v", r.ARN, fields)
		}
	}
	must[lambda.DeleteFunctionConcurrencyOutput](t)(w.cloud.functions("eu-west-1").DeleteFunctionConcurrency(w.context, &lambda.DeleteFunctionConcurrencyInput{FunctionName: aws.String("trailhold")}))
	if _, _, fields := w.drifts(t, resources[2]); !slices.Equal(fields, []trail.Field{"function.concurrency"}) {
		t.Errorf("the function drifts in %v", fields)
	}
}

func TestCaptureSaysWhatIsNotGuarded(t *testing.T) {
	w := newWorld(t)
	w.Inject(lab.Fault{Service: "lambda", Operation: "GetPolicy", Kind: lab.AccessDenied})
	w.Inject(lab.Fault{Service: "sqs", Kind: lab.AccessDenied})
	arns := []string{
		w.guardLambda(t).ARN, "arn:aws:sqs:eu-west-1:111122223333:q", "arn:aws:dynamodb:eu-west-1:111122223333:table/none", "arn:aws:s3:::nobodys",
		"nonsense", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", "arn:aws:sns:us-east-1:111122223333:t:sub\x1b", "arn:aws:s3:::b/key",
	}
	resources, notes, err := w.cloud.CaptureResources(w.context, arns)
	if err != nil || len(resources) != 1 || len(notes) != 8 {
		t.Fatalf("got %d resources, %d notes (%v): %s", len(resources), len(notes), err, strings.Join(notes, "\n"))
	}
	if _, guarded := resources[0].Settings["permissions"]; guarded || len(resources[0].Settings) != len(trail.SettingsOf(trail.Function))-2 {
		t.Errorf("guarded are %v", resources[0].Settings)
	}
	all := strings.Join(notes, "\n")
	for _, want := range []string{"not guarded: permissions (", "not guarded: identity, policy, attributes (", "table/none: does not exist", "nobodys: where it is", "nonsense is not"} {
		if !strings.Contains(all, want) {
			t.Errorf("no note says %q: %s", want, all)
		}
	}
	if strings.Contains(all, "\x1b") {
		t.Errorf("a note is not plain: %q", all)
	}
}

func TestCapturedOrganizationHasTheCallersAccount(t *testing.T) {
	_, theirs, r := organized(t)
	resources, notes, err := theirs.CaptureResources(t.Context(), []string{r.ARN})
	if err != nil || len(resources) != 1 || len(resources[0].Settings) != 0 || len(notes) != 3 {
		t.Errorf("a member that may read nothing but what it is in captured %v, %q (%v)", resources, notes, err)
	}
	w, _, r := organized(t)
	resources, notes, err = w.cloud.CaptureResources(t.Context(), []string{r.ARN})
	if err != nil || len(resources) != 1 || len(notes) != 0 || resources[0].Account != lab.DefaultAccount || resources[0].Region != "us-east-1" {
		t.Errorf("the management account captured %v, %q (%v)", resources, notes, err)
	}
}
