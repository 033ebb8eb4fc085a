package trail

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Canonical returns the baseline with everything in order that has an order without meaning, and without duplicates.
// Its Hash is left as it is.
func (b Baseline) Canonical() Baseline {
	var trails []Guarded
	for _, g := range b.Trails {
		trails = append(trails, g.Canonical())
	}
	slices.SortStableFunc(trails, func(x, y Guarded) int { return cmp.Compare(x.ARN, y.ARN) })
	b.Trails = trails
	b.Resources, b.Guard = sorted(b.Resources), sorted(b.Guard)
	return b
}

// sorted puts resources in the order of their ARNs; nil if there are none. Their documents are canonical as they are.
func sorted(resources []Resource) []Resource {
	if len(resources) == 0 {
		return nil
	}
	resources = slices.Clone(resources)
	slices.SortStableFunc(resources, func(x, y Resource) int { return cmp.Compare(x.ARN, y.ARN) })
	return resources
}

// Canonical returns the guarded trail with everything in order that has an order without meaning, and without duplicates.
func (g Guarded) Canonical() Guarded {
	if g.Selectors != nil {
		selectors := g.Selectors.Canonical()
		g.Selectors = &selectors
	}
	if g.Insights != nil {
		var insights []InsightSelector
		for _, s := range *g.Insights {
			insights = append(insights, InsightSelector{s.InsightType, set(insightCategories(s))})
		}
		insights = ordered(insights)
		g.Insights = &insights
	}
	if g.EventConfiguration != nil {
		config := g.EventConfiguration.Canonical()
		g.EventConfiguration = &config
	}
	g.Dependents = sorted(g.Dependents)
	g.Regions, g.AlertOnly = set(g.Regions), set(g.AlertOnly)
	return g
}

// Canonical returns the configuration with everything in order that has an order without meaning, and without duplicates.
func (c EventConfiguration) Canonical() EventConfiguration {
	result := EventConfiguration{MaxEventSize: c.MaxEventSize}
	for _, s := range c.ContextKeySelectors {
		result.ContextKeySelectors = append(result.ContextKeySelectors, ContextKeySelector{s.Type, set(s.Equals)})
	}
	for _, a := range c.AggregationConfigurations {
		result.AggregationConfigurations = append(result.AggregationConfigurations, AggregationConfiguration{a.EventCategory, set(a.Templates)})
	}
	result.ContextKeySelectors = ordered(result.ContextKeySelectors)
	result.AggregationConfigurations = ordered(result.AggregationConfigurations)
	return result
}

// Canonical returns the selectors with everything in order that has an order without meaning, and without duplicates.
// Selectors that differ after that may still record the same; Diff tells.
func (s Selectors) Canonical() Selectors {
	var c Selectors
	for _, e := range s.Basic {
		e.ExcludeManagementEventSources = set(e.ExcludeManagementEventSources)
		var resources []DataResource
		for _, r := range e.DataResources {
			resources = append(resources, DataResource{r.Type, set(r.Values)})
		}
		e.DataResources = ordered(resources)
		c.Basic = append(c.Basic, e)
	}
	for _, a := range s.Advanced {
		var fields []FieldSelector
		for _, f := range a.FieldSelectors {
			fields = append(fields, FieldSelector{f.Field, set(f.Equals), set(f.StartsWith), set(f.EndsWith), set(f.NotEquals), set(f.NotStartsWith), set(f.NotEndsWith)})
		}
		a.FieldSelectors = ordered(fields)
		c.Advanced = append(c.Advanced, a)
	}
	c.Basic, c.Advanced = ordered(c.Basic), ordered(c.Advanced)
	return c
}

// set sorts and drops duplicates; nil if there is nothing.
func set(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// ordered sorts values by their JSON and drops duplicates; nil if there is nothing.
func ordered[T any](values []T) []T {
	type keyed struct {
		value T
		key   string
	}
	var all []keyed
	for _, v := range values {
		key, err := json.Marshal(v)
		if err != nil { // none of the types of this package can fail to encode
			return values
		}
		all = append(all, keyed{v, string(key)})
	}
	slices.SortFunc(all, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	var result []T
	for i, k := range all {
		if i == 0 || k.key != all[i-1].key {
			result = append(result, k.value)
		}
	}
	return result
}
