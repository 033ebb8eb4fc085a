package incident

import "strings"

// CauseCanary is that of the entry that remembers the last canary, and of the incident that one did not come through.
const CauseCanary Cause = "canary"

// canaryMissed begins the note of an incident about a canary that did not come through.
const canaryMissed = "A canary did not come through: "

// AddMissedCanary makes the incident about a canary that did not come through. The summary says how.
func (i *Incident) AddMissedCanary(summary string) {
	i.Cause = CauseCanary
	i.AddNote(canaryMissed + summary)
}

// MissedCanary tells how a canary did not come through; ok is false for all other incidents.
func (i Incident) MissedCanary() (summary string, ok bool) {
	for _, note := range i.Notes {
		if text, found := strings.CutPrefix(note, canaryMissed); found {
			return text, i.Cause == CauseCanary
		}
	}
	return "", false
}
