package export

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/rulepack"
	"github.com/trailhold/trailhold/internal/sigma"
)

// index is a model of what OpenSearch keeps of a record with the mapping that is assumed: of each field its texts. Null, and
// empty lists and objects, leave no trace.
type index map[string][]string

func (x index) add(path string, node any) {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			x.add(strings.TrimPrefix(path+"."+key, "."), value)
		}
	case []any:
		for _, value := range node {
			x.add(path, value)
		}
	case string:
		x[path] = append(x[path], node)
	case json.Number:
		x[path] = append(x[path], node.String())
	case bool:
		x[path] = append(x[path], map[bool]string{true: "true", false: "false"}[node])
	}
}

// finds is a model of the queries that are written, as OpenSearch documents them.
func (x index) finds(t *testing.T, query map[string]any) bool {
	t.Helper()
	for kind, body := range query {
		body := body.(object)
		switch kind {
		case "match_none":
			return false
		case "exists":
			return x.has(body["field"].(string))
		case "bool":
			return x.holds(t, body)
		}
		for field, of := range body {
			return x.term(t, kind, field, of.(object))
		}
	}
	t.Fatalf("an empty query: %v", query)
	return false
}

// has says whether there is anything in a field, or below it if it is an object.
func (x index) has(field string) bool {
	for path := range x {
		if path == field || strings.HasPrefix(path, field+".") {
			return true
		}
	}
	return false
}

func (x index) holds(t *testing.T, body object) bool {
	t.Helper()
	count := 0
	for kind, list := range body {
		if kind == "minimum_should_match" {
			continue
		}
		for _, one := range list.([]object) {
			switch found := x.finds(t, one); {
			case kind == "filter" && !found, kind == "must_not" && found:
				return false
			case kind == "should" && found:
				count++
			}
		}
	}
	least, _ := body["minimum_should_match"].(int)
	return count >= least
}

func (x index) term(t *testing.T, kind, field string, of object) bool {
	t.Helper()
	value := of["value"].(string)
	flags := "(?s)"
	if of["case_insensitive"] == true {
		flags = "(?is)"
	}
	if base, ok := strings.CutSuffix(field, ".ip"); ok {
		prefix := netip.MustParsePrefix(value)
		return slices.ContainsFunc(x[base], func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && prefix.Contains(a) })
	}
	switch kind {
	case "term":
		return slices.ContainsFunc(x[field], func(s string) bool {
			return s == value || flags == "(?is)" && strings.EqualFold(s, value) // the two differ outside of ASCII only
		})
	case "wildcard":
		value = strings.NewReplacer(`\\\*`, `\*`, `\\\?`, `\?`, `\\\\`, `\\`, `\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(value))
	case "regexp":
		if of["flags"] != "NONE" {
			t.Errorf("operators that the rule doesn't know: %v", of)
		}
	default:
		t.Fatalf("an unknown query %q", kind)
	}
	for _, s := range x[field] {
		if regexp.MustCompile(flags + `\A(?:` + value + `)\z`).MatchString(s) {
			return true
		}
	}
	return false
}

func (x index) agree(t *testing.T, request Request, m *sigma.Matcher, record sigma.JSON) bool {
	t.Helper()
	want := m.Match(record)
	if got := x.finds(t, request.Query); got != want {
		query, _ := json.MarshalIndent(request, "", " ")
		t.Errorf("%s (%s): %v by the query\n%s\n%s", m.Rule().Position, m.Rule().Title, got, query, sigma.Compact(map[string]any(record)))
	}
	return want
}

// TestSearchesAgree runs our own rules that can be written on the records of all their examples, in which what the searches
// take for granted is so.
func TestSearchesAgree(t *testing.T) {
	files, err := rulepack.Files()
	if err != nil {
		t.Fatal(err)
	}
	set, err := sigma.Link(rulepack.Sigma(files)...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := sigma.Compile(set.Rules, rulepack.Placeholders())
	if err != nil {
		t.Fatal(err)
	}
	var records []sigma.JSON
	for _, f := range files {
		for _, r := range f.Rules {
			for _, example := range slices.Concat(f.Of(r.Meta).Matches, f.Of(r.Meta).Ignores) {
				list, err := example.Records()
				if err != nil {
					t.Fatal(err)
				}
				records = append(records, list...)
			}
		}
	}
	indices := make([]index, len(records))
	for i, record := range records {
		indices[i] = index{}
		indices[i].add("", map[string]any(record))
	}
	written, refused, matches := 0, 0, 0
	for _, m := range plan.Matchers() {
		request, _, err := OpenSearch(m)
		if err != nil {
			refused++
			continue
		}
		written++
		for i, record := range records {
			if indices[i].agree(t, request, m, record) {
				matches++
			}
		}
	}
	t.Logf("%d rules on %d records: %d matches; %d rules are refused", written, len(records), matches, refused)
	if written < 150 || matches < written {
		t.Error("that is no test")
	}
}

func TestSearches(t *testing.T) {
	record, err := sigma.Decode([]byte(`{"eventName":"StopLogging","userAgent":"a*b?c\\d","sourceIPAddress":"10.1.2.3","errorMessage":"Ünï",
		"requestParameters":{"list":["x","Y"],"n":12,"o":[{"k":true},{"k":null}]},"resources":[{"ARN":"arn:aws:s3:::b"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	x := index{}
	x.add("", map[string]any(record))
	for _, detection := range []string{
		`{s: {eventName: stoplogging}, condition: s}`, `{s: {eventName|cased: stoplogging}, condition: s}`, `{s: {eventName: 'stop?ogg*'}, condition: s}`,
		`{s: {userAgent: 'A\*b\?C\\d'}, condition: s}`, `{s: {userAgent|contains: '\*B'}, condition: s}`, `{s: {userAgent|re: '^a\*b.c\\d$'}, condition: s}`,
		`{s: {userAgent|re: '(b|x)\?'}, condition: s}`, `{s: {userAgent|re|i: 'B[?]C'}, condition: s}`, `{s: {userAgent|re: '^b'}, condition: s}`,
		`{s: {sourceIPAddress|cidr: 10.0.0.0/8}, condition: s}`, `{s: {sourceIPAddress|cidr: 11.0.0.0/8}, condition: s}`,
		`{s: {requestParameters.list: y}, condition: s}`, `{s: {requestParameters.list|all: [x, y]}, condition: s}`, `{s: {requestParameters.list|all: [x, z]}, condition: s}`,
		`{s: {requestParameters.n: 12, requestParameters.o.k: true}, condition: s}`, `{s: {errorCode: null}, condition: s}`, `{s: {errorCode: null}, condition: not s}`,
		`{s: {errorCode: '*'}, condition: s}`, `{s: {errorMessage|cased: 'Ünï'}, condition: s}`, `{s: {resources.ARN|endswith: ':B'}, condition: s}`,
		`{s: {eventName: x}, t: {eventName: StopLogging}, u: {userAgent: '*'}, condition: 2 of them}`, `{s: {eventName: [x, y]}, condition: s}`,
	} {
		m := compile(t, detection)
		request, _, err := OpenSearch(m)
		if err != nil {
			t.Fatal(err)
		}
		x.agree(t, request, m, record)
	}
}

// TestSearchesSayWhatTheyAssume looks at fields of no fixed form.
func TestSearchesSayWhatTheyAssume(t *testing.T) {
	for detection, want := range map[string]string{
		`{s: {eventName|contains: x, errorCode: null, userAgent: '*'}, condition: s}`: "",
		`{s: {requestParameters.a: x}, condition: s}`:                                 "",
		`{s: {requestParameters.a|startswith: x}, condition: s}`:                      "",
		`{s: {requestParameters.a|contains: x}, condition: s}`:                        "requestParameters.a is no object",
		`{s: {requestParameters.a: null}, condition: s}`:                              "requestParameters.a is never an empty list or object, nor null within a list",
		`{s: {requestParameters.a: '*'}, condition: s}`:                               "requestParameters.a is never an empty object",
		`{s: {requestParameters.a: 12}, condition: s}`:                                "requestParameters.a has the number 12 always written as in the rule",
	} {
		_, assumed, err := OpenSearch(compile(t, detection))
		if got := strings.Join(assumed, "; "); got != want || err != nil {
			t.Errorf("%s: %q, %v", detection, got, err)
		}
	}
}
