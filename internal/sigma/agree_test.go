package sigma

import (
	"slices"
	"testing"
)

// agree checks that the ways to match a record come to the same result: each rule by itself on the decoded record, each
// rule by itself on the record's JSON, and the plan. It checks, too, that the search of the JSON would not have left out
// a record that matches.
func agree(t *testing.T, p *Plan, raw string) (matched []int) {
	t.Helper()
	plain, err := Decode([]byte(raw))
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	var fast Record
	if n, err := fast.Read([]byte(raw)); err != nil || n == 0 {
		t.Fatalf("%q: %d, %v", raw, n, err)
	}
	for i, m := range p.matchers {
		want := m.Match(plain)
		if got := m.Match(&fast); got != want {
			t.Errorf("rule %d (%s): %v on the JSON, %v on the decoded record\n%q", i, m.Rule().Position, got, want, raw)
		}
		if want {
			matched = append(matched, i)
		}
	}
	var found []int
	p.Match(&fast, func(m *Matcher) { found = append(found, slices.Index(p.matchers, m)) })
	if !slices.Equal(found, matched) {
		t.Errorf("the plan finds %v, the rules themselves %v\n%q", found, matched, raw)
	}
	if at := p.Search([]byte(raw)).Next(0); len(matched) > 0 && at >= len(raw) {
		t.Errorf("the search leaves out a record that rules %v match\n%q", matched, raw)
	}
	return matched
}
