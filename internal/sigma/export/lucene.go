package export

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
)

// maxLucene is how long an expression may be unless the index says otherwise (index.max_regex_length), in bytes.
const maxLucene = 1000

var errEnds = errors.New("an expression with ^ or $ that are not at its ends")

// lucene writes an expression of RE2's syntax as Lucene understands it, which matches texts as a whole.
func lucene(expression string) (string, error) {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return "", err // can't be: the rule was compiled
	}
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	before, after := ".*", ".*"
	if len(parts) > 0 && parts[0].Op == syntax.OpBeginText {
		before, parts = "", parts[1:]
	}
	if n := len(parts); n > 0 && parts[n-1].Op == syntax.OpEndText {
		after, parts = "", parts[:n-1]
	}
	var b strings.Builder
	b.WriteString(before)
	for _, part := range parts {
		if err := writeLucene(&b, part); err != nil {
			return "", err
		}
	}
	b.WriteString(after)
	if b.Len() > maxLucene {
		return "", fmt.Errorf("an expression of more than %d bytes once it is written out", maxLucene)
	}
	return b.String(), nil
}

func writeLucene(b *strings.Builder, re *syntax.Regexp) error {
	switch re.Op {
	case syntax.OpEmptyMatch:
		b.WriteString("()")
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			writeLuceneCharacter(b, r, re.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		return writeLuceneClass(b, re.Rune)
	case syntax.OpAnyCharNotNL:
		b.WriteString("[^\n]")
	case syntax.OpAnyChar:
		b.WriteByte('.')
	case syntax.OpBeginText, syntax.OpEndText:
		return errEnds
	case syntax.OpBeginLine, syntax.OpEndLine:
		return errLine
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return errWord
	case syntax.OpCapture, syntax.OpConcat:
		return luceneGroup(b, re.Sub, "")
	case syntax.OpAlternate:
		return luceneGroup(b, re.Sub, "|")
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if err := luceneGroup(b, re.Sub, ""); err != nil {
			return err
		}
		b.WriteString(times(re))
	default:
		return errors.New("an expression that matches nothing")
	}
	return nil
}

func luceneGroup(b *strings.Builder, parts []*syntax.Regexp, between string) error {
	b.WriteByte('(')
	for i, part := range parts {
		if i > 0 {
			b.WriteString(between)
		}
		if err := writeLucene(b, part); err != nil {
			return err
		}
	}
	b.WriteByte(')')
	return nil
}

func writeLuceneCharacter(b *strings.Builder, r rune, folded bool) {
	if !folded || unicode.SimpleFold(r) == r {
		b.WriteString(luceneCharacter(r))
		return
	}
	b.WriteString("[" + luceneCharacter(r))
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		b.WriteString(luceneCharacter(next))
	}
	b.WriteByte(']')
}

func writeLuceneClass(b *strings.Builder, ranges []rune) error {
	if len(ranges) == 0 {
		return errors.New("an expression that matches nothing")
	}
	b.WriteByte('[')
	for i := 0; i < len(ranges); i += 2 {
		b.WriteString(luceneCharacter(ranges[i]))
		if ranges[i] != ranges[i+1] {
			b.WriteString("-" + luceneCharacter(ranges[i+1]))
		}
	}
	b.WriteByte(']')
	return nil
}

// luceneCharacter writes one character so that it stands for nothing else. Lucene knows no escapes by number: a backslash
// only takes away a meaning, except before some letters.
func luceneCharacter(r rune) string {
	if r < 0x7f && r > ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return `\` + string(r)
	}
	return string(r)
}
