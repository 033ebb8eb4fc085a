package awscloud

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestObserveReadsEveryFacet(t *testing.T) {
	w := newWorld(t)
	state := w.observe()
	for name, pair := range map[string][2]string{
		"config":        {text(state.Config), fmt.Sprintf("%+v", w.want.Config)},
		"selectors":     {text(state.Selectors), fmt.Sprintf("%+v", *w.want.Selectors)},
		"insights":      {text(state.Insights), fmt.Sprintf("%+v", *w.want.Insights)},
		"configuration": {text(state.EventConfiguration), fmt.Sprintf("%+v", *w.want.EventConfiguration)},
		"tags":          {text(state.Tags), fmt.Sprintf("%+v", *w.want.Tags)},
		"others":        {text(state.Others), "[]"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %s, want %s", name, pair[0], pair[1])
		}
	}
	if status, ok := state.Status.Get(); !ok || !status.IsLogging || status.StartLoggingTime.IsZero() {
		t.Errorf("status is %s", text(state.Status))
	}
	for _, region := range w.want.Regions {
		if status, ok := state.Regions[region].Get(); !ok || !status.IsLogging {
			t.Errorf("status in %s is %s", region, text(state.Regions[region]))
		}
	}
	if state.ARN != guardedARN || len(state.Regions) != 2 {
		t.Errorf("state is of %s in %d regions", state.ARN, len(state.Regions))
	}
}

func TestUnguardedFacetsAreNotRead(t *testing.T) {
	w := newWorld(t)
	w.want.Selectors, w.want.Insights, w.want.EventConfiguration, w.want.Tags = nil, nil, nil, nil
	state := w.observe()
	for _, operation := range []string{"GetEventSelectors", "GetInsightSelectors", "GetEventConfiguration", "ListTags"} {
		if n := w.Calls("cloudtrail", operation); n != 0 {
			t.Errorf("%s was called %d times", operation, n)
		}
	}
	if state.Selectors.Knowledge() != trail.Unknown || state.Selectors.Why() != "" {
		t.Errorf("selectors are %s", text(state.Selectors))
	}
}

func TestInsightsOffAreKnownToBeOff(t *testing.T) {
	w := newWorld(t)
	w.apply(t, trail.Step{Op: trail.OpPutInsightSelectors, Insights: &[]trail.InsightSelector{}})
	if got, ok := w.observe().Insights.Get(); !ok || len(got) != 0 {
		t.Errorf("insights are %v, known: %v", got, ok)
	}
}

func TestDeletedTrailIsGoneInEveryFacet(t *testing.T) {
	w := newWorld(t)
	w.apply(t, trail.Step{Op: trail.OpDeleteTrail})
	state := w.observe()
	for name, got := range map[string]string{
		"config": text(state.Config), "status": text(state.Status), "selectors": text(state.Selectors),
		"insights": text(state.Insights), "configuration": text(state.EventConfiguration), "tags": text(state.Tags),
		"eu-west-1": text(state.Regions["eu-west-1"]),
	} {
		if got != "gone" {
			t.Errorf("%s is %s", name, got)
		}
	}
}

// Whatever else goes wrong, the trail is unknown, never gone.
func TestFaultsMakeUnknown(t *testing.T) {
	for _, kind := range []lab.FaultKind{lab.Throttle, lab.ServerError, lab.AccessDenied, lab.Timeout, lab.LostAnswer} {
		inBubble(t, string(kind), func(t *testing.T) {
			w := newWorld(t)
			w.Inject(lab.Fault{Service: "cloudtrail", Kind: kind})
			state := w.observe()
			for name, got := range map[string]string{
				"config": text(state.Config), "status": text(state.Status), "selectors": text(state.Selectors),
				"insights": text(state.Insights), "configuration": text(state.EventConfiguration), "tags": text(state.Tags),
				"others": text(state.Others), "eu-west-1": text(state.Regions["eu-west-1"]), "us-west-2": text(state.Regions["us-west-2"]),
			} {
				if !strings.HasPrefix(got, "unknown: ") || len(got) < 20 {
					t.Errorf("%s is %q", name, got)
				}
			}
		})
	}
}

func TestOneFaultLeavesTheOtherFacetsKnown(t *testing.T) {
	w := newWorld(t)
	w.Inject(lab.Fault{Operation: "GetEventSelectors", Kind: lab.AccessDenied})
	w.Inject(lab.Fault{Operation: "GetTrailStatus", Region: "us-west-2", Kind: lab.AccessDenied})
	state := w.observe()
	if why := state.Selectors.Why(); !strings.Contains(why, "GetEventSelectors: AccessDeniedException") {
		t.Errorf("selectors are unknown because %q", why)
	}
	if state.Config.Knowledge() != trail.Present || state.Status.Knowledge() != trail.Present || state.Tags.Knowledge() != trail.Present {
		t.Errorf("config %s, status %s, tags %s", text(state.Config), text(state.Status), text(state.Tags))
	}
	if state.Regions["us-west-2"].Knowledge() != trail.Unknown || state.Regions["eu-west-1"].Knowledge() != trail.Present {
		t.Errorf("regions are %s and %s", text(state.Regions["us-west-2"]), text(state.Regions["eu-west-1"]))
	}
}

func TestPassingFaultIsReadOver(t *testing.T) {
	for _, kind := range []lab.FaultKind{lab.Throttle, lab.ServerError, lab.LostAnswer} {
		inBubble(t, string(kind), func(t *testing.T) {
			w := newWorld(t)
			w.Inject(lab.Fault{Operation: "GetTrail", Kind: kind, Times: 2})
			if state := w.observe(); state.Config.Knowledge() != trail.Present {
				t.Errorf("config is %s", text(state.Config))
			}
		})
	}
}

func TestRegionThatIsNotEnabledIsUnknown(t *testing.T) {
	w := newWorld(t)
	w.want.Regions = []string{"af-south-1", "us-east-1"} // the home region's status is not read twice
	if got := text(w.observe().Regions["af-south-1"]); !strings.HasPrefix(got, "unknown: GetTrailStatus: UnrecognizedClientException") {
		t.Errorf("the status there is %s", got)
	}
	if n := w.Calls("cloudtrail", "GetTrailStatus"); n != 2 {
		t.Errorf("status was read %d times", n)
	}
}

func TestAnswersThatSayNothingAreUnknown(t *testing.T) {
	for body, want := range map[string]string{
		`{}`: "unknown: GetTrail: the answer is not about " + guardedARN,
		`{"Trail":{"TrailARN":"` + guardedARN + `2"},"Name":"audit"}`: "unknown: GetTrail: the answer is not about " + guardedARN,
	} {
		state := connect(t, always(200, body)).Observe(t.Context(), trail.Guarded{Config: trail.Config{ARN: guardedARN, HomeRegion: "us-east-1"}})
		if text(state.Config) != want || state.Status.Knowledge() != trail.Unknown {
			t.Errorf("%s: config %s, status %s", body, text(state.Config), text(state.Status))
		}
	}
}

func TestTrailThatLeftOtherRegionsIsGoneThereOnly(t *testing.T) {
	w := newWorld(t)
	no := false
	w.apply(t, trail.Step{Op: trail.OpUpdateTrail, Update: &trail.Update{IsMultiRegionTrail: &no, IncludeGlobalServiceEvents: &no}})
	state := w.observe()
	if state.Regions["us-west-2"].Knowledge() != trail.Absent || state.Status.Knowledge() != trail.Present {
		t.Errorf("us-west-2 is %s, home is %s", text(state.Regions["us-west-2"]), text(state.Status))
	}
	if got := w.cloud.Status(w.context, guardedARN, "us-west-2"); got.Knowledge() != trail.Absent {
		t.Errorf("Status says %s", text(got))
	}
}

// While GetTrail still shows the trail, not-found answers of other reads are stale, not evidence.
func TestNotFoundBesideAPresentTrailIsUnknown(t *testing.T) {
	w := &wire{answer: func(_ *http.Request, operation string) (*http.Response, error) {
		if operation == "GetTrail" {
			return answer(200, `{"Trail":{"TrailARN":"`+guardedARN+`"}}`)
		}
		return refusal(400, "TrailNotFoundException", "Unknown trail")
	}}
	c := connect(t, w)
	state := c.Observe(t.Context(), trail.Guarded{Config: trail.Config{ARN: guardedARN, HomeRegion: "us-east-1"}, Selectors: &trail.Selectors{}})
	if state.Selectors.Knowledge() != trail.Unknown || state.Status.Knowledge() != trail.Unknown {
		t.Errorf("selectors %s, status %s", text(state.Selectors), text(state.Status))
	}
}

// Only TrailNotFoundException means deleted: every other refusal, however it is put, is unknown.
func TestOnlyOneAnswerMeansDeleted(t *testing.T) {
	for _, code := range []string{"ResourceNotFoundException", "NotFound", "InvalidTrailNameException", "CloudTrailARNInvalidException",
		"AccessDeniedException", "InvalidHomeRegionException", "UnsupportedOperationException", "UnrecognizedClientException"} {
		w := &wire{answer: func(*http.Request, string) (*http.Response, error) { return refusal(400, code, "no") }}
		state := connect(t, w).Observe(t.Context(), trail.Guarded{Config: trail.Config{ARN: guardedARN, HomeRegion: "us-east-1"}, Tags: &map[string]string{}})
		if state.Config.Knowledge() != trail.Unknown || state.Status.Knowledge() != trail.Unknown || state.Tags.Knowledge() != trail.Unknown {
			t.Errorf("%s: config %s, status %s, tags %s", code, text(state.Config), text(state.Status), text(state.Tags))
		}
	}
}

func TestOthersAreTheTrailsThatCouldStandInTheWay(t *testing.T) {
	w := newWorld(t)
	other := trail.Create{Config: trail.Config{Name: "other", S3BucketName: logBucket, IncludeGlobalServiceEvents: true}}
	namesake := other
	namesake.Name = "audit"
	for region, create := range map[string]trail.Create{"us-east-1": other, "us-west-2": namesake} {
		_, err := w.cloud.Apply(w.context, trail.Step{Op: trail.OpCreateTrail, Region: region, ARN: "-", Create: &create})
		if err != nil {
			t.Logf("%s in %s: %v", create.Name, region, err)
		}
	}
	if got := names(w.observe().Others); got != "other@us-east-1" {
		t.Errorf("beside the trail there are %s", got)
	}
	w.apply(t, trail.Step{Op: trail.OpDeleteTrail})
	if _, err := w.cloud.Apply(w.context, trail.Step{Op: trail.OpCreateTrail, Region: "us-west-2", ARN: "-", Create: &namesake}); err != nil {
		t.Fatal(err)
	}
	if got := names(w.observe().Others); got != "other@us-east-1 audit@us-west-2" {
		t.Errorf("in the deleted trail's place there are %s", got)
	}
}

func names(others trail.Facet[[]trail.Config]) string {
	trails, ok := others.Get()
	if !ok {
		return text(others)
	}
	var all []string
	for _, t := range trails {
		all = append(all, t.Name+"@"+t.HomeRegion)
	}
	return strings.Join(all, " ")
}

// A call that is never answered ends with its context, and nothing is left running: synctest fails otherwise.
func TestObserveEndsWithItsContextAndLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, &wire{answer: silent})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		state := c.Observe(ctx, trail.Guarded{
			Config: trail.Config{ARN: guardedARN, HomeRegion: "us-east-1"}, Regions: []string{"a", "b", "eu-west-1"},
			Selectors: &trail.Selectors{}, Tags: &map[string]string{},
		})
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("took %v", took)
		}
		if state.Config.Knowledge() != trail.Unknown || len(state.Regions) != 3 {
			t.Errorf("config is %s, %d regions", text(state.Config), len(state.Regions))
		}
	})
}

// A throttled read becomes known, or unknown for good, within a few seconds.
func TestThrottledReadsGiveUpSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(*http.Request, string) (*http.Response, error) {
			return refusal(400, "ThrottlingException", "Rate exceeded")
		}}
		c := connect(t, w)
		began := time.Now()
		c.Status(t.Context(), guardedARN, "us-east-1")
		if took, calls := time.Since(began), len(w.requests()); took > 3*time.Second || calls != 3 {
			t.Errorf("%d calls in %v", calls, took)
		}
	})
}

// Answers of any shape are unknown or known, and never a panic or a false "gone".
func FuzzObserve(f *testing.F) {
	f.Add(200, `{"Trail":{"TrailARN":"`+guardedARN+`"},"IsLogging":true,"trailList":[{}]}`)
	f.Add(200, `{"Trail":null,"trailList":[null],"EventSelectors":[{"DataResources":[null]}],"ResourceTagList":[{"TagsList":[{}]}]}`)
	f.Add(200, `[]`)
	f.Add(400, `{"__type":"#TrailNotFoundException:"}`)
	f.Add(403, ``)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			status = 200
		}
		c := connect(t, always(status, body))
		c.config.Retryer = func() aws.Retryer { return aws.NopRetryer{} } // waiting finds nothing new
		want := trail.Guarded{Config: trail.Config{ARN: guardedARN, HomeRegion: "us-east-1"}, Selectors: &trail.Selectors{},
			Insights: &[]trail.InsightSelector{}, EventConfiguration: &trail.EventConfiguration{}, Tags: &map[string]string{}}
		state := c.Observe(t.Context(), want)
		if state.Config.Knowledge() == trail.Absent && !strings.Contains(body, "TrailNotFoundException") {
			t.Errorf("%d %q was taken for a deletion", status, body)
		}
	})
}
