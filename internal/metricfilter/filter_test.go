package metricfilter

import (
	"errors"
	"strings"
	"testing"
)

const (
	// documented is the event of the guide's examples, with two values more.
	documented = `{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],` +
		`"objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"cluster.name":"c","ThisFlag":true,"latency":50,"bytes":404}`
	compound = `{"user":{"id":1,"email":"John.Stiles@example.com"},"users":[{"id":2,"email":"John.Doe@example.com"},` +
		`{"id":3,"email":"Jane.Doe@example.com"}],"actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6],[7,8,9]]}`
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern, event string
		want           Truth
	}{
		// The guide's own examples.
		{`{ $.eventType = "UpdateTrail" }`, documented, Yes},
		{`{ $.sourceIPAddress != 123.123.* }`, documented, Yes},
		{`{ $.arrayKey[0] = "value" }`, documented, Yes},
		{`{ $.eventType = %Trail% }`, documented, Yes},
		{`{ $.arrayKey[*] = %val.{2}% }`, documented, Yes},
		{`{ $.* = %111\.111\.111\.1[0-9]{1,2}% }`, documented, Yes},
		{`{ $.['cluster.name'] = "c" }`, documented, Yes},
		{`{ $.SomeObject IS NULL }`, documented, Yes},
		{`{ $.SomeOtherObject NOT EXISTS }`, documented, Yes},
		{`{ $.ThisFlag IS TRUE }`, documented, Yes},
		{`{ $.objectList[1].id = 2 }`, documented, Yes},
		{`{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }`, compound, Yes},
		{`{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }`, compound, Yes},
		{`{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }`, compound, No},
		{`{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }`, compound, No},
		{`{$.users = 1}`, `{"users":[1,2,3]}`, No},
		{`{$.users != 1}`, `{"users":[1,2,3]}`, No},

		// Numbers.
		{`{ $.latency >= 50 }`, documented, Yes},
		{`{ $.latency > +50 }`, documented, No},
		{`{ $.latency < 5.1e1 }`, documented, Yes},
		{`{ $.latency <= 49.9 }`, documented, No},
		{`{ $.latency = 5e+1 }`, documented, Yes},
		{`{ $.latency != 1e-3 }`, documented, Yes},
		{`{ $.bytes = 4* }`, documented, Yes},
		{`{ $.bytes = * }`, documented, Yes},
		{`{ $.code = 404 }`, `{"code":"404"}`, Yes},
		{`{ $.code > 403 }`, `{"code":"404"}`, Maybe},
		{`{ $.code > 404 }`, `{"code":"404"}`, No},
		{`{ $.code > 403 }`, `{"code":"many"}`, No},
		{`{ $.code > 403 }`, `{"code":[404]}`, No},

		// Texts.
		{`{ $.eventType = updatetrail }`, documented, No},
		{`{ $.eventType = "Update*" }`, documented, Yes},
		{`{ $.eventType = *Trail }`, documented, Yes},
		{`{ $.eventType = *dateTr* }`, documented, Yes},
		{`{ $.eventType = *Update }`, documented, No},
		{`{ $.eventType = "Up*Trail" }`, documented, Maybe},
		{`{ $.eventType != "Up*Trail" }`, documented, Maybe},
		{`{ $.eventType = "Up*Logging" }`, documented, No},
		{`{ $.eventType = "Up*Trail" }`, `{"eventType":"Up*Trail"}`, Yes},
		{`{ $.eventType = "" }`, `{"eventType":""}`, Yes},
		{`{ $.a = "say \"no\" \\" }`, `{"a":"say \"no\" \\"}`, Yes},
		{`{ $.a = "日本" }`, `{"a":"日本"}`, Yes},
		{`{ $.eventType != %Log% }`, documented, Yes},
		{`{ $.eventType = %^[A-Z]\w+$% }`, documented, Yes},
		{`{ $.eventType = %^Trail% }`, documented, No},
		{`{ $.a = %^a{,2}$% }`, `{"a":"aaa"}`, No},
		{`{ $.a = %^a{,2}$% }`, `{"a":"aa"}`, Yes},
		{`{ $.a = %^\x28$% }`, `{"a":"("}`, Yes},

		// What is not there, or is neither a text nor a number.
		{`{ $.missing = "x" }`, documented, No},
		{`{ $.missing != "x" }`, documented, Maybe},
		{`{ $.missing IS NULL }`, documented, No},
		{`{ $.eventType.deeper NOT EXISTS }`, documented, Yes},
		{`{ $.SomeObject NOT EXISTS }`, documented, No},
		{`{ $.SomeObject != "x" }`, documented, Maybe},
		{`{ $.SomeObject = "null" }`, documented, No},
		{`{ $.ThisFlag = true }`, documented, Maybe},
		{`{ $.ThisFlag = "false" }`, documented, No},
		{`{ $.ThisFlag IS FALSE }`, documented, No},
		{`{ $.arrayKey[7] = "value" }`, documented, No},
		{`{ $.objectList[*].name = "b" }`, documented, Yes},
		{`{ $.objectList.*.name = "b" }`, documented, No},
		{`{ $["eventType"] = UpdateTrail }`, documented, Yes},

		// Precedence and layout.
		{`{($.user.id=2||$.user.id=1)&&$.actions[0]=GET}`, compound, Yes},
		{"{\n$.user.id = 2 && $.user.id = 1 || $.actions[0] = GET\n}\n", compound, Yes},
		{`{ $.user.id = 1 || $.actions[0] = GET && $.user.id = 2 }`, compound, Yes},
		{`{ $.a = b }`, `not JSON`, No},
		{`{ $.a = b }`, `["a"]`, No},
		{`{ $.a = b }`, ``, No},

		// Terms.
		{`ERROR`, `[ERROR 401] UNAUTHORIZED`, Yes},
		{`AUTHORIZED`, `[ERROR 401] UNAUTHORIZED`, Yes},
		{`error`, `[ERROR 401] UNAUTHORIZED`, No},
		{`ERROR ARGUMENTS`, `[ERROR 419] MISSING ARGUMENTS`, Yes},
		{`ERROR ARGUMENTS`, `[ERROR 401] UNAUTHORIZED`, No},
		{`?ERROR ?ARGUMENTS`, `[ERROR 401] UNAUTHORIZED`, Yes},
		{`?WARN ?ARGUMENTS`, `[ERROR 401] UNAUTHORIZED`, No},
		{`?ERROR ?ARGUMENTS REQUEST`, `[INFO] REQUEST FAILED`, Yes},
		{`"INTERNAL SERVER ERROR"`, `[ERROR 500] INTERNAL SERVER ERROR`, Yes},
		{`ERROR -ARGUMENTS`, `[ERROR 419] MISSING ARGUMENTS`, No},
		{`ERROR -ARGUMENTS`, `[ERROR 401] UNAUTHORIZED`, Yes},
		{`-ARGUMENTS`, `[ERROR 401] UNAUTHORIZED`, Yes},
		{`%AUTHORIZED%`, `[ERROR 401] UNAUTHORIZED`, Yes},
		{`" "`, `anything`, Yes},
		{``, `anything`, Yes},
	} {
		f, err := Parse(test.pattern)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if got := f.Match([]byte(test.event)); got != test.want {
			t.Errorf("%s matches %s: %v, not %v", test.pattern, test.event, got, test.want)
		}
		again, err := Parse(f.String())
		if err != nil || again.String() != f.String() || again.Match([]byte(test.event)) != test.want {
			t.Errorf("%s became %s, which became %s (%v)", test.pattern, f, again, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct {
		pattern, message string
		at               int
	}{
		{`{ $.a = b`, "expected &&, || or }", 9},
		{`{ $.a = b } x`, "follows the closing brace", 12},
		{`{ }`, "expected a selector", 2},
		{`{ $ = b }`, "expected .name", 3},
		{`{ $. = b }`, "the name of a property", 4},
		{`{ $.a b }`, "expected =", 6},
		{`{ $.a == b }`, "expected a value", 7},
		{`{ $.a = b && }`, "expected a selector", 13},
		{`{ $.a = b & $.c = d }`, "expected &&", 10},
		{`{ ($.a = b }`, "or )", 11},
		{`{ $.a = "b }`, "not closed", 8},
		{`{ $.a = %b }`, "closing %", 8},
		{`{ $.a = %[% }`, "not a regular expression", 8},
		{`{ $.a = %b!% }`, "can't have '!'", 8},
		{`{ $.a = %(b)% }`, "can't have '('", 8},
		{`{ $.a = %a{2000}% }`, "not a regular expression", 8},
		{`{ $.a=%a% || $.a=%b% || $.a=%c% }`, "at most 2 regular", 28},
		{`{ $.a[*].b[*] = c }`, "only one wildcard", 13},
		{`{ $.a.*=1||$.b.*=1||$.c.*=1||$.d.*=1 }`, "at most 3 selectors", 34},
		{`{ $.a < b }`, "compares numbers", 6},
		{`{ $.a IS NOT NULL }`, "neither EXISTS nor IS NOT", 6},
		{`{ $.a EXISTS }`, "neither EXISTS nor IS NOT", 6},
		{`{ $.a = $.b }`, "with another", 8},
		{`{ $.a[-1] = b }`, "expected an index", 6},
		{`{ $.a[99999999999] = b }`, "expected an index", 6},
		{`{ $.a['b = c }`, "not closed", 6},
		{`{ $.a['b'x] = c }`, "expected ]", 9},
		{`{ $.a[0 = c }`, "not closed", 6},
		{`[ip, user]`, "space-delimited", 0},
		{`"open`, "not closed", 0},
		{`ERROR - x`, "expected a term", 7},
		{strings.Repeat("x", maxPattern+1), "allows 1024", 0},
		{"a\xff", "UTF-8", 0},
	} {
		_, err := Parse(test.pattern)
		var at *Error
		if !errors.As(err, &at) || !strings.Contains(err.Error(), test.message) || at.At != test.at {
			t.Errorf("%.60s: %v (%+v), not %q at %d", test.pattern, err, at, test.message, test.at)
		}
	}
}

// FuzzParse makes sure that a pattern that is printed and read again is the same, and means the same.
func FuzzParse(f *testing.F) {
	f.Add(`{ ($.eventName = "A*") && $.b[0] != 1e3 || $.['c d'] = %x{,2}% && $.* IS NULL }`, documented)
	f.Add(`?a -"b c" %d%`, `a d`)
	for _, c := range Controls() {
		f.Add(c.Pattern, documented)
	}
	f.Fuzz(func(t *testing.T, pattern, event string) {
		one, err := Parse(pattern)
		if err != nil {
			return
		}
		for _, c := range Controls()[:4] {
			Check(c, pattern)
		}
		again, err := Parse(one.String())
		if err != nil {
			if len(one.String()) > maxPattern {
				return
			}
			t.Fatalf("%q became %q: %v", pattern, one, err)
		}
		if again.String() != one.String() || again.Match([]byte(event)) != one.Match([]byte(event)) {
			t.Errorf("%q became %q, then %q", pattern, one, again)
		}
	})
}
