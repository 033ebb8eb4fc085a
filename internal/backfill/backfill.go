// Package backfill recovers what a trail did not record: it reads the management events of a time from Event history, which
// is there whether or not a trail is, and keeps them as evidence in the form of CloudTrail's log files, with a manifest
// that says what was read, what could not be, and what Event history cannot have.
//
// It can be interrupted at any point and goes on where it ended. It never claims to be complete where it is not.
package backfill

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"
)

// History is the Event history of one account.
type History interface {
	// HistoryPage returns one page of the management events of a region that happened at or after from, and at or before to,
	// newest first. token is the Next of the page before, empty for the first. It keeps to AWS's limit of two calls per second and
	// region. ErrToken means that the token is no longer good.
	HistoryPage(ctx context.Context, region string, from, to time.Time, token string) (Page, error)
}

// ErrToken means that Event history does not accept the token of the next page any more.
var ErrToken = errors.New("the token of the next page is not valid any more")

// Page is a part of an answer.
type Page struct {
	Events []Event
	Next   string // token of the next page; empty for the last
}

// Event is one event as Event history has it. All of it is hostile text.
type Event struct {
	ID   string
	Time time.Time // to the second
	Raw  string    // the record, as JSON
}

// Store is where evidence is kept. Names are relative paths with slashes.
type Store interface {
	// Put stores a file as a whole or not at all, in the place of the one that has the name.
	Put(ctx context.Context, name string, content []byte) error
	// Get reads a file of at most limit bytes. If there is none, the error is fs.ErrNotExist.
	Get(ctx context.Context, name string, limit int64) ([]byte, error)
	// Location says where the files are, for people.
	Location() string
}

// Request says what is wanted.
type Request struct {
	Account  string
	Incident string // its id; empty if the time is somebody's choice
	From, To time.Time
	Regions  []string
}

// usualLag is how long Event history is given until a time counts as complete. AWS speaks of 5 minutes on average, and
// promises nothing: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
const usualLag = 15 * time.Minute

// Kept is how long Event history keeps events.
const Kept = 90 * 24 * time.Hour

// Options tune a run.
type Options struct {
	// Lag is how long Event history is given until a time counts as complete. Default 15 minutes.
	Lag time.Duration
	// Wait makes the run wait until Lag after the end of the time, and read once more what may have been incomplete. Otherwise the
	// manifest says so.
	Wait bool
	// Tool is the name and version that the manifest gives.
	Tool string
	// Progress is told how far it has come, one call at a time. It must return soon.
	Progress func(Progress)
	// Log receives what is done. Default: nothing.
	Log *slog.Logger
}

// Progress is how far a run has come.
type Progress struct {
	Done           float64 // 0 to 1
	Records        int     // that were read in this run
	Regions, Ended int
	Waiting        time.Time // until when the run waits for Event history; zero if it does not
}

// Run reads what is wanted and not yet in the store, and writes it there. What could not be read is in the manifest's gaps and
// no error. An error means that the evidence could not be kept, or that ctx ended: calling Run again goes on from there.
func Run(ctx context.Context, history History, store Store, want Request, o Options) (Manifest, error) {
	o.Lag = cmp.Or(o.Lag, usualLag)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r, err := begin(ctx, history, store, want, o)
	if err != nil {
		return Manifest{}, err
	}
	for {
		err = r.pass(ctx)
		if err = errors.Join(err, r.save(ctx)); err != nil {
			return r.manifest, err
		}
		settled := r.manifest.settlesAt(o.Lag)
		if !o.Wait || !time.Now().Before(settled) {
			return r.manifest, nil
		}
		if !r.await(ctx, settled) {
			return r.manifest, ctx.Err()
		}
	}
}

// run is a Run under way.
type run struct {
	history History
	store   Store
	Options
	*book
}

// begin takes up the manifest that is there, or makes a new one.
func begin(ctx context.Context, history History, store Store, want Request, o Options) (*run, error) {
	now := time.Now().UTC()
	want.From, want.To = want.From.UTC().Truncate(time.Second), want.To.UTC().Truncate(time.Second)
	if want.To.After(now) {
		want.To = now.Truncate(time.Second)
	}
	m, err := Load(ctx, store)
	if err != nil {
		return nil, err
	}
	if m, err = m.extend(want, now); err != nil {
		return nil, err
	}
	m.Tool = o.Tool
	return &run{history: history, store: store, Options: o, book: newBook(m, o.Progress)}, nil
}

// await waits until a time, and tells that it does. false means that ctx ended first.
func (r *run) await(ctx context.Context, until time.Time) bool {
	r.waits(until)
	defer r.waits(time.Time{})
	return pause(ctx, time.Until(until))
}

// save writes the manifest, even if ctx has ended: what was read should not be read again.
func (r *run) save(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	return r.write(ctx, r.store)
}

// Bounds of saving the manifest.
const (
	saveTime  = 20 * time.Second
	savePause = 2 * time.Second // between two savings; what was read since is read again after a crash
)

func encode(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	return append(data, '\n'), err
}

// pause waits; false means that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
