package lab

import "testing"

func TestDeletionsAreRecordedByTrailsThatSelectThem(t *testing.T) {
	yes, no := true, false
	deletion := &eventRecord{EventCategory: "Data", EventName: "DeleteObject", object: "arn:aws:s3:::logs/AWSLogs/x"}
	read := func(values ...string) eventSelector {
		return eventSelector{ReadWriteType: "All", IncludeManagementEvents: &yes, DataResources: []dataResource{{Type: s3Objects, Values: values}}}
	}
	onlyReads := read("arn:aws:s3")
	onlyReads.ReadWriteType = "ReadOnly"
	dataOnly := read("arn:aws:s3:::logs/")
	dataOnly.IncludeManagementEvents = &no
	advanced := func(fields ...fieldSelector) *trail {
		return &trail{advanced: []advancedSelector{{FieldSelectors: append([]fieldSelector{{Field: "eventCategory", Equals: []string{"Data"}}}, fields...)}}}
	}
	for name, c := range map[string]struct {
		trail *trail
		want  bool
	}{
		"no data events":       {&trail{basic: defaultSelectors()}, false},
		"all buckets":          {&trail{basic: []eventSelector{read("arn:aws:s3")}}, true},
		"the bucket":           {&trail{basic: []eventSelector{dataOnly}}, true},
		"another bucket":       {&trail{basic: []eventSelector{read("arn:aws:s3:::other/")}}, false},
		"no bucket":            {&trail{basic: []eventSelector{read()}}, false},
		"reads":                {&trail{basic: []eventSelector{onlyReads}}, false},
		"advanced":             {advanced(fieldSelector{Field: "resources.type", Equals: []string{s3Objects}}), true},
		"advanced, elsewhere":  {advanced(fieldSelector{Field: "resources.ARN", StartsWith: []string{"arn:aws:s3:::other/"}}), false},
		"advanced, management": {&trail{advanced: []advancedSelector{{FieldSelectors: []fieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}}}, false},
	} {
		if got := c.trail.selects(deletion); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
