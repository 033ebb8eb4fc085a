package incident

import "slices"

const unlistedNote = "This trail is not in the baseline: nothing was restored."

// MarkUnlisted notes that the incident is about a trail that the baseline does not know.
func (i *Incident) MarkUnlisted() { i.AddNote(unlistedNote) }

// Unlisted says whether the incident is about a trail that the baseline does not know: nobody can say what it should be.
func (i Incident) Unlisted() bool { return slices.Contains(i.Notes, unlistedNote) }

const unguardedNote = "What was touched is not in the baseline: nothing was compared or restored."

// MarkUnguarded notes that the incident is about something that is no trail, and that the baseline does not list: no state
// of it is known.
func (i *Incident) MarkUnguarded() { i.AddNote(unguardedNote) }

// Unguarded says whether the incident is about something that is no trail, and that the baseline does not list.
func (i Incident) Unguarded() bool { return slices.Contains(i.Notes, unguardedNote) }
