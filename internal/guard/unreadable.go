package guard

import (
	"context"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/severity"
)

// ReportUnreadable tells people of a message that holds no readable record. Losing it silently would be a way around
// the guard; each different message is told once, however often it is delivered. The source is what it came from: see
// incident.FromQueue and its likes.
func (g *Guard) ReportUnreadable(ctx context.Context, source string, message []byte, cause error) error {
	id := incident.MessageID(message)
	seen := time.Now().UTC()
	known, _ := g.recall(ctx, source, seen) // a journal that is down shows when the incident is saved
	if slices.ContainsFunc(known, func(k incident.Incident) bool { return slices.Contains(k.EventIDs, id) }) {
		return nil
	}
	i, fate := g.blank(source, id, incident.CauseEvent, seen), opens
	i.Stage, i.Severity = incident.Observed, severity.High
	if again := repeated(known, i); again != nil { // whoever may write to the queue must not be able to fill mailboxes
		i, fate = *again, flood
	}
	i.AddMessage(message, oneLine(cause))
	_, err := g.record(ctx, i, fate, whoSaves)
	return err
}
