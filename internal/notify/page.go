package notify

import (
	"strings"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/plain"
)

const (
	width      = 76   // of a line: no mail program breaks it, even once quoted
	labelWidth = 14   // of the names of values
	maxEntry   = 2000 // characters of one paragraph or value
)

// Section is a part of a message, for media that lay text out by themselves. All of it went through package plain.
type Section struct {
	Title string // in capitals; empty before the first heading
	Rows  []Row
}

// Row is a paragraph, a named value, an entry of a list or a command, each on one line however long.
type Row struct {
	Mark    string // before an entry of a list, such as "1."
	Name    string // of a value
	Text    string
	Command bool // to be typed, as one line
	Belongs bool // to the row before it
}

// page builds a text. Whatever is put on it is made plain once more, so that no caller can forget to.
type page struct {
	out      strings.Builder
	sections []Section // what was put on it so far
}

// heading begins a section.
func (p *page) heading(s string) {
	s = plain.Text(s, width)
	p.out.WriteString("\n" + s + "\n")
	p.sections = append(p.sections, Section{Title: s})
}

// note keeps a row of the section that was begun last.
func (p *page) note(r Row) {
	if len(p.sections) == 0 {
		p.sections = append(p.sections, Section{})
	}
	r.Belongs = strings.HasPrefix(r.Name, " ")
	r.Mark, r.Name, r.Text = strings.TrimSpace(r.Mark), strings.TrimSpace(r.Name), plain.Text(r.Text, maxEntry)
	last := &p.sections[len(p.sections)-1]
	last.Rows = append(last.Rows, r)
}

// para is a paragraph.
func (p *page) para(s string) {
	p.note(Row{Text: s})
	p.wrap("", "", s)
}

// indented is a paragraph under a heading.
func (p *page) indented(s string) {
	p.note(Row{Text: s})
	p.wrap("  ", "  ", s)
}

// value is a named value; one that is empty is left out.
func (p *page) value(name, s string) {
	if s == "" {
		return
	}
	p.note(Row{Name: name, Text: s})
	first, rest := "  "+name+strings.Repeat(" ", max(labelWidth-len(name), 1)), strings.Repeat(" ", labelWidth+2)
	if n := utf8.RuneCountInString(s); !strings.Contains(s, " ") && n > width-labelWidth-2 && n <= width-4 {
		p.out.WriteString(strings.TrimRight(first, " ") + "\n") // an ARN or a hash stays in one piece if the next line can hold it
		first, rest = "    ", "    "
	}
	p.wrap(first, rest, s)
}

// bullet is an entry of a list.
func (p *page) bullet(mark, s string) {
	p.note(Row{Mark: mark, Text: s})
	p.wrap("  "+mark+" ", strings.Repeat(" ", len(mark)+3), s)
}

// command is something to type, with a backslash where it is broken between arguments.
func (p *page) command(args []string) {
	p.note(Row{Text: strings.Join(args, " "), Command: true})
	const indent = "       "
	line := indent + args[0]
	for _, arg := range args[1:] {
		if utf8.RuneCountInString(line)+utf8.RuneCountInString(arg)+3 > width {
			p.out.WriteString(line + " \\\n")
			line = indent + "  " + arg
			continue
		}
		line += " " + arg
	}
	p.out.WriteString(line + "\n")
}

// wrap writes s in lines of at most width. Words that are longer than a line are broken.
func (p *page) wrap(first, rest, s string) {
	line, empty := first, true
	flush := func() {
		p.out.WriteString(strings.TrimRight(line, " ") + "\n")
		line, empty = rest, true
	}
	for _, word := range strings.Fields(plain.Text(s, maxEntry)) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			flush()
		}
		if !empty {
			line += " "
		}
		for room := width - utf8.RuneCountInString(line); utf8.RuneCountInString(word) > room; room = width - len(rest) {
			head := string([]rune(word)[:room])
			line, word = line+head, word[len(head):]
			flush()
		}
		line, empty = line+word, false
	}
	if !empty {
		flush()
	}
}
