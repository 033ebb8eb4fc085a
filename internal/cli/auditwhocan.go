package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/posture"
)

// What is listed of those who can turn a trail off, unless all is wanted.
const (
	fewTechniques = 6 // of an account
	fewPrincipals = 3 // for a technique
)

// whoCan shows who can turn the trails off, account by account: the techniques as they stand in the table, the worst among the first.
func (p auditPage) whoCan() {
	all := p.report.WhoCan
	if len(all)+len(p.report.NotEvaluated) == 0 {
		return
	}
	p.linef("\n%s", p.paint(bold, "Who can turn it off"))
	accounts := 0
	for len(all) > 0 {
		account := all[0].Account
		n := slices.IndexFunc(all, func(w posture.WhoCan) bool { return w.Account != account })
		if n < 0 {
			n = len(all)
		}
		if accounts++; p.all || accounts <= fewFindings {
			p.techniques(account, all[:n])
		}
		all = all[n:]
	}
	if more := accounts - fewFindings; more > 0 && !p.all {
		p.linef("  - and %s: see --verbose or --output json", plural(more, "more account"))
	}
	p.notEvaluated()
}

// techniques shows those of one account that somebody can perform.
func (p auditPage) techniques(account string, list []posture.WhoCan) {
	if len(p.report.Accounts) > 1 {
		p.linef("  account %s", account)
	}
	list = slices.DeleteFunc(slices.Clone(list), func(w posture.WhoCan) bool { return len(w.Grants) == 0 })
	if len(list) == 0 {
		p.linef("  nobody, as far as it was read")
	}
	listed := list
	if !p.all {
		listed = list[:min(len(list), fewTechniques)]
	}
	for _, w := range listed {
		label := fmt.Sprintf("  %-20s", w.Technique)
		sure, perhaps := []posture.Grant{}, []posture.Grant{}
		for _, g := range w.Grants {
			if g.Maybe == "" {
				sure = append(sure, g)
			} else {
				perhaps = append(perhaps, g)
			}
		}
		for _, text := range []string{abilities("can", account, sure), abilities("perhaps can", account, perhaps), deniedText(w.Denied)} {
			if text != "" {
				p.wrap(label+" ", text)
				label = strings.Repeat(" ", len(label))
			}
		}
	}
	if more := len(list) - len(listed); more > 0 {
		p.linef("  - and %s: run trailhold who-can for all", plural(more, "more technique"))
	}
}

// abilities counts those to whom an answer is given, and names the first with the statement that allows it.
func abilities(answer, account string, list []posture.Grant) string {
	if len(list) == 0 {
		return ""
	}
	var names []string
	for _, g := range list[:min(len(list), fewPrincipals)] {
		names = append(names, shortened(account, g.Principal)+grantedBy(g))
	}
	text := fmt.Sprintf("%d %s: %s", len(list), answer, strings.Join(names, "; "))
	if more := len(list) - len(names); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// deniedText names the statements that deny a technique, or a part of it.
func deniedText(statements []string) string {
	if len(statements) == 0 {
		return ""
	}
	return "denied by " + some(statements)
}

// grantedBy says by which statement; the root user needs none.
func grantedBy(g posture.Grant) string {
	if strings.HasSuffix(g.Principal, ":root") && g.Statement == "" {
		return ""
	}
	return " by " + grant(g.Policy, g.Statement)
}

// shortened is a principal without what all of its account's have in common.
func shortened(account, arn string) string {
	name := who(account, arn)
	if _, own, found := strings.Cut(name, ":iam::"+account+":"); found {
		return own
	}
	return name
}

func (p auditPage) notEvaluated() {
	if len(p.report.NotEvaluated) == 0 {
		return
	}
	p.linef("  This leaves open:")
	listed := p.report.NotEvaluated
	if !p.all {
		listed = listed[:min(len(listed), fewFindings)]
	}
	for _, line := range listed {
		p.wrap("  - ", plain.Text(line, maxValue))
	}
	if more := len(p.report.NotEvaluated) - len(listed); more > 0 {
		p.linef("  - and %d more: see --verbose or --output json", more)
	}
}
