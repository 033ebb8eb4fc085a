package whocan

import (
	"slices"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/tamper"
)

// Answer is yes or maybe. Principals to whom the answer is no are not in a report.
type Answer string

// The answers.
const (
	Yes   Answer = "yes"
	Maybe Answer = "maybe"
)

// Report says who can impair the trails. As JSON it has the fields' names below; texts that come from the account are as AWS
// gave them, so that whoever shows them has to make them harmless.
type Report struct {
	Account    string      `json:"account"`
	Principals int         `json:"principals"` // that were asked about
	Techniques []Technique `json:"techniques"` // all of the table that do harm, in its order
	Broad      []Grant     `json:"broadGrants"`
	OneStep    []Step      `json:"oneStepAway"`
	Limits     []string    `json:"notEvaluated"`
}

// Technique is one way to impair the trails, and who has it.
type Technique struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	Tier     tamper.Tier       `json:"tier"`
	Severity severity.Severity `json:"severity"`
	Targets  int               `json:"targets"`  // how many resources it was asked about; 0: it was not asked
	Who      []Ability         `json:"who"`      // the surest first, else in the order of the account
	Shields  []Shield          `json:"deniedBy"` // organization policies that deny it
	Shielded bool              `json:"denied"`   // every way, on every target, is denied to whom no policy excepts
}

// Ability is what one principal can do of one technique.
type Ability struct {
	Principal string   `json:"principal"`
	Answer    Answer   `json:"answer"`
	Action    string   `json:"action"`              // by which it can, on the first target
	Targets   []string `json:"targets"`             // ARNs of those that the answer is about; * for calls about no resource
	Perhaps   []string `json:"perhaps,omitempty"`   // if the answer is yes: ARNs of those about which it is maybe
	Policy    string   `json:"policy,omitempty"`    // that allows it
	Statement string   `json:"statement,omitempty"` // its Sid, in quotes, or its number
	Doubt     string   `json:"doubt,omitempty"`     // why the answer is maybe
}

// Evaluate asks an account's policies who can perform which technique on the targets. It holds what it needs of the account
// and changes nothing of it.
func Evaluate(a Account, targets []Target) Report {
	e := newEvaluator(a, targets)
	r := Report{Account: a.ID, Techniques: make([]Technique, len(e.techniques)), Broad: broad(a), Limits: a.limits(targets)}
	for i, t := range e.techniques {
		r.Techniques[i] = Technique{ID: t.ID, Title: t.Title, Tier: t.Tier, Severity: t.Severity, Who: []Ability{}}
		r.Techniques[i].Targets = e.count(t)
		r.Techniques[i].Shields, r.Techniques[i].Shielded = e.shields(t)
	}
	able := map[string]bool{}
	subjects := e.subjects()
	for _, s := range subjects {
		have := e.abilities(s)
		for i, t := range e.techniques {
			one, ok := e.ability(s, t, have)
			if !ok {
				continue
			}
			r.Techniques[i].Who = append(r.Techniques[i].Who, one)
			able[s.ARN] = able[s.ARN] || one.Answer == Yes && t.decisive()
		}
	}
	r.Principals = len(subjects)
	e.outsiders(&r)
	r.OneStep = e.steps(subjects, able)
	for i := range r.Techniques {
		slices.SortStableFunc(r.Techniques[i].Who, func(a, b Ability) int { return surer(a.Answer, b.Answer) })
	}
	return r
}

// count is how many targets a technique has.
func (e *evaluator) count(t technique) int {
	n := 0
	for _, on := range t.on() {
		n += len(e.targets[on])
	}
	return n
}

// surer puts yes before maybe.
func surer(a, b Answer) int {
	switch {
	case a == b:
		return 0
	case a == Yes:
		return -1
	}
	return 1
}

// subjects are the principals that people or programs can act as, the root user first.
func (e *evaluator) subjects() []*subject {
	all := []*subject{e.subject(Principal{ARN: e.account.root()})}
	for _, p := range e.account.Principals {
		if !p.serviceLinked() {
			all = append(all, e.subject(p))
		}
	}
	return all
}

// ability sums up what the subject can do of a technique.
func (e *evaluator) ability(s *subject, t technique, have [][]answer) (Ability, bool) {
	a := Ability{Principal: s.ARN}
	var first answer
	for _, on := range t.on() {
		for n, target := range e.targets[on] {
			one, action := e.can(t, on, n, have)
			if one.truth > first.truth {
				first, a.Action = one, action
			}
			switch one.truth {
			case policy.Yes:
				a.Targets = append(a.Targets, target.ARN)
			case policy.Maybe:
				a.Perhaps = append(a.Perhaps, target.ARN)
			}
		}
	}
	a.Policy, a.Statement, a.Doubt = first.by, first.statement, first.doubt
	switch first.truth {
	case policy.Yes:
		a.Answer = Yes
	case policy.Maybe:
		a.Answer, a.Targets, a.Perhaps = Maybe, a.Perhaps, nil
	}
	return a, first.truth != policy.No
}

// maxName is how many characters of a name a sentence of ours repeats.
const maxName = 300

func shown(text string) string { return plain.Text(text, maxName) }
