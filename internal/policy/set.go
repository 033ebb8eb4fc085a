package policy

import (
	"fmt"
	"strings"
)

// Layer is a kind of policy that takes part in a decision.
type Layer uint8

// The layers.
const (
	NoLayer Layer = iota
	Identity
	Boundary
	SessionPolicy
	SCP
	RCP
	Resource
)

func (l Layer) String() string {
	return [...]string{"no policy", "identity policies", "permissions boundary", "session policies", "service control policies", "resource control policies", "resource policy"}[l]
}

// Set is all policies that bear on a request. What doesn't exist is left out: an account outside of an organization and
// the management account have no SCPs and RCPs.
type Set struct {
	Identity []Document // of the user with its groups, or of the role
	Boundary *Document
	Session  []Document   // nil if the session was made without any
	SCPs     [][]Document // of the principal's account: one entry for the root, for each unit on the way and for the account
	RCPs     [][]Document // of the resource's account, likewise; only for services that support them
	Resource *Document

	// ResourceAccount owns the resource.
	ResourceAccount string

	// Unread are layers that may exist and could not be read. They may allow and deny.
	Unread []Layer
}

// Decision is the outcome for a request.
type Decision struct {
	Answer    Answer // Silent stands for an implicit denial
	Layer     Layer  // which policies decided, or keep it open
	Statement string // the name of the statement, if one decided
	Doubt     string // why the outcome is unknown
}

// Evaluate combines the policies as the evaluation logic of the IAM User Guide does. One explicit denial decides. SCPs
// and RCPs must allow on every level. Within an account, an identity policy or the resource policy must allow, except
// that a key's or role's own policy always must; a boundary and session policies limit what identity policies allow, and
// what the resource policy allows unless it names the user or session itself or everybody. Across accounts both sides
// must allow.
func (s Set) Evaluate(r Request) Decision {
	a := s.ask(r)
	for layer := range layers {
		if v := a[layer]; v.Deny == Yes {
			return Decision{Answer: ExplicitDeny, Layer: Layer(layer), Statement: v.DenyBy}
		}
	}
	allow, by := a.allow(s, r)
	if allow == No {
		return Decision{Answer: Silent, Layer: by}
	}
	for layer := range layers {
		if v := a[layer]; v.Deny == Maybe {
			return Decision{Answer: Unknown, Layer: Layer(layer), Statement: v.DenyBy, Doubt: v.DenyDoubt}
		}
	}
	if allow == Maybe {
		return Decision{Answer: Unknown, Layer: by, Statement: a[by].AllowBy, Doubt: a[by].AllowDoubt}
	}
	return Decision{Answer: Allow, Layer: by, Statement: a[by].AllowBy}
}

// layers is how many layers there are.
const layers = int(Resource) + 1

// asked has what each layer says. A layer that isn't there allows and denies nothing; one that only limits, such as a
// boundary, then allows everything.
type asked [layers]Verdict

func (s Set) ask(r Request) asked {
	var a asked
	unlimited := Verdict{Allow: Yes}
	a[Boundary], a[SessionPolicy], a[SCP], a[RCP] = unlimited, unlimited, unlimited, unlimited
	limited := r.Principal.Kind != Anonymous && r.Principal.Kind != Service
	if limited {
		a[Identity] = union(s.Identity, r)
		if s.Boundary != nil {
			a[Boundary] = s.Boundary.Evaluate(r)
		}
		if s.Session != nil {
			a[SessionPolicy] = union(s.Session, r)
		}
	}
	if limited && !r.Principal.serviceLinked() {
		a[SCP] = everyLevel(s.SCPs, r)
	}
	if !r.Principal.serviceLinked() {
		a[RCP] = everyLevel(s.RCPs, r)
	}
	if s.Resource != nil {
		a[Resource] = s.Resource.Evaluate(r)
	}
	for _, layer := range s.Unread {
		if limited || layer == RCP || layer == Resource {
			doubt := fmt.Sprintf("the %s could not be read", layer)
			a[layer] = Verdict{Allow: Maybe, Deny: Maybe, AllowDoubt: doubt, DenyDoubt: doubt, reach: reach{Maybe, Maybe, Maybe}}
		}
	}
	return a
}

// union asks several documents of one layer, each of which may allow.
func union(documents []Document, r Request) Verdict {
	var v Verdict
	for _, d := range documents {
		one := d.Evaluate(r)
		if one.Deny > v.Deny {
			v.Deny, v.DenyBy, v.DenyDoubt = one.Deny, one.DenyBy, one.DenyDoubt
		}
		if one.Allow > v.Allow {
			v.Allow, v.AllowBy, v.AllowDoubt = one.Allow, one.AllowBy, one.AllowDoubt
		}
		v.reach = v.reach.or(one.reach)
	}
	return v
}

// everyLevel asks the levels of an organization, all of which must allow.
func everyLevel(levels [][]Document, r Request) Verdict {
	v := Verdict{Allow: Yes}
	for _, documents := range levels {
		one := union(documents, r)
		if one.Deny > v.Deny {
			v.Deny, v.DenyBy, v.DenyDoubt = one.Deny, one.DenyBy, one.DenyDoubt
		}
		if one.Allow < v.Allow {
			v.Allow, v.AllowBy, v.AllowDoubt = one.Allow, one.AllowBy, one.AllowDoubt
		}
	}
	return v
}

// allow says whether the layers together allow, and which of them decides that.
func (a asked) allow(s Set, r Request) (Truth, Layer) {
	allow, by := a.granted(s, r)
	for _, layer := range []Layer{SCP, RCP} {
		if a[layer].Allow < allow {
			allow, by = a[layer].Allow, layer
		}
	}
	return allow, by
}

// granted says whether identity and resource policies give the permission.
func (a asked) granted(s Set, r Request) (Truth, Layer) {
	resource := a[Resource].reach
	if r.Principal.Kind == Anonymous || r.Principal.Kind == Service {
		return resource.any(), Resource
	}
	own, by := a.identity(r.Principal)
	if r.Principal.Account != s.ResourceAccount {
		if resource.any() < own {
			return resource.any(), Resource
		}
		return own, by
	}
	limit := min(a[Boundary].Allow, a[SessionPolicy].Allow)
	direct := max(resource[viaSelf], min(resource[viaRole], limit))
	if needsResourcePolicy(r.Action) {
		if resource[viaAccount] < own {
			own, by = resource[viaAccount], Resource
		}
	}
	if direct >= own && direct != No {
		return direct, Resource
	}
	return own, by
}

// identity says what the principal's own side allows. An account's root user may do everything there.
func (a asked) identity(p Principal) (Truth, Layer) {
	if p.Kind == Account {
		return Yes, NoLayer
	}
	allow, by := a[Identity].Allow, Identity
	for _, layer := range []Layer{Boundary, SessionPolicy} {
		if a[layer].Allow < allow {
			allow, by = a[layer].Allow, layer
		}
	}
	return allow, by
}

// needsResourcePolicy says whether identity policies count only as far as the resource's policy leaves it to the
// account: so it is with keys of KMS, and with roles, whose policy says who may assume them.
func needsResourcePolicy(action string) bool {
	action = strings.ToLower(action)
	return strings.HasPrefix(action, "kms:") || strings.HasPrefix(action, "sts:assumerole")
}
