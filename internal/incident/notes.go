package incident

import (
	"slices"
	"strings"
	"time"
)

// What a search in Event history for the actor of an incident came to. An incident has at most one of them as a note, or
// as the beginning of one.
const (
	ActorNotYet   = "Event history does not yet tell who did it; it can lag by 15 minutes and more. The next sweeps will look again."
	ActorUnknown  = "Who did it is not known: Event history holds no record that explains the drift"
	ActorNotAsked = "Who did it is not known, and Event history was not asked: this guard has no access to it."
)

// ContestNote begins the note that tells of a contest, with the evidence.
const ContestNote = "A contest: "

// ActorSearch is the note that says how far the search for the actor came; it is empty if there was none, or if it found one.
func (i Incident) ActorSearch() string {
	n := slices.IndexFunc(i.Notes, isActorSearch)
	if n < 0 {
		return ""
	}
	return i.Notes[n]
}

// Identify notes that the actor became known at a time after the incident was opened. What a search came to before is out of date.
func (i *Incident) Identify(at time.Time) {
	i.Identified = at
	i.Notes = slices.DeleteFunc(slices.Clone(i.Notes), isActorSearch)
}

func isActorSearch(note string) bool {
	return note == ActorNotYet || note == ActorNotAsked || strings.HasPrefix(note, ActorUnknown)
}

// Contest is the evidence that somebody keeps undoing what the guard restores, an agent's name among it, which is hostile
// text. ok is false if nobody does.
func (i Incident) Contest() (evidence string, ok bool) {
	for _, note := range i.Notes {
		if evidence, ok = strings.CutPrefix(note, ContestNote); ok {
			return evidence, true
		}
	}
	return "", false
}

// OtherNotes are the notes that neither ActorSearch nor Contest tells.
func (i Incident) OtherNotes() []string {
	return slices.DeleteFunc(slices.Clone(i.Notes), func(note string) bool {
		return isActorSearch(note) || strings.HasPrefix(note, ContestNote)
	})
}
