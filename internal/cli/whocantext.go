package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/whocan"
)

// maxListed is how many of many names a line lists.
const maxListed = 6

// power is what one principal can do by one statement.
type power struct {
	granted
	doubt      string // of several reasons the first
	techniques []string
}

// granted is what makes a power one.
type granted struct {
	principal, policy, statement string
	answer                       whocan.Answer
}

// powers gathers a report by principal and statement: who can do the most comes first.
func powers(r whocan.Report) []*power {
	var all []*power
	place := map[granted]*power{}
	for _, t := range r.Techniques {
		for _, one := range t.Who {
			key := granted{one.Principal, one.Policy, one.Statement, one.Answer}
			p := place[key]
			if p == nil {
				p = &power{granted: key, doubt: one.Doubt}
				place[key] = p
				all = append(all, p)
			}
			p.techniques = append(p.techniques, t.ID)
		}
	}
	slices.SortStableFunc(all, func(x, y *power) int {
		return cmp.Or(len(y.techniques)-len(x.techniques), strings.Compare(x.principal, y.principal))
	})
	return all
}

func writeWhoCan(p *page, r whocan.Report) {
	all := powers(r)
	p.linef("account %s: %s", r.Account, plural(r.Principals, "principal"))
	for _, part := range []struct {
		title  string
		answer whocan.Answer
	}{{"Who can", whocan.Yes}, {"Who perhaps can", whocan.Maybe}} {
		of := slices.DeleteFunc(slices.Clone(all), func(one *power) bool { return one.answer != part.answer })
		if len(of) == 0 {
			continue
		}
		p.heading(part.title)
		for _, one := range of {
			writePower(p, r.Account, one)
		}
	}
	writeBroad(p, r.Broad)
	writeSteps(p, r.Account, r.OneStep)
	writeDenied(p, r.Techniques)
	writeLimits(p, r.Limits)
}

func (p *page) heading(text string) { p.linef("\n%s", p.paint(bold, text)) }

func writePower(p *page, account string, one *power) {
	p.wrap("  ", who(account, one.principal))
	p.wrap("    can  ", fmt.Sprintf("%s: %s", plural(len(one.techniques), "technique"), some(one.techniques)))
	p.wrap("    by   ", grant(one.policy, one.statement))
	if one.doubt != "" {
		p.wrap("    if   ", plain.Text(one.doubt, maxValue))
	}
}

// who is a principal in words that people know. The ARN of another account's root stands for all of that account.
func who(account, arn string) string {
	id, root := strings.CutSuffix(arn, ":root")
	id = plain.Text(id[strings.LastIndexByte(id, ':')+1:], maxValue)
	switch {
	case arn == "*":
		return "everybody"
	case root && id == account:
		return "the root user"
	case root:
		return "account " + id
	}
	return plain.Text(arn, maxValue)
}

func grant(policy, statement string) string {
	text := cmp.Or(plain.Text(policy, maxValue), "what could not be read")
	if statement != "" {
		text += ", statement " + plain.Text(statement, maxValue)
	}
	return text
}

// some lists the first of many names.
func some(names []string) string {
	shown := slices.Clone(names[:min(len(names), maxListed)])
	for i, name := range shown {
		shown[i] = plain.Text(name, maxValue)
	}
	text := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func writeBroad(p *page, grants []whocan.Grant) {
	if len(grants) == 0 {
		return
	}
	p.heading("Grants that are too broad")
	for _, g := range grants {
		p.wrap("  ", fmt.Sprintf("%s allows %s", grant(g.Policy, g.Statement), plain.Text(g.Allows, maxValue)))
		p.wrap("    to   ", some(g.Principals))
	}
}

func writeSteps(p *page, account string, steps []whocan.Step) {
	if len(steps) == 0 {
		return
	}
	p.heading("One step away")
	for _, s := range steps {
		p.wrap("  ", who(account, s.Principal))
		how := s.Action + " on " + plain.Text(s.On, maxValue)
		if s.On == s.Principal {
			how = s.Action + " on itself"
		}
		if s.More > 0 {
			how += fmt.Sprintf(" and %d more", s.More)
		}
		if s.Answer == whocan.Maybe {
			how = "perhaps " + how
		}
		p.wrap("    can  ", how)
		p.wrap("    by   ", grant(s.Policy, s.Statement))
		if s.Doubt != "" {
			p.wrap("    if   ", plain.Text(s.Doubt, maxValue))
		}
	}
}

// writeDenied says what the organization's policies deny, each with the techniques that it denies.
func writeDenied(p *page, techniques []whocan.Technique) {
	p.heading("What the organization's policies deny")
	denied := map[string][]string{}
	var lines []string
	for _, t := range techniques {
		for _, s := range t.Shields {
			line := shieldText(s)
			if denied[line] == nil {
				lines = append(lines, line)
			}
			denied[line] = append(denied[line], t.ID)
		}
	}
	if len(lines) == 0 {
		p.linef("  nothing of this, as far as they were read")
	}
	for _, line := range lines {
		p.wrap("  ", line)
		p.wrap("    denies  ", some(denied[line]))
	}
}

func shieldText(s whocan.Shield) string {
	text := s.Kind + " " + grant(s.Policy, s.Statement)
	if len(s.Except) > 0 {
		text += ", except to " + some(s.Except)
	}
	if s.Doubt != "" {
		text += " (perhaps: " + plain.Text(s.Doubt, maxValue) + ")"
	}
	return text
}

func writeLimits(p *page, limits []string) {
	p.heading("Not looked at")
	for _, limit := range limits {
		p.wrap("  - ", plain.Text(limit, maxErrorLine))
	}
}

// writeTechnique shows all of one technique.
func writeTechnique(p *page, r whocan.Report) {
	t := r.Techniques[0]
	p.linef("%s: %s (severity %s)", t.ID, t.Title, t.Severity)
	p.linef("asked about %s of account %s and %s", plural(r.Principals, "principal"), r.Account, plural(t.Targets, "target"))
	for _, one := range t.Who {
		p.linef("")
		p.wrap("  ", who(r.Account, one.Principal))
		word := map[whocan.Answer]string{whocan.Yes: "can", whocan.Maybe: "perhaps can"}[one.Answer]
		p.wrap("    "+word+"  ", one.Action+" on "+some(one.Targets))
		if len(one.Perhaps) > 0 {
			p.wrap("    perhaps on  ", some(one.Perhaps))
		}
		p.wrap("    by   ", grant(one.Policy, one.Statement))
		if one.Doubt != "" {
			p.wrap("    if   ", plain.Text(one.Doubt, maxValue))
		}
	}
	if len(t.Who) == 0 {
		p.linef("\n  nobody can")
	}
	writeDenied(p, r.Techniques)
	writeLimits(p, r.Limits)
}
