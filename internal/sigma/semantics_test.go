package sigma

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// semanticCase is one line of the table of semantics.
type semanticCase struct {
	line   int
	match  bool
	rule   string // a whole detection
	record string
}

func semanticCases(t testing.TB) []semanticCase {
	t.Helper()
	data, err := os.ReadFile("testdata/semantics.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases []semanticCase
	for i, line := range strings.Split(string(data), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		rule, record, ok := strings.Cut(line[4:], " => ")
		verdict := strings.TrimSpace(line[:4])
		if !ok || verdict != "yes" && verdict != "no" {
			t.Fatalf("semantics.txt:%d: not a case: %s", i+1, line)
		}
		if rule[0] != '{' {
			rule = "{s: {" + rule + "}, condition: s}"
		}
		cases = append(cases, semanticCase{i + 1, verdict == "yes", rule, record})
	}
	return cases
}

var testPlaceholders = Placeholders{"admins": {"alice", "bob*"}, "one": {"x"}}

func (c semanticCase) compile(t testing.TB) *Matcher {
	t.Helper()
	return compileText(t, "title: t\nlogsource: {product: aws, service: cloudtrail}\ndetection: "+c.rule+"\n", testPlaceholders)
}

func TestSemantics(t *testing.T) {
	cases := semanticCases(t)
	if len(cases) < 300 {
		t.Errorf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.line), func(t *testing.T) {
			m := c.compile(t)
			if got := m.Match(record(t, c.record)); got != c.match {
				t.Errorf("semantics.txt:%d: %s\n on %s\n is %v", c.line, c.rule, c.record, got)
			}
			agree(t, m.plan, c.record)
		})
	}
}
