package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
)

// pass reads all that is left, in all regions at once: AWS's limit holds for each by itself.
func (r *run) pass(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reading sync.WaitGroup
	for n := range r.manifest.Regions {
		name := r.manifest.Regions[n].Region
		reading.Go(func() {
			if err := r.region(ctx, n, name); err != nil {
				cancel(err) // what cannot be kept need not be read
			}
			r.ended(n)
		})
	}
	reading.Wait()
	return context.Cause(ctx)
}

// region reads what is left of one region, oldest slice first: it is the first to fall out of Event history. The error is one of
// the store, or of ctx.
func (r *run) region(ctx context.Context, n int, name string) error {
	left := r.open(n)
	oldest := time.Now().UTC().Add(-Kept).Truncate(time.Second)
	var spans []Span
	for _, s := range left {
		if old := (Span{s.From, earliest(s.To, oldest)}); !old.empty() {
			r.missed(n, old, "older than the 90 days that Event history keeps")
			s.From = old.To
		}
		spans = append(spans, s)
	}
	for _, slice := range slicesOf(spans, r.window) {
		err := r.slice(ctx, n, name, slice)
		var unread *unreadError
		switch {
		case errors.As(err, &unread):
			r.giveUp(n, unread, append([]Span{unread.left}, slicesAfter(spans, slice.To)...))
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// giveUp notes all that is left of a region as unread.
func (r *run) giveUp(n int, unread *unreadError, rest []Span) {
	r.Log.Warn("Event history cannot be read", "region", unread.region, "error", unread.err)
	for _, s := range rest {
		r.missed(n, s, plain.Text(unread.err.Error(), maxWhy))
	}
}

// slicesAfter is what of the spans begins at or after a time.
func slicesAfter(spans []Span, from time.Time) (rest []Span) {
	for _, s := range spans {
		if s.From = latest(s.From, from); !s.empty() {
			rest = append(rest, s)
		}
	}
	return rest
}

// maxWhy is how much of an error a gap keeps, in characters.
const maxWhy = 300

// unreadError means that Event history could not be read; left is the time that was not.
type unreadError struct {
	region string
	left   Span
	err    error
}

func (e *unreadError) Error() string { return e.region + ": " + e.err.Error() }
func (e *unreadError) Unwrap() error { return e.err }

// slice reads a slice in one part, or in several if it holds too much for one: each time the newest of what is left.
func (r *run) slice(ctx context.Context, n int, name string, left Span) error {
	for whole := left; !left.empty(); {
		began := time.Now()
		p := &part{run: r, number: n, region: name, slice: whole, span: left}
		if err := p.read(ctx); err != nil {
			return err
		}
		f, err := r.keep(ctx, name, p.span, p.events)
		if err != nil {
			return err
		}
		settled := !p.span.To.Add(r.Lag).After(began)
		r.book.read(n, p.span, f, settled && p.why == "")
		if p.why != "" {
			r.missed(n, p.span, p.why)
		}
		if r.due() {
			if err := r.save(ctx); err != nil {
				return err
			}
		}
		left.To = p.span.From
	}
	return nil
}

// Bounds of one part. A month of a busy account does not fit into the memory of a small machine; intruders can make it busy.
const (
	maxPartEvents = 10_000
	maxPartBytes  = 8 << 20
	// hardFactor is by how much a second, which cannot be cut, may exceed the bounds.
	hardFactor = 4
	maxPages   = 4000 // some may be empty
	maxRestart = 3    // after a token that was refused, without anything read
)

// part is a time that is read at once, newest event first.
type part struct {
	*run
	number int
	region string
	slice  Span // that it is a part of
	span   Span // that is read; its beginning moves up where there is too much

	events   []Event
	bytes    int
	oldest   time.Time // of the events so far
	unsorted bool      // the order is not what AWS says it is
	why      string    // something is missing in spite of all
}

// read fills events with those of span. Where that is too much, or the token of the next page is refused, it keeps what is
// certain to be whole, the newest seconds, and cuts span to it.
func (p *part) read(ctx context.Context) error {
	restarts := 0
	for {
		p.events, p.bytes, p.oldest = nil, 0, p.span.To
		refused, err := p.pages(ctx)
		switch {
		case err != nil:
			return err
		case refused && !p.cut():
			if restarts++; restarts > maxRestart {
				p.span.From, p.why = p.span.To.Add(-time.Second), ErrToken.Error()
				return nil
			}
			continue
		case p.unsorted && p.events == nil: // cut in half: read it again
			p.unsorted = false
			continue
		}
		return nil
	}
}

// pages reads page after page, until there is none or it is enough. refused means that there are more, which cannot be had.
func (p *part) pages(ctx context.Context) (refused bool, err error) {
	token := ""
	for range maxPages {
		page, err := p.page(ctx, token)
		if errors.Is(err, ErrToken) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		p.take(page.Events)
		p.reached(p.number, p.span, p.oldest)
		token = page.Next
		switch {
		case token == "":
			return false, nil
		case p.full(1) && p.cut():
			return false, nil
		case p.full(hardFactor):
			p.span.From, p.why = p.oldest, "more events in one second than are read"
			return false, nil
		}
	}
	if !p.cut() {
		p.why = fmt.Sprintf("more than %d pages", maxPages)
	}
	return false, nil
}

func (p *part) take(events []Event) {
	for _, e := range events {
		e.Time = e.Time.UTC().Truncate(time.Second)
		if !p.span.has(e.Time) {
			continue
		}
		p.unsorted = p.unsorted || e.Time.After(p.oldest)
		p.oldest = earliest(p.oldest, e.Time)
		p.events, p.bytes = append(p.events, e), p.bytes+len(e.Raw)
	}
}

func (p *part) full(factor int) bool {
	return len(p.events) > factor*maxPartEvents || p.bytes > factor*maxPartBytes
}

// cut drops the oldest second, of which there may be more, and says whether anything is left. Where the order cannot be
// relied on, the newer half is read again.
func (p *part) cut() bool {
	if p.unsorted {
		half := p.span.From.Add(p.span.length() / 2).Truncate(time.Second)
		if !half.After(p.span.From) {
			return false
		}
		p.span.From, p.events = half, nil
		return true
	}
	whole := p.oldest.Add(time.Second)
	if !whole.Before(p.span.To) {
		return false
	}
	p.span.From = whole
	p.events = slices.DeleteFunc(p.events, func(e Event) bool { return e.Time.Before(whole) })
	return true
}

// Patience with one page. Whoever may look up events can use up the limit that we share with him.
const (
	maxTries     = 8
	firstBackoff = time.Second
	longBackoff  = 30 * time.Second
)

// page asks for a page, and again where that may help.
func (p *part) page(ctx context.Context, token string) (Page, error) {
	for try := 0; ; try++ {
		page, err := p.history.HistoryPage(ctx, p.region, p.span.From, p.span.To.Add(-time.Second), token)
		switch {
		case err == nil, errors.Is(err, ErrToken):
			return page, err
		case ctx.Err() != nil:
			return Page{}, ctx.Err()
		case guard.ClassOf(err) != guard.ClassRetry, try == maxTries-1:
			return Page{}, &unreadError{p.region, Span{p.slice.From, p.span.To}, err}
		}
		if !pause(ctx, min(firstBackoff<<try, longBackoff)) {
			return Page{}, ctx.Err()
		}
	}
}
