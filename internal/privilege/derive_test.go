package privilege_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/privilege"
)

const sdk = "github.com/aws/aws-sdk-go-v2/"

// foreign are the packages below internal/awscloud whose calls are made with somebody else's permissions.
var foreign = map[string]string{
	"deployer": "of deploy, status and destroy, with the permissions of whoever deploys",
	"intruder": "the drill's attacks, with the permissions of whoever runs the drill",
}

// TestTableHasExactlyTheCallsOfTheCode derives the calls from the source, by type: which operations of the SDK's clients are
// called, taken as values, or left to a function of the SDK that is handed a client.
func TestTableHasExactlyTheCallsOfTheCode(t *testing.T) {
	called := callsOf(t)
	listed := map[string]bool{}
	for _, row := range privilege.Table() {
		listed[row.Operation] = true
		if called[row.Operation] == "" {
			t.Errorf("the table has %s (%s), which nothing in internal/awscloud calls", row.Operation, row.Of)
		}
	}
	for operation, where := range called {
		if !listed[operation] {
			t.Errorf("%s calls %s, which has no row in the table", where, operation)
		}
	}
	if len(called) < 100 {
		t.Errorf("only %d calls were found: the derivation is broken", len(called))
	}
}

// callsOf lists the operations that the packages of awscloud use, with one place of each.
func callsOf(t *testing.T) map[string]string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f",
		"{{.ImportPath}}\t{{.Export}}\t{{.Dir}}\t{{range .GoFiles}}{{.}} {{end}}", "../awscloud/...")
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports, sources := map[string]string{}, map[string][]string{}
	for line := range strings.Lines(string(out)) {
		parts := strings.Split(strings.TrimSpace(line), "\t")
		if len(parts) < 3 {
			continue
		}
		exports[parts[0]] = parts[1]
		if _, below, own := strings.Cut(parts[0], "/internal/awscloud"); own && foreign[strings.TrimPrefix(below, "/")] == "" {
			for _, file := range strings.Fields(parts[3]) {
				sources[parts[0]] = append(sources[parts[0]], filepath.Join(parts[2], file))
			}
		}
	}
	found := map[string]string{}
	for name, files := range sources {
		for operation, where := range uses(t, name, files, exports) {
			found[operation] = where
		}
	}
	return found
}

// uses type-checks one package and finds the operations in it.
func uses(t *testing.T, name string, sources []string, exports map[string]string) map[string]string {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	for _, source := range sources {
		file, err := parser.ParseFile(set, source, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	config := types.Config{Importer: importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	if _, err := config.Check(name, set, files, info); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for at, object := range info.Uses {
		function, ok := object.(*types.Func)
		if !ok || function.Pkg() == nil || !strings.HasPrefix(function.Pkg().Path(), sdk) {
			continue
		}
		for _, operation := range operationsIn(function) {
			position := set.Position(at.Pos())
			found[operation] = fmt.Sprintf("%s:%d", filepath.Base(position.Filename), position.Line)
		}
	}
	for operation, at := range signed(files) {
		found[operation] = fmt.Sprintf("%s:%d", filepath.Base(set.Position(at).Filename), set.Position(at).Line)
	}
	return found
}

// operationsIn are the operations that the use of one of the SDK's functions stands for: itself, if it is one, and those of the
// clients that it is handed.
func operationsIn(function *types.Func) (found []string) {
	if name := operation(function); name != "" {
		return []string{name}
	}
	parameters := function.Signature().Params()
	for n := range parameters.Len() {
		if client, ok := parameters.At(n).Type().Underlying().(*types.Interface); ok {
			for method := range client.NumMethods() {
				if name := operation(client.Method(method)); name != "" {
					found = append(found, name)
				}
			}
		}
	}
	return found
}

// operation names the operation that a method calls: it takes a context and the *Input that is called like the method.
func operation(method *types.Func) string {
	parameters := method.Signature().Params()
	if method.Signature().Recv() == nil || parameters.Len() < 2 {
		return ""
	}
	pointer, _ := parameters.At(1).Type().(*types.Pointer)
	if pointer == nil {
		return ""
	}
	input, _ := pointer.Elem().(*types.Named)
	if input == nil || input.Obj().Name() != method.Name()+"Input" || !strings.HasPrefix(input.Obj().Pkg().Path(), sdk+"service/") {
		return ""
	}
	return path.Base(input.Obj().Pkg().Path()) + ":" + method.Name()
}

func TestRowsAreOfOneKindEach(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range privilege.Table() {
		id := row.Operation + " of " + row.Of
		if seen[id] {
			t.Errorf("%s is in the table twice", id)
		}
		seen[id] = true
		if row.Why == "" || len(row.Grants) == 0 && !slices.Contains([]string{"sts:GetCallerIdentity", "sts:AssumeRole", "s3:DeletePublicAccessBlock"}, row.Operation) {
			t.Errorf("%s says neither why it is needed nor what it needs: %+v", id, row)
		}
		for _, g := range row.Grants {
			if strings.ContainsAny(g.Action, "*?") {
				t.Errorf("%s: the action %s has a wildcard", id, g.Action)
			}
			if strings.Contains(g.On.Shape, "`*`") && g.On.Why == "" {
				t.Errorf("%s: nothing says why %s is on every resource", id, g.Action)
			}
		}
	}
}
