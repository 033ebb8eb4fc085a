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

// unprovedNote marks an incident that was restored, but whose delivery does not come.
const unprovedNote = "No fresh delivery has been seen since the restoration, although it is overdue: the trail says that it records, but nothing proves it."

// MarkUnproved notes that fresh delivery is overdue.
func (i *Incident) MarkUnproved() { i.AddNote(unprovedNote) }

// Unproved says whether fresh delivery is overdue.
func (i Incident) Unproved() bool {
	return i.Stage == Restored && slices.Contains(i.Notes, unprovedNote)
}
