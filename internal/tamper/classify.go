package tamper

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/record"
)

// Classify says what a record means for trails, and for all that they and the guard rest on. It is false for a record that
// has nothing to do with any of these.
//
// The techniques are a claim, made from one record alone: what really changed is for the comparison of state and
// baseline to say. Where the parameters cannot be understood, the claim is the worst that the call can do.
func Classify(r record.Record) (Signal, bool) {
	if aboutTrails(r) {
		return classifyTrail(r)
	}
	return classifyResource(r)
}

// classifyTrail is Classify for the calls that change trails.
func classifyTrail(r record.Record) (Signal, bool) {
	p, known := readParameters(r)
	if known && p.aboutLake(r.EventName) {
		return Signal{}, false
	}
	s := Signal{Record: r, Outcome: r.Outcome(), Names: names(r, p), stray: true}
	s.Any = len(s.Names) == 0 || r.ParametersOmitted
	return s.claiming(attempted(r.EventName, p, known, s.Outcome.Kind == record.Succeeded)), true
}

// claiming adds what a call amounts to, if it succeeded, or would have.
func (s Signal) claiming(techniques []string) Signal {
	if s.Record.ParametersOmitted {
		techniques = append(techniques, ParamPadding)
	}
	s.Techniques, s.Severity = bySeverity(techniques)
	if s.Outcome.Kind != record.Succeeded {
		s = s.failed()
	}
	return s
}

// aboutTrails says whether a record is of a call that changes trails.
func aboutTrails(r record.Record) bool {
	return strings.EqualFold(r.EventSource, sourceCloudTrail) && ofManagement(r) && slices.Contains(trailCalls(), r.EventName)
}

// ofManagement says whether a record is of a management event, as far as it tells.
func ofManagement(r record.Record) bool {
	return r.EventCategory == "" || r.EventCategory == "Management"
}

// failed turns the signal into one of an attempt. Nothing changed, so the attempt is as severe as any other,
// whatever it was after.
func (s Signal) failed() Signal {
	attempt := DeniedAttempt
	if s.Outcome.Kind == record.Failed && strings.TrimSuffix(s.Outcome.Code, "Exception") == "InvalidHomeRegion" {
		attempt = WrongRegion
	}
	if t, ok := Lookup(attempt); ok {
		s.Severity = t.Severity
	}
	s.Techniques = append([]string{attempt}, s.Techniques...)
	return s
}

// attempted lists the techniques that a call amounts to.
func attempted(call string, p parameters, known, succeeded bool) []string {
	switch call {
	case callStop:
		return []string{StopLogging}
	case callStart:
		return []string{StartLogging}
	case callDelete:
		return []string{DeleteTrail}
	case callCreate:
		return []string{ShadowTrail}
	case callAddTags, callRemoveTags:
		return []string{TagFlip}
	case callConfiguration:
		return []string{EventConfig}
	case callSelectors:
		return either(!known || p.blinds(), BlindSelectors)
	case callInsights:
		return either(!known || p.dropsInsights(), InsightsOff)
	case callUpdate:
		return updates(p, known, succeeded)
	}
	return nil
}

// either is the technique if the call narrows, else a harmless update.
func either(narrows bool, technique string) []string {
	if narrows {
		return []string{technique}
	}
	return []string{TrailUpdate}
}

// updates lists what an UpdateTrail amounts to. Denied calls are recorded without parameters: there is no reason to
// claim the worst of a call that did nothing.
func updates(p parameters, known, succeeded bool) []string {
	if !known {
		return either(succeeded, Minimise)
	}
	return withMinimise(p.updates(), TrailUpdate)
}

// minimiseFrom is how many weakenings at once make a stripping of the trail.
const minimiseFrom = 3

// withMinimise puts minimise in front of several weakenings at once, and stands otherwise in for none at all.
func withMinimise(weakened []string, otherwise string) []string {
	switch {
	case len(weakened) >= minimiseFrom:
		return append([]string{Minimise}, weakened...)
	case len(weakened) == 0:
		return []string{otherwise}
	}
	return weakened
}
