package sigma

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Aggregations are how rules expressed relations between events before there were correlations: "selection | count()
// by field > 10" with a timeframe beside it, and "selection | near other". They are obsolete, but rules still have
// them, and they say the same as correlations of types that exist.

var aggregations = map[string]CorrelationType{
	"count": ValueCount, "sum": ValueSum, "avg": ValueAverage, "min": ValueMinimum, "max": ValueMaximum,
}

var operators = map[string]bound{
	">": relations["gt"], ">=": relations["gte"], "<": relations["lt"], "<=": relations["lte"],
	"=": relations["eq"], "==": relations["eq"], "!=": relations["neq"],
}

// aggregate turns a rule with an aggregation into a hidden rule and a correlation with the rule's name.
func (p *problems) aggregate(r *Rule, words []word) ([]*Rule, *Correlation) {
	c := &Correlation{Meta: r.Meta}
	if r.detection.timeframe != nil {
		c.Timespan = p.timespan(r.detection.timeframe, text(r.detection.timeframe))
	}
	r.Hidden = true
	if strings.EqualFold(words[0].text, "near") {
		return p.near(r, c, words)
	}
	c.references = []reference{{name: "events", at: r.Position, rules: []*Rule{r}}}
	a := aggregationParser{p, words}
	a.read(c)
	return []*Rule{r}, c
}

type aggregationParser struct {
	p     *problems
	words []word
}

// read understands FUNCTION ( [FIELD] ) [ by FIELD [, FIELD…] ] OPERATOR NUMBER.
func (a *aggregationParser) read(c *Correlation) {
	at := a.words[0].at
	fix := "write a correlation rule instead"
	kind, ok := aggregations[strings.ToLower(a.take())]
	if !ok || a.take() != "(" {
		a.p.add(at, "an aggregation that is not known", fix)
		return
	}
	c.Type = kind
	if c.Field = a.take(); c.Field != ")" && a.take() != ")" {
		a.p.add(at, "the aggregation's parenthesis is not closed", "close it")
		return
	}
	if c.Field == ")" {
		c.Field = ""
		if kind != ValueCount {
			a.p.add(at, "the aggregation names no field", "write one in the parentheses")
		}
		c.Type = EventCount
	}
	if len(a.words) > 0 && strings.EqualFold(a.words[0].text, "by") {
		a.take()
		c.GroupBy = append(c.GroupBy, a.take())
		for len(a.words) > 0 && a.words[0].text == "," {
			a.take()
			c.GroupBy = append(c.GroupBy, a.take())
		}
	}
	b, ok := operators[a.take()]
	than, isNumber := parseNumber(a.take())
	if !ok || !isNumber || len(a.words) > 0 || slices.Contains(c.GroupBy, "") {
		a.p.add(at, "the aggregation does not end in a comparison with a number", "write it like | count(field) by field > 10")
		return
	}
	b.than = than
	c.bounds = []bound{b}
}

func (a *aggregationParser) take() string {
	if len(a.words) == 0 {
		return ""
	}
	first := a.words[0].text
	a.words = a.words[1:]
	return first
}

// near turns "a | near b and not c" into a temporal correlation: a and b have to occur in one timeframe, and c must not.
func (p *problems) near(r *Rule, c *Correlation, words []word) ([]*Rule, *Correlation) {
	var names, rest []string
	for _, s := range r.detection.searches {
		names = append(names, s.name)
	}
	for _, w := range words[1:] {
		rest = append(rest, w.text)
	}
	at := words[0].at
	e, more := p.condition(&yaml.Node{
		Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.Join(rest, " "), Line: at.Line, Column: at.Column + len("near "),
	}, names)
	if e == nil {
		return nil, nil
	}
	if more != nil {
		p.add(at, "a second aggregation", "write a correlation rule instead")
		return nil, nil
	}
	const self = "" // no search identifier is called so, since the condition could not name it
	c.Type = Temporal
	c.present = &expr{op: allOf, args: []*expr{{op: named, name: self}, e}}
	c.references = []reference{{name: self, at: r.Position, rules: []*Rule{r}}}
	rules := []*Rule{r}
	e.names(func(name string) {
		if slices.ContainsFunc(c.references, func(known reference) bool { return known.name == name }) {
			return
		}
		part := *r
		part.detection.condition = &expr{op: named, name: name}
		part.Title = fmt.Sprintf("%s (%s)", r.Title, name)
		rules = append(rules, &part)
		c.references = append(c.references, reference{name: name, at: at, rules: []*Rule{&part}})
	})
	return rules, c
}
