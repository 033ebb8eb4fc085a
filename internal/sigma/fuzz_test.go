package sigma

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var sampleRecords = []string{
	stopLogging, `{}`, `{"a":1,"s":"x","t":"y","name":["a",{"b":null}]}`, `{"eventName":"x","userIdentity":{"type":"Root"},"errorCode":null}`,
}

func FuzzParse(f *testing.F) {
	for _, c := range brokenRules {
		if len(c.text) < 1000 {
			f.Add([]byte(strings.TrimPrefix(c.text, "{")))
			f.Add([]byte(head + "detection: " + c.text + "\n"))
		}
	}
	f.Add([]byte(twoRules + "correlation: {type: value_count, rules: [a, b], group-by: x, timespan: 10s, condition: {gte: 3, field: y}}"))
	f.Add([]byte(filtered))
	f.Add([]byte("action: global\nlogsource: {}\n---\n" + head + "detection: {s: [a, b], t: {'a.b|contains|all': [x, y]}, condition: 1 of s* and not t}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("f.yml", data)
		if err != nil {
			checkError(t, err)
		}
		set, err := Link(file)
		if err != nil {
			checkError(t, err)
		}
		p, err := Compile(set.Rules, testPlaceholders)
		if err != nil {
			checkError(t, err)
		}
		c := NewCorrelator(set, 100)
		for i, raw := range sampleRecords {
			agree(t, p, raw)
			var r Record
			if _, err := r.Read([]byte(raw)); err != nil {
				t.Fatal(err)
			}
			p.Match(&r, func(m *Matcher) { c.Add(m.Rule(), &r, time0, string(rune('a'+i))) })
		}
		c.Hits()
		for _, r := range set.Rules {
			Lint(r, Names{})
		}
	})
}

// FuzzCondition compares what a condition says with what it says once it is written with all its parentheses.
func FuzzCondition(f *testing.F) {
	for _, c := range semanticCases(f) {
		if _, condition, ok := strings.Cut(c.rule, "condition: "); ok {
			f.Add(strings.TrimSuffix(condition, "}"))
		}
	}
	f.Add("not (s1 or s2) and 2 of s* or all of them")
	f.Fuzz(func(t *testing.T, condition string) {
		quoted, err := json.Marshal(condition)
		if err != nil {
			t.Fatal(err)
		}
		detection := "detection: {s1: {a: 1}, s2: {b: 1}, t: {c: 1}, _u: {d: 1}, condition: "
		file, err := Parse("f.yml", []byte(head+detection+string(quoted)+"}\n"))
		if err != nil {
			checkError(t, err)
			return
		}
		if len(file.Correlations) > 0 || len(file.Rules) != 1 {
			return
		}
		again, err := Parse("g.yml", []byte(head+detection+"'"+written(file.Rules[0].detection.condition)+"'}\n"))
		if err != nil {
			if strings.Contains(err.Error(), "nested deeper") || strings.Contains(err.Error(), "words") {
				return // parentheses count, too
			}
			t.Fatal(err)
		}
		p, err := Compile(append(file.Rules, again.Rules...), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range []string{`{}`, `{"a":1}`, `{"b":1}`, `{"c":1}`, `{"d":1}`, `{"a":1,"b":1}`, `{"a":1,"c":1}`, `{"b":1,"d":1}`, `{"a":1,"b":1,"c":1,"d":1}`} {
			if matched := agree(t, p, raw); len(matched) == 1 {
				t.Errorf("%q and %q differ on %s", condition, written(file.Rules[0].detection.condition), raw)
			}
		}
	})
}

// written is a condition with all its parentheses.
func written(e *expr) string {
	var parts []string
	for _, a := range e.args {
		parts = append(parts, written(a))
	}
	switch e.op {
	case allOf:
		return "(" + strings.Join(parts, " and ") + ")"
	case anyOf:
		return "(" + strings.Join(parts, " or ") + ")"
	case notOf:
		return "(not " + parts[0] + ")"
	case atLeast:
		return atLeastWritten(parts, e.least)
	}
	return e.name
}

// atLeastWritten writes out which parts have to hold together.
func atLeastWritten(parts []string, least int) string {
	if least == 0 {
		return ""
	}
	if least == len(parts) {
		return "(" + strings.Join(parts, " and ") + ")"
	}
	with := atLeastWritten(parts[1:], least-1)
	if with != "" {
		with = " and " + with
	}
	return "((" + parts[0] + with + ") or " + atLeastWritten(parts[1:], least) + ")"
}

// FuzzRead holds the scanner to encoding/json: it accepts the same, ends at the same place and finds the same fields.
func FuzzRead(f *testing.F) {
	for _, c := range semanticCases(f) {
		f.Add([]byte(c.record), "f.g")
	}
	for _, raw := range sampleRecords {
		f.Add([]byte(raw), "userIdentity.type")
	}
	for _, raw := range oddJSON {
		f.Add([]byte(raw), "a.b")
	}
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		compareWithStandard(t, data, path)
	})
}

// oddJSON is JSON, and what is nearly JSON, at the edges of the grammar.
var oddJSON = []string{
	`{"a":{"b":1},"a":{"b":2}}`, `{"a":1,"\u0061":2}`, `{"a.b":1,"a":{"b":2}}`, `{"a":[{"b":1},{"b":[2,3]},4]}`, `{"a":{"b":"\ud800"}}`, `{"a":{"b":"\ud83d\ude00"}}`,
	"{\"a\":{\"b\":\"\xff\"}}", "{\"\xff\":1}", `{"":1}`, `{"a":{"":1}}`, `{"a.":1,"a":{"":2}}`, `{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":-}`, `{"a":-0}`, `{"a":1e}`, `{"a":1e5}`, `{"a":1E+}`,
	`{"a":+1}`, `{"a":tru}`, `{"a":truex}`, `{"a":nul`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":1}}`, `{"a":1}{"b":2}`, `{"a":"\x"}`, `{"a":"\u12"}`,
	`{"a":"\u12g4"}`, "{\"a\":\"\n\"}", "{\"a\":\"\x00\"}", `{"a":"`, `{"a":"\`, `{"a":"\"`, `{"a":"\\"}`, `{"a":"\\\"}`, `{"a":{]}`, `{"a":[}}`, ` {"a" : { "b" :	1 } } `, `[]`, `null`, `"x"`, ``, `{`, `{"a":{"b":{}}}`,
	`{"a":"12345678\"0123456"}`, `{"a":"1234567\\"}`, "\ufeff{}", `{"a":{"b":[]}}`, `{"a":[[[]]]}`, "{\"a\":\"\x7f\"}", `{"a":"` + "\u2028" + `"}`, `{"12345678":1,"1234567\u0038":2}`,
}

func TestReadAgreesWithStandard(t *testing.T) {
	for _, raw := range oddJSON {
		for _, path := range []string{"a", "a.b", "", "a.", "12345678"} {
			compareWithStandard(t, []byte(raw), path)
		}
	}
	for _, raw := range randomRecords(5, 100) {
		for _, path := range []string{"eventName", "userIdentity.sessionContext.sessionIssuer.type", "resources.ARN", "requestParameters", "requestParameters.policy", "tlsDetails.none"} {
			compareWithStandard(t, raw, path)
		}
	}
}

// TestReadRecordedFiles does so with whatever real records somebody has at hand.
func TestReadRecordedFiles(t *testing.T) {
	folder := os.Getenv("TRAILHOLD_TEST_RECORDS")
	if folder == "" {
		t.Skip("set TRAILHOLD_TEST_RECORDS to a folder of CloudTrail records to read them all")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no records in %s (%v)", folder, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"eventName", "userIdentity", "requestParameters", "responseElements", "resources.ARN", "Records", "Records.eventName"} {
			compareWithStandard(t, data, path)
		}
	}
}

func compareWithStandard(t *testing.T, data []byte, path string) {
	t.Helper()
	var raw json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(data))
	want := decoder.Decode(&raw)
	if want == nil && !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		want = errors.New("no object")
	}
	var r Record
	n, err := r.Read(data)
	var syntax *SyntaxError
	switch {
	case err != nil && (!errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(data) || len(r.Raw()) > 0):
		t.Fatalf("%q: %#v", data, err)
	case err != nil && want == nil && (strings.Count(string(data), "[")+strings.Count(string(data), "{") > maxRecordNesting):
		return // more than this package takes
	case (err == nil) != (want == nil):
		t.Fatalf("%q: %v, want %v", data, err, want)
	case err != nil:
		return
	case int64(n) != decoder.InputOffset():
		t.Fatalf("%q ends at %d, want %d", data, n, decoder.InputOffset())
	}
	plain, err := Decode(raw)
	if err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	compareFields(t, &r, plain, path)
}

// compareFields looks for a path in the ways that a record knows, among others that begin in the same way.
func compareFields(t *testing.T, r *Record, plain JSON, path string) {
	t.Helper()
	want := plain.Field(path)
	if got := r.Field(path); !same(got, want) {
		t.Fatalf("%q: %q is %+v, want %+v", r.Raw(), path, got, want)
	}
	first, _, _ := strings.Cut(path, ".")
	p, err := Compile(nil, nil, first, path+".x", path, "a."+path, eventName)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Fields() {
		if got, want := f.In(r), plain.Field(f.path); !same(got, want) {
			t.Fatalf("%q: %q, always read, is %+v, want %+v", r.Raw(), f.path, got, want)
		}
	}
}

func same(a, b Value) bool {
	if a.kind != b.kind || a.Text() != b.Text() || len(a.members) != len(b.members) {
		return false
	}
	for i := range a.members {
		if !same(a.members[i], b.members[i]) {
			return false
		}
	}
	return true
}

// FuzzMatch compares all ways to match on any selection and any record.
func FuzzMatch(f *testing.F) {
	for _, c := range semanticCases(f) {
		f.Add(c.rule, c.record)
	}
	f.Fuzz(func(t *testing.T, detection, raw string) {
		file, err := Parse("f.yml", []byte(head+"detection: "+detection+"\n"))
		if err != nil {
			return
		}
		p, err := Compile(file.Rules, testPlaceholders)
		if err != nil {
			return
		}
		if _, err := Decode([]byte(raw)); err != nil {
			return
		}
		var r Record
		if _, err := r.Read([]byte(raw)); err != nil {
			return // FuzzRead has decided that this is right
		}
		agree(t, p, raw)
	})
}
