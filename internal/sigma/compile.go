package sigma

import (
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
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
	f, ok := c.plan.fields[path]
	if !ok {
		f = &field{path, len(c.plan.fields)}
		c.plan.fields[path] = f
	}
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

// value compiles one of an item's values. After an error the test is never used.
func (c *compiler) value(it item, v scalar) test {
	o := it.op
	switch {
	case len(v.text) > maxPattern:
		c.add(v.at, fmt.Sprintf("the value has more than %d bytes", maxPattern), "shorten it")
	case v.kind == Null:
		if o.comparison != equals || o.before || o.after || o.windash || o.expand || o.part != noPart || len(o.encodings) > 0 {
			c.add(v.at, "null does not go with these modifiers", "write field: null, or remove the null")
		}
		return nullTest{}
	case o.part != noPart || o.comparison >= less:
		return c.numeric(o, v)
	case o.comparison == matchesRegexp:
		return c.each(o, v, c.regexp)
	case o.comparison == inNetwork:
		return c.each(o, v, c.network)
	default:
		return c.each(o, v, c.pattern(it.field == ""))
	}
	return nullTest{}
}

// each compiles all texts that a value with placeholders stands for.
func (c *compiler) each(o operation, v scalar, compile func(operation, scalar) test) test {
	if !o.expand {
		return compile(o, v)
	}
	texts, what := expand(v.text, c.placeholders)
	if what != "" {
		c.add(v.at, what, "give the placeholder values")
		return nullTest{}
	}
	var either anyTest
	for _, text := range texts {
		either = append(either, compile(o, scalar{v.at, String, text}))
	}
	return either
}

func (c *compiler) regexp(o operation, v scalar) test {
	text := v.text
	if o.flags != "" {
		text = "(?" + o.flags + ")" + text
	}
	re, err := regexp.Compile(text)
	if err == nil {
		parsed, _ := syntax.Parse(text, syntax.Perl) // Compile has parsed it, too
		return regexpTest{re, expressionLiteral(parsed)}
	}
	what, fix := err.Error(), "correct the expression; the syntax is RE2's"
	if e, ok := err.(*syntax.Error); ok {
		what = fmt.Sprintf("%s: %q", e.Code, clip(e.Expr))
		if e.Code == syntax.ErrInvalidPerlOp || e.Code == syntax.ErrMissingRepeatArgument {
			fix = "look-around, back-references and possessive repetition need unbounded time and are not supported: use a second selection with not"
		}
	}
	c.add(v.at, "regular expression: "+what, fix)
	return nullTest{}
}

func (c *compiler) network(_ operation, v scalar) test {
	if prefix, err := netip.ParsePrefix(v.text); err == nil {
		if prefix.Masked() == prefix {
			return networkTest{prefix}
		}
		c.add(v.at, fmt.Sprintf("%q has bits set outside of the network", clip(v.text)), "write "+prefix.Masked().String())
		return nullTest{}
	}
	addr, err := netip.ParseAddr(v.text)
	if err != nil || addr.Zone() != "" {
		c.add(v.at, fmt.Sprintf("%q is no network", clip(v.text)), "write one such as 10.0.0.0/8 or 2001:db8::/32")
		return nullTest{}
	}
	return networkTest{netip.PrefixFrom(addr, addr.BitLen())}
}

// numeric compiles a comparison of numbers, or of parts of a time.
func (c *compiler) numeric(o operation, v scalar) test {
	n, ok := parseNumber(strings.TrimSpace(v.text))
	if !ok && o.part != noPart {
		n, ok = parseNumber(withoutZeros(v.text)) // 08 is how people write hours
	}
	if !ok {
		c.add(v.at, fmt.Sprintf("%q is no number", clip(v.text)), "write a number, or compare text without this modifier")
		return nullTest{}
	}
	if o.part == noPart {
		return numberTest{o.comparison, n}
	}
	least, most := o.part.bounds()
	if !n.exact || n.i < least || n.i > most {
		c.add(v.at, fmt.Sprintf("%q is outside of %d to %d", clip(v.text), least, most), "correct the number")
	}
	return timeTest{o.part, o.comparison, n}
}

// withoutZeros removes leading zeros, but for the last digit.
func withoutZeros(s string) string {
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}

// pattern compiles text. Keywords are looked for anywhere in what is searched.
func (c *compiler) pattern(keyword bool) func(operation, scalar) test {
	return func(o operation, v scalar) test {
		list := elements(v.text)
		if len(o.encodings) > 0 {
			return c.encoded(o, v, list, keyword)
		}
		if o.windash {
			list = windash(list)
		}
		t := textTest{pattern: newPattern(wrap(list, o.before || keyword, o.after || keyword), o.cased), literal: jsonLiteral(list)}
		if text, ok := plainText(list); ok && t.pattern.shape == exactly {
			t.number, t.numeric = parseNumber(text)
		}
		return t
	}
}

// encoded compiles text that is looked for in its encoded form.
func (c *compiler) encoded(o operation, v scalar, list []element, keyword bool) test {
	if o.windash {
		list = windash(list)
	}
	variants := windashVariants(list, maxAlternatives)
	if _, ok := plainText(list); !ok && (!o.windash || slices.ContainsFunc(list, isWildcard)) {
		c.add(v.at, "a value with wildcards can't be encoded", "escape them with a backslash, or remove them")
		return nullTest{}
	}
	var either anyTest
	for _, variant := range variants {
		for _, text := range encode(variant, o.encodings) {
			plain := plainElements(text)
			pattern := newPattern(wrap(plain, o.before || keyword, o.after || keyword), o.cased)
			either = append(either, textTest{pattern: pattern, literal: jsonLiteral(plain)})
		}
	}
	if len(either) == 0 {
		c.add(v.at, "the encoded value is nothing that could be found", "use a longer value, base64 or base64offset after utf16, or fewer dashes")
	}
	return either
}

func isWildcard(e element) bool { return e.kind == star || e.kind == oneOf }

func wrap(list []element, before, after bool) []element {
	if before {
		list = append([]element{{kind: star}}, list...)
	}
	if after {
		list = append(slices.Clip(list), element{kind: star})
	}
	return list
}
