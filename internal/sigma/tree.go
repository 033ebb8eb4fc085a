package sigma

import "net/netip"

// Tree is what a compiled rule asks of a record, with placeholders, encodings and filters resolved: for those who say the
// same in another language. It is one of the Tree types below; what each of them means is what the package's page says.
type Tree interface{ isTree() }

type (
	// TreeAll holds if all parts do.
	TreeAll []Tree
	// TreeAny holds if one part does; without parts it never does.
	TreeAny []Tree
	// TreeNot holds if its part doesn't.
	TreeNot struct{ Part Tree }
	// TreeLeast holds if that many parts do.
	TreeLeast struct {
		Least int
		Parts []Tree
	}
	// TreeExists holds if the path leads to something, be it null.
	TreeExists struct{ Path string }
	// TreeSame holds if a value of one path is equal to one of another, or has it within, at its beginning or at its end.
	TreeSame struct {
		Path, Other   string
		Before, After bool // anything may stand before, or after, the other's text
		Cased         bool
	}
	// TreeField holds if one test accepts a value of the path, or, if Every is set, each test a value of its own.
	TreeField struct {
		Path  string
		Every bool
		Tests []Test
	}
	// TreeKeywords is TreeField for the whole record and every value in it.
	TreeKeywords struct {
		Every bool
		Tests []Test
	}
)

func (TreeAll) isTree()      {}
func (TreeAny) isTree()      {}
func (TreeNot) isTree()      {}
func (TreeLeast) isTree()    {}
func (TreeExists) isTree()   {}
func (TreeSame) isTree()     {}
func (TreeField) isTree()    {}
func (TreeKeywords) isTree() {}

// Test is what a single value is compared with: one of the Test types below.
type Test interface{ isTest() }

type (
	// TestNull accepts null and what is missing.
	TestNull struct{}
	// TestText accepts text that is as a pattern says, and, if Numeric is set, numbers equal to Number instead.
	TestText struct {
		Segments [][]Glyph // what stands between the stars, at least one; folded by Fold unless Cased
		Cased    bool
		Numeric  bool
		Number   float64
		Exact    bool // Number is exactly the rule's number
	}
	// TestRegexp accepts text in which an expression, in RE2's syntax, is found.
	TestRegexp struct{ Expression string }
	// TestNetwork accepts the text of addresses in a network.
	TestNetwork struct{ Prefix netip.Prefix }
	// TestNumber accepts numbers, and their text, that stand in a relation (<, <=, >, >=) to a number.
	TestNumber struct {
		Relation string
		Than     float64
		Exact    bool // Than is exactly the rule's number
	}
	// TestTime accepts times of which a part (minute, hour, day, week, month, year) stands in a relation (<, <=, >, >=, =) to
	// a number.
	TestTime struct {
		Part, Relation string
		Than           int64
	}
	// TestAny accepts what one of its tests accepts.
	TestAny []Test
)

func (TestNull) isTest()    {}
func (TestText) isTest()    {}
func (TestRegexp) isTest()  {}
func (TestNetwork) isTest() {}
func (TestNumber) isTest()  {}
func (TestTime) isTest()    {}
func (TestAny) isTest()     {}

// Glyph stands for exactly one character of a pattern: Rune, or, if OneOf is set, one of its characters. AnyGlyph stands
// for any.
type Glyph struct {
	Rune  rune
	OneOf string
}

// AnyGlyph is what ? in a pattern stands for.
var AnyGlyph = Glyph{Rune: -1}

// Fold maps the characters that differ only in case to one of them, within ASCII and outside of it.
func Fold(r rune) rune { return fold(r) }

// Tree returns what the rule asks.
func (m *Matcher) Tree() Tree { return treeOf(m.root) }

func treeOf(n node) Tree {
	switch n := n.(type) {
	case allNode:
		return TreeAll(treesOf(n))
	case anyNode:
		return TreeAny(treesOf(n))
	case notNode:
		return TreeNot{treeOf(n.node)}
	case leastNode:
		return TreeLeast{n.least, treesOf(n.nodes)}
	case existsNode:
		return TreeExists{n.path}
	case sameNode:
		return TreeSame{n.field.path, n.other.path, n.op.before, n.op.after, n.op.cased}
	case fieldNode:
		return TreeField{n.path, n.all, testsOf(n.tests)}
	case keywordNode:
		return TreeKeywords{n.all, testsOf(n.tests)}
	}
	return TreeAny{} // there are no other nodes
}

func treesOf(nodes []node) []Tree {
	trees := make([]Tree, len(nodes))
	for i, n := range nodes {
		trees[i] = treeOf(n)
	}
	return trees
}

func testsOf(tests []test) []Test {
	out := make([]Test, len(tests))
	for i, t := range tests {
		out[i] = testOf(t)
	}
	return out
}

func testOf(t test) Test {
	switch t := t.(type) {
	case textTest:
		return TestText{t.pattern.glyphs(), t.pattern.cased, t.numeric, t.number.f, t.number.exactly()}
	case anyTest:
		return TestAny(testsOf(t))
	case regexpTest:
		return TestRegexp{t.String()}
	case networkTest:
		return TestNetwork{t.Prefix}
	case numberTest:
		return TestNumber{relationOf(t.comparison), t.than.f, t.than.exactly()}
	case timeTest:
		return TestTime{t.part.name(), relationOf(t.comparison), t.than.i}
	}
	return TestNull{} // the only other test
}

// exactly says whether a float holds the number as it is, and no other integer becomes the same float.
func (n number) exactly() bool { return !n.exact || -1<<53 < n.i && n.i < 1<<53 }

func relationOf(c comparison) string {
	relation, ok := map[comparison]string{less: "<", lessOrEqual: "<=", greater: ">", greaterOrEqual: ">="}[c]
	if !ok {
		return "="
	}
	return relation
}

func (part timePart) name() string {
	for name, p := range timeParts {
		if p == part {
			return name
		}
	}
	return ""
}

func (p *pattern) glyphs() [][]Glyph {
	segments := make([][]Glyph, len(p.segments))
	for i, segment := range p.segments {
		for _, e := range segment {
			segments[i] = append(segments[i], e.glyph())
		}
	}
	return segments
}

func (e element) glyph() Glyph {
	switch e.kind {
	case oneOf:
		return AnyGlyph
	case dash:
		return Glyph{OneOf: dashes}
	}
	return Glyph{Rune: e.r}
}
