package report

import (
	"fmt"
	"time"

	"github.com/trailhold/trailhold/internal/plain"
)

// The measures of the picture, in its own units.
const (
	pictureWidth = 960
	labelWidth   = 260
	labelLength  = 38 // characters of a lane's name that fit
	barTop       = 8
	rowHeight    = 26
	barHeight    = 14
	axisHeight   = 28
	narrowest    = 2.5 // of a stretch: one hour of a month must not vanish
	picturedMax  = 100 // lanes in the picture
	barsMax      = 500 // stretches of a lane in the picture
)

// picture is a timeline as numbers for the page's template: lanes below each other over one axis of time.
type picture struct {
	Width, Height, Left, Bottom int
	Rows                        []pictureRow
	Ticks                       []pictureTick
	Omitted                     int // lanes that are not in it
}

type pictureRow struct {
	Y, TextY    int
	Name, Whole string
	Bars        []pictureBar
}

type pictureBar struct {
	X, Width float64
	State    State
	Title    string
}

type pictureTick struct {
	X    float64
	Text string
}

// draw lays out a timeline. Bad stretches come last, so that nothing paints over them.
func draw(lanes []Lane) *picture {
	from, to, ok := extent(lanes)
	if !ok {
		return nil
	}
	scale := func(t time.Time) float64 {
		return labelWidth + float64(t.Sub(from))/float64(to.Sub(from))*(pictureWidth-labelWidth-4)
	}
	shown, left := Notable(lanes, picturedMax)
	p := &picture{Width: pictureWidth, Left: labelWidth, Bottom: barTop + len(shown)*rowHeight, Omitted: left}
	p.Height = p.Bottom + axisHeight
	for n, l := range shown {
		y := barTop + n*rowHeight
		row := pictureRow{Y: y, TextY: y + barHeight - 3, Name: plain.Text(l.Name, labelLength), Whole: plain.Text(l.Name, maxValue)}
		for _, state := range []State{Good, Unknown, Bad} {
			row.Bars = append(row.Bars, bars(l.Spans, state, scale)...)
		}
		p.Rows = append(p.Rows, row)
	}
	p.Ticks = ticks(from, to, scale)
	return p
}

func extent(lanes []Lane) (from, to time.Time, ok bool) {
	for _, l := range lanes {
		for _, s := range l.Spans {
			if !ok || s.From.Before(from) {
				from = s.From
			}
			if !ok || s.To.After(to) {
				to = s.To
			}
			ok = true
		}
	}
	return from, to, ok && to.After(from)
}

func bars(spans []Span, state State, scale func(time.Time) float64) (out []pictureBar) {
	for _, s := range spans {
		if s.State != state || len(out) == barsMax {
			continue
		}
		x, end := scale(s.From), scale(s.To)
		width := max(end-x, narrowest)
		x = min(x, pictureWidth-narrowest)
		title := fmt.Sprintf("%s: %s → %s (%s) %s", s.Label, minute(s.From), minute(s.To), Length(s.To.Sub(s.From)), plain.Text(s.Text, maxValue))
		out = append(out, pictureBar{X: x, Width: width, State: s.State, Title: title})
	}
	return out
}

// steps are the distances between two marks on the axis, the shortest first.
var steps = [...]time.Duration{
	10 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 365 * day, 3650 * day,
}

const (
	day       = 24 * time.Hour
	mostTicks = 8
)

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
		if x := scale(t); x >= labelWidth && x < pictureWidth-60 {
			out = append(out, pictureTick{X: x, Text: t.UTC().Format(form)})
		}
	}
	return out
}
