package posture

import (
	"encoding/json"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// Merged are selectors that select what a trail's selectors select, and all events of some categories: PutEventSelectors
// replaces the whole list, so that nothing may be left out. Basic selectors become advanced ones of the same meaning, since a
// trail has either. A selector of the trail that a new one covers is dropped.
func Merged(have trail.Selectors, categories ...Category) trail.Selectors {
	merged := have.Advanced
	for _, basic := range have.Basic {
		merged = append(merged, advanced(basic)...)
	}
	var added []trail.AdvancedEventSelector
	for _, c := range categories {
		for _, s := range c.each() {
			s.Name = c.Name
			added = append(added, s)
		}
	}
	var kept []trail.AdvancedEventSelector
	for _, old := range merged {
		if !covers(added, old) {
			kept = append(kept, old)
		}
	}
	return trail.Selectors{Advanced: append(kept, added...)}
}

// each is the category's selectors as a trail takes them: one resource type for each.
func (c Category) each() []trail.AdvancedEventSelector {
	var list []trail.AdvancedEventSelector
	for _, s := range c.selectors().Advanced {
		at := -1
		for n, f := range s.FieldSelectors {
			if f.Field == "resources.type" && len(f.Equals) > 1 {
				at = n
			}
		}
		if at < 0 {
			list = append(list, s)
			continue
		}
		for _, kind := range s.FieldSelectors[at].Equals {
			one := trail.AdvancedEventSelector{FieldSelectors: append([]trail.FieldSelector(nil), s.FieldSelectors...)}
			one.FieldSelectors[at] = trail.FieldSelector{Field: "resources.type", Equals: []string{kind}}
			list = append(list, one)
		}
	}
	return list
}

// covers says whether the new selectors select everything that an old one does.
func covers(added []trail.AdvancedEventSelector, old trail.AdvancedEventSelector) bool {
	const any = "arn:aws:cloudtrail:::trail/any"
	want, have := trail.Selectors{Advanced: []trail.AdvancedEventSelector{old}}, trail.Selectors{Advanced: added}
	overlaps, ok := want.Overlaps(have, any)
	return ok && overlaps && len(want.Missing(have, any)) == 0
}

// advanced are the advanced selectors that select what a basic one does.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
func advanced(s trail.EventSelector) []trail.AdvancedEventSelector {
	var list []trail.AdvancedEventSelector
	add := func(fields ...trail.FieldSelector) {
		switch s.ReadWriteType {
		case "ReadOnly":
			fields = append(fields, trail.FieldSelector{Field: "readOnly", Equals: []string{"true"}})
		case "WriteOnly":
			fields = append(fields, trail.FieldSelector{Field: "readOnly", Equals: []string{"false"}})
		}
		list = append(list, trail.AdvancedEventSelector{FieldSelectors: fields})
	}
	if s.IncludeManagementEvents {
		fields := []trail.FieldSelector{{Field: "eventCategory", Equals: []string{trail.CategoryManagement}}}
		if len(s.ExcludeManagementEventSources) > 0 {
			fields = append(fields, trail.FieldSelector{Field: "eventSource", NotEquals: s.ExcludeManagementEventSources})
		}
		add(fields...)
	}
	for _, r := range s.DataResources {
		if len(r.Values) == 0 { // which records nothing
			continue
		}
		fields := []trail.FieldSelector{{Field: "eventCategory", Equals: []string{trail.CategoryData}}, {Field: "resources.type", Equals: []string{r.Type}}}
		if f := arnField(r); len(f.Equals)+len(f.StartsWith) > 0 {
			fields = append(fields, f)
		}
		add(fields...)
	}
	return list
}

// arnField is the condition that a basic selector's values stand for; none if one of them stands for all resources.
func arnField(r trail.DataResource) trail.FieldSelector {
	f := trail.FieldSelector{Field: "resources.ARN"}
	for _, v := range r.Values {
		if strings.Count(strings.TrimRight(v, ":"), ":") <= 2 { // arn:aws:s3, arn:aws:lambda, arn:aws:dynamodb
			return trail.FieldSelector{}
		}
		if r.Type == s3Object {
			f.StartsWith = append(f.StartsWith, v)
		} else {
			f.Equals = append(f.Equals, v)
		}
	}
	return f
}

// selectorsCommand is the command that makes the account's principal trail select all events of categories too; empty if its
// selectors are not known, and the check's own command has to do.
func (s scope) selectorsCommand(categories ...Category) string {
	t, ok := s.principalTrail()
	have, known := t.Selectors.Get()
	if !ok || !known {
		return ""
	}
	return "aws cloudtrail put-event-selectors --region {region} --trail-name {trail} --advanced-event-selectors " + quoted(selectorsJSON(Merged(have, categories...)))
}

// selectorsJSON is advanced selectors as the command line takes them.
func selectorsJSON(s trail.Selectors) string {
	type field struct {
		Field                                                               string
		Equals, StartsWith, EndsWith, NotEquals, NotStartsWith, NotEndsWith []string `json:",omitempty"`
	}
	type selector struct {
		Name           string `json:",omitempty"`
		FieldSelectors []field
	}
	var list []selector
	for _, a := range s.Advanced {
		one := selector{Name: a.Name}
		for _, f := range a.FieldSelectors {
			one.FieldSelectors = append(one.FieldSelectors, field(f))
		}
		list = append(list, one)
	}
	text, _ := json.MarshalIndent(list, "", "")                                                                   // texts and lists of texts, which cannot fail
	return strings.NewReplacer("[\n", "[", "{\n", "{", "\n]", "]", "\n}", "}", ",\n", ", ").Replace(string(text)) // no text has a line's end in it
}
