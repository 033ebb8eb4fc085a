package cli

import (
	"context"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/trail"
)

// auditJournal is what an audit takes from the guard's journal, which is read once: when people were last told, and the
// timeline of the page. Without a journal it is empty.
type auditJournal struct {
	incidents []incident.Incident // of the last year; nil without a journal
	err       error               // what could not be read of it
}

// auditJournal reads the journal. That there is none where one was named is an error; that a part of it cannot be read is not.
func (a *app) auditJournal(ctx context.Context, address string, now time.Time) (auditJournal, error) {
	if address == "" {
		return auditJournal{}, nil
	}
	j, err := a.openJournal(ctx, address)
	if err != nil {
		return auditJournal{}, err
	}
	const year = 365 * 24 * time.Hour
	incidents, err := j.Recent(ctx, "", now.Add(-year))
	return auditJournal{present(incidents), err}, nil
}

// alertedAt is when people were last told, as the journal has it.
func (j auditJournal) alertedAt() trail.Facet[time.Time] {
	var last time.Time
	for _, i := range j.incidents {
		for _, t := range i.Told {
			if t.At.After(last) && t.Error == "" {
				last = t.At
			}
		}
	}
	switch {
	case j.incidents == nil:
		return trail.Facet[time.Time]{}
	case !last.IsZero():
		return trail.Known(last)
	case j.err != nil:
		return trail.NotKnown[time.Time](j.err.Error())
	}
	return trail.Gone[time.Time]()
}
