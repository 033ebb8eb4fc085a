package sigma

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Limits of a condition. The longest public ones have some 50 words.
const (
	maxWords   = 2000
	maxNesting = 64
	maxNames   = 20_000 // that a condition stands for once "1 of x*" is written out
)

// expr is a condition, with "1 of x*" already resolved to the names that it means.
type expr struct {
	op    exprOp
	name  string  // of named
	args  []*expr // of the others
	least int     // of atLeast
}

type exprOp uint8

const (
	named exprOp = iota
	allOf
	anyOf
	notOf
	atLeast
)

// names calls f for every name in an expression.
func (e *expr) names(f func(string)) {
	if e.op == named {
		f(e.name)
	}
	for _, a := range e.args {
		a.names(f)
	}
}

// word is one word, parenthesis or operator of a condition.
type word struct {
	text string
	at   Position
}

// words takes a condition apart. White space only separates.
func (p *problems) words(n *yaml.Node) []word {
	place := p.at(n)
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		place.Column++
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		place.Line, place.Column = place.Line+1, 1 // where in the block is not known
	}
	var list []word
	for i, s := 0, n.Value; i < len(s); {
		size := wordSize(s[i:])
		if strings.TrimSpace(s[i:i+size]) != "" {
			at := place
			if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
				at.Column += i
			}
			list = append(list, word{s[i : i+size], at})
		}
		i += size
	}
	return list
}

func wordSize(s string) int {
	const single, operator, space = "()|,", "<>=!", " \t\r\n"
	kind := func(c byte) string {
		for _, set := range []string{single, operator, space} {
			if strings.IndexByte(set, c) >= 0 {
				return set
			}
		}
		return ""
	}
	first := kind(s[0])
	if first == single {
		return 1
	}
	i := 1
	for i < len(s) && kind(s[i]) == first {
		i++
	}
	return i
}

// conditions reads a condition, or a list of them, of which one has to hold. What follows a "|" is an aggregation of the
// old style and comes back as words.
func (p *problems) conditions(n *yaml.Node, d *detection) (*expr, []word) {
	condition, _ := get(n, "condition")
	if condition == nil {
		p.add(p.at(n), "there is no condition", "add one, such as condition: selection")
		return nil, nil
	}
	nodes := []*yaml.Node{condition}
	if condition.Kind == yaml.SequenceNode {
		nodes = condition.Content
	}
	var names []string
	for _, s := range d.searches {
		names = append(names, s.name)
	}
	either := &expr{op: anyOf}
	var aggregation []word
	for _, node := range nodes {
		if node.Kind != yaml.ScalarNode || isNull(node) {
			p.add(p.at(node), "the condition is "+describe(node), "write it as text, such as selection and not filter")
			continue
		}
		e, rest := p.condition(node, names)
		if e != nil {
			either.args = append(either.args, e)
		}
		aggregation = append(aggregation, rest...)
	}
	switch {
	case len(nodes) == 0:
		p.add(p.at(condition), "the list of conditions is empty", "add a condition")
	case len(nodes) > 1 && aggregation != nil:
		p.add(p.at(condition), "an aggregation in a list of conditions", "write a correlation rule instead")
	}
	if len(either.args) == 1 {
		either = either.args[0]
	}
	return either, aggregation
}

// condition reads one condition and returns the words after its "|".
func (p *problems) condition(n *yaml.Node, names []string) (*expr, []word) {
	words := p.words(n)
	switch {
	case len(words) == 0:
		p.add(p.at(n), "the condition is empty", "write one, such as selection and not filter")
		return nil, nil
	case len(words) > maxWords:
		p.add(p.at(n), fmt.Sprintf("the condition has more than %d words", maxWords), "write 1 of x* or all of x*")
		return nil, nil
	}
	c := conditionParser{p: p, names: names, words: words, end: words[len(words)-1].at}
	e := c.or(maxNesting)
	if e == nil {
		return nil, nil
	}
	if c.next("|") {
		if len(c.words) == 0 {
			c.fail("nothing follows the |", "remove it")
		}
		return e, c.words
	}
	if len(c.words) > 0 {
		c.fail(fmt.Sprintf("unexpected %q", clip(c.words[0].text)), "join the parts with and, or, not and parentheses")
		return nil, nil
	}
	return e, nil
}

// conditionParser reads words from the front. A method that returns nil has reported why.
type conditionParser struct {
	p     *problems
	names []string
	words []word
	end   Position
	count int // of names so far
}

func (c *conditionParser) fail(what, fix string) *expr {
	at := c.end
	if len(c.words) > 0 {
		at = c.words[0].at
	}
	c.p.add(at, "condition: "+what, fix)
	return nil
}

// next consumes the next word if it is the given one, in whatever case.
func (c *conditionParser) next(text string) bool {
	if len(c.words) == 0 || !strings.EqualFold(c.words[0].text, text) {
		return false
	}
	c.words = c.words[1:]
	return true
}

func (c *conditionParser) or(depth int) *expr  { return c.chain("or", anyOf, c.and, depth) }
func (c *conditionParser) and(depth int) *expr { return c.chain("and", allOf, c.not, depth) }

func (c *conditionParser) chain(text string, op exprOp, operand func(int) *expr, depth int) *expr {
	first := operand(depth)
	if first == nil {
		return nil
	}
	args := []*expr{first}
	for c.next(text) {
		e := operand(depth)
		if e == nil {
			return nil
		}
		args = append(args, e)
	}
	if len(args) == 1 {
		return first
	}
	return &expr{op: op, args: args}
}

func (c *conditionParser) not(depth int) *expr {
	if depth == 0 {
		return c.fail(fmt.Sprintf("nested deeper than %d", maxNesting), "simplify it")
	}
	if c.next("not") {
		if e := c.not(depth - 1); e != nil {
			return &expr{op: notOf, args: []*expr{e}}
		}
		return nil
	}
	if c.next("(") {
		e := c.or(depth - 1)
		if e != nil && !c.next(")") {
			return c.fail("a closing parenthesis is missing", "add it")
		}
		return e
	}
	return c.operand()
}

func (c *conditionParser) operand() *expr {
	if len(c.words) == 0 {
		return c.fail("it ends too early", "add a search identifier")
	}
	first := c.words[0].text
	if len(c.words) > 1 && strings.EqualFold(c.words[1].text, "of") {
		return c.of(first)
	}
	for _, name := range c.names {
		if name == first {
			c.words = c.words[1:]
			return &expr{op: named, name: name}
		}
	}
	return c.fail(fmt.Sprintf("%q is not among the search identifiers", clip(first)), "correct the name; known are: "+clip(strings.Join(c.names, ", ")))
}

// of reads "1 of x*", "all of them" and the like.
func (c *conditionParser) of(count string) *expr {
	least, err := strconv.Atoi(count)
	isAll, isAny := strings.EqualFold(count, "all"), strings.EqualFold(count, "any")
	if !isAll && !isAny && (err != nil || least < 1) {
		return c.fail(fmt.Sprintf("%q before of", clip(count)), "write all, any or a number from 1 up")
	}
	if len(c.words) < 3 || strings.ContainsAny(c.words[2].text, "()|") {
		return c.fail("of what?", "write them, or a name with *")
	}
	pattern := c.words[2].text
	e := &expr{op: atLeast, least: least}
	for _, name := range c.names {
		if pattern == "them" && !strings.HasPrefix(name, "_") || pattern != "them" && matchStars(pattern, name) {
			e.args = append(e.args, &expr{op: named, name: name})
		}
	}
	c.count += len(e.args)
	switch {
	case c.count > maxNames:
		return c.fail(fmt.Sprintf("it stands for more than %d search identifiers", maxNames), "simplify it")
	case len(e.args) == 0:
		return c.fail(fmt.Sprintf("no search identifier is like %q", clip(pattern)), "correct the name; known are: "+clip(strings.Join(c.names, ", ")))
	case isAll || least == len(e.args):
		e.op = allOf
	case isAny || least == 1:
		e.op = anyOf
	case least > len(e.args):
		return c.fail(fmt.Sprintf("%d of %q, but only %d are like it", least, clip(pattern), len(e.args)), "lower the number")
	}
	c.words = c.words[3:]
	return e
}

// matchStars says whether a name is like a pattern, in which * stands for anything.
func matchStars(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(name, parts[0])
	if len(parts) == 1 {
		return ok && rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}
