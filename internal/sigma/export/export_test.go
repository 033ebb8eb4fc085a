package export

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/sigma"
)

// compile makes a rule of a detection in YAML's flow style, with more lines before it.
func compile(t testing.TB, detection string, more ...string) *sigma.Matcher {
	t.Helper()
	text := strings.Join(append(more, "logsource: {product: aws, service: cloudtrail}", "detection: "+detection), "\n")
	if len(more) == 0 {
		text = "title: t\n" + text
	}
	f, err := sigma.Parse("r.yml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	p, err := sigma.Compile(f.Rules, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p.Matchers()[0]
}

func TestRule(t *testing.T) {
	m := compile(t, `{s: {eventSource: cloudtrail.amazonaws.com, eventName: [StopLogging, DeleteTrail]}, f: {errorCode: '*'}, condition: s and not f}`,
		"title: A", "id: 11111111-2222-4333-8444-555555555555", "author: B", "level: high")
	const fold = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'"
	const want = `-- rule: 11111111-2222-4333-8444-555555555555
-- title: A
-- author: B
-- level: high
SELECT eventtime, eventid, eventsource, eventname, awsregion, recipientaccountid, useridentity.arn AS actor, sourceipaddress, errorcode
FROM "logs"."cloudtrail"
WHERE translate(eventsource, ` + fold + `) = 'cloudtrail.amazonaws.com'
  AND translate(eventname, ` + fold + `) IN ('stoplogging', 'deletetrail')
  AND NOT coalesce(errorcode IS NOT NULL, FALSE)
`
	got, err := Athena().Rule("logs.cloudtrail", m)
	if err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	if got, err = Lake().Rule("arn:aws:cloudtrail:eu-central-1:111122223333:eventdatastore/0a1b-2c", m); err != nil || !strings.Contains(got, "\nFROM 0a1b-2c\n") {
		t.Errorf("%v\n%s", err, got)
	}
}

// outside returns a query without its comments and literals: what a rule's text must never get into.
var outside = regexp.MustCompile(`(?m)^--.*$|'(?:[^']|'')*'`)

const hostile = `x'); DROP TABLE logs; -- */ " \ ` + "\u2028\u202e\x00\r\n ü\U0001F600 %_"

func TestHostileRuleStaysText(t *testing.T) {
	quoted := fmt.Sprintf("%q", hostile)
	plain := compile(t, `{s: {eventName: a, eventName|contains: b, requestParameters.a: c}, condition: s}`)
	m := compile(t, fmt.Sprintf(`{s: {eventName: %[1]s, eventName|contains: %[1]s, eventName|startswith: %[1]s, userAgent|re: '[''"]\x{1}', %[2]q: 1, requestParameters.x|windash: " -a%[3]s"}, condition: s}`,
		quoted, "requestParameters."+strings.ReplaceAll(hostile, ".", ""), strings.Trim(quoted, `"`)),
		"title: "+quoted, "id: "+quoted, "author: "+quoted, "level: high")
	for _, d := range []Dialect{Athena(), Lake(), Whole("raw")} {
		query, err := d.Rule("t", m)
		if err != nil {
			t.Fatal(err)
		}
		rest := outside.ReplaceAllString(query, "")
		for _, never := range []string{"DROP", "--", "*/", ";", "'", `\`, "\x00", "\r", "\u2028", "\u202e", "ü"} {
			if strings.Contains(rest, never) {
				t.Errorf("%q got out of its literal:\n%s\n%s", never, rest, query)
			}
		}
		if got := strings.Count(query, "\n--"); got != 3 {
			t.Errorf("%d lines of comment behind the first", got)
		}
		if _, err := d.Rule("t", plain); err != nil {
			t.Error(err)
		}
	}
}

func TestNamesOfTables(t *testing.T) {
	for name, want := range map[string]string{
		"cloudtrail_logs": `"cloudtrail_logs"`, "a.b-c": `"a"."b-c"`, "x.a.b": `"x"."a"."b"`,
		"": "", "a.": "", "a b": "", `a"b`: "", "a;b": "", "w.x.y.z": "", "a--b'": "",
	} {
		if got, err := quotedName(name); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{"a-1": "a-1", "arn:aws:cloudtrail:r:1:eventdatastore/a-1": "a-1", "a b": "", "x/": "", "a'": ""} {
		if got, err := storeID(name); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}

// TestRefusals names what each table can't say. Every refusal has the rule's place.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ detection, athena, lake, search string }{
		{`{s: {errorCode|exists: true}, condition: s}`, "null and missing", "", "null and missing"},
		{`{s: {resources.ARN: null}, condition: s}`, "more than the table keeps", "", ""},
		{`{s: {resources.ARN|exists: true}, condition: s}`, "null and missing", "", "null and missing"},
		{`{s: {requestParameters|exists: true}, condition: s}`, "null and missing", "", "null and missing"},
		{`{s: {requestParameters.x|exists: true}, condition: s}`, "", "", "null and missing"},
		{`{s: {managementEvent: true}, condition: s}`, "no column", "", ""},
		{`{s: {userIdentity|contains: x}, condition: s}`, "no column", "", "as a whole"},
		{`{s: {requestParameters|contains: x}, condition: s}`, "", "", "as a whole"},
		{`{s: {requestParameters.x|contains: '"a":1'}, condition: s}`, "", "", "punctuation"},
		{`{s: [keyword], condition: s}`, "whole record", "", "whole record"},
		{`{s: ['a"b'], condition: s}`, "whole record", "plain text", "whole record"},
		{`{s: {userAgent|re: '(?m)^a'}, condition: s}`, "ends of lines", "ends of lines", "ends of lines"},
		{`{s: {userAgent|re: '\ba'}, condition: s}`, "for words", "for words", "for words"},
		{`{s: {userAgent|re: 'a(^b|c)'}, condition: s}`, "", "", "not at its ends"},
		{`{s: {requestParameters.a: 9007199254740993}, condition: s}`, "53 bits", "53 bits", ""},
		{`{s: {requestParameters.a|gt: 9007199254740993}, condition: s}`, "53 bits", "53 bits", "another order"},
		{`{s: {sourceIPAddress|cidr: '::/0'}, condition: s}`, "IPv4 addresses", "IPv4 addresses", ""},
		{`{s: {requestParameters.ip|cidr: '10.0.0.0/8'}, condition: s}`, "", "", "only sourceIPAddress"},
		{`{s: {requestParameters.a.b.c.d.e.f.g: x}, condition: s}`, "too long", "too long", ""},
		{`{s: {eventName|fieldref: errorCode}, condition: s}`, "", "", "script"},
		{`{s: {eventTime|hour: 3}, condition: s}`, "", "", "another order"},
		{`{s: {userAgent: 'Müller'}, condition: s}`, "", "", "ASCII"},
		{`{s: {userAgent|windash|contains: ' -x'}, condition: s}`, "", "", "windash"},
	} {
		m := compile(t, c.detection)
		_, athena := Athena().Rule("t", m)
		_, lake := Lake().Rule("t", m)
		_, _, search := OpenSearch(m)
		for _, one := range []struct {
			engine, want string
			err          error
		}{{"athena", c.athena, athena}, {"lake", c.lake, lake}, {"opensearch", c.search, search}} {
			var at *sigma.Error
			switch {
			case one.want == "" && one.err != nil, one.want != "" && (!errors.As(one.err, &at) || !strings.Contains(at.What, one.want) || at.File != "r.yml" || at.Line == 0):
				t.Errorf("%s, %s: %v", one.engine, c.detection, one.err)
			}
		}
	}
}

func TestLongQueriesAreRefused(t *testing.T) {
	detection := "{s: {eventName: [" + strings.Repeat("'"+strings.Repeat("x", 5000)+"', ", 60) + "y]}, condition: s}"
	if _, err := Athena().Rule("t", compile(t, detection)); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Error(err)
	}
}

// FuzzPortable holds the expressions that are written to finding what the rules' own find.
func FuzzPortable(f *testing.F) {
	for _, seed := range [][2]string{
		{`^a+?b{2,3}$`, "aabb"}, {`(?i)straße|[^a-z]\d`, "STRASSE"}, {`(?s)a.b`, "a\nb"}, {`[[:alpha:]]\pL\x{2028}`, "aé\u2028"},
		{`(?:)|(a|)*`, ""}, {`[^\x00-\x{10FFFF}]`, "x"}, {`a\.b\\'"`, `a.b\'"`}, {`(?i)k`, "\u212a"}, {`\Qa.b\E{3}`, "a.bbb"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, expression, s string) {
		original, err := regexp.Compile(expression)
		if err != nil || len(expression) > 200 {
			return
		}
		if written, err := portable(expression); err == nil {
			again, err := regexp.Compile(written)
			if err != nil {
				t.Fatalf("%q became %q: %v", expression, written, err)
			}
			if original.MatchString(s) != again.MatchString(s) {
				t.Errorf("%q and %q differ about %q", expression, written, s)
			}
		}
	})
}
