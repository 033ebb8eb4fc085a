package lab

import (
	"encoding/json"
	"fmt"
	"strings"
)

// access is one question to a resource policy: may this principal do this to that?
type access struct {
	account  string // the caller's account; empty for a service or an anonymous caller
	arn      string // the caller
	role     string // the role that the caller assumed, if any
	service  string // such as sns.amazonaws.com, when a service calls on its own behalf
	action   string // such as s3:GetObject
	resource string
	context  map[string]string // condition keys in lower case, besides those that follow from the above
}

// access is what the call wants of a resource. An unsigned call has no account.
func (c *call) access(action, resource string) access {
	a := access{action: action, resource: resource, context: map[string]string{}}
	if c.accessKey == "" {
		return a
	}
	a.account, a.arn = c.account.id, c.callerARN()
	if c.session != nil {
		a.role = c.session.roleARN
	}
	return a
}

// verdict is a resource policy's answer.
type verdict int

const (
	policySilent verdict = iota
	policyAllows
	policyDenies
)

// resourcePolicy is the part of an IAM policy that the lab understands. Elements may be one value or a list.
type resourcePolicy struct {
	Version   string
	Statement statements
}

type statements []statement

type statement struct {
	Sid          string
	Effect       string
	Principal    principals
	NotPrincipal principals
	Action       stringList
	NotAction    stringList
	Resource     stringList
	NotResource  stringList
	Condition    map[string]map[string]stringList
}

// principals maps a kind (AWS, Service, …) to its members; the principal "*" is kept under "*".
type principals map[string]stringList

type stringList []string

func (s *statements) UnmarshalJSON(b []byte) error {
	var many []statement
	if err := json.Unmarshal(b, &many); err == nil {
		*s = many
		return nil
	}
	var one statement
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*s = statements{one}
	return nil
}

func (s *stringList) UnmarshalJSON(b []byte) error {
	var many []any
	if err := json.Unmarshal(b, &many); err != nil {
		var one any
		if err := json.Unmarshal(b, &one); err != nil {
			return err
		}
		many = []any{one}
	}
	for _, value := range many {
		switch value.(type) {
		case string, bool, float64:
			*s = append(*s, fmt.Sprint(value)) // conditions may hold booleans and numbers
		default:
			return fmt.Errorf("a policy element must be a string or a list of strings")
		}
	}
	return nil
}

func (p *principals) UnmarshalJSON(b []byte) error {
	var name string
	if err := json.Unmarshal(b, &name); err == nil {
		*p = principals{"*": {name}}
		return nil
	}
	var kinds map[string]stringList
	if err := json.Unmarshal(b, &kinds); err != nil {
		return err
	}
	*p = kinds
	return nil
}

// parsePolicy reads a resource policy and checks what every service checks.
func parsePolicy(text string) (*resourcePolicy, error) {
	var p resourcePolicy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, fmt.Errorf("this policy contains invalid Json: %w", err)
	}
	if len(p.Statement) == 0 {
		return nil, fmt.Errorf("the policy has no statement")
	}
	for _, s := range p.Statement {
		switch {
		case s.Effect != "Allow" && s.Effect != "Deny":
			return nil, fmt.Errorf("invalid effect: %q", s.Effect)
		case len(s.Principal) == 0 && len(s.NotPrincipal) == 0:
			return nil, fmt.Errorf("missing required field Principal")
		case len(s.Action) == 0 && len(s.NotAction) == 0:
			return nil, fmt.Errorf("missing required field Action")
		}
	}
	return &p, nil
}

// ask evaluates a policy: an explicit Deny wins over an Allow. An unreadable or empty policy mentions nobody.
func ask(policy string, a access) verdict {
	if policy == "" {
		return policySilent
	}
	p, err := parsePolicy(policy)
	if err != nil {
		return policySilent
	}
	answer := policySilent
	for _, s := range p.Statement {
		if !s.applies(a) {
			continue
		}
		if s.Effect == "Deny" {
			return policyDenies
		}
		answer = policyAllows
	}
	return answer
}

// applies says whether a statement is about this access.
func (s statement) applies(a access) bool {
	who := s.Principal.include(a)
	if len(s.NotPrincipal) > 0 {
		who = !s.NotPrincipal.include(a)
	}
	what := matchesAny(s.Action, a.action, true)
	if len(s.NotAction) > 0 {
		what = !matchesAny(s.NotAction, a.action, true)
	}
	where := len(s.Resource) == 0 || matchesAny(s.Resource, a.resource, false)
	if len(s.NotResource) > 0 {
		where = !matchesAny(s.NotResource, a.resource, false)
	}
	return who && what && where && conditionsHold(s.Condition, a)
}

// include says whether the caller is among the principals. An account's id or root stands for all its identities.
func (p principals) include(a access) bool {
	if len(p["*"]) > 0 {
		return p["*"][0] == "*"
	}
	for _, name := range p["Service"] {
		if a.service != "" && (name == "*" || name == a.service) {
			return true
		}
	}
	for _, name := range p["AWS"] {
		switch name {
		case "*":
			return true
		case a.account, "arn:aws:iam::" + a.account + ":root", a.arn, a.role:
			return a.account != ""
		}
	}
	return false
}

// matchesAny matches with * and ? as policies do; actions are matched without regard to case.
func matchesAny(patterns []string, s string, fold bool) bool {
	for _, p := range patterns {
		if fold {
			p, s = strings.ToLower(p), strings.ToLower(s)
		}
		if matchesGlob(p, s) {
			return true
		}
	}
	return false
}

// matchesGlob matches s with a pattern in which * stands for any text and ? for any one byte.
func matchesGlob(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
