package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/severity"
)

// TextOptions say how text is to look. The zero value is right for a file.
type TextOptions struct {
	Colour bool // ANSI colours
	All    bool // list every finding of a rule, not only the first few
}

const (
	width    = 80  // of a line of text
	maxValue = 600 // characters of a value that are shown
	fewest   = 6   // findings of a rule that are listed unless all are wanted
	spansMax = 40  // stretches of a lane that are listed
	lanesMax = 200 // lanes that are listed
)

// Text writes a report for a terminal of 80 columns: what was looked at, a table per lane, the findings by rule, and the
// verdict as the last line.
func Text(w io.Writer, r Report, options TextOptions) error {
	p := &textPage{colour: options.Colour}
	for _, f := range r.Subject {
		p.wrap(fmt.Sprintf("%-10s ", f.Name), Address(f.Value))
	}
	p.lanes(r.Lanes)
	for _, g := range r.Groups() {
		p.group(g, options.All)
	}
	if r.Omitted > 0 {
		p.linef("\n%s more were found than are listed.", Count(r.Omitted, "finding"))
	}
	for _, s := range r.Sections {
		p.linef("\n%s", p.paint(bold, s.Title))
		for _, item := range s.Items {
			p.wrap("  - ", plain.Text(item, 3*maxValue))
		}
	}
	p.linef("")
	p.verdict(r.Verdict)
	_, err := io.WriteString(w, p.String())
	return err
}

// textPage builds text. Whatever is put on it must have been made plain, or be our own words.
type textPage struct {
	strings.Builder
	colour bool
}

// The colours that are used, as ANSI codes.
const (
	red    = "31"
	yellow = "33"
	green  = "32"
	bold   = "1"
)

func (p *textPage) paint(code, text string) string {
	if !p.colour || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p *textPage) linef(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// lanes lists lanes. Of very many, those that are good all over are left to the count.
func (p *textPage) lanes(lanes []Lane) {
	shown, left := Notable(lanes, lanesMax)
	for _, l := range shown {
		p.linef("")
		for _, line := range fold("", plain.Text(l.Name, maxValue)) {
			p.linef("%s", p.paint(bold, line))
		}
		spans := l.Spans[:min(len(l.Spans), spansMax)]
		if l.Note != "" {
			p.wrap("  ", plain.Text(l.Note, maxValue))
		}
		for _, s := range spans {
			p.span(s)
		}
		if more := len(l.Spans) - len(spans); more > 0 {
			p.linef("  … and %s", Count(more, "more stretch"))
		}
	}
	if left > 0 {
		p.linef("\n… and %s, not listed", Count(left, "more chain"))
	}
}

func (p *textPage) span(s Span) {
	label := fmt.Sprintf("%-9s", s.Label)
	lines := fold(fmt.Sprintf("  %s %s → %s  %7s  ", label, minute(s.From), minute(s.To), Length(s.To.Sub(s.From))), plain.Text(s.Text, maxValue))
	lines[0] = strings.Replace(lines[0], label, p.paint(stateColour(s.State), label), 1)
	p.lines(lines)
}

func (p *textPage) group(g Group, all bool) {
	p.linef("\n%s  %s, %s", p.paint(bold, plain.Text(g.Rule.ID, width/2)), p.paint(severityColour(g.Severity), g.Severity.String()), Count(g.Count(), "finding"))
	if g.Rule.Title != "" {
		p.wrap("  ", plain.Text(g.Rule.Title, maxValue))
	}
	listed := g.Findings
	if !all {
		listed = listed[:min(len(listed), fewest)]
	}
	for _, f := range listed {
		p.finding(f)
	}
	if more := g.Count() - len(listed); more > 0 {
		p.linef("  … and %d more: --output json lists all", more)
	}
}

func (p *textPage) finding(f Finding) {
	if f.Object != "" {
		p.wrap("  - ", Address(f.Object))
		p.wrap("    ", plain.Text(f.Text, maxValue))
	} else {
		p.wrap("  - ", plain.Text(f.Text, maxValue))
	}
	for _, d := range f.Details {
		p.wrap(fmt.Sprintf("    %-9s ", plain.Text(d.Name, width/3)), plain.Text(d.Value, maxValue))
	}
}

func (p *textPage) verdict(v Verdict) {
	for _, line := range fold("", plain.Text(v.Text, maxValue)) {
		p.linef("%s", p.paint(stateColour(v.State), line))
	}
}

func (p *textPage) wrap(first, text string) { p.lines(fold(first, text)) }

func (p *textPage) lines(lines []string) {
	for _, line := range lines {
		p.linef("%s", line)
	}
}

// fold makes lines of text that begin with first, and then with as many blanks. A word that is longer than a line is
// broken. There is at least one line.
func fold(first, text string) (lines []string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(first))
	line, empty := first, true
	room := func() int { return max(width-utf8.RuneCountInString(line), 1) }
	next := func() {
		lines = append(lines, strings.TrimRight(line, " "))
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
	if !empty || len(lines) == 0 {
		next()
	}
	return lines
}

// Notable picks at most so many lanes, those with anything but good stretches first, and keeps their order. It returns
// how many were left out.
func Notable(lanes []Lane, most int) (picked []Lane, left int) {
	if len(lanes) <= most {
		return lanes, 0
	}
	for _, good := range []bool{false, true} {
		for _, l := range lanes {
			if allGood(l) == good && len(picked) < most {
				picked = append(picked, l)
			}
		}
	}
	return picked, len(lanes) - len(picked)
}

func allGood(l Lane) bool {
	for _, s := range l.Spans {
		if s.State != Good {
			return false
		}
	}
	return true
}

// Address makes the address of an object harmless. An s3:// address stays one: no mail program takes it for a link.
func Address(object string) string {
	if rest, ok := strings.CutPrefix(object, "s3://"); ok {
		return "s3://" + plain.Text(rest, maxValue)
	}
	return plain.Text(object, maxValue)
}

// Length says how long something lasted, in at most seven characters for anything up to 99,999 hours.
func Length(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Hours()))
}

// Count counts things in words: "1 log", "1,872 logs".
func Count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	plural := one + "s"
	if strings.HasSuffix(one, "ch") {
		plural = one + "es"
	}
	return Thousands(n) + " " + plural
}

// Thousands writes a number with a comma after each third digit from the right.
func Thousands(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// minute is a time to the minute, or to the second where it is not a full one: nothing may seem to take no time.
func minute(t time.Time) string {
	if t = t.UTC().Truncate(time.Second); t.Second() != 0 {
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("2006-01-02 15:04")
}

func stateColour(s State) string {
	switch s {
	case Good:
		return green
	case Bad:
		return red
	}
	return yellow
}

func severityColour(s severity.Severity) string {
	switch {
	case s >= severity.High:
		return red
	case s >= severity.Medium:
		return yellow
	}
	return ""
}
