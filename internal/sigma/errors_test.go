package sigma

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// head is the first two lines of a rule; what follows begins on line 3.
const head = "title: t\nlogsource: {product: aws, service: cloudtrail}\n"

// brokenRules are files with the first error that they must have. "detection:" and what stands before it are left out if
// the text begins with a brace; that brace then stands at 3:12.
var brokenRules = []struct{ text, want string }{
	// YAML
	{"title: [", `not valid YAML`},
	{"a: b: c", `f.yml:1:`},
	{"", "f.yml:1:1: the file contains no rule"},
	{"# nothing", "f.yml:1:1: the file contains no rule"},
	{"\xff\xfe", "f.yml:1:1: the file is not UTF-8"},
	{strings.Repeat("#", maxFile+1), "f.yml:1:1: the file has 1048577 bytes"},
	{strings.Repeat("---\na: 1\n", maxDocuments+1), "more than 1000 documents"},
	{"- title: t", "f.yml:1:1: the document is a list, not a map"},
	{"hello", `f.yml:1:1: the document is "hello", not a map`},
	{head + "title: again", `f.yml:3:1: the key "title" stands here twice`},
	{head + "detection: {s: {a: 1}, s: {b: 1}, condition: s}", `f.yml:3:24: the key "s" stands here twice`},
	{head + "? [a, b]\n: c", "f.yml:3:3: a key that is no plain text"},
	{"x: &x {a: 1}\ny: {<<: *x}", "f.yml:2:5: the merge key << is not supported"},
	{"x: &x [*x]", "f.yml:1:"},
	{"x: " + strings.Repeat("[", 40) + strings.Repeat("]", 40), "f.yml:1:35: too deeply nested"},
	{manyAliases(), "too large once aliases are resolved"},
	{"x: *y", "not valid YAML"},

	// Around the detection
	{"title: t\nstatus: test", "f.yml:1:1: the document has neither detection nor correlation nor filter"},
	{"title: t\ndetection: {s: {a: 1}, condition: s}", "f.yml:1:1: the rule has no logsource"},
	{"logsource: {product: aws}\ndetection: {s: {a: 1}, condition: s}", "f.yml:1:1: the rule has neither title nor id nor name"},
	{head + "level: severe\ndetection: {s: {a: 1}, condition: s}", `f.yml:3:8: unknown level "severe"`},
	{head + "detection: [a, b]", "f.yml:3:12: detection is a list, not a map"},
	{head + "detection: evil", `f.yml:3:12: detection is "evil", not a map`},
	{head + "detection:\n", `f.yml:3:11: detection is nothing, not a map`},
	{"action: repeat\ntitle: x", "f.yml:1:1: action: repeat has no document before it"},
	{"action: dance\ntitle: x", `f.yml:1:9: unknown action "dance"`},

	// Selections
	{"{condition: s}", "f.yml:3:12: there is no search identifier"},
	{"{s: {a: 1}}", "f.yml:3:12: there is no condition"},
	{"{s: {}, condition: s}", "f.yml:3:16: an empty map would match everything"},
	{"{s: [], condition: s}", `f.yml:3:16: "s" is an empty list`},
	{"{s: [[a]], condition: s}", "f.yml:3:17: a list in a list"},
	{"{s: [null], condition: s}", "f.yml:3:17: a search for nothing"},
	{"{s: , condition: s}", "a search for nothing"},
	{"{s: {a: []}, condition: s}", `f.yml:3:17: "a" has an empty list of values`},
	{"{s: {a: {b: c}}, condition: s}", `f.yml:3:20: the value of "a" is a map`},
	{"{s: {a: [[b]]}, condition: s}", `f.yml:3:21: the value of "a" is a list`},
	{"{s: {" + strings.Repeat("a.", 40) + "b: 1}, condition: s}", "is too long"},

	// Modifiers
	{"{s: {a|near: 1}, condition: s}", `f.yml:3:17: modifier "near": not known`},
	{"{s: {a|contains|: 1}, condition: s}", `modifier "": not known`},
	{"{s: {a|Contains: 1}, condition: s}", `modifier "Contains": not known`},
	{"{s: {a|i: 1}, condition: s}", `modifier "i": a flag of re without re before it`},
	{"{s: {a|re|cidr: 1}, condition: s}", "a second comparison"},
	{"{s: {a|re|contains: x}, condition: s}", "re already finds its expression anywhere"},
	{"{s: {a|re|cased: x}, condition: s}", "re is case-sensitive already"},
	{"{s: {a|gt|contains: 1}, condition: s}", "does not go with modifiers of text"},
	{"{s: {a|cidr|endswith: 1.2.3.4}, condition: s}", "does not go with modifiers of text"},
	{"{s: {a|exists|contains: true}, condition: s}", "exists stands alone"},
	{"{s: {a|fieldref|all: [b, c]}, condition: s}", "fieldref does not go with all"},
	{"{s: {a|fieldref|base64: b}, condition: s}", "fieldref does not go with an encoding"},
	{"{s: {a|contains|base64: b}, condition: s}", "write them after the encoding"},
	{"{s: {a|base64|wide: b}, condition: s}", "base64 has to be the last encoding"},
	{"{s: {a|hour|contains: 2}, condition: s}", "a part of the time is a number"},
	{"{s: {a|hour|day: 2}, condition: s}", "a second part of the time"},

	// Values
	{"{s: {a|re: '('}, condition: s}", "f.yml:3:23: regular expression: missing closing )"},
	{"{s: {a|re: '(?!x)y'}, condition: s}", "look-around"},
	{`{s: {a|re: '(a)\1'}, condition: s}`, "regular expression: invalid escape sequence"},
	{"{s: {a|re: '(x{1000}){1000}'}, condition: s}", "regular expression"},
	{"{s: {a|re: " + strings.Repeat("x", maxPattern+1) + "}, condition: s}", "the value has more than 10000 bytes"},
	{"{s: {a|contains: " + strings.Repeat("x", maxPattern+1) + "}, condition: s}", "the value has more than 10000 bytes"},
	{"{s: {a|cidr: ten}, condition: s}", `f.yml:3:25: "ten" is no network`},
	{"{s: {a|cidr: 10.0.0.1/8}, condition: s}", `"10.0.0.1/8" has bits set outside of the network; write 10.0.0.0/8`},
	{"{s: {a|cidr: 10.0.0.0/33}, condition: s}", "is no network"},
	{"{s: {a|cidr: fe80::1%eth0}, condition: s}", "is no network"},
	{"{s: {a|gt: many}, condition: s}", `"many" is no number`},
	{"{s: {a|gt: null}, condition: s}", "null does not go with these modifiers"},
	{"{s: {a|contains: null}, condition: s}", "null does not go with these modifiers"},
	{"{s: {a|hour: 24}, condition: s}", `"24" is outside of 0 to 23`},
	{"{s: {a|month: 0}, condition: s}", `"0" is outside of 1 to 12`},
	{"{s: {a|exists: maybe}, condition: s}", "write true or false"},
	{"{s: {a|exists: [true, false]}, condition: s}", "exists needs a field and one value"},
	{"{s: {'|exists': true}, condition: s}", "exists needs a field and one value"},
	{"{s: {'|fieldref': a}, condition: s}", "fieldref needs a field on both sides"},
	{"{s: {a|fieldref: 1}, condition: s}", "fieldref needs a field on both sides"},
	{"{s: {'|gt': 1}, condition: s}", "this comparison needs a field"},
	{"{s: {'': null}, condition: s}", "a search of the whole record needs text"},
	{"{s: {a|base64: 'x*'}, condition: s}", "a value with wildcards can't be encoded"},
	{"{s: {a|base64offset|contains: ''}, condition: s}", "the encoded value is nothing that could be found"},
	{"{s: {a|utf16: x}, condition: s}", "the encoded value is nothing that could be found"},
	{"{s: {a|expand: '%unknown%'}, condition: s}", "the placeholder %unknown% has no values"},
	{"{s: {a|expand: 'x'}, condition: s}", "expand without a placeholder"},
	{"{s: {a|expand: '" + strings.Repeat("%admins%", 20) + "'}, condition: s}", "stand for more than 10000 texts"},

	// Conditions
	{"{s: {a: 1}, condition: ''}", "f.yml:3:35: the condition is empty"},
	{"{s: {a: 1}, condition: t}", `f.yml:3:35: condition: "t" is not among the search identifiers; correct the name; known are: s`},
	{"{s: {a: 1}, condition: s and t}", `f.yml:3:41: condition: "t" is not among`},
	{"{s: {a: 1}, condition: 's and t'}", `f.yml:3:42: condition: "t" is not among`},
	{"{s: {a: 1}, condition: s and}", "f.yml:3:37: condition: it ends too early"},
	{"{s: {a: 1}, condition: not}", "condition: it ends too early"},
	{"{s: {a: 1}, condition: s s}", `f.yml:3:37: condition: unexpected "s"`},
	{"{s: {a: 1}, condition: (s}", "condition: a closing parenthesis is missing"},
	{"{s: {a: 1}, condition: s)}", `condition: unexpected ")"`},
	{"{s: {a: 1}, condition: ()}", `condition: ")" is not among`},
	{"{s: {a: 1}, condition: 1 of}", "condition: of what?"},
	{"{s: {a: 1}, condition: 1 of (s)}", "condition: of what?"},
	{"{s: {a: 1}, condition: 0 of s*}", `condition: "0" before of`},
	{"{s: {a: 1}, condition: -1 of s*}", `condition: "-1" before of`},
	{"{s: {a: 1}, condition: some of s*}", `condition: "some" before of`},
	{"{s: {a: 1}, condition: 2 of s*}", `condition: 2 of "s*", but only 1 are like it`},
	{"{s: {a: 1}, condition: 1 of t*}", `condition: no search identifier is like "t*"`},
	{"{_s: {a: 1}, condition: all of them}", `condition: no search identifier is like "them"`},
	{"{s: {a: 1}, condition: []}", "the list of conditions is empty"},
	{"{s: {a: 1}, condition: [[s]]}", "the condition is a list"},
	{"{s: {a: 1}, condition: {s: t}}", "the condition is a map"},
	{"{s: {a: 1}, condition: null}", "the condition is nothing"},
	{"{s: {a: 1}, condition: '" + strings.Repeat("(", 100) + "s" + strings.Repeat(")", 100) + "'}", "nested deeper than 64"},
	{"{s: {a: 1}, condition: '" + strings.Repeat("not ", 100) + "s'}", "nested deeper than 64"},
	{"{s: {a: 1}, condition: '" + strings.Repeat("s or ", 2000) + "s'}", "more than 2000 words"},
	{manyNames(), "stands for more than 20000 search identifiers"},
	{"{s: {a: 1}, condition: s |}", "nothing follows the |"},
	{"{s: {a: 1}, condition: s | count()}", "does not end in a comparison with a number"},
	{"{s: {a: 1}, condition: s | count(}", "parenthesis is not closed"},
	{"{s: {a: 1}, condition: s | count() > many}", "does not end in a comparison with a number"},
	{"{s: {a: 1}, condition: s | sum() > 1}", "the aggregation names no field"},
	{"{s: {a: 1}, condition: s | dance() > 1}", "an aggregation that is not known"},
	{"{s: {a: 1}, condition: s | near t}", `condition: "t" is not among`},
	{"{s: {a: 1}, condition: [s | count() > 1, s]}", "an aggregation in a list of conditions"},
	{"{s: {a: 1}, timeframe: soon, condition: s | count() > 1}", `"soon" is no timespan`},
}

// manyAliases is a small document that stands for a large one.
func manyAliases() string {
	text := "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
	for i := range 8 {
		text += fmt.Sprintf("x%d: &x%d [%s*x%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*x%d, ", i), 9), i)
	}
	return text
}

// manyNames is a condition that is short until it is written out.
func manyNames() string {
	text := "{"
	for i := range 300 {
		text += fmt.Sprintf("s%d: {a: 1}, ", i)
	}
	return text + "condition: " + strings.Repeat("1 of s* or ", 100) + "s1}"
}

func TestBrokenRules(t *testing.T) {
	for _, c := range brokenRules {
		text := c.text
		if strings.HasPrefix(text, "{") {
			text = head + "detection: " + text
		}
		f, err := Parse("f.yml", []byte(text))
		if err == nil {
			_, err = Compile(f.Rules, testPlaceholders)
		}
		switch {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%.200s\n gives %v\n  want %v", text, err, c.want)
		case err != nil:
			checkError(t, err)
		}
	}
}

// checkError makes sure that an error says where, what and how to mend it.
func checkError(t *testing.T, err error) {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		var one *Error
		if !errors.As(err, &one) {
			t.Errorf("%T: %v", err, err)
		} else if one.File == "" || one.Line < 1 || one.Column < 1 || one.What == "" || one.Fix == "" || strings.Contains(one.Error(), "\n") {
			t.Errorf("%+v", one)
		}
		return
	}
	for _, one := range joined.Unwrap() {
		checkError(t, one)
	}
}

// TestOneBadRuleSparesTheOthers makes sure that what can be read of a file comes back beside the errors.
func TestOneBadRuleSparesTheOthers(t *testing.T) {
	good, bad := head+"detection: {s: {a: 1}, condition: s}\n", head+"detection: {s: {a|x: 1}, condition: s}\n"
	f, err := Parse("f.yml", []byte(strings.Repeat(bad+"---\n", 30)+good+"---\n"+bad+"---\n"+good))
	if err == nil || len(f.Rules) != 2 {
		t.Fatalf("%d rules, %v", len(f.Rules), err)
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 31 {
		t.Errorf("%d errors, not one for each bad rule", n)
	}
	uncompiled := "---\n" + head + "detection: {s: {a|re: '('}, condition: s}\n"
	f, err = Parse("f.yml", []byte(good+uncompiled+"---\n"+good))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(f.Rules, nil)
	if len(p.Matchers()) != 2 || err == nil || !strings.HasPrefix(err.Error(), "f.yml:7:23: ") {
		t.Errorf("%d matchers, %v", len(p.Matchers()), err)
	}
}
