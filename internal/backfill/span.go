package backfill

import (
	"slices"
	"time"
)

// Span is a time, to the second: From is part of it, To is not.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

func (s Span) empty() bool { return !s.From.Before(s.To) }

func (s Span) length() time.Duration { return max(s.To.Sub(s.From), 0) }

func (s Span) meets(other Span) bool { return s.From.Before(other.To) && other.From.Before(s.To) }

func (s Span) has(t time.Time) bool { return !t.Before(s.From) && t.Before(s.To) }

// add puts a span into a list of spans that do not touch, in order.
func add(list []Span, s Span) []Span {
	if s.empty() {
		return list
	}
	var out []Span
	for _, have := range list {
		if have.To.Before(s.From) || s.To.Before(have.From) {
			out = append(out, have)
			continue
		}
		s.From, s.To = earliest(s.From, have.From), latest(s.To, have.To)
	}
	out = append(out, s)
	slices.SortFunc(out, func(a, b Span) int { return a.From.Compare(b.From) })
	return out
}

// without is what of a span none of the others, which are in order, covers.
func without(s Span, others []Span) []Span {
	var left []Span
	for _, o := range others {
		if !o.meets(s) {
			continue
		}
		if before := (Span{s.From, o.From}); !before.empty() {
			left = append(left, before)
		}
		s.From = o.To
	}
	if !s.empty() {
		left = append(left, s)
	}
	return left
}

// longWindow is the time from which on a day is read at once, and not an hour: that keeps the files in proportion.
const longWindow = 48 * time.Hour

// slicesOf cuts spans where hours end, or days: a file holds events of one day, as CloudTrail's do, and the cuts are the same
// whenever they are made.
func slicesOf(spans []Span, window Span) []Span {
	step := time.Hour
	if window.length() > longWindow {
		step = 24 * time.Hour
	}
	var out []Span
	for _, s := range spans {
		for !s.empty() {
			end := earliest(s.From.Truncate(step).Add(step), s.To)
			out = append(out, Span{s.From, end})
			s.From = end
		}
	}
	return out
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
