// Package canary proves that a call on a guarded trail still wakes the guard. It tags the trail and takes the tag away again: a
// change that harms nothing, and that comes by the same rules, buses and permissions as an intruder's. The tag holds a word that
// nobody else knows, a nonce. The guard's side notes that it came; the next look tells if it did not.
//
// An event is a canary only while its nonce is the one that the journal has for that trail, so that nobody can hide a call behind
// the canary's tag.
package canary

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// TagKey is the key of the canary's tag.
const TagKey = "trailhold-canary"

const (
	// Deadline is when a canary is overdue. EventBridge delivers within seconds, and rarely within minutes.
	Deadline = 10 * time.Minute

	// late is for how long the nonce of a canary is taken for one: its events can be delivered again, or late.
	late = time.Hour

	// callTimeout bounds the removal of the tag, which is tried even if the invocation has ended.
	callTimeout = 5 * time.Second
)

// Tagger changes tags of trails.
type Tagger interface {
	AddTag(ctx context.Context, region, arn, key, value string) error
	RemoveTag(ctx context.Context, region, arn, key, value string) error
}

// Reporter tells people of what is wrong: guard.Guard does.
type Reporter interface {
	Report(ctx context.Context, f guard.Finding) (*incident.Incident, error)
}

// Canary keeps one trail's canary. It is safe for concurrent use, by several processes that share the journal, too.
type Canary struct {
	trail    trail.Guarded
	account  string
	tagger   Tagger
	journal  guard.Journal
	reporter Reporter
}

// New makes the canary of a baseline: that of its first trail. It is nil if no trail may be changed.
func New(b trail.Baseline, tagger Tagger, journal guard.Journal, reporter Reporter) *Canary {
	n := slices.IndexFunc(b.Trails, func(g trail.Guarded) bool { return g.Restore != trail.RestoreNone })
	if n < 0 {
		return nil
	}
	return &Canary{b.Trails[n], b.Account, tagger, journal, reporter}
}

// Sent is what is known of the last canary.
type Sent struct {
	Trail   string        `json:"trail"` // ARN
	At      time.Time     `json:"at"`
	Came    time.Time     `json:"came,omitzero"` // zero: it has not come through yet
	Pending bool          `json:"pending"`       // and it may still come
	Took    time.Duration `json:"tookNanoseconds,omitempty"`
}

// entryOf is the id under which the journal has the last canary of a trail.
func entryOf(arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return "canary-" + hex.EncodeToString(sum[:8])
}

// Send sends a canary, unless the last one is still on its way. That one is overdue is told first.
func (c *Canary) Send(ctx context.Context) (Sent, error) {
	entry, err := c.entry(ctx)
	if err != nil {
		return Sent{}, err
	}
	if entry.Stage == incident.Open && time.Since(entry.Seen) < Deadline {
		return sentOf(c.trail.ARN, entry), nil
	}
	_, overdueErr := c.Check(ctx)
	if entry, err = c.entry(ctx); err != nil {
		return Sent{}, errors.Join(err, overdueErr)
	}
	entry.Stage, entry.Seen, entry.Proved, entry.EventIDs = incident.Open, time.Now().UTC(), time.Time{}, []string{newNonce()}
	if entry, err = c.journal.Save(ctx, entry); err != nil { // before the call, whose event may be faster than its answer
		return Sent{}, errors.Join(fmt.Errorf("the journal cannot remember a canary: %w", err), overdueErr)
	}
	return sentOf(c.trail.ARN, entry), errors.Join(c.tag(ctx, entry), overdueErr)
}

func newNonce() string {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails: crypto/rand
	return hex.EncodeToString(nonce[:])
}

// tag sets the tag and takes it away, even if setting it seems to have failed: its answer may only have been lost.
func (c *Canary) tag(ctx context.Context, entry incident.Incident) error {
	nonce := entry.EventIDs[0]
	addErr := c.tagger.AddTag(ctx, c.trail.HomeRegion, c.trail.ARN, TagKey, nonce)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if err := c.tagger.RemoveTag(ctx, c.trail.HomeRegion, c.trail.ARN, TagKey, nonce); err != nil {
		return errors.Join(addErr, fmt.Errorf("the canary's tag stays on the trail until the next sweep: %w", err))
	}
	return addErr
}

// entry is what the journal has of the last canary, or a new entry.
func (c *Canary) entry(ctx context.Context) (incident.Incident, error) {
	i, err := c.journal.Get(ctx, entryOf(c.trail.ARN))
	switch {
	case errors.Is(err, guard.ErrNotFound):
		return incident.Incident{
			ID: entryOf(c.trail.ARN), TrailARN: "canary of " + c.trail.ARN, Account: c.account, Region: c.trail.HomeRegion,
			Cause: incident.CauseCanary, Stage: incident.Observed, Severity: severity.Info,
		}, nil
	case err != nil:
		return i, fmt.Errorf("the last canary cannot be read from the journal: %w", err)
	case i.Cause != incident.CauseCanary || len(i.EventIDs) != 1:
		return i, fmt.Errorf("the journal's entry %s is no canary: somebody has changed it", i.ID)
	}
	return i, nil
}

// Last tells what is known of the last canary; ok is false if there was none.
func (c *Canary) Last(ctx context.Context) (last Sent, ok bool, err error) {
	entry, err := c.entry(ctx)
	return sentOf(c.trail.ARN, entry), err == nil && len(entry.EventIDs) == 1, err
}

// LastOf tells what a guard's journal knows of the last canary of a trail; ok is false if there was none.
func LastOf(ctx context.Context, arn string, journal guard.Journal) (last Sent, ok bool, err error) {
	c := &Canary{journal: journal}
	c.trail.ARN = arn
	return c.Last(ctx)
}

func sentOf(arn string, i incident.Incident) Sent {
	s := Sent{Trail: arn, At: i.Seen, Came: i.Proved, Pending: i.Stage == incident.Open}
	if !s.Came.IsZero() {
		s.Took = max(s.Came.Sub(s.At), 0)
	}
	return s
}

// Check tells people if the last canary is overdue, once.
func (c *Canary) Check(ctx context.Context) (*incident.Incident, error) {
	entry, err := c.entry(ctx)
	if err != nil || entry.Stage != incident.Open || time.Since(entry.Seen) < Deadline {
		return nil, err
	}
	found, err := c.reporter.Report(ctx, guard.Finding{
		Cause: incident.CauseCanary, TrailARN: c.trail.ARN, Region: c.trail.HomeRegion, ID: "canary-" + entry.EventIDs[0], Severity: severity.High,
		Summary: fmt.Sprintf("a harmless change of the trail at %s UTC led to no event within %s", entry.Seen.UTC().Format(time.DateTime), Deadline),
	})
	if err != nil {
		return found, err
	}
	entry.Stage = incident.Observed
	if _, err = c.journal.Save(ctx, entry); errors.Is(err, guard.ErrConflict) {
		err = nil // it came after all, or another one has told
	}
	return found, err
}
