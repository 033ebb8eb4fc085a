package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
)

// maxRegions is how many regions are named in a text; of the others, the number is told.
const maxRegions = 4

// blind tells which events were not recorded as they should be: one entry for each time and place, whatever the number
// of regions, and in it one line for each thing that became of events.
func (a account) blind(p *page) {
	if len(a.Blind) == 0 {
		return
	}
	p.heading("BLIND WINDOW (UTC)")
	for _, group := range head(p, groupWindows(a.Blind)) {
		w := group[0]
		from, to := "unknown", "now (still open)"
		if !w.From.IsZero() {
			from = stamp(w.From)
		}
		if !w.To.IsZero() {
			to = stamp(w.To)
		}
		p.bullet("*", fmt.Sprintf("%s to %s%s, in %s", from, to, prefixed(", ", coarse(w.From, w.To)), someOf(w.Regions)))
		for _, line := range foldCategories(group) {
			p.value("  "+plain.Text(string(line.fate), labelWidth), line.text)
		}
	}
}

// groupWindows puts together what differs neither in time nor in place, in the order of the first.
func groupWindows(windows []incident.BlindWindow) [][]incident.BlindWindow {
	var groups [][]incident.BlindWindow
	for _, w := range windows {
		n := slices.IndexFunc(groups, func(g []incident.BlindWindow) bool {
			return g[0].From.Equal(w.From) && g[0].To.Equal(w.To) && slices.Equal(g[0].Regions, w.Regions)
		})
		if n < 0 {
			groups = append(groups, []incident.BlindWindow{w})
		} else {
			groups[n] = append(groups[n], w)
		}
	}
	return groups
}

// blindLine is what became of the events of some categories.
type blindLine struct {
	fate incident.Fate
	text string
}

// foldCategories makes one line of windows that differ in nothing but the category.
func foldCategories(group []incident.BlindWindow) (lines []blindLine) {
	type kind struct {
		fate     incident.Fate
		copy     incident.Copy
		why      string
		recovery incident.Recovery
		until    time.Time
	}
	var kinds []kind
	names := map[kind][]string{}
	for _, w := range group {
		why, plainly := strings.CutPrefix(w.Affected, string(w.Category)+" events: ")
		k := kind{w.Fate, w.Copy, why, w.Recovery, w.Until}
		if names[k] == nil {
			kinds = append(kinds, k)
		}
		if names[k] = append(names[k], string(w.Category)); !plainly {
			names[k] = []string{""}
		}
	}
	for _, k := range kinds {
		text := k.why
		if names[k][0] != "" {
			text = strings.Join(names[k], ", ") + " events: " + k.why
		}
		if k.copy == incident.CopyLogGroup {
			text = "in CloudWatch Logs, " + text
		}
		text += ". " + upperFirst(k.recovery.Words())
		if !k.until.IsZero() {
			text += ", until " + k.until.UTC().Format(time.DateOnly)
		}
		lines = append(lines, blindLine{k.fate, plain.Text(text+".", maxEntry)})
	}
	return lines
}

// someOf names the first of many regions.
func someOf(regions []string) string {
	if len(regions) == 0 {
		return "no region"
	}
	text := plain.Text(strings.Join(regions[:min(len(regions), maxRegions)], ", "), maxValue)
	if more := len(regions) - maxRegions; more > 0 {
		text += fmt.Sprintf(" and %d more regions", more)
	}
	return text
}
