package baselinefile

import (
	"fmt"
	"strings"
)

// maxErrors bounds how many errors one file is told.
const maxErrors = 50

// Error is one mistake in a baseline file.
type Error struct {
	Name         string // of the file
	Line, Column int    // counted from 1
	Message      string // what is wrong, and how to mend it
}

// Error is name:line:column: message.
func (e Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Message)
}

// Errors are all mistakes in a baseline file, in the order of the file; at most fifty are kept.
type Errors []Error

// Error puts each mistake on a line of its own.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single Error.
func (e Errors) Unwrap() []error {
	result := make([]error, len(e))
	for i, one := range e {
		result[i] = one
	}
	return result
}

// nearest returns the known word that is most like an unknown one, or "" if none is alike.
func nearest(word string, known []string) string {
	best, least := "", 1+len(word)/3
	if len(word) > 64 { // not a typing mistake
		return ""
	}
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d <= least {
			best, least = k, d-1
		}
	}
	return best
}

// distance is how many letters must be changed, added or dropped to make one word the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// didYouMean is the hint after an unknown word.
func didYouMean(word string, known []string) string {
	if k := nearest(word, known); k != "" {
		return fmt.Sprintf("did you mean %s?", k)
	}
	return "use one of " + strings.Join(known, ", ")
}
