package incident

// Ended says whether nothing more will become of an incident by itself. The others still owe something: an action,
// another attempt, a reading, the proof of delivery, or, where the guard may not act, that somebody else ends the drift.
func (s Stage) Ended() bool {
	switch s {
	case Proved, Observed, Planned:
		return true
	default:
		return false
	}
}
