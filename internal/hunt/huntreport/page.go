package huntreport

import (
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
)

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageStyle string

// maxShown is how many characters of a value are shown.
const maxShown = 600

// writePage writes one page that fetches nothing: see report.Page.
func writePage(c *collector, r hunt.Result) error {
	show := func(text string) string { return plain.Text(text, maxShown) }
	data := pageData{Report: c.report(r, true), Result: r, Picture: c.draw(r), Complete: r.Complete()}
	for _, rule := range c.rules {
		data.Groups = append(data.Groups, pageGroup{Rule: rule.rule, Key: rule.key, Found: rule.found, Findings: showAll(rule), More: rule.found - len(rule.findings)})
	}
	return report.Page{
		Title: show(data.Title), Style: pageStyle, Body: pageTemplate, Data: data,
		Funcs: template.FuncMap{
			"plain": show, "address": report.Address, "minute": stamp, "count": report.Count, "number": func(f float64) string { return fmt.Sprintf("%.1f", f) },
			"thousands": func(n int64) string { return report.Thousands(int(n)) }, "levels": levelText, "window": windowText, "cause": causeText,
			"severity": func(s severity.Severity) string { return s.String() },
			"role":     roleText, "kind": func(w hunt.BlindWindow) string {
				if w.Kind == "narrowed" {
					return "unknown"
				}
				return "bad"
			},
			"open": func(n int) bool { return n <= 12 },
		},
	}.Write(c.w)
}

type pageData struct {
	report.Report
	Result   hunt.Result
	Groups   []pageGroup
	Picture  *picture
	Complete bool
}

type pageGroup struct {
	Rule     *hunt.Rule
	Key      string
	Found    int
	Findings []report.Finding
	More     int
}

func showAll(c *collected) (out []report.Finding) {
	for _, f := range c.findings {
		out = append(out, showable(c.key, f))
	}
	return out
}

// The measures of the picture, in its own units.
const (
	pictureWidth = 1000
	labelWidth   = 250
	labelLength  = 36 // characters of a lane's name that fit
	rowHeight    = 28
	barHeight    = 14
	topHeight    = 84 // of the findings over time
	narrowest    = 3.0
	mostRows     = 60
	mostMarks    = 400 // of one actor
)

// picture is the timeline as numbers: findings over time, trails, regions and actors over one axis.
type picture struct {
	Width, Height, Left, Top, Bottom int
	Columns                          []pictureBar
	Rows                             []pictureRow
	Ticks                            []pictureTick
	Omitted                          int
}

type pictureRow struct {
	Y, TextY    int
	Name, Whole string
	Group       string // beginning with this row
	Bars        []pictureBar
	Marks       []pictureBar
}

type pictureBar struct {
	X, Y, Width, Height float64
	Class, Title        string
}

type pictureTick struct {
	X    float64
	Text string
}

// draw lays out the timeline. It is nil if nothing has a time.
func (c *collector) draw(r hunt.Result) *picture {
	from, to := c.extent(r)
	if !to.After(from) {
		return nil
	}
	scale := func(t time.Time) float64 {
		x := labelWidth + float64(t.Sub(from))/float64(to.Sub(from))*(pictureWidth-labelWidth-6)
		return min(max(x, labelWidth), pictureWidth)
	}
	p := &picture{Width: pictureWidth, Left: labelWidth, Top: topHeight, Columns: c.columns(scale), Ticks: ticks(from, to, scale)}
	for i, t := range r.Trails {
		row := pictureRow{Name: plain.Text(t.Name, labelLength), Whole: plain.Text(t.ARN, maxShown)}
		if i == 0 {
			row.Group = "Trails"
		}
		for _, s := range t.Logging {
			end := s.To
			if end.IsZero() {
				end = to
			}
			row.Bars = append(row.Bars, bar(scale, s.From, end, string(stateOf(s.State)), s.State))
		}
		p.add(row)
	}
	p.regions(r, scale)
	p.actors(c, r, scale)
	p.Bottom = topHeight + len(p.Rows)*rowHeight
	p.Height = p.Bottom + 30
	return p
}

func (p *picture) add(row pictureRow) {
	if len(p.Rows) == mostRows {
		p.Omitted++
		return
	}
	row.Y = topHeight + len(p.Rows)*rowHeight + 7
	row.TextY = row.Y + 11
	for i := range row.Bars {
		row.Bars[i].Y, row.Bars[i].Height = float64(row.Y), barHeight
	}
	for i := range row.Marks {
		row.Marks[i].Y = float64(row.Y) + barHeight/2
	}
	p.Rows = append(p.Rows, row)
}

func bar(scale func(time.Time) float64, from, to time.Time, class, what string) pictureBar {
	x := scale(from)
	width := max(scale(to)-x, narrowest)
	title := fmt.Sprintf("%s: %s → %s (%s)", what, minute(from), minute(to), report.Length(to.Sub(from)))
	return pictureBar{X: min(x, pictureWidth-narrowest), Width: width, Class: class, Title: title}
}

// regions draws each region's records, and the hours in which there were none.
func (p *picture) regions(r hunt.Result, scale func(time.Time) float64) {
	for i, g := range r.Regions {
		name := g.Account + " " + g.Region
		row := pictureRow{Name: plain.Text(name, labelLength), Whole: plain.Text(name, maxShown)}
		if i == 0 {
			row.Group = "Records"
		}
		row.Bars = []pictureBar{bar(scale, g.From, g.To, "present", "records")}
		for _, w := range r.BlindWindows {
			if w.Kind == "silent" && w.Account == g.Account && w.Region == g.Region {
				end := w.To
				if end.IsZero() {
					end = lastOf(r, w.From)
				}
				row.Bars = append(row.Bars, bar(scale, w.From, end, "bad", "silent"))
			}
		}
		p.add(row)
	}
}

// actors draws the findings of the worst.
func (p *picture) actors(c *collector, r hunt.Result, scale func(time.Time) float64) {
	for i, a := range r.Actors[:min(len(r.Actors), 10)] {
		row := pictureRow{Name: short(a.Actor), Whole: plain.Text(a.Actor, maxShown)}
		if i == 0 {
			row.Group = "Actors"
		}
		for _, rule := range c.rules {
			for _, f := range rule.findings {
				if f.Correlation != nil || f.Event.Time.IsZero() || f.Event.Actor.Name() != a.Actor || len(row.Marks) == mostMarks {
					continue
				}
				title := fmt.Sprintf("%s: %s, %s", stamp(f.Event.Time), f.Event.Name, rule.rule.Title)
				row.Marks = append(row.Marks, pictureBar{X: scale(f.Event.Time), Class: f.Rule.Severity.String(), Title: plain.Text(title, maxShown)})
			}
		}
		slices.Reverse(row.Marks) // the worst are painted last
		p.add(row)
	}
}

// short shows the end of a name, by which ARNs differ.
func short(name string) string {
	runes := []rune(plain.Text(name, maxShown))
	if len(runes) > labelLength {
		return "…" + string(runes[len(runes)-labelLength+1:])
	}
	return string(runes)
}

// columns draws findings over time, one colour for each severity.
func (c *collector) columns(scale func(time.Time) float64) (out []pictureBar) {
	d := &c.times
	most := 0
	for _, levels := range d.counts {
		sum := 0
		for _, n := range levels {
			sum += n
		}
		most = max(most, sum)
	}
	for i, levels := range d.counts {
		at := d.from.Add(time.Duration(i) * d.bucket)
		y := float64(topHeight - 8)
		for s := range levels {
			n := levels[s]
			if n == 0 {
				continue
			}
			height := max(float64(n)/float64(most)*(topHeight-18), 1.5)
			y -= height
			x := scale(at)
			out = append(out, pictureBar{
				X: x, Y: y, Width: max(scale(at.Add(d.bucket))-x-0.5, 2), Height: height, Class: severity.Severity(s).String(),
				Title: fmt.Sprintf("%s: %s %s", minute(at), report.Count(n, "finding"), severity.Severity(s)),
			})
		}
	}
	return out
}

// extent is the time that the picture shows.
func (c *collector) extent(r hunt.Result) (from, to time.Time) {
	include := func(at time.Time) {
		if at.IsZero() {
			return
		}
		if from.IsZero() || at.Before(from) {
			from = at
		}
		if at.After(to) {
			to = at
		}
	}
	for _, g := range r.Regions {
		include(g.From)
		include(g.To)
	}
	for _, t := range r.Trails {
		for _, p := range t.Logging {
			include(p.From)
			include(p.To)
		}
	}
	for i, levels := range c.times.counts {
		if levels != [severity.Critical + 1]int{} {
			include(c.times.from.Add(time.Duration(i) * c.times.bucket))
			include(c.times.from.Add(time.Duration(i+1) * c.times.bucket))
		}
	}
	return from, to
}

const day = 24 * time.Hour

// steps are the distances between two marks on the axis, the shortest first.
var steps = [...]time.Duration{
	10 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 365 * day, 3650 * day,
}

const mostTicks = 8

func ticks(from, to time.Time, scale func(time.Time) float64) (out []pictureTick) {
	step := steps[len(steps)-1]
	for _, s := range steps {
		if to.Sub(from)/s < mostTicks {
			step = s
			break
		}
	}
	form := "01-02 15:04"
	if step >= day {
		form = "2006-01-02"
	}
	for t := from.Truncate(step); !t.After(to) && len(out) < 2*mostTicks; t = t.Add(step) {
		if x := scale(t); !t.Before(from) && x < pictureWidth-70 {
			out = append(out, pictureTick{X: x, Text: t.UTC().Format(form)})
		}
	}
	return out
}
