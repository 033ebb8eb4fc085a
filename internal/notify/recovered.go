package notify

import (
	"fmt"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
)

// How much of what was recovered a text shows.
const (
	shownActors = 8
	shownCalls  = 8 // kinds of calls of one actor
	shownGaps   = 5
)

// RecoveredText tells who did what, as a section of its own.
func RecoveredText(r incident.Recovered) string {
	var p page
	p.recovered(r)
	return strings.TrimPrefix(capped(p.out.String()), "\n")
}

// recovered tells who did what while the lights were off.
func (a account) recovered(p *page) {
	if a.Recovered != nil {
		p.recovered(*a.Recovered)
	}
}

func (p *page) recovered(r incident.Recovered) {
	p.heading("WHO DID WHAT MEANWHILE (from Event history, UTC)")
	p.para(recoveredSummary(r))
	for _, gap := range r.Gaps[:min(len(r.Gaps), shownGaps)] {
		p.bullet("!", plain.Text(gap, maxValue))
	}
	if more := len(r.Gaps) - shownGaps; more > 0 {
		p.bullet("!", fmt.Sprintf("and %d more gaps: see the manifest", more))
	}
	for n, actor := range r.Actors[:min(len(r.Actors), shownActors)] {
		p.bullet(fmt.Sprintf("%d.", n+1), recoveredActor(actor))
		for _, c := range actor.Made[:min(len(actor.Made), shownCalls)] {
			p.value("   "+marked(c), recoveredCall(c))
		}
		others := actor.OtherCalls
		for _, c := range actor.Made[min(len(actor.Made), shownCalls):] {
			others += c.Count
		}
		if others > 0 {
			p.value("   and", thousands(others)+" other calls")
		}
	}
	if more := r.OtherActors + max(len(r.Actors)-shownActors, 0); more > 0 {
		p.bullet("*", fmt.Sprintf("and %s more actors: see the evidence", thousands(more)))
	}
	p.value("Evidence", plain.Text(r.Evidence, maxValue))
	p.value("Manifest", prefixed("sha256:", r.Manifest))
}

func recoveredSummary(r incident.Recovered) string {
	text := fmt.Sprintf("%s calls from %s to %s in %s: %s writes, %s sensitive calls, %s failed calls.",
		thousands(r.Records), stamp(r.From), stamp(r.To), regionCount(r.Regions), thousands(r.Writes), thousands(r.Sensitive), thousands(r.Errors))
	if r.Complete {
		return text + " This is all that Event history has: it has no data, network or Insights events."
	}
	return text + " THIS IS NOT ALL: see below what could not be read."
}

func regionCount(n int) string {
	if n == 1 {
		return "1 region"
	}
	return thousands(n) + " regions"
}

// recoveredBrief is how much was found, in a few words.
func recoveredBrief(r incident.Recovered) string {
	text := thousands(r.Sensitive) + " sensitive calls meanwhile"
	if !r.Complete {
		text += " at least"
	}
	return text
}

func recoveredActor(a incident.RecoveredActor) string {
	text := shortActor(a.Actor)
	if a.Suspect {
		text += " (THE INCIDENT'S ACTOR)"
	}
	text += fmt.Sprintf(": %s calls, %s writes, %s sensitive", thousands(a.Calls), thousands(a.Writes), thousands(a.Sensitive))
	if a.Errors > 0 {
		text += ", " + thousands(a.Errors) + " failed"
	}
	return text + prefixed("; from ", a.SourceIPAddress) + "; " + stamp(a.First) + " to " + stamp(a.Last) + " in " + someOf(a.Regions)
}

func marked(c incident.RecoveredCall) string {
	switch {
	case c.Sensitive:
		return "sensitive"
	case c.Write:
		return "write"
	}
	return "read"
}

func recoveredCall(c incident.RecoveredCall) string {
	service, _, _ := strings.Cut(c.Source, ".")
	text := fmt.Sprintf("%s %s", plain.Text(service, maxName), plain.Text(c.Name, maxName))
	if c.Count > 1 {
		text += ", " + thousands(c.Count) + " times"
	}
	if c.Errors > 0 {
		text += fmt.Sprintf(", %s failed%s", thousands(c.Errors), prefixed(" with ", c.ErrorCode))
	}
	text += ", " + stamp(c.First)
	if c.Last.After(c.First) {
		text += " to " + stamp(c.Last)
	}
	return text + ", in " + someOf(c.Regions)
}
