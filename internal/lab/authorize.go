package lab

import (
	"net/http"
	"strings"
)

// actionPrefixes are the services whose actions have another prefix in policies than their signing name.
var actionPrefixes = map[string]string{"monitoring": "cloudwatch"}

// wanted is what the call needs a permission for. The lab knows which resource a call is about only for trails; elsewhere
// it is "*", so that statements about particular resources don't apply.
func (c *call) wanted() access {
	prefix := c.service
	if other := actionPrefixes[prefix]; other != "" {
		prefix = other
	}
	resource := c.deniedResource()
	if resource == "" {
		resource = "*"
	}
	a := c.access(prefix+":"+c.operation, resource)
	a.context["aws:requestedregion"] = c.region
	return a
}

// forbidden refuses what policies forbid the caller. The lab grants everything that nobody forbade: identities need no
// Allow. What forbids are the organization's service control policies, the Deny statements of the policies of an assumed
// role that was made through IAM, and its permissions boundary. GetCallerIdentity needs no permission and cannot be denied.
func (c *call) forbidden() error {
	if c.operation == "GetCallerIdentity" || c.accessKey == "" {
		return nil
	}
	if c.lab.org.denies(c) {
		return c.denial("a service control policy")
	}
	if c.session == nil || c.session.role == nil {
		return nil
	}
	if kind := c.lab.account(c.session.account).iam.denies(c.session.role, c.wanted()); kind != "" {
		return c.denial(kind)
	}
	return nil
}

// denies names the kind of policy that keeps the role from what it wants; empty if none does.
func (s *iamState) denies(r *iamRole, a access) string {
	for _, document := range r.inline {
		if judgeOwn(document, a) == policyDenies {
			return "an identity-based policy"
		}
	}
	for _, arn := range r.attached {
		if s.judge(arn, a) == policyDenies {
			return "an identity-based policy"
		}
	}
	if r.boundary != "" && s.judge(r.boundary, a) != policyAllows {
		return "a permissions boundary"
	}
	return ""
}

// judge evaluates a managed policy. Of AWS's own policies the lab only knows the one whose name says it all.
func (s *iamState) judge(arn string, a access) verdict {
	if p := s.policies[arn]; p != nil {
		return judgeOwn(p.document(), a)
	}
	if arn == awsManagedPolicies+"AWSDenyAll" {
		return policyDenies
	}
	return policyAllows
}

// judgeOwn evaluates a policy that belongs to an identity or an account, and therefore names no principal.
func judgeOwn(text string, a access) verdict {
	document, err := parseStatements(text)
	if err != nil {
		return policySilent
	}
	return judge(document, a)
}

// denial is the refusal of a call because of one kind of policy.
func (c *call) denial(kind string) error {
	err, _ := deniedCall(c).(*apiError)
	reason, _, _ := strings.Cut(err.Message, " because ")
	return &apiError{Status: http.StatusForbidden, Code: err.Code, Message: reason + " with an explicit deny in " + kind}
}
