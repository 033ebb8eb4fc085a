package sigma

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// DefaultLimit is how many sightings a correlator keeps unless told otherwise: some 350 MB.
const DefaultLimit = 1_000_000

// maxKept is how many of a hit's events are named in it.
const maxKept = 1000

// Correlator collects the records that rules have matched, in any order, and finds the correlations among them. It keeps
// for each record its id, its time and the values of the fields that correlations need (the longest are replaced by
// their hash), up to a limit of sightings; those above the limit are counted, so that a report can say what it may be
// missing. It is not safe for concurrent use.
type Correlator struct {
	limit   int
	kept    int
	dropped int
	tracked []*tracked // each after those whose hits it needs
	feeds   map[*Rule]*feed
}

// feed is what to do with the records that one rule matches.
type feed struct {
	slots   map[string]int // where in a sighting's values a field is
	targets []target
}

// target is a correlation that a rule or another correlation contributes to.
type target struct {
	to        *tracked
	reference int
}

// tracked is a correlation with what has been seen for it.
type tracked struct {
	*Correlation
	groups map[string][]occurrence
	parent []target
}

// sighting is a record that a rule has matched.
type sighting struct {
	id     string
	feed   *feed
	values [][]string // of each field: nothing, its value, or the members of an array
}

// occurrence is a sighting, or a hit of another correlation, as one correlation sees it.
type occurrence struct {
	at        int64 // nanoseconds since 1970
	reference int
	isHit     bool // of another correlation; at is when that was complete
	*sighting
}

// Hit is one finding of a correlation.
type Hit struct {
	Correlation *Correlation
	Group       []string // the values of GroupBy
	From, To    time.Time
	Value       float64  // what the condition was compared with, at its largest
	Events      []string // ids of the records, at most 1000
	Total       int      // how many records there are
}

// NewCorrelator prepares for the correlations of a set. Limit is how many sightings are kept, 0 for [DefaultLimit].
func NewCorrelator(set *Set, limit int) *Correlator {
	if limit <= 0 {
		limit = DefaultLimit
	}
	c := &Correlator{limit: limit, feeds: map[*Rule]*feed{}}
	known := map[*Correlation]*tracked{}
	for _, correlation := range set.Correlations {
		t := &tracked{Correlation: correlation, groups: map[string][]occurrence{}}
		known[correlation] = t
		c.tracked = append(c.tracked, t)
		for i, ref := range correlation.references {
			for _, r := range ref.rules {
				c.feed(r).targets = append(c.feed(r).targets, target{t, i})
			}
			for _, inner := range ref.correlations {
				known[inner].parent = append(known[inner].parent, target{t, i})
			}
		}
	}
	for _, f := range c.feeds {
		seen := map[target]bool{}
		for _, to := range f.targets {
			f.need(to, seen)
		}
	}
	return c
}

func (c *Correlator) feed(r *Rule) *feed {
	if c.feeds[r] == nil {
		c.feeds[r] = &feed{slots: map[string]int{}}
	}
	return c.feeds[r]
}

// need notes the fields that a correlation, and those that build on it, read.
func (f *feed) need(to target, seen map[target]bool) {
	if seen[to] {
		return
	}
	seen[to] = true
	for _, name := range append(slices.Clip(to.to.GroupBy), to.to.Field) {
		field := to.field(name)
		if _, ok := f.slots[field]; !ok && field != "" {
			f.slots[field] = len(f.slots)
		}
	}
	for _, outer := range to.to.parent {
		f.need(outer, seen)
	}
}

func (t target) field(name string) string {
	return t.to.fieldOf(name, t.to.references[t.reference].name)
}

// Needs says whether a correlation wants to know of the records that a rule matches.
func (c *Correlator) Needs(r *Rule) bool { return c.feeds[r] != nil }

// Dropped returns how many sightings were above the limit, and how many members of arrays above 1000. If it isn't zero,
// hits may be missing.
func (c *Correlator) Dropped() int { return c.dropped }

// Add notes that a rule has matched a record. Id names the record in hits; a record that is added twice, with the same
// id and time, counts once. Without an id it counts each time.
func (c *Correlator) Add(r *Rule, e Event, at time.Time, id string) {
	f := c.feeds[r]
	if f == nil {
		return
	}
	s := &sighting{id: bounded(id), feed: f, values: make([][]string, len(f.slots))}
	for field, slot := range f.slots {
		texts, dropped := groupTexts(e.Field(field))
		s.values[slot] = texts
		c.dropped += dropped
	}
	for _, to := range f.targets {
		c.add(to, occurrence{at.UnixNano(), to.reference, false, s})
	}
}

// add puts an occurrence into its groups. One that lacks a field to group by belongs to none.
func (c *Correlator) add(to target, o occurrence) {
	keys, dropped := to.keys(o.sighting)
	c.dropped += dropped
	for _, key := range keys {
		c.addTo(to, key, o)
	}
}

func (c *Correlator) addTo(to target, key string, o occurrence) {
	if c.kept == c.limit {
		c.dropped++
		return
	}
	c.kept++
	to.to.groups[key] = append(to.to.groups[key], o)
}

// Hits returns what the correlations have found in everything added, ordered by the time at which it was complete. It
// is to be called once, at the end.
func (c *Correlator) Hits() []Hit {
	var hits []Hit
	for _, t := range c.tracked {
		for _, key := range sortedKeys(t.groups) {
			occurrences := t.inOrderOnce(t.groups[key])
			for _, s := range t.spans(occurrences) {
				found := occurrences[s.from:s.to]
				c.pass(t, found)
				if !t.Hidden {
					hits = append(hits, t.hit(key, found, s.value))
				}
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return a.To.Compare(b.To) })
	return hits
}

// inOrderOnce sorts occurrences by time and leaves one of those that are the same record: seen twice, or, unless it
// matters which rules have occurred, matched by two rules.
func (t *tracked) inOrderOnce(list []occurrence) []occurrence {
	slices.SortStableFunc(list, func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.id, b.id), cmp.Compare(a.reference, b.reference))
	})
	return slices.CompactFunc(list, func(a, b occurrence) bool {
		return a.at == b.at && a.id == b.id && a.id != "" && !a.isHit && !b.isHit && (a.reference == b.reference || !t.Type.temporal())
	})
}

func sortedKeys(groups map[string][]occurrence) []string {
	var keys []string
	for key := range groups {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// pass tells the correlations that build on a hit, once for each of their groups that its records belong to.
func (c *Correlator) pass(t *tracked, found []occurrence) {
	for _, to := range t.parent {
		seen := map[string]bool{}
		for _, o := range slices.Backward(found) {
			c.passTo(to, seen, occurrence{found[len(found)-1].at, to.reference, true, o.sighting})
		}
	}
}

func (c *Correlator) passTo(to target, seen map[string]bool, o occurrence) {
	keys, _ := to.keys(o.sighting)
	for _, key := range keys {
		if !seen[key] {
			seen[key] = true
			c.addTo(to, key, o)
		}
	}
}

func (t *tracked) hit(key string, found []occurrence, value float64) Hit {
	h := Hit{
		Correlation: t.Correlation, Value: value,
		From: time.Unix(0, found[0].at).UTC(), To: time.Unix(0, found[len(found)-1].at).UTC(),
	}
	if len(t.GroupBy) > 0 {
		h.Group = strings.Split(key, keySeparator)
	}
	seen := map[string]bool{}
	for _, o := range found {
		if o.id != "" && seen[o.id] {
			continue // matched by several rules
		}
		seen[o.id] = true
		h.Total++
		if len(h.Events) < maxKept {
			h.Events = append(h.Events, o.id)
		}
	}
	return h
}
