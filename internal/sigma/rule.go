package sigma

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Meta is what rules, correlations and filters say about themselves.
type Meta struct {
	Position       // of the document's first key
	ID             string
	Name           string // by which correlations may refer to it
	Title          string
	Status         string
	Level          string // informational, low, medium, high, critical, or "" if the rule has none
	Author         string
	License        string
	Description    string
	Date           string
	Modified       string
	References     []string
	Tags           []string
	FalsePositives []string
	Fields         []string // that the author wants to see in a finding
}

// Rule finds single events.
type Rule struct {
	Meta
	LogSource LogSource

	// Hidden rules only feed a correlation and make no findings of their own.
	Hidden bool

	detection detection
	filters   []*Filter // that Link has attached
}

// LogSource says which logs a rule was written for.
type LogSource struct {
	Category, Product, Service string
}

// Applies says whether rules for a log source are meant for CloudTrail records. Only product aws with service cloudtrail
// is: rules for other products use field names that mean something else here, and a rule for product aws that names no
// service may be meant for any of AWS's logs.
func Applies(s LogSource) bool {
	return strings.EqualFold(s.Product, "aws") && strings.EqualFold(s.Service, "cloudtrail")
}

// levels are the values of level that the specification has.
var levels = []string{"informational", "low", "medium", "high", "critical"}

func (p *problems) meta(doc *yaml.Node) Meta {
	one := func(key string) string { v, _ := get(doc, key); return text(v) }
	many := func(key string) []string { v, _ := get(doc, key); return texts(v) }
	m := Meta{
		Position: p.at(doc), ID: one("id"), Name: one("name"), Title: one("title"), Status: one("status"),
		Level: strings.ToLower(one("level")), Author: one("author"), License: one("license"), Description: one("description"),
		Date: one("date"), Modified: one("modified"), References: many("references"), Tags: many("tags"),
		FalsePositives: many("falsepositives"), Fields: many("fields"),
	}
	if m.Level != "" && !slices.Contains(levels, m.Level) {
		at, _ := get(doc, "level")
		p.add(p.at(at), fmt.Sprintf("unknown level %q", clip(m.Level)), "use informational, low, medium, high or critical")
	}
	if m.ID == "" && m.Name == "" && m.Title == "" {
		p.add(m.Position, "the rule has neither title nor id nor name", "give it a title")
	}
	return m
}

// rule reads a rule. One with an aggregation of the old style becomes rules that are hidden, and the correlation that
// the aggregation means.
func (p *problems) rule(doc, node *yaml.Node) ([]*Rule, *Correlation) {
	r := &Rule{Meta: p.meta(doc), LogSource: p.logSource(doc)}
	if node.Kind != yaml.MappingNode {
		p.add(p.at(node), "detection is "+describe(node)+", not a map", "write search identifiers and a condition")
		return nil, nil
	}
	r.detection = p.detection(node, "timeframe")
	conditions, aggregation := p.conditions(node, &r.detection)
	r.detection.condition = conditions
	r.detection.timeframe, _ = get(node, "timeframe")
	if aggregation == nil {
		return []*Rule{r}, nil
	}
	return p.aggregate(r, aggregation)
}

func (p *problems) logSource(doc *yaml.Node) LogSource {
	n, _ := get(doc, "logsource")
	if n == nil || n.Kind != yaml.MappingNode {
		p.add(p.at(doc), "the rule has no logsource", "add logsource with product: aws and service: cloudtrail")
		return LogSource{}
	}
	one := func(key string) string { v, _ := get(n, key); return text(v) }
	return LogSource{Category: one("category"), Product: one("product"), Service: one("service")}
}
