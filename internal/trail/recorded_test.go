package trail

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestRecordedAndMissing(t *testing.T) {
	const arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"
	advanced := func(conditions ...FieldSelector) AdvancedEventSelector {
		return AdvancedEventSelector{FieldSelectors: conditions}
	}
	is := func(field string, values ...string) FieldSelector { return FieldSelector{Field: field, Equals: values} }
	all := Selectors{Advanced: []AdvancedEventSelector{advanced(is(eventCategory, management)), advanced(is(eventCategory, data), is(resourceType, "AWS::S3::Object")), advanced(is(eventCategory, networkActivity), is(eventSource, "s3.amazonaws.com"))}}
	some := func(n ...int) (s Selectors) {
		for _, i := range n {
			s.Advanced = append(s.Advanced, all.Advanced[i])
		}
		return s
	}
	basic := Selectors{Basic: []EventSelector{{ReadWriteType: "All", IncludeManagementEvents: true}}}
	empty := Selectors{Basic: []EventSelector{{ReadWriteType: "All", DataResources: []DataResource{{Type: "AWS::S3::Object"}}}}}
	for name, test := range map[string]struct {
		want, have Selectors
		recorded   string
		missing    map[string]string // a part of the words
	}{
		"the same":                    {all, all, "Management Data NetworkActivity", nil},
		"spelt otherwise":             {basic, some(0), "Management", nil},
		"no data":                     {all, some(0, 2), "Management Data NetworkActivity", map[string]string{data: "data events of AWS::S3::Object"}},
		"nothing but data":            {all, some(1), "Management Data NetworkActivity", map[string]string{management: "management events", networkActivity: "s3.amazonaws.com"}},
		"reads only":                  {basic, Selectors{Basic: []EventSelector{{ReadWriteType: "ReadOnly", IncludeManagementEvents: true}}}, "Management", map[string]string{management: "management write events"}},
		"empty values record nothing": {basic, empty, "Management", map[string]string{management: "management events"}},
		"what was not wanted":         {some(1), some(0), "Data", map[string]string{data: "data events"}},
		"one user": {some(0), Selectors{Advanced: []AdvancedEventSelector{advanced(is(eventCategory, management), FieldSelector{Field: userARN, NotEquals: []string{"arn:eve"}})}},
			"Management", map[string]string{management: "arn:eve"}},
	} {
		if got := strings.Join(test.want.Recorded(arn), " "); got != test.recorded {
			t.Errorf("%s: records %s, want %s", name, got, test.recorded)
		}
		got := test.want.Missing(test.have, arn)
		if len(got) != len(test.missing) {
			t.Errorf("%s: missing %v, want %v", name, got, test.missing)
		}
		for category, words := range test.missing {
			if !strings.Contains(got[category], words) {
				t.Errorf("%s: of %s, %q is missing, want %q", name, category, got[category], words)
			}
		}
	}
	if empty.Recorded(arn) != nil && len(empty.Recorded(arn)) > 0 {
		t.Errorf("a selector without values records %v", empty.Recorded(arn))
	}
	huge := Selectors{Advanced: []AdvancedEventSelector{advanced(is(eventCategory, management), FieldSelector{Field: eventName})}}
	for n := range 200 {
		huge.Advanced[0].FieldSelectors[1].NotStartsWith = append(huge.Advanced[0].FieldSelectors[1].NotStartsWith, fmt.Sprint("a", n))
		huge.Advanced[0].FieldSelectors[1].NotEndsWith = append(huge.Advanced[0].FieldSelectors[1].NotEndsWith, fmt.Sprint("b", n))
	}
	if got := basic.Missing(huge, arn)[management]; got != tooLarge {
		t.Errorf("a selection that is too large to compare: %q", got)
	}
	before := all.Advanced[1].FieldSelectors
	all.Missing(basic, arn)
	if !slices.EqualFunc(before, all.Advanced[1].FieldSelectors, func(a, b FieldSelector) bool { return slices.Equal(a.Equals, b.Equals) }) {
		t.Error("the selectors were changed")
	}
}
