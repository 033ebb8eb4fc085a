package posture

import (
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
)

// TestMerged: what a trail records it still records afterwards, and what was asked for as well.
func TestMerged(t *testing.T) {
	basic := func(kind string, management bool, excluded []string, data ...trail.DataResource) trail.Selectors {
		return trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: kind, IncludeManagementEvents: management, ExcludeManagementEventSources: excluded, DataResources: data}}}
	}
	for name, have := range map[string]trail.Selectors{
		"nothing":    {},
		"everything": everythingSelected(),
		"basic":      basic("All", true, nil),
		"read only":  basic("ReadOnly", true, []string{"kms.amazonaws.com"}),
		"some data": basic("WriteOnly", false, nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3:::one/", "arn:aws:s3:::two/p"}},
			trail.DataResource{Type: lambdaFn, Values: []string{"arn:aws:lambda:us-east-1:111122223333:function:f"}}, trail.DataResource{Type: dynamoTable}),
		"all data": basic("All", true, nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3:::"}}, trail.DataResource{Type: dynamoTable, Values: []string{"arn:aws:dynamodb"}}),
		"left out": {Advanced: []trail.AdvancedEventSelector{{FieldSelectors: []trail.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}, {Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}}}}},
	} {
		for _, c := range []Category{category(s3Write), category("Bedrock"), {Name: "Management events", Event: trail.CategoryManagement}} {
			merged := Merged(have, c)
			if missing := have.Missing(merged, trailARN); len(missing) > 0 {
				t.Errorf("%s with %s loses %v", name, c.Name, missing)
			}
			if missing := c.selectors().Missing(merged, trailARN); len(missing) > 0 {
				t.Errorf("%s with %s lacks %v", name, c.Name, missing)
			}
			if more := merged.Missing(trail.Selectors{Basic: have.Basic, Advanced: append(c.selectors().Advanced, have.Advanced...)}, trailARN); len(more) > 0 {
				t.Errorf("%s with %s selects %v besides", name, c.Name, more)
			}
		}
	}
}

func TestSelectorsJSON(t *testing.T) {
	got := selectorsJSON(Merged(trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "All", IncludeManagementEvents: true}}}, category(s3Read)))
	const want = `[{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}, {"Name": "S3 object read", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}, {"Field": "readOnly", "Equals": ["true"]}]}]`
	if got != want {
		t.Errorf("got %s", got)
	}
}
