package metricfilter

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestControls(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Controls() {
		if seen[c.ID] || c.Title == "" || len(c.required) == 0 {
			t.Errorf("%q is there twice, or has no title or records", c.ID)
		}
		seen[c.ID] = true
		if n := utf8.RuneCountInString(c.Pattern); n > maxPattern {
			t.Errorf("the pattern of %s has %d characters", c.ID, n)
		}
		r := Check(c, c.Pattern)
		// Of the sign-in of the root user and the like the benchmark's own pattern has to find all.
		if !r.Covered() || len(r.Advice)+len(r.Floods) > 0 {
			t.Errorf("the pattern of %s: %+v", c.ID, r)
		}
		if again := Check(c, mustParse(t, c.Pattern).String()); !again.Covered() && utf8.RuneCountInString(c.Pattern) < maxPattern/2 {
			t.Errorf("the pattern of %s, printed: %+v", c.ID, again)
		}
		for _, s := range c.required {
			if _, err := json.Marshal(s.record); err != nil {
				t.Errorf("%s of %s: %v", s.name, c.ID, err)
			}
		}
	}
	if len(seen) != 15 {
		t.Errorf("there are %d controls", len(seen))
	}
}

func mustParse(t *testing.T, pattern string) Filter {
	t.Helper()
	f, err := Parse(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
