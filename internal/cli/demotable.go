package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/tamper"
)

// demoColumns are the table's columns: technique, seen, restored, proved, alerts, time, lost.
const demoColumns = "%-34s%-6s%-9s%-7s%-7s%-8s%s"

// demoTable writes one line for each attack, those of a tier together, and what the words and letters in it mean.
func (p *page) demoTable(report drill.Report) {
	var losses []string
	p.linef("")
	for _, tier := range tiersOf(report) {
		p.linef("%s", p.paint(bold, fmt.Sprintf(demoColumns, strings.ToUpper(tierTitle(tier)), "SEEN", "RESTORED", "PROVED", "ALERTS", "TIME", "LOST")))
		for _, r := range report.Incidents {
			if r.Tier == tier {
				p.demoLine(r, &losses)
			}
		}
		p.linef("")
	}
	if slices.ContainsFunc(report.Incidents, func(r drill.Result) bool { return r.Swept || r.Expected == drill.Alerted }) {
		p.wrap("", `Where it says "sweep", no event told of the attack: a sweep found it. Where it says "people", the guard cannot put it back, and told them that they must.`)
		p.linef("")
	}
	if len(losses) > 0 {
		p.linef("%s", p.paint(bold, "LOST, which nobody can bring back"))
	}
	for n, loss := range losses {
		p.wrap("  "+letter(n)+"  ", plain.Text(loss, maxValue))
	}
}

// demoLine writes one attack's line.
func (p *page) demoLine(r drill.Result, losses *[]string) {
	seen, restored, proved, at := yesOrNo(r.Seen), "-", "-", r.Seconds.Seen
	switch r.Expected {
	case drill.Restored:
		restored, proved, at = yesOrNo(r.Restored), yesOrNo(r.Proved), max(r.Seconds.Restored, r.Seconds.Proved)
	case drill.Alerted:
		restored = "people"
	}
	if r.Seen && r.Swept {
		seen = "sweep"
	}
	line := fmt.Sprintf(demoColumns, demoName(r), seen, restored, proved, fmt.Sprint(r.Alerts), brief(at), letters(losses, r.Lost))
	if !r.OK {
		line = p.paint(red, line)
	}
	p.linef("%s", strings.TrimRight(line, " "))
}

// tiersOf lists the tiers of a drill's attacks, in their order.
func tiersOf(report drill.Report) []string {
	var tiers []string
	for _, r := range report.Incidents {
		if !slices.Contains(tiers, r.Tier) {
			tiers = append(tiers, r.Tier)
		}
	}
	slices.SortStableFunc(tiers, func(a, b string) int { return cmp.Compare(tierRank(a), tierRank(b)) })
	return tiers
}

func tierRank(tier string) int {
	return slices.IndexFunc(demoTiers, func(t demoTier) bool { return string(t.is) == tier })
}

// demoTier is how the demo calls a tier.
type demoTier struct {
	is    tamper.Tier
	title string
}

var demoTiers = []demoTier{
	{tamper.TierTrail, "the trail"},
	{tamper.TierDependency, "what it rests on"},
	{tamper.TierGuard, "the guard"},
	{tamper.TierOrganization, "the organization"},
	{tamper.TierLake, "CloudTrail Lake"},
}

func tierTitle(tier string) string {
	if n := tierRank(tier); n >= 0 {
		return demoTiers[n].title
	}
	return "attack"
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "NO"
}

// letters names what is lost by letters, adding to the list what is not in it yet. Only the sentence that says what
// kind of loss it is counts; the incident has the particulars.
func letters(losses *[]string, lost []string) string {
	var named []string
	for _, text := range lost {
		kind, _, _ := strings.Cut(text, ": ")
		kind, _, _ = strings.Cut(kind, ". ")
		kind = strings.TrimSuffix(kind, ".")
		n := slices.Index(*losses, kind)
		if n < 0 {
			n = len(*losses)
			*losses = append(*losses, kind)
		}
		named = append(named, letter(n))
	}
	if len(named) == 0 {
		return "-"
	}
	slices.Sort(named)
	return strings.Join(slices.Compact(named), "")
}

// letter is a small letter, then a capital; there are not more kinds of loss.
func letter(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return alphabet[n%len(alphabet) : n%len(alphabet)+1]
}

// demoSummary says in the last lines what happened and what to try next.
func (p *page) demoSummary(report drill.Report, err error, took time.Duration) {
	p.linef("")
	for _, tier := range tiersOf(report) {
		p.wrap("  ", tierTitle(tier)+": "+demoCount(report, func(r drill.Result) bool { return r.Tier == tier })+".")
	}
	received := 0
	for _, r := range report.Incidents {
		received += r.Alerts + r.FollowUps
	}
	text := fmt.Sprintf("%s, in %.1f s; %s received.", demoCount(report, func(drill.Result) bool { return true }), took.Seconds(), plural(received, "e-mail"))
	p.linef("")
	switch {
	case err != nil:
		p.wrap("", "It ended early. "+text)
	case !report.OK:
		p.wrap("", "NOT ALL IS WELL. "+text)
	default:
		p.wrap("", text+` Next: attack it yourself with "trailhold lab" and the aws command, or write down your own account's trails with "trailhold baseline capture".`)
	}
}

// demoCount says what became of some of the attacks.
func demoCount(report drill.Report, counts func(drill.Result) bool) string {
	all, noticed, harmful, undone, beyond := 0, 0, 0, 0, 0
	for _, r := range report.Incidents {
		if !counts(r) {
			continue
		}
		all++
		if r.Seen {
			noticed++
		}
		if r.Expected == drill.Restored {
			harmful++
		}
		if r.Restored && r.Proved {
			undone++
		}
		if r.Expected == drill.Alerted && r.Seen {
			beyond++
		}
	}
	text := fmt.Sprintf("%d of %d attacks were noticed, and %d of the %d that can be undone were undone and proved", noticed, all, undone, harmful)
	if beyond > 0 {
		text += fmt.Sprintf("; of %d that only people can undo, they were told", beyond)
	}
	return text
}
