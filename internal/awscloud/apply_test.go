package awscloud

import (
	"errors"
	"fmt"
	"testing"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestStepsAreReadBack(t *testing.T) {
	w := newWorld(t)
	w.bucket(t, "elsewhere")
	yes, no, elsewhere, empty := true, false, "elsewhere", ""

	w.apply(t, trail.Step{Op: trail.OpUpdateTrail, Update: &trail.Update{S3BucketName: &elsewhere, S3KeyPrefix: &empty, EnableLogFileValidation: &no}})
	w.apply(t, trail.Step{Op: trail.OpPutEventSelectors, Selectors: &trail.Selectors{Basic: []trail.EventSelector{
		{ReadWriteType: "WriteOnly", IncludeManagementEvents: true, ExcludeManagementEventSources: []string{"kms.amazonaws.com"},
			DataResources: []trail.DataResource{{Type: "AWS::S3::Object", Values: []string{"arn:aws:s3:::b/"}}}},
	}}})
	w.apply(t, trail.Step{Op: trail.OpPutInsightSelectors, Insights: &[]trail.InsightSelector{{InsightType: "ApiErrorRateInsight", EventCategories: []string{"Management"}}}})
	w.apply(t, trail.Step{Op: trail.OpPutEventConfiguration, EventConfiguration: &trail.EventConfiguration{}})
	w.apply(t, trail.Step{Op: trail.OpAddTags, Tags: map[string]string{"owner": "somebody", "team": "else"}})
	w.apply(t, trail.Step{Op: trail.OpRemoveTags, Tags: map[string]string{"stage": "live"}})

	state := w.observe()
	config, _ := state.Config.Get()
	if config.S3BucketName != "elsewhere" || config.S3KeyPrefix != "" || config.LogFileValidationEnabled || !config.IsMultiRegionTrail {
		t.Errorf("the trail is %+v", config)
	}
	for name, pair := range map[string][2]string{
		"selectors":     {text(state.Selectors), "{Basic:[{ReadWriteType:WriteOnly IncludeManagementEvents:true ExcludeManagementEventSources:[kms.amazonaws.com] DataResources:[{Type:AWS::S3::Object Values:[arn:aws:s3:::b/]}]}] Advanced:[]}"},
		"insights":      {text(state.Insights), "[{InsightType:ApiErrorRateInsight EventCategories:[Management]}]"},
		"configuration": {text(state.EventConfiguration), fmt.Sprintf("%+v", trail.EventConfiguration{})},
		"tags":          {text(state.Tags), "map[owner:somebody team:else]"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %s, want %s", name, pair[0], pair[1])
		}
	}

	w.apply(t, trail.Step{Op: trail.OpUpdateTrail, Update: &trail.Update{EnableLogFileValidation: &yes}})
	if config, _ := w.observe().Config.Get(); !config.LogFileValidationEnabled || config.S3BucketName != "elsewhere" {
		t.Errorf("after the second update the trail is %+v", config)
	}
	w.apply(t, trail.Step{Op: trail.OpDeleteTrail})
	if got := w.observe().Config.Knowledge(); got != trail.Absent {
		t.Errorf("the trail is still there (%d)", got)
	}
}

func TestRepeatedCreateIsToldApart(t *testing.T) {
	w := newWorld(t)
	create := trail.Step{Op: trail.OpCreateTrail, Region: "us-east-1", ARN: guardedARN, Create: &trail.Create{Config: w.want.Config}}
	if _, err := w.cloud.Apply(w.context, create); guard.ClassOf(err) != guard.ClassExists {
		t.Errorf("creating it again: %v", err)
	}
	w.apply(t, trail.Step{Op: trail.OpDeleteTrail})
	w.Inject(lab.Fault{Operation: "CreateTrail", Kind: lab.LostAnswer, Times: 1})
	if _, err := w.cloud.Apply(w.context, create); guard.ClassOf(err) != guard.ClassRetry {
		t.Errorf("a lost answer: %v", err)
	}
	if w.observe().Config.Knowledge() != trail.Present {
		t.Error("the call whose answer was lost took no effect")
	}
	if _, err := w.cloud.Apply(w.context, create); guard.ClassOf(err) != guard.ClassExists {
		t.Errorf("trying again after a lost answer: %v", err)
	}
}

func TestFailedStepsKeepTheRequestID(t *testing.T) {
	w := newWorld(t)
	w.Inject(lab.Fault{Operation: "StartLogging", Kind: lab.AccessDenied})
	receipt, err := w.cloud.Apply(w.context, trail.Step{Op: trail.OpStartLogging, Region: "us-east-1", ARN: guardedARN})
	if guard.ClassOf(err) != guard.ClassDenied || receipt.RequestID == "" {
		t.Errorf("receipt %+v, error %v", receipt, err)
	}
}

func TestWritesAreTriedOnce(t *testing.T) {
	w := newWorld(t)
	before := w.Calls("cloudtrail", "StartLogging")
	w.Inject(lab.Fault{Operation: "StartLogging", Kind: lab.Throttle})
	_, err := w.cloud.Apply(w.context, trail.Step{Op: trail.OpStartLogging, Region: "us-east-1", ARN: guardedARN})
	if made := w.Calls("cloudtrail", "StartLogging") - before; made != 1 || guard.ClassOf(err) != guard.ClassRetry {
		t.Errorf("%d calls, error %v", made, err)
	}
}

func TestErrorsOfTheWorldAreSorted(t *testing.T) {
	w := newWorld(t)
	missing, unfit := "no-such-bucket", trail.Config{Name: "second", S3BucketName: "no-such-bucket"}
	for name, test := range map[string]struct {
		step trail.Step
		want guard.Class
	}{
		"bucket missing":     {trail.Step{Op: trail.OpUpdateTrail, Region: "us-east-1", ARN: guardedARN, Update: &trail.Update{S3BucketName: &missing}}, guard.ClassDependency},
		"create, no bucket":  {trail.Step{Op: trail.OpCreateTrail, Region: "us-east-1", ARN: guardedARN + "2", Create: &trail.Create{Config: unfit}}, guard.ClassDependency},
		"no such trail":      {trail.Step{Op: trail.OpStartLogging, Region: "us-east-1", ARN: guardedARN + "2"}, guard.ClassNotFound},
		"other region":       {trail.Step{Op: trail.OpStartLogging, Region: "us-west-2", ARN: guardedARN}, guard.ClassOther},
		"region not enabled": {trail.Step{Op: trail.OpStartLogging, Region: "af-south-1", ARN: guardedARN}, guard.ClassDenied},
	} {
		if _, err := w.cloud.Apply(w.context, test.step); guard.ClassOf(err) != test.want {
			t.Errorf("%s: %v is of class %s, want %s", name, err, guard.ClassOf(err), test.want)
		}
	}
}

func TestUnusableStepsCallNothing(t *testing.T) {
	w := always(200, `{}`)
	c := connect(t, w)
	for _, step := range []trail.Step{
		{Op: "StopLogging", Region: "us-east-1", ARN: guardedARN},
		{Op: trail.OpStartLogging, ARN: guardedARN},
		{Op: trail.OpStartLogging, Region: "us-east-1"},
		{Op: trail.OpCreateTrail, Region: "us-east-1", ARN: guardedARN},
		{Op: trail.OpUpdateTrail, Region: "us-east-1", ARN: guardedARN},
		{Op: trail.OpPutEventSelectors, Region: "us-east-1", ARN: guardedARN},
		{Op: trail.OpPutInsightSelectors, Region: "us-east-1", ARN: guardedARN},
		{Op: trail.OpPutEventConfiguration, Region: "us-east-1", ARN: guardedARN},
		{Op: trail.OpAddTags, Region: "us-east-1", ARN: guardedARN},
		{Op: trail.OpRemoveTags, Region: "us-east-1", ARN: guardedARN},
	} {
		_, err := c.Apply(t.Context(), step)
		var api *guard.APIError
		if !errors.As(err, &api) || api.Class != guard.ClassOther {
			t.Errorf("%s: %v", step.Op, err)
		}
	}
	if made := w.requests(); len(made) != 0 {
		t.Errorf("called %v", made)
	}
}

// CreateTrail and UpdateTrail send what AWS expects, to the letter.
func TestWhatIsSent(t *testing.T) {
	w := always(200, `{}`)
	c := connect(t, w)
	empty, no := "", false
	for _, step := range []trail.Step{
		{Op: trail.OpCreateTrail, Create: &trail.Create{Config: trail.Config{Name: "audit", S3BucketName: "b", SnsTopicARN: "arn:aws:sns:us-east-1:1:t"}, Tags: map[string]string{"b": "2", "a": "1"}}},
		{Op: trail.OpUpdateTrail, Update: &trail.Update{KMSKeyID: &empty, IsMultiRegionTrail: &no}},
		{Op: trail.OpPutEventSelectors, Selectors: &trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "All", DataResources: []trail.DataResource{{Type: "AWS::S3::Object"}}}}}},
		{Op: trail.OpPutInsightSelectors, Insights: &[]trail.InsightSelector{}},
		{Op: trail.OpPutEventConfiguration, EventConfiguration: &trail.EventConfiguration{}},
		{Op: trail.OpPutEventConfiguration, EventConfiguration: &trail.EventConfiguration{MaxEventSize: "Large"}},
	} {
		step.Region, step.ARN = "us-east-1", "ARN"
		if _, err := c.Apply(t.Context(), step); err != nil {
			t.Fatal(err)
		}
	}
	const host = "cloudtrail.us-east-1.amazonaws.com "
	want := []string{
		`CreateTrail {"EnableLogFileValidation":false,"IncludeGlobalServiceEvents":false,"IsMultiRegionTrail":false,"IsOrganizationTrail":false,"Name":"audit","S3BucketName":"b","SnsTopicName":"arn:aws:sns:us-east-1:1:t","TagsList":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]}`,
		`UpdateTrail {"IsMultiRegionTrail":false,"KmsKeyId":"","Name":"ARN"}`,
		`PutEventSelectors {"EventSelectors":[{"DataResources":[{"Type":"AWS::S3::Object","Values":[]}],"IncludeManagementEvents":false,"ReadWriteType":"All"}],"TrailName":"ARN"}`,
		`PutInsightSelectors {"InsightSelectors":[],"TrailName":"ARN"}`,
		`PutEventConfiguration {"AggregationConfigurations":[],"TrailName":"ARN"}`,
		`PutEventConfiguration {"AggregationConfigurations":[],"ContextKeySelectors":[],"MaxEventSize":"Large","TrailName":"ARN"}`,
	}
	for i, got := range w.requests() {
		if got != host+want[i] {
			t.Errorf("sent %s\nwant %s", got, host+want[i])
		}
	}
}
