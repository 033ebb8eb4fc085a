package policy

import (
	"strings"
	"unicode/utf8"
)

// maxText is the longest text that Parse reads, in bytes. The longest policy that AWS stores has 32 KB, white space not
// always counted.
const maxText = 256 << 10

// Parse reads a policy of any kind. It's strict about structure: unknown and duplicate elements, wrong kinds of values
// and elements that exclude each other are errors, of type *ParseError, with their place. Where AWS takes a list it
// takes a single value too, and booleans and numbers for strings.
func Parse(text string) (Document, error) {
	r := newReader(text)
	switch {
	case len(text) > maxText:
		return Document{}, r.errorAt(0, "the policy has %d bytes; %d is the most that is read", len(text), maxText)
	case !utf8.ValidString(text):
		return Document{}, r.errorAt(len(text)-len(strings.TrimLeftFunc(text, func(c rune) bool { return c != utf8.RuneError })), "the policy is not UTF-8; save it as UTF-8")
	}
	d, err := r.document()
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return Document{}, err
	}
	return d, nil
}

func (r *reader) document() (Document, error) {
	var d Document
	start := r.at()
	err := r.object("the policy", func(key string, at int) (err error) {
		switch key {
		case "Version":
			at = r.at()
			if d.Version, err = r.value("Version"); err == nil && d.Version != "2012-10-17" && d.Version != "2008-10-17" {
				return r.errorAt(at, `Version is %s; it must be "2012-10-17" or "2008-10-17"`, shown(d.Version))
			}
		case "Id":
			d.ID, err = r.value("Id")
		case "Statement":
			err = r.list(func() error {
				s, err := r.statement(len(d.Statements) + 1)
				d.Statements = append(d.Statements, s)
				return err
			})
		default:
			return r.errorAt(at, "%s is no element of a policy; there are Version, Id and Statement", shown(key))
		}
		return err
	})
	if err == nil && len(d.Statements) == 0 {
		err = r.errorAt(start, "the policy has no Statement; add one")
	}
	return d, err
}

// found notes which elements a statement has.
type found struct{ effect, principal, action bool }

func (r *reader) statement(number int) (Statement, error) {
	s := Statement{Number: number}
	var have found
	start := r.at()
	s.Line = 1 + strings.Count(r.text[:start], "\n")
	err := r.object("a statement", func(key string, at int) error { return r.element(&s, &have, key, at) })
	switch {
	case err != nil:
	case !have.effect:
		err = r.errorAt(start, `the statement has no Effect; add "Allow" or "Deny"`)
	case !have.action:
		err = r.errorAt(start, "the statement has no Action; say what it is about")
	}
	return s, err
}

// element reads one element of a statement.
func (r *reader) element(s *Statement, have *found, key string, at int) (err error) {
	twice := func(there bool, name string) error {
		if there {
			return r.errorAt(at, "a statement has %s or Not%s, not both; remove one", name, name)
		}
		return nil
	}
	switch key {
	case "Sid":
		s.Sid, err = r.value("Sid")
	case "Effect":
		have.effect = true
		s.Deny, err = r.effect()
	case "Principal", "NotPrincipal":
		if err = twice(have.principal, "Principal"); err == nil {
			have.principal, s.NotPrincipal = true, key == "NotPrincipal"
			s.Principals, err = r.principals(key)
		}
	case "Action", "NotAction":
		if err = twice(have.action, "Action"); err == nil {
			have.action, s.NotAction = true, key == "NotAction"
			s.Actions, err = r.values(key)
		}
	case "Resource", "NotResource":
		if err = twice(s.HasResource, "Resource"); err == nil {
			s.HasResource, s.NotResource = true, key == "NotResource"
			s.Resources, err = r.values(key)
		}
	case "Condition":
		s.Conditions, err = r.conditions()
	default:
		err = r.errorAt(at, "%s is no element of a statement; there are Sid, Effect, Principal, Action, Resource, Condition and Not… of three", shown(key))
	}
	return err
}

func (r *reader) effect() (deny bool, err error) {
	at := r.at()
	effect, err := r.value("Effect")
	if err == nil && effect != "Allow" && effect != "Deny" {
		err = r.errorAt(at, `Effect is %s; it must be "Allow" or "Deny"`, shown(effect))
	}
	return effect == "Deny", err
}

func (r *reader) principals(element string) (*Principals, error) {
	p := &Principals{}
	if at := r.at(); r.next() != '{' {
		name, err := r.value(element)
		if err == nil && name != "*" {
			err = r.errorAt(at, `%s is %s; it must be "*" or an object such as {"AWS": …}`, element, shown(name))
		}
		p.Anyone = true
		return p, err
	}
	err := r.object(element, func(kind string, at int) (err error) {
		var names []string
		switch kind {
		case "AWS", "Service", "Federated", "CanonicalUser":
			names, err = r.values(kind)
		default:
			return r.errorAt(at, "%s is no kind of principal; there are AWS, Service, Federated and CanonicalUser", shown(kind))
		}
		p.add(kind, names)
		return err
	})
	return p, err
}

func (p *Principals) add(kind string, names []string) {
	switch kind {
	case "AWS":
		p.AWS = names
		for _, name := range names {
			p.Anyone = p.Anyone || name == "*"
		}
	case "Service":
		p.Service = names
	case "Federated":
		p.Federated = names
	default:
		p.CanonicalUser = names
	}
}

func (r *reader) conditions() ([]Condition, error) {
	var conditions []Condition
	err := r.object("Condition", func(operator string, _ int) error {
		return r.object("a condition operator", func(key string, _ int) error {
			values, err := r.values("a value of a condition")
			conditions = append(conditions, Condition{Operator: operator, Key: key, Values: values})
			return err
		})
	})
	return conditions, err
}
