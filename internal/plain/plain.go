// Package plain makes hostile text harmless to show. Whoever attacks a trail chooses names, user agents, tags and error
// messages that people then read in e-mails and terminals; none of it may move a cursor, reverse the reading direction,
// begin a line of its own, hide, flood, or become a link.
package plain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow a character. No name needs more; towers of them cover other lines.
const maxMarks = 2

// Text returns s as one line of at most limit characters (limit is at least 1). What does not show by itself (control
// characters, terminal escapes, newlines, direction overrides, invisible letters, bytes that are no UTF-8) is written
// out, such as \n or \u202e, so that a reader sees that it was there. Links lose the form that mail programs turn into
// something to click, addresses stay readable. What is cut off at the end is marked by "…".
func Text(s string, limit int) string {
	const mark = "…"
	limit = max(limit, 1)
	var out strings.Builder
	count, cut := 0, 0 // characters written; bytes of them that leave room for the mark
	marks := 0         // combining marks in a row
	for len(s) > 0 {
		var piece string
		var size int
		piece, size, marks = next(s, marks)
		s = s[size:]
		for _, r := range piece {
			if count == limit {
				return out.String()[:cut] + mark
			}
			if count == limit-1 {
				cut = out.Len()
			}
			out.WriteRune(r)
			count++
		}
	}
	return out.String()
}

// next returns what to show for the beginning of s, how many bytes of s that was, and how many combining marks now
// stand in a row.
func next(s string, marks int) (piece string, size, combining int) {
	if dead, size := link(s); size > 0 {
		return dead, size, 0
	}
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf(`\x%02x`, s[0]), 1, 0
	case unicode.Is(unicode.M, r) && marks < maxMarks && !hidden(r):
		return s[:size], size, marks + 1
	case unicode.Is(unicode.M, r) || hidden(r):
		return escape(r), size, 0
	}
	return s[:size], size, 0
}

// link recognises the two beginnings that mail programs take for a link's.
func link(s string) (dead string, size int) {
	if strings.HasPrefix(s, "://") {
		return "[:]//", 3
	}
	if len(s) >= 4 && strings.EqualFold(s[:4], "www.") {
		return s[:3] + "[.]", 4
	}
	return "", 0
}

// hidden says whether a character does not show as itself: it controls, formats, or is blank.
func hidden(r rune) bool {
	const brailleBlank = '\u2800' // a symbol without a dot
	return !unicode.IsPrint(r) || r == brailleBlank ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func escape(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	if r < 0x100 {
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// ASCII returns s as one line of at most limit characters (limit is at least 1), all of them printable ASCII, as an
// e-mail's subject must be. White space becomes one blank, everything else that is not ASCII a question mark. What is
// cut off at the end is marked by "...".
func ASCII(s string, limit int) string {
	limit = max(limit, 1)
	var out strings.Builder
	blank := true // none at the beginning
	for _, r := range Text(strings.Join(strings.Fields(s), " "), limit+1) {
		if blank && r == ' ' {
			continue
		}
		blank = r == ' '
		switch {
		case r == '…':
			out.WriteString("...")
		case r > unicode.MaxASCII:
			out.WriteByte('?')
		default:
			out.WriteRune(r)
		}
	}
	return cutASCII(strings.TrimRight(out.String(), " "), limit)
}

func cutASCII(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	mark := "..."[:min(3, limit)]
	return s[:limit-len(mark)] + mark
}
