package whocan

import (
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
)

// actions numbers the actions that are asked about, so that what a policy says of each is found without looking.
type actions map[string]int

func (a actions) add(action string) {
	action = strings.ToLower(action)
	if _, have := a[action]; !have {
		a[action] = len(a)
	}
}

// of is the number of an action that was added.
func (a actions) of(action string) int { return a[strings.ToLower(action)] }

// parts are the statements of one document, by the action that they are about. Most documents are about few of them, and a
// document without statements is asked in no time.
type parts []part

type part struct {
	document policy.Document
	allows   bool // some statement may allow
}

// split sorts the statements of a document by action.
func (a actions) split(d policy.Document) parts {
	all := make(parts, len(a))
	for _, s := range d.Statements {
		patterns := make([]string, len(s.Actions))
		for i, p := range s.Actions {
			patterns[i] = strings.ToLower(p)
		}
		for action, n := range a {
			if matchesAny(patterns, action) != s.NotAction {
				p := &all[n]
				p.document.Version = d.Version
				p.document.Statements = append(p.document.Statements, s)
				p.allows = p.allows || !s.Deny
			}
		}
	}
	return all
}

// matchesAny says whether a pattern fits an action, both in lower case.
func matchesAny(patterns []string, action string) bool {
	for _, p := range patterns {
		plain := strings.IndexAny(p, "*?")
		switch {
		case plain < 0 && p == action, p == "*":
			return true
		case plain >= 0 && strings.HasPrefix(action, p[:plain]) && policy.Match(p, action):
			return true
		}
	}
	return false
}
