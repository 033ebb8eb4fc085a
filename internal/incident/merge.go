package incident

import (
	"encoding/json"
	"slices"
)

// Merge joins two accounts of the same incident, made by two guards at the same time. What the receiver found and did
// stands; what only the other knows is added. The result has the other's version, so that it can be saved over it.
func (i Incident) Merge(other Incident) Incident {
	ended := i.Stage != ChangeWindow
	i.Version = other.Version
	i.AddTechniques(other.Techniques...)
	i.AddDrifts(other.Drifts...)
	for _, id := range other.EventIDs {
		if !slices.Contains(i.EventIDs, id) && len(i.EventIDs) < maxEventIDs {
			i.EventIDs = append(i.EventIDs, id)
			i.Occurrences++
		}
	}
	i.Occurrences = max(i.Occurrences, other.Occurrences)
	for _, s := range other.Steps {
		if !slices.ContainsFunc(i.Steps, func(have StepResult) bool { return have.ID == s.ID }) {
			i.Steps = append(i.Steps, s)
		}
	}
	for _, t := range other.Told {
		if !slices.Contains(i.Told, t) {
			i.Told = append(i.Told, t)
		}
	}
	if i.Recovered == nil || other.Recovered != nil && other.Recovered.At.After(i.Recovered.At) {
		i.Recovered = other.Recovered
	}
	i.foldTime(other.Attack)
	if other.Seen.Before(i.Seen) {
		i.Seen = other.Seen
	}
	if i.Restored.IsZero() && !other.Restored.IsZero() || i.Stage == Observed {
		i.Stage, i.Restored, i.Proved = other.Stage, other.Restored, other.Proved
	}
	if i.Window != nil && (ended || other.Stage != ChangeWindow) {
		i.Stage = Observed // whoever ended a change window has ended it: it must not open again
	}
	return i
}

// Text is a value of a drift as compact JSON with sorted keys, for comparing and showing: the same whether it was just
// observed or has been through a journal.
func Text(value any) string {
	b, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	var plain any
	if err := json.Unmarshal(b, &plain); err != nil {
		return string(b)
	}
	sorted, err := json.Marshal(plain)
	if err != nil {
		return string(b)
	}
	return string(sorted)
}
