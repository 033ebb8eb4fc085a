package whocan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
)

// question is whether a subject may do something to a target.
type question struct {
	action string
	on     Target
	about  string              // the resource; empty for the target's ARN
	with   map[string][]string // condition keys of this call
	extra  []*Policy           // policies that the subject would have besides its own
	free   bool                // of its permissions boundary
}

// answer says whether, and by what.
type answer struct {
	truth     policy.Truth
	by        string // the policy that allows
	statement string // of it
	doubt     string // why it isn't certain
}

// controlled are the services that resource control policies reach, by the prefix of their actions: five since 2024, ECR and
// OpenSearch Serverless since June 2025, Cognito and CloudWatch Logs since January 2026, DynamoDB since February 2026. No technique
// is about the rest of them.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services
// https://aws.amazon.com/about-aws/whats-new/2026/02/aws-expands-resource-control-policies-amazon/
var controlled = map[string]bool{
	"s3": true, "sts": true, "kms": true, "sqs": true, "secretsmanager": true, "ecr": true, "aoss": true,
	"cognito-idp": true, "cognito-identity": true, "logs": true, "dynamodb": true,
}

// ask answers a question. Where neither the subject's policies nor the target's have a statement that could allow it,
// nothing else needs to be asked.
func (e *evaluator) ask(s *subject, q question) answer {
	n := e.actions.of(q.action)
	set := policy.Set{ResourceAccount: q.on.Account, Unread: s.unread}
	allows := s.caller.Kind == policy.Account || slices.Contains(s.unread, policy.Identity)
	for _, list := range [][]*Policy{s.policies, q.extra} {
		for _, p := range list {
			if part := e.part(&p.Document, n); len(part.document.Statements) > 0 {
				set.Identity = append(set.Identity, part.document)
				allows = allows || part.allows
			}
		}
	}
	own := e.part(q.on.Policy, n)
	if !allows && !own.allows && !q.on.Unread {
		return answer{}
	}
	if q.on.Policy != nil {
		set.Resource = &own.document
	}
	if s.Boundary != nil && !q.free {
		boundary := e.part(&s.Boundary.Document, n).document
		set.Boundary = &boundary
	}
	bound := e.bound(n)
	set.SCPs = bound.scps
	if service, _, _ := strings.Cut(q.action, ":"); controlled[service] {
		set.RCPs = bound.rcps
	}
	if q.on.Unread {
		set.Unread = append(set.Unread[:len(set.Unread):len(set.Unread)], policy.Resource)
	}
	r := e.request(s, q)
	return e.judged(s, q, r, set.Evaluate(r))
}

func (e *evaluator) request(s *subject, q question) policy.Request {
	r := policy.Request{Principal: s.caller, Action: q.action, Resource: q.about, Context: e.known(s, q.on)}
	if r.Resource == "" {
		r.Resource = q.on.ARN
	}
	if q.with != nil {
		r.Context = maps.Clone(r.Context)
		maps.Copy(r.Context, q.with)
	}
	return r
}

// judged turns a decision into an answer, and finds the statement that allows.
func (e *evaluator) judged(s *subject, q question, r policy.Request, d policy.Decision) answer {
	var a answer
	switch d.Answer {
	case policy.Allow:
		a.truth = policy.Yes
	case policy.Unknown:
		a.truth = policy.Maybe
		a.doubt = d.Doubt
		if d.Statement != "" {
			a.doubt = fmt.Sprintf("%s, statement %s: %s", d.Layer, d.Statement, d.Doubt)
		}
	default:
		return answer{}
	}
	a.by, a.statement = e.granted(s, q, r)
	return a
}

// granted finds the statement that gives the permission, the surest first.
func (e *evaluator) granted(s *subject, q question, r policy.Request) (by, statement string) {
	n, best := e.actions.of(q.action), policy.No
	for _, p := range s.policies {
		if part := e.part(&p.Document, n); part.allows {
			if v := part.document.Evaluate(r); v.Allow > best {
				best, by, statement = v.Allow, p.Name, v.AllowBy
			}
		}
	}
	if own := e.part(q.on.Policy, n); own.allows && best != policy.Yes {
		if v := own.document.Evaluate(r); v.Allow > best {
			best, by, statement = v.Allow, "policy of "+string(q.on.Type)+" "+q.on.ARN, v.AllowBy
		}
	}
	if best == policy.No && s.caller.Kind == policy.Account {
		return "the root user may do everything", ""
	}
	return by, statement
}

// abilities are the answers for everything that the techniques need, on every target of the kind.
func (e *evaluator) abilities(s *subject) [][]answer {
	all := make([][]answer, len(e.needed))
	for i, p := range e.needed {
		targets := e.targets[p.on]
		all[i] = make([]answer, len(targets))
		for n, t := range targets {
			all[i][n] = e.ask(s, question{action: p.action, on: t, about: p.about(t)})
		}
	}
	return all
}

// can says how surely the subject can perform the technique on one target of a kind, by its best way.
func (e *evaluator) can(t technique, on trail.ResourceType, target int, have [][]answer) (best answer, action string) {
	for _, way := range t.ways {
		if way[0].on != on {
			continue
		}
		worst, by := answer{truth: policy.Yes}, ""
		for i, p := range way {
			one := have[e.place[p.key()]][target]
			if i == 0 || one.truth < worst.truth {
				worst = one
			}
			by += ", " + p.action
		}
		if worst.truth > best.truth {
			best, action = worst, strings.TrimPrefix(by, ", ")
		}
	}
	return best, action
}
