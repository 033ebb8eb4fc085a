package report

import (
	"strings"
	"unicode"
)

// Cell makes text harmless for spreadsheets, which take what begins with one of these characters for a formula, whatever
// quotation marks stand around it: https://owasp.org/www-community/attacks/CSV_Injection
func Cell(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
	if first := strings.TrimLeft(text, " \ufffd"); first != "" && strings.ContainsAny(first[:1], "=+-@|%") || strings.HasPrefix(first, "＝") {
		return "'" + text
	}
	return text
}
