package whocan

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
)

// Shield is a statement of an organization's policy that denies a technique.
type Shield struct {
	Kind      string   `json:"kind"` // SCP or RCP
	Policy    string   `json:"policy"`
	Statement string   `json:"statement"`
	Except    []string `json:"except"`          // whom it leaves out, as its conditions on aws:PrincipalArn name them
	Doubt     string   `json:"doubt,omitempty"` // why it isn't known whether it denies
}

// stranger is a name that no policy has a reason to except.
const stranger = "trailhold-no-one-in-particular"

// shields asks the organization's policies about a principal that none of them excepts. The technique is denied if each of its
// ways is, on every target.
func (e *evaluator) shields(t technique) ([]Shield, bool) {
	s := e.stranger()
	found, all, asked := []Shield{}, true, false
	for _, way := range t.ways {
		for _, target := range e.targets[way[0].on] {
			denied := false
			for _, p := range way {
				denied = e.denied(s, p, target, &found) || denied
			}
			all, asked = all && denied, true
		}
	}
	return found, all && asked
}

// DeniedBy lists the statements of the organization's policies that deny an action on a target to everybody whom they don't except;
// one with a doubt may. The action is one that a technique needs.
func DeniedBy(a Account, action string, on Target) []Shield {
	e := newEvaluator(a, []Target{on})
	var found []Shield
	e.denied(e.stranger(), permission{action: action, on: on.Type, about: itself}, on, &found)
	return found
}

// stranger is a role that no policy excepts.
func (e *evaluator) stranger() *subject {
	return e.subject(Principal{ARN: strings.TrimSuffix(e.account.root(), "root") + "role/" + stranger})
}

// denied says whether an organization's policy surely denies a permission, and collects those that do or may.
func (e *evaluator) denied(s *subject, p permission, t Target, found *[]Shield) bool {
	r := e.request(s, question{action: p.action, on: t, about: p.about(t)})
	service, _, _ := strings.Cut(p.action, ":")
	denied := false
	look := func(kind string, levels [][]*Policy) {
		for _, one := range slices.Concat(levels...) {
			v := e.part(&one.Document, e.actions.of(p.action)).document.Evaluate(r)
			if v.Deny == policy.No {
				continue
			}
			denied = denied || v.Deny == policy.Yes
			shield := Shield{Kind: kind, Policy: one.Name, Statement: v.DenyBy, Except: one.exceptions(v.DenyBy), Doubt: v.DenyDoubt}
			if !slices.ContainsFunc(*found, shield.same) {
				*found = append(*found, shield)
			}
		}
	}
	look("SCP", e.scps)
	if controlled[service] {
		look("RCP", e.rcps)
	}
	return denied
}

func (s Shield) same(other Shield) bool {
	return s.Kind == other.Kind && s.Policy == other.Policy && s.Statement == other.Statement
}

// exceptions are the principals that the conditions of a statement leave out.
func (p *Policy) exceptions(statement string) []string {
	except := []string{}
	for _, s := range p.Document.Statements {
		if !s.Deny || s.Name() != statement {
			continue
		}
		for _, c := range s.Conditions {
			if strings.EqualFold(c.Key, "aws:PrincipalArn") && strings.Contains(c.Operator, "Not") {
				except = append(except, c.Values...)
			}
		}
	}
	return except
}
