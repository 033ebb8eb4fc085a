package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
)

func windowBaseline() trail.Baseline {
	audit := trail.Guarded{Dependents: []trail.Resource{{ARN: "arn:aws:s3:::audit-logs", Type: trail.Bucket}}}
	audit.Name, audit.ARN = "audit", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit"
	return trail.Baseline{
		Trails: []trail.Guarded{audit},
		Guard:  []trail.Resource{{ARN: "arn:aws:events:eu-west-1:111122223333:rule/trailhold", Type: trail.Rule, Region: "eu-west-1"}},
	}
}

func TestFieldsOfAWindow(t *testing.T) {
	b := windowBaseline()
	for _, test := range []struct {
		flags windowFlags
		want  string // the fields, or the end of the error
	}{
		{windowFlags{trail: "audit", fields: []string{"tags", " bucket.policy", "tags"}}, "tags bucket.policy"},
		{windowFlags{trail: b.Trails[0].ARN, fields: []string{"logging"}}, "logging"},
		{windowFlags{resource: b.Guard[0].ARN, fields: []string{"all"}}, "rule.identity rule.definition rule.targets"},
		{windowFlags{resource: b.Guard[0].ARN, fields: []string{"logging"}}, "guards no logging of rule trailhold: shell completion lists them, and so does the baseline"},
		{windowFlags{trail: "audit", fields: []string{"policy"}}, `there is no field "policy" (did you mean bucket.policy?)`},
		{windowFlags{trail: "audit", fields: []string{"S3bucketname"}}, `(did you mean s3BucketName?)`},
		{windowFlags{trail: "audit", fields: []string{"Trail"}}, `(did you mean trail or isMultiRegionTrail or isOrganizationTrail?)`},
		{windowFlags{trail: "audit", fields: []string{"ALL"}}, `there is no field "ALL": shell completion lists them, and so does the baseline`},
		{windowFlags{trail: b.Guard[0].ARN}, `the baseline guards no trail "` + b.Guard[0].ARN + `": it guards audit`},
		{windowFlags{resource: b.Trails[0].ARN}, `by itself: it guards ` + b.Guard[0].ARN},
	} {
		var fields []trail.Field
		unit, err := test.flags.unit(b)
		if err == nil {
			fields, err = chosenFields(unit, test.flags.fields)
		}
		got := strings.Join(texts(fields), " ")
		if err != nil {
			got = err.Error()
		}
		if got != test.want && (err == nil || !strings.HasSuffix(got, test.want)) {
			t.Errorf("%+v: %s\nwant %s", test.flags, got, test.want)
		}
	}
}

// TestAllFieldsOfATrail: "all" must name what ends recording, or the alert would not.
func TestAllFieldsOfATrail(t *testing.T) {
	unit, err := (&windowFlags{trail: "audit"}).unit(windowBaseline())
	if err != nil {
		t.Fatal(err)
	}
	all, err := chosenFields(unit, []string{"all"})
	for _, want := range []trail.Field{trail.FieldTrail, trail.FieldLogging, "bucket.identity", "bucket.policy"} {
		if !slices.Contains(all, want) {
			t.Errorf("%v, %v: want %s among them", all, err, want)
		}
	}
	if slices.Contains(all, "key.policy") {
		t.Error("the trail has no key, and a window for its policy")
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"logging", "lodging", 1}, {"tags", "tag", 1}, {"kitten", "sitting", 3}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%s and %s: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
