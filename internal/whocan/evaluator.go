package whocan

import (
	"slices"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
)

// evaluator asks the policies of one account. It looks through every document once.
type evaluator struct {
	account    Account
	techniques []technique
	needed     []permission // of all techniques, each once
	place      map[permissionKey]int
	targets    map[trail.ResourceType][]Target

	actions    actions
	seen       map[*policy.Document]parts
	scps, rcps [][]*Policy // those that bind the account
	bounds     map[int]bounds
}

// bounds are what the organization's policies say of one action.
type bounds struct{ scps, rcps [][]policy.Document }

type permissionKey struct {
	action string
	on     trail.ResourceType
}

func newEvaluator(a Account, targets []Target) *evaluator {
	e := &evaluator{
		account: a, techniques: techniques(), place: map[permissionKey]int{}, targets: map[trail.ResourceType][]Target{},
		actions: actions{}, seen: map[*policy.Document]parts{}, bounds: map[int]bounds{},
	}
	for _, t := range e.techniques {
		for _, p := range slices.Concat(t.ways...) {
			if _, have := e.place[p.key()]; !have {
				e.place[p.key()] = len(e.needed)
				e.needed = append(e.needed, p)
			}
			e.actions.add(p.action)
		}
	}
	for _, action := range stepActions() {
		e.actions.add(action)
	}
	for _, t := range targets {
		e.targets[t.Type] = append(e.targets[t.Type], t)
	}
	e.targets[everything] = []Target{{Type: everything, ARN: "*", Account: a.ID}}
	e.targets[attachment] = e.attachments()
	if !a.Management {
		e.scps, e.rcps = a.SCPs, a.RCPs
	}
	return e
}

func (p permission) key() permissionKey { return permissionKey{p.action, p.on} }

// attachments are the policies of the account that guarded roles have. AWS's own can't be changed.
func (e *evaluator) attachments() []Target {
	var found []Target
	for _, p := range e.account.Principals {
		if !slices.ContainsFunc(e.targets[trail.Role], func(t Target) bool { return t.ARN == p.ARN }) {
			continue
		}
		for _, own := range p.Policies {
			same := func(t Target) bool { return t.ARN == own.ARN }
			if own.changeable() && !slices.ContainsFunc(found, same) {
				found = append(found, Target{Type: attachment, ARN: own.ARN, Account: e.account.ID})
			}
		}
	}
	return found
}

// part is what a document says of an action; nil has nothing to say.
func (e *evaluator) part(d *policy.Document, action int) part {
	if d == nil {
		return part{}
	}
	all, ok := e.seen[d]
	if !ok {
		all = e.actions.split(*d)
		e.seen[d] = all
	}
	return all[action]
}

// bound finds the bounds of an action.
func (e *evaluator) bound(action int) bounds {
	b, ok := e.bounds[action]
	if !ok {
		b = bounds{e.levels(e.scps, action), e.levels(e.rcps, action)}
		e.bounds[action] = b
	}
	return b
}

// levels are what the policies of each level say of an action.
func (e *evaluator) levels(levels [][]*Policy, action int) [][]policy.Document {
	all := make([][]policy.Document, len(levels))
	for i, level := range levels {
		for _, p := range level {
			all[i] = append(all[i], e.part(&p.Document, action).document)
		}
	}
	return all
}

// place is where a target is, as far as conditions can ask about it.
type place struct{ region, account string }

// subject is who is asked about.
type subject struct {
	Principal
	caller   policy.Principal
	context  map[place]map[string][]string
	unread   []policy.Layer
	policies []*Policy
}

// subject prepares a principal.
func (e *evaluator) subject(p Principal) *subject {
	s := &subject{Principal: p, caller: policy.Caller(p.ARN, ""), context: map[place]map[string][]string{}, policies: p.Policies}
	if len(p.Unread) > 0 {
		s.unread = append(s.unread, policy.Identity)
	}
	if p.UnreadBoundary {
		s.unread = append(s.unread, policy.Boundary)
	}
	return s
}

// known are the condition keys whose values follow from who calls where, directly and by the SDK.
func (e *evaluator) known(s *subject, t Target) map[string][]string {
	key := place{t.Region, t.Account}
	if have := s.context[key]; have != nil {
		return have
	}
	known := map[string][]string{
		"aws:securetransport": {"true"}, "aws:viaawsservice": {"false"}, "aws:calledvia": nil, "aws:calledviafirst": nil,
		"aws:calledvialast": nil, "aws:sourcearn": nil, "aws:sourceaccount": nil, "aws:sourceorgid": nil, "kms:viaservice": nil,
		"aws:principaltype": {"AssumedRole"}, "aws:requestedregion": {t.Region}, "aws:resourceaccount": {t.Account},
	}
	switch {
	case t.Region == "":
		delete(known, "aws:requestedregion")
	case t.Account == "":
		delete(known, "aws:resourceaccount")
	}
	if s.caller.Kind == policy.User {
		known["aws:principaltype"] = []string{"User"}
		for name, value := range s.Tags {
			known["aws:PrincipalTag/"+name] = []string{value}
		}
	}
	if e.account.OrganizationID != "" {
		known["aws:principalorgid"] = []string{e.account.OrganizationID}
	}
	s.context[key] = known
	return known
}
