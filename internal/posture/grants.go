package posture

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
)

// fullAccess looks for statements that grant all of CloudTrail by name. Administrators, whose policy says "*", are not
// meant: that they exist is no flaw, and their list is elsewhere.
func fullAccess(s scope) []judged {
	principals, known := s.account.Principals.Get()
	if !known {
		return []judged{{verdict: notRead("the account's users and roles", s.account.Principals)}}
	}
	var all []judged
	for _, p := range principals {
		for _, granted := range p.Policies {
			if granted.AWSManaged() && !strings.HasSuffix(granted.ARN, "/AWSCloudTrail_FullAccess") {
				continue
			}
			if v := grantsAll(granted); v.status != Pass {
				all = append(all, judged{verdict: v.with("policy", granted.Name).with("principal", p.ARN), resource: p.ARN, tags: p.Tags})
				break
			}
		}
	}
	if len(all) == 0 {
		return []judged{{verdict: pass("none of %d users and roles has such a policy", len(principals))}}
	}
	return all
}

// grantsAll looks at the Allow statements of one policy.
func grantsAll(p Policy) verdict {
	document, err := policy.Parse(p.Text)
	if err != nil {
		return unknown("policy %s cannot be read: %v", p.Name, err)
	}
	for _, statement := range document.Statements {
		if statement.Deny || statement.NotAction {
			continue
		}
		broad := slices.IndexFunc(statement.Actions, func(a string) bool { return strings.EqualFold(a, "cloudtrail:*") })
		if broad >= 0 {
			return fail("statement %s of policy %s grants %s", statement.Name(), p.Name, statement.Actions[broad]).with("statement", statement.Name())
		}
	}
	return pass("it does not")
}

// deniedTo says whether control policies deny an action to everybody but those that they make an exception for. The answer
// is for a role that nobody has heard of.
func (o Organization) deniedTo(account, action, resource string) (by string, t truth, doubt string) {
	levels, known := o.ServiceControls.Get()
	if !known {
		return "", maybe, notRead("the service control policies", o.ServiceControls).detail
	}
	caller := policy.Caller("arn:"+partitionOf(resource)+":iam::"+account+":role/nobody-has-heard-of-this-role", "")
	for _, level := range levels {
		for _, p := range level.Policies {
			document, err := policy.Parse(p.Text)
			if err != nil {
				t, doubt = maybe, "policy "+p.Name+" cannot be read: "+err.Error()
				continue
			}
			r := policy.Request{Principal: caller, Action: action, Resource: resource}
			switch v := document.Evaluate(r); v.Deny {
			case policy.Yes:
				return p.Name, yes, ""
			case policy.Maybe:
				t, doubt = maybe, v.DenyDoubt
			}
		}
	}
	return "", t, doubt
}

// known makes sure that the organization of an account was read.
func (s scope) organization() (Organization, verdict, bool) {
	o, known := s.account.Organization.Get()
	switch {
	case s.account.Organization.Knowledge() == trail.Absent:
		return o, notApplicable("the account is in no organization"), false
	case !known:
		return o, notRead("the organization", s.account.Organization), false
	}
	return o, verdict{}, true
}
