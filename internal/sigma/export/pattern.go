package export

import (
	"slices"
	"strings"
	"unicode"

	"github.com/trailhold/trailhold/internal/sigma"
)

// hole stands for a value's SQL in conditions that are written before it is known. No literal has it: what doesn't show is
// written by its number.
const hole = "\x00"

const (
	upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower = "abcdefghijklmnopqrstuvwxyz"
)

// test writes the condition that a test is for a text.
func (w *writer) test(path string, t sigma.Test) string {
	switch t := t.(type) {
	case sigma.TestText:
		return w.pattern(t)
	case sigma.TestRegexp:
		expression, err := portable(t.Expression)
		if err != nil {
			return w.fail("field "+quote(path)+": "+err.Error(), "write the expression without it, or a value with wildcards")
		}
		return "regexp_like(" + hole + ", " + text(expression) + ")"
	case sigma.TestNetwork:
		if p := t.Prefix; p.Addr().Is4In6() || p.Addr().Is6() && p.Contains(mapped) {
			return w.fail("field "+quote(path)+": a network that also has IPv4 addresses in it, which engines see in different ways", "write the IPv4 network")
		}
		return "contains(" + text(t.Prefix.String()) + ", TRY_CAST(IF(strpos(" + hole + ", ':') > 0, split_part(" + hole + ", '%', 1), " + hole + ") AS IPADDRESS))"
	case sigma.TestNumber:
		if !t.Exact {
			return w.fail("field "+quote(path)+": a number of more than 53 bits, which the engine would round", huntInstead)
		}
		return "(" + isNumber(hole) + " AND is_finite(TRY_CAST(" + hole + " AS DOUBLE)) AND TRY_CAST(" + hole + " AS DOUBLE) " + t.Relation + " " + double(t.Than) + ")"
	case sigma.TestTime:
		return timePart(t)
	}
	return w.fail("field "+quote(path)+": a comparison that is not known", huntInstead)
}

// isNumber says that a text is a number as JSON writes them.
func isNumber(value string) string {
	return "length(" + value + ") <= 64 AND regexp_like(" + value + `, '\A-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\z')`
}

// pattern writes the condition that a text is as a pattern says.
func (w *writer) pattern(t sigma.TestText) string {
	from, to := folding(t)
	value := translated(hole, from, to)
	if slices.ContainsFunc(slices.Concat(t.Segments...), func(g sigma.Glyph) bool { return g.OneOf != "" }) {
		return "regexp_like(" + value + ", " + text(expressionOf(t)) + ")"
	}
	if literal, ok := literalOf(t); ok {
		return value + " = " + text(literal)
	}
	like := likeOf(t)
	if like == "%" {
		return hole + " IS NOT NULL"
	}
	return value + " LIKE " + text(like) + ` ESCAPE '\'`
}

// literalOf returns the text that a pattern is, if it is nothing else.
func literalOf(t sigma.TestText) (string, bool) {
	var b strings.Builder
	for _, g := range slices.Concat(t.Segments...) {
		if g == sigma.AnyGlyph || g.OneOf != "" {
			return "", false
		}
		b.WriteRune(g.Rune)
	}
	return b.String(), len(t.Segments) == 1
}

// likeOf writes a pattern without choices as LIKE understands it.
func likeOf(t sigma.TestText) string {
	var b strings.Builder
	for i, segment := range t.Segments {
		if i > 0 {
			b.WriteByte('%')
		}
		for _, g := range segment {
			switch {
			case g == sigma.AnyGlyph:
				b.WriteByte('_')
			case strings.ContainsRune(`\%_`, g.Rune):
				b.WriteString(`\` + string(g.Rune))
			default:
				b.WriteRune(g.Rune)
			}
		}
	}
	return b.String()
}

// expressionOf writes a pattern as a regular expression.
func expressionOf(t sigma.TestText) string {
	var b strings.Builder
	b.WriteString(`\A`)
	for i, segment := range t.Segments {
		if i > 0 {
			b.WriteString(anything + "*")
		}
		for _, g := range segment {
			switch {
			case g == sigma.AnyGlyph:
				b.WriteString(anything)
			case g.OneOf != "":
				b.WriteByte('[')
				for _, r := range g.OneOf {
					b.WriteString(character(r))
				}
				b.WriteByte(']')
			default:
				b.WriteString(character(g.Rune))
			}
		}
	}
	return b.String() + `\z`
}

// folding returns which characters have to be replaced by which, so that a text differs from what a pattern names in more
// than case. The engine's own lower() would not do: it makes the letter k of the Kelvin sign.
func folding(t sigma.TestText) (from, to string) {
	if t.Cased {
		return "", ""
	}
	seen := map[rune]bool{}
	for _, g := range slices.Concat(t.Segments...) {
		switch {
		case g.OneOf != "" || seen[g.Rune] || g == sigma.AnyGlyph:
		case 'a' <= g.Rune && g.Rune <= 'z':
			if !seen['a'-1] {
				from, to = upper+from, lower+to
			}
			seen['a'-1] = true
		case g.Rune > unicode.MaxASCII:
			for r := unicode.SimpleFold(g.Rune); r != g.Rune; r = unicode.SimpleFold(r) {
				if sigma.Fold(r) == g.Rune {
					from, to = from+string(r), to+string(g.Rune)
				}
			}
		}
		seen[g.Rune] = true
	}
	return from, to
}

func translated(value, from, to string) string {
	if from == "" {
		return value
	}
	return "translate(" + value + ", " + text(from) + ", " + text(to) + ")"
}

// foldedWholly replaces every character there is, for texts of which neither is known.
func foldedWholly(value string) string {
	var from, to strings.Builder
	for r := range rune(unicode.MaxRune) {
		if folded := sigma.Fold(r); folded != r {
			from.WriteRune(r)
			to.WriteRune(folded)
		}
	}
	return translated(value, from.String(), to.String())
}

// foldedLiterals collects values that a text has to be equal to, so that they become one list.
type foldedLiterals struct {
	values []string            // SQL of what is compared
	lists  map[string][]string // with what
}

// add takes a test if it is one for equality.
func (f *foldedLiterals) add(t sigma.TestText) bool {
	literal, ok := literalOf(t)
	if !ok {
		return false
	}
	value := translated(hole, upper, lower)
	from, to := folding(t)
	if t.Cased || from != "" && from != upper {
		value = translated(hole, from, to)
	}
	if f.lists == nil {
		f.lists = map[string][]string{}
	}
	if _, ok := f.lists[value]; !ok {
		f.values = append(f.values, value)
	}
	f.lists[value] = append(f.lists[value], text(literal))
	return true
}

func (f *foldedLiterals) conditions() []string {
	var list []string
	for _, value := range f.values {
		literals := f.lists[value]
		if !strings.ContainsAny(strings.Join(literals, ""), lower) && value == translated(hole, upper, lower) {
			value = hole // none of them has a letter
		}
		if len(literals) == 1 {
			list = append(list, value+" = "+literals[0])
		} else {
			list = append(list, value+" IN ("+strings.Join(literals, ", ")+")")
		}
	}
	return list
}

// timePart compares a part of a time. The forms of time are those that the rules' own engine takes: a date, alone or with a
// time of day after T or a space, which only after T may name a zone.
func timePart(t sigma.TestTime) string {
	valid := "regexp_like(" + hole + `, '\A[0-9]{4}-[0-9]{2}-[0-9]{2}(?:(?:T(?:[01]?[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?` +
		`(?:Z|[-+](?:[01][0-9]|2[0-4]):(?:[0-5][0-9]|60))?)|(?: (?:[01]?[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?))?\z')`
	date := "TRY_CAST(substr(" + hole + ", 1, 10) AS DATE)"
	clock := func(n string) string {
		return "coalesce(TRY_CAST(split_part(substr(" + hole + ", 12), ':', " + n + ") AS BIGINT), 0)"
	}
	number := map[string]string{
		"minute": clock("2"), "hour": clock("1"), "day": "day(" + date + ")", "week": "week(" + date + ")",
		"month": "month(" + date + ")", "year": "year(" + date + ")",
	}[t.Part]
	return "(" + valid + " AND " + date + " IS NOT NULL AND " + number + " " + t.Relation + " " + double(float64(t.Than)) + ")"
}
