package policy

import (
	"fmt"
	"strings"
)

// Answer is what a policy says to a request.
type Answer uint8

// The answers.
const (
	Silent       Answer = iota // no statement applies: an implicit denial, unless another policy allows
	Allow                      // a statement allows and none denies
	ExplicitDeny               // a statement denies, which nothing can overrule
	Unknown                    // it depends on what isn't known
)

func (a Answer) String() string {
	return [...]string{"silent", "allow", "explicit deny", "unknown"}[a]
}

// Verdict is what a document says to a request, and by which statements.
type Verdict struct {
	Allow, Deny     Truth
	AllowBy, DenyBy string // the names of the statements; those that are sure come first, then the first in the text

	// AllowDoubt and DenyDoubt say why it isn't known, if it isn't.
	AllowDoubt, DenyDoubt string

	// Nearest tells about the statement that would allow the action to the principal if one more thing were different;
	// empty if something allows or there's no such statement.
	Nearest string

	reach reach // by which naming of the principal it allows
}

// Answer sums the verdict up.
func (v Verdict) Answer() Answer {
	switch {
	case v.Deny == Yes:
		return ExplicitDeny
	case v.Deny == Maybe || v.Allow == Maybe:
		return Unknown
	case v.Allow == Yes:
		return Allow
	}
	return Silent
}

// Evaluate asks a document. A statement without a Principal element, as in policies of identities, is about whoever
// makes the request. An explicit denial wins over everything else.
func (d Document) Evaluate(r Request) Verdict {
	var v Verdict
	for _, s := range d.Statements {
		got := s.applies(r, d.hasVariables())
		t := got.reach.any()
		if s.Deny {
			if t > v.Deny {
				v.Deny, v.DenyBy, v.DenyDoubt = t, s.Name(), got.doubt
			}
			continue
		}
		if t > v.Allow {
			v.Allow, v.AllowBy, v.AllowDoubt = t, s.Name(), got.doubt
		}
		v.reach = v.reach.or(got.reach)
		if v.Nearest == "" && got.miss != "" {
			v.Nearest = fmt.Sprintf("statement %s would, but for %s", s.Name(), got.miss)
		}
	}
	if v.Allow != No {
		v.Nearest = ""
	}
	return v
}

// application says whether a statement applies to a request.
type application struct {
	reach reach
	doubt string // why that isn't known
	miss  string // the only thing that doesn't fit, if it's the resource or a condition
}

// applies checks the elements one after the other. Several things that don't fit make no near miss.
func (s Statement) applies(r Request, variables bool) application {
	who := s.principalReach(r)
	what := matchesAction(s.Actions, r.Action) != s.NotAction
	if who.any() == No || !what {
		return application{}
	}
	a := application{reach: who}
	if who.any() == Maybe {
		a.doubt = "it isn't known whether its principals include this one"
	}
	misses := 0
	check := func(t Truth, name, doubt string) {
		a.reach = a.reach.and(t)
		switch t {
		case No:
			misses++
			a.miss = name
		case Maybe:
			a.doubt = doubt
		}
	}
	where, doubt := s.covers(r, variables)
	check(where, "its Resource", doubt)
	for _, c := range s.Conditions {
		t, doubt := c.holds(r, variables)
		check(t, fmt.Sprintf("its condition %s of %s", shown(c.Operator), shown(c.Key)), doubt)
	}
	if misses > 1 {
		a.miss = ""
	}
	return a
}

// matchesAction compares names of actions, which are not case-sensitive.
func matchesAction(patterns []string, action string) bool {
	action = strings.ToLower(action)
	for _, p := range patterns {
		if compile(strings.ToLower(p)).matches(action) {
			return true
		}
	}
	return false
}

// covers says whether the statement is about the request's resource. If the request is about many, a denial of some is
// a denial, and a permission for some is none that one could rely on, though others may give the rest.
func (s Statement) covers(r Request, variables bool) (Truth, string) {
	if !s.HasResource {
		return Yes, ""
	}
	listed, partly := No, false
	doubt := "a policy variable in its Resource has no known value"
	for _, resource := range s.Resources {
		t, part := r.fits(resource, s.NotResource, variables)
		listed = max(listed, t)
		partly = partly || part
	}
	if partly && listed != Yes {
		doubt = "it is about only some of them"
		if s.Deny {
			return Yes, ""
		}
		return Maybe, doubt
	}
	if s.NotResource {
		listed = listed.not()
	}
	return listed, doubt
}

// fits compares the request's resource with one of a statement; part says that some but not all of several fit. A
// variable without a value makes a match fail; what that means for NotResource is not documented.
func (r Request) fits(resource string, negated, variables bool) (t Truth, part bool) {
	if resource == "*" {
		return Yes, false // by far the most frequent one
	}
	var value variable
	if variables {
		value = r.variable
	}
	p, t := expand(resource, true, value)
	switch {
	case t == No && negated:
		return Maybe, false
	case t != Yes:
		return t, false
	}
	t = p.covers(r.Resource)
	return t, t == Maybe
}
