package sigma

import (
	"bytes"
	"regexp/syntax"
	"strings"
)

// Literals are text that has to be there for a value to match. Looking for them is so much faster than what they stand
// in front of (regular expressions, and the compact JSON of whole objects) that it is done first.

// minLiteral is the length of the shortest literal that is looked for: shorter ones are everywhere.
const minLiteral = 3

// jsonLiteral returns the longest part of some text that every JSON has to write as itself or with an escape, in lower
// case. Quotation marks, backslashes and slashes have other escapes; around commas, colons and brackets there may be
// white space if the text is that of an object; characters beyond ASCII can be written in two ways.
func jsonLiteral(list []element) needle {
	longest, run := "", []byte(nil)
	for i := 0; i <= len(list); i++ {
		if i < len(list) && list[i].kind == character && isPlain(list[i].r) {
			run = append(run, lowerASCII(byte(list[i].r)))
			continue
		}
		if len(run) >= minLiteral && len(run) > len(longest) {
			longest = string(run)
		}
		run = run[:0]
	}
	if longest == "" {
		return needle{}
	}
	return newNeedle(longest)
}

func isPlain(r rune) bool { return r >= ' ' && r < 0x7f && !strings.ContainsRune(`"\/,:[]{}`, r) }

// missing says whether some JSON certainly has no value with a literal in it.
func (n needle) missing(raw []byte) bool {
	return n.text != "" && !n.findFold(raw) && escape.find(raw, 0) == len(raw)
}

// findFold says whether data contains the needle, which is lower-case ASCII, in any case.
func (n needle) findFold(data []byte) bool {
	lower := n.text[n.rare]
	upper := lower
	if 'a' <= lower && lower <= 'z' {
		upper -= 'a' - 'A'
	}
	return n.findAt(data, lower) || upper != lower && n.findAt(data, upper)
}

// findAt looks for the needle wherever its rare byte is written as c.
func (n needle) findAt(data []byte, c byte) bool {
	for i := n.rare; i < len(data); i++ {
		next := bytes.IndexByte(data[i:], c)
		if next < 0 {
			return false
		}
		i += next
		if start := i - n.rare; len(data)-start >= len(n.text) && equalLower(data[start:start+len(n.text)], n.text) {
			return true
		}
	}
	return false
}

// expressionLiteral returns the longest text that everything contains which a regular expression matches, "" if it finds
// none.
func expressionLiteral(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return expressionLiteral(re.Sub[0])
	case syntax.OpConcat:
		longest := ""
		for _, sub := range re.Sub {
			if s := expressionLiteral(sub); len(s) > len(longest) {
				longest = s
			}
		}
		return longest
	}
	return ""
}
