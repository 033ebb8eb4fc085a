package sigma

import (
	"errors"
	"fmt"
)

// Set is all that is to be run together, with references resolved.
type Set struct {
	Rules        []*Rule
	Correlations []*Correlation // each after those that it refers to
}

// Link resolves what correlations and filters refer to, across files, and changes the rules accordingly: each filter is
// attached to its rules, and rules are hidden that stand in one file with a correlation that uses them and does not ask
// for their own findings. (A correlation in another file hides nothing: adding a file must not silence others.) Errors
// are joined *Error; the correlations and filters they are about are left out of the set.
func Link(files ...*File) (*Set, error) {
	l := linker{rules: map[string][]*Rule{}, correlations: map[string][]*Correlation{}, state: map[*Correlation]progress{}}
	for _, f := range files {
		l.index(f)
	}
	for _, f := range files {
		for _, x := range f.Filters {
			l.attach(x)
		}
		for _, c := range f.Correlations {
			l.resolve(c)
		}
	}
	for _, f := range files {
		for _, c := range f.Correlations {
			l.order(c)
		}
	}
	return &l.set, errors.Join(l.errs...)
}

type linker struct {
	errs         []error
	set          Set
	rules        map[string][]*Rule // by id, name and title
	correlations map[string][]*Correlation
	state        map[*Correlation]progress
}

func (l *linker) fail(at Position, what, fix string) { l.errs = append(l.errs, &Error{at, what, fix}) }

// progress is how far a correlation has been put in order.
type progress uint8

const (
	unseen progress = iota
	broken          // it can't be run
	underWay
	done
)

func (l *linker) index(f *File) {
	for _, r := range f.Rules {
		l.set.Rules = append(l.set.Rules, r)
		for _, key := range r.keys() {
			l.rules[key] = append(l.rules[key], r)
		}
	}
	for _, c := range f.Correlations {
		for _, key := range c.keys() {
			l.correlations[key] = append(l.correlations[key], c)
		}
	}
}

// keys are what a rule can be referred to by, each once.
func (m Meta) keys() []string {
	var keys []string
	for _, key := range []string{m.ID, m.Name, m.Title} {
		if key != "" && (len(keys) == 0 || keys[0] != key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// attach adds a filter to the rules that it names, or to all that have its log source.
func (l *linker) attach(f *Filter) {
	if f.everywhere {
		for _, r := range l.set.Rules {
			if f.LogSource.covers(r.LogSource) {
				r.filters = append(r.filters, f)
			}
		}
		return
	}
	for _, ref := range f.references {
		applied := false
		for _, r := range l.rules[ref.name] {
			if f.LogSource.covers(r.LogSource) {
				r.filters = append(r.filters, f)
				applied = true
			}
		}
		if !applied {
			l.fail(ref.at, fmt.Sprintf("the filter has no effect: there is no rule %q with its log source", clip(ref.name)),
				"load the rule too, correct the reference, or remove it")
		}
	}
}

// resolve finds what a correlation refers to.
func (l *linker) resolve(c *Correlation) {
	for i := range c.references {
		ref := &c.references[i]
		if ref.rules != nil {
			continue // made from an aggregation
		}
		ref.rules, ref.correlations = l.rules[ref.name], l.correlations[ref.name]
		if len(ref.rules)+len(ref.correlations) == 0 {
			l.fail(ref.at, fmt.Sprintf("there is no rule %q", clip(ref.name)), "load the file that has it, or correct the id or name")
			l.state[c] = broken
		}
	}
}

// hide keeps what only feeds a correlation from making findings of its own.
func (c *Correlation) hide() {
	for _, ref := range c.references {
		for _, r := range ref.rules {
			r.Hidden = r.Hidden || r.File == c.File
		}
		for _, inner := range ref.correlations {
			inner.Hidden = inner.Hidden || inner.File == c.File
		}
	}
}

// order puts a correlation after those that it refers to, and says whether it can be run.
func (l *linker) order(c *Correlation) bool {
	switch l.state[c] {
	case done:
		return true
	case broken:
		return false
	case underWay:
		l.fail(c.Position, "the correlation refers to itself, directly or through others", "break the circle")
		return false
	}
	l.state[c] = underWay
	for _, ref := range c.references {
		for _, inner := range ref.correlations {
			if !l.order(inner) {
				l.fail(ref.at, fmt.Sprintf("the correlation %q can't be run, and so neither can this one", clip(ref.name)), "mend that one first")
				l.state[c] = broken
				return false
			}
		}
	}
	l.state[c] = done
	if !c.Generate {
		c.hide()
	}
	l.set.Correlations = append(l.set.Correlations, c)
	return true
}
