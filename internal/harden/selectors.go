package harden

import (
	"slices"
	"strconv"
	"strings"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// bedrock are the resource types of Amazon Bedrock's data events, of which a selector names one.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
var bedrock = []string{
	"AWS::Bedrock::AgentAlias", "AWS::Bedrock::AsyncInvoke", "AWS::Bedrock::FlowAlias", "AWS::Bedrock::Guardrail",
	"AWS::Bedrock::InlineAgent", "AWS::Bedrock::KnowledgeBase", "AWS::Bedrock::Model", "AWS::Bedrock::PromptVersion",
}

// managementEvents adds a selector for all management events to those that the principal trail has.
func managementEvents(d *draft, _ posture.Finding) string {
	t, _, ok := d.principal()
	if !ok {
		return noTrail
	}
	return d.selecting(t, selector("Management events", trail.FieldSelector{Field: "eventCategory", Equals: []string{trail.CategoryManagement}}))
}

// selectData adds selectors for data events of some types of resources, in all regions, to those that the principal trail
// has. readOnly is "true" or "false" for reads or writes only.
func selectData(name, readOnly string, types ...string) func(*draft, posture.Finding) string {
	return func(d *draft, _ posture.Finding) string {
		t, _, ok := d.principal()
		if !ok {
			return noTrail
		}
		var added []trail.AdvancedEventSelector
		for _, kind := range types {
			fields := []trail.FieldSelector{{Field: "eventCategory", Equals: []string{trail.CategoryData}}, {Field: "resources.type", Equals: []string{kind}}}
			if readOnly != "" {
				fields = append(fields, trail.FieldSelector{Field: "readOnly", Equals: []string{readOnly}})
			}
			full := name
			if len(types) > 1 {
				full += ": " + kind[strings.LastIndexByte(kind, ':')+1:]
			}
			added = append(added, selector(full, fields...))
		}
		return d.selecting(t, added...)
	}
}

func selector(name string, fields ...trail.FieldSelector) trail.AdvancedEventSelector {
	return trail.AdvancedEventSelector{Name: name, FieldSelectors: fields}
}

// selecting adds what a trail does not select yet. Basic selectors become the advanced ones that record the same, since a
// trail has either; that nothing is lost by it, is asked of what compares selections, not believed.
func (d *draft) selecting(t *trail.State, added ...trail.AdvancedEventSelector) (why string) {
	have, known := t.Selectors.Get()
	if !known {
		return "what the trail selects could not be read, and what is not known is not written over: " + t.Selectors.Why()
	}
	want := trail.Selectors{Advanced: append(advanced(have, partitionIn(t.ARN)), have.Advanced...)}
	changed := false
	for _, a := range added {
		one := trail.Selectors{Advanced: []trail.AdvancedEventSelector{a}}
		if len(one.Missing(want, t.ARN)) > 0 {
			a.Name = unused(want, a.Name)
			want.Advanced, changed = append(want.Advanced, a), true
		}
	}
	if !changed {
		return ""
	}
	if conditions(want) > maxConditions {
		return "the trail has no room for more selectors: CloudTrail takes 500 conditions"
	}
	if lost := have.Missing(want, t.ARN); len(lost) > 0 {
		return "its selectors cannot be added to without losing some events: do it by hand"
	}
	t.Selectors = trail.Known(want)
	d.note(facet{arn: t.ARN, field: trail.FieldSelectors})
	return ""
}

// unused is a name that no selector has.
func unused(s trail.Selectors, name string) string {
	free := name
	for n := 2; slices.ContainsFunc(s.Advanced, func(a trail.AdvancedEventSelector) bool { return a.Name == free }); n++ {
		free = name + " " + strconv.Itoa(n)
	}
	return free
}

// maxConditions is how many conditions the advanced selectors of one trail may have.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
const maxConditions = 500

func conditions(s trail.Selectors) int {
	count := 0
	for _, a := range s.Advanced {
		for _, f := range a.FieldSelectors {
			count += len(f.Equals) + len(f.StartsWith) + len(f.EndsWith) + len(f.NotEquals) + len(f.NotStartsWith) + len(f.NotEndsWith)
		}
	}
	return count
}

// advanced are the advanced selectors that record what basic ones do.
func advanced(s trail.Selectors, partition string) []trail.AdvancedEventSelector {
	var all []trail.AdvancedEventSelector
	for _, b := range s.Basic {
		var common []trail.FieldSelector
		switch b.ReadWriteType {
		case "ReadOnly":
			common = []trail.FieldSelector{{Field: "readOnly", Equals: []string{"true"}}}
		case "WriteOnly":
			common = []trail.FieldSelector{{Field: "readOnly", Equals: []string{"false"}}}
		}
		if b.IncludeManagementEvents {
			fields := []trail.FieldSelector{{Field: "eventCategory", Equals: []string{trail.CategoryManagement}}}
			if len(b.ExcludeManagementEventSources) > 0 {
				fields = append(fields, trail.FieldSelector{Field: "eventSource", NotEquals: b.ExcludeManagementEventSources})
			}
			all = append(all, selector(unused(trail.Selectors{Advanced: all}, "Management events as before"), append(fields, common...)...))
		}
		for _, r := range b.DataResources {
			if len(r.Values) > 0 { // one without values records nothing
				all = append(all, selector(unused(trail.Selectors{Advanced: all}, "Data events as before"), append(dataFields(r, partition), common...)...))
			}
		}
	}
	return all
}

// dataFields are the conditions that a basic selector's data resource stands for: S3's values are prefixes, the others are
// exact, and the bare service means everything.
func dataFields(r trail.DataResource, partition string) []trail.FieldSelector {
	fields := []trail.FieldSelector{{Field: "eventCategory", Equals: []string{trail.CategoryData}}, {Field: "resources.type", Equals: []string{r.Type}}}
	everything := slices.ContainsFunc(r.Values, func(v string) bool {
		rest, ok := strings.CutPrefix(v, "arn:"+partition+":")
		return ok && !strings.Contains(strings.TrimRight(rest, ":"), ":")
	})
	switch {
	case everything:
		return fields
	case r.Type == "AWS::S3::Object":
		return append(fields, trail.FieldSelector{Field: "resources.ARN", StartsWith: r.Values})
	}
	return append(fields, trail.FieldSelector{Field: "resources.ARN", Equals: r.Values})
}
