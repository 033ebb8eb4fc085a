package sigma

import (
	"slices"
	"strings"
)

// Placeholders are the values of placeholders such as %Administrators%, by name without the percent signs. Values may
// contain wildcards.
type Placeholders map[string][]string

// Limits of what a rule can be compiled to.
const (
	maxPattern      = 10_000 // bytes of a value or regular expression
	maxAlternatives = 10_000 // texts that one value stands for
)

// compiler makes the nodes of one rule.
type compiler struct {
	problems
	plan         *Plan
	fields       []*field // that the rule reads
	placeholders Placeholders
	searches     map[string]node // of the detection in hand
}

// rule compiles a rule together with the filters that Link has attached to it.
func (c *compiler) rule(r *Rule) node {
	all := allNode{c.detection(&r.detection)}
	for _, f := range r.filters {
		all = append(all, c.detection(&f.detection))
	}
	return inOrder(all)
}

// field returns the plan's field for a path.
func (c *compiler) field(path string) *field {
	f := c.plan.field(path)
	c.fields = append(c.fields, f)
	return f
}

// inOrder lets the parts that are quick to evaluate go first. Parts have no effects, so that no result changes.
func inOrder(parts []node) node {
	if len(parts) == 1 {
		return parts[0]
	}
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b node) int { return a.cost() - b.cost() })
	return allNode(parts)
}

func (c *compiler) detection(d *detection) node {
	c.searches = map[string]node{}
	for _, s := range d.searches {
		var either anyNode
		for _, clause := range s.any {
			either = append(either, c.clause(clause))
		}
		c.searches[s.name] = single(either)
	}
	return c.expr(d.condition)
}

func (c *compiler) clause(clause clause) node {
	var all allNode
	for _, it := range clause {
		all = append(all, c.item(it))
	}
	return inOrder(all)
}

// single spares a level where there is no choice.
func single(either anyNode) node {
	if len(either) == 1 {
		return either[0]
	}
	return either
}

func (c *compiler) expr(e *expr) node {
	if e.op == named {
		return c.searches[e.name]
	}
	var args []node
	for _, a := range e.args {
		args = append(args, c.expr(a))
	}
	switch e.op {
	case allOf:
		return inOrder(args)
	case anyOf:
		return anyNode(args)
	case notOf:
		return notNode{args[0]}
	}
	return leastNode{e.least, args}
}

func (c *compiler) item(it item) node {
	var n node
	switch it.op.comparison {
	case existence:
		return c.existence(it)
	case equalsField:
		n = c.fieldReference(it)
	default:
		var tests []test
		for _, v := range it.values {
			tests = append(tests, c.value(it, v))
		}
		if it.field == "" {
			n = c.keywords(it, tests)
		} else {
			n = fieldNode{c.field(it.field), tests, it.op.all}
		}
	}
	if it.op.negated {
		return notNode{n}
	}
	return n
}

func (c *compiler) existence(it item) node {
	if len(it.values) == 1 && it.field != "" {
		switch strings.ToLower(it.values[0].text) {
		case "true", "yes":
			return existsNode{c.field(it.field)}
		case "false", "no":
			return notNode{existsNode{c.field(it.field)}}
		}
	}
	c.add(it.at, "exists needs a field and one value", "write true or false")
	return anyNode{}
}

func (c *compiler) fieldReference(it item) node {
	var either anyNode
	for _, v := range it.values {
		if v.kind != String || v.text == "" || it.field == "" || len(v.text) > maxPath || strings.Count(v.text, ".") >= maxDepth {
			c.add(v.at, "fieldref needs a field on both sides", "write the name of the other field as the value")
			continue
		}
		either = append(either, sameNode{c.field(it.field), c.field(v.text), it.op})
	}
	return single(either)
}

// keywords makes the node of an item without a field.
func (c *compiler) keywords(it item, tests []test) node {
	switch it.op.comparison {
	case equals, matchesRegexp:
	default:
		c.add(it.at, "this comparison needs a field", "write the field before the modifiers")
	}
	if slices.ContainsFunc(it.values, func(v scalar) bool { return v.kind == Null }) || it.op.part != noPart {
		c.add(it.at, "a search of the whole record needs text", "write keywords, or a field before the modifiers")
	}
	return keywordNode{tests, it.op.all}
}
