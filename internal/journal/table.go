package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
)

const (
	// DefaultKeep is how long an incident is kept after its last change, once it has ended: a year, and time to notice.
	DefaultKeep = 400 * 24 * time.Hour

	// maxKeepDays is 100 years.
	maxKeepDays = 36_500

	// maxListed is how many incidents Recent returns at most.
	maxListed = 10_000

	// maxUnanswered bounds what is remembered of saves that got no answer.
	maxUnanswered = 1000
)

// Table keeps incidents in a table that many processes share. It is a guard.Journal.
type Table struct {
	rows Rows
	keep time.Duration

	mu         sync.Mutex
	unanswered map[string]bool // writers of saves that failed and may have taken effect all the same
}

// NewTable makes a journal of rows. Incidents that have ended may be deleted when they have not changed for so long;
// others are kept.
func NewTable(rows Rows, keep time.Duration) *Table {
	return &Table{rows: rows, keep: keep, unanswered: map[string]bool{}}
}

// ParseKeep reads how long incidents are kept, as a whole number of days; empty stands for DefaultKeep.
func ParseKeep(days string) (time.Duration, error) {
	if days == "" {
		return DefaultKeep, nil
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 1 || n > maxKeepDays {
		return 0, fmt.Errorf("%q is not a number of days: give 1 to %d", days, maxKeepDays)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// Save implements guard.Journal. An incident that is too large for the table is stored without its records, or whatever
// else has to go, and has a note about it.
//
// A save that got no answer may have taken effect. The next save of the same version by this process then finds its own
// work, which is no conflict: were it one, this guard would think that another one tells people.
func (t *Table) Save(ctx context.Context, i incident.Incident) (incident.Incident, error) {
	if err := errors.Join(ctx.Err(), validID(i.ID)); err != nil {
		return i, fmt.Errorf("journal: %w", err)
	}
	saved, stored, err := t.put(ctx, i)
	if errors.Is(err, guard.ErrConflict) && stored.Version == i.Version+1 && t.wrote(stored.Writer) {
		again := i
		again.Version = stored.Version
		saved, _, err = t.put(ctx, again)
	}
	if err != nil {
		return i, fmt.Errorf("journal: incident %s: %w", i.ID, err)
	}
	return saved, nil
}

func (t *Table) put(ctx context.Context, i incident.Incident) (saved incident.Incident, stored Row, err error) {
	body, saved, err := fit(i)
	if err != nil {
		return i, Row{}, err
	}
	h := headOf(saved)
	row := Row{ID: i.ID, Version: saved.Version, Writer: rand.Text(), Body: body, Time: h.ranked(), Trail: ofTrail(h.TrailARN, h.ranked())}
	if h.Stage.Ended() {
		row.Expires = time.Now().Add(t.keep)
	}
	stored, err = t.rows.Put(ctx, row, i.Version)
	switch {
	case err == nil:
		return saved, Row{}, nil
	case stored.Writer == row.Writer, i.Version == 0 && stored.Opener == row.Writer:
		// The call was repeated because its first answer was lost. It took effect, even if others have gone on from there.
		return saved, Row{}, nil
	case !errors.Is(err, guard.ErrConflict):
		t.noteUnanswered(row.Writer)
	}
	return i, stored, err
}

func (t *Table) noteUnanswered(writer string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.unanswered) >= maxUnanswered {
		clear(t.unanswered)
	}
	t.unanswered[writer] = true
}

// wrote says whether a row was written by this process without its knowing.
func (t *Table) wrote(writer string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unanswered[writer]
}

// Get implements guard.Journal.
func (t *Table) Get(ctx context.Context, id string) (incident.Incident, error) {
	if err := errors.Join(ctx.Err(), validID(id)); err != nil {
		return incident.Incident{}, fmt.Errorf("journal: %w", err)
	}
	row, err := t.rows.Get(ctx, id)
	if err != nil {
		return incident.Incident{}, fmt.Errorf("journal: incident %s: %w", id, err)
	}
	return unpack(row)
}

// Recent implements guard.Journal. If some items hold no readable incident it returns all the others, and an error that
// names those. It returns no more than the newest 10,000, and an error if there are more.
func (t *Table) Recent(ctx context.Context, trailARN string, since time.Time) ([]incident.Incident, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	var found []incident.Incident
	var damage []error
	err := t.rows.List(ctx, spanSince(trailARN, since), func(row Row) error {
		if len(found)+len(damage) == maxListed {
			return fmt.Errorf("there are more than %d incidents; the older ones are left out", maxListed)
		}
		if i, err := unpack(row); err != nil {
			damage = append(damage, err)
		} else {
			found = append(found, i)
		}
		return nil
	})
	if err != nil {
		damage = append(damage, fmt.Errorf("journal: %w", err))
	}
	newestFirst(found)
	return found, errors.Join(damage...)
}
