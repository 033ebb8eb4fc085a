package posturereport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
)

// The measures of the timeline of incidents, in its own units.
const (
	timeWidth     = 720
	timeMargin    = 12
	laneHeight    = 44
	markMiddle    = 29  // from the top of a lane
	narrowest     = 7.0 // of a mark: a second of a year must not vanish
	mostIncidents = 200
	mostTicks     = 4
)

// timeline is the incidents of a journal over time, a lane for each trail.
type timeline struct {
	Width, Height, Bottom int
	Lanes                 []timeLane
	Ticks                 []timeTick
	Incidents             []timeRow // newest first
	More                  int
}

type timeLane struct {
	Name, Whole string
	TextY       int
	Marks       []timeMark
}

type timeMark struct {
	X, Width  float64
	Y, Height int
	Class     string
	Title     string
}

type timeTick struct {
	X    float64
	Text string
	End  string // where the text ends or begins: SVG's text-anchor
}

// timeRow is an incident as the table below the picture has it.
type timeRow struct {
	Number               int
	At                   time.Time
	Trail, What          string
	Severity, Stage, Who string
	Restored, Proved     string
	Class                string
}

// drawTimeline is nil without a journal.
func drawTimeline(incidents []incident.Incident) *timeline {
	if incidents == nil {
		return nil
	}
	newest := slices.Clone(incidents)
	newest = slices.DeleteFunc(newest, func(i incident.Incident) bool { return i.Window != nil || begun(i).IsZero() })
	slices.SortStableFunc(newest, func(a, b incident.Incident) int { return cmp.Or(begun(b).Compare(begun(a)), cmp.Compare(a.ID, b.ID)) })
	t := &timeline{Width: timeWidth, More: max(len(newest)-mostIncidents, 0)}
	newest = newest[:len(newest)-t.More]
	if len(newest) == 0 {
		return t
	}
	scale := t.axis(newest)
	lanes := map[string]int{}
	for n, i := range newest {
		t.Incidents = append(t.Incidents, rowOf(n+1, i))
		at, known := lanes[i.TrailARN]
		if !known {
			at = len(t.Lanes)
			lanes[i.TrailARN] = at
			t.Lanes = append(t.Lanes, timeLane{Name: literal(cmp.Or(lastOf(i.TrailARN), "no trail"), 60), Whole: literal(i.TrailARN, maxShown), TextY: at*laneHeight + 16})
		}
		x := scale(begun(i))
		mark := timeMark{X: x, Width: max(scale(ended(i))-x, narrowest), Class: stageClass(i.Stage)}
		mark.Height = markHeights[mark.Class]
		mark.Y = at*laneHeight + markMiddle - mark.Height/2
		mark.X = min(mark.X, timeWidth-timeMargin-narrowest)
		mark.Title = fmt.Sprintf("%d: %s, %s, %s", n+1, stamp(begun(i)), literal(strings.Join(i.Techniques, ", "), maxShown), i.Stage)
		t.Lanes[at].Marks = append(t.Lanes[at].Marks, mark)
	}
	t.Bottom = len(t.Lanes) * laneHeight
	t.Height = t.Bottom + 22
	return t
}

// begun is when an incident began, as far as is known.
func begun(i incident.Incident) time.Time {
	if i.Attack.IsZero() {
		return i.Seen
	}
	return i.Attack
}

// ended is when the trail recorded again, as far as is known.
func ended(i incident.Incident) time.Time {
	for _, t := range []time.Time{i.Proved, i.Restored} {
		if t.After(begun(i)) {
			return t
		}
	}
	return begun(i)
}

// axis finds the time that the picture shows, marks it, and returns where on it a time is.
func (t *timeline) axis(incidents []incident.Incident) func(time.Time) float64 {
	from, to := begun(incidents[0]), ended(incidents[0])
	for _, i := range incidents {
		if b := begun(i); b.Before(from) {
			from = b
		}
		if e := ended(i); e.After(to) {
			to = e
		}
	}
	if to.Sub(from) < time.Hour {
		to = from.Add(time.Hour)
	}
	length := float64(to.Sub(from))
	scale := func(at time.Time) float64 {
		return timeMargin + float64(at.Sub(from))/length*(timeWidth-2*timeMargin)
	}
	form := "2006-01-02"
	if to.Sub(from) < mostTicks*24*time.Hour {
		form = "01-02 15:04"
	}
	for n := range mostTicks {
		at := from.Add(time.Duration(float64(n) / (mostTicks - 1) * length))
		tick := timeTick{X: scale(at), Text: at.UTC().Format(form), End: "middle"}
		switch n {
		case 0:
			tick.End = "start"
		case mostTicks - 1:
			tick.End = "end"
		}
		t.Ticks = append(t.Ticks, tick)
	}
	return scale
}

func rowOf(number int, i incident.Incident) timeRow {
	row := timeRow{
		Number: number, At: begun(i), Trail: i.TrailARN, What: strings.Join(i.Techniques, ", "), Severity: i.Severity.String(), Stage: string(i.Stage),
		Who: cmp.Or(i.Actor.ARN, i.Actor.AccountID, "nobody knows"), Restored: "–", Proved: "–", Class: stageClass(i.Stage),
	}
	if row.What == "" {
		row.What = string(i.Cause)
	}
	if after := i.Restored.Sub(begun(i)); !i.Restored.IsZero() {
		row.Restored = lasted(after)
	}
	if after := i.Proved.Sub(begun(i)); !i.Proved.IsZero() {
		row.Proved = lasted(after)
	}
	return row
}

// lasted is a duration as people say it.
func lasted(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f h", d.Hours())
}

// markHeights tell marks apart where there is no colour.
var markHeights = map[string]int{"good": 8, "unknown": 14, "bad": 20}

// stageClass says whether it is well again: with the trail, not with whatever happened.
func stageClass(s incident.Stage) string {
	switch s {
	case incident.Proved, incident.Observed:
		return "good"
	case incident.Failed, incident.Open, incident.AlertOnly, incident.Planned:
		return "bad"
	}
	return "unknown"
}
