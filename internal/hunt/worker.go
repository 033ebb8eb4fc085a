package hunt

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/trailhold/trailhold/internal/gunzip"
	"github.com/trailhold/trailhold/internal/sigma"
)

// worker reads files, one after the other, with buffers that it uses again.
type worker struct {
	hunt *hunter
	ctx  context.Context

	decoder     gunzip.Decoder
	stored, out []byte
	rec         sigma.Record
	hits        []int32 // the rules that the record at hand matches
	excerpt     excerpt // of that record
	coverage    *coverage

	job   *job
	batch *batch
	// Of the file at hand:
	records, malformed int
	broken             bool // it ends early, which was reported
	account            string
}

// batch is a part of what was found in a file. It is used again once its contents have been taken.
type batch struct {
	matches  []match
	problems []Problem
	issued   []uint64 // hashes of access keys that were handed out
	records  []byte   // of the matches
	rules    []int32  // of the matches
}

// newBatch returns a batch that nobody uses, or else a new one.
func (h *hunter) newBatch() *batch {
	select {
	case b := <-h.batches:
		return b
	default:
		return &batch{}
	}
}

// free takes a batch back. What it held may not be used any more.
func (h *hunter) free(b *batch) {
	if cap(b.records) > 2*batchBytes {
		return // a very long record made it grow
	}
	b.matches, b.problems, b.issued, b.records, b.rules = b.matches[:0], b.problems[:0], b.issued[:0], b.records[:0], b.rules[:0]
	select {
	case h.batches <- b:
	default:
	}
}

// keep copies a record and the rules that match it. Where the batch's memory has no room, it grows; what was kept in the old
// one stays there.
func (b *batch) keep(raw []byte, rules []int32) ([]byte, []int32) {
	if b.records == nil {
		b.records = make([]byte, 0, batchBytes+batchBytes/8)
	}
	from, first := len(b.records), len(b.rules)
	b.records, b.rules = append(b.records, raw...), append(b.rules, rules...)
	return b.records[from:len(b.records):len(b.records)], b.rules[first:len(b.rules):len(b.rules)]
}

// match is a record with the rules that look for it.
type match struct {
	event  Event
	raw    []byte
	offset int64
	rules  []int32
	id     identity
	hasID  bool
}

// When a batch is handed on.
const (
	batchMatches = 256
	batchBytes   = 256 << 10
	batchIssued  = 8192
)

// stopped says whether the hunt was called off.
func (w *worker) stopped() bool { return w.ctx.Err() != nil }

// counted counts a record.
func (w *worker) counted() { w.records++ }

// count counts a record that was read, and notes where and when it is from.
func (w *worker) count(r *sigma.Record) {
	w.counted()
	fields := w.hunt.fields
	if w.job.place.account == "" {
		w.account = fields[recipientAccountID].In(r).Text()
	}
	w.saw([]byte(fields[eventTime].In(r).Text()), []byte(fields[awsRegion].In(r).Text()))
	if fields[eventSource].In(r).Text() == tokenService {
		if key := r.Field("responseElements.credentials.accessKeyId"); key.Kind() == sigma.String {
			w.batch.issued = append(w.batch.issued, w.hunt.keyHash([]byte(key.Text())))
		}
	}
}

// countWritten counts a record of a file as CloudTrail writes it.
func (w *worker) countWritten(raw []byte) {
	if at := findTime(raw, 0); at < len(raw) {
		w.glanceAt(raw[at:])
	} else {
		w.counted()
	}
}

// saw notes where and when a record is from.
func (w *worker) saw(when, region []byte) {
	f := &w.hunt.Filter
	account := w.job.place.account
	if account == "" {
		account = w.account
	}
	if f.anywhere() {
		w.coverage.saw(account, when, region)
		return
	}
	if f.admits(account, string(region), timeOf(string(when))) {
		w.coverage.saw(account, when, region)
	}
}

// take lets the plan decide about a record.
func (w *worker) take(r *sigma.Record, raw []byte, offset int64) {
	w.hits = w.hits[:0]
	w.hunt.plan.Match(r, w.hit)
	if len(w.hits) == 0 {
		return
	}
	w.excerpt.read(r, w.hunt.fields)
	w.batch.matches = append(w.batch.matches, match{offset: offset})
	last := len(w.batch.matches) - 1
	m := &w.batch.matches[last]
	w.excerpt.event(&m.event)
	if !w.hunt.Filter.admits(m.event.Account, m.event.Region, m.event.Time) {
		w.batch.matches = w.batch.matches[:last]
		return
	}
	m.raw, m.rules = w.batch.keep(bytes.TrimLeft(raw, " \t\r\n"), w.hits)
	m.id, m.hasID = w.excerpt.identify(m.rules)
	if len(w.batch.matches) >= batchMatches || len(w.batch.records) >= batchBytes || len(w.batch.issued) >= batchIssued {
		w.flush()
	}
}

func (w *worker) hit(m *sigma.Matcher) { w.hits = append(w.hits, w.hunt.index[m]) }

// flush hands on what was found so far.
func (w *worker) flush() {
	if len(w.batch.matches)+len(w.batch.problems)+len(w.batch.issued) == 0 {
		return
	}
	select {
	case w.job.found <- w.batch:
	case <-w.ctx.Done():
	}
	w.batch = w.hunt.newBatch()
}

// damage reports that something in the file can't be read.
func (w *worker) damage(offset int64, what string) {
	w.malformed++
	w.problem(Damaged, offset, what)
}

// ended reports, once, that a file's content ended early and why; it does nothing if it didn't.
func (w *worker) ended(err error, offset int64) {
	if err == nil || w.broken || !isDamage(err) {
		return
	}
	w.problem(Damaged, offset, fmt.Sprintf("gzip: %v; what came before was read", err))
	w.broken = true
}

// isDamage tells damage to a file from a failure to read it.
func isDamage(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, errBomb) ||
		errors.As(err, &corrupt)
}

// maxPerFile is how many problems of one file are listed.
const maxPerFile = 20

func (w *worker) problem(kind ProblemKind, offset int64, what string) {
	w.job.problems++
	if w.job.problems <= maxPerFile {
		w.batch.problems = append(w.batch.problems, Problem{Kind: kind, File: w.job.file.Name, Offset: offset, What: what})
	}
}
