package incident

import "strings"

// What verifications of delivered logs find. An incident's note begins with one of them.
const (
	logsBroken   = "The delivered logs are not whole: "
	logsUnproved = "The delivered logs could not all be verified: "
)

// AddVerification makes the incident about delivered logs. The summary says in a few words what is wrong with them, if
// they are broken, or what could not be settled.
func (i *Incident) AddVerification(broken bool, summary string) {
	i.Cause = CauseVerification
	if broken {
		i.AddNote(logsBroken + summary)
		return
	}
	i.AddNote(logsUnproved + summary)
}

// Verification tells what a verification of delivered logs found: in a few words, and in detail, which is hostile text.
// ok is false for incidents that are about a trail.
func (i Incident) Verification() (broken bool, summary string, details []string, ok bool) {
	for _, note := range i.Notes {
		if text, found := strings.CutPrefix(note, logsBroken); found {
			broken, summary = true, text
		} else if text, found := strings.CutPrefix(note, logsUnproved); found {
			summary = text
		} else {
			details = append(details, note)
		}
	}
	return broken, summary, details, i.Cause == CauseVerification
}
