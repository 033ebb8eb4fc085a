package backfill

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// book keeps the manifest while regions are read at the same time, and tells how far they have come.
type book struct {
	progress func(Progress)
	account  string
	window   Span // the whole time

	mu       sync.Mutex // guards what follows, and serialises progress
	manifest Manifest
	now      Progress
	parts    []float64 // of the window that were read, by region
	saved    time.Time

	saving sync.Mutex // one manifest at a time, the newest last
}

func newBook(m Manifest, progress func(Progress)) *book {
	b := &book{progress: progress, account: m.Account, window: m.window(), manifest: m, parts: make([]float64, len(m.Regions))}
	b.now.Regions = len(m.Regions)
	return b
}

// open begins to read a region anew: it returns what is left to read, and forgets why it was not read before.
func (b *book) open(n int) []Span {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := &b.manifest.Regions[n]
	r.Gaps = nil
	left := without(b.window, r.Settled)
	b.parts[n] = b.part(n)
	b.tell()
	return left
}

// read notes that a part was read, into a file unless it was empty.
func (b *book) read(n int, part Span, f *File, settled bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := &b.manifest.Regions[n]
	r.Files = slices.DeleteFunc(slices.Clone(r.Files), func(old File) bool {
		again := old.meets(part)
		if again && (f == nil || old.Key != f.Key) && !slices.Contains(r.Superseded, old.Key) {
			r.Superseded = append(slices.Clone(r.Superseded), old.Key)
		}
		return again
	})
	if f != nil {
		r.Files = append(r.Files, *f)
		r.Superseded = slices.DeleteFunc(slices.Clone(r.Superseded), func(key string) bool { return key == f.Key })
		slices.SortFunc(r.Files, func(a, b File) int { return a.From.Compare(b.From) })
		b.now.Records += f.Records
	}
	r.Provisional = cut(r.Provisional, part)
	if settled {
		r.Settled = add(r.Settled, part)
	} else {
		r.Provisional = add(r.Provisional, part)
	}
	b.parts[n] = b.part(n)
	b.tell()
}

// cut takes a part out of spans.
func cut(spans []Span, part Span) (left []Span) {
	for _, s := range spans {
		left = append(left, without(s, []Span{part})...)
	}
	return left
}

// missed notes that a time could not be read.
func (b *book) missed(n int, s Span, why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := &b.manifest.Regions[n]
	last := len(r.Gaps) - 1
	if last >= 0 && r.Gaps[last].Why == why && r.Gaps[last].To.Equal(s.From) {
		r.Gaps[last].To = s.To
		return
	}
	r.Gaps = append(r.Gaps, Gap{s, why})
}

// reached tells that the reading of a slice, newest first, has come down to a time.
func (b *book) reached(n int, slice Span, down time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parts[n] = b.part(n) + Span{latest(down, slice.From), slice.To}.length().Seconds()/b.window.length().Seconds()
	b.tell()
}

// part is how much of the window of a region was read.
func (b *book) part(n int) float64 {
	var read time.Duration
	for _, s := range slices.Concat(b.manifest.Regions[n].Settled, b.manifest.Regions[n].Provisional) {
		read += s.length()
	}
	return read.Seconds() / b.window.length().Seconds()
}

func (b *book) ended(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now.Ended++
	b.parts[n] = 1
	b.tell()
}

func (b *book) waits(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now.Waiting = until
	if until.IsZero() {
		b.now.Ended = 0
	}
	b.tell()
}

// tell reports progress. The book is locked.
func (b *book) tell() {
	if b.progress == nil {
		return
	}
	sum := 0.0
	for _, p := range b.parts {
		sum += min(p, 1)
	}
	b.now.Done = sum / float64(len(b.parts))
	b.progress(b.now)
}

// due says whether the manifest should be saved now: not after every file, for it is as long as there are files.
func (b *book) due() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.saved) < savePause {
		return false
	}
	b.saved = time.Now()
	return true
}

// write stores the manifest as it is now.
func (b *book) write(ctx context.Context, store Store) error {
	b.saving.Lock()
	defer b.saving.Unlock()
	b.mu.Lock()
	m := &b.manifest
	m.Updated = time.Now().UTC().Truncate(time.Second)
	m.Complete = m.finished()
	for n := range m.Regions {
		m.Regions[n].Records = 0
		for _, f := range m.Regions[n].Files {
			m.Regions[n].Records += f.Records
		}
	}
	data, err := encode(*m)
	b.mu.Unlock()
	if err == nil {
		err = store.Put(ctx, ManifestName, data)
	}
	if err != nil {
		return fmt.Errorf("the manifest cannot be written to %s: %w", store.Location(), err)
	}
	return nil
}
