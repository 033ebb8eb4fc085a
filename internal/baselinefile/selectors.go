package baselinefile

import (
	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/trail"
)

// selectors reads basic or advanced event selectors; nil if the file has neither.
func (d *decoder) selectors(o object) *trail.Selectors {
	basic, advanced := o.values["eventSelectors"], o.values["advancedEventSelectors"]
	switch {
	case basic != nil && advanced != nil:
		d.fail(later(basic, advanced), "a trail has either eventSelectors or advancedEventSelectors: remove one of them")
		return nil
	case basic != nil:
		return d.basic(o, basic)
	case advanced != nil:
		return d.advanced(o, advanced)
	default:
		return nil
	}
}

func later(a, b *yaml.Node) *yaml.Node {
	if a.Line > b.Line {
		return a
	}
	return b
}

func (d *decoder) basic(o object, at *yaml.Node) *trail.Selectors {
	resources := 0
	s := &trail.Selectors{Basic: objects(o, "eventSelectors", maxBasic, func(e object) trail.EventSelector {
		e.need("readWriteType", "includeManagementEvents")
		return trail.EventSelector{
			ReadWriteType:                 e.text("readWriteType", oneOf("All", "ReadOnly", "WriteOnly")),
			IncludeManagementEvents:       e.flag("includeManagementEvents"),
			ExcludeManagementEventSources: e.texts("excludeManagementEventSources", maxSmall, length(1, 256)),
			DataResources: objects(e, "dataResources", maxResources, func(r object) trail.DataResource {
				r.need("type")
				resource := trail.DataResource{Type: r.text("type", resourceType), Values: r.texts("values", maxResources, length(1, 2048))}
				resources += len(resource.Values)
				return resource
			}, "dataResource"),
		}
	}, "eventSelector")}
	if resources > maxResources {
		d.fail(at, "the selectors name %d resources; CloudTrail allows %d", resources, maxResources)
	}
	return s
}

func (d *decoder) advanced(o object, at *yaml.Node) *trail.Selectors {
	s := &trail.Selectors{Advanced: objects(o, "advancedEventSelectors", maxConditions, d.advancedSelector, "advancedEventSelector")}
	conditions := len(s.Advanced)
	for _, a := range s.Advanced {
		for _, f := range a.FieldSelectors {
			conditions += values(f)
		}
	}
	switch {
	case conditions > maxConditions:
		d.fail(at, "the selectors have %d selectors and values; CloudTrail allows %d", conditions, maxConditions)
	case len(s.Advanced) == 0 && at.Kind == yaml.SequenceNode && len(at.Content) == 0:
		d.fail(at, "advancedEventSelectors is empty, which CloudTrail refuses: add a selector, or leave it out and the selection is not guarded")
	}
	return s
}

func (d *decoder) advancedSelector(a object) trail.AdvancedEventSelector {
	a.need("fieldSelectors")
	s := trail.AdvancedEventSelector{Name: a.text("name", length(0, 1000))}
	category := false
	for _, n := range a.items("fieldSelectors", maxConditions) {
		f, ok := d.object(n, "fieldSelector")
		if !ok {
			continue
		}
		selector := d.fieldSelector(f)
		category = category || selector.Field == "eventCategory"
		s.FieldSelectors = append(s.FieldSelectors, selector)
	}
	if n := a.values["fieldSelectors"]; n != nil && !category {
		d.fail(n, "each advanced selector needs the field eventCategory: add it with equals [Management], [Data] or [NetworkActivity]")
	}
	return s
}

func (d *decoder) fieldSelector(f object) trail.FieldSelector {
	f.need("field")
	texts := func(key string) []string { return f.texts(key, maxConditions, length(1, 2048)) }
	s := trail.FieldSelector{
		Field: f.text("field", length(1, 1000)), Equals: texts("equals"), StartsWith: texts("startsWith"), EndsWith: texts("endsWith"),
		NotEquals: texts("notEquals"), NotStartsWith: texts("notStartsWith"), NotEndsWith: texts("notEndsWith"),
	}
	if values(s) == 0 {
		d.fail(f.at, "the field selector has no values: add equals, startsWith, endsWith, notEquals, notStartsWith or notEndsWith")
	}
	return s
}

// values counts the values of a field selector.
func values(s trail.FieldSelector) int {
	return len(s.Equals) + len(s.StartsWith) + len(s.EndsWith) + len(s.NotEquals) + len(s.NotStartsWith) + len(s.NotEndsWith)
}
