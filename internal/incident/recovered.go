package incident

import (
	"slices"
	"time"
)

// Bounds of what an incident tells of the recovered events. The evidence has all of it.
const (
	MaxRecoveredActors  = 20
	MaxRecoveredCalls   = 15 // kinds of calls of one actor
	MaxRecoveredRegions = 40 // regions of one actor, or of one kind of call
	MaxRecoveredGaps    = 20
)

// Recovered tells what Event history had of the time of a blind window: who did what while the lights were off.
type Recovered struct {
	At       time.Time `json:"at"` // when it was read
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Evidence string    `json:"evidence"`       // directory or s3:// prefix of the manifest and the files
	Manifest string    `json:"manifestSha256"` // hex digest of the manifest
	Attempts int       `json:"attempts"`       // how often it was tried
	Complete bool      `json:"complete"`       // all that Event history can have of that time was read

	Regions   int `json:"regions"`
	Records   int `json:"records"`
	Writes    int `json:"writes"`    // that are not read-only
	Sensitive int `json:"sensitive"` // that give access, hide traces, take data or destroy
	Errors    int `json:"errors"`    // calls that failed

	Gaps        []string         `json:"gaps,omitempty"` // what could not be read, and why
	Actors      []RecoveredActor `json:"actors,omitempty"`
	OtherActors int              `json:"otherActors,omitempty"` // that are not listed
}

// RecoveredActor is one who made calls in that time. All of it is hostile text.
type RecoveredActor struct {
	Actor
	Suspect    bool            `json:"suspect,omitempty"` // the incident's actor, or one with the same access key
	Calls      int             `json:"calls"`
	Writes     int             `json:"writes"`
	Sensitive  int             `json:"sensitive"`
	Errors     int             `json:"errors"`
	First      time.Time       `json:"first"`
	Last       time.Time       `json:"last"`
	Regions    []string        `json:"regions"`
	Made       []RecoveredCall `json:"made"` // the sensitive ones first
	OtherCalls int             `json:"otherCalls,omitempty"`
}

// RecoveredCall is all calls of one operation by one actor.
type RecoveredCall struct {
	Source    string    `json:"eventSource"`
	Name      string    `json:"eventName"`
	Count     int       `json:"count"`
	Errors    int       `json:"errors,omitempty"`
	ErrorCode string    `json:"errorCode,omitempty"` // of the first that failed
	Write     bool      `json:"write,omitempty"`
	Sensitive bool      `json:"sensitive,omitempty"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	Regions   []string  `json:"regions"`
}

// Suspects says whether an actor is the incident's: the same identity, or the same access key.
func (i Incident) Suspects(a Actor) bool {
	return i.Actor.Known() && (i.Actor.Same(a) || i.Actor.AccessKeyID != "" && i.Actor.AccessKeyID == a.AccessKeyID)
}

// Margins of the time that is read: clocks differ, a start takes effect after a while, and where nobody saw the
// beginning, it is looked for on the day before.
const (
	recoverMargin = time.Minute
	recoverBefore = 24 * time.Hour
)

// Recoverable is the time and the regions of which Event history has what the trail does not. guessed says that nobody
// knows when the window began. ok is false if there is nothing to recover. now ends a window that is still open.
func (i Incident) Recoverable(now time.Time) (from, to time.Time, regions []string, guessed, ok bool) {
	for _, w := range i.Blind {
		if w.Recovery != FromEventHistory || w.Copy != CopyLogFiles {
			continue
		}
		begin, end := w.From, w.To
		switch {
		case begin.IsZero() && !w.To.IsZero() && w.To.Equal(i.Attack):
			continue // what was deleted may be as old as the trail: that is for --from
		case begin.IsZero():
			begin, guessed = i.Seen.Add(-recoverBefore), true
		}
		if end.IsZero() {
			end = now
		}
		if !ok || begin.Before(from) {
			from = begin
		}
		if !ok || end.After(to) {
			to = end
		}
		for _, r := range w.Regions {
			if !slices.Contains(regions, r) {
				regions = append(regions, r)
			}
		}
		ok = true
	}
	if !ok {
		return from, to, nil, false, false
	}
	from = from.Add(-recoverMargin).Truncate(time.Second)
	to = to.Add(recoverMargin + time.Second).Truncate(time.Second)
	return from.UTC(), to.UTC(), regions, guessed, true
}

func (r *Recovered) timesToUTC() *Recovered {
	if r == nil {
		return nil
	}
	c := *r
	c.At, c.From, c.To = utc(r.At), utc(r.From), utc(r.To)
	c.Actors = slices.Clone(r.Actors)
	for n := range c.Actors {
		a := &c.Actors[n]
		a.First, a.Last, a.Regions = utc(a.First), utc(a.Last), present(a.Regions)
		a.Made = present(slices.Clone(a.Made))
		for m := range a.Made {
			call := &a.Made[m]
			call.First, call.Last, call.Regions = utc(call.First), utc(call.Last), present(call.Regions)
		}
	}
	return &c
}
