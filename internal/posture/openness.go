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

// foreigner is somebody of another account who may be let in.
type foreigner struct {
	who     string // in words
	named   bool   // the policy names the account
	caller  policy.Principal
	context map[string][]string
}

// foreigners are those whom a policy's statements name, in their principals or in their conditions, and two whom none names: one of
// another account of the organization, and anybody.
func (s scope) foreigners(document policy.Document) []foreigner {
	var all []foreigner
	for _, caller := range slices.Concat(named(document), conditioned(document)) {
		all = append(all, foreigner{"account " + caller.Account, true, caller, anyCall(caller)})
	}
	stranger := anybody[1]
	if o, known := s.account.Organization.Get(); known && o.ID != "" {
		context := anyCall(stranger)
		context["aws:PrincipalOrgID"] = []string{o.ID}
		all = append(all, foreigner{"other accounts of the organization", false, stranger, context})
	}
	return append(all, foreigner{"other accounts", false, stranger, anyCall(stranger)})
}

// foreignAccess is the verdict on whether a policy lets somebody of an account that is not known do one of the actions to one of the
// resources.
func (s scope) foreignAccess(document policy.Document, own, actions []string, resources func(action string) []string) verdict {
	doubt := pass("no other account may write to the bucket or change it")
	for _, f := range s.foreigners(document) {
		if slices.Contains(own, f.caller.Account) {
			continue
		}
		for _, action := range actions {
			for _, resource := range resources(action) {
				v := document.Evaluate(policy.Request{Principal: f.caller, Action: action, Resource: resource, Context: f.context})
				switch {
				case v.Allow == policy.No || v.Deny == policy.Yes:
				case v.Allow == policy.Yes || f.named: // whatever else its conditions ask for
					return fail("statement %s lets %s write to the bucket or change it", v.AllowBy, f.who)
				default:
					doubt = unknown("statement %s may let other accounts call %s: %s", v.AllowBy, action, v.AllowDoubt)
				}
			}
		}
	}
	return doubt
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

// anyText replaces what stands for any text by a text.
var anyText = strings.NewReplacer("*", "x", "?", "x")

// conditioned lists those whom the conditions of statements for everybody let in by account or ARN.
func conditioned(document policy.Document) []policy.Principal {
	var callers []policy.Principal
	for _, s := range document.Statements {
		for _, c := range s.Conditions {
			if s.Deny {
				continue
			}
			for _, value := range c.Values {
				switch {
				case strings.EqualFold(c.Key, "aws:PrincipalAccount"):
					value = "arn:aws:iam::" + value + ":user/anybody"
				case !strings.EqualFold(c.Key, "aws:PrincipalArn"):
					continue
				}
				if caller := policy.Caller(anyText.Replace(value), ""); caller.Account != "" {
					callers = append(callers, caller)
				}
			}
		}
	}
	return callers
}

// objectsIn are objects that stand for all of a bucket: a log file, and one for every resource that a statement names.
func objectsIn(document policy.Document, bucket string) []string {
	all := []string{bucket + "/AWSLogs/x"}
	for _, s := range document.Statements {
		for _, resource := range s.Resources {
			name, key, inside := strings.Cut(resource, "/")
			if made := bucket + "/" + anyText.Replace(key); inside && policy.Match(name, bucket) && !slices.Contains(all, made) {
				all = append(all, made)
			}
		}
	}
	return all
}

// openObjects is openToAll for a bucket, and for whatever in it the policy speaks of.
func openObjects(text, bucket string) verdict {
	resources := []string{bucket, bucket + "/AWSLogs/x"}
	if parsed, err := policy.Parse(text); err == nil { // an error is told by openToAll
		resources = append(resources, objectsIn(parsed, bucket)...)
	}
	var verdicts []verdict
	for _, resource := range resources {
		verdicts = append(verdicts, openToAll("bucket policy", text, publicActions, resource))
	}
	return all(verdicts...)
}

// Open says whether the policy of a bucket, key or topic lets everybody in, as the audit asks it.
func Open(t trail.ResourceType, text, arn string) bool {
	if t == trail.Bucket {
		return openObjects(text, arn).status == Fail
	}
	actions := map[trail.ResourceType][]string{trail.Key: keyActions, trail.Topic: topicActions}[t]
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
