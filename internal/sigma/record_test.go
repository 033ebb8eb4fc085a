package sigma

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"testing"
)

func TestReadOneAfterAnother(t *testing.T) {
	data := []byte(" {\"eventName\":\"a\"}\n{\"eventName\":\"b\"} {\"x\":{}} trailing")
	var r Record
	var got []string
	for {
		n, err := r.Read(data)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset != 1 || err.Error() != "byte 1: here begins no object; give one record as a JSON object" {
				t.Errorf("%v", err)
			}
			break
		}
		got = append(got, r.Field(eventName).Text())
		data = data[n:]
	}
	if fmt.Sprint(got) != "[a b ]" || r.Field(eventName).Kind() != Missing || len(r.Raw()) != 0 {
		t.Errorf("%q, and afterwards %v", got, r.Field(eventName))
	}
	if r.AnyText(func(string) bool { return true }) {
		t.Error("there is text in no record")
	}
}

func TestReadLimits(t *testing.T) {
	nested := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	wide := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"k%d":%d,`, i, i)
		}
		return "{" + strings.TrimSuffix(b.String(), ",") + "}"
	}
	var r Record
	for _, raw := range []string{nested(maxRecordNesting), wide(maxNoted + 1)} {
		if n, err := r.Read([]byte(raw)); err != nil || n != len(raw) {
			t.Errorf("%.40s: %d, %v", raw, n, err)
		}
	}
	for raw, want := range map[string]string{
		nested(maxRecordNesting + 1):             "byte 1000: the object breaks off, is no JSON or is nested deeper than 200; ",
		strings.Repeat("[", 1_000_000):           "byte 0: here begins no object; ",
		`{"a":` + strings.Repeat("[", 1_000_000): "byte 204: the object breaks off",
		`{"a":1`:                                 "byte 6: the object breaks off",
	} {
		if n, err := r.Read([]byte(raw)); err == nil || n != 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %d, %v, want %s", raw, n, err, want)
		}
	}
	p := planOf(t, head+"detection: {s: {f.k4500: 4500}, condition: s}")
	if len(agree(t, p, `{"f":`+wide(maxNoted+500)+`}`)) != 1 {
		t.Error("a large object inside of a record hides its fields")
	}
	if p = planOf(t, head+"detection: {s: {k4500: 4500}, condition: s}"); len(agree(t, p, wide(maxNoted+500))) != 1 {
		t.Error("a record with many fields hides some")
	}
}

// TestFields reads fields that lie in other places than CloudTrail's do, for which one walk through a record is not enough.
func TestFields(t *testing.T) {
	for _, raw := range []string{
		`{"a":{"b":{"c":1}}}`, `{"a":{"b":1},"a":{"c":2}}`, `{"a":{"b":1},"a":3}`, `{"a":[{"b":1},{"b":{"c":2}}]}`, `{"a":[{"b":1}],"a":{"b":2}}`,
		`{"a":{"b":2},"a":[]}`, `{"a":[],"b":[1,[2]]}`, `{"a.b":1}`, `{"a.b":1,"a":{"b":2}}`, `{"a":{"b":2},"a.b":1}`, `{"a.b":{"c":1},"a":{"b.c":2}}`,
		`{"a.b.c":1,"a":{"b":{"c":2}}}`, `{"\u0061":{"b":1}}`, `{"a":{"\u0062":1,"b":2}}`, `{"a":{"b":2},"\u0061":5}`, `{"a":null}`, `{"a":"","":{"b":7}}`,
		`{"a":{"b":"x\ny","b":"é"}}`, `{"a\b":1,"é":2,"a":{"":{"":1}}}`, `{"a":{"a":{"b":1,"b":2,"b":3}}}`,
	} {
		plain, err := Decode([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"a", "a.b", "a.b.c", "a.a.b", "a.c", "b", "", ".b", "a..", "é", `a\b`, "a\b"} {
			var r Record
			if _, err := r.Read([]byte(" " + raw)); err != nil {
				t.Fatal(err)
			}
			compareFields(t, &r, plain, path)
		}
	}
}

// TestReadAgain makes sure that nothing of a record is left when the next one is read, nor of another plan.
func TestReadAgain(t *testing.T) {
	p, _ := Compile(nil, nil, "a", "b.c")
	q, _ := Compile(nil, nil, "b.c")
	a, bc, other := p.Fields()[0], p.Fields()[1], q.Fields()[0]
	var r Record
	for raw, want := range map[string]string{`{"a":1}`: "1  ", `{"b":{"c":2}}`: " 2 2", `{}`: "  ", `{"a":[3],"b":{"c":true,"c":4}}`: " 4 4"} {
		for range 2 {
			if _, err := r.Read([]byte(raw)); err != nil {
				t.Fatal(err)
			}
			if got := a.In(&r).Text() + " " + bc.In(&r).Text() + " " + other.In(&r).Text(); got != want {
				t.Errorf("%s: %q, want %q", raw, got, want)
			}
		}
	}
}

// TestManyObjects makes sure that nothing is lost where a path leads through more objects than a record keeps.
func TestManyObjects(t *testing.T) {
	var members []string
	for i := range 3 * maxOpened {
		members = append(members, fmt.Sprintf(`{"n":{"x":%d}}`, i))
	}
	raw := `{"list":[` + strings.Join(members, ",") + `],"p":{"q":"a"}}`
	p := planOf(t, head+fmt.Sprintf("detection: {s: {list.n.x: %d}, t: {p.q: a}, u: {list.n.x: 0}, condition: s and t and u}", 3*maxOpened-1))
	if len(agree(t, p, raw)) != 1 {
		t.Error("no match")
	}
}

func TestJSONLiteral(t *testing.T) {
	for pattern, want := range map[string]string{
		"abcdef": "abcdef", "ABC*Defg": "defg", "ab": "", "a,bcd": "bcd", `x"force":true`: "force", `C:\Windows`: "windows", "ab?cd": "", "naïve": "",
		"": "", "*": "", "with space": "with space", "arn:aws:iam": "arn",
	} {
		if got := jsonLiteral(elements(pattern)).text; got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
	n := newNeedle("stoplogging")
	for raw, missing := range map[string]bool{
		`{"a":"x"}`: true, `{"a":"StopLogging"}`: false, `{"a":"xSTOPLOGGINGx"}`: false, `stoploggin`: true, `{"a":"stop\u006cogging"}`: false, "": true, "g": true,
	} {
		if got := n.missing([]byte(raw)); got != missing {
			t.Errorf("missing from %q: %v", raw, got)
		}
	}
	if (needle{}).missing([]byte("x")) {
		t.Error("what is not known is missing")
	}
}

func TestExpressionLiteral(t *testing.T) {
	for expression, want := range map[string]string{
		".+:assumed-role/aws:.+": ":assumed-role/aws:", "^abc$": "abc", "abc|def": "", "(abc)+x": "abc", "(abc)*x": "x", "(?i)abc": "", "a?bc": "bc",
		"[a]bc": "abc", "": "", "(ab|cd)efg(h)": "efg", "x{2}abc": "abc", "(?:abc){0,1}": "", "aé.": "aé",
	} {
		re, err := syntax.Parse(expression, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if got := expressionLiteral(re); got != want {
			t.Errorf("%q: %q, want %q", expression, got, want)
		}
	}
}

func TestSearch(t *testing.T) {
	p := planOf(t, head+"detection: {s: {eventName: [StopLogging, DeleteTrail]}, condition: s}\n---\n"+
		strings.Replace(head, "t\n", "t2\n", 1)+"detection: {s: {requestParameters.trailName|contains: x}, condition: s}\n")
	for data, want := range map[string]int{
		`{"eventName":"StopLogging"}`:                      2,
		`{"eventName" : "stoplogging"}`:                    2,
		`{"eventName":"StopLoggingX"}`:                     -1,
		`{"eventName":"DescribeTrails"}`:                   -1,
		`{"eventName":["StopLogging"]}`:                    2,
		`{"eventName":"DescribeTrails","x":"a\u0041"}`:     -2,
		`{"event\u004eame":"StopLogging"}`:                 -2,
		`{"a":"{\"eventName\":\"StopLogging\"}"}`:          -1,
		`{"a":"eventName","b":"StopLogging"}`:              -1,
		`{"requestParameters":{"trailName":"y"}}`:          23,
		`{"requestParameters":{"name":"y"}}`:               -1,
		"{\"eventName\":\"Stop\u017fogging\"}":             2,
		`{"eventName":"` + strings.Repeat("x", 200) + `"}`: 2,
		`{"eventName":null}`:                               -1,
		`{"eventName":`:                                    2,
		`{"eventName"`:                                     -1,
		"":                                                 -1,
	} {
		if want == -1 {
			want = len(data)
		}
		got := p.Search([]byte(data)).Next(0)
		if want == -2 {
			if want = strings.Index(data, `\u00`); want < 0 {
				t.Fatal(data)
			}
		}
		if got != want {
			t.Errorf("%s: %d, want %d", data, got, want)
		}
	}
	if at := planOf(t, head+"detection: {s: {x: 1}, condition: not s}").Search([]byte("abc")).Next(1); at != 1 {
		t.Errorf("a plan with a rule that only negates looks at %d", at)
	}
	if at := planOf(t, head+"detection: {s: {x: 1}, condition: not s}").Search([]byte("abc")).Next(7); at != 3 {
		t.Errorf("after the end comes %d", at)
	}
	s := p.Search([]byte(`{"eventName":"StopLogging"},{"eventName":"x"},{"eventName":"DeleteTrail"}`))
	if a, b, c := s.Next(0), s.Next(3), s.Next(60); a != 2 || b != 48 || c != 73 {
		t.Errorf("%d %d %d", a, b, c)
	}
}

func TestSearchGoesOn(t *testing.T) {
	data := []byte(`{"a":"\u0041"},{"eventName":"StopLogging"},{"a":"\u0041"}`)
	s := planOf(t, head+"detection: {s: {eventName: StopLogging}, condition: s}").Search(data)
	for i, want := range []int{6, 17, 49, len(data), len(data)} {
		from := []int{0, 10, 20, 50, len(data)}[i]
		if got := s.Next(from); got != want {
			t.Errorf("after %d comes %d, want %d", from, got, want)
		}
	}
}

// TestManyKeys makes sure that a plan with too many different keys to search for looks at everything.
func TestManyKeys(t *testing.T) {
	var text strings.Builder
	for i := range maxAnchors + 1 {
		fmt.Fprintf(&text, "---\n%sdetection: {s: {requestParameters.field%d: x}, condition: s}\n", head, i)
	}
	if at := planOf(t, text.String()).Search([]byte("abc")).Next(0); at != 0 {
		t.Errorf("%d", at)
	}
}
