package digest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxChains bounds the chains of one place: a region has at most five trails at a time.
const maxChains = 1000

// scope is the verification of one place: its chains side by side, because any of them may list one of its logs.
type scope struct {
	*verifier
	place   place
	match   *matcher
	walkers map[Chain]*walker
	omitted bool
	working sync.WaitGroup // logs of the place that are being looked at
	begun   time.Time      // end of the first digest, for the estimate of what is done
}

func newScope(v *verifier, p place) *scope {
	return &scope{verifier: v, place: p, walkers: map[Chain]*walker{}}
}

// run verifies the place and returns the verdicts on its chains once all of their logs have been looked at.
func (s *scope) run(ctx context.Context) []verified {
	defer s.placeTold(s)
	listing, cancel := context.WithCancel(ctx)
	defer cancel()
	s.match = newMatcher(s.place, s.logNames(listing, s.place))
	to := s.opts.To
	if !to.IsZero() {
		to = to.Add(hour)
	}
	err := s.stream(ctx, s.place, s.opts.From, to, s.wants, func(x *examined) { s.take(ctx, x) })
	if err != nil && ctx.Err() == nil {
		s.unlisted(s.place, s.place.digests(), err)
	}
	for _, chain := range s.chains() {
		s.walkers[chain].finish(ctx)
	}
	s.lookForPlanted(ctx, err == nil)
	s.working.Wait()
	var results []verified
	for _, chain := range s.chains() {
		if w := s.walkers[chain]; !w.witness {
			r := verified{ChainResult: w.result()}
			r.anchor, r.hasAnchor = w.nextAnchor()
			results = append(results, r)
		}
	}
	return results
}

func (s *scope) chains() []Chain { return slices.SortedFunc(maps.Keys(s.walkers), compareChains) }

// wants admits the digests of the time asked for, whatever their trail: those of other trails tell which logs are listed.
func (s *scope) wants(n digestName) bool { return n.end.IsZero() || s.covers(n.end) }

// covers says whether the digest that ends then covers any of the time asked for.
func (v *verifier) covers(end time.Time) bool {
	return (v.opts.From.IsZero() || end.After(v.opts.From)) && (v.opts.To.IsZero() || end.Add(-hour).Before(v.opts.To))
}

// take hands a digest to the walker of its chain.
func (s *scope) take(ctx context.Context, x *examined) {
	if x.end.IsZero() {
		s.stray(x)
		return
	}
	w := s.walker(x.chain())
	if w == nil {
		s.omitted = true
		return
	}
	w.next(ctx, x)
	if x.inPlace { // a made-up name must not make the comparison run ahead
		s.match.advance(ctx, x.end)
	}
	if s.begun.IsZero() {
		s.begun = x.end
	}
	s.digestTold(s, x.end)
}

func (s *scope) walker(chain Chain) *walker {
	if w, ok := s.walkers[chain]; ok {
		return w
	}
	if len(s.walkers) >= maxChains {
		return nil
	}
	w := &walker{
		verifier: s.verifier, working: &s.working, chain: chain, witness: !s.opts.selects(chain), match: s.match,
		anchor: s.anchorOf(chain), expect: s.expectationOf(chain), time: timeline{from: s.opts.From, to: s.opts.To},
	}
	s.walkers[chain] = w
	return w
}

// stray reports an object among the digests whose name is none of CloudTrail's.
func (s *scope) stray(x *examined) {
	chain := s.place.chain("", "", false)
	if x.doc != nil && x.wrong != nil && slices.Contains([]Kind{DigestMoved, DigestDuplicate, DigestOutOfOrder}, x.wrong.kind) {
		if name, ok := parseDigestKey(x.doc.bucket, x.doc.object); ok {
			chain = name.chain()
		}
	}
	if x.wrong == nil || !s.opts.selects(chain) {
		return
	}
	s.ledger.add(Problem{
		Kind: x.wrong.kind, Class: x.wrong.kind.class(), Object: objectURL(x.bucket, x.object), Chain: chain,
		Detail: x.wrong.detail, Expected: x.wrong.expected, Found: x.wrong.found,
	})
}

// lookForPlanted reports the logs that no digest lists, and a place that has logs but no digest at all.
func (s *scope) lookForPlanted(ctx context.Context, complete bool) {
	chain := s.place.chain("", "", false)
	report := func(kind Kind, object, detail string, at time.Time) {
		s.ledger.add(Problem{
			Kind: kind, Class: kind.class(), Object: objectURL(s.place.bucket, object), Chain: chain, Detail: detail, Time: at,
		})
	}
	if s.omitted {
		report(ChainOmitted, s.place.digests(), "digests of more chains lie here than can be looked at", time.Time{})
	}
	if len(s.walkers) == 0 {
		if complete && s.opts.Trail == "" && s.hasLogs() {
			report(ChainMissing, s.place.digests(), "logs lie here, and no digest at all", time.Time{})
		}
		return
	}
	s.match.advance(ctx, time.Unix(1<<40, 0))
	if !complete {
		return
	}
	for _, c := range s.match.planted() {
		report(LogUnlisted, c.key, "no digest lists it, although digests cover its time: planted, or delivered by a trail without validation", c.at)
	}
	if s.match.omitted > 0 {
		report(ChainOmitted, s.place.logs(), "further logs are listed by no digest: "+count(s.match.omitted, "log"), time.Time{})
	}
}

// hasLogs says whether any log of the time asked for lies in the place.
func (s *scope) hasLogs() bool {
	for {
		object, ok := s.match.next()
		if !ok {
			return false
		}
		at, exact := logTime(s.place, object.Key)
		if exact && (s.opts.From.IsZero() || !at.Before(s.opts.From)) && (s.opts.To.IsZero() || at.Before(s.opts.To)) {
			return true
		}
	}
}

func compareChains(a, b Chain) int { return strings.Compare(sortKey(a), sortKey(b)) }

func sortKey(c Chain) string {
	backfill := ""
	if c.Backfill {
		backfill = backfillMark
	}
	return strings.Join([]string{c.Prefix, c.Organization, c.Account, c.Region, c.Trail, c.HomeRegion, backfill}, "\x00")
}
