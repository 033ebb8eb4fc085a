package whocan

import (
	"slices"
	"strings"
)

// Grant is a statement that allows everything, or everything of CloudTrail, where it should name the calls that are needed.
type Grant struct {
	Policy     string   `json:"policy"`
	Statement  string   `json:"statement"`
	Allows     string   `json:"allows"` // such as cloudtrail:*, as it is written
	Principals []string `json:"principals"`
}

// decisiveActions are those that a grant of all of CloudTrail includes.
var decisiveActions = []string{"cloudtrail:stoplogging", "cloudtrail:deletetrail", "cloudtrail:updatetrail", "cloudtrail:puteventselectors"}

// broad lists the overly broad grants, each with all principals that have it.
func broad(a Account) []Grant {
	grants := []Grant{}
	place := map[*Policy][]int{}
	for _, p := range a.Principals {
		if p.serviceLinked() {
			continue
		}
		for _, own := range p.Policies {
			at, seen := place[own]
			if !seen {
				for _, g := range own.broad() {
					at = append(at, len(grants))
					grants = append(grants, g)
				}
				place[own] = at
			}
			for _, n := range at {
				grants[n].Principals = append(grants[n].Principals, p.ARN)
			}
		}
	}
	return grants
}

// broad lists the broad grants of one policy. Whether a condition narrows one is seen in who can do what.
func (p *Policy) broad() []Grant {
	var grants []Grant
	for _, s := range p.Document.Statements {
		if s.Deny || !s.NotResource && !slices.Contains(s.Resources, "*") {
			continue
		}
		if s.NotAction {
			if !slices.ContainsFunc(decisiveActions, func(action string) bool { return matchesAny(lowered(s.Actions), action) }) {
				grants = append(grants, Grant{Policy: p.Name, Statement: s.Name(), Allows: "everything but " + strings.Join(s.Actions, ", ")})
			}
			continue
		}
		for _, pattern := range s.Actions {
			misses := func(action string) bool { return !matchesAny(lowered([]string{pattern}), action) }
			if !slices.ContainsFunc(decisiveActions, misses) {
				grants = append(grants, Grant{Policy: p.Name, Statement: s.Name(), Allows: pattern})
			}
		}
	}
	return grants
}

func lowered(list []string) []string {
	lower := make([]string, len(list))
	for i, text := range list {
		lower[i] = strings.ToLower(text)
	}
	return lower
}

// changeable says whether the policy is a managed one of an account, and not one of AWS's own.
func (p *Policy) changeable() bool {
	return p.ARN != "" && !strings.Contains(p.ARN, ":iam::aws:policy/")
}
