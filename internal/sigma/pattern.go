package sigma

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// pattern is text with wildcards, compiled. Unless it is case-sensitive both sides are folded first. Folding never
// turns a character that isn't ASCII into one that is: the Kelvin sign is no k. Nobody writes event names with it, and
// so every text that matches an ASCII literal contains it byte for byte, but for case.
type pattern struct {
	shape    shape
	literal  string      // of all shapes but wild, folded unless cased
	segments [][]element // of wild: what stands between stars, the first and last anchored
	cased    bool
}

type shape uint8

const (
	exactly shape = iota
	prefixed
	suffixed
	contained
	anything
	wild
)

// element stands for one character.
type element struct {
	kind elementKind
	r    rune // of a character
}

type elementKind uint8

const (
	character elementKind = iota
	oneOf                 // ?
	dash                  // - or / or the longer dashes
	star                  // any number of characters; only while parsing
)

// dashes are what windash takes for one another.
const dashes = "-/–—―"

// elements takes a value's text apart. A backslash escapes *, ? and itself; before anything else it is a backslash.
func elements(s string) []element {
	var list []element
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			escaped = false
			if r != '*' && r != '?' && r != '\\' {
				list = append(list, element{character, '\\'})
			}
			list = append(list, element{character, r})
		case r == '\\':
			escaped = true
		case r == '*':
			list = append(list, element{kind: star})
		case r == '?':
			list = append(list, element{kind: oneOf})
		default:
			list = append(list, element{character, r})
		}
	}
	if escaped {
		list = append(list, element{character, '\\'})
	}
	return list
}

// plainElements takes text without wildcards or escapes.
func plainElements(s string) []element {
	var list []element
	for _, r := range s {
		list = append(list, element{character, r})
	}
	return list
}

// plainText returns the text of elements if there is no wildcard among them.
func plainText(list []element) (string, bool) {
	var b strings.Builder
	for _, e := range list {
		if e.kind != character {
			return "", false
		}
		b.WriteRune(e.r)
	}
	return b.String(), true
}

// windash lets a dash or slash that begins an argument stand for all of them: one that follows no letter or digit and is
// followed by one, as the reference implementation has it.
func windash(list []element) []element {
	out := make([]element, len(list))
	for i, e := range list {
		out[i] = e
		if e.kind == character && strings.ContainsRune(dashes, e.r) &&
			(i == 0 || !isWord(list[i-1])) && i+1 < len(list) && isWord(list[i+1]) {
			out[i] = element{kind: dash}
		}
	}
	return out
}

func isWord(e element) bool {
	return e.kind == character && (e.r == '_' || unicode.IsLetter(e.r) || unicode.IsDigit(e.r))
}

func newPattern(list []element, cased bool) *pattern {
	segments := [][]element{nil}
	simple := true
	for i, e := range list {
		switch {
		case e.kind != star:
			simple = simple && e.kind == character
			last := len(segments) - 1
			if !cased {
				e.r = fold(e.r)
			}
			segments[last] = append(segments[last], e)
		case i == 0 || list[i-1].kind != star:
			segments = append(segments, nil)
		}
	}
	p := &pattern{shape: wild, segments: segments, cased: cased}
	if !simple {
		return p
	}
	text := func(i int) string { s, _ := plainText(segments[i]); return s }
	switch n := len(segments); {
	case n == 1:
		p.shape, p.literal = exactly, text(0)
	case n == 2 && len(segments[0])+len(segments[1]) == 0:
		p.shape = anything
	case n == 2 && len(segments[1]) == 0:
		p.shape, p.literal = prefixed, text(0)
	case n == 2 && len(segments[0]) == 0:
		p.shape, p.literal = suffixed, text(1)
	case n == 3 && len(segments[0])+len(segments[2]) == 0:
		p.shape, p.literal = contained, text(1)
	}
	return p
}

// match says whether the whole text is as the pattern says.
func (p *pattern) match(s string) bool {
	if isASCII(s) {
		return matchASCII(p, s)
	}
	if !p.cased {
		s = strings.Map(fold, s)
	}
	return p.matchFolded(s)
}

func (p *pattern) matchFolded(s string) bool {
	switch p.shape {
	case anything:
		return true
	case exactly:
		return s == p.literal
	case prefixed:
		return strings.HasPrefix(s, p.literal)
	case suffixed:
		return strings.HasSuffix(s, p.literal)
	case contained:
		return strings.Contains(s, p.literal)
	}
	return matchSegments(p.segments, s)
}

// matchASCII is match for text that is ASCII, without making a folded copy of it where that can be spared.
func matchASCII[text string | []byte](p *pattern, s text) bool {
	n := len(p.literal)
	switch {
	case p.shape == anything:
		return true
	case p.cased:
		return p.matchFolded(string(s))
	case p.shape == exactly:
		return len(s) == n && equalLower(s, p.literal)
	case p.shape == prefixed:
		return len(s) >= n && equalLower(s[:n], p.literal)
	case p.shape == suffixed:
		return len(s) >= n && equalLower(s[len(s)-n:], p.literal)
	case p.shape == contained:
		return containsLower(s, p.literal)
	}
	return matchSegments(p.segments, strings.ToLower(string(s)))
}

// equalLower compares ASCII text with lower-case text of the same length.
func equalLower[text string | []byte](s text, lower string) bool {
	for i := range len(s) {
		if lowerASCII(s[i]) != lower[i] {
			return false
		}
	}
	return true
}

func containsLower[text string | []byte](s text, lower string) bool {
	if lower == "" {
		return true
	}
	for i := 0; i+len(lower) <= len(s); i++ {
		if lowerASCII(s[i]) == lower[0] && equalLower(s[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fold maps the characters that differ only in case to one of them, within ASCII and outside of it.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(lowerASCII(byte(r)))
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		if next >= utf8.RuneSelf {
			least = min(least, next)
		}
	}
	return least
}

// matchSegments matches what stands between stars: the first segment at the beginning, the last at the end, each one
// between at the first place where it fits, which leaves the most room to those after it.
func matchSegments(segments [][]element, s string) bool {
	size := prefixSize(segments[0], s)
	if size < 0 {
		return false
	}
	s = s[size:]
	if len(segments) == 1 {
		return s == ""
	}
	last := len(segments) - 1
	for _, segment := range segments[1:last] {
		end := findSegment(segment, s)
		if end < 0 {
			return false
		}
		s = s[end:]
	}
	start := len(s)
	for range segments[last] {
		if start == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(s[:start])
		start -= size
	}
	return prefixSize(segments[last], s[start:]) >= 0
}

// findSegment returns where the first occurrence of a segment ends, or -1.
func findSegment(segment []element, s string) int {
	for i := 0; ; {
		if size := prefixSize(segment, s[i:]); size >= 0 {
			return i + size
		}
		if i == len(s) {
			return -1
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
}

// prefixSize returns how many bytes of s a segment takes at its beginning, or -1 if it doesn't fit.
func prefixSize(segment []element, s string) int {
	i := 0
	for _, e := range segment {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case size == 0,
			e.kind == character && e.r != r,
			e.kind == dash && !strings.ContainsRune(dashes, r):
			return -1
		}
		i += size
	}
	return i
}
