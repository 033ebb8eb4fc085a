// Package internal_test checks the boundaries between Trailhold's parts: who may import whom, and what the pure core
// may not do.
package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/trailhold/trailhold/"

// part is what one package may do. Its tests may do more.
type part struct {
	pure    bool   // no operating system, network, logging, printing or clock
	uses    string // packages of this module; those in internal are named without it
	modules string // prefixes of other modules' packages
}

// parts is the table of all packages. A new one has to be entered here, which is the moment to think about its place.
var parts = map[string]part{
	"internal/severity":            {pure: true},
	"internal/plain":               {pure: true},
	"internal/gunzip":              {pure: true},
	"internal/shell":               {pure: true},
	"internal/shell/shelltest":     {},
	"internal/sigma":               {pure: true, modules: "go.yaml.in/yaml/"},
	"internal/sigma/export":        {pure: true, uses: "plain sigma"},
	"internal/sigma/sigmatest":     {},
	"internal/rulepack":            {uses: "sigma tamper", modules: "go.yaml.in/yaml/"},
	"internal/rulepack/eventnames": {},
	"internal/digest":              {pure: true, uses: "gunzip"},
	"internal/record":              {pure: true, uses: "plain"},
	"internal/policy":              {pure: true, uses: "plain"},
	"internal/metricfilter":        {pure: true},
	"internal/trail":               {pure: true, uses: "plain policy severity"},
	"internal/tamper":              {pure: true, uses: "plain record severity trail"},
	"internal/whocan":              {pure: true, uses: "plain policy severity tamper trail"},
	"internal/privilege":           {pure: true, uses: "trail"},
	"internal/posture":             {pure: true, uses: "metricfilter policy severity shell tamper trail whocan"},
	"internal/incident":            {pure: true, uses: "plain record severity tamper trail"},

	"internal/eventrules":   {pure: true, uses: "tamper trail"},
	"internal/harden":       {pure: true, uses: "metricfilter policy posture severity shell trail whocan"},
	"internal/harden/apply": {uses: "guard harden trail"},

	"internal/backfill": {uses: "guard incident plain record tamper trail"},

	"internal/guard":  {uses: "incident plain record severity tamper trail"},
	"internal/notify": {uses: "guard incident plain severity tamper trail"},
	"internal/drill":  {uses: "guard incident record severity tamper trail"},
	"internal/tally":  {uses: "guard incident"},
	"internal/watch":  {uses: "guard incident plain record severity tally tamper trail", modules: "github.com/prometheus/client_golang/"},
	"internal/report": {uses: "plain severity"},
	"internal/hunt":   {uses: "digest gunzip record severity sigma tamper trail"},

	"internal/channel": {uses: "incident notify plain severity tamper trail", modules: "github.com/wneessen/go-mail"},
	"internal/alerts":  {uses: "awscloud baselinefile channel incident notify plain severity trail", modules: "go.yaml.in/yaml/"},

	"internal/hunt/huntreport": {uses: "hunt plain report severity"},
	"internal/hunt/hunttest":   {},

	"internal/posture/posturereport": {uses: "incident plain posture report severity"},

	"internal/verification": {uses: "digest report severity"},
	"internal/verifyjob":    {uses: "awscloud digest guard incident keyring record severity tamper trail"},
	"internal/logdir":       {uses: "digest plain"},
	"internal/keyring":      {uses: "digest"},
	"internal/verifytest":   {uses: "digest digest/digesttest"},

	"internal/journal":             {uses: "guard incident"},
	"internal/journal/journaltest": {uses: "guard incident severity trail"},
	"internal/digest/digesttest":   {uses: "digest"},
	"internal/mutefile":            {uses: "baselinefile plain policy posture", modules: "go.yaml.in/yaml/"},
	"internal/baselinefile":        {uses: "plain severity trail", modules: "go.yaml.in/yaml/"},
	"internal/memberlist":          {uses: "baselinefile plain trail"},
	"internal/awscloud":            {uses: "backfill digest guard journal plain policy record severity trail whocan", modules: "github.com/aws/aws-sdk-go-v2/ github.com/aws/smithy-go"},
	"internal/awscloud/inventory":  {uses: "awscloud guard posture record trail whocan", modules: "github.com/aws/aws-sdk-go-v2/ github.com/aws/smithy-go"},
	"internal/awscloud/intruder":   {uses: "awscloud trail", modules: "github.com/aws/aws-sdk-go-v2/"},
	"internal/lab":                 {uses: "lab/cloudformation metricfilter policy", modules: "github.com/fxamacker/cbor/"},
	"internal/lab/cloudformation":  {modules: "go.yaml.in/yaml/"},
	"internal/awscloud/deployer": {
		uses: "awscloud baselinefile canary deploy/cloudformation eventrules guard journal memberlist plain trail", modules: "github.com/aws/aws-sdk-go-v2/ go.yaml.in/yaml/",
	},
	"internal/drill/labrange": {
		uses: "awscloud awscloud/intruder baselinefile drill guard incident journal lab notify record tamper trail",
	},

	"internal/canary": {uses: "guard incident record severity trail"},

	"internal/function": {uses: "alerts awscloud baselinefile canary guard incident journal memberlist notify plain record severity tally tamper trail verifyjob"},
	"internal/cli": {
		uses: "alerts awscloud awscloud/deployer awscloud/inventory backfill baselinefile canary channel digest drill drill/labrange guard harden harden/apply hunt " +
			"hunt/huntreport incident journal keyring lab logdir mutefile notify plain posture posture/posturereport privilege record report rulepack severity " +
			"shell sigma sigma/export tally tamper trail verification verifyjob watch whocan",
		modules: "github.com/spf13/ golang.org/x/term",
	},
	"internal/contract":      {}, // tests only
	"internal/madeof":        {}, // for tests
	"deploy/cloudformation":  {},
	"internal/tools/package": {}, // builds what Lambda runs
	"cmd/trailhold":          {uses: "cli"},
	"cmd/trailhold-lambda":   {uses: "function", modules: "github.com/aws/aws-lambda-go/"},
}

// impureImports are what a pure package may not import, with everything below.
var impureImports = []string{"os", "net", "log", "syscall", "io/fs", "io/ioutil", "path/filepath", "math/rand", "crypto/rand", "unsafe"}

// impureCalls are what a pure package may not use of the packages that it may import.
var impureCalls = map[string]string{
	"fmt":  "Print Printf Println Scan Scanf Scanln",
	"time": "Now Since Until Sleep After AfterFunc Tick NewTimer NewTicker",
}

func TestImports(t *testing.T) {
	for name, files := range packages(t) {
		p, ok := parts[name]
		if !ok {
			t.Errorf("%s is not in the table of parts", name)
			continue
		}
		for _, imported := range imports(files) {
			if !p.mayImport(imported) {
				t.Errorf("%s must not import %s", name, imported)
			}
		}
		if p.pure {
			checkCalls(t, name, files)
		}
	}
}

// TestFunctionLinksNoAttack makes sure of what the table only implies: what runs in people's accounts contains nothing
// that attacks, nothing that pretends to be AWS, and nothing that only the command needs.
func TestFunctionLinksNoAttack(t *testing.T) {
	linked, all := map[string]bool{}, packages(t)
	follow(all, "cmd/trailhold-lambda", linked)
	if !linked["internal/guard"] {
		t.Fatalf("the function does not even link the guard: %v", slices.Sorted(maps.Keys(linked)))
	}
	for name := range linked {
		for _, never := range []string{"internal/drill", "internal/lab", "internal/cli", "internal/awscloud/intruder", "internal/awscloud/deployer"} {
			if name == never || strings.HasPrefix(name, never+"/") {
				t.Errorf("cmd/trailhold-lambda links %s", name)
			}
		}
		for _, imported := range imports(all[name]) {
			for _, never := range []string{"github.com/prometheus/", "github.com/spf13/", "golang.org/x/term"} {
				if strings.HasPrefix(imported, never) {
					t.Errorf("cmd/trailhold-lambda links %s, through %s", imported, name)
				}
			}
		}
	}
}

func (p part) mayImport(path string) bool {
	if own, ok := strings.CutPrefix(path, module); ok {
		return slices.Contains(strings.Fields(p.uses), strings.TrimPrefix(own, "internal/"))
	}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
		return slices.ContainsFunc(strings.Fields(p.modules), func(allowed string) bool { return strings.HasPrefix(path, allowed) })
	}
	return !p.pure || path == "net/netip" || !slices.ContainsFunc(impureImports, func(banned string) bool {
		return path == banned || strings.HasPrefix(path, banned+"/")
	})
}

// checkCalls looks for uses of what a pure package may not use.
func checkCalls(t *testing.T, name string, files []*ast.File) {
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of, ok := selector.X.(*ast.Ident)
			if ok && slices.Contains(strings.Fields(impureCalls[of.Name]), selector.Sel.Name) {
				t.Errorf("%s is pure and must not use %s.%s", name, of.Name, selector.Sel.Name)
			}
			return true
		})
	}
}

// follow collects a package and all packages of this module that it links.
func follow(all map[string][]*ast.File, name string, linked map[string]bool) {
	if linked[name] {
		return
	}
	linked[name] = true
	for _, imported := range imports(all[name]) {
		if own, ok := strings.CutPrefix(imported, module); ok {
			follow(all, own, linked)
		}
	}
}

// imports lists what files import, each once.
func imports(files []*ast.File) []string {
	var paths []string
	for _, file := range files {
		for _, spec := range file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// packages parses the module's packages without their tests, by path. Files for other systems are among them.
func packages(t *testing.T) map[string][]*ast.File {
	t.Helper()
	found := map[string][]*ast.File{}
	set := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != ".." {
				return fs.SkipDir // a module of its own
			}
			if name == "testdata" || len(name) > 2 && (name[0] == '.' || name[0] == '_') {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel("..", filepath.Dir(path))
		dir = filepath.ToSlash(dir)
		found[dir] = append(found[dir], file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
