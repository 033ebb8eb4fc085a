package sigma

import (
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"
)

// Position is a place in a rule file. Lines and columns count from 1.
type Position struct {
	File   string
	Line   int
	Column int
}

// String is file:line:column, as editors understand it.
func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Error is one thing in a rule file that keeps a rule from running as its author meant it.
type Error struct {
	Position
	What string // what is wrong
	Fix  string // how to mend it
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s; %s", e.Position, e.What, e.Fix) }

// maxProblems is how many errors are reported for one rule; what follows is mostly the consequence of these.
const maxProblems = 20

// problems collects the errors of one rule, or of what is around the rules of a file.
type problems struct {
	file string
	list []error
}

// at turns a node's place into a position in this file.
func (p *problems) at(n *yaml.Node) Position { return Position{p.file, n.Line, n.Column} }

func (p *problems) add(at Position, what, fix string) {
	if len(p.list) < maxProblems {
		p.list = append(p.list, &Error{at, what, fix})
	}
}

func (p *problems) err() error { return errors.Join(slices.Clone(p.list)...) }

// clip keeps what is quoted from a rule short enough for a line.
func clip(s string) string {
	const limit = 60
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
