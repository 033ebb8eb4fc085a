package posture

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/madeof"
	"github.com/trailhold/trailhold/internal/severity"
)

const document = "../../docs/checks.md"

// TestDocument holds docs/checks.md, which is made from the table of checks, to it.
func TestDocument(t *testing.T) { madeof.Document(t, document, checksDocument()) }

func checksDocument() string {
	var out strings.Builder
	fmt.Fprintf(&out, `# Checks

<!-- Made from the table of checks: go test ./internal/posture -run TestDocument -update -->

The %d checks of `+"`trailhold audit`"+`. [Auditing](auditing.md) says how they are put, and what their results mean. In the commands,
names in braces are filled in by a finding, which has the finished command, documents included, wherever what they rest on could be read. What
people have to decide on is a variable: set it before, or the shell refuses to run the command and says what it is.

`, len(Checks()))
	out.WriteString("| check | severity | passes where |\n|---|---|---|\n")
	for _, c := range Checks() {
		fmt.Fprintf(&out, "| [%[1]s](#%[1]s) | %[2]s | %[3]s |\n", c.ID, c.Severity, c.Title)
	}
	for _, g := range Groups() {
		fmt.Fprintf(&out, "\n## %s\n", g.Title())
		for _, c := range Checks() {
			if c.Group == g {
				out.WriteString(checkText(c))
			}
		}
	}
	return out.String()
}

func checkText(c Check) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n### %s\n\n**%s.** Severity %s. %s\n", c.ID, c.Title, c.Severity, c.Rationale)
	for _, f := range Frameworks() {
		var ids []string
		for _, r := range c.References {
			if r.Framework == f.Framework {
				ids = append(ids, r.ID)
			}
		}
		if len(ids) > 0 {
			fmt.Fprintf(&out, "\n- %s: %s", f.Name, strings.Join(ids, ", "))
		}
	}
	if len(c.References) > 0 {
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "\n```\n%s\n```\n", c.Remedy)
	return out.String()
}

// TestTable: every check says everything, and is called as nothing else is.
func TestTable(t *testing.T) {
	id, seen := regexp.MustCompile(`^(ct|mf|guard)(-[a-z0-9]+)+$`), map[string]bool{}
	for _, c := range Checks() {
		if !id.MatchString(c.ID) || seen[c.ID] {
			t.Errorf("%s is no id, or is given twice", c.ID)
		}
		seen[c.ID] = true
		if c.Title == "" || strings.HasSuffix(c.Title, ".") || !strings.HasSuffix(c.Rationale, ".") || c.Remedy == "" || c.Severity == severity.None || c.References == nil || c.Group.Title() == "" {
			t.Errorf("%s lacks something: %+v", c.ID, c)
		}
	}
}
