package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/trailhold/trailhold/internal/sigma"
)

// Request is the body of an OpenSearch search.
type Request struct {
	Query map[string]any `json:"query"`
}

// OpenSearch returns the search that finds what a rule looks for in an index whose documents are CloudTrail's records as
// they are, and what that takes for granted about some fields: an index keeps neither objects as a whole nor empty lists and
// objects. An error is a *sigma.Error.
//
// Every text, number and boolean has to be mapped as keyword, without ignore_above, which dynamic templates for string,
// long, double and boolean do; date_detection has to be off; sourceIPAddress needs a field ip of type ip, with
// ignore_malformed, beside it. Objects, also those in lists, are mapped as object, not nested.
func OpenSearch(m *sigma.Matcher) (Request, []string, error) {
	w := searchWriter{scalars: Athena().texts}
	r := Request{w.clause(m.Tree())}
	slices.Sort(w.assumed)
	return r, slices.Compact(w.assumed), at(m.Rule().Position, w.failed)
}

// searchWriter turns a rule's tree into OpenSearch's query language.
type searchWriter struct {
	scalars map[string]string // paths of fields that are one text in every record that has them
	assumed []string
	failed  error
}

type object = map[string]any

func (w *searchWriter) fail(what, fix string) object {
	w.failed = firstError(w.failed, &refusal{what, fix})
	return object{"match_none": object{}}
}

// assume notes what has to be so for a query on a field of no fixed form to agree with the rule.
func (w *searchWriter) assume(path, what string) {
	if _, ok := w.scalars[path]; !ok && path != "resources.ARN" && path != "resources.type" && path != "resources.accountId" {
		w.assumed = append(w.assumed, plainPath(path)+" "+what)
	}
}

func plainPath(path string) string { return strings.Trim(quote(path), `"`) }

func (w *searchWriter) clause(t sigma.Tree) object {
	switch t := t.(type) {
	case sigma.TreeAll:
		return object{"bool": object{"filter": w.clauses(together(t))}}
	case sigma.TreeAny:
		return should(w.clauses(t), 1)
	case sigma.TreeNot:
		return object{"bool": object{"must_not": []object{w.clause(t.Part)}}}
	case sigma.TreeLeast:
		return should(w.clauses(t.Parts), t.Least)
	case sigma.TreeField:
		return w.field(t)
	case sigma.TreeExists:
		return w.fail("field "+quote(t.Path)+": exists asks for more than an index keeps, in which null and missing are the same",
			"write field: null or field: '*' where that is meant")
	case sigma.TreeSame:
		return w.fail("field "+quote(t.Path)+": fieldref needs a script", huntInstead)
	}
	return w.fail("a search of the whole record, which an index keeps by field", huntInstead)
}

func (w *searchWriter) clauses(trees []sigma.Tree) []object {
	list := []object{}
	for _, t := range trees {
		list = append(list, w.clause(t))
	}
	return list
}

func should(clauses []object, least int) object {
	if len(clauses) == 0 {
		return object{"match_none": object{}}
	}
	if len(clauses) == 1 && least == 1 {
		return clauses[0]
	}
	return object{"bool": object{"should": clauses, "minimum_should_match": least}}
}

// wholes are fields that are objects, or lists of them, in every record that has them.
var wholes = []string{
	"userIdentity", "userIdentity.sessionContext", "userIdentity.sessionContext.sessionIssuer", "userIdentity.sessionContext.attributes",
	"userIdentity.sessionContext.webIdFederationData", "userIdentity.onBehalfOf", "requestParameters", "responseElements",
	"additionalEventData", "serviceEventDetails", "edgeDeviceDetails", "addendum", "tlsDetails", "resources", "insightDetails", "eventContext",
	"requestParameters.bucketPolicy",
}

func (w *searchWriter) field(t sigma.TreeField) object {
	if slices.Contains(wholes, t.Path) {
		return w.fail("field "+quote(t.Path)+": an object as a whole, which an index doesn't keep", "name the field within it")
	}
	tests := t.Tests
	if !t.Every {
		tests = flattened(tests)
	}
	list := []object{}
	for _, one := range tests {
		if choice, ok := one.(sigma.TestAny); ok {
			list = append(list, w.field(sigma.TreeField{Path: t.Path, Tests: choice}))
		} else {
			list = append(list, w.test(t.Path, one))
		}
	}
	if t.Every {
		return object{"bool": object{"filter": list}}
	}
	return should(list, 1)
}

func (w *searchWriter) test(path string, t sigma.Test) object {
	switch t := t.(type) {
	case sigma.TestNull:
		w.assume(path, "is never an empty list or object, nor null within a list")
		return object{"bool": object{"must_not": []object{{"exists": object{"field": path}}}}}
	case sigma.TestText:
		return w.pattern(path, t)
	case sigma.TestRegexp:
		expression, err := lucene(t.Expression)
		if err != nil {
			return w.fail("field "+quote(path)+": "+err.Error(), "write the expression without it, or a value with wildcards")
		}
		w.assume(path, "is no object")
		return object{"regexp": object{path: object{"value": expression, "flags": "NONE"}}}
	case sigma.TestNetwork:
		if path == "sourceIPAddress" && !t.Prefix.Addr().Is4In6() {
			return object{"term": object{"sourceIPAddress.ip": object{"value": t.Prefix.String()}}}
		}
		return w.fail("field "+quote(path)+": only sourceIPAddress is mapped so that networks can be looked for", huntInstead)
	}
	return w.fail("field "+quote(path)+": numbers and times are text in the index, which has another order", huntInstead)
}

// pattern looks for text. What OpenSearch calls insensitive to case is so in ASCII only.
func (w *searchWriter) pattern(path string, t sigma.TestText) object {
	glyphs := slices.Concat(t.Segments...)
	for _, g := range glyphs {
		switch {
		case g.OneOf != "":
			return w.fail("field "+quote(path)+": windash", "write the values that are meant")
		case !t.Cased && g.Rune > unicode.MaxASCII && unicode.SimpleFold(g.Rune) != g.Rune:
			return w.fail(fmt.Sprintf("field %s: %q in whatever case, which OpenSearch only knows of ASCII", quote(path), g.Rune), "write both with the modifier cased")
		}
	}
	if t.Numeric {
		w.assume(path, "has the number "+strings.TrimSuffix(fmt.Sprintf("%f", t.Number), ".000000")+" always written as in the rule")
	}
	if literal, ok := literalOf(t); ok {
		return object{"term": object{path: insensitive(t, object{"value": literal})}}
	}
	wildcard := wildcardOf(t)
	if wildcard == "*" {
		w.assume(path, "is never an empty object")
		return object{"exists": object{"field": path}}
	}
	if strings.ContainsAny(wildcard, `"{}[]`) && w.free(path) && isOpen(t) {
		return w.fail("field "+quote(path)+": punctuation of JSON, which is looked for in an object as a whole", "name the field within it")
	}
	if isOpen(t) {
		w.assume(path, "is no object")
	}
	return object{"wildcard": object{path: insensitive(t, object{"value": wildcard})}}
}

// free says whether a field may have any form.
func (w *searchWriter) free(path string) bool { _, fixed := w.scalars[path]; return !fixed }

// isOpen says whether a pattern could match an object's JSON: whether it allows for a brace at both ends.
func isOpen(t sigma.TestText) bool {
	first, last := t.Segments[0], t.Segments[len(t.Segments)-1]
	open := func(g sigma.Glyph, brace rune) bool { return g.Rune == brace || g == sigma.AnyGlyph }
	return (len(first) == 0 || open(first[0], '{')) && (len(last) == 0 || open(last[len(last)-1], '}'))
}

func insensitive(t sigma.TestText, query object) object {
	if !t.Cased && slices.ContainsFunc(slices.Concat(t.Segments...), func(g sigma.Glyph) bool { return 'a' <= g.Rune && g.Rune <= 'z' }) {
		query["case_insensitive"] = true
	}
	return query
}

// wildcardOf writes a pattern as OpenSearch's wildcard query understands it.
func wildcardOf(t sigma.TestText) string {
	var b strings.Builder
	for i, segment := range t.Segments {
		if i > 0 {
			b.WriteByte('*')
		}
		for _, g := range segment {
			switch {
			case g == sigma.AnyGlyph:
				b.WriteByte('?')
			case strings.ContainsRune(`\*?`, g.Rune):
				b.WriteString(`\` + string(g.Rune))
			default:
				b.WriteRune(g.Rune)
			}
		}
	}
	return b.String()
}
