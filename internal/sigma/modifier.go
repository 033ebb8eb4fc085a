package sigma

import (
	"fmt"
	"strings"
)

// comparison is how an item's field is compared with its values.
type comparison uint8

const (
	equals comparison = iota
	matchesRegexp
	inNetwork
	existence
	equalsField
	less
	lessOrEqual
	greater
	greaterOrEqual
)

var comparisons = map[string]comparison{
	"re": matchesRegexp, "cidr": inNetwork, "exists": existence, "fieldref": equalsField,
	"lt": less, "lte": lessOrEqual, "gt": greater, "gte": greaterOrEqual,
}

// encoding is a transformation of the value that is looked for.
type encoding uint8

const (
	utf16le encoding = iota
	utf16be
	utf16bom
	base64Whole
	base64Anywhere
)

var encodings = map[string]encoding{
	"wide": utf16le, "utf16le": utf16le, "utf16be": utf16be, "utf16": utf16bom,
	"base64": base64Whole, "base64offset": base64Anywhere,
}

// operation is what an item's modifiers say.
type operation struct {
	comparison comparison
	part       timePart // what of the field's time is compared
	before     bool     // anything may stand before the value
	after      bool     // anything may stand after the value
	all        bool     // every value has to match, not one of them
	cased      bool
	negated    bool
	windash    bool
	expand     bool
	flags      string // of a regular expression
	encodings  []encoding
}

// operation reads the modifiers of an item, such as contains|all.
func (p *problems) operation(at Position, modifiers string) operation {
	var o operation
	if modifiers == "" {
		return o
	}
	previous := ""
	for name := range strings.SplitSeq(modifiers, "|") {
		if what, fix := o.add(name, previous); what != "" {
			p.add(at, fmt.Sprintf("modifier %q: %s", clip(name), what), fix)
			return operation{}
		}
		previous = name
	}
	if what, fix := o.conflict(); what != "" {
		p.add(at, what, fix)
	}
	return o
}

// add takes one modifier; previous is the one before it.
func (o *operation) add(name, previous string) (what, fix string) {
	if c, ok := comparisons[name]; ok {
		if o.comparison != equals {
			return "a second comparison", "leave one of them"
		}
		o.comparison = c
		return "", ""
	}
	if e, ok := encodings[name]; ok {
		return o.encode(e)
	}
	if part, ok := timeParts[name]; ok {
		if o.part != noPart {
			return "a second part of the time", "leave one of them"
		}
		o.part = part
		return "", ""
	}
	switch name {
	case "contains":
		o.before, o.after = true, true
	case "startswith":
		o.after = true
	case "endswith":
		o.before = true
	case "all":
		o.all = true
	case "cased":
		o.cased = true
	case "neq":
		o.negated = true
	case "windash":
		o.windash = true
	case "expand":
		o.expand = true
	case "i", "m", "s":
		if previous != "re" && !isFlag(previous) {
			return "a flag of re without re before it", "write re|" + name
		}
		o.flags += name
	default:
		return "not known", "use one of the modifiers of the Sigma specification 2.1"
	}
	return "", ""
}

func isFlag(name string) bool { return name == "i" || name == "m" || name == "s" }

// encode appends an encoding, if the result of those before it can be encoded so.
func (o *operation) encode(e encoding) (what, fix string) {
	if o.before || o.after {
		return "an encoded value can't have contains, startswith or endswith inside", "write them after the encoding"
	}
	if n := len(o.encodings); n > 0 && (o.encodings[n-1] >= base64Whole) {
		return "base64 has to be the last encoding", "write wide or utf16 before it"
	}
	o.encodings = append(o.encodings, e)
	return "", ""
}

// conflict names modifiers that exclude each other.
func (o *operation) conflict() (what, fix string) {
	partial := o.before || o.after
	texty := o.windash || len(o.encodings) > 0
	switch c := o.comparison; {
	case c == existence && (partial || texty || o.all || o.cased || o.negated || o.expand || o.part != noPart):
		return "exists stands alone", "remove the other modifiers"
	case c == matchesRegexp && partial:
		return "re already finds its expression anywhere in the field", "remove contains, startswith or endswith; use ^ and $ for the ends"
	case c == matchesRegexp && o.cased:
		return "re is case-sensitive already", "remove cased"
	case c == equalsField && (o.all || o.expand):
		return "fieldref does not go with all or expand", "remove the other modifier"
	case c != equals && c != equalsField && (partial || texty || c != matchesRegexp && o.cased):
		return "a comparison of numbers, addresses or expressions does not go with modifiers of text", "remove one of the two"
	case c == equalsField && texty:
		return "fieldref does not go with an encoding or windash", "remove one of the two"
	case o.part != noPart && (partial || texty || o.cased || c == matchesRegexp || c == inNetwork || c == equalsField):
		return "a part of the time is a number", "compare it with gt, gte, lt, lte, neq or a value"
	}
	return "", ""
}
