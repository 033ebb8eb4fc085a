package incident

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// Bounds on what one incident keeps. Occurrences counts on beyond them.
const (
	maxEventIDs = 2000
	maxRecords  = 10
)

// ID makes the id of an incident from what it is about, so that two guards which see the same event at the same time
// name it alike and the journal's compare-and-swap lets only one of them open it.
func ID(trailARN, eventID string, seen time.Time) string {
	stamp := seen.UTC().Format("20060102T150405.000000000")
	key := trailARN + "\n" + eventID
	if eventID == "" {
		key += stamp
	}
	sum := sha256.Sum256([]byte(key))
	if eventID == "" {
		return "sweep-" + hex.EncodeToString(sum[:8])
	}
	return "event-" + hex.EncodeToString(sum[:8])
}

// Fold adds signals to the incident: its first actor and earliest time stay, its severity and techniques grow.
func (i *Incident) Fold(signals []tamper.Signal) {
	for _, s := range signals {
		i.Occurrences++
		i.foldTime(s.Record.EventTime)
		if actor := ActorOf(s.Record); !i.Actor.Known() {
			i.Actor = actor
		}
		if s.Record.EventID != "" && len(i.EventIDs) < maxEventIDs {
			i.EventIDs = append(i.EventIDs, s.Record.EventID)
		}
		if len(i.Records) < maxRecords {
			i.Records = append(i.Records, s.Record.Raw)
		}
	}
}

func (i *Incident) foldTime(t time.Time) {
	if !t.IsZero() && (i.Attack.IsZero() || t.Before(i.Attack)) {
		i.Attack = t
	}
}

// AddTechniques adds technique ids that are not there yet. Where something drifted, the most severe come first; what
// changed nothing is first of all an attempt.
func (i *Incident) AddTechniques(ids ...string) {
	i.Techniques = slices.Clone(i.Techniques)
	for _, id := range ids {
		if id != "" && !slices.Contains(i.Techniques, id) {
			i.Techniques = append(i.Techniques, id)
		}
	}
	if len(i.Drifts) == 0 {
		return
	}
	slices.SortStableFunc(i.Techniques, func(a, b string) int { return cmp.Compare(severityOf(b), severityOf(a)) })
}

// severityOf is a technique's severity in the tamper table.
func severityOf(id string) severity.Severity {
	t, _ := tamper.Lookup(id)
	return t.Severity
}

// AddDrifts adds drifts of fields that have not drifted in this incident yet, and lifts the severity to theirs.
func (i *Incident) AddDrifts(drifts ...trail.Drift) {
	for _, d := range drifts {
		i.Severity = max(i.Severity, d.Severity)
		if !slices.ContainsFunc(i.Drifts, d.Same) {
			i.Drifts = append(i.Drifts, d)
		}
	}
}

// AddNote adds a sentence for the reader, once.
func (i *Incident) AddNote(note string) {
	if !slices.Contains(i.Notes, note) {
		i.Notes = append(i.Notes, note)
	}
}

// WasTold says whether people were told about the incident in this way.
func (i Incident) WasTold(kind Kind) bool {
	return slices.ContainsFunc(i.Told, func(t Telling) bool { return t.Kind == kind && t.Error == "" })
}
