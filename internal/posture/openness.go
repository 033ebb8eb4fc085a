package posture

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
)

// openToAll says whether a resource's policy lets anybody do one of the actions: without an identity, or with one of any
// account. Conditions that no stranger meets, such as an organization's id, close it again; one on addresses does, unless any
// address will do.
func openToAll(what, text string, actions []string, resource string) verdict {
	if text == "" {
		return pass("there is no %s", what)
	}
	document, err := policy.Parse(text)
	if err != nil {
		return unknown("the %s cannot be read: %v", what, err)
	}
	for _, action := range actions {
		for _, who := range anybody {
			v := document.Evaluate(policy.Request{Principal: who, Action: action, Resource: resource, Context: anyCall(who), Complete: true})
			if v.Answer() == policy.Allow {
				return fail("statement %s of the %s lets everybody call %s", v.AllowBy, what, action).with("statement", v.AllowBy)
			}
		}
	}
	return pass("the %s is not open to everybody", what)
}

// anybody are callers that nobody knows: one without an identity, and one of an account that is nobody's.
var anybody = []policy.Principal{{}, policy.Caller("arn:aws:iam::000000000000:user/anybody", "")}

// anyCall is what is known of a stranger's call. The address is one that documentation uses, and nobody else.
func anyCall(who policy.Principal) map[string][]string {
	context := map[string][]string{"aws:SecureTransport": {"true"}, "aws:ViaAWSService": {"false"}, "aws:SourceIp": {"203.0.113.7"}}
	if who.Account != "" {
		context["aws:PrincipalAccount"] = []string{who.Account}
	}
	return context
}

// foreigners lists the accounts, other than those that are known, that a policy lets do one of the actions, each with the
// statement.
func foreigners(document policy.Document, own []string, actions, resources []string) map[string]string {
	found := map[string]string{}
	for _, caller := range named(document) {
		if slices.Contains(own, caller.Account) {
			continue
		}
		for n, action := range actions {
			r := policy.Request{Principal: caller, Action: action, Resource: resources[n], Context: anyCall(caller)}
			if v := document.Evaluate(r); v.Allow != policy.No && v.Deny != policy.Yes {
				found[caller.Account] = v.AllowBy
			}
		}
	}
	return found
}

// named lists the accounts, users and roles that a policy's statements let do something, by name.
func named(document policy.Document) []policy.Principal {
	var callers []policy.Principal
	for _, s := range document.Statements {
		if s.Principals == nil || s.Deny {
			continue
		}
		for _, name := range s.Principals.AWS {
			if !strings.HasPrefix(name, "arn:") {
				name = "arn:aws:iam::" + name + ":root"
			}
			if caller := policy.Caller(name, ""); caller.Account != "" {
				callers = append(callers, caller)
			}
		}
	}
	return callers
}

// Open says whether the policy of a bucket, key or topic lets everybody in, as the audit asks it.
func Open(t trail.ResourceType, text, arn string) bool {
	actions := map[trail.ResourceType][]string{trail.Bucket: publicActions, trail.Key: keyActions, trail.Topic: topicActions}[t]
	return openToAll("policy", text, actions, arn).status == Fail
}

// without sets the command that writes the bucket's policy without the statements that do harm by themselves. Where none does,
// the check's own command has to do.
func (v verdict) without(document trail.Document, harms func(one string) bool) verdict {
	rest, dropped := policy.Without(policyText(document), harms)
	switch {
	case dropped == 0:
		return v
	case rest == "":
		return v.by("aws s3api delete-bucket-policy --bucket {name}")
	}
	return v.by("aws s3api put-bucket-policy --bucket {name} --policy {policy}", "policy", rest)
}
