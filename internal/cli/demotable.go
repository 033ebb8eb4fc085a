package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/plain"
)

// demoColumns are the table's columns: technique, seen, restored, proved, alerts, time, lost.
const demoColumns = "%-33s%-5s%-9s%-7s%-7s%-8s%s"

// demoTable writes one line for each attack, and what the letters in its last column mean.
func (p *page) demoTable(report drill.Report) {
	var losses []string
	p.linef("")
	p.linef("%s", p.paint(bold, fmt.Sprintf(demoColumns, "TECHNIQUE", "SEEN", "RESTORED", "PROVED", "ALERTS", "TIME", "LOST")))
	for _, r := range report.Incidents {
		restored, proved, at := "-", "-", r.Seconds.Seen
		if r.Expected == drill.Restored {
			restored, proved, at = yesOrNo(r.Restored), yesOrNo(r.Proved), max(r.Seconds.Restored, r.Seconds.Proved)
		}
		line := fmt.Sprintf(demoColumns, demoName(r), yesOrNo(r.Seen), restored, proved, fmt.Sprint(r.Alerts), brief(at), letters(&losses, r.Lost))
		if !r.OK {
			line = p.paint(red, line)
		}
		p.linef("%s", strings.TrimRight(line, " "))
	}
	if len(losses) > 0 {
		p.linef("")
		p.linef("%s", p.paint(bold, "LOST, which nobody can bring back"))
	}
	for n, loss := range losses {
		p.wrap("  "+letter(n)+"  ", plain.Text(loss, maxValue))
	}
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
	noticed, harmful, undone, received := 0, 0, 0, 0
	for _, r := range report.Incidents {
		received += r.Alerts + r.FollowUps
		if r.Seen {
			noticed++
		}
		if r.Expected == drill.Restored {
			harmful++
		}
		if r.Restored && r.Proved {
			undone++
		}
	}
	text := fmt.Sprintf("%d of %d attacks were noticed, and %d of the %d that changed the trail undone and proved, in %.1f s; %s received.",
		noticed, len(report.Incidents), undone, harmful, took.Seconds(), plural(received, "e-mail"))
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
