package posturereport

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
)

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageStyle string

// The most that the page lists of a check's findings: a browser should still be able to show it.
const (
	mostOpen = 6   // that are shown at once
	mostPage = 200 // that are shown at all
)

// writePage writes one page that fetches nothing: see report.Page.
func writePage(w io.Writer, r posture.Report, s Subject) error {
	data := dataOf(r, s)
	return report.Page{
		Title: data.Title, Style: pageStyle, Body: pageTemplate, Data: data,
		Funcs: template.FuncMap{
			"plain": show, "command": command, "stamp": stamp, "count": report.Count, "score": score, "points": points, "last": lastOf,
			"lit":    func(text string) string { return literal(text, maxShown) },
			"sign":   func(s posture.Status) string { return signs[s] },
			"class":  statusClass,
			"words":  func(s posture.Status) string { return statusWords[s] },
			"state":  stateWords,
			"mark":   stateMark,
			"mute":   muteOf,
			"share":  func(f posture.Finding) string { return place(f) },
			"number": func(f float64) string { return fmt.Sprintf("%.1f", f) },
			"group":  func(g posture.Group) string { return g.Title() },
			"several": func(f []posture.Finding) listed {
				return listed{f[:min(len(f), mostOpen)], more(f), max(len(f)-mostPage, 0)}
			},
		},
	}.Write(w)
}

// listed is a list in three parts: what is shown, what is shown to those who ask, and how many are not shown at all.
type listed struct {
	First, Then []posture.Finding
	More        int
}

func more(f []posture.Finding) []posture.Finding {
	if len(f) <= mostOpen {
		return nil
	}
	return f[mostOpen:min(len(f), mostPage)]
}

// pageData is what the template is filled with.
type pageData struct {
	posture.Report
	Tool       report.Tool
	Title      string
	Verdict    report.Verdict
	Numbers    []pageNumber
	Severities string // of what fails
	Arithmetic string
	Gauge      pageGauge
	Parts      []pagePart
	Failing    []pageGroup
	Muted      []asked
	Passing    []asked
	Maps       []coverageMap
	MoreMaps   int
	Blind      []blindSpot
	Powerful   []powerful
	MorePower  int
	Timeline   *timeline
	Fresh      []posture.Finding // new, of the comparison
	Contents   []pageLink
}

type pageNumber struct {
	Status posture.Status
	Count  string
}

// pageGauge is the bar of the score: how far it is filled, and where the cap is.
type pageGauge struct {
	Filled, Cap float64
	Capped      bool
}

type pagePart struct {
	posture.ScorePart
	Title    string
	Severity severity.Severity
}

// pageGroup is a family of checks of which some fail.
type pageGroup struct {
	Title  string
	Checks []asked
}

type pageLink struct{ ID, Text string }

func dataOf(r posture.Report, s Subject) pageData {
	all := byCheck(r)
	d := pageData{
		Report: r, Tool: s.Tool, Title: "CloudTrail audit of " + report.Count(len(r.Accounts), "account"),
		Verdict: verdict(r), Arithmetic: arithmetic(r.Score), Severities: severities(r.Findings),
		Gauge: pageGauge{gaugeAt(r.Score.Value), gaugeAt(r.Score.Cap), r.Score.CapBy != ""}, Blind: blindSpots(r.Coverage), Timeline: drawTimeline(s.Incidents),
	}
	if len(r.Accounts) == 1 {
		d.Title = "CloudTrail audit of account " + show(r.Accounts[0].ID)
	}
	c := count(r.Findings)
	for _, status := range posture.Statuses() {
		d.Numbers = append(d.Numbers, pageNumber{status, report.Thousands(c[status])})
	}
	d.sort(all)
	d.Parts = partsOf(r, all)
	d.Maps, d.MoreMaps = maps(r.Coverage)
	d.Powerful, d.MorePower = mostPowerful(r.WhoCan)
	if r.Comparison != nil {
		d.Fresh = withIDs(r.Findings, r.Comparison.New)
	}
	d.Contents = d.contents()
	return d
}

// gaugeWidth is the width of the bar, for scores of 0 to 10.
const gaugeWidth = 300

func gaugeAt(score float64) float64 { return gaugeWidth * math.Min(math.Max(score, 0), 10) / 10 }

// sort puts checks where the page shows them: those that fail by group, then what is muted, and what passes.
func (d *pageData) sort(all []asked) {
	for _, a := range all {
		if len(a.Bad()) > 0 {
			title := a.Group.Title()
			if n := len(d.Failing); n == 0 || d.Failing[n-1].Title != title {
				d.Failing = append(d.Failing, pageGroup{Title: title})
			}
			g := &d.Failing[len(d.Failing)-1]
			g.Checks = append(g.Checks, a)
		}
		if len(a.Silent()) > 0 {
			d.Muted = append(d.Muted, a)
		}
		if len(a.Good()) > 0 {
			d.Passing = append(d.Passing, a)
		}
	}
}

func partsOf(r posture.Report, all []asked) (parts []pagePart) {
	checks := map[string]posture.Check{}
	for _, a := range all {
		checks[a.ID] = a.Check
	}
	for _, p := range r.Score.Parts {
		parts = append(parts, pagePart{p, checks[p.Check].Title, checks[p.Check].Severity})
	}
	return parts
}

func withIDs(findings []posture.Finding, ids []string) (found []posture.Finding) {
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	for _, f := range findings {
		if wanted[f.ID] {
			found = append(found, f)
		}
	}
	return found
}

// severities counts what fails, the worst first.
func severities(findings []posture.Finding) (text string) {
	n := map[severity.Severity]int{}
	for _, f := range findings {
		if f.Status == posture.Fail {
			n[f.Severity]++
		}
	}
	for s := severity.Critical; s > severity.None; s-- {
		if n[s] == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += report.Thousands(n[s]) + " " + s.String()
	}
	return text
}

// contents links the sections that the page has.
func (d *pageData) contents() (links []pageLink) {
	for _, part := range []struct {
		there bool
		pageLink
	}{
		{true, pageLink{"score", "Score"}}, {len(d.Score.Changes) > 0, pageLink{"changes", "What to change first"}},
		{d.Comparison != nil, pageLink{"comparison", "What is new"}}, {len(d.Maps) > 0, pageLink{"coverage", "Coverage"}},
		{len(d.Failing) > 0, pageLink{"findings", "Findings"}}, {len(d.WhoCan)+len(d.NotEvaluated) > 0, pageLink{"whocan", "Who can turn it off"}},
		{d.Timeline != nil, pageLink{"incidents", "Incidents"}}, {len(d.Muted) > 0, pageLink{"muted", "Muted"}},
		{len(d.Passing) > 0, pageLink{"passes", "What passes"}}, {len(d.Unread) > 0, pageLink{"unread", "Not read"}},
		{true, pageLink{"scope", "What was read"}},
	} {
		if part.there {
			links = append(links, part.pageLink)
		}
	}
	return links
}

var statusWords = map[posture.Status]string{
	posture.Fail: "fail", posture.Unknown: "not known", posture.Muted: "muted", posture.Pass: "pass", posture.NotApplicable: "not applicable",
}

func statusClass(s posture.Status) string {
	switch s {
	case posture.Pass:
		return "good"
	case posture.Fail:
		return "bad"
	case posture.Unknown:
		return "unknown"
	}
	return "other"
}

// stateMark tells how much is recorded where there is no colour.
func stateMark(s posture.Recorded) string {
	switch s {
	case posture.Whole:
		return "✓"
	case posture.Partly:
		return "◐"
	case posture.None:
		return "×"
	}
	return "?"
}
