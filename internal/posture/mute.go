package posture

import (
	"time"

	"github.com/trailhold/trailhold/internal/policy"
)

// MuteRule mutes findings that somebody answers for. A part that is empty holds for everything; the others may have the
// wildcards * and ?.
type MuteRule struct {
	Check    string            // ID
	Account  string            // id
	Region   string            // name
	Resource string            // ARN
	Tags     map[string]string // of the resource, all of which must fit; resources whose tags were not read don't
	Reason   string
	Until    time.Time // the rule holds before it; zero: for ever
	Place    string    // where it is written, for people
}

// mute marks the findings that a rule mutes. Only what fails or is unknown can be muted. A finding that a rule muted until lately
// says so: whoever answered for it is to hear that nobody does any more.
func mute(findings []Finding, rules []MuteRule, now time.Time) {
	for n := range findings {
		f := &findings[n]
		if f.Status != Fail && f.Status != Unknown {
			continue
		}
		f.mute(rules, now)
	}
}

func (f *Finding) mute(rules []MuteRule, now time.Time) {
	ended := ""
	for _, r := range rules {
		switch {
		case !r.fits(*f):
		case !r.over(now):
			f.Status, f.Mute = Muted, &Mute{Reason: r.Reason, Until: r.Until, Place: r.Place}
			return
		case ended == "":
			ended = "; the mute of " + r.Place + " ended at " + stamp(r.Until)
		}
	}
	f.Detail += ended
}

// over says whether the rule holds no longer.
func (r MuteRule) over(now time.Time) bool { return !r.Until.IsZero() && !now.Before(r.Until) }

// fits says whether the rule is about a finding.
func (r MuteRule) fits(f Finding) bool {
	for _, part := range [][2]string{{r.Check, f.Check}, {r.Account, f.Account}, {r.Region, f.Region}, {r.Resource, f.Resource}} {
		if part[0] != "" && !policy.Match(part[0], part[1]) {
			return false
		}
	}
	for key, pattern := range r.Tags {
		value, tagged := f.Tags[key]
		if !tagged || !policy.Match(pattern, value) {
			return false
		}
	}
	return true
}
