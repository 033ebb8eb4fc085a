package sigma

import (
	"testing"
	"time"
)

var time0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const stopLogging = `{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice",
"accountId":"111122223333","userName":"alice"},"eventTime":"2026-03-01T22:15:30Z","eventSource":"cloudtrail.amazonaws.com",
"eventName":"StopLogging","awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.7","userAgent":"aws-cli/2.15",
"requestParameters":{"name":"main"},"responseElements":null,"readOnly":false,"eventType":"AwsApiCall"}`

func record(t testing.TB, text string) JSON {
	t.Helper()
	r, err := Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

func compileText(t testing.TB, text string, placeholders Placeholders) *Matcher {
	t.Helper()
	f, err := Parse("test.yml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if _, err := Link(f); err != nil {
		t.Fatal(err)
	}
	p, err := Compile(f.Rules, placeholders)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p.Matchers()[0]
}
