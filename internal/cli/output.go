package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	width    = 80  // of a line of text
	maxValue = 600 // characters of a value from AWS that are shown
)

// json says whether the output is to be JSON.
func (a *app) json() bool { return a.flags.output == "json" }

// print writes the command's result.
func (a *app) print(text string) error {
	_, err := io.WriteString(a.stdout, text)
	return err
}

// printJSON writes the command's result as one document. What does not show by itself is escaped: it may have been
// chosen by an intruder, and JSON is read on terminals too.
func (a *app) printJSON(v any) error {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	return a.print(escapeHidden(out.String()))
}

// present makes a nil list an empty one, which JSON writes as [].
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// escapeHidden may replace characters everywhere, since only JSON's strings can hold any that do not print.
func escapeHidden(document string) string {
	var out strings.Builder
	for _, r := range document {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// page builds text of at most 80 columns. Whatever is put on it must have been made plain, or be our own words.
type page struct {
	strings.Builder
	colour bool
}

func (a *app) page() *page { return &page{colour: a.colour()} }

// colour says whether stdout is a terminal whose owner has nothing against colour: https://no-color.org
func (a *app) colour() bool {
	file, ok := a.stdout.(*os.File)
	return ok && !a.flags.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}

// The colours that are used, as ANSI codes.
const (
	red    = "31"
	yellow = "33"
	green  = "32"
	bold   = "1"
)

func (p *page) paint(code, text string) string {
	if !p.colour || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// linef writes a line as it is.
func (p *page) linef(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// wrap writes text in lines that begin with first, and then with as many blanks. A word that is longer than a line is
// broken.
func (p *page) wrap(first, text string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(first))
	line, empty := first, true
	room := func() int { return width - utf8.RuneCountInString(line) }
	next := func() {
		p.linef("%s", strings.TrimRight(line, " "))
		line, empty = indent, true
	}
	for _, word := range strings.Fields(text) {
		if !empty && utf8.RuneCountInString(word)+1 > room() {
			next()
		}
		if !empty {
			line += " "
		}
		for utf8.RuneCountInString(word) > room() {
			head := string([]rune(word)[:room()])
			line += head
			word = word[len(head):]
			next()
		}
		line, empty = line+word, false
	}
	if !empty {
		next()
	}
}

// severityColour is the colour of a severity.
func severityColour(s severity.Severity) string {
	switch {
	case s >= severity.High:
		return red
	case s >= severity.Medium:
		return yellow
	}
	return ""
}

// valueText is a drift's value in few words.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		if v == "" {
			return "nothing"
		}
		return plain.Text(v, maxValue)
	case trail.Document:
		if v.Empty() {
			return "nothing"
		}
	}
	return plain.Text(airy.Replace(incident.Text(v)), maxValue)
}

// airy lets JSON be wrapped between its members.
var airy = strings.NewReplacer(`,"`, `, "`, `":`, `": `, `},{`, `}, {`)

// plural counts things.
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
