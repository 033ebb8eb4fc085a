package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/severity"
)

// maxUnreadableKept bounds how much of an unreadable message goes into the alert.
const maxUnreadableKept = 2048

// ReportUnreadable tells people of a message that holds no readable record. Losing it silently would be a way around
// the guard; each different message is told once, however often it is delivered.
func (g *Guard) ReportUnreadable(ctx context.Context, source string, message []byte, cause error) error {
	sum := sha256.Sum256(message)
	id := "message-" + hex.EncodeToString(sum[:16])
	seen := time.Now().UTC()
	known, _ := g.recall(ctx, source, seen) // a journal that is down shows when the incident is saved
	if slices.ContainsFunc(known, func(k incident.Incident) bool { return slices.Contains(k.EventIDs, id) }) {
		return nil
	}
	i := g.blank(source, id, incident.CauseEvent, seen)
	i.Stage, i.Severity, i.Occurrences = incident.Observed, severity.High, 1
	i.EventIDs = []string{id}
	kept := message[:min(len(message), maxUnreadableKept)]
	quoted, err := json.Marshal(string(kept))
	if err == nil {
		i.Records = []json.RawMessage{quoted}
	}
	i.AddNote("A message could not be read: " + oneLine(cause))
	i.AddNote("It was not deleted: after its retries it goes to the dead-letter queue, if there is one. All trails are looked at by the next sweep.")
	fate := opens
	if again := repeated(known, i); again != nil { // whoever may write to the queue must not be able to fill mailboxes
		again.Occurrences++
		again.EventIDs = append(again.EventIDs, id)
		again.AddNote("More such messages keep coming; they are folded into this incident.")
		i, fate = *again, flood
	}
	_, err = g.record(ctx, i, fate)
	return err
}
