package digest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

const (
	readAhead = 16     // digests fetched before they are needed, per place
	maxDay    = 20_000 // digest names of one day that are put in order together
	listAhead = 1000   // names of logs listed before they are needed: one page of S3
)

// entry is one digest in a listing. Its name's end is zero where the name is none of CloudTrail's.
type entry struct {
	digestName
	key string
}

// stream lists the wanted digests of a place that end in (from, to], reads several ahead, and hands them over in order
// of time. Either bound may be zero. The error is that of the listing, or of the context.
func (v *verifier) stream(ctx context.Context, p place, from, to time.Time, want func(digestName) bool, each func(*examined)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ahead := make(chan chan *examined, readAhead)
	listed := make(chan error, 1)
	go func() {
		defer close(ahead)
		listed <- v.names(ctx, p, from, to, want, func(e entry) error {
			result := make(chan *examined, 1)
			if err := v.acquire(ctx); err != nil {
				return err
			}
			go func() {
				defer v.release()
				result <- v.examine(ctx, e.digestName, e.key)
			}()
			select {
			case ahead <- result:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	for result := range ahead {
		each(<-result)
	}
	return firstError(<-listed, ctx.Err())
}

// names lists digests in order of time. The listing goes day by day, and within a day by chain, so that a day at a time is
// put in order.
func (v *verifier) names(ctx context.Context, p place, from, to time.Time, want func(digestName) bool, each func(entry) error) error {
	var day []entry
	var folder string
	flush := func() error {
		slices.SortStableFunc(day, func(a, b entry) int { return a.end.Compare(b.end) })
		for _, e := range day {
			if err := each(e); err != nil {
				return err
			}
		}
		day = day[:0]
		return nil
	}
	after, last := dayBounds(p.digests(), from, to)
	err := v.store.List(ctx, p.bucket, p.digests(), after, func(o Object) error {
		if last != "" && o.Key > last {
			return errEnough
		}
		e, ok := entryOf(p, o.Key, want)
		if !ok {
			return nil
		}
		if here := o.Key[:strings.LastIndexByte(o.Key, '/')+1]; here != folder || len(day) >= maxDay {
			folder = here
			if err := flush(); err != nil {
				return err
			}
		}
		day = append(day, e)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return flush()
}

// dayBounds are the keys between which a place's objects of a time lie: their folders are days.
func dayBounds(folder string, from, to time.Time) (after, last string) {
	if !from.IsZero() {
		after = folder + from.UTC().Format(dayLayout)
	}
	if !to.IsZero() {
		last = folder + to.UTC().Format(dayLayout) + "\xff"
	}
	return after, last
}

// entryOf reads a listed key. A file that could be a digest under a name of somebody else's is handed over, too.
func entryOf(p place, key string, want func(digestName) bool) (entry, bool) {
	name, ok := parseDigestKey(p.bucket, key)
	if ok && name.place == p {
		return entry{name, key}, want(name)
	}
	return entry{digestName{place: p}, key}, strings.HasSuffix(key, suffix) && want(digestName{place: p})
}

// logNames lists a place's logs in the background. The function gives one after the other, and waits for each.
func (v *verifier) logNames(ctx context.Context, p place) func() (Object, bool) {
	names := make(chan Object, listAhead)
	to := v.opts.To
	if !to.IsZero() {
		to = to.Add(hour)
	}
	after, last := dayBounds(p.logs(), v.opts.From, to)
	go func() {
		defer close(names)
		err := v.store.List(ctx, p.bucket, p.logs(), after, func(o Object) error {
			if last != "" && o.Key > last {
				return errEnough
			}
			if strings.HasSuffix(o.Key, "/") {
				return nil // a folder's marker
			}
			select {
			case names <- o:
				return nil
			case <-ctx.Done():
				return errEnough
			}
		})
		if err != nil && !errors.Is(err, errEnough) && ctx.Err() == nil {
			v.unlisted(p, p.logs(), err)
		}
	}()
	return func() (Object, bool) {
		object, ok := <-names
		return object, ok
	}
}

// unlisted reports a folder that could not be listed.
func (v *verifier) unlisted(p place, folder string, err error) {
	v.ledger.add(Problem{
		Kind: ChainUnknown, Class: Unknown, Object: objectURL(p.bucket, folder), Chain: p.chain("", "", false),
		Detail: "it could not be listed, so what it holds is not known: " + err.Error(), Found: string(fetchKind(err)),
	})
}
