package trail

import (
	"maps"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/severity"
)

// difference compares two sets of words: what the second lacks and what it has beyond the first, sorted.
func difference(want, have []string) (lost, gained []string) {
	for _, w := range set(want) {
		if !slices.Contains(have, w) {
			lost = append(lost, w)
		}
	}
	for _, h := range set(have) {
		if !slices.Contains(want, h) {
			gained = append(gained, h)
		}
	}
	return lost, gained
}

// setDrift judges a change of something of which more is better.
func setDrift(d Drift, lost, gained []string) (Drift, bool) {
	switch {
	case len(lost) > 0:
		d.Direction, d.Severity, d.Detail = Narrowing, severity.Medium, "turned off: "+list(lost)
		if len(gained) > 0 {
			d.Detail += "; turned on: " + list(gained)
		}
	case len(gained) > 0:
		d.Direction, d.Severity, d.Detail = Widening, severity.Info, "turned on: "+list(gained)
	default:
		return Drift{}, false
	}
	return d, true
}

func diffInsights(want Guarded, have State, result *Difference) {
	if want.Insights == nil {
		return
	}
	insights, ok := checkKnown(result, "insights", orEmpty(have.Insights)) // GetInsightSelectors has an error for "none"
	if !ok {
		return
	}
	lost, gained := difference(insightWords(*want.Insights), insightWords(insights))
	if drift, ok := setDrift(Drift{Field: FieldInsights, Before: *want.Insights, After: insights}, lost, gained); ok {
		result.add(drift)
	}
}

// insightWords spells out each kind of Insights with each category of events it looks at. Without a category it looks
// at management events (the API's InsightSelector).
func insightWords(selectors []InsightSelector) []string {
	var words []string
	for _, s := range selectors {
		for _, category := range insightCategories(s) {
			words = append(words, s.InsightType+"/"+category)
		}
	}
	return words
}

func insightCategories(s InsightSelector) []string {
	if len(s.EventCategories) == 0 {
		return []string{management}
	}
	return s.EventCategories
}

func diffEventConfiguration(want Guarded, have State, result *Difference) {
	if want.EventConfiguration == nil {
		return
	}
	config, ok := checkKnown(result, "eventConfiguration", orEmpty(have.EventConfiguration))
	if !ok {
		return
	}
	lost, gained := difference(eventConfigurationWords(*want.EventConfiguration), eventConfigurationWords(config))
	d := Drift{Field: FieldEventConfiguration, Before: *want.EventConfiguration, After: config}
	if drift, ok := setDrift(d, lost, gained); ok {
		result.add(drift)
	}
}

// eventConfigurationWords spells out each thing that the configuration adds to the standard one.
func eventConfigurationWords(c EventConfiguration) []string {
	var words []string
	if c.MaxEventSize != "" && c.MaxEventSize != "Standard" {
		words = append(words, "maxEventSize/"+c.MaxEventSize)
	}
	for _, s := range c.ContextKeySelectors {
		for _, key := range s.Equals {
			words = append(words, s.Type+"/"+key)
		}
	}
	for _, a := range c.AggregationConfigurations {
		for _, template := range a.Templates {
			words = append(words, "aggregation/"+a.EventCategory+"/"+template)
		}
	}
	return words
}

func diffTags(want Guarded, have State, result *Difference) {
	if want.Tags == nil {
		return
	}
	tags, ok := checkKnown(result, "tags", have.Tags)
	if !ok {
		return
	}
	change := compareTags(*want.Tags, tags)
	if change.none() {
		return
	}
	d := Drift{Field: FieldTags, Before: *want.Tags, After: tags, Direction: Neutral, Severity: severity.Low, Detail: change.words()}
	if len(change.set) > 0 { // tags may carry access control: losing one may open the trail to others
		d.Direction, d.Severity = Narrowing, severity.Medium
	}
	result.add(d)
}

// tagChange is what would make the tags right again.
type tagChange struct {
	set    map[string]string // missing or of another value
	remove map[string]string // not in the baseline
}

// compareTags ignores tags whose key begins with "aws:": AWS sets them, and accepts neither adding nor removing them.
func compareTags(want, have map[string]string) tagChange {
	c := tagChange{map[string]string{}, map[string]string{}}
	for key, value := range ownTags(want) {
		if found, ok := have[key]; !ok || found != value {
			c.set[key] = value
		}
	}
	for key, value := range ownTags(have) {
		if _, ok := want[key]; !ok {
			c.remove[key] = value
		}
	}
	return c
}

// ownTags are the tags that people set.
func ownTags(tags map[string]string) map[string]string {
	own := map[string]string{}
	for key, value := range tags {
		if !strings.HasPrefix(strings.ToLower(key), "aws:") {
			own[key] = value
		}
	}
	return own
}

func (c tagChange) none() bool { return len(c.set) == 0 && len(c.remove) == 0 }

func (c tagChange) words() string {
	var parts []string
	if keys := slices.Sorted(maps.Keys(c.set)); len(keys) > 0 {
		parts = append(parts, "removed or changed: "+list(keys))
	}
	if keys := slices.Sorted(maps.Keys(c.remove)); len(keys) > 0 {
		parts = append(parts, "added: "+list(keys))
	}
	return strings.Join(parts, "; ")
}
