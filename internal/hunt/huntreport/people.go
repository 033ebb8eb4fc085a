package huntreport

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/severity"
)

// width is how many columns a line of text has.
const width = 80

// writePeople lists the actors and sessions that matter most.
func writePeople(w io.Writer, r hunt.Result) error {
	var out strings.Builder
	for i, a := range r.Actors {
		if i == 0 {
			out.WriteString("\nActors, the most suspicious first\n")
		}
		if i == 10 || a.Score == 0 {
			break
		}
		wrap(&out, fmt.Sprintf("%3d. ", i+1), plain.Text(a.Actor, 300))
		about := levelText(a.Levels)
		if a.Tampering > 0 {
			about = strings.TrimSuffix(fmt.Sprintf("%d times impaired a trail; %s", a.Tampering, about), "; ")
		}
		wrap(&out, "     ", plain.Text(fmt.Sprintf("%s; %s to %s from %s", about, minute(a.First), minute(a.Last), strings.Join(a.SourceIPs, ", ")), 600))
	}
	for i, s := range r.Sessions {
		if i == 0 {
			out.WriteString("\nWhere sessions came from\n")
		}
		if i == 10 {
			break
		}
		line := s.AccessKeyID
		for _, l := range s.Chain {
			line += fmt.Sprintf(" ← %s of %s by %s (%s)", l.Call, roleText(l), l.Caller.Name(), stamp(l.Time))
		}
		wrap(&out, "  ", plain.Text(line, 1500))
	}
	_, err := io.WriteString(w, out.String())
	return err
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

// wrap writes text in lines that begin with first, and then with as many blanks.
func wrap(out *strings.Builder, first, text string) {
	line, empty := first, true
	for _, word := range strings.Fields(text) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			out.WriteString(strings.TrimRight(line, " ") + "\n")
			line, empty = strings.Repeat(" ", utf8.RuneCountInString(first)), true
		}
		if !empty {
			line += " "
		}
		for room := width - utf8.RuneCountInString(line); utf8.RuneCountInString(word) > room; room = width - utf8.RuneCountInString(line) {
			runes := []rune(word)
			out.WriteString(line + string(runes[:room]) + "\n")
			word, line = string(runes[room:]), strings.Repeat(" ", utf8.RuneCountInString(first))
		}
		line, empty = line+word, false
	}
	out.WriteString(strings.TrimRight(line, " ") + "\n")
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
