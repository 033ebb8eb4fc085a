package huntreport

import (
	"fmt"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
)

// mostPeople is how many actors and sessions text lists.
const mostPeople = 10

// sections list the actors and sessions that matter most.
func sections(r hunt.Result) (out []report.Section) {
	actors := report.Section{Title: "Actors, the most suspicious first"}
	for _, a := range r.Actors[:min(len(r.Actors), mostPeople)] {
		if a.Score == 0 {
			continue
		}
		about := levelText(a.Levels)
		if a.Tampering > 0 {
			about = strings.TrimSuffix(report.Count(a.Tampering, "change")+" that impaired a trail; "+about, "; ")
		}
		actors.Items = append(actors.Items, fmt.Sprintf("%s: %s; %s to %s from %s", a.Actor, about, stamp(a.First), stamp(a.Last), strings.Join(a.SourceIPs, ", ")))
	}
	sessions := report.Section{Title: "Where sessions came from"}
	for _, s := range r.Sessions[:min(len(r.Sessions), mostPeople)] {
		item := s.AccessKeyID
		for _, l := range s.Chain {
			item += fmt.Sprintf(" ← %s of %s by %s (%s)", l.Call, roleText(l), l.Caller.Name(), stamp(l.Time))
		}
		sessions.Items = append(sessions.Items, item)
	}
	for _, s := range []report.Section{actors, sessions} {
		if len(s.Items) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func roleText(l hunt.Link) string {
	if l.RoleARN == "" {
		return "its own rights"
	}
	return l.RoleARN
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "no time"
	}
	return minute(t)
}

// density counts findings over time, by severity, however many there are: in buckets that become wider as time does.
type density struct {
	from   time.Time
	bucket time.Duration
	counts [buckets][severity.Critical + 1]int
}

const buckets = 240

// add counts a finding.
func (d *density) add(at time.Time, s severity.Severity) {
	if at.Year() < 2013 || at.Year() > 2100 {
		return // CloudTrail began in 2013; a time from nowhere must not squeeze all others together
	}
	if d.bucket == 0 {
		d.from, d.bucket = at.Truncate(time.Minute), time.Minute
	}
	for at.Before(d.from) || at.Sub(d.from) >= buckets*d.bucket {
		d.widen(at)
	}
	d.counts[at.Sub(d.from)/d.bucket][min(s, severity.Critical)]++
}

// widen doubles the buckets, to the side on which room is needed.
func (d *density) widen(at time.Time) {
	var counts [buckets][severity.Critical + 1]int
	shift := 0
	if at.Before(d.from) {
		shift = buckets
		d.from = d.from.Add(-buckets * d.bucket)
	}
	for i, levels := range d.counts {
		for s, n := range levels {
			counts[(i+shift)/2][s] += n
		}
	}
	d.counts, d.bucket = counts, 2*d.bucket
}
