package duckdbtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/hunt/hunttest"
	"github.com/trailhold/trailhold/internal/rulepack"
	"github.com/trailhold/trailhold/internal/sigma"
	"github.com/trailhold/trailhold/internal/sigma/export"
)

// tables are what is queried, with the table's name.
var tables = []struct {
	name, table string
	dialect     export.Dialect
}{
	{"athena", "cloudtrail_logs", export.Athena()},
	{"cloudtrail-lake", "store1", export.Lake()},
}

// decoded reads records for the plain evaluator.
func decoded(t testing.TB, records []string) []sigma.JSON {
	t.Helper()
	var list []sigma.JSON
	for _, r := range records {
		d, err := sigma.Decode([]byte(r))
		if err != nil {
			t.Fatalf("%v\n%s", err, r)
		}
		list = append(list, d)
	}
	return list
}

func matching(m *sigma.Matcher, records []sigma.JSON) (found []int) {
	for i, r := range records {
		if m.Match(r) {
			found = append(found, i)
		}
	}
	return found
}

// agreement counts what was compared.
type agreement struct{ rules, matches, refused int }

// compare runs each rule on a table, and says which are refused.
func (e *engine) compare(t *testing.T, d export.Dialect, table string, matchers []*sigma.Matcher, records []string) (a agreement) {
	t.Helper()
	events := decoded(t, records)
	for _, m := range matchers {
		query, err := d.Rule(table, m)
		if err != nil {
			var at *sigma.Error
			if !errors.As(err, &at) || at.Line == 0 {
				t.Errorf("%s: an error without a place: %v", m.Rule().Position, err)
			}
			a.refused++
			t.Logf("refused: %v", err)
			continue
		}
		a.rules++
		want, got := matching(m, events), e.numbers(query)
		a.matches += len(want)
		if slices.Equal(got, want) {
			continue
		}
		t.Errorf("%s: the query finds %v, the rule %v\n%s", m.Rule().Position, got, want, query)
		for i, r := range records {
			if slices.Contains(got, i) != slices.Contains(want, i) {
				t.Logf("%d: %s", i, r)
				break
			}
		}
	}
	return a
}

// rules compiles the rules for CloudTrail of some files, and returns the linked correlations, too.
func rules(t testing.TB, files []*rulepack.File) ([]*sigma.Matcher, *sigma.Set) {
	t.Helper()
	set, err := sigma.Link(rulepack.Sigma(files)...)
	if err != nil {
		t.Fatal(err)
	}
	var applicable []*sigma.Rule
	for _, r := range set.Rules {
		if sigma.Applies(r.LogSource) {
			applicable = append(applicable, r)
		}
	}
	plan, err := sigma.Compile(applicable, rulepack.Placeholders())
	if err != nil {
		t.Fatal(err)
	}
	return plan.Matchers(), set
}

// pack is our own rules, and with them those of a folder with public ones, if there is one.
func pack(t testing.TB) []*rulepack.File {
	t.Helper()
	files, err := rulepack.Files()
	if err != nil {
		t.Fatal(err)
	}
	if folder := os.Getenv("TRAILHOLD_TEST_SIGMA"); folder != "" {
		public, err := rulepack.Read(filepath.Join(folder, "rules", "cloud", "aws"), filepath.Join(folder, "unsupported", "cloud"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, public...)
	}
	return files
}

// samples are records of examples, generated ones, and recorded ones, if there is a folder with them.
func samples(t testing.TB) []string {
	t.Helper()
	var records []string
	for _, sequence := range sequences(t) {
		for _, r := range sequence {
			records = append(records, sigma.Compact(map[string]any(r)))
		}
	}
	made := struct{ Records []json.RawMessage }{}
	random := rand.New(rand.NewPCG(7, 1))
	if err := json.Unmarshal(hunttest.File(random, "eu-west-1", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), 1000), &made); err != nil {
		t.Fatal(err)
	}
	for _, r := range made.Records {
		records = append(records, string(r))
	}
	return append(records, recorded(t)...)
}

// sequences are the records of the pack's examples, those of one example together.
func sequences(t testing.TB) [][]sigma.JSON {
	t.Helper()
	files, err := rulepack.Files()
	if err != nil {
		t.Fatal(err)
	}
	var list [][]sigma.JSON
	for _, f := range files {
		var metas []sigma.Meta
		for _, r := range f.Rules {
			metas = append(metas, r.Meta)
		}
		for _, c := range f.Correlations {
			metas = append(metas, c.Meta)
		}
		for _, m := range metas {
			about := f.Of(m)
			for _, example := range slices.Concat(about.Matches, about.Ignores) {
				records, err := example.Records()
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, records)
			}
		}
	}
	return list
}

// recorded are whatever real records somebody has at hand: files with one record, a list, or an object around a list.
func recorded(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(os.Getenv("TRAILHOLD_TEST_RECORDS"), "*.json"))
	if err != nil || os.Getenv("TRAILHOLD_TEST_RECORDS") == "" {
		return nil
	}
	var all []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var list []json.RawMessage
		var around map[string]json.RawMessage
		if json.Unmarshal(data, &around) == nil && len(around) == 1 {
			for _, inner := range around {
				data = inner
			}
		}
		if json.Unmarshal(data, &list) != nil {
			list = []json.RawMessage{data}
		}
		for _, r := range list {
			all = append(all, string(r))
		}
	}
	return all
}

func TestRulesAgree(t *testing.T) {
	records := samples(t)
	matchers, _ := rules(t, pack(t))
	e := newEngine(t)
	e.load(records)
	e.tables()
	for _, target := range tables {
		t.Run(target.name, func(t *testing.T) {
			a := e.compare(t, target.dialect, target.table, matchers, records)
			t.Logf("%d records, %d rules agree in %d matches, %d are refused", len(records), a.rules, a.matches, a.refused)
			if a.matches < a.rules/2 {
				t.Error("that is no test")
			}
		})
	}
}

// ownText is the one case in which an engine differs, as the documentation says: it writes fractions in its own way.
const ownText = `yes f|contains: 1.50 => {"f":{"a":1.50}}`

// TestTableOfSemantics runs the engine's own table of what is right on a column that has the whole record.
func TestTableOfSemantics(t *testing.T) {
	data, err := os.ReadFile("../../testdata/semantics.txt")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t)
	cases, refused := 0, []string{}
	for i, line := range strings.Split(string(data), "\n") {
		if line == "" || line[0] == '#' || line == ownText {
			continue
		}
		rule, record, _ := strings.Cut(line[4:], " => ")
		if rule[0] != '{' {
			rule = "{s: {" + rule + "}, condition: s}"
		}
		m := compile(t, rule)[0]
		query, err := export.Whole("raw").Rule("base", m)
		if err != nil {
			refused = append(refused, err.Error())
			continue
		}
		cases++
		e.load([]string{record})
		want := m.Match(decoded(t, []string{record})[0])
		if got := len(e.numbers(query)) == 1; got != want {
			t.Errorf("semantics.txt:%d: %v instead of %v\n%s\n%s\n%s", i+1, got, want, rule, record, query)
		}
	}
	t.Logf("%d cases agree, %d are refused:\n%s", cases, len(refused), strings.Join(refused, "\n"))
	if cases < 250 {
		t.Errorf("only %d cases", cases)
	}
}

var placeholders = sigma.Placeholders{"admins": {"alice", "bob*"}, "one": {"x"}}

// compile makes rules of some detections in YAML's flow style.
func compile(t testing.TB, detections ...string) []*sigma.Matcher {
	t.Helper()
	var text strings.Builder
	for i, d := range detections {
		fmt.Fprintf(&text, "---\ntitle: t%d\nlogsource: {product: aws, service: cloudtrail}\ndetection: %s\n", i, d)
	}
	f, err := sigma.Parse("test.yml", []byte(text.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	if _, err := sigma.Link(f); err != nil {
		t.Fatal(err)
	}
	plan, err := sigma.Compile(f.Rules, placeholders)
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	return plan.Matchers()
}
