package posture

import (
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/whocan"
)

// revoke is the command that takes what a policy grants from a principal: a managed policy is detached from whoever has it, the
// principal or one of its groups; an inline one is written without its harmful statements. fill are the names and values for it. Empty if
// it's not known where it is.
func revoke(a whocan.Account, p whocan.Principal, from *whocan.Policy, harms func(policy.Document) bool) (command string, fill []string) {
	if from.ARN != "" {
		command, holder := iamCommand("detach", attachedTo(a, p, from))
		if command == "" {
			return "", nil
		}
		return command + " --policy-arn {policy}\n# it stops what else the policy allows: attach one that allows what is needed before", []string{"holder", holder, "policy", from.ARN}
	}
	rest, dropped := policy.Without(from.Text, func(one string) bool {
		parsed, err := policy.Parse(one)
		return err == nil && harms(parsed)
	})
	verb, arguments := "put", " --policy-name {policy} --policy-document {document}"
	if rest == "" {
		verb, arguments = "delete", " --policy-name {policy}"
	}
	command, holder := iamCommand(verb, from.Holder)
	if command == "" || dropped == 0 {
		return "", nil
	}
	return command + arguments + "\n# it stops what else the statement allows: allow by another what is needed before",
		[]string{"holder", holder, "policy", from.Inline, "document", rest}
}

// attachedTo is who of a principal and its groups a managed policy is attached to.
func attachedTo(a whocan.Account, p whocan.Principal, managed *whocan.Policy) string {
	for _, group := range p.Groups {
		for _, one := range a.Groups[group] {
			if one.ARN == managed.ARN {
				return group
			}
		}
	}
	return p.ARN
}

// iamCommand begins a call of IAM on the policies of a user, group or role, whose name is returned; empty if it's none of these.
func iamCommand(verb, holder string) (command, name string) {
	parts := strings.SplitN(holder, ":", 6)
	if len(parts) != 6 {
		return "", ""
	}
	kind, path, _ := strings.Cut(parts[5], "/")
	if kind != "user" && kind != "group" && kind != "role" {
		return "", ""
	}
	return "aws iam " + verb + "-" + kind + "-policy --" + kind + "-name {holder}", path[strings.LastIndexByte(path, '/')+1:]
}
