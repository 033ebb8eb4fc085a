package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Rows is a table of a database with one row per incident, as DynamoDB offers it. Every call sees all that was stored
// before it began. Errors of the service are returned as they are: that the table cannot be found is not ErrNotFound.
type Rows interface {
	// Put stores a row if the one that is stored has version over; 0 means that there must be none. Otherwise it
	// returns guard.ErrConflict, with the row that is there instead if there is one.
	Put(ctx context.Context, row Row, over int) (stored Row, err error)

	// Get returns the row of an incident, or guard.ErrNotFound.
	Get(ctx context.Context, id string) (Row, error)

	// List hands over the rows of a span, from its end to its beginning. An error of each ends it and is returned unchanged.
	List(ctx context.Context, span Span, each func(Row) error) error
}

// Row is an incident as a table stores it.
type Row struct {
	ID      string
	Version int
	Writer  string // which save wrote it: no two saves have the same
	Opener  string // the writer of version 1, which the table keeps by itself
	Body    []byte // the incident's JSON, compressed with gzip

	Time    string    // where it is in the index IndexTime
	Trail   string    // where it is in the index IndexTrail
	Expires time.Time // when it may be deleted; zero: never
}

// Index is an order of the rows.
type Index string

// The orders. In both, incidents that have not ended come after all others, so that one span holds everything that
// Recent has to return.
const (
	IndexTime  Index = "by-time"  // of all incidents, by the time seen
	IndexTrail Index = "by-trail" // the same, for each trail apart
)

// Span is what lies between two places of an index, both included.
type Span struct {
	Index    Index
	From, To string
}

const (
	// rankTime is a time so that texts are in the order of times.
	rankTime = "2006-01-02T15:04:05.000000000Z"

	rankOpen = "open " // comes after every digit
	rankEnd  = "~"     // comes after every rank
)

// ranked is the place of an incident in the index by time.
func (h head) ranked() string {
	if h.Stage.Ended() {
		return rankOf(h.Seen)
	}
	return rankOpen + rankOf(h.Seen)
}

// rankOf is the place of what was seen at a time. Times that have no four digits for their year are moved to those that do.
func rankOf(t time.Time) string {
	t = t.UTC()
	switch year := t.Year(); {
	case year < 1:
		t = time.Time{}
	case year > 9999:
		t = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return t.Format(rankTime)
}

// ofTrail puts a place into the part of the index by trail that is a trail's. The ARN can be any text that a record
// contained, and the key of an index is bounded: so a hash stands for it.
func ofTrail(arn, rank string) string {
	sum := sha256.Sum256([]byte(arn))
	return hex.EncodeToString(sum[:16]) + " " + rank
}

// spanSince holds what Recent returns.
func spanSince(trailARN string, since time.Time) Span {
	if trailARN == "" {
		return Span{IndexTime, rankOf(since), rankEnd}
	}
	return Span{IndexTrail, ofTrail(trailARN, rankOf(since)), ofTrail(trailARN, rankEnd)}
}
