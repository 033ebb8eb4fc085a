package incident

import (
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
)

// ClockSkew is how far AWS's clock and ours may be apart when the order of an event and a restoration is judged.
const ClockSkew = 5 * time.Second

// Relation says what a record is to an incident that is already known.
type Relation string

// The relations.
const (
	Unrelated Relation = "unrelated"
	Duplicate Relation = "duplicate" // its event id is already part of the incident: delivery is at least once
	Echo      Relation = "echo"      // it records a call that the guard itself made to end the incident
	Alike     Relation = "alike"     // it may record such a call, of which the answer was lost: only the state tells whose it was
	Late      Relation = "late"      // it happened before the incident's restoration: if nothing has drifted now, it is part of it
)

// Relate says what a record is to an incident.
//
// An echo is recognised by the request id that AWS gave to our call, never by who made it: a role name can be stolen,
// an answer's id cannot be known beforehand. Where the answer was lost, a call of the same name at the time of ours is
// alike, and no more than that: an intruder may have made it.
func Relate(r record.Record, i Incident) Relation {
	switch {
	case r.EventID != "" && slices.Contains(i.EventIDs, r.EventID):
		return Duplicate
	case slices.ContainsFunc(i.Steps, func(s StepResult) bool { return r.RequestID != "" && slices.Contains(s.RequestIDs, r.RequestID) }):
		return Echo
	case slices.ContainsFunc(i.Steps, func(s StepResult) bool { return s.resembles(r) }):
		return Alike
	case i.precedesEnd(r.EventTime):
		return Late
	}
	return Unrelated
}

// resembles says whether a record may be that of a call of the step whose answer was lost.
func (s StepResult) resembles(r record.Record) bool {
	elsewhere := r.Region != "" && s.Region != "" && r.Region != s.Region
	if !tamper.Records(r.EventName, string(s.Op)) || elsewhere || s.Attempts <= len(s.RequestIDs) {
		return false
	}
	from, to := s.Started.Add(-ClockSkew), s.Started.Add(s.Duration+ClockSkew)
	return !r.EventTime.Before(from) && !r.EventTime.After(to)
}

// precedesEnd says whether something that happened at t can belong to the incident: the trail was not restored yet.
func (i Incident) precedesEnd(t time.Time) bool {
	switch i.Stage {
	case Open, Failed:
		return true
	case Restored, Proved:
		return !t.After(i.Restored.Add(ClockSkew))
	}
	return false
}
