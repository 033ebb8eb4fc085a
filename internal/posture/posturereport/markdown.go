package posturereport

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/report"
)

// The most that Markdown lists: a comment on GitHub has 65,536 characters at most.
const (
	mostMarkdown = 10     // findings of a check, and accounts
	mostCommands = 3      // of a change
	mostListed   = 15     // lines of other kinds
	mostDetails  = 32_000 // bytes of all checks together
)

// writeMarkdown writes what people should do, for a comment or a job's summary.
func writeMarkdown(w io.Writer, r posture.Report, s Subject) error {
	m := &markdown{}
	m.linef("# CloudTrail audit\n\n**%s**\n", verdict(r).Text)
	m.linef("%s\n", accountsText(r))
	m.linef("%s\n", prose(arithmetic(r.Score)))
	m.changes(r.Score.Changes)
	m.findings(byCheck(r))
	m.coverage(r.Coverage)
	m.list("What could not be read", r.Unread)
	m.linef("---\n\n%s %s, %s UTC", prose(s.Tool.Name), prose(s.Tool.Version), stamp(r.At))
	_, err := io.WriteString(w, m.String())
	return err
}

type markdown struct{ strings.Builder }

func (m *markdown) linef(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

func accountsText(r posture.Report) string {
	var names []string
	for _, a := range r.Accounts[:min(len(r.Accounts), mostMarkdown)] {
		names = append(names, code(a.ID))
	}
	text := report.Count(len(r.Accounts), "account") + ": " + strings.Join(names, ", ")
	if more := len(r.Accounts) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func (m *markdown) changes(list []posture.Change) {
	if len(list) == 0 {
		return
	}
	m.linef("## What to change first\n")
	for n, c := range list {
		m.linef("%d. **%s** (%s): score %s", n+1, prose(c.Title), code(c.Check), score(c.Score))
		for _, remedy := range c.Remedies[:min(len(c.Remedies), mostCommands)] {
			m.block("   ", remedy)
		}
	}
	m.linef("")
}

// findings shows the checks that fail or are unknown: the worst in full, as far as there is room, and the others by name.
func (m *markdown) findings(all []asked) {
	all = slices.DeleteFunc(slices.Clone(all), func(a asked) bool { return len(a.Bad()) == 0 })
	if len(all) == 0 {
		return
	}
	m.linef("## Findings\n")
	full := inFull(all)
	title := ""
	for _, a := range all {
		if t := a.Group.Title(); t != title {
			title = t
			m.linef("### %s\n", prose(t))
		}
		if text, ok := full[a.ID]; ok {
			m.WriteString(text)
			continue
		}
		m.linef("- %s (%s, %s): %s, which the JSON output lists\n", prose(a.Title), code(a.ID), a.Worst(), report.Count(len(a.Bad()), "finding"))
	}
}

// inFull renders as many checks as there is room for, the worst first, by their IDs.
func inFull(all []asked) map[string]string {
	worst := slices.Clone(all)
	slices.SortStableFunc(worst, func(a, b asked) int { return cmp.Compare(b.weight(), a.weight()) })
	full, size := map[string]string{}, 0
	for _, a := range worst {
		m := &markdown{}
		m.check(a)
		if size+m.Len() <= mostDetails {
			full[a.ID] = m.String()
			size += m.Len()
		}
	}
	return full
}

func (m *markdown) check(a asked) {
	bad := a.Bad()
	m.linef("#### %s\n\n%s, %s. %s\n", prose(a.Title), code(a.ID), a.Worst(), prose(a.Rationale))
	for _, f := range bad[:min(len(bad), mostMarkdown)] {
		m.finding(f)
	}
	if more := len(bad) - mostMarkdown; more > 0 {
		m.linef("- and %d more, which the JSON output lists", more)
	}
	m.linef("")
}

// signs tell the statuses apart where there is no colour.
var signs = map[posture.Status]string{posture.Pass: "✓", posture.Fail: "✗", posture.Unknown: "?", posture.Muted: "○", posture.NotApplicable: "–"}

func (m *markdown) finding(f posture.Finding) {
	m.linef("- %s **%s** %s: %s", signs[f.Status], f.Status, code(place(f)), prose(f.Detail))
	for _, e := range f.Evidence {
		m.linef("  - %s: %s", prose(e.Name), code(e.Value))
	}
	if f.Remedy != "" {
		m.block("  ", f.Remedy)
	}
}

func (m *markdown) coverage(c posture.Coverage) {
	if len(c.Cells) == 0 {
		return
	}
	m.linef("## Coverage\n\n| Events | regions recorded | in part | not recorded | not known |\n|---|--:|--:|--:|--:|")
	for _, category := range c.Categories {
		n := map[posture.Recorded]int{}
		for _, cell := range c.Cells {
			if cell.Category == category.Name {
				n[cell.State]++
			}
		}
		m.linef("| %s | %d | %d | %d | %d |", prose(category.Name), n[posture.Whole], n[posture.Partly], n[posture.None], n[posture.Uncertain])
	}
	var blind []string
	for _, b := range c.Blind {
		blind = append(blind, fmt.Sprintf("account %s, %s: %s", b.Account, regionsText(b.Regions), b.Text))
	}
	m.linef("")
	m.list("Blind spots", blind)
}

// regionsText names regions, and counts them where they are many.
func regionsText(regions []string) string {
	const most = 4
	if len(regions) <= most {
		return strings.Join(regions, ", ")
	}
	return fmt.Sprintf("%s and %d more regions", strings.Join(regions[:most], ", "), len(regions)-most)
}

func (m *markdown) list(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	m.linef("## %s\n", title)
	for _, line := range lines[:min(len(lines), mostListed)] {
		m.linef("- %s", prose(line))
	}
	if more := len(lines) - mostListed; more > 0 {
		m.linef("- and %d more, which the JSON output lists", more)
	}
	m.linef("")
}

// block is a command in a fence that nothing within it can end.
func (m *markdown) block(indent, text string) {
	lines := strings.Split(command(text), "\n")
	fence := strings.Repeat("`", max(3, longest(text)+1))
	m.linef("\n%s%ssh", indent, fence)
	for _, line := range lines {
		m.linef("%s%s", indent, line)
	}
	m.linef("%s%s\n", indent, fence)
}

// code is text as it is, in a span that nothing within it can end. Nobody is mentioned there, and nothing linked.
func code(text string) string {
	text = literal(text, maxShown)
	if strings.TrimSpace(text) == "" {
		return "–"
	}
	fence := strings.Repeat("`", longest(text)+1)
	if len(fence) == 1 {
		return fence + text + fence
	}
	return fence + " " + text + " " + fence // blanks, so that a backtick at its ends is not one of the fence
}

// longest is the length of the longest run of backticks.
func longest(text string) (most int) {
	run := 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		most = max(most, run)
	}
	return most
}

// prose makes text harmless for readers of Markdown: it formats nothing, is no HTML, ends no cell of a table, and mentions
// nobody. An empty comment behind @ and # is what keeps GitHub from sending messages and making links, since it looks for
// them after escapes have been taken away.
func prose(text string) string {
	var out strings.Builder
	for _, r := range show(text) {
		switch {
		case r == '<':
			out.WriteString("&lt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == '&':
			out.WriteString("&amp;")
		case r == '@' || r == '#':
			out.WriteRune(r)
			out.WriteString("<!-- -->")
		case strings.ContainsRune("\\`*_[]|~$!", r):
			out.WriteRune('\\')
			out.WriteRune(r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
