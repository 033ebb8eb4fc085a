package canary

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxTries bounds how often a canary that came is noted, when others write to its entry.
const maxTries = 5

// Recognise takes the events of the canary out of records, and notes that it came. It returns the other records, and how the
// canary fared if these told for the first time that it came. What it cannot settle stays among the records: the guard
// then tells of it.
func (c *Canary) Recognise(ctx context.Context, records []record.Record) (others []record.Record, came *Sent) {
	for _, r := range records {
		nonce, ok := c.nonceOf(r)
		if !ok || !c.sent(ctx, nonce) {
			others = append(others, r)
			continue
		}
		if s := c.note(ctx, nonce); s != nil {
			came = s
		}
	}
	return others, came
}

// Others takes the events of the canary out of records, as Recognise does, and notes nothing: it is for a second guard that shares
// the journal, which must not answer for the first one.
func (c *Canary) Others(ctx context.Context, records []record.Record) (others []record.Record) {
	for _, r := range records {
		if nonce, ok := c.nonceOf(r); !ok || !c.sent(ctx, nonce) {
			others = append(others, r)
		}
	}
	return others
}

// nonceOf reads the nonce of what may be a canary's event: a call that did nothing but set or remove the canary's tag of
// this trail.
func (c *Canary) nonceOf(r record.Record) (string, bool) {
	if r.EventSource != "cloudtrail.amazonaws.com" || r.EventName != "AddTags" && r.EventName != "RemoveTags" || r.ErrorCode != "" {
		return "", false
	}
	var in struct {
		ResourceID string `json:"resourceId"`
		TagsList   []struct{ Key, Value string }
	}
	if json.Unmarshal(r.RequestParameters, &in) != nil || in.ResourceID != c.trail.ARN || len(in.TagsList) != 1 || in.TagsList[0].Key != TagKey {
		return "", false
	}
	return in.TagsList[0].Value, true
}

// sent says whether a nonce is that of the last canary, and not older than its events can be.
func (c *Canary) sent(ctx context.Context, nonce string) bool {
	entry, err := c.entry(ctx)
	return err == nil && isNonce(entry, nonce)
}

func isNonce(entry incident.Incident, nonce string) bool {
	return len(entry.EventIDs) == 1 && time.Since(entry.Seen) < late && subtle.ConstantTimeCompare([]byte(entry.EventIDs[0]), []byte(nonce)) == 1
}

// note notes that the canary came. It returns nil if that was known, or could not be noted: then it is overdue some day, which
// is the lesser evil.
func (c *Canary) note(ctx context.Context, nonce string) *Sent {
	for range maxTries {
		entry, err := c.entry(ctx)
		if err != nil || !isNonce(entry, nonce) || !entry.Proved.IsZero() {
			return nil
		}
		entry.Stage, entry.Proved = incident.Proved, time.Now().UTC()
		saved, err := c.journal.Save(ctx, entry)
		if err == nil {
			s := sentOf(c.trail.ARN, saved)
			return &s
		}
		if !errors.Is(err, guard.ErrConflict) {
			return nil
		}
	}
	return nil
}

// Observer makes an observer blind to the canary's tag, and to nothing else: a sweep that happens to look while the tag is on the
// trail would take it for drift.
func (c *Canary) Observer(observer guard.Observer) guard.Observer { return blind{observer, c} }

type blind struct {
	guard.Observer
	canary *Canary
}

// Observe implements guard.Observer.
func (b blind) Observe(ctx context.Context, want trail.Guarded) trail.State {
	state := b.Observer.Observe(ctx, want)
	tags, known := state.Tags.Get()
	if nonce, tagged := tags[TagKey]; known && tagged && want.ARN == b.canary.trail.ARN && b.canary.sent(ctx, nonce) {
		others := maps.Clone(tags)
		delete(others, TagKey)
		state.Tags = trail.Known(others)
	}
	return state
}
