package harden

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// Schema names the form of a plan as JSON.
const Schema = "trailhold/harden/v1"

// Plan is what would mend an account, as far as calls can.
type Plan struct {
	Schema  string    `json:"schema"`
	At      time.Time `json:"at"` // when the account was read
	Account string    `json:"account"`

	Before   float64 `json:"scoreBefore"`   // of all checks, whichever are to be mended
	Expected float64 `json:"scoreExpected"` // after all steps, as far as that follows from them

	Steps []Step `json:"steps"` // in the order in which to try them
	Left  []Left `json:"left"`  // what no step mends
}

// Step is one call.
type Step struct {
	Number   int      `json:"number"` // from 1
	Checks   []string `json:"checks"` // IDs of those that ask for it
	Call     trail.Op `json:"call"`
	Region   string   `json:"region"`
	Account  string   `json:"account"`
	Resource string   `json:"resource"` // ARN
	Changes  []Change `json:"changes"`
	Cost     string   `json:"cost"`              // in words, with the price's unit
	Command  string   `json:"command"`           // the exact command of the AWS CLI that does it too
	Undo     string   `json:"undo"`              // the one that takes it back
	Caution  string   `json:"caution,omitempty"` // what cannot be undone, or may surprise
	After    []int    `json:"after,omitempty"`   // numbers of the steps that must have succeeded before

	call  trail.Step
	want  trail.Guarded // no more than the trail or resource that the step is about
	fresh bool          // the resource is made by an earlier step
}

// Change is what one part becomes.
type Change struct {
	Field  trail.Field `json:"field"`
	Member string      `json:"member,omitempty"` // of the part, where each is written by itself
	From   any         `json:"from"`             // nil: there is nothing
	To     any         `json:"to"`
}

// Left is a finding that the plan does not mend, and why not.
type Left struct {
	Check    string            `json:"check"`
	Severity severity.Severity `json:"severity"`
	Status   posture.Status    `json:"status"`
	Resource string            `json:"resource,omitempty"`
	Region   string            `json:"region,omitempty"`
	Detail   string            `json:"detail"`            // what the audit will still say
	Why      string            `json:"why"`               // why no step mends it
	Command  string            `json:"command,omitempty"` // what a person may do
}

// maxRounds bounds how often the draft is gone through. What one remedy makes, such as a bucket, has findings of its own.
const maxRounds = 6

// Make makes the plan for the one account of an inventory, into which what Needs lists has been read as well.
func Make(inv posture.Inventory, o Options) (Plan, error) {
	if len(inv.Accounts) != 1 {
		return Plan{}, errors.New("accounts are hardened one by one")
	}
	if a := inv.Accounts[0]; a.Failure != "" {
		return Plan{}, fmt.Errorf("account %s could not be read: %s", a.ID, a.Failure)
	}
	d := newDraft(inv, o)
	p := Plan{Schema: Schema, At: inv.At, Account: d.account.ID, Steps: []Step{}, Left: []Left{}}
	p.Before = o.audit(inv, nil).Score.Value
	for round := range maxRounds {
		d.dirty = false
		d.mendAll()
		if why := d.secondTrail(); why != "" && round == 0 { // the first trail comes first
			p.Left = append(p.Left, Left{Check: secondTrailCheck, Severity: severity.Medium, Status: posture.Fail, Region: o.SecondTrail, Detail: "there is no second trail", Why: why})
		}
		if !d.dirty {
			break
		}
	}
	after := o.audit(d.inv, Commands(d.inv, o))
	p.Expected = after.Score.Value
	p.steps(d, inv)
	p.leave(d, after)
	return p, nil
}

// secondTrailCheck stands for the option in the place of a check: no check asks for a second trail.
const secondTrailCheck = "second-trail"

// mendAll puts all checks once, and applies the remedies to what fails, in their order. What one of them has mended by then, the
// next leaves as it is.
func (d *draft) mendAll() {
	report := d.options.audit(d.inv, nil)
	for _, r := range remedies() {
		if r.mend == nil || !d.options.wants(r.check) {
			continue
		}
		d.check = r.check
		for _, f := range report.Findings {
			if f.Check == r.check && f.Status == posture.Fail {
				_ = r.mend(d, f) // why not, is asked when all is done
			}
		}
	}
}

// leave lists what the audit will still say after the plan, and why.
func (p *Plan) leave(d *draft, after posture.Report) {
	for _, f := range after.Findings {
		if f.Status != posture.Fail && f.Status != posture.Unknown || !d.options.wants(f.Check) {
			continue
		}
		p.Left = append(p.Left, Left{Check: f.Check, Severity: f.Severity, Status: f.Status, Resource: f.Resource, Region: f.Region, Detail: f.Detail,
			Why: d.whyLeft(f), Command: f.Remedy})
	}
	slices.SortStableFunc(p.Left, func(x, y Left) int { return int(y.Severity) - int(x.Severity) })
}

func (d *draft) whyLeft(f posture.Finding) string {
	r := remedyOf(f.Check)
	switch {
	case f.Status == posture.Unknown:
		return "it could not be answered, and what is not known is not changed"
	case r.mend == nil:
		return r.person
	}
	return orElse(r.mend(d, f), "what the plan changes does not suffice")
}

// steps makes the steps that lead from what was read to the draft.
func (p *Plan) steps(d *draft, read posture.Inventory) {
	for _, u := range d.units(read) {
		base := trail.Baseline{Account: d.account.ID, Policy: trail.DefaultPolicy(), Trails: []trail.Guarded{u.want}}
		drifts := trail.Diff(u.want, u.have).Drifts
		numbers := map[string]int{}
		for _, call := range arranged(trail.Plan(base, u.want, u.have)) {
			numbers[call.ID] = len(p.Steps) + 1
			p.Steps = append(p.Steps, d.step(len(p.Steps)+1, call, u.want, drifts, numbers))
		}
	}
	for _, f := range d.order {
		if f.member == "" && !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.mends(f) }) {
			p.Left = append(p.Left, Left{Check: d.changed[f][0], Severity: severity.Medium, Status: posture.Fail, Resource: f.arn, Detail: fmt.Sprintf("%s is to be changed", f.field), Why: "no call changes it"})
		}
	}
}

// arranged leaves out what making a role does already, and has an ACL written before ACLs are turned off: S3 refuses that while
// the ACL gives anybody but the owner something. A restoration needs it the other way round.
func arranged(calls []trail.Step) []trail.Step {
	var list []trail.Step
	for _, call := range calls {
		identity := string(trail.FieldOf(call.Resource, trail.Identity)) + ":" + call.ARN
		if call.Op == trail.OpUpdateAssumeRolePolicy && slices.Contains(call.After, identity) {
			continue
		}
		n := slices.IndexFunc(list, func(other trail.Step) bool {
			return other.Op == trail.OpPutBucketOwnershipControls && other.ARN == call.ARN
		})
		if call.Op == trail.OpPutBucketAcl && n >= 0 {
			list[n].After = append(list[n].After, call.ID)
			list = slices.Insert(list, n, call)
			continue
		}
		list = append(list, call)
	}
	return list
}

// mends says whether the step changes a part. Making a resource or trail writes whatever belongs to it.
func (s Step) mends(f facet) bool {
	made := s.call.Op == trail.OpCreateTrail || s.call.Setting == trail.Identity
	return s.Resource == f.arn && (made || slices.Contains(s.call.Mends, f.field))
}

// step is what people see of a call.
func (d *draft) step(number int, call trail.Step, want trail.Guarded, drifts []trail.Drift, numbers map[string]int) Step {
	s := Step{Number: number, Call: call.Op, Region: call.Region, Account: d.account.ID, Resource: call.ARN, call: call, want: narrowed(want, call)}
	for _, id := range call.After {
		if n, ok := numbers[id]; ok {
			s.After = append(s.After, n)
			s.fresh = s.fresh || id == "create-trail" || id == string(trail.FieldOf(call.Resource, trail.Identity))+":"+call.ARN
		}
	}
	s.Changes = changes(call, drifts)
	for _, field := range call.Mends {
		for _, check := range d.changed[facet{call.ARN, field, call.Member}] {
			if !slices.Contains(s.Checks, check) {
				s.Checks = append(s.Checks, check)
			}
		}
	}
	s.Cost, s.Caution = costOf(s), cautionOf(s)
	s.Command, s.Undo = doOf(s), undoOf(s)
	return s
}

// narrowed is no more of what is wanted than the trail itself, or the resource, that a step is about: that alone is read
// before and after the call.
func narrowed(want trail.Guarded, call trail.Step) trail.Guarded {
	if call.Resource == "" {
		want.Dependents = nil
		return want
	}
	n := slices.IndexFunc(want.Dependents, func(r trail.Resource) bool { return r.ARN == call.ARN })
	return alone(want.Dependents[n])
}

// alone is a resource that is looked at by itself.
func alone(r trail.Resource) trail.Guarded {
	g := trail.Guarded{Restore: trail.RestoreAll, Dependents: []trail.Resource{r}}
	g.ARN, g.HomeRegion = r.ARN, r.Region
	return g
}

// changes are what a call changes from what to what.
func changes(call trail.Step, drifts []trail.Drift) []Change {
	switch {
	case call.Op == trail.OpCreateTrail:
		return []Change{{Field: trail.FieldTrail, To: call.Create.Config}}
	case call.Member != "":
		return []Change{{Field: call.Mends[0], Member: call.Member, From: orNil(call.Replaces), To: orNil(call.Document)}}
	case call.Op == trail.OpCreateRole: // the other settings have steps of their own
		return []Change{{Field: call.Mends[0], To: call.Document.Members()["trust"]}}
	case call.Setting == trail.Identity:
		return []Change{{Field: call.Mends[0], To: call.Document}}
	}
	var list []Change
	for _, field := range call.Mends {
		n := slices.IndexFunc(drifts, func(drift trail.Drift) bool {
			return drift.Field == field && (drift.Resource == call.ARN || drift.Resource == "" && call.Resource == "")
		})
		c := Change{Field: field, To: to(call)}
		if n >= 0 {
			c.From, c.To = orNil(drifts[n].After), orNil(drifts[n].Before)
		}
		list = append(list, c)
	}
	return list
}

// to is what a call writes to a trail or resource that does not exist yet.
func to(call trail.Step) any {
	switch {
	case call.Op == trail.OpStartLogging:
		return true
	case call.Selectors != nil:
		return *call.Selectors
	case call.Insights != nil:
		return *call.Insights
	}
	return orNil(call.Document)
}

// orNil makes what says nothing nothing: an empty document, or an empty list.
func orNil(value any) any {
	switch v := value.(type) {
	case trail.Document:
		if v.Empty() {
			return nil
		}
	case []trail.InsightSelector:
		if len(v) == 0 {
			return nil
		}
	}
	return value
}
