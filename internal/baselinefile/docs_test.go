package baselinefile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/trail"
)

// TestDocumentation makes sure that the examples of docs/baseline.md are valid baselines, and that its table of settings is
// that of the code. Run with UPDATE=1 to write the table anew.
func TestDocumentation(t *testing.T) {
	page := filepath.Join("..", "..", "docs", "baseline.md")
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text, examples := string(content), 0
	for n, block := range strings.Split(text, "```yaml\n")[1:] {
		example, _, _ := strings.Cut(block, "```")
		examples++
		if _, err := Parse(fmt.Sprintf("example %d", n+1), []byte(example)); err != nil {
			t.Error(err)
		}
		if err := compile(t).Validate(asJSON(t, example)); err != nil {
			t.Errorf("example %d does not follow the schema: %v", n+1, err)
		}
	}
	if examples == 0 {
		t.Error("there is no example")
	}
	const begin, end = "go test ./internal/baselinefile -->\n", "<!-- end -->"
	head, rest, found := strings.Cut(text, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the marks of the table of settings are missing")
	}
	want := head + begin + settingsTable() + end + tail
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if text != want {
		t.Errorf("the table of settings is not that of the code, which is\n%s", settingsTable())
	}
}

func settingsTable() string {
	var table strings.Builder
	table.WriteString("| type | settings |\n|---|---|\n")
	for _, typ := range trail.Types() {
		var names []string
		for _, name := range settingNames(typ) {
			if trail.HasMembers(typ, trail.Setting(name)) {
				name = "*" + name + "*"
			}
			names = append(names, name)
		}
		fmt.Fprintf(&table, "| %s | %s |\n", typ, strings.Join(names, ", "))
	}
	return table.String()
}
