package posture

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/shell"
)

// Options say what to ask, and by what measure.
type Options struct {
	Checks     []string          // IDs; empty: all
	Severity   severity.Severity // least severity of checks
	Frameworks []Framework       // only checks that one of them asks for; empty: all

	// RetentionDays is for how many days log files and events must be kept at least; 0: DefaultRetention.
	RetentionDays int
	// RequiredTags are keys that every trail must be tagged with; empty: any tag will do.
	RequiredTags []string

	Mutes []MuteRule

	// Command makes the command that mends a finding which fails, for a shell; empty if it knows none that is better than the
	// check's own. Without it there are only those.
	Command func(Finding) string
	// Foresee tells how accounts would be once the remedies of findings were applied, as far as it knows how to: known are the IDs of
	// those findings. It changes nothing in the inventory that it is given. Without it, the score's changes are taken to mend no more
	// than what their commands are given for.
	Foresee func(Inventory, []Finding) (after Inventory, known []string)
}

// DefaultRetention is how many days log files have to be kept where nobody says otherwise: PCI DSS asks for twelve months.
const DefaultRetention = 365

// Audit puts the checks to everything that was read.
func Audit(inv Inventory, o Options) Report {
	if o.RetentionDays == 0 {
		o.RetentionDays = DefaultRetention
	}
	r := Report{Schema: Schema, At: inv.At, Accounts: []Summary{}, Checks: []Check{}, Findings: []Finding{}, WhoCan: []WhoCan{}, NotEvaluated: []string{}, Unread: append([]string{}, inv.Notes...)}
	for n := range inv.Accounts {
		a := &inv.Accounts[n]
		regions, _ := a.Enabled.Get()
		s := Summary{ID: a.ID, Caller: a.Caller, Failure: a.Failure, Regions: append([]string{}, regions...), Trails: []string{}}
		for _, t := range a.Trails {
			s.Trails = append(s.Trails, t.ARN)
		}
		r.Accounts = append(r.Accounts, s)
	}
	for _, c := range table() {
		if !o.Wants(c.Check) {
			continue
		}
		r.Checks = append(r.Checks, c.Check)
		for n := range inv.Accounts {
			r.Findings = append(r.Findings, c.findings(scope{inv: &inv, account: &inv.Accounts[n], options: o})...)
		}
	}
	mute(r.Findings, o.Mutes, inv.At)
	r.Coverage = Cover(inv)
	for n := range inv.Accounts {
		can, open := scope{inv: &inv, account: &inv.Accounts[n], options: o}.whoCan()
		r.WhoCan = append(r.WhoCan, can...)
		for _, line := range open {
			r.NotEvaluated = append(r.NotEvaluated, "account "+inv.Accounts[n].ID+": "+line)
		}
	}
	r.Score = ScoreOf(r.Checks, r.Findings)
	if o.Foresee != nil {
		r.Score.Changes = foresight{r.Checks, o.Foresee, o.judge, inv}.changes(r.Findings)
	}
	r.Unread = append(r.Unread, unread(inv)...)
	return r
}

// judge puts those checks to one account that are wanted, without making commands.
func (o Options) judge(inv Inventory, account int, wanted func(check string) bool) []Finding {
	o.Command = nil
	var findings []Finding
	for _, c := range table() {
		if o.Wants(c.Check) && wanted(c.ID) {
			findings = append(findings, c.findings(scope{inv: &inv, account: &inv.Accounts[account], options: o})...)
		}
	}
	mute(findings, o.Mutes, inv.At)
	return findings
}

// Wants says whether the check is to be put.
func (o Options) Wants(c Check) bool {
	switch {
	case len(o.Checks) > 0 && !slices.Contains(o.Checks, c.ID), c.Severity < o.Severity:
		return false
	case len(o.Frameworks) == 0:
		return true
	}
	return slices.ContainsFunc(c.References, func(r Reference) bool { return slices.Contains(o.Frameworks, r.Framework) })
}

// check is a Check and what puts it.
type check struct {
	Check
	judge func(scope) []judged
}

// scope is what a check looks at: one account, among all that were read.
type scope struct {
	inv     *Inventory
	account *Account
	options Options
}

func (s scope) now() time.Time { return s.inv.At }

// judged is a verdict and what it is about.
type judged struct {
	verdict
	region, resource string
	tags             map[string]string
	fill             map[string]string // for the remedy
}

// findings puts the check to an account. An account that could not be read at all is unknown to every check.
func (c check) findings(s scope) []Finding {
	var all []judged
	if s.account.Failure != "" {
		all = []judged{{verdict: unknown("the account could not be read: %s", s.account.Failure)}}
	} else if all = c.judge(s); len(all) == 0 {
		all = []judged{{verdict: notApplicable("there is nothing of this kind")}}
	}
	var findings []Finding
	for _, j := range all {
		f := Finding{
			ID: findingID(c.ID, s.account.ID, j.region, j.resource), Check: c.ID, Severity: c.Severity, Status: j.status,
			Account: s.account.ID, Region: j.region, Resource: j.resource, Tags: j.tags, Detail: j.detail, Evidence: j.evidence,
		}
		if j.severity != severity.None {
			f.Severity = j.severity
		}
		if j.status == Fail {
			f.Remedy = c.remedy(s, j, f)
		}
		findings = append(findings, f)
	}
	slices.SortStableFunc(findings, func(x, y Finding) int {
		return cmp.Or(strings.Compare(x.Region, y.Region), strings.Compare(x.Resource, y.Resource))
	})
	return findings
}

// remedy is the command that mends what a verdict is about: the verdict's own if it leaves nothing to ask, else the one that the
// options know for this very finding, else what there is.
func (c check) remedy(s scope, j judged, f Finding) string {
	if s.options.Command != nil && (j.command == "" || shell.Asks(j.command)) {
		if command := s.options.Command(f); command != "" {
			return command
		}
	}
	command := cmp.Or(j.command, c.Remedy)
	fill := words("account", s.account.ID, "partition", s.account.Partition, "days", strconv.Itoa(s.options.RetentionDays), "arn", j.resource)
	maps.Copy(fill, j.fill)
	maps.Copy(fill, words(j.verdict.fill...))
	if j.region != "" {
		fill["region"] = shell.Word(j.region)
	}
	var pairs []string
	for name, word := range fill {
		pairs = append(pairs, "{"+name+"}", word)
	}
	return shell.AskFirst(strings.NewReplacer(pairs...).Replace(command))
}
