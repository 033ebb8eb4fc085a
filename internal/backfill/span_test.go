package backfill

import (
	"math/rand/v2"
	"testing"
	"time"
)

func spanOf(from, to int) Span {
	epoch := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return Span{epoch.Add(time.Duration(from) * time.Second), epoch.Add(time.Duration(to) * time.Second)}
}

// TestSpansAreSets compares the arithmetic of spans with that of sets of seconds.
func TestSpansAreSets(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var list []Span
		set := map[int]bool{}
		for range random.IntN(8) {
			from := random.IntN(30)
			to := from + random.IntN(8)
			list = add(list, spanOf(from, to))
			for n := from; n < to; n++ {
				set[n] = true
			}
		}
		window := spanOf(3, 27)
		left := without(window, list)
		for n := range 30 {
			covered, open := false, false
			for _, s := range list {
				covered = covered || s.meets(spanOf(n, n+1))
			}
			for _, s := range left {
				open = open || s.meets(spanOf(n, n+1))
			}
			if covered != set[n] || open != (n >= 3 && n < 27 && !set[n]) {
				t.Fatalf("second %d of %v, left %v", n, list, left)
			}
		}
		for n := 1; n < len(list); n++ {
			if !list[n-1].To.Before(list[n].From) {
				t.Fatalf("not joined: %v", list)
			}
		}
		total := time.Duration(0)
		for _, s := range slicesOf(left, Span{window.From, window.From.AddDate(0, 0, 9)}) {
			total += s.length()
		}
		for _, s := range left {
			total -= s.length()
		}
		if total != 0 {
			t.Fatalf("the slices of %v leave out or repeat %s", left, total)
		}
	}
}

func TestSlicesEndWithHoursAndDays(t *testing.T) {
	window := spanOf(3000, 3000+7000)
	got := slicesOf([]Span{window}, window)
	if len(got) != 3 || got[0] != spanOf(3000, 3600) || got[1] != spanOf(3600, 7200) || got[2] != spanOf(7200, 10000) {
		t.Errorf("hours: %v", got)
	}
	long := spanOf(80_000, 300_000)
	if got := slicesOf([]Span{long}, long); len(got) != 4 || got[1] != spanOf(86_400, 172_800) {
		t.Errorf("days: %v", got)
	}
}
