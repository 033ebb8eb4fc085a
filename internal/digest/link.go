package digest

import (
	"context"
	"slices"
	"time"
)

// reach explains the time between the predecessor and a genuine digest, and compares what the digest says of its
// predecessor with the real one. It returns what the digest's link is worth.
func (w *walker) reach(ctx context.Context, x *examined) State {
	switch {
	case w.chain.Backfill:
		return w.reachBackfill(x)
	case w.prev == nil:
		w.begin(ctx, x)
		return Proven
	case x.doc.start.Before(w.prev.end):
		if x.wrong == nil {
			x.wrong = &finding{
				DigestOutOfOrder, "it begins before its predecessor ends",
				stampOf(w.prev.end), stampOf(x.doc.start),
			}
		}
		w.flush(time.Time{}, time.Time{}, Broken)
		return Broken
	case x.doc.previous == nil:
		w.restart(x)
		return Proven
	case w.follows(x) || x.doc.start.Equal(w.prev.end):
		return w.link(x)
	}
	w.bridge(ctx, x, w.prev.end)
	if w.prev != nil && (w.follows(x) || x.doc.start.Equal(w.prev.end)) {
		return w.link(x)
	}
	return Proven
}

// follows says whether the digest names the real predecessor as its own.
func (w *walker) follows(x *examined) bool {
	return x.doc.previous.object == w.prev.object && (!w.bucketKnown || x.doc.previous.bucket == w.prev.bucket)
}

// link compares a digest's word on its predecessor with the predecessor.
func (w *walker) link(x *examined) State {
	said, real := x.doc.previous, w.prev
	state := Proven
	wrong := func(kind Kind, detail, expected, found string) {
		w.problem(x.bucket, x.object, x.doc.end, &finding{kind, detail, abridged(expected), abridged(found)})
		state = Broken
	}
	if real.end.Before(x.doc.start) && !w.chain.Backfill {
		wrong(ChainGap, "it names its predecessor, yet begins later than that one ends", stampOf(real.end), stampOf(x.doc.start))
		w.hole(real.end, x.doc.start)
		w.flush(real.end, x.doc.start, Broken)
	} else {
		w.flush(time.Time{}, time.Time{}, Broken)
	}
	switch {
	case !w.follows(x):
		wrong(ChainPreviousObject, "it names another predecessor than the digest before it",
			objectURL(said.bucket, said.object), objectURL(real.bucket, real.object))
	case said.hash != real.hash:
		wrong(ChainPreviousHash, "it recorded another content of its predecessor "+real.object, said.hash, real.hash)
	case said.signature != real.signature:
		wrong(ChainPreviousSignature, "it recorded another signature of its predecessor "+real.object, said.signature, real.signature)
	}
	return state
}

// reachBackfill links a digest of a backfill chain. Those are made when needed, so that time between them means
// nothing; a predecessor that is named has to be there all the same.
func (w *walker) reachBackfill(x *examined) State {
	said := x.doc.previous
	switch {
	case said == nil:
	case w.prev != nil && w.follows(x):
		return w.link(x)
	case w.prev != nil || w.opts.From.IsZero():
		if name, ok := parseDigestKey(said.bucket, said.object); ok && w.covers(name.end) && !w.occupied(name.end, said.object) {
			w.miss(DigestMissing, name.end, said.bucket, said.object, "the backfill digest after it names it")
		}
	}
	w.flush(time.Time{}, time.Time{}, Broken)
	return Proven
}

// begin handles the first genuine digest.
func (w *walker) begin(ctx context.Context, x *examined) {
	from := w.opts.From
	switch {
	case x.doc.previous == nil:
		w.flush(from, x.doc.start, Unproven)
	case from.IsZero() || x.doc.start.After(from):
		w.bridge(ctx, x, from)
	default:
		w.flush(time.Time{}, time.Time{}, Broken)
	}
}

// restart handles a chain that began anew: CloudTrail itself says so, by a starting digest. Stops explain the hours that
// they touch; any other hour between still needs a digest. A stop may be undone within the second in which it was.
func (w *walker) restart(x *examined) {
	from, to := w.prev.end, x.doc.start
	stops := slices.DeleteFunc(w.stops(), func(s Stop) bool {
		return s.At.After(to) || !s.Until.IsZero() && s.Until.Before(from.Add(-timeSlack))
	})
	f := &finding{ChainRestart, "the chain begins anew here, and no known stop explains it", "a digest that names " + w.prev.object, "a starting digest"}
	if len(stops) > 0 {
		f.kind, f.detail = ChainRestartExplained, "the chain begins anew here, after the stop at "+stampOf(stops[0].At)
		w.absentBetweenStops(x, stops, from, to)
	}
	w.problem(x.bucket, x.object, to, f)
	w.hole(from, to)
	w.flush(from, to, Unproven)
}

func (w *walker) absentBetweenStops(x *examined, stops []Stop, from, to time.Time) {
	for end := from.Add(hour); !end.After(to) && end.Sub(from) < maxNamed*hour; end = end.Add(hour) {
		name := x.at(end)
		if !stopped(stops, end) && !w.occupied(end, name.key()) {
			w.miss(DigestMissing, end, x.bucket, name.key(), "no known stop touches this hour")
		}
	}
}

// bridge explains the time from a digest's predecessor, which is not the one it names, to the digest: by the digests in
// another bucket, by invalid ones, or by missing ones.
func (w *walker) bridge(ctx context.Context, x *examined, from time.Time) {
	if there, ok := w.elsewhere(x); ok && w.crossing < maxCrossing {
		w.crossing++
		err := w.walkElsewhere(ctx, there, from, x.doc.start)
		w.crossing--
		if err != nil && fetchKind(err) != NotFound {
			w.problem(there.bucket, there.digests(), x.doc.start, &finding{
				kind: ChainUnknown, detail: "the trail used this place before, and it could not be listed: " + err.Error(), found: string(fetchKind(err)),
			})
			w.absent(x, from, DigestUnknown, "it lies where nothing could be listed")
			return
		}
		if w.prev != nil && w.prev.end.After(from) {
			from = w.prev.end
		}
	}
	w.absent(x, from, DigestMissing, "no digest covers this hour, and the chain goes on after it")
}

// elsewhere says where a digest's predecessor lies, if that is another bucket or prefix.
func (w *walker) elsewhere(x *examined) (place, bool) {
	name, ok := parseDigestKey(x.doc.previous.bucket, x.doc.previous.object)
	if !ok || name.account != x.account || name.region != x.region {
		return place{}, false
	}
	if !w.bucketKnown {
		name.bucket = x.bucket
	}
	return name.place, name.place != x.place
}

// walkElsewhere walks the chain's digests in another place.
func (w *walker) walkElsewhere(ctx context.Context, there place, from, to time.Time) error {
	want := func(n digestName) bool {
		return n.trail == w.chain.Trail && n.home == w.chain.HomeRegion && !n.backfill && n.end.After(from) && !n.end.After(to)
	}
	return w.stream(ctx, there, from, to, want, func(x *examined) { w.next(ctx, x) })
}

// absent reports each digest that is not there between from and the digest x. The one that x names is missing for certain,
// however short the time that it covered: a stop ends a digest early. With from zero, how far back the chain went is not
// known, so only that one is.
func (w *walker) absent(x *examined, from time.Time, kind Kind, why string) {
	start := x.doc.start
	if from.IsZero() {
		from = start.Add(-hour)
	}
	named := from.Before(start) && (w.prev == nil || !w.follows(x))
	n := 0
	for end := start; end.After(from.Add(timeSlack)) || named && end.Equal(start); end = end.Add(-hour) {
		bucket, object := x.bucket, x.at(end).key()
		if end.Equal(start) {
			bucket, object = x.doc.previous.bucket, x.doc.previous.object
		}
		if w.occupied(end, object) {
			continue
		}
		if n++; n > maxNamed {
			w.problem(bucket, object, end, &finding{kind: ChainOmitted, detail: "more digests are missing before this one than can be named"})
			break
		}
		w.miss(kind, end, bucket, object, why)
	}
	w.flush(from, start, Broken)
}

// miss reports one digest that is not there.
func (w *walker) miss(kind Kind, end time.Time, bucket, object, why string) {
	if !w.bucketKnown {
		bucket = ""
	}
	if w.anchor != nil && w.anchor.Object == object {
		w.anchorSeen = true
	}
	w.problem(bucket, object, end, &finding{kind: kind, detail: why, expected: "a digest that ends at " + stampOf(end), found: "nothing"})
	state := w.count(kind)
	from := end.Add(-hour)
	if w.prev != nil && !w.chain.Backfill && w.prev.end.After(from) && w.prev.end.Before(end) {
		from = w.prev.end
	}
	w.hole(from, end)
	w.hold(&window{from: from, to: end, state: state})
}

// occupied says whether an invalid digest stands where one is expected.
func (w *walker) occupied(end time.Time, object string) bool {
	return slices.ContainsFunc(w.occupants, func(o occupant) bool {
		return o.object == object || o.end.Sub(end).Abs() <= timeSlack
	})
}

// stops are the known stops of this chain's trail. A member's chain is of a trail in another account.
func (w *walker) stops() []Stop {
	return slices.DeleteFunc(slices.Clone(w.opts.Stops), func(s Stop) bool {
		return s.Account != "" && s.Account != w.chain.Account && w.chain.Organization == "" ||
			s.Trail != "" && s.Trail != w.chain.Trail || s.HomeRegion != "" && s.HomeRegion != w.chain.HomeRegion
	})
}
