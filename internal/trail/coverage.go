package trail

import (
	"maps"
	"slices"
	"strings"
)

// Bounds of a comparison. Selections that people write stay far below them. Whoever may change the selectors may try to
// make the comparison slow: beyond the bounds it gives up, and the caller assumes that something was lost.
const (
	maxSamples = 1 << 14 // distinct kinds of values of one field
	maxPieces  = 1 << 12 // pieces that the uncovered rest may fall into
	maxWork    = 1 << 23 // machine words looked at; some tenths of a second
)

// space is all events as two selections can tell them apart: one axis for each field that either of them asks for.
type space []axis

// axis is the values of a field, represented by one sample for each set of values that no pattern tells apart.
type axis struct {
	field   string
	samples []sample
}

// sample stands for the string itself if exact, else for all strings with this longest known prefix and suffix.
//
// For patterns of the kinds equals, starts-with and ends-with these are all that can be told apart: which prefixes a
// string matches depends only on the longest of them, and likewise for suffixes. So comparing samples is exact.
type sample struct {
	text   string // if exact
	exact  bool
	prefix string
	suffix string
}

func (s sample) matches(p pattern) bool {
	switch {
	case p.op == equals:
		return s.exact && s.text == p.value
	case p.op == startsWith && s.exact:
		return strings.HasPrefix(s.text, p.value)
	case p.op == startsWith:
		return strings.HasPrefix(s.prefix, p.value)
	case s.exact:
		return strings.HasSuffix(s.text, p.value)
	default:
		return strings.HasSuffix(s.suffix, p.value)
	}
}

// meets says whether a field with such a value meets the condition.
func (s sample) meets(c condition) bool {
	if slices.ContainsFunc(c.none, s.matches) {
		return false
	}
	for _, group := range c.any {
		if !slices.ContainsFunc(group, s.matches) {
			return false
		}
	}
	return true
}

// others says whether the sample stands for the values that no pattern names.
func (s sample) others() bool { return !s.exact && s.prefix == "" && s.suffix == "" }

// spaceOf finds the axes on which the selections can differ. ok is false if there are too many samples.
func spaceOf(selections ...selection) (s space, ok bool) {
	seen := map[string][]pattern{}
	for _, clauses := range selections {
		for _, c := range clauses {
			for field, condition := range c {
				seen[field] = slices.Concat(seen[field], slices.Concat(condition.any...), condition.none)
			}
		}
	}
	fields := slices.SortedFunc(maps.Keys(seen), compareFields)
	for _, field := range fields {
		samples, ok := samplesOf(field, seen[field])
		if !ok {
			return nil, false
		}
		s = append(s, axis{field, samples})
	}
	return s, true
}

// fieldOrder puts first what people ask first about events.
var fieldOrder = []string{eventCategory, readOnly, resourceType, eventSource, resourceARN, eventName, userARN}

func compareFields(a, b string) int {
	rank := func(field string) int {
		if i := slices.Index(fieldOrder, field); i >= 0 {
			return i
		}
		return len(fieldOrder)
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}

func samplesOf(field string, seen []pattern) (samples []sample, ok bool) {
	if field == readOnly { // the only field with a fixed set of values
		return []sample{{text: "true", exact: true}, {text: "false", exact: true}}, true
	}
	values := map[operator]map[string]bool{equals: {}, startsWith: {"": true}, endsWith: {"": true}}
	for _, p := range seen {
		values[p.op][p.value] = true
	}
	if len(values[startsWith])*len(values[endsWith])+len(values[equals]) > maxSamples {
		return nil, false
	}
	for _, text := range slices.Sorted(maps.Keys(values[equals])) {
		samples = append(samples, sample{text: text, exact: true})
	}
	suffixes := slices.Sorted(maps.Keys(values[endsWith]))
	for _, prefix := range slices.Sorted(maps.Keys(values[startsWith])) {
		for _, suffix := range suffixes {
			samples = append(samples, sample{prefix: prefix, suffix: suffix})
		}
	}
	return samples, true
}

// box is the events whose value on each axis is one of a set of samples.
type box []bits

// boxes places a selection in the space. Clauses that no event can meet vanish.
func (s space) boxes(clauses selection) []box {
	var result []box
	for _, c := range clauses {
		b := make(box, len(s))
		possible := true
		for i, a := range s {
			b[i] = newBits(len(a.samples))
			for j, sample := range a.samples {
				if sample.meets(c[a.field]) {
					b[i].add(j)
				}
			}
			possible = possible && !b[i].empty()
		}
		if possible {
			result = append(result, b)
		}
	}
	return result
}

// uncovered returns what of the wanted events none of the boxes have holds, in disjoint pieces for each wanted box.
// ok is false if that takes too much work to find out.
func uncovered(want, have []box) (rest []box, ok bool) {
	work := 0
	for _, w := range want {
		pieces := []box{w}
		for _, h := range have {
			var next []box
			for _, piece := range pieces {
				next = append(next, piece.minus(h)...)
			}
			pieces = next
			work += (len(pieces) + 1) * h.words()
			if len(pieces) > maxPieces || work > maxWork {
				return nil, false
			}
		}
		rest = append(rest, pieces...)
		if len(rest) > maxPieces {
			return nil, false
		}
	}
	return rest, true
}

// words is how many machine words a box takes up.
func (b box) words() int {
	count := 0
	for _, set := range b {
		count += len(set)
	}
	return count
}

// minus cuts c out of b. What remains is at most one piece for each axis.
func (b box) minus(c box) []box {
	for i := range b {
		if b[i].and(c[i]).empty() {
			return []box{b}
		}
	}
	var pieces []box
	inside := slices.Clone(b)
	for i := range b {
		if outside := b[i].andNot(c[i]); !outside.empty() {
			piece := slices.Clone(inside)
			piece[i] = outside
			pieces = append(pieces, piece)
		}
		inside[i] = b[i].and(c[i])
	}
	return pieces
}
