package sigma

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"
)

// node is a part of a compiled rule.
type node interface {
	match(Event) bool
	// demands returns what every record that matches has: all of the demands.
	demands() []demand
	// cost ranks nodes by how much work it is to evaluate them.
	cost() int
}

// field is a path that a plan's rules read. Records keep the value at slot, so that it is looked for only once.
type field struct {
	path  string
	slot  int
	place int // of what the plan's steps lead to, -1 if they don't lead there
}

func (f *field) of(e Event) *Value {
	if r, ok := e.(*Record); ok {
		return r.cached(f)
	}
	v := e.Field(f.path)
	return &v
}

type (
	allNode   []node
	anyNode   []node
	notNode   struct{ node }
	leastNode struct {
		least int
		nodes []node
	}
	existsNode struct{ *field }
	sameNode   struct {
		field, other *field
		op           operation
	}
	fieldNode struct {
		*field
		tests []test
		all   bool
	}
	keywordNode struct {
		tests []test
		all   bool
	}
)

func (n allNode) match(e Event) bool {
	for _, part := range n {
		if !part.match(e) {
			return false
		}
	}
	return true
}

func (n anyNode) match(e Event) bool {
	for _, part := range n {
		if part.match(e) {
			return true
		}
	}
	return false
}

func (n notNode) match(e Event) bool { return !n.node.match(e) }

func (n leastNode) match(e Event) bool {
	count := 0
	for _, part := range n.nodes {
		if part.match(e) {
			count++
		}
		if count == n.least {
			return true
		}
	}
	return false
}

func (n existsNode) match(e Event) bool { return n.of(e).Kind() != Missing }

// match compares two fields: one member of the first has to stand in the relation to one of the second.
func (n sameNode) match(e Event) bool {
	left, right := n.field.of(e), n.other.of(e)
	return left.any(func(l *Value) bool {
		return l.present() && right.any(func(r *Value) bool { return r.present() && n.same(l.Text(), r.Text()) })
	})
}

func (n sameNode) same(left, right string) bool {
	if !n.op.cased {
		left, right = strings.Map(fold, left), strings.Map(fold, right)
	}
	switch {
	case n.op.before && n.op.after:
		return strings.Contains(left, right)
	case n.op.after:
		return strings.HasPrefix(left, right)
	case n.op.before:
		return strings.HasSuffix(left, right)
	}
	return left == right
}

func (n fieldNode) match(e Event) bool {
	value := n.of(e)
	return every(n.tests, n.all, func(t test) bool { return value.any(t.accepts) })
}

func (n keywordNode) match(e Event) bool {
	return every(n.tests, n.all, func(t test) bool {
		if r, ok := e.(*Record); ok && t.missing(r.raw) {
			return false
		}
		return e.AnyText(func(text string) bool { return t.accepts(&Value{kind: String, text: text}) })
	})
}

// every says whether f accepts all tests, or one of them.
func every(tests []test, all bool, f func(test) bool) bool {
	for _, t := range tests {
		if f(t) != all {
			return !all
		}
	}
	return all
}

// test is what a single value is compared with.
type test interface {
	accepts(*Value) bool
	// demands returns what every accepted value is: one of some texts, folded. Nil stands for anything. Present is false
	// if a missing value is accepted, too.
	demands() (texts []string, present bool)
	// missing says that no value in some JSON can be accepted.
	missing(raw []byte) bool
}

type (
	nullTest struct{}
	textTest struct {
		pattern *pattern
		literal needle // what JSON with this text in it contains; it may be empty
		number  number
		numeric bool // the pattern is a number, which records may write differently
	}
	anyTest    []test
	regexpTest struct {
		*regexp.Regexp
		literal string // that all text has which matches
	}
	networkTest struct{ netip.Prefix }
	numberTest  struct {
		comparison comparison
		than       number
	}
	timeTest struct {
		part       timePart
		comparison comparison
		than       number
	}
)

func (nullTest) accepts(v *Value) bool { return v.kind == Missing || v.kind == Null }

func (t textTest) accepts(v *Value) bool {
	if !v.present() {
		return false
	}
	if t.numeric && v.kind == Number {
		if n, ok := parseNumber(v.Text()); ok {
			return n.compare(t.number) == 0
		}
	}
	switch {
	case v.raw == nil:
		return t.pattern.match(v.Text())
	case v.kind != Object:
		return matchASCII(t.pattern, v.raw)
	}
	return !t.literal.missing(v.raw) && t.pattern.match(v.Text())
}

func (t textTest) missing(raw []byte) bool { return t.literal.missing(raw) }

func (t anyTest) missing(raw []byte) bool {
	for _, one := range t {
		if !one.missing(raw) {
			return false
		}
	}
	return true
}

// The others are not looked for in whole records, or have no text that can be.
func (nullTest) missing([]byte) bool    { return false }
func (regexpTest) missing([]byte) bool  { return false }
func (networkTest) missing([]byte) bool { return false }
func (numberTest) missing([]byte) bool  { return false }
func (timeTest) missing([]byte) bool    { return false }

func (t anyTest) accepts(v *Value) bool {
	for _, one := range t {
		if one.accepts(v) {
			return true
		}
	}
	return false
}

func (t regexpTest) accepts(v *Value) bool {
	if !v.present() {
		return false
	}
	if v.raw != nil && v.kind != Object {
		return bytes.Contains(v.raw, []byte(t.literal)) && t.Match(v.raw)
	}
	text := v.Text()
	return strings.Contains(text, t.literal) && t.MatchString(text)
}

func (t networkTest) accepts(v *Value) bool {
	if v.kind != String {
		return false
	}
	addr, err := netip.ParseAddr(v.Text())
	return err == nil && t.Contains(addr.Unmap().WithZone(""))
}

func (t numberTest) accepts(v *Value) bool {
	if v.kind != Number && v.kind != String {
		return false
	}
	n, ok := parseNumber(v.Text())
	return ok && t.comparison.holds(n, t.than)
}

func (t timeTest) accepts(v *Value) bool {
	if v.kind != String {
		return false
	}
	n, ok := t.part.of(v.Text())
	return ok && t.comparison.holds(n, t.than)
}
