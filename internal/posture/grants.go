package posture

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// fullAccess looks for statements that grant all of CloudTrail by name. Administrators, whose policy says "*", are not
// meant: that they exist is no flaw, and their list is elsewhere.
func fullAccess(s scope) []judged {
	principals, known := s.account.Principals.Get()
	if !known {
		return []judged{{verdict: notRead("the account's users and roles", s.account.Principals)}}
	}
	var all []judged
	for _, p := range principals.Principals {
		if v := grantsAll(principals, p); v.status != Pass {
			all = append(all, judged{verdict: v.with("principal", p.ARN), resource: p.ARN, tags: p.Tags})
		}
	}
	if len(all) == 0 {
		return []judged{{verdict: pass("none of %d users and roles has such a policy", len(principals.Principals))}}
	}
	return all
}

// grantsAll looks at the Allow statements of a principal's policies; of AWS's own, at that which is for all of CloudTrail only.
func grantsAll(a whocan.Account, p whocan.Principal) verdict {
	for _, own := range p.Policies {
		if arn, err := arnParts(own.ARN); err == nil && arn.account == "aws" && !strings.HasSuffix(own.ARN, "/AWSCloudTrail_FullAccess") {
			continue
		}
		for _, statement := range own.Document.Statements {
			if pattern, broad := allOfCloudTrail(statement); broad {
				v := fail("statement %s of %s grants %s", statement.Name(), own.Name, pattern).with("statement", statement.Name()).with("policy", own.Name)
				command, fill := revoke(a, p, own, func(d policy.Document) bool { _, broad := allOfCloudTrail(d.Statements[0]); return broad })
				return v.by(command, fill...)
			}
		}
	}
	if len(p.Unread) > 0 {
		return unknown("a policy cannot be read: %s", p.Unread[0])
	}
	return pass("it does not")
}

// allOfCloudTrail says whether a statement grants all of CloudTrail by name, and how it is written.
func allOfCloudTrail(s policy.Statement) (pattern string, broad bool) {
	if s.Deny || s.NotAction {
		return "", false
	}
	n := slices.IndexFunc(s.Actions, func(a string) bool { return strings.EqualFold(a, "cloudtrail:*") })
	if n < 0 {
		return "", false
	}
	return s.Actions[n], true
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
