// Package tally decides what counts as a detection, a restoration and a failure to restore, for the daemon's metrics and the
// function's alike, and counts calls of AWS that failed.
//
// It judges by what a save adds to the incident that the journal had before. So each thing is counted by the one guard that
// did it, whether several guards share the journal or an instance of the function knows nothing of the one before it.
package tally

import (
	"time"

	"github.com/trailhold/trailhold/internal/incident"
)

// Change is what one save of an incident adds.
type Change struct {
	// Detected: a new incident of tampering, or one more round of a known one. A record of the same round that comes later
	// is none. Nor is what a change window allows, a canary that did not come, or a part that could not be read.
	Detected   bool
	Techniques []string // of the incident, if Detected; may be empty

	Restored bool // the trail was read back as its baseline says
	Failed   bool // a restoration did not reach the baseline; counted once until one does

	// Took is the time that a restoration took: from the attack, or from its discovery where no record tells of it. Of a further
	// round of the same incident it is the time from the guard's first call. Timed says whether it is known.
	Took  time.Duration
	Timed bool
}

// Empty says whether nothing is to be counted.
func (c Change) Empty() bool { return !c.Detected && !c.Restored && !c.Failed }

// mark is as much of an incident as tells later what was added to it.
type mark struct {
	version  int
	rounds   int
	stage    incident.Stage
	restored time.Time
	failed   bool // a failure was counted, and no restoration since
}

// markOf marks an incident. before is its mark until now, zero if there is none.
func markOf(i incident.Incident, before mark) mark {
	return mark{
		version: i.Version, rounds: i.Occurrences, stage: i.Stage, restored: i.Restored,
		failed: i.Stage == incident.Failed || before.failed && !recovered(i.Stage),
	}
}

// compare says what an incident adds to its mark; known is false if there was none.
func compare(before mark, known bool, i incident.Incident) Change {
	if i.Window != nil || i.Stage == incident.Permitted || i.Cause == incident.CauseCanary {
		return Change{}
	}
	round := began(i, before.restored) // a further one, which the guard did something about
	c := Change{
		Restored: recovered(i.Stage) && !i.Restored.IsZero() && (before.restored.IsZero() || round && i.Restored.After(before.restored)),
		Failed:   i.Stage == incident.Failed && !before.failed,
	}
	if tampering(i) && (!known || again(before, i, c.Restored)) {
		c.Detected, c.Techniques = true, i.Techniques
	}
	if c.Restored {
		c.Took, c.Timed = took(before, i)
	}
	return c
}

// tampering says whether an incident is more than a harmless call, or a part that could not be read.
func tampering(i incident.Incident) bool {
	broken, _, _, _ := i.Verification()
	return len(i.Techniques)+len(i.Drifts) > 0 || broken
}

// again says whether a known incident has one more round: its drift is back, or there was one more attempt.
func again(before mark, i incident.Incident, restored bool) bool {
	more := i.Occurrences > before.rounds && !recovered(i.Stage)
	back := restored || i.Stage == incident.Open || i.Stage == incident.Failed
	return more || back && settled(before.stage)
}

// recovered is the stage of a trail that was restored.
func recovered(s incident.Stage) bool { return s == incident.Restored || s == incident.Proved }

// settled is a stage at which nothing was left to be done.
func settled(s incident.Stage) bool {
	return s != incident.Open && s != incident.Failed && s != incident.Unread
}

// began says whether the guard began to restore after a time.
func began(i incident.Incident, after time.Time) bool { return !firstCall(i, after).IsZero() }

// firstCall is when the guard first did something about an incident after a time; zero if it didn't. Two guards that restore at
// the same time end at different times, but neither begins after the other has ended.
func firstCall(i incident.Incident, after time.Time) time.Time {
	first := time.Time{}
	for _, s := range i.Steps {
		if s.Started.After(after) && (first.IsZero() || s.Started.Before(first)) {
			first = s.Started
		}
	}
	return first
}

// took is how long the restoration took. The clocks of AWS and of the guard can differ.
func took(before mark, i incident.Incident) (time.Duration, bool) {
	from := i.Attack
	switch {
	case !before.restored.IsZero():
		from = firstCall(i, before.restored)
	case from.IsZero():
		from = i.Seen
	}
	return max(i.Restored.Sub(from), 0), !from.IsZero()
}
