package sigma

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// Filter narrows rules that somebody else maintains. A rule that a filter applies to only matches if the filter's
// condition holds, too: filters that suppress say "not selection".
type Filter struct {
	Meta
	LogSource LogSource

	everywhere bool // for all rules with the log source
	references []reference
	detection  detection
}

func (p *problems) filter(doc, n *yaml.Node) *Filter {
	f := &Filter{Meta: p.meta(doc), LogSource: p.logSource(doc)}
	if n.Kind != yaml.MappingNode {
		p.add(p.at(n), "filter is "+describe(n)+", not a map", "write rules, search identifiers and a condition")
		return f
	}
	rules, at := get(n, "rules")
	switch word := strings.ToLower(text(rules)); {
	case at == nil:
		p.add(p.at(n), "the filter names no rules", "list the ids of rules under rules, or write rules: any")
	case word == "any" || word == "all" || rules.Kind == yaml.SequenceNode && len(rules.Content) == 0:
		f.everywhere = true
	default:
		f.references = p.references(rules)
	}
	f.detection = p.detection(n, "rules")
	condition, aggregation := p.conditions(n, &f.detection)
	if aggregation != nil {
		p.add(p.at(n), "an aggregation in a filter", "remove it")
	}
	f.detection.condition = condition
	return f
}

// covers says whether the filter's log source includes another: what it leaves out may be anything.
func (s LogSource) covers(other LogSource) bool {
	fits := func(mine, theirs string) bool { return mine == "" || strings.EqualFold(mine, theirs) }
	return fits(s.Category, other.Category) && fits(s.Product, other.Product) && fits(s.Service, other.Service)
}
