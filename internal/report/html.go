package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/trailhold/trailhold/internal/plain"
)

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageStyle string

// perRule is how many findings of a rule the page lists: a browser should still be able to show it.
const perRule = 1000

// HTML writes a report as one page that fetches nothing: see Page.
func HTML(w io.Writer, r Report) error {
	show := func(text string) string { return plain.Text(text, maxValue) }
	lanes, left := Notable(r.Lanes, lanesMax)
	return Page{
		Title: show(r.Title), Style: pageStyle, Body: pageTemplate,
		Funcs: template.FuncMap{
			"plain":   show,
			"address": Address,
			"minute":  minute,
			"length":  Length,
			"count":   func(n int, one string) string { return Count(n, one) },
			"first":   first,
			"group":   func(g Group) pageGroup { return pageGroup{g, max(len(g.Findings)-perRule, 0)} },
			"number":  func(f float64) string { return fmt.Sprintf("%.1f", f) },
		},
		Data: pageData{Report: r, Listed: lanes, Left: left, Picture: draw(r.Lanes), Grouped: r.Groups(), Key: key(r.Lanes)},
	}.Write(w)
}

// pageData is what the template is filled with.
type pageData struct {
	Report
	Listed  []Lane
	Left    int // lanes that are not listed
	Picture *picture
	Grouped []Group
	Key     []Span // one of each state and label
}

type pageGroup struct {
	Group
	More int
}

// key lists each state with its labels once, for the picture's legend.
func key(lanes []Lane) (out []Span) {
	for _, state := range []State{Good, Bad, Unknown} {
		for _, l := range lanes {
			for _, s := range l.Spans {
				if s.State == state && !slices.ContainsFunc(out, func(k Span) bool { return k.Label == s.Label }) && len(out) < keyMax {
					out = append(out, Span{State: state, Label: s.Label})
				}
			}
		}
	}
	return out
}

const keyMax = 9 // entries of the legend

func first(findings []Finding) []Finding { return findings[:min(len(findings), perRule)] }
