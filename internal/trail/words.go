package trail

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// maxShown bounds how much of a value that AWS returned is put into a sentence.
const maxShown = 200

// show makes a value fit for a sentence that people and terminals read: whoever changed the trail chose the value, so
// what cannot be printed is escaped and what is long is cut.
func show(value string) string {
	cut := ""
	if runes := []rune(value); len(runes) > maxShown {
		value, cut = string(runes[:maxShown]), "…"
	}
	plain := value != "" && !strings.ContainsFunc(value, func(r rune) bool {
		return r == unicode.ReplacementChar || !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == '"'
	})
	if plain {
		return value + cut
	}
	return strconv.Quote(value) + cut
}

// list joins values in a sentence, naming at most a few and counting the others.
func list(values []string) string {
	const most = 3
	shown := make([]string, 0, most)
	for _, v := range values[:min(len(values), most)] {
		shown = append(shown, show(v))
	}
	text := strings.Join(shown, ", ")
	if more := len(values) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
