package lab

import (
	"errors"

	"github.com/trailhold/trailhold/internal/policy"
)

// access is one question to a resource policy: may this principal do this to that?
type access struct {
	account  string // the caller's account; empty for a service or an anonymous caller
	arn      string // the caller
	role     string // the role that the caller assumed, if any
	service  string // such as sns.amazonaws.com, when a service calls on its own behalf
	action   string // such as s3:GetObject
	resource string
	context  map[string]string // condition keys besides those that follow from the above; one that is empty is absent
	partial  bool              // there are more condition keys than in context, with values that nobody told
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

func (a access) principal() policy.Principal {
	switch {
	case a.service != "":
		return policy.ServicePrincipal(a.service)
	case a.account == "":
		return policy.Principal{}
	}
	return policy.Caller(a.arn, a.role)
}

func (a access) request() policy.Request {
	r := policy.Request{
		Principal: a.principal(), Action: a.action, Resource: a.resource, Complete: !a.partial,
		Context: map[string][]string{"aws:securetransport": {"true"}}, // the lab stands in for HTTPS endpoints
	}
	for key, value := range a.context {
		if value != "" {
			r.Context[key] = []string{value}
		}
	}
	return r
}

// verdict is a resource policy's answer.
type verdict int

const (
	policySilent verdict = iota
	policyAllows
	policyDenies
)

// parsePolicy reads a resource policy and checks what every service checks.
func parsePolicy(text string) (policy.Document, error) {
	document, err := parseStatements(text)
	if err != nil {
		return policy.Document{}, err
	}
	for _, s := range document.Statements {
		if s.Principals == nil {
			return policy.Document{}, errors.New("missing required field Principal")
		}
	}
	return document, nil
}

// parseStatements reads any policy and checks what all have in common.
func parseStatements(text string) (policy.Document, error) {
	document, err := policy.Parse(text)
	if err != nil {
		return policy.Document{}, err
	}
	for _, s := range document.Statements {
		if len(s.Actions) == 0 {
			return policy.Document{}, errors.New("missing required field Action")
		}
	}
	return document, nil
}

// ask evaluates a policy: an explicit Deny wins over an Allow. An unreadable or empty policy mentions nobody. A
// statement that can't be judged doesn't count: an Allow then allows less and a Deny denies less than on AWS, and
// neither makes up an answer.
func ask(text string, a access) verdict {
	if text == "" {
		return policySilent
	}
	document, err := parsePolicy(text)
	if err != nil {
		return policySilent
	}
	return judge(document, a)
}

// judge is what a policy says about an access.
func judge(document policy.Document, a access) verdict {
	switch v := document.Evaluate(a.request()); {
	case v.Deny == policy.Yes:
		return policyDenies
	case v.Allow == policy.Yes:
		return policyAllows
	}
	return policySilent
}
