package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/posture"
)

// coverage shows the map: for each category in how many regions it is recorded, and what is not.
func (p auditPage) coverage() {
	if len(p.report.Coverage.Cells) == 0 {
		return
	}
	p.linef("\n%s", p.paint(bold, "What is recorded"))
	for _, c := range p.report.Coverage.Categories {
		counts, total := map[posture.Recorded]int{}, 0
		for _, cell := range p.report.Coverage.Cells {
			if cell.Category == c.Name {
				counts[cell.State]++
				total++
			}
		}
		if total > 0 {
			p.wrap(fmt.Sprintf("  %-20s", c.Name), p.recorded(counts, total))
		}
	}
	p.blind()
	if p.all {
		p.linef("\n%s", p.paint(bold, "What CloudTrail never records"))
		for _, n := range p.report.Coverage.Never {
			p.wrap("  - ", n)
		}
	}
}

func (p auditPage) recorded(counts map[posture.Recorded]int, total int) string {
	var parts []string
	for _, s := range []struct {
		state posture.Recorded
		words string
	}{{posture.Whole, "in"}, {posture.Partly, "in part in"}, {posture.None, "not in"}, {posture.Uncertain, "unknown in"}} {
		n := counts[s.state]
		switch {
		case n == total && total > 1:
			parts = append(parts, fmt.Sprintf("%s all %s", s.words, plural(total, "region")))
		case n > 0:
			parts = append(parts, fmt.Sprintf("%s %s", s.words, plural(n, "region")))
		}
	}
	return strings.Join(parts, ", ")
}

// blind names the regions of what is recorded in some regions and not in others, and says of what is recorded in part what is
// not: the table above does not tell that.
func (p auditPage) blind() {
	total := 0
	for _, s := range p.report.Accounts {
		total = max(total, len(s.Regions))
	}
	for _, b := range p.report.Coverage.Blind {
		if len(b.Regions) < total || b.State == posture.Partly || p.all {
			text := plain.Text(b.Text, maxValue)
			if len(b.Regions) < total || p.all {
				text += ": " + plain.Text(strings.Join(b.Regions, ", "), maxValue)
			}
			if len(p.report.Accounts) > 1 {
				text = b.Account + " " + text
			}
			p.wrap("  - ", text)
		}
	}
}

func (p auditPage) comparison() {
	c := p.report.Comparison
	if c == nil {
		return
	}
	p.linef("\n%s", p.paint(bold, "Since "+c.With.UTC().Format("2006-01-02 15:04")))
	p.linef("  %s, %s, %s; the score was %.1f", plural(len(c.New), "new finding"), plural(len(c.Fixed), "fixed finding"), plural(len(c.Unchanged), "unchanged finding"), c.Before)
	for _, f := range p.report.Findings {
		if slices.Contains(c.New, f.ID) {
			p.wrap("  new     ", strings.TrimSpace(f.Check+" "+placeOf(f, true))+": "+plain.Text(f.Detail, maxValue))
		}
	}
	for _, f := range c.Fixed {
		p.wrap("  fixed   ", plain.Text(strings.TrimSpace(f.Check+" "+placeOf(f, true))+": "+f.Detail, maxValue))
	}
}

func (p auditPage) unread() {
	if len(p.report.Unread) == 0 {
		return
	}
	p.linef("\n%s", p.paint(bold, "What could not be read"))
	listed := p.report.Unread
	if !p.all {
		listed = listed[:min(len(listed), 2*fewFindings)]
	}
	for _, line := range listed {
		p.wrap("  - ", plain.Text(line, maxValue))
	}
	if more := len(p.report.Unread) - len(listed); more > 0 {
		p.linef("  - and %d more: see --verbose or --output json", more)
	}
}

// score shows the number with its arithmetic, and what to do first.
func (p auditPage) score() {
	s := p.report.Score
	counts := map[posture.Status]int{}
	for _, f := range p.report.Findings {
		counts[f.Status]++
	}
	p.linef("\n%s", p.paint(bold, fmt.Sprintf("Score %.1f of 10", s.Value)))
	sum := fmt.Sprintf("%s points of %s that could be had, by severity: 10 for a critical check, 5 high, 2 medium, 1 low.", points(s.Earned), points(s.Possible))
	if s.CapBy != "" {
		sum += fmt.Sprintf(" While %s fails, it is %.1f at most.", s.CapBy, s.Cap)
	}
	p.wrap("  ", sum)
	if p.all {
		for _, part := range s.Parts {
			p.linef("  %5s of %2.0f  %s: %d pass, %d fail, %d unknown", points(part.Earned), part.Weight, part.Check, part.Passed, part.Failed, part.Unknown)
		}
	}
	for n, c := range s.Changes {
		p.wrap(fmt.Sprintf("  %d. ", n+1), fmt.Sprintf("%s (%s): then %.1f", c.Title, c.Check, c.Score))
		for _, command := range c.Remedies[:min(len(c.Remedies), 1)] {
			p.command("     $ ", command)
		}
	}
	p.linef("\n%s: %d fail, %d unknown, %d muted, %d pass", plural(len(p.report.Findings)-counts[posture.NotApplicable], "finding"),
		counts[posture.Fail], counts[posture.Unknown], counts[posture.Muted], counts[posture.Pass])
}

func points(n float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0") }
