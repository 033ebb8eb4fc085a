package whocan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxGuardrail is the longest document that is written, in bytes: the least of the limits that Organizations has had for
// service and resource control policies.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
const maxGuardrail = 5120

// Guardrails are policies for an organization that deny what impairs the trails to all but a few principals. Each of them is
// to be attached to the account, an organizational unit or the root.
type Guardrails struct {
	SCPs []string // service control policies: they bind the account's own principals
	RCPs []string // resource control policies: they bind everybody who comes to the bucket, key or queue, from other accounts too

	// Open are the ids of techniques that they leave open because what denies them would stop others' work: their calls name no
	// resource.
	Open []string
}

// unstopped are the actions that know no resource and that others than intruders need every day.
var unstopped = []string{
	"sns:Unsubscribe", "sns:SetSubscriptionAttributes", "cloudformation:DeleteStack", "cloudformation:DeleteStackInstances",
	"cloudformation:UpdateTerminationProtection",
}

// uncontrollable are the actions that a resource control policy can't deny.
// https://docs.aws.amazon.com/kms/latest/developerguide/resource-control-policies.html
var uncontrollable = []string{"kms:RetireGrant"}

// takeovers are the ways to become one of the excepted roles.
var takeovers = []string{
	"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
	"iam:PassRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
}

// Guard writes the policies that deny every technique on the targets, but for the excepted roles: those of the guard, which has
// to restore, and one to break the glass with. They are given as ARNs, in which * may stand for an account or a path. Changing
// these roles is denied to all others as well; that they exist before the policies are attached is the caller's to make sure.
//
// Nobody in the management account is bound by such policies, and neither are service-linked roles.
func Guard(targets []Target, except ...string) (Guardrails, error) {
	for _, arn := range except {
		if !strings.HasPrefix(arn, "arn:") || !strings.Contains(arn, ":role/") || strings.HasSuffix(arn, "/") {
			return Guardrails{}, fmt.Errorf("%q is not the ARN of a role: write arn:aws:iam::111122223333:role/name", shown(arn))
		}
	}
	if len(except) == 0 {
		return Guardrails{}, errors.New("nobody is excepted: name the guard's role and one to break the glass with, or nobody can restore a trail")
	}
	w := writer{targets: targets, except: except}
	scps := append(w.statements("", w.stoppable), statement{Sid: "Exceptions", Action: takeovers, Resource: except})
	rcps := w.statements("*", func(p permission) bool {
		service, _, _ := strings.Cut(p.action, ":")
		return controlled[service] && p.on != everything && !slices.Contains(uncontrollable, p.action)
	})
	g := Guardrails{SCPs: w.documents(scps), RCPs: w.documents(rcps)}
	for _, document := range append(slices.Clone(g.SCPs), g.RCPs...) {
		if len(document) > maxGuardrail {
			return Guardrails{}, fmt.Errorf("a policy would have %d characters, of which %d are allowed: except fewer roles", len(document), maxGuardrail)
		}
	}
	var err error
	g.Open, err = leftOpen(g, targets)
	return g, err
}

// leftOpen are the techniques that the policies don't deny to a stranger.
func leftOpen(g Guardrails, targets []Target) ([]string, error) {
	a := Account{ID: "000000000000"}
	for _, document := range g.SCPs {
		d, err := policy.Parse(document)
		if err != nil {
			return nil, err
		}
		a.SCPs = append(a.SCPs, []*Policy{{Document: d}})
	}
	var left []string
	e := newEvaluator(a, targets)
	for _, t := range e.techniques {
		if _, denied := e.shields(t); !denied && e.count(t) > 0 {
			left = append(left, t.ID)
		}
	}
	return left, nil
}

// statement is one of a policy that is written.
type statement struct {
	Sid       string
	Effect    string
	Principal string `json:",omitempty"`
	Action    []string
	Resource  []string
	Condition map[string]map[string]any
}

// writer writes guardrails.
type writer struct {
	targets []Target
	except  []string
}

func (w writer) stoppable(p permission) bool { return !slices.Contains(unstopped, p.action) }

// statements are one or more for each kind of resources: those on the resource itself, and those on what is in it.
func (w writer) statements(principal string, wanted func(permission) bool) []statement {
	var all []statement
	add := func(resources, actions []string) {
		slices.Sort(actions)
		if actions = slices.Compact(actions); len(actions) == 0 {
			return
		}
		for chunk := range slices.Chunk(resources, maxResources) {
			all = append(all, statement{Sid: fmt.Sprintf("Trails%d", len(all)+1), Principal: principal, Action: actions, Resource: chunk})
		}
	}
	for _, kind := range append([]trail.ResourceType{Trail, everything}, trail.Types()...) {
		resources, inside := w.resources(kind)
		var on, in, any []string
		for _, p := range needed() {
			switch {
			case p.on != kind || !wanted(p):
			case p.about(Target{ARN: "x"}) == "*":
				any = append(any, p.action)
			case p.about(Target{ARN: "x"}) != "x":
				in = append(in, p.action)
			default:
				on = append(on, p.action)
			}
		}
		add(resources, on)
		add(inside, in)
		if kind == everything || len(resources) > 0 {
			add([]string{"*"}, any)
		}
	}
	return all
}

// maxResources is how many resources one statement names, so that any statement fits into a document.
const maxResources = 12

// needed are the permissions of all techniques.
func needed() []permission {
	var all []permission
	for _, t := range techniques() {
		all = append(all, slices.Concat(t.ways...)...)
	}
	return all
}

// resources are the ARNs of the targets of a kind, and the patterns for what is in them.
func (w writer) resources(kind trail.ResourceType) (on, in []string) {
	for _, t := range w.targets {
		if t.Type != kind {
			continue
		}
		on = append(on, t.ARN)
		switch kind {
		case trail.Organization:
			for _, inside := range []string{"account", "policy", "root"} {
				in = append(in, strings.Replace(t.ARN, ":organization/", ":"+inside+"/", 1)+"/*")
			}
		case trail.Schedule:
			in = append(in, groupOfSchedule(t))
		case trail.LogGroup:
			in = append(in, strings.TrimSuffix(t.ARN, ":*")+":*")
		default:
			in = append(in, t.ARN+"/*")
		}
	}
	return on, in
}

// documents packs statements into as few documents as hold them.
func (w writer) documents(statements []statement) []string {
	var all []string
	var packed []statement
	for _, s := range statements {
		s.Effect = "Deny"
		s.Condition = map[string]map[string]any{"ArnNotLike": {"aws:PrincipalArn": w.except}}
		if s.Principal != "" { // services act for themselves there, CloudTrail and S3 among them
			s.Condition["BoolIfExists"] = map[string]any{"aws:PrincipalIsAWSService": "false"}
		}
		if len(packed) > 0 && len(document(append(packed, s))) > maxGuardrail {
			all = append(all, document(packed))
			packed = nil
		}
		packed = append(packed, s)
	}
	if len(packed) > 0 {
		all = append(all, document(packed))
	}
	return all
}

func document(statements []statement) string {
	text, _ := json.Marshal(struct { // strings and lists of them can always be marshalled
		Version   string
		Statement []statement
	}{"2012-10-17", statements})
	return string(text)
}
