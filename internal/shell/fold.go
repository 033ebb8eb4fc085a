package shell

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Fold breaks a line of commands into lines of at most width characters that mean the same to a shell: between words, with a
// backslash, and between the members of JSON in quotes, where white space says nothing. What can be broken nowhere stays
// longer. The lines after the first may be indented, as long as what they say after a break is.
func Fold(command string, width int) []string {
	f := folding{width: width}
	if strings.HasPrefix(command, "#") {
		f.note(command)
		return f.lines
	}
	for n, w := range split(command) {
		if n > 0 {
			f.blank()
		}
		for _, piece := range pieces(w) {
			f.add(piece)
		}
	}
	return append(f.lines, f.line)
}

// folding is a command of which a part is folded.
type folding struct {
	width int
	lines []string
	line  string
	owed  bool // a blank between words, which may become the end of a line
	json  bool // the last piece can be followed by the end of a line without a backslash
}

func (f *folding) blank() { f.owed, f.json = true, false }

// add puts a piece on the line, or on the next. Room for the backslash is left.
func (f *folding) add(piece string) {
	const backslash = 2
	need := utf8.RuneCountInString(f.line) + utf8.RuneCountInString(piece)
	switch {
	case f.line == "":
	case f.owed && need+1+backslash > f.width:
		f.lines, f.line = append(f.lines, f.line+` \`), ""
	case f.owed:
		f.line += " "
	case f.json && need > f.width-backslash:
		f.lines, f.line = append(f.lines, f.line), ""
	}
	f.line += piece
	f.owed, f.json = false, true
}

// note breaks a comment.
func (f *folding) note(text string) {
	for _, w := range strings.Fields(strings.TrimLeft(text, "# ")) {
		if f.line != "" && utf8.RuneCountInString(f.line)+1+utf8.RuneCountInString(w) > f.width {
			f.lines, f.line = append(f.lines, f.line), ""
		}
		if f.line == "" {
			f.line = "#"
		}
		f.line += " " + w
	}
	f.lines = append(f.lines, f.line)
}

// Lines are a text at the ends of lines that are not in quotes.
func Lines(text string) []string { return apart(text, '\n') }

// split is a command at the blanks that separate words.
func split(command string) []string { return apart(command, ' ') }

// apart is a command at a character that is not in quotes. In comments there are none.
func apart(command string, at byte) []string {
	var words []string
	begin, quote := 0, byte(0)
	for n := 0; n < len(command); n++ {
		switch c := command[n]; {
		case quote == 0 && c == '#' && (n == 0 || command[n-1] == '\n'):
			n += strings.IndexByte(command[n:]+"\n", '\n') - 1
		case quote == 0 && c == '\\':
			n++
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == '"' && c == '\\':
			n++
		case c == quote:
			quote = 0
		case quote == 0 && c == at:
			words = append(words, command[begin:n])
			begin = n + 1
		}
	}
	return append(words, command[begin:])
}

// pieces is a word at the places where white space would say nothing: between the members of JSON.
func pieces(word string) []string {
	inside, ok := strings.CutPrefix(word, "'")
	inside, also := strings.CutSuffix(inside, "'")
	if !ok || !also || !json.Valid([]byte(strings.ReplaceAll(inside, `'\''`, "'"))) {
		return []string{word}
	}
	var list []string
	begin, text := 0, false
	for n := 1; n < len(word)-1; n++ {
		switch c := word[n]; {
		case text && c == '\\': // of JSON, or of the shell's way to write a quote
			n++
		case c == '"':
			text = !text
		case !text && c == ',':
			list = append(list, word[begin:n+1])
			begin = n + 1
		}
	}
	return append(list, word[begin:])
}
