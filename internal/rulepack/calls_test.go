package rulepack

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEveryCallHasARule reads the table of calls in testdata.
func TestEveryCallHasARule(t *testing.T) {
	data, err := os.ReadFile("testdata/calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	rules := tiedRules(t)
	found := func(source, name string) bool {
		return slices.ContainsFunc(rules, func(r tied) bool {
			return r.rule != nil && slices.Contains(r.rule.Values("eventSource"), source) && slices.Contains(r.rule.Values("eventName"), name)
		})
	}
	calls := 0
	for line := range strings.Lines(string(data)) {
		call, reason, exempt := strings.Cut(strings.TrimSpace(line), " - ")
		source, name, ok := strings.Cut(call, " ")
		switch {
		case call == "" || call[0] == '#':
			continue
		case !ok || exempt && reason == "":
			t.Errorf("what does this line mean: %s", line)
		case found(source, name) == exempt:
			t.Errorf("%s of %s: rule found: %t, exempted: %t", name, source, !exempt, exempt)
		}
		calls++
	}
	t.Logf("%d calls", calls)
}
