package digest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// TestKindsAreListed holds the list of kinds to the constants: each once, with a prefix, a class and a meaning.
func TestKindsAreListed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "problem.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := map[Kind]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Kind" {
				value, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				constants[Kind(value)] = true
			}
		}
		return true
	})
	for _, info := range Kinds() {
		if !constants[info.Kind] {
			t.Errorf("%s is listed twice, or is no constant", info.Kind)
		}
		delete(constants, info.Kind)
		prefix, _, _ := strings.Cut(string(info.Kind), "-")
		if !strings.Contains("log digest chain key", prefix) || info.Meaning == "" || info.Class == "" {
			t.Errorf("%+v", info)
		}
	}
	for kind := range constants {
		t.Errorf("%s is not listed", kind)
	}
}
