package export

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/sigma"
)

// text writes a string literal. Nothing but the quotation mark has a meaning within one; what doesn't show is written by
// its number, so that a reader sees it and no editor changes it.
func text(s string) string {
	var parts []string
	var run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			parts = append(parts, "'"+strings.ReplaceAll(run.String(), "'", "''")+"'")
			run.Reset()
		}
	}
	for _, r := range s {
		if unicode.IsPrint(r) {
			run.WriteRune(r)
			continue
		}
		flush()
		parts = append(parts, fmt.Sprintf("chr(%d)", r))
	}
	flush()
	switch len(parts) {
	case 0:
		return "''"
	case 1:
		return parts[0]
	}
	return "concat(" + strings.Join(parts, ", ") + ")"
}

// double writes a number that is a DOUBLE, whatever its size.
func double(f float64) string { return strconv.FormatFloat(f, 'E', -1, 64) }

// maxComment is how much of a rule's title or author a comment shows, in characters.
const maxComment = 200

// comment says which rule a query is. A rule's text can't leave its line.
func comment(m sigma.Meta) string {
	var b strings.Builder
	for _, line := range []struct{ name, value string }{{"rule", m.ID}, {"title", m.Title}, {"author", m.Author}, {"level", m.Level}} {
		if line.value != "" {
			fmt.Fprintf(&b, "-- %s: %s\n", line.name, plain.Text(line.value, maxComment))
		}
	}
	return b.String()
}

// all joins conditions that have to hold together.
func all(parts []string) string { return joined(parts, " AND ", "TRUE") }

// either joins conditions of which one has to hold.
func either(parts []string) string { return joined(parts, " OR ", "FALSE") }

func joined(parts []string, operator, none string) string {
	switch len(parts) {
	case 0:
		return none
	case 1:
		return parts[0]
	}
	return "(" + strings.Join(parts, operator) + ")"
}

// quote shows what a rule says within a message.
func quote(s string) string {
	const limit = 60
	return `"` + plain.Text(s, limit) + `"`
}
