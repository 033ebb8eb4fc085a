package digest

import (
	"context"
	"maps"
	"slices"
	"time"
)

// How a log's name relates to the digest that lists it. The name tells the minute in which the file was written; the
// digest lists what was delivered in its hour.
const (
	nameSlack     = time.Minute      // names are cut to the minute
	deliverySlack = 10 * time.Minute // a file may be delivered that much later than its name says
	settleAfter   = 3 * time.Hour    // chains of one place are read in step, to within this
	maxCandidates = 100_000          // logs waiting for their digest
	maxSuspects   = 1000             // planted logs told one by one per place
)

// matcher compares the logs that lie in a place with those that its digests list. Both streams come in order of time, so
// it holds little more than what lies between them.
type matcher struct {
	place      place
	next       func() (Object, bool) // the listing of the place's logs
	passed     string                // the last key that the listing gave
	ahead      map[string]bool       // listed by a digest, not yet seen in the listing
	candidates []candidate           // seen, not yet listed by any digest; in order of time
	waiting    map[string]bool       // the keys of candidates
	suspects   map[string]candidate  // in covered time, and listed by none so far
	omitted    int                   // suspects beyond the bound
	covers     []Interval            // proven digests' time, merged
	holes      []Interval            // time in which a digest is missing or cannot be trusted
}

type candidate struct {
	key      string
	at       time.Time
	exact    bool // at is the name's minute, not merely the folder's day
	modified time.Time
}

func newMatcher(p place, next func() (Object, bool)) *matcher {
	return &matcher{
		place: p, next: next,
		ahead: map[string]bool{}, waiting: map[string]bool{}, suspects: map[string]candidate{},
	}
}

// listed tells the matcher that a trusted digest lists a log.
func (m *matcher) listed(key string) {
	delete(m.suspects, key)
	if m.waiting[key] {
		delete(m.waiting, key)
		return
	}
	if key > m.passed {
		m.ahead[key] = true
	}
}

// covered and hole tell what the digests of a time are worth.
func (m *matcher) covered(from, to time.Time) {
	if last := len(m.covers) - 1; last >= 0 && !from.After(m.covers[last].To) {
		if to.After(m.covers[last].To) {
			m.covers[last].To = to
		}
		return
	}
	m.covers = append(m.covers, Interval{From: from, To: to})
}

func (m *matcher) hole(from, to time.Time) {
	h := Interval{From: from.Add(-nameSlack - deliverySlack), To: to}
	m.holes = append(m.holes, h)
	maps.DeleteFunc(m.suspects, func(_ string, c candidate) bool { return h.touches(c) })
}

func (i Interval) touches(c candidate) bool {
	from, to := c.span()
	return i.From.Before(to) && from.Before(i.To)
}

// span is when the log may have been delivered.
func (c candidate) span() (from, to time.Time) {
	switch {
	case !c.exact:
		return c.at, c.at.Add(24 * time.Hour)
	case c.modified.After(c.at.Add(-nameSlack)) && c.modified.Before(c.at.Add(deliverySlack)):
		return c.at, c.modified.Add(time.Second)
	}
	return c.at, c.at.Add(deliverySlack)
}

// advance reads the listing up to a time that every chain of the place has passed.
func (m *matcher) advance(ctx context.Context, until time.Time) {
	for ctx.Err() == nil {
		object, ok := m.next()
		if !ok {
			break
		}
		m.passed = object.Key
		if m.ahead[object.Key] {
			delete(m.ahead, object.Key)
			continue
		}
		at, exact := logTime(m.place, object.Key)
		if at.IsZero() {
			continue // not in a day's folder: none of CloudTrail's, and of no time that a digest covers
		}
		if len(m.waiting) >= maxCandidates {
			m.omitted++
			continue
		}
		m.candidates = append(m.candidates, candidate{object.Key, at, exact, object.LastModified})
		m.waiting[object.Key] = true
		if at.After(until) {
			break
		}
	}
	m.settle(until.Add(-settleAfter))
	if len(m.ahead) > maxCandidates { // names that the listing will not give any more
		maps.DeleteFunc(m.ahead, func(key string, _ bool) bool { return key <= m.passed })
	}
}

// settle decides on the candidates before a time.
func (m *matcher) settle(before time.Time) {
	n := 0
	for ; n < len(m.candidates) && m.candidates[n].at.Before(before); n++ {
		c := m.candidates[n]
		if !m.waiting[c.key] {
			continue // a digest listed it meanwhile
		}
		delete(m.waiting, c.key)
		if !m.judges(c) {
			continue
		}
		if len(m.suspects) < maxSuspects {
			m.suspects[c.key] = c
		} else {
			m.omitted++
		}
	}
	m.candidates = slices.Delete(m.candidates, 0, n)
	m.covers = pruned(m.covers, before)
	m.holes = pruned(m.holes, before)
}

// judges says whether the digests there are prove that no digest lists the candidate.
func (m *matcher) judges(c candidate) bool {
	from, to := c.span()
	for _, h := range m.holes {
		if h.touches(c) {
			return false
		}
	}
	for _, cover := range m.covers {
		if !c.exact && cover.From.Before(to) && from.Before(cover.To) {
			return true
		}
		if !from.Before(cover.From) && !to.After(cover.To) {
			return true
		}
	}
	return false
}

// pruned drops what ended a day before a time.
func pruned(intervals []Interval, before time.Time) []Interval {
	return slices.DeleteFunc(intervals, func(i Interval) bool { return i.To.Before(before.Add(-48 * time.Hour)) })
}

// planted decides on everything that is left, and returns the planted logs in order.
func (m *matcher) planted() []candidate {
	m.settle(time.Unix(1<<40, 0))
	return slices.SortedFunc(maps.Values(m.suspects), func(a, b candidate) int {
		return a.at.Compare(b.at)
	})
}
