package huntreport

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
)

// How many findings of a rule are kept for a form.
const (
	mostText  = 200
	mostPage  = 300
	mostSARIF = 25_000 // of all rules: readers take no more of one run
)

// collector keeps the first findings of each rule and writes all at the end.
type collector struct {
	w       io.Writer
	subject Subject
	most    int // findings of each rule
	total   int // of all; 0: no bound of its own
	write   func(*collector, hunt.Result) error

	rules    []*collected
	byRule   map[string]*collected
	kept     int
	findings int
	times    density
}

// collected is a rule with its findings.
type collected struct {
	rule     *hunt.Rule
	key      string
	found    int
	findings []hunt.Finding // without their records
}

// Finding implements Writer.
func (c *collector) Finding(f hunt.Finding) error {
	key := cmp.Or(f.Rule.ID, f.Rule.Title)
	rule := c.byRule[key]
	if rule == nil {
		if c.byRule == nil {
			c.byRule = map[string]*collected{}
		}
		rule = &collected{rule: f.Rule, key: key}
		c.byRule[key] = rule
		c.rules = append(c.rules, rule)
	}
	c.findings++
	rule.found++
	c.times.add(f.Time(), f.Rule.Severity)
	if len(rule.findings) < c.most && (c.total == 0 || c.kept < c.total) {
		f.Record = nil
		rule.findings = append(rule.findings, f)
		c.kept++
	}
	return nil
}

// End implements Writer.
func (c *collector) End(r hunt.Result) error {
	slices.SortStableFunc(c.rules, func(a, b *collected) int {
		return cmp.Or(cmp.Compare(b.rule.Severity, a.rule.Severity), cmp.Compare(a.rule.Title, b.rule.Title))
	})
	return c.write(c, r)
}

// report puts what was found into a shape that the common writers can show. People know rules by their titles, programs
// by their ids.
func (c *collector) report(r hunt.Result, people bool) report.Report {
	s := c.subject
	out := report.Report{
		Tool: s.Tool, Title: "Hunt through CloudTrail logs", Ended: s.Ended(), Verdict: verdict(r),
		Subject: []report.Field{{Name: "hunted in", Value: strings.Join(s.Sources, ", ")}, {Name: "time", Value: span(s.From, s.To)}, {Name: "read", Value: readText(r.Stats)}},
	}
	if s.Stats {
		out.Subject = append(out.Subject, statsFields(r.Stats, s.Rules)...)
	}
	out.Lanes = lanes(r)
	for _, rule := range c.rules {
		about, id := rule.rule, rule.key
		title := about.Title
		if people {
			id, title = about.Title, "rule "+rule.key
		}
		if about.Author != "" {
			title += ", by " + about.Author
		}
		out.Rules = append(out.Rules, report.Rule{ID: id, Title: title, Help: about.Description, Severity: about.Severity, Found: rule.found})
		for _, f := range rule.findings {
			out.Findings = append(out.Findings, showable(id, f))
		}
	}
	for _, p := range r.Problems {
		out.Findings = append(out.Findings, report.Finding{
			Rule: "log-" + string(p.Kind), Severity: severity.Medium, Object: p.File, Text: p.What,
			Details: []report.Field{{Name: "at byte", Value: fmt.Sprint(p.Offset)}},
		})
	}
	if len(r.Problems) > 0 {
		out.Rules = append(out.Rules,
			report.Rule{ID: "log-damaged", Title: "A part of a file could not be read.", Severity: severity.Medium},
			report.Rule{ID: "log-unreadable", Title: "A file or folder could not be read.", Severity: severity.Medium})
	}
	out.Omitted = r.OmittedProblems
	return out
}

// showable is a finding as the common writers show it.
func showable(rule string, f hunt.Finding) report.Finding {
	if c := f.Correlation; c != nil {
		text := fmt.Sprintf("%s records from %s to %s UTC", report.Thousands(c.Total), minute(c.From), minute(c.To))
		out := report.Finding{Rule: rule, Severity: f.Rule.Severity, Text: text}
		for _, name := range sortedKeys(c.Group) {
			out.Details = append(out.Details, report.Field{Name: name, Value: c.Group[name]})
		}
		out.Details = append(out.Details, report.Field{Name: "events", Value: strings.Join(c.Events[:min(len(c.Events), 10)], " ")})
		return out
	}
	e := f.Event
	text := e.TimeText + "  " + e.Name + " by " + e.Actor.Name()
	if e.SourceIP != "" {
		text += " from " + e.SourceIP
	}
	if e.ErrorCode != "" {
		text += ": " + e.ErrorCode
	}
	return report.Finding{
		Rule: rule, Severity: f.Rule.Severity, Object: f.File, Text: text,
		Details: []report.Field{{Name: "event", Value: e.ID}, {Name: "place", Value: strings.TrimSpace(e.Account + " " + e.Region)}},
	}
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// lanes are the trails' histories, and the regions that fell silent.
func lanes(r hunt.Result) (out []report.Lane) {
	for _, t := range r.Trails {
		lane := report.Lane{Name: t.ARN, Note: report.Count(t.Total, "change") + " in these logs"}
		for _, p := range t.Logging {
			to := p.To
			if to.IsZero() {
				to = lastOf(r, p.From)
			}
			s := report.Span{From: p.From, To: to, State: stateOf(p.State), Label: p.State}
			if c := causeAt(t, p.From); c != nil {
				s.Text = c.Call // by whom, the blind window says
			}
			if s.To.After(s.From) {
				lane.Spans = append(lane.Spans, s)
			}
		}
		out = append(out, lane)
	}
	for _, w := range r.BlindWindows {
		if w.Kind != "silent" {
			continue
		}
		to := w.To
		if to.IsZero() {
			to = lastOf(r, w.From)
		}
		span := report.Span{From: w.From, To: to, State: report.Bad, Label: w.Kind, Text: "nothing came, although something did in every hour of a day"}
		name := w.Account + " " + w.Region
		if n := slices.IndexFunc(out, func(l report.Lane) bool { return l.Name == name }); n >= 0 {
			out[n].Spans = append(out[n].Spans, span)
		} else {
			out = append(out, report.Lane{Name: name, Spans: []report.Span{span}})
		}
	}
	return out
}

func causeAt(t hunt.Trail, at time.Time) *hunt.Change {
	for i := range t.Changes {
		if t.Changes[i].Time.Equal(at) && t.Changes[i].Outcome == "succeeded" {
			return &t.Changes[i]
		}
	}
	return nil
}

// lastOf is the end of the logs, for what lasts as far as they tell.
func lastOf(r hunt.Result, at time.Time) time.Time {
	end := at.Add(time.Minute)
	for _, region := range r.Regions {
		if region.To.After(end) {
			end = region.To
		}
	}
	return end
}

func stateOf(state string) report.State {
	switch state {
	case "logging":
		return report.Good
	case "narrowed":
		return report.Unknown
	}
	return report.Bad
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

func span(from, to time.Time) string {
	switch {
	case from.IsZero() && to.IsZero():
		return "all there is"
	case from.IsZero():
		return "up to " + minute(to) + " UTC"
	case to.IsZero():
		return "from " + minute(from) + " UTC on"
	}
	return minute(from) + " to " + minute(to) + " UTC"
}

func readText(s hunt.Stats) string {
	text := fmt.Sprintf("%s in %s", report.Count(int(s.Records), "record"), report.Count(int(s.Files), "file"))
	for _, part := range []struct {
		n    int64
		what string
	}{{s.Digests, "digest files"}, {s.Foreign, "foreign files"}, {s.Damaged, "damaged files"}, {s.Unreadable, "unreadable files"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %s %s", report.Thousands(int(part.n)), part.what)
		}
	}
	return text
}

func statsFields(s hunt.Stats, rules int) []report.Field {
	rate := func(n int64) int { return int(float64(n) / max(s.Seconds, 1e-3)) }
	return []report.Field{
		{Name: "rules", Value: report.Thousands(rules)},
		{Name: "content", Value: fmt.Sprintf("%s bytes, stored in %s", report.Thousands(int(s.Bytes)), report.Thousands(int(s.StoredBytes)))},
		{Name: "took", Value: fmt.Sprintf("%.1f s: %s records/s, %s MB/s", s.Seconds, report.Thousands(rate(s.Records)), report.Thousands(rate(s.Bytes)/1e6))},
		{Name: "folded", Value: report.Count(int(s.Duplicates), "duplicate record")},
		{Name: "malformed", Value: report.Thousands(int(s.Malformed))},
	}
}

// verdict puts everything into one line.
func verdict(r hunt.Result) report.Verdict {
	levels := levelText(r.Levels)
	what := fmt.Sprintf("%s (%s) and %s", report.Count(int(r.Stats.Findings), "finding"), levels, report.Count(len(r.BlindWindows), "blind window"))
	if levels == "" {
		what = "no finding, " + report.Count(len(r.BlindWindows), "blind window")
	}
	if len(r.Actors) > 0 && (r.Actors[0].Tampering > 0 || r.Levels.From(severity.Medium) > 0) {
		what += "; first look at " + r.Actors[0].Actor
	}
	switch {
	case r.Interrupted:
		return report.Verdict{State: report.Unknown, Text: "INTERRUPTED: until then " + what + "."}
	case r.Levels.From(severity.Medium) > 0 || len(r.BlindWindows) > 0:
		return report.Verdict{State: report.Bad, Text: "FOUND: " + what + "."}
	case !r.Complete():
		return report.Verdict{State: report.Unknown, Text: "INCOMPLETE: " + what + "; not everything could be read."}
	case r.Nothing():
		return report.Verdict{State: report.Unknown, Text: "NOTHING READ: what was given holds no CloudTrail record that was asked for."}
	}
	return report.Verdict{State: report.Good, Text: "CLEAN: " + what + "."}
}

func levelText(l hunt.Levels) string {
	var parts []string
	for _, part := range []struct {
		n    int64
		word string
	}{{l.Critical, "critical"}, {l.High, "high"}, {l.Medium, "medium"}, {l.Low, "low"}, {l.Informational, "informational"}} {
		if part.n > 0 {
			parts = append(parts, report.Thousands(int(part.n))+" "+part.word)
		}
	}
	return strings.Join(parts, ", ")
}

func writeText(c *collector, r hunt.Result) error {
	out := c.report(r, true)
	for _, w := range r.BlindWindows {
		out.Findings = append(out.Findings, windowFinding(w))
	}
	if len(r.BlindWindows) > 0 {
		out.Rules = append(out.Rules, report.Rule{ID: "blind-window", Title: "Some events were not recorded in this time.", Severity: severity.High})
	}
	out.Sections = sections(r)
	return report.Text(c.w, out, report.TextOptions{Colour: c.subject.Colour, All: c.subject.All})
}

// windowFinding shows a blind window among the findings.
func windowFinding(w hunt.BlindWindow) report.Finding {
	f := report.Finding{Rule: "blind-window", Severity: severity.High, Object: cmp.Or(w.Trail, strings.TrimSpace(w.Account+" "+w.Region)), Text: windowText(w)}
	if w.Began != nil {
		f.Details = append(f.Details, report.Field{Name: "began", Value: causeText(w.Began)})
	}
	if w.Ended != nil {
		f.Details = append(f.Details, report.Field{Name: "ended", Value: causeText(w.Ended)})
	}
	f.Details = append(f.Details, report.Field{Name: "affected", Value: w.Affected})
	if w.Note != "" {
		f.Details = append(f.Details, report.Field{Name: "note", Value: w.Note})
	}
	if n := len(w.Around) + w.MoreAround; n > 0 {
		f.Details = append(f.Details, report.Field{Name: "around it", Value: report.Count(n, "finding")})
	}
	return f
}

func windowText(w hunt.BlindWindow) string {
	from, to := "before the logs begin", "now, as far as the logs tell"
	if !w.From.IsZero() {
		from = minute(w.From)
	}
	if !w.To.IsZero() {
		to = minute(w.To)
	}
	text := fmt.Sprintf("%s: %s → %s", w.Kind, from, to)
	if !w.From.IsZero() && !w.To.IsZero() {
		text += " (" + report.Length(w.To.Sub(w.From)) + ")"
	}
	return text
}

func causeText(c *hunt.Cause) string {
	text := c.Call + " by " + c.Actor.Name()
	if c.SourceIP != "" {
		text += " from " + c.SourceIP
	}
	return text
}

func writeSARIF(c *collector, r hunt.Result) error {
	out := c.report(r, false)
	out.Lanes = nil
	out.Omitted += c.findings - c.kept
	for _, w := range r.BlindWindows {
		out.Findings = append(out.Findings, windowFinding(w))
	}
	return report.SARIF(c.w, out)
}
