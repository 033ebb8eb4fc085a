package whocan

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
)

// TestAgainstWholeDocuments compares the answers with those of the policy package, asked with whole documents: sorting
// statements by action and leaving questions out that nothing could allow must change nothing.
func TestAgainstWholeDocuments(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	statement := func(principal bool) string {
		text := fmt.Sprintf(`{"Effect":"%s","%s":"%s","%s":"%s"`, pick("Allow", "Allow", "Allow", "Deny"), pick("Action", "Action", "Action", "NotAction"),
			pick("*", "cloudtrail:*", "CloudTrail:Stop*", "cloudtrail:DeleteTrail", "kms:*", "kms:DisableKey", "s3:*", "iam:PassRole"),
			pick("Resource", "Resource", "Resource", "NotResource"), pick("*", "*", trailA, "arn:aws:cloudtrail:*:*:trail/?", key, bucket))
		if principal {
			text += fmt.Sprintf(`,"Principal":{"AWS":"%s"}`, pick("*", account, iam+"user/x", iam+"role/x", "444455556666"))
		}
		return text + pick(`}`, `}`, `}`, `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`, `,"Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}`,
			`,"Condition":{"ArnNotLike":{"aws:PrincipalArn":"`+iam+`user/*"}}}`)
	}
	document := func(principal bool) *policy.Document {
		var all []string
		for range 1 + random.IntN(3) {
			all = append(all, statement(principal))
		}
		return parse(t, all...)
	}
	of := func(d *policy.Document) *Policy { return &Policy{Name: "p", Document: *d} }
	answers := map[policy.Truth]int{}
	for range 60 {
		p := user("x", of(document(false)), of(document(false)))
		if random.IntN(2) == 0 {
			p.ARN = iam + "role/x"
		}
		if random.IntN(3) == 0 {
			p.Boundary = of(document(false))
		}
		a := Account{ID: account, Principals: []Principal{p}}
		if random.IntN(2) == 0 {
			a.SCPs = [][]*Policy{{of(document(false)), named(t, "full", allowAll)}}
			a.RCPs = [][]*Policy{{of(document(true)), named(t, "full", strings.Replace(allowAll, `{`, `{"Principal":"*",`, 1))}}
		}
		targets := everyKind()[:4] // a trail, the bucket, the key and the topic
		for i := range targets {
			if targets[i].Policy != nil || random.IntN(2) == 0 {
				targets[i].Policy = document(true)
			}
		}
		compare(t, newEvaluator(a, targets), p, answers)
	}
	if answers[policy.No] == 0 || answers[policy.Maybe] == 0 || answers[policy.Yes] == 0 {
		t.Errorf("the accounts are all alike: %v", answers)
	}
}

// compare asks everything both ways and counts the answers.
func compare(t *testing.T, e *evaluator, p Principal, answers map[policy.Truth]int) {
	t.Helper()
	s := e.subject(p)
	have := e.abilities(s)
	for i, need := range e.needed {
		for n, target := range e.targets[need.on] {
			set := policy.Set{ResourceAccount: target.Account, Resource: target.Policy, SCPs: whole(e.scps)}
			for _, one := range p.Policies {
				set.Identity = append(set.Identity, one.Document)
			}
			if p.Boundary != nil {
				set.Boundary = &p.Boundary.Document
			}
			if service, _, _ := strings.Cut(need.action, ":"); controlled[service] {
				set.RCPs = whole(e.rcps)
			}
			r := e.request(s, question{action: need.action, on: target, about: need.about(target)})
			want := map[policy.Answer]policy.Truth{policy.Allow: policy.Yes, policy.Unknown: policy.Maybe}[set.Evaluate(r).Answer]
			got := have[i][n]
			if answers[got.truth]++; got.truth != want || got.truth == policy.Yes && got.by == "" {
				t.Fatalf("%s on %s: %v by %q, not %v\n%+v", need.action, target.ARN, got.truth, got.by, want, set)
			}
		}
	}
}

func whole(levels [][]*Policy) [][]policy.Document {
	all := make([][]policy.Document, len(levels))
	for i, level := range levels {
		for _, p := range level {
			all[i] = append(all[i], p.Document)
		}
	}
	return all
}
