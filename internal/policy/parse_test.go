package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
)

func TestParseErrors(t *testing.T) {
	const ok = `"Effect":"Allow","Action":"s3:*"`
	for _, c := range []struct{ text, want string }{
		{``, `line 1, column 1: the policy must be an object: write it in { }`},
		{`[]`, `line 1, column 1: the policy must be an object`},
		{`{}`, `line 1, column 1: the policy has no Statement; add one`},
		{`{"Statement": []}`, `the policy has no Statement; add one`},
		{`{"Statement": {` + ok + `}`, `the JSON ends too early; close what is open`},
		{`{"Statement": {` + ok + `}} x`, `line 1, column 51: something follows the end of the policy; remove it`},
		{"{\n \"Statement\": {\n  \"Effect\": \"allow\", \"Action\": \"s3:*\"}}", `line 3, column 13: Effect is "allow"; it must be "Allow" or "Deny"`},
		{`{"Statement": {"Action": "s3:*"}}`, `line 1, column 15: the statement has no Effect`},
		{`{"Statement": {"Effect": "Deny"}}`, `the statement has no Action`},
		{`{"Statement": {` + ok + `, "Action": "x"}}`, `"Action" occurs twice in a statement`},
		{`{"Statement": {` + ok + `, "NotAction": "x"}}`, `a statement has Action or NotAction, not both`},
		{`{"Statement": {` + ok + `, "Resource": "x", "NotResource": []}}`, `a statement has Resource or NotResource, not both`},
		{`{"Statement": {` + ok + `, "Principal": "*", "NotPrincipal": "*"}}`, `a statement has Principal or NotPrincipal, not both`},
		{`{"Statement": {` + ok + `, "Principal": "me"}}`, `Principal is "me"; it must be "*"`},
		{`{"Statement": {` + ok + `, "Principal": {"IAM": "x"}}}`, `"IAM" is no kind of principal`},
		{`{"Statement": {` + ok + `, "Resource": {"a": 1}}}`, `Resource must be a string: write it in quotes`},
		{`{"Statement": {` + ok + `, "Resource": [["a"]]}}`, `Resource must be a string`},
		{`{"Statement": {` + ok + `, "Resource": null}}`, `Resource must be a string, not null`},
		{`{"Statement": {` + ok + `, "Condition": []}}`, `Condition must be an object`},
		{`{"Statement": {` + ok + `, "Condition": {"Bool": "x"}}}`, `a condition operator must be an object`},
		{`{"Statement": {` + ok + `, "Condition": {"Bool": {"a": "1", "a": "2"}}}}`, `"a" occurs twice in a condition operator`},
		{`{"Statement": {` + ok + `, "Conditions": {}}}`, `"Conditions" is no element of a statement`},
		{`{"Version": "2020-01-01", "Statement": {` + ok + `}}`, `line 1, column 13: Version is "2020-01-01"`},
		{`{"statement": {}}`, `line 1, column 2: "statement" is no element of a policy`},
		{"{\"Statement\": {" + ok + "} ; }", `line 1, column 50: not JSON`},
		{"{\"Id\": \"\xff\", \"Statement\": {" + ok + "}}", `the policy is not UTF-8`},
		{`{"Id": "` + strings.Repeat("x", 256<<10) + `"}`, `the policy has 262154 bytes; 262144 is the most`},
	} {
		_, err := policy.Parse(c.text)
		var parse *policy.ParseError
		if !errors.As(err, &parse) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80s\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestParseIsTolerant(t *testing.T) {
	d, err := policy.Parse(`{"Id": 5, "Statement": {"Sid": "x", "Effect": "Deny", "Principal": {"AWS": ["1", "*"]}, "Action": [], "NotResource": "r",
		"Condition": {"NumericLessThan": {"s3:TlsVersion": 1.20}, "Bool": {"aws:SecureTransport": [false, "true"]}, "Null": {}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	s := d.Statements[0]
	if !s.Deny || !s.Principals.Anyone || !s.NotResource || len(s.Actions) != 0 || s.Conditions[0].Values[0] != "1.20" || s.Conditions[1].Values[0] != "false" {
		t.Errorf("%+v", d)
	}
}

var equalCases = []struct {
	name, a, b string
	want       bool
}{
	{"order and lists",
		`{"Version":"2012-10-17","Id":"a","Statement":[{"Sid":"1","Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":["s3:Get*","s3:Put*"],"Resource":"r"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":["a"]}]}`,
		`{"Statement":[{"Effect":"Deny","Action":["*"],"Principal":{"AWS":["*"]},"Resource":"a"},{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root"]},"Action":["S3:put*","s3:get*"],"Resource":["r","r"]}]}`, true},
	{"conditions",
		`{"Statement":{"Effect":"Allow","Action":"*","Condition":{"ArnEquals":{"AWS:SourceArn":["b","a"]},"Bool":{"x":true}}}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"x":"true"},"ArnLike":{"aws:SourceArn":["a","b"]}}}}`, true},
	{"effect", `{"Statement":{"Effect":"Allow","Action":"*"}}`, `{"Statement":{"Effect":"Deny","Action":"*"}}`, false},
	{"negation", `{"Statement":{"Effect":"Allow","Action":"*"}}`, `{"Statement":{"Effect":"Allow","NotAction":"*"}}`, false},
	{"resource left out", `{"Statement":{"Effect":"Allow","Action":"*"}}`, `{"Statement":{"Effect":"Allow","Action":"*","Resource":[]}}`, false},
	{"principal left out", `{"Statement":{"Effect":"Allow","Action":"*"}}`, `{"Statement":{"Effect":"Allow","Action":"*","Principal":{}}}`, false},
	{"case of a resource", `{"Statement":{"Effect":"Allow","Action":"*","Resource":"a"}}`, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"A"}}`, false},
	{"deleted role", `{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":"arn:aws:iam::111111111111:role/r"}}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":"AROAEXAMPLEID"}}}`, false},
	{"kind of principal", `{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":"x"}}}`, `{"Statement":{"Effect":"Allow","Action":"*","Principal":{"Service":"x"}}}`, false},
	{"another Deny", `{"Statement":[{"Effect":"Allow","Action":"*"}]}`, `{"Statement":[{"Effect":"Allow","Action":"*"},{"Effect":"Deny","Action":"x"}]}`, false},
	{"one value less", `{"Statement":{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"k":["a","b"]}}}}`, `{"Statement":{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"k":"a"}}}}`, false},
	{"operator", `{"Statement":{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"k":"a"}}}}`, `{"Statement":{"Effect":"Allow","Action":"*","Condition":{"StringLike":{"k":"a"}}}}`, false},
	{"conditions or one with two keys", `{"Statement":{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"k":"a","l":"b"}}}}`, `{"Statement":{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"k":["a","l","b"]}}}}`, false},
	{"version without variables", `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*"}}`, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*"}}`, true},
	{"version with variables", `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"${a}"}}`, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"${a}"}}`, false},
	{"no policies", `x`, `x`, true},
	{"none and one", ``, `{"Statement":{"Effect":"Allow","Action":"*"}}`, false},
}

func TestEqual(t *testing.T) {
	for _, c := range equalCases {
		if policy.Equal(c.a, c.b) != c.want || policy.Equal(c.b, c.a) != c.want {
			t.Errorf("%s: want %v", c.name, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range equalCases {
		f.Add(c.a)
		f.Add(c.b)
	}
	for _, c := range bucketCases {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := policy.Parse(text)
		if err != nil {
			var parse *policy.ParseError
			if !errors.As(err, &parse) || parse.Line < 1 || parse.Column < 1 || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("bad error %q", err)
			}
			return
		}
		if len(d.Statements) == 0 {
			t.Fatal("a policy without statements")
		}
		if !policy.Equal(text, text+" ") {
			t.Fatal("white space makes a difference")
		}
		for _, o := range organization().CheckBucket(text) {
			if line := o.String(); line == "" || strings.ContainsAny(line, "\n\x1b") {
				t.Fatalf("bad line %q", line)
			}
		}
	})
}
