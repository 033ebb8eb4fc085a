package digest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// finish checks the chain's end: digests that must have been delivered by now, and the anchor.
func (w *walker) finish(ctx context.Context) {
	w.endMissing()
	w.flush(time.Time{}, time.Time{}, Broken)
	if w.anchor != nil && !w.anchorSeen && !w.witness {
		w.seekAnchor(ctx)
	}
}

// endMissing reports the newest digests that are not there.
func (w *walker) endMissing() {
	last := w.end()
	due, known := w.due()
	if last.IsZero() || !known || w.chain.Backfill {
		return
	}
	stops := w.stops()
	named := 0
	name := w.lastName()
	for end := last.Add(hour); !end.After(due); end = end.Add(hour) {
		key := name.at(end).key()
		if w.occupied(end, key) {
			continue
		}
		if stopped(stops, end) {
			w.hold(&window{from: end.Add(-hour), to: end, state: Unproven})
			continue
		}
		if named++; named > maxNamed {
			w.problem(name.bucket, key, end, &finding{kind: ChainOmitted, detail: "more digests are missing from here on than can be named"})
			return
		}
		w.miss(DigestNewestMissing, end, name.bucket, key, "it must have been delivered by now, and nothing comes after it")
	}
}

// end is when the last digest ends that is there.
func (w *walker) end() time.Time {
	switch {
	case w.prev != nil:
		return w.prev.end
	case len(w.occupants) > 0:
		return w.occupants[0].end
	}
	return time.Time{}
}

func (w *walker) lastName() digestName {
	if w.prev != nil {
		return w.prev.digestName
	}
	name, _ := parseDigestKey(w.opts.Bucket, w.occupants[0].object)
	return name
}

// due is the time up to which digests must be there: what CloudTrail says it delivered, or the clock, less the hour
// within which a digest is delivered. A digest that was itself delivered at the time of which CloudTrail speaks is the newest.
func (w *walker) due() (time.Time, bool) {
	var due time.Time
	switch {
	case w.expect != nil && !w.expect.LatestDigestDelivery.IsZero():
		due = w.expect.LatestDigestDelivery
		if w.prev != nil && w.prev.modified.Sub(due).Abs() <= timeSlack {
			return time.Time{}, false
		}
	case !w.opts.Now.IsZero():
		due = w.opts.Now.Add(-hour)
	default:
		return time.Time{}, false
	}
	if !w.opts.To.IsZero() && !due.Before(w.opts.To.Add(hour)) {
		due = w.opts.To.Add(hour - time.Nanosecond)
	}
	return due, true
}

// stopped says whether a known stop explains that the hour before end has no digest.
func stopped(stops []Stop, end time.Time) bool {
	for _, s := range stops {
		if s.At.Before(end) && (s.Until.IsZero() || s.Until.After(end.Add(-hour))) {
			return true
		}
	}
	return false
}

// seekAnchor looks for the anchor's digest, which the walk did not meet.
func (w *walker) seekAnchor(ctx context.Context) {
	a := w.anchor
	if w.covers(a.EndTime) {
		if end := w.end(); end.Before(a.EndTime) {
			w.problem(a.Bucket, a.Object, a.EndTime, &finding{
				ChainCut, "the chain ends before the digest that was verified here before",
				"a digest that ends at " + stampOf(a.EndTime), "the newest ends at " + stampOf(end),
			})
			return
		}
	} else if !w.opts.To.IsZero() && a.EndTime.After(w.opts.To) {
		return
	}
	text, _, err := w.digest(ctx, a.Bucket, a.Object)
	sum := sha256.Sum256(text)
	switch {
	case fetchKindIs(err, NotFound):
		w.rewritten = true
		w.problem(a.Bucket, a.Object, a.EndTime, &finding{
			ChainRewritten, "the digest that was verified here before is gone", "sha256 " + a.SHA256, "nothing",
		})
	case err != nil && text == nil:
		w.problem(a.Bucket, a.Object, a.EndTime, readFinding(err, digestReadKinds))
	case hex.EncodeToString(sum[:]) != a.SHA256:
		w.rewritten = true
		w.problem(a.Bucket, a.Object, a.EndTime, &finding{
			ChainRewritten, "it is not the digest that was verified here before", "sha256 " + a.SHA256, "sha256 " + hex.EncodeToString(sum[:]),
		})
	}
}

func fetchKindIs(err error, kind FetchKind) bool { return err != nil && fetchKind(err) == kind }

// nextAnchor is what to remember of the chain: its newest valid digest, but never one that is older than the anchor, and
// none of a history that was rewritten.
func (w *walker) nextAnchor() (Anchor, bool) {
	if w.anchor != nil && (w.rewritten || w.newest == nil || w.newest.end.Before(w.anchor.EndTime)) {
		return *w.anchor, true
	}
	if w.newest == nil {
		return Anchor{}, false
	}
	return Anchor{w.chain, w.newest.bucket, w.newest.object, w.newest.end, w.newest.hash}, true
}
