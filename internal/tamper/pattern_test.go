package tamper

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// matcher asks the lab's EventBridge whether a pattern lets a record through.
type matcher struct{ box *lab.Lab }

func newMatcher(t *testing.T) matcher {
	box := lab.New(lab.Options{Regions: []string{region}})
	t.Cleanup(box.Close)
	return matcher{box}
}

func (m matcher) matches(t *testing.T, pattern string, r record.Record) bool {
	t.Helper()
	kind, category := apiCall, r.EventCategory
	if r.EventName == "DeleteKey" || r.EventName == "AccountDepartedOrganization" {
		kind = serviceEvent
	}
	service, _, _ := strings.Cut(r.EventSource, ".")
	detail := map[string]any{"eventSource": r.EventSource, "eventName": r.EventName, "eventCategory": category, "requestParameters": r.RequestParameters}
	if r.ErrorCode != "" {
		detail["errorCode"] = r.ErrorCode
	}
	event := encode(map[string]any{
		"id": "1", "account": account, "source": "aws." + service, "time": "2026-03-01T00:00:00Z", "region": r.Region,
		"resources": []string{}, "detail-type": kind, "detail": detail,
	})
	body := encode(map[string]string{"EventPattern": pattern, "Event": event})
	request, err := http.NewRequest(http.MethodPost, "http://events", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=lab/20260301/eu-central-1/events/aws4_request")
	request.Header.Set("X-Amz-Target", "AWSEvents.TestEventPattern")
	answer, err := m.box.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var out struct{ Result bool }
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", pattern, answer.Status, err)
	}
	return out.Result
}

// heard says whether any of the patterns lets a record through, on the bus of its region.
func (m matcher) heard(t *testing.T, patterns []Pattern, r record.Record) bool {
	t.Helper()
	return slices.ContainsFunc(patterns, func(p Pattern) bool {
		return p.Source == r.EventSource && p.Region == r.Region && p.Account == account && m.matches(t, p.Text, r)
	})
}

func TestEventPatternsLetThroughWhatMatters(t *testing.T) {
	m := newMatcher(t)
	patterns := EventPatterns(everything())
	for _, e := range examples {
		r := e.record()
		if e.source == sourceCloudTrail && r.Region != region {
			t.Fatal("the example is of no bus")
		}
		denied := failed(r, "AccessDenied", denial)
		denied.RequestParameters = nil
		oversized := r
		oversized.RequestParameters = []byte(`{"reason":"requestParameters too large","omitted":true,"originalSize":120000}`)
		for name, r := range map[string]record.Record{"succeeded": r, "denied": denied, "oversized": oversized} {
			data := deletesObjects(Call{e.source, e.name}) && name != "succeeded" // S3 always records what a data event is about
			if got := m.heard(t, patterns, r); got == data {
				t.Errorf("%s %s, %s: heard %v", e.name, e.parameters, name, got)
			}
		}
	}
	for _, name := range trailCalls() {
		if !m.heard(t, patterns, call(name, `{"name":"anything"}`)) {
			t.Errorf("%s is not heard", name)
		}
	}
}

// What other resources of busy services go through must not wake the guard.
func TestEventPatternsKeepOutTheRest(t *testing.T) {
	m := newMatcher(t)
	patterns := EventPatterns(everything())
	for _, e := range examples {
		busy := e.source != sourceCloudFormation && e.source != sourceCloudTrail && e.is != trail.EventBus
		if e.unnamed() || !busy {
			continue
		}
		if m.heard(t, patterns, e.elsewhere().record()) {
			t.Errorf("%s %s is heard", e.name, e.elsewhere().parameters)
		}
	}
	for _, r := range []record.Record{
		example{source: sourceS3, name: "PutObject", parameters: `{"bucketName":"mine-logs"}`}.record(),
		example{source: sourceKMS, name: "GenerateDataKey", parameters: `{"keyId":"` + keyID + `"}`}.record(),
		call("DescribeTrails", ""),
	} {
		if m.heard(t, patterns, r) {
			t.Errorf("%s is heard", r.EventName)
		}
	}
}

func TestEventPatternsOfAnEmptyBaseline(t *testing.T) {
	if got := EventPatterns(trail.Baseline{Account: account}); got != nil {
		t.Errorf("%+v", got)
	}
}

func TestEventPatternsOfTrails(t *testing.T) {
	b := trail.Baseline{Account: account, Trails: []trail.Guarded{
		{Config: trail.Config{ARN: auditARN, HomeRegion: region}, Regions: []string{"eu-west-1"}},
		{Config: trail.Config{ARN: auditARN + "2", HomeRegion: "eu-west-1"}},
	}}
	var got []string
	for _, p := range EventPatterns(b) {
		got = append(got, p.Account+" "+p.Region+" "+p.Source)
	}
	want := []string{
		"111122223333 eu-central-1 cloudtrail.amazonaws.com", "111122223333 eu-west-1 cloudtrail.amazonaws.com",
		"111122223333 us-east-1 account.amazonaws.com", "111122223333 us-east-1 organizations.amazonaws.com",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestEventPatternsFollowTheResource(t *testing.T) {
	bucket := trail.Resource{Type: trail.Bucket, ARN: "arn:aws:s3:::central", Region: "eu-north-1", Account: "999988887777"}
	role := trail.Resource{Type: trail.Role, ARN: "arn:aws-us-gov:iam::111122223333:role/x", Region: "us-gov-east-1", Account: account}
	trails := trail.Guarded{Config: trail.Config{ARN: auditARN, HomeRegion: region}, Dependents: []trail.Resource{bucket, role}}
	patterns := EventPatterns(trail.Baseline{Account: account, Trails: []trail.Guarded{trails, trails}})
	for _, want := range []Pattern{
		{Account: "999988887777", Region: "eu-north-1", Source: sourceS3},
		{Account: account, Region: "us-gov-west-1", Source: sourceIAM},
	} {
		n := slices.IndexFunc(patterns, func(p Pattern) bool {
			return p.Account == want.Account && p.Region == want.Region && p.Source == want.Source
		})
		if n < 0 || strings.Count(patterns[n].Text, `"central"`) > 2 {
			t.Errorf("%+v is not among %+v", want, patterns)
		}
	}
	if got := busRegion(sourceIAM, trail.Resource{ARN: "arn:aws-cn:iam::1:role/x"}); got != "cn-north-1" {
		t.Error(got)
	}
	if got := busRegion(sourceOrganizations, trail.Resource{ARN: "arn:aws-cn:cloudtrail:cn-north-1:1:trail/x"}); got != "cn-northwest-1" {
		t.Error(got)
	}
}

// EventBridge takes patterns of 2,048 bytes, and a guarded account may have hundreds of resources.
func TestEventPatternsFit(t *testing.T) {
	m := newMatcher(t)
	b := everything()
	for n := range 300 {
		for _, kind := range []trail.ResourceType{trail.Bucket, trail.Key, trail.LogGroup, trail.Alarm, trail.Function, trail.Role, trail.Topic} {
			r := guardedResource(kind)
			r.ARN = strings.TrimSuffix(r.ARN, ":*") + fmt.Sprintf("-with-quite-a-long-name-as-people-have-them-%d", n)
			b.Resources = append(b.Resources, r)
		}
	}
	patterns := EventPatterns(b)
	for _, p := range patterns {
		if len(p.Text) > maxPattern {
			t.Errorf("%d bytes: %s", len(p.Text), p.Text)
		}
	}
	for _, n := range []int{0, 17, 299} {
		name := fmt.Sprintf("mine-logs-with-quite-a-long-name-as-people-have-them-%d", n)
		if !m.heard(t, patterns, example{source: sourceS3, name: "DeleteBucket", parameters: `{"bucketName":"` + name + `"}`}.record()) {
			t.Errorf("bucket %d is not heard", n)
		}
	}
}

func TestEventPattern(t *testing.T) {
	m := newMatcher(t)
	for _, name := range EventNames(sourceCloudTrail) {
		if !m.matches(t, EventPattern(), call(name, "")) {
			t.Errorf("%s does not match", name)
		}
	}
	if m.matches(t, EventPattern(), call("LookupEvents", "")) {
		t.Error("a read matches")
	}
	if n := len(EventPattern()); n > maxPattern {
		t.Errorf("%d bytes", n)
	}
}

// What calls on kinds that are not guarded there do is nobody's concern.
func TestEventPatternsListenToGuardedKindsOnly(t *testing.T) {
	m := newMatcher(t)
	patterns := EventPatterns(trail.Baseline{Account: account, Guard: []trail.Resource{guardedResource(trail.Rule)}})
	for name, want := range map[string]bool{"DeleteRule": true, "PutPermission": false, "PutTargets": true} {
		r := example{source: sourceEvents, name: name, parameters: `{"name":"mine-rule","rule":"mine-rule"}`}.record()
		if m.heard(t, patterns, r) != want {
			t.Errorf("%s is heard: %v", name, !want)
		}
	}
}
