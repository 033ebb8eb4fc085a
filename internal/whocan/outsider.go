package whocan

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
)

// outsiders adds what the policies of the targets allow to principals outside of the account. Their own accounts' policies
// are not known, so that the answer is never more than maybe, but for what everybody may do.
func (e *evaluator) outsiders(r *Report) {
	for _, s := range e.named() {
		have := e.abilities(s)
		for i, t := range e.techniques {
			one, ok := e.ability(s, t, have)
			if !ok {
				continue
			}
			r.Techniques[i].Who = append(r.Techniques[i].Who, one)
		}
		r.Principals++
	}
}

// anybody stands for everybody on the internet in a report.
const anybody = "*"

// named lists the principals of other accounts that the targets' policies name, each once.
func (e *evaluator) named() []*subject {
	var names []string
	for _, list := range e.targets {
		for _, t := range list {
			if t.Policy == nil {
				continue
			}
			for _, s := range t.Policy.Statements {
				if s.Deny || s.Principals == nil {
					continue
				}
				names = append(names, s.Principals.AWS...)
				if s.Principals.Anyone || s.NotPrincipal {
					names = append(names, anybody)
				}
			}
		}
	}
	slices.Sort(names)
	var found []*subject
	for _, name := range slices.Compact(names) {
		if s, ok := e.outsider(name); ok {
			found = append(found, s)
		}
	}
	return found
}

// outsider prepares a principal of another account, by its ARN or the account's id.
func (e *evaluator) outsider(name string) (*subject, bool) {
	if len(name) == 12 && strings.Trim(name, "0123456789") == "" {
		name = "arn:" + e.account.partition() + ":iam::" + name + ":root"
	}
	caller := policy.Caller(name, "")
	if name != anybody && (caller.Kind == policy.Anonymous || caller.Account == e.account.ID) {
		return nil, false
	}
	// What its own account allows is unknown, so that it may at most.
	s := &subject{Principal: Principal{ARN: name}, caller: caller, context: map[place]map[string][]string{}}
	if caller.Kind != policy.Anonymous {
		s.unread = []policy.Layer{policy.Identity, policy.SCP}
	}
	return s, true
}
