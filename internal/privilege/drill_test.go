package privilege_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/drill/labrange"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/privilege"
	"github.com/trailhold/trailhold/internal/trail"
)

// guardRole is who makes the guard's calls, as far as policies are concerned.
const guardRole = "arn:aws:iam::" + lab.DefaultAccount + ":role/trailhold"

// TestGuardNeedsNoMore lets a guard that has exactly the generated permissions live through every attack of the drill. The
// lab denies what the policies do not allow on the resource that the call is about, so that whatever is missing leaves
// something unrestored. Each write is held against the policy of the role that observes, too, which must not allow it.
func TestGuardNeedsNoMore(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole drill")
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	judge := &judge{t: t, stop: stop, used: map[string]bool{}}
	options := labrange.Options{Limit: judge.limit}
	place, err := labrange.New(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	defer place.Close()
	runner := drill.Runner{Range: place, Fresh: labrange.Fresh(options), Patience: 30 * time.Second}
	report, err := runner.Run(ctx, drill.All())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Incidents {
		if !r.OK {
			t.Errorf("%s (%s): %v", r.Technique, r.Variant, r.Problems)
		}
	}
	judge.finish()
}

// judge decides about the guard's calls, and keeps count.
type judge struct {
	t    *testing.T
	stop func() // at the first thing that is missing: what follows would only wait for restorations

	mu      sync.Mutex
	used    map[string]bool // the actions that were needed
	granted []string        // the actions that the policies have
}

// limit makes the policies of a baseline, as labrange asks.
func (j *judge) limit(b trail.Baseline) func(lab.Call) bool {
	uses := privilege.Uses{}
	for _, r := range b.Guard {
		if r.Type == trail.Topic {
			uses.Topics = append(uses.Topics, r.ARN)
		}
	}
	restore := privilege.Statements(b, privilege.Restore, uses)
	all, observing := documents(j.t, restore), documents(j.t, privilege.Statements(b, privilege.Read, privilege.Uses{}))
	j.mu.Lock()
	defer j.mu.Unlock()
	j.granted = privilege.Actions(restore)
	organization := ""
	for _, r := range b.Resources {
		if r.Type == trail.Organization {
			organization = r.Name()
		}
	}
	return func(c lab.Call) bool { return j.decide(c, organization, all, observing) }
}

// decide holds a call against both roles.
func (j *judge) decide(c lab.Call, organization string, all, observing []policy.Document) bool {
	wanted, err := demands(c)
	if err != nil {
		j.t.Error(err)
		j.stop()
		return false
	}
	for n, d := range wanted {
		d.resource = strings.ReplaceAll(d.resource, "{organization}", organization)
		if got := ask(all, d); got != policy.Allow {
			j.t.Errorf("%s:%s needs %s on %s in %v: the policies say %v", c.Service, c.Operation, d.action, d.resource, d.context, got)
			j.stop()
			return false
		}
		reads, tells := ask(observing, d) == policy.Allow, d.action == "sns:Publish"
		switch {
		case c.ReadOnly && !reads:
			j.t.Errorf("%s:%s needs %s on %s, which the role that observes does not have", c.Service, c.Operation, d.action, d.resource)
		case n == 0 && !c.ReadOnly && !tells && reads:
			j.t.Errorf("%s:%s changes something, and the role that observes may do it", c.Service, c.Operation)
		}
		j.mu.Lock()
		j.used[d.action] = true
		j.mu.Unlock()
	}
	return true
}

// idle are the actions that no attack makes the guard use, and when it does. Whatever else is granted and was not needed is one
// permission too many.
var idle = map[string]string{
	"cloudtrail:DeleteResourcePolicy": "somebody gave a policy to an event data store that should have none",
	"cloudtrail:RemoveTags":           "somebody added tags in the same change in which others went",
	"events:RemoveTargets":            "somebody added targets to a rule and changed others",
	"iam:DeleteRolePolicy":            "somebody added a policy to a role",
	"lambda:RemovePermission":         "somebody changed a permission, or added one and changed others",
	"organizations:ListAccounts":      "the documentation asks for it where organization trails are made; the lab does not know when",
	"scheduler:CreateScheduleGroup":   "the schedule was deleted with its group",
}

// finish makes sure that the policies have nothing that no attack made the guard use.
func (j *judge) finish() {
	for _, action := range j.granted {
		if !j.used[action] && idle[action] == "" {
			j.t.Errorf("%s is granted, but no attack made the guard use it", action)
		}
		if j.used[action] && idle[action] != "" {
			j.t.Errorf("%s was used after all", action)
		}
	}
	j.t.Logf("%d of %d granted actions were used", len(j.used), len(j.granted))
}

// delegating is the policy of a key that leaves it to its account's identity policies who may use it. Without one these count
// for nothing.
const delegating = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + lab.DefaultAccount + `:root"},"Action":"kms:*","Resource":"*"}]}`

// ask evaluates the policies of one role.
func ask(documents []policy.Document, d demand) policy.Answer {
	set := policy.Set{Identity: documents, ResourceAccount: lab.DefaultAccount}
	if strings.HasPrefix(d.action, "kms:") {
		key, _ := policy.Parse(delegating)
		set.Resource = &key
	}
	return set.Evaluate(policy.Request{
		Principal: policy.Caller(guardRole, guardRole), Action: d.action, Resource: d.resource, Context: d.context, Complete: true,
	}).Answer
}

// documents are the statements as AWS would get them: divided, encoded and parsed.
func documents(t *testing.T, list []privilege.Statement) (parsed []policy.Document) {
	t.Helper()
	policies, err := privilege.Policies(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range policies {
		if p.Size() > privilege.MaxManaged {
			t.Errorf("a policy of %d characters", p.Size())
		}
		document, err := policy.Parse(p.String())
		if err != nil {
			t.Fatal(err)
		}
		checkShape(t, p)
		parsed = append(parsed, document)
	}
	if len(policies) > privilege.MaxAttached {
		t.Errorf("%d policies for one role", len(policies))
	}
	return parsed
}

// checkShape looks for what no policy of ours may have.
func checkShape(t *testing.T, p privilege.Policy) {
	t.Helper()
	sids := map[string]bool{}
	for _, s := range p.Statement {
		if sids[s.Sid] || strings.ContainsFunc(s.Sid, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') }) {
			t.Errorf("the Sid %s is there twice, or IAM does not take it", s.Sid)
		}
		sids[s.Sid] = true
		for _, action := range s.Action {
			if strings.ContainsAny(action, "*?") {
				t.Errorf("%s: the action %s has a wildcard", s.Sid, action)
			}
			if slices.Contains(s.Resource, "*") && !unlimited()[action] {
				t.Errorf("%s: %s is on every resource, and the table does not say why", s.Sid, action)
			}
		}
	}
}

// unlimited are the actions of which the table says that they take no resource.
func unlimited() map[string]bool {
	found := map[string]bool{}
	for _, row := range privilege.Table() {
		for _, g := range row.Grants {
			found[g.Action] = found[g.Action] || g.On.Shape == "`*`" && g.On.Why != ""
		}
	}
	return found
}
