package internal_test

import (
	"go/ast"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestDependenciesAreExplained holds docs/dependencies.md to go.mod: a line for each module that is required directly,
// with the programs that link it as the imports have it, and no line for any other.
func TestDependenciesAreExplained(t *testing.T) {
	required, explained := directRequirements(t), explainedDependencies(t)
	users := programsOf(packages(t), required)
	for _, module := range required {
		use, ok := explained[module]
		switch {
		case !ok:
			t.Errorf("go.mod requires %s: docs/dependencies.md has to say where it is used and why", module)
		case use != users[module] && (users[module] != "" || use != "tests" && use != "gate"):
			t.Errorf("docs/dependencies.md has %s in %q; the imports have it in %q", module, use, users[module])
		}
	}
	for module := range maps.Keys(explained) {
		if !slices.Contains(required, module) {
			t.Errorf("docs/dependencies.md explains %s, which go.mod does not require directly", module)
		}
	}
}

// directRequirements lists the modules of go.mod that are not marked as indirect, and those of its tools.
func directRequirements(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var direct, all, tools []string
	block := ""
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case words[0] == ")":
			block = ""
			continue
		case len(words) == 2 && words[1] == "(":
			block = words[0]
			continue
		case block != "":
			words = append([]string{block}, words...)
		}
		switch {
		case words[0] == "tool":
			tools = append(tools, words[1])
		case words[0] == "require":
			all = append(all, words[1])
			if !strings.HasSuffix(strings.TrimSpace(line), "// indirect") {
				direct = append(direct, words[1])
			}
		}
	}
	for _, tool := range tools {
		direct = append(direct, moduleOf(all, tool))
	}
	slices.Sort(direct)
	direct = slices.Compact(direct)
	if len(direct) == 0 {
		t.Fatal("go.mod requires nothing: it cannot have been read right")
	}
	return direct
}

// explainedDependencies reads the table of docs/dependencies.md: where each module is used. Every row needs its reason.
func explainedDependencies(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]string{}
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| ") || len(cells) != 3 {
			continue
		}
		module, use, why := strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])
		if !strings.Contains(module, ".") {
			continue // the table's head
		}
		if _, twice := explained[module]; twice || why == "" {
			t.Errorf("docs/dependencies.md: %s needs one line, with a reason", module)
		}
		explained[module] = use
	}
	return explained
}

// programsOf says of each module which programs' own packages import it.
func programsOf(all map[string][]*ast.File, modules []string) map[string]string {
	users := map[string]string{}
	for _, program := range []struct{ path, name string }{{"cmd/trailhold-lambda", "Lambda"}, {"cmd/trailhold", "CLI"}} {
		linked, found := map[string]bool{}, map[string]bool{}
		follow(all, program.path, linked)
		for name := range linked {
			for _, imported := range imports(all[name]) {
				found[moduleOf(modules, imported)] = true
			}
		}
		for _, module := range modules {
			if found[module] {
				users[module] = strings.TrimPrefix(users[module]+", "+program.name, ", ")
			}
		}
	}
	return users
}

// moduleOf is the module that a package belongs to, of several that fit the innermost. It is empty if none fits.
func moduleOf(modules []string, path string) string {
	best := ""
	for _, module := range modules {
		if (path == module || strings.HasPrefix(path, module+"/")) && len(module) > len(best) {
			best = module
		}
	}
	return best
}
