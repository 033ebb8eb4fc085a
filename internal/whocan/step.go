package whocan

import (
	"maps"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
)

// Step is a way in which a principal that can't turn the trails off could get there with one change of permissions, or by
// becoming somebody who can.
type Step struct {
	Principal string `json:"principal"`
	Answer    Answer `json:"answer"`
	Action    string `json:"action"`         // that it takes, or several
	On        string `json:"on"`             // the ARN of what is changed, or of whom it becomes
	More      int    `json:"more,omitempty"` // how many others it can do the same to
	Policy    string `json:"policy,omitempty"`
	Statement string `json:"statement,omitempty"`
	Doubt     string `json:"doubt,omitempty"`
}

// The actions by which principals give themselves rights, or become somebody else.
const (
	joinGroup   = "iam:AddUserToGroup"
	assumeRole  = "sts:AssumeRole"
	changeTrust = "iam:UpdateAssumeRolePolicy"
	passRole    = "iam:PassRole"
	createRole  = "iam:CreateRole"
	setDefault  = "iam:SetDefaultPolicyVersion"
	userUnbound = "iam:DeleteUserPermissionsBoundary"
	roleUnbound = "iam:DeleteRolePermissionsBoundary"
)

// Those that do the same to different things.
var (
	onUser     = []string{"iam:AttachUserPolicy", "iam:PutUserPolicy"}
	onRole     = []string{"iam:AttachRolePolicy", "iam:PutRolePolicy"}
	onGroup    = []string{"iam:AttachGroupPolicy", "iam:PutGroupPolicy"}
	onVersion  = []string{"iam:CreatePolicyVersion", setDefault}
	takesOver  = []string{"iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"}
	makesUser  = []string{"iam:CreateUser", "iam:CreateAccessKey"}
	makesARole = []string{createRole}
)

// launchers are what runs code under a role that is passed to it, by the service that the role has to trust.
var launchers = []struct{ action, service string }{
	{"lambda:CreateFunction", "lambda.amazonaws.com"},
	{"ec2:RunInstances", "ec2.amazonaws.com"},
	{"cloudformation:CreateStack", "cloudformation.amazonaws.com"},
	{"ecs:RunTask", "ecs-tasks.amazonaws.com"},
	{"codebuild:CreateProject", "codebuild.amazonaws.com"},
	{"glue:CreateJob", "glue.amazonaws.com"},
	{"sagemaker:CreateNotebookInstance", "sagemaker.amazonaws.com"},
	{"states:CreateStateMachine", "states.amazonaws.com"},
}

func stepActions() []string {
	all := slices.Concat(onUser, onRole, onGroup, onVersion, takesOver, makesUser, makesARole,
		[]string{joinGroup, assumeRole, changeTrust, passRole, userUnbound, roleUnbound})
	for _, l := range launchers {
		all = append(all, l.action)
	}
	return all
}

// everythingAllowed is what an intruder would attach.
var everythingAllowed = &Policy{Document: policy.Document{Statements: []policy.Statement{
	{Number: 1, Actions: []string{"*"}, HasResource: true, Resources: []string{"*"}},
}}}

// climber is a principal that looks for a way up.
type climber struct {
	*evaluator
	*subject
	free  bool // it can remove its own boundary
	gains bool // with every permission that it could give itself, it could turn a trail off
	found []Step
}

// steps looks for a way up for every principal that isn't able already.
func (e *evaluator) steps(subjects []*subject, able map[string]bool) []Step {
	all := []Step{}
	var up []*subject
	for _, s := range subjects {
		if able[s.ARN] && s.caller.Kind != policy.Account {
			up = append(up, s)
		}
	}
	for _, s := range subjects {
		if able[s.ARN] || s.caller.Kind == policy.Account {
			continue
		}
		c := &climber{evaluator: e, subject: s}
		c.climb(up)
		all = append(all, c.found...)
	}
	return all
}

func (c *climber) climb(up []*subject) {
	unbound := roleUnbound
	if c.user() {
		unbound = userUnbound
	}
	c.free = c.Boundary != nil && c.may(unbound, c.ARN, nil).truth == policy.Yes
	if c.gains = c.couldStop(c.subject, c.free, everythingAllowed); c.gains {
		c.itself()
	}
	c.groups()
	c.others(up)
	c.newcomer()
}

// couldStop says whether somebody with more policies could do a decisive technique to a trail.
func (e *evaluator) couldStop(s *subject, free bool, extra ...*Policy) bool {
	for _, t := range e.techniques {
		if !t.decisive() {
			continue
		}
		for _, target := range e.targets[Trail] {
			could := func(p permission) bool {
				return e.ask(s, question{action: p.action, on: target, about: p.about(target), extra: extra, free: free}).truth == policy.Yes
			}
			for _, way := range t.ways {
				if !slices.ContainsFunc(way, func(p permission) bool { return !could(p) }) {
					return true
				}
			}
		}
	}
	return false
}

// may asks for an action on something of the account that has no policy of its own.
func (c *climber) may(action, arn string, with map[string][]string) answer {
	return c.ask(c.subject, question{action: action, on: Target{ARN: arn, Account: c.account.ID}, with: with})
}

// step notes a way up. What can be done to many is told once.
func (c *climber) step(action, on string, a answer) {
	if a.truth == policy.No {
		return
	}
	answer := Yes
	if a.truth == policy.Maybe {
		answer = Maybe
	}
	for i, have := range c.found {
		if have.Action == action && have.Answer == answer {
			c.found[i].More++
			return
		}
	}
	c.found = append(c.found, Step{Principal: c.ARN, Answer: answer, Action: action, On: on, Policy: a.by, Statement: a.statement, Doubt: a.doubt})
}

// itself is changing one's own policies.
func (c *climber) itself() {
	actions := onRole
	if c.user() {
		actions = onUser
	}
	for _, action := range actions {
		c.step(action, c.ARN, c.may(action, c.ARN, nil))
	}
	for _, group := range c.Groups {
		for _, action := range onGroup {
			c.step(action, group, c.may(action, group, nil))
		}
	}
	for _, p := range c.policies {
		if !p.changeable() {
			continue
		}
		for _, action := range onVersion {
			a := c.may(action, p.ARN, nil)
			if action == setDefault && a.truth == policy.Yes {
				a.truth, a.doubt = policy.Maybe, "what the policy's other versions say was not read"
			}
			c.step(action, p.ARN, a)
		}
	}
}

// groups is joining a group whose members can.
func (c *climber) groups() {
	if !c.user() {
		return
	}
	for _, group := range slices.Sorted(maps.Keys(c.account.Groups)) {
		a := c.may(joinGroup, group, nil)
		if a.truth != policy.No && !slices.Contains(c.Groups, group) && c.couldStop(c.subject, false, c.account.Groups[group]...) {
			c.step(joinGroup, group, a)
		}
	}
}

// others is becoming somebody who can.
func (c *climber) others(up []*subject) {
	for _, other := range up {
		if other.user() {
			for _, action := range takesOver {
				c.step(action, other.ARN, c.may(action, other.ARN, nil))
			}
			continue
		}
		c.step(assumeRole, other.ARN, c.assume(other))
		c.step(changeTrust, other.ARN, c.may(changeTrust, other.ARN, nil))
		c.pass(other)
	}
}

func (c *climber) assume(role *subject) answer {
	return c.ask(c.subject, question{action: assumeRole, on: Target{Type: "role", ARN: role.ARN, Account: c.account.ID, Policy: role.Trust}})
}

// pass is having code run under the role by a service that it trusts.
func (c *climber) pass(role *subject) {
	for _, l := range launchers {
		a := c.may(passRole, role.ARN, map[string][]string{"iam:PassedToService": {l.service}})
		if a.truth == policy.No || !trusts(role.Trust, l.service, role.ARN) {
			continue
		}
		if b := c.may(l.action, "*", nil); b.truth < a.truth {
			a = b
		}
		c.step(passRole+" and "+l.action, role.ARN, a)
	}
}

// trusts says whether a service may act as a role.
func trusts(trust *policy.Document, service, role string) bool {
	if trust == nil {
		return false
	}
	v := trust.Evaluate(policy.Request{Principal: policy.ServicePrincipal(service), Action: assumeRole, Resource: role})
	return v.Allow != policy.No && v.Deny != policy.Yes
}

// newcomer is making a user or a role of one's own, with every permission.
func (c *climber) newcomer() {
	iam := strings.TrimSuffix(c.account.root(), "root")
	c.makes(iam+"user/", makesUser, onUser)
	c.makes(iam+"role/", makesARole, onRole)
}

// makes takes all of the actions that make something, and one of those that give it rights.
func (c *climber) makes(below string, makes, gives []string) {
	arn := below + string(policy.AnyName)
	worst := answer{truth: policy.Yes}
	for _, action := range makes {
		if a := c.may(action, arn, nil); a.truth <= worst.truth {
			worst = a
		}
	}
	given, by := answer{}, ""
	for _, action := range gives {
		if a := c.may(action, arn, nil); a.truth > given.truth {
			given, by = a, action
		}
	}
	made := c.evaluator.subject(Principal{ARN: below + stranger})
	if worst.truth == policy.No || given.truth == policy.No || !c.couldStop(made, false, everythingAllowed) {
		return
	}
	if given.truth < worst.truth {
		worst = given
	}
	c.step(strings.Join(makes, ", ")+" and "+by, below+"*", worst)
}
