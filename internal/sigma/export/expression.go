package export

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp/syntax"
	"strings"
	"unicode"
)

// mapped is an IPv4 address in IPv6's form.
var mapped = netip.MustParseAddr("::ffff:0.0.0.0")

// anything is an expression for any one character, whatever an engine takes . for.
const anything = `[\s\S]`

// portable writes an expression of RE2's syntax in the part of the syntax that RE2, Java and Joni understand alike: only
// characters, sets of them written out, groups, choices, repetitions and the two ends of the text.
func portable(expression string) (string, error) {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return "", err // can't be: the rule was compiled
	}
	var b strings.Builder
	if err := writeExpression(&b, re); err != nil {
		return "", err
	}
	return b.String(), nil
}

var errLine = errors.New("an expression with ^ or $ for the ends of lines, which engines see in different ways")
var errWord = errors.New(`an expression with \b or \B, for which engines take different characters for words`)

func writeExpression(b *strings.Builder, re *syntax.Regexp) error {
	switch re.Op {
	case syntax.OpNoMatch:
		b.WriteString(`[^\s\S]`)
	case syntax.OpEmptyMatch:
		b.WriteString("(?:)")
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			writeCharacter(b, r, re.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		writeClass(b, re.Rune)
	case syntax.OpAnyCharNotNL:
		b.WriteString(`[^\n]`)
	case syntax.OpAnyChar:
		b.WriteString(anything)
	case syntax.OpBeginText:
		b.WriteString(`\A`)
	case syntax.OpEndText:
		b.WriteString(`\z`)
	case syntax.OpBeginLine, syntax.OpEndLine:
		return errLine
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return errWord
	case syntax.OpCapture, syntax.OpConcat:
		return writeGroup(b, re.Sub, "")
	case syntax.OpAlternate:
		return writeGroup(b, re.Sub, "|")
	default:
		return writeRepetition(b, re)
	}
	return nil
}

// writeGroup writes expressions one after another, or as a choice.
func writeGroup(b *strings.Builder, parts []*syntax.Regexp, between string) error {
	b.WriteString("(?:")
	for i, part := range parts {
		if i > 0 {
			b.WriteString(between)
		}
		if err := writeExpression(b, part); err != nil {
			return err
		}
	}
	b.WriteString(")")
	return nil
}

func writeRepetition(b *strings.Builder, re *syntax.Regexp) error {
	if err := writeGroup(b, re.Sub, ""); err != nil {
		return err
	}
	b.WriteString(times(re))
	return nil
}

// times writes how often something may be repeated. Greedy or not finds the same texts.
func times(re *syntax.Regexp) string {
	switch {
	case re.Op == syntax.OpStar:
		return "*"
	case re.Op == syntax.OpPlus:
		return "+"
	case re.Op == syntax.OpQuest:
		return "?"
	case re.Max == re.Min:
		return fmt.Sprintf("{%d}", re.Min)
	case re.Max < 0:
		return fmt.Sprintf("{%d,}", re.Min)
	}
	return fmt.Sprintf("{%d,%d}", re.Min, re.Max)
}

// writeCharacter writes a character, or all that differ from it only in case.
func writeCharacter(b *strings.Builder, r rune, folded bool) {
	if !folded || unicode.SimpleFold(r) == r {
		b.WriteString(character(r))
		return
	}
	b.WriteString("[" + character(r))
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		b.WriteString(character(next))
	}
	b.WriteString("]")
}

func writeClass(b *strings.Builder, ranges []rune) {
	if len(ranges) == 0 {
		b.WriteString(`[^\s\S]`)
		return
	}
	b.WriteString("[")
	for i := 0; i < len(ranges); i += 2 {
		b.WriteString(character(ranges[i]))
		if ranges[i] != ranges[i+1] {
			b.WriteString("-" + character(ranges[i+1]))
		}
	}
	b.WriteString("]")
}

// character writes one character so that it stands for nothing else, within a set or outside of one.
func character(r rune) string {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("_:;,/@=%'\" <>~", r):
		return string(r)
	case r > ' ' && r < 0x7f:
		return `\` + string(r)
	}
	return fmt.Sprintf(`\x{%X}`, r)
}
