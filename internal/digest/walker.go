package digest

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	hour        = time.Hour       // the time that a digest covers
	timeSlack   = 5 * time.Minute // by which a digest's end may miss the full hour after its predecessor's
	maxNamed    = 20_000          // digests of one gap that are named one by one: over two years
	maxHeld     = 10_000          // windows that wait for their predecessor
	maxCrossing = 8               // bucket changes followed within bucket changes
)

// walker follows one chain forward in time, digest by digest.
type walker struct {
	*verifier
	chain   Chain
	witness bool // of another trail: its listings count, its problems do not
	match   *matcher
	working *sync.WaitGroup // logs that are being looked at
	anchor  *Anchor
	expect  *Expectation

	time       timeline
	prev       *predecessor
	newest     *predecessor // the newest valid one
	occupants  []occupant   // invalid digests after prev: they are there, so they are not missing
	held       []*window    // windows after prev, not yet in order
	crossing   int
	anchorSeen bool
	rewritten  bool // the digest at the anchor is not what it was

	mu            sync.Mutex // guards the counts: logs are looked at in parallel
	digests, logs Counts
}

// predecessor is what the walker keeps of a digest in its place.
type predecessor struct {
	digestName
	object, bucket  string
	hash, signature string
	start, end      time.Time
	modified        time.Time
}

type occupant struct {
	end    time.Time
	object string
}

// next takes the chain's next digest, in order of the names.
func (w *walker) next(ctx context.Context, x *examined) {
	if !x.inPlace {
		w.reject(ctx, x)
		return
	}
	state := w.reach(ctx, x)
	w.accept(ctx, x, state)
}

// reject counts a digest that proves nothing. Its logs are looked at all the same, so that they stay in the totals.
func (w *walker) reject(ctx context.Context, x *examined) {
	w.problem(x.bucket, x.object, x.end, x.wrong)
	state := w.count(x.wrong.kind)
	if x.wrong.kind == DigestDuplicate {
		return // its logs are those of the digest in its place
	}
	from := x.end.Add(-hour)
	win := &window{from: from, to: x.end, state: state}
	w.occupants = append(w.occupants, occupant{x.end, x.object})
	w.hole(from, x.end)
	w.checkLogs(ctx, win, x, false)
	w.hold(win)
}

// count adds a digest with a problem to the totals and says what its time is worth.
func (w *walker) count(kind Kind) State {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case kind.class() == Unknown:
		w.digests.Unknown++
		return Unproven
	case kind == DigestMissing, kind == DigestNewestMissing:
		w.digests.Missing++
	default:
		w.digests.Invalid++
	}
	return Broken
}

// hold keeps a window until the time before it is explained.
func (w *walker) hold(win *window) {
	w.held = append(w.held, win)
	if len(w.held) > maxHeld {
		w.flush(time.Time{}, time.Time{}, Broken)
	}
}

// flush hands the held windows over in order. Time between from and to that none of them covers gets the fill's state.
func (w *walker) flush(from, to time.Time, fill State) {
	slices.SortStableFunc(w.held, func(a, b *window) int { return a.to.Compare(b.to) })
	for _, win := range w.held {
		if !from.IsZero() && win.from.After(from) && from.Before(to) {
			w.time.add(&window{from: from, to: win.from, state: fill})
		}
		if win.to.After(from) {
			from = win.to
		}
		w.time.add(win)
	}
	if !to.IsZero() && !from.IsZero() && from.Before(to) {
		w.time.add(&window{from: from, to: to, state: fill})
	}
	w.held, w.occupants = w.held[:0], w.occupants[:0]
}

// accept takes a genuine digest into the chain. state is what its link is worth.
func (w *walker) accept(ctx context.Context, x *examined, state State) {
	valid := x.wrong == nil
	if valid {
		w.mu.Lock()
		w.digests.Valid++
		w.mu.Unlock()
	} else {
		w.problem(x.bucket, x.object, x.doc.end, x.wrong)
		state = w.count(x.wrong.kind)
	}
	w.compareAnchor(x)
	win := &window{from: x.doc.start, to: x.doc.end, state: state}
	w.tellMatcher(x, valid)
	p := &predecessor{
		digestName: x.digestName, object: x.object, bucket: x.bucket, hash: hex.EncodeToString(x.hash[:]),
		signature: x.seal.text, start: x.doc.start, end: x.doc.end, modified: x.modified,
	}
	if w.prev == nil || !p.end.Before(w.prev.end) {
		w.prev = p
	}
	if valid && (w.newest == nil || !p.end.Before(w.newest.end)) {
		w.newest = p
	}
	w.checkLogs(ctx, win, x, valid)
	w.time.add(win)
}

func (w *walker) tellMatcher(x *examined, valid bool) {
	switch {
	case !valid:
		w.hole(x.doc.start, x.doc.end)
	case !w.chain.Backfill:
		w.match.covered(x.doc.start, x.doc.end)
	}
	for _, log := range x.doc.logs {
		if valid && (!w.bucketKnown || log.Bucket == w.opts.Bucket) {
			w.match.listed(log.Object)
		}
	}
}

func (w *walker) hole(from, to time.Time) {
	if !w.chain.Backfill {
		w.match.hole(from, to)
	}
}

// problem reports a problem of this chain.
func (w *walker) problem(bucket, object string, at time.Time, f *finding) {
	if w.witness {
		return
	}
	w.ledger.add(Problem{
		Kind: f.kind, Class: f.kind.class(), Object: objectURL(bucket, object), Chain: w.chain,
		Detail: f.detail, Expected: f.expected, Found: f.found, Time: at,
	})
}

// compareAnchor checks the digest at the anchor's place against what was seen there before.
func (w *walker) compareAnchor(x *examined) {
	if w.anchor == nil || w.anchor.Object != x.object || w.anchor.Bucket != x.bucket {
		return
	}
	w.anchorSeen = true
	if hash := hex.EncodeToString(x.hash[:]); hash != w.anchor.SHA256 {
		w.rewritten = true
		w.problem(x.bucket, x.object, x.doc.end, &finding{
			ChainRewritten, "it is genuine, but not the digest that was verified here before",
			"sha256 " + w.anchor.SHA256, "sha256 " + hash,
		})
	}
}

// result is the verdict on the chain, after every log has been looked at.
func (w *walker) result() ChainResult {
	r := ChainResult{Chain: w.chain, Bucket: w.opts.Bucket, Intervals: w.time.intervals, Digests: w.digests, Logs: w.logs}
	if r.Intervals == nil {
		r.Intervals = []Interval{}
	}
	if w.newest != nil && w.newest.bucket != "" {
		r.Bucket = w.newest.bucket
	}
	return r
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
