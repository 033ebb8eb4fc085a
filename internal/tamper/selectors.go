package tamper

import "slices"

// blinds says whether a PutEventSelectors, which replaces the whole selection, leaves out anything that a full
// selection of management events would record. What it cannot understand counts as blinding.
func (p parameters) blinds() bool {
	basic, advanced := p["eventSelectors"], p["advancedEventSelectors"]
	switch {
	case !empty(advanced):
		return anyBlinds(advanced, advancedBlinds) || !anyRecordsManagement(advanced)
	case !empty(basic):
		return anyBlinds(basic, basicBlinds)
	}
	return true
}

// empty says whether a value is missing, or a list or text without content.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case string:
		return v == ""
	}
	return false
}

// anyBlinds says whether v is no list of objects, or one of them is judged to blind.
func anyBlinds(v any, judge func(map[string]any) bool) bool {
	list, ok := v.([]any)
	if !ok {
		return true
	}
	return slices.ContainsFunc(list, func(item any) bool {
		object, ok := item.(map[string]any)
		return !ok || judge(object)
	})
}

// basicBlinds judges a basic event selector. Of a data resource without values nothing is recorded.
func basicBlinds(s map[string]any) bool {
	return s["readWriteType"] != nil && s["readWriteType"] != "All" ||
		s["includeManagementEvents"] != nil && !isTrue(s["includeManagementEvents"]) ||
		!empty(s["excludeManagementEventSources"]) ||
		s["dataResources"] != nil && anyBlinds(s["dataResources"], func(r map[string]any) bool { return len(texts(r["values"])) == 0 })
}

// advancedBlinds judges an advanced event selector.
func advancedBlinds(s map[string]any) bool {
	return anyBlinds(s["fieldSelectors"], fieldBlinds)
}

// fieldBlinds judges one condition. Category and type of resource say what a selector is about, and an ARN which
// resources it records; every other condition, and every negative one, takes something away.
func fieldBlinds(f map[string]any) bool {
	for _, negative := range []string{"notEquals", "notStartsWith", "notEndsWith"} {
		if !empty(f[negative]) {
			return true
		}
	}
	field, _ := f["field"].(string)
	return !slices.Contains([]string{"eventCategory", "resources.type", "resources.ARN"}, field)
}

// anyRecordsManagement says whether one of the advanced selectors records management events at all.
func anyRecordsManagement(v any) bool {
	list, _ := v.([]any)
	return slices.ContainsFunc(list, func(item any) bool {
		selector, _ := item.(map[string]any)
		fields, _ := selector["fieldSelectors"].([]any)
		return slices.ContainsFunc(fields, func(field any) bool {
			f, _ := field.(map[string]any)
			return f["field"] == "eventCategory" && slices.Contains(texts(f["equals"]), "Management")
		})
	})
}
