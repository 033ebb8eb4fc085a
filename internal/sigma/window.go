package sigma

import (
	"math"
	"slices"
)

// span is a run of occurrences that fulfils a correlation's condition.
type span struct {
	from, to int // of the occurrences; to is after the last
	value    float64
}

// spans finds where a group's occurrences, sorted by time, fulfil the condition.
//
// It looks at every window that is as long as the timespan and can't be moved without losing an occurrence: whatever
// fits into the timespan lies in one of them, no matter how time is cut into hours or days. Windows that overlap and
// fulfil the condition are one hit.
func (t *tracked) spans(list []occurrence) []span {
	if t.Type == TemporalOrdered {
		return t.ordered(list)
	}
	a := t.aggregate(list)
	var found []span
	end := 0
	for i := range list {
		grown := false
		for end < len(list) && t.within(list[i], list[end]) {
			a.change(end, 1)
			end++
			grown = true
		}
		if grown {
			if value, ok := a.value(); ok && t.fulfilled(a, value) {
				found = join(found, span{i, end, value})
			}
		}
		a.change(i, -1)
	}
	return found
}

func (t *tracked) within(first, last occurrence) bool {
	return t.Timespan == 0 || last.at-first.at <= int64(t.Timespan)
}

// join appends a span, or lengthens the last one if they overlap.
func join(found []span, s span) []span {
	if n := len(found); n > 0 && s.from < found[n-1].to {
		last := &found[n-1]
		last.from, last.to, last.value = min(last.from, s.from), max(last.to, s.to), max(last.value, s.value)
		return found
	}
	return append(found, s)
}

func (t *tracked) fulfilled(a aggregate, value float64) bool {
	if seen, ok := a.(*rules); ok && len(t.bounds) == 0 {
		return seen.present(t)
	}
	n := number{f: value}
	for _, b := range t.bounds {
		if !b.holds(n) {
			return false
		}
	}
	return true
}

// aggregate keeps a number of a window up to date while the window moves.
type aggregate interface {
	change(occurrence, by int) // +1 when it enters the window, -1 when it leaves
	value() (float64, bool)
}

func (t *tracked) aggregate(list []occurrence) aggregate {
	switch t.Type {
	case EventCount:
		return new(counter)
	case ValueCount:
		return t.newDistinct(list)
	case Temporal:
		return &rules{list: list, counts: make([]int, len(t.references))}
	}
	return t.newNumbers(list)
}

type counter int

func (c *counter) change(_, by int)       { *c += counter(by) }
func (c *counter) value() (float64, bool) { return float64(*c), true }

// rules counts how often each rule occurs.
type rules struct {
	list   []occurrence
	counts []int
}

func (r *rules) change(i, by int) { r.counts[r.list[i].reference] += by }

func (r *rules) value() (float64, bool) {
	n := 0
	for _, count := range r.counts {
		if count > 0 {
			n++
		}
	}
	return float64(n), true
}

// present says whether those rules occur that the correlation asks for.
func (r *rules) present(t *tracked) bool {
	if t.Correlation.present == nil {
		return !slices.Contains(r.counts, 0)
	}
	return t.Correlation.present.holds(func(name string) bool {
		for i, ref := range t.references {
			if ref.name == name && r.counts[i] > 0 {
				return true
			}
		}
		return false
	})
}

// holds evaluates an expression.
func (e *expr) holds(is func(string) bool) bool {
	if e.op == named {
		return is(e.name)
	}
	count := 0
	for _, a := range e.args {
		if a.holds(is) {
			count++
		}
	}
	switch e.op {
	case allOf:
		return count == len(e.args)
	case notOf:
		return count == 0
	case anyOf:
		return count > 0
	}
	return count >= e.least
}

// fieldOfOccurrence is the value that is counted or computed with.
func (t *tracked) fieldOfOccurrence(o occurrence) []string {
	return o.sighting.texts(target{t, o.reference}.field(t.Field))
}

// distinct counts different values.
type distinct struct {
	texts  [][]string // by occurrence
	counts map[string]int
}

func (t *tracked) newDistinct(list []occurrence) *distinct {
	d := &distinct{counts: map[string]int{}}
	for _, o := range list {
		d.texts = append(d.texts, t.fieldOfOccurrence(o))
	}
	return d
}

func (d *distinct) change(i, by int) {
	for _, text := range d.texts[i] {
		if d.counts[text] += by; d.counts[text] == 0 {
			delete(d.counts, text)
		}
	}
}

func (d *distinct) value() (float64, bool) { return float64(len(d.counts)), len(d.counts) > 0 }

// numbers keeps the values of a window in order: a Fenwick tree of how often each of the group's values occurs, so that
// any percentile is found in logarithmic time.
type numbers struct {
	kind       CorrelationType
	percentile float64
	sorted     []float64 // the group's distinct values
	ranks      [][]int   // of each occurrence's values in sorted, from 1
	tree       []int
	count      int
	sum        float64
}

func (t *tracked) newNumbers(list []occurrence) *numbers {
	n := &numbers{kind: t.Type, percentile: t.percentile, ranks: make([][]int, len(list))}
	values := make([][]float64, len(list))
	for i, o := range list {
		for _, text := range t.fieldOfOccurrence(o) {
			if v, ok := parseNumber(text); ok {
				values[i] = append(values[i], v.f)
			}
		}
		n.sorted = append(n.sorted, values[i]...)
	}
	slices.Sort(n.sorted)
	n.sorted = slices.Compact(n.sorted)
	n.tree = make([]int, len(n.sorted)+1)
	for i := range values {
		for _, v := range values[i] {
			at, _ := slices.BinarySearch(n.sorted, v)
			n.ranks[i] = append(n.ranks[i], at+1)
		}
	}
	return n
}

func (n *numbers) change(i, by int) {
	for _, rank := range n.ranks[i] {
		n.count += by
		n.sum += float64(by) * n.sorted[rank-1]
		for ; rank < len(n.tree); rank += rank & -rank {
			n.tree[rank] += by
		}
	}
}

// nth returns the nth smallest value of the window, from 1.
func (n *numbers) nth(k int) float64 {
	step := 1
	for step*2 < len(n.tree) {
		step *= 2
	}
	at := 0
	for ; step > 0; step /= 2 {
		if next := at + step; next < len(n.tree) && n.tree[next] < k {
			at, k = next, k-n.tree[next]
		}
	}
	return n.sorted[at]
}

// value computes the aggregate. A percentile is the smallest value that at least that part of the values doesn't exceed.
func (n *numbers) value() (float64, bool) {
	if n.count == 0 {
		return 0, false
	}
	switch n.kind {
	case ValueSum:
		return n.sum, true
	case ValueAverage:
		return n.sum / float64(n.count), true
	case ValueMinimum:
		return n.nth(1), true
	case ValueMaximum:
		return n.nth(n.count), true
	case ValueMedian:
		return (n.nth((n.count+1)/2) + n.nth(n.count/2+1)) / 2, true
	}
	return n.nth(max(1, int(math.Ceil(n.percentile/100*float64(n.count))))), true
}

// ordered finds where all rules occur in their order within the timespan. Records of the same time have no order that
// could be known, and so count as being in the right one.
func (t *tracked) ordered(list []occurrence) []span {
	// chain[k] is the latest beginning of a run of the first k+1 rules, as an index from 1; 0 if there is none.
	chain := make([]int, len(t.references))
	last := len(chain) - 1
	var found []span
	for from := 0; from < len(list); {
		to := from
		for to < len(list) && list[to].at == list[from].at {
			to++
		}
		here := make([]bool, len(chain)) // which rules occur at this time
		for _, o := range list[from:to] {
			here[o.reference] = true
		}
		for k := range chain {
			switch {
			case here[k] && k == 0:
				chain[0] = from + 1
			case here[k]:
				chain[k] = chain[k-1]
			}
		}
		if begin := chain[last]; here[last] && begin > 0 && t.within(list[begin-1], list[from]) {
			found = join(found, span{begin - 1, to, float64(len(chain))})
		}
		from = to
	}
	return found
}
