// Package shell writes commands for people to paste into a POSIX shell. Names and policies in them may have been chosen by an
// intruder: no value may become more than one word, and nothing in it may be expanded.
package shell

import (
	"regexp"
	"slices"
	"strings"
)

// Word is a value as one word of a shell, whatever is in it.
func Word(value string) string {
	if value != "" && strings.IndexFunc(value, func(r rune) bool { return !harmless(r) }) < 0 {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// harmless says whether a character means nothing but itself to any shell. A tilde, which is not among them, means something
// after a colon too.
func harmless(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@+=,", r)
}

// Ask is a word that whoever pastes the command has to decide on. The shell takes it from the variable, and refuses to run
// the command, with the hint, where that is not set. Name and hint are our own words: they are not quoted, and a hint may
// have none of " $ ` \ } in it.
func Ask(name, hint string) string { return `"${` + name + `:?` + hint + `}"` }

// Asks says whether a command leaves something to ask.
func Asks(command string) bool { return question.MatchString(command) }

// question is what Ask makes.
var question = regexp.MustCompile(`"\$\{[A-Z_0-9]+:\?[^}]*\}"`)

// AskFirst has whatever the commands after the first one leave to ask asked before anything is run.
func AskFirst(commands string) string {
	_, later, several := strings.Cut(commands, " && ")
	questions := question.FindAllString(later, -1)
	if !several || len(questions) == 0 {
		return commands
	}
	slices.Sort(questions)
	return ": " + strings.Join(slices.Compact(questions), " ") + " && " + commands
}

// Join is a command of words, each of which is quoted.
func Join(words ...string) string {
	quoted := make([]string, len(words))
	for n, w := range words {
		quoted[n] = Word(w)
	}
	return strings.Join(quoted, " ")
}

// Then is commands one after the other, of which each is run only if the one before succeeded. Those that are empty or were
// there before are left out.
func Then(commands ...string) string {
	var list []string
	seen := map[string]bool{"": true}
	for _, c := range commands {
		if !seen[c] {
			list, seen[c] = append(list, c), true
		}
	}
	return strings.Join(list, " && ")
}

// Note is a line that a shell leaves alone. An interactive zsh takes it for a command that there is not, and goes on.
func Note(text string) string { return "# " + strings.Join(strings.Fields(text), " ") }
