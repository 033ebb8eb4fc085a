package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/severity"
)

// fewFindings is how many findings of one check are listed unless all are wanted.
const fewFindings = 5

// printAudit writes the report in the form that --output names.
func (a *app) printAudit(r posture.Report) error {
	if a.json() {
		return a.printJSON(r)
	}
	p := auditPage{page: a.page(), report: r, all: a.flags.verbose}
	p.accounts()
	for _, g := range posture.Groups() {
		p.group(g)
	}
	p.coverage()
	p.whoCan()
	p.comparison()
	p.unread()
	p.score()
	return a.print(p.String())
}

// auditPage is an audit on a terminal.
type auditPage struct {
	*page
	report posture.Report
	all    bool
}

func (p auditPage) accounts() {
	for _, s := range p.report.Accounts {
		text := fmt.Sprintf("%s, %s", plural(len(s.Regions), "region"), plural(len(s.Trails), "trail"))
		if s.Failure != "" {
			text = "could not be read: " + plain.Text(s.Failure, maxValue)
		}
		p.wrap("account    ", s.ID+", "+text)
		if s.Caller != "" {
			p.wrap("read as    ", plain.Text(s.Caller, maxValue))
		}
	}
}

// group shows the checks of a family: first what fails or is unknown, then the rest by name.
func (p auditPage) group(g posture.Group) {
	var lines []func()
	rest := map[posture.Status][]string{}
	for _, c := range p.report.Checks {
		if c.Group != g {
			continue
		}
		shown := p.findings(c.ID)
		if worst := worstOf(shown); worst == posture.Fail || worst == posture.Unknown {
			lines = append(lines, func() { p.check(c, shown, worst) })
		} else {
			rest[worst] = append(rest[worst], c.ID)
		}
	}
	if len(lines) == 0 && len(rest) == 0 {
		return
	}
	p.linef("\n%s", p.paint(bold, g.Title()))
	for _, line := range lines {
		line()
	}
	for _, s := range []posture.Status{posture.Muted, posture.Pass, posture.NotApplicable} {
		if len(rest[s]) > 0 {
			p.wrap(fmt.Sprintf("  %-8s", statusWords[s]), strings.Join(rest[s], ", "))
		}
	}
}

// statusWords are the statuses in few letters.
var statusWords = map[posture.Status]string{
	posture.Pass: "pass", posture.Fail: "FAIL", posture.Unknown: "unknown", posture.NotApplicable: "n/a", posture.Muted: "muted",
}

func (p auditPage) findings(check string) []posture.Finding {
	var list []posture.Finding
	for _, f := range p.report.Findings {
		if f.Check == check {
			list = append(list, f)
		}
	}
	return list
}

// worstOf is the status that decides about a check.
func worstOf(findings []posture.Finding) posture.Status {
	for _, s := range posture.Statuses() {
		if slices.ContainsFunc(findings, func(f posture.Finding) bool { return f.Status == s }) {
			return s
		}
	}
	return posture.NotApplicable
}

// gravest is the severity of the worst finding of a status: one of several may be less grave than what its check asks for.
func gravest(findings []posture.Finding, status posture.Status) (worst severity.Severity) {
	for _, f := range findings {
		if f.Status == status {
			worst = max(worst, f.Severity)
		}
	}
	return worst
}

// check shows one check and those of its findings that ask for something.
func (p auditPage) check(c posture.Check, findings []posture.Finding, worst posture.Status) {
	label, level := fmt.Sprintf("  %-8s", statusWords[worst]), gravest(findings, worst)
	colour := yellow
	if worst == posture.Fail {
		colour = severityColour(level)
	}
	p.linef("%s%-9s%s", p.paint(colour, label), level, c.ID)
	p.wrap("          ", c.Title)
	findings = slices.DeleteFunc(findings, func(f posture.Finding) bool { return f.Status != posture.Fail && f.Status != posture.Unknown })
	slices.SortStableFunc(findings, func(a, b posture.Finding) int {
		return slices.Index(posture.Statuses(), a.Status) - slices.Index(posture.Statuses(), b.Status)
	})
	told := map[string]bool{}
	listed := findings
	if !p.all {
		listed = findings[:min(len(findings), fewFindings)]
	}
	for _, f := range listed {
		p.finding(f, told)
		if !p.all { // of commands that differ in names only, one is enough
			for _, other := range listed {
				told[other.Remedy] = told[other.Remedy] || sameCommand(f.Remedy, other.Remedy)
			}
		}
	}
	if more := len(findings) - len(listed); more > 0 {
		p.linef("          - and %d more: see --verbose or --output json", more)
	}
}

// finding shows one finding. A command that was shown already is not repeated.
func (p auditPage) finding(f posture.Finding, told map[string]bool) {
	text := plain.Text(f.Detail, maxValue)
	if place := placeOf(f, len(p.report.Accounts) > 1); place != "" {
		text = place + ": " + text
	}
	p.wrap("          - ", text)
	if p.all {
		for _, e := range f.Evidence {
			p.wrap("              ", plain.Text(e.Name, maxValue)+" = "+plain.Text(airy.Replace(e.Value), maxValue))
		}
	}
	if f.Remedy != "" && !told[f.Remedy] {
		told[f.Remedy] = true
		p.command("            $ ", f.Remedy)
	}
}

// sameCommand says whether two commands are of the same operations.
func sameCommand(a, b string) bool {
	operations := func(text string) (names []string) {
		for _, part := range strings.Split(text, " && ") {
			if words := strings.Fields(part); len(words) > 2 {
				names = append(names, words[1]+" "+words[2])
			}
		}
		return names
	}
	return slices.Equal(operations(a), operations(b))
}

// placeOf says what a finding is about.
func placeOf(f posture.Finding, accounts bool) string {
	var parts []string
	if accounts {
		parts = append(parts, f.Account)
	}
	if f.Resource != "" {
		parts = append(parts, plain.Text(unitName(f.Resource), maxValue))
	} else if f.Region != "" {
		parts = append(parts, f.Region)
	}
	return strings.Join(parts, " ")
}

// listChecks lists the checks that would be put.
func (a *app) listChecks(o posture.Options) error {
	list := slices.DeleteFunc(posture.Checks(), func(c posture.Check) bool { return !o.Wants(c) })
	if a.json() {
		return a.printJSON(present(list))
	}
	p := a.page()
	for _, c := range list {
		p.linef("%s  %s", p.paint(severityColour(c.Severity), fmt.Sprintf("%-8s", c.Severity)), p.paint(bold, c.ID))
		p.wrap("          ", c.Title)
		if ids := referencesText(c); ids != "" && a.flags.verbose {
			p.wrap("          ", ids)
		}
	}
	return a.print(p.String())
}

// referencesText is what frameworks call a check, framework by framework.
func referencesText(c posture.Check) string {
	var parts []string
	for _, f := range posture.Frameworks() {
		var ids []string
		for _, r := range c.References {
			if r.Framework == f.Framework {
				ids = append(ids, r.ID)
			}
		}
		if len(ids) > 0 {
			parts = append(parts, string(f.Framework)+" "+strings.Join(ids, ", "))
		}
	}
	return strings.Join(parts, "; ")
}
