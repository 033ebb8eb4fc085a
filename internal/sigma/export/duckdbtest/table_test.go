package duckdbtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// TestAthenasTable looks at what is peculiar to its columns: objects as text, null like missing, arrays of rows.
func TestAthenasTable(t *testing.T) {
	records := []string{
		`{"eventName":"A"}`,
		`{"eventName":"A","requestParameters":null,"responseElements":null,"userIdentity":null,"resources":null}`,
		`{"eventName":"A","requestParameters":{},"readOnly":true,"userIdentity":{"type":"Root"},"resources":[]}`,
		`{"eventName":"A","requestParameters":{"b":{"y":1,"x":[]},"a":[{"c":1},{"c":"2"}]},"readOnly":false,"resources":[{"ARN":"arn:a"},{"type":"T","ARN":"arn:b"}]}`,
		`{"eventName":"a","requestParameters":{"n":null,"a":[[{"c":"X"}]]},"userIdentity":{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"userName":"r"},"attributes":{"mfaAuthenticated":"false"}}}}`,
		`{"eventName":"","errorCode":"","sourceIPAddress":"10.1.2.3","tlsDetails":{"tlsVersion":"TLSv1.3"},"eventTime":"2026-03-01T04:05:06Z"}`,
	}
	matchers := compile(t,
		`{s: {requestParameters: null}, condition: s}`, `{s: {requestParameters: null}, condition: not s}`, `{s: {requestParameters: '*'}, condition: s}`,
		`{s: {requestParameters: '{}'}, condition: s}`, `{s: {requestParameters|contains: '"x":[],"y":1'}, condition: s}`,
		`{s: {requestParameters.a.c: 2}, condition: s}`, `{s: {requestParameters.a.c: x}, condition: s}`, `{s: {requestParameters.n|exists: true}, condition: s}`,
		`{s: {requestParameters.n: null}, condition: s}`, `{s: {requestParameters.b.x: null}, condition: s}`, `{s: {requestParameters.b.x|exists: true}, condition: s}`,
		`{s: {readOnly: true}, condition: s}`, `{s: {readOnly: 'FALSE'}, condition: s}`, `{s: {readOnly: null}, condition: s}`,
		`{s: {userIdentity.type: root}, condition: s}`, `{s: {userIdentity.type: null}, condition: s}`, `{s: {userIdentity.type: Root}, condition: not s}`,
		`{s: {userIdentity.sessionContext.sessionIssuer.userName: r, userIdentity.sessionContext.attributes.mfaAuthenticated: false}, condition: s}`,
		`{s: {resources.ARN: 'ARN:B'}, condition: s}`, `{s: {resources.ARN: '*'}, condition: not s}`, `{s: {resources.ARN|contains|all: [':a', ':b']}, condition: s}`,
		`{s: {resources.type|re: '^T$'}, condition: s}`, `{s: {resources.ARN|neq: x}, condition: s}`,
		`{s: {errorCode: ''}, condition: s}`, `{s: {errorCode: null}, condition: s}`, `{s: {eventName|cased: a}, condition: s}`, `{s: {eventName: '?'}, condition: s}`,
		`{s: {sourceIPAddress|cidr: 10.0.0.0/8}, condition: s}`, `{s: {tlsDetails.tlsVersion|startswith: tlsv1}, condition: s}`,
		`{s: {eventTime|hour|lt: 5}, condition: s}`, `{s: {eventTime|week: 9}, condition: s}`, `{s: {eventName|fieldref: requestParameters.a.c}, condition: s}`,
		`{s: {requestParameters.a.c|fieldref|contains: requestParameters.a.c}, condition: s}`, `{s: {resources.ARN|fieldref|startswith: resources.ARN}, condition: s}`,
		`{s: {eventName: A}, f: {requestParameters.a.c: 2}, g: {readOnly: true}, condition: 2 of them}`,
	)
	e := newEngine(t)
	e.load(records)
	e.tables()
	for _, target := range tables {
		if a := e.compare(t, target.dialect, target.table, matchers, records); a.refused > 0 {
			t.Errorf("%s: %d rules are refused", target.name, a.refused)
		}
	}
}

// TestHostileTextIsFound runs rules whose values would be more than text if they got out of their literals.
func TestHostileTextIsFound(t *testing.T) {
	const hostile = `x'); DROP TABLE base; -- */ " \ ` + "\u2028\u202e\t\r\n ü\U0001F600 %_"
	raw, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	record := func(value string) string {
		return fmt.Sprintf(`{"eventName":%s,"requestParameters":{%s:%s,"o":{"x":%s}}}`, value, raw, value, value)
	}
	records := []string{record(string(raw)), record(`"other"`), `{"eventName":null}`}
	quoted := fmt.Sprintf("%q", hostile)
	key := fmt.Sprintf("%q", "requestParameters."+hostile)
	matchers := compile(t,
		`{s: {eventName: `+quoted+`}, condition: s}`, `{s: {eventName|contains: `+quoted+`}, condition: s}`, `{s: {eventName|endswith: `+quoted+`}, condition: not s}`,
		`{s: {eventName|contains|cased: "\n ü"}, condition: s}`, `{s: {requestParameters.o.x|re: '\*/ " \\ \x{2028}'}, condition: s}`,
		`{s: {`+key+`: `+quoted+`}, condition: s}`, `{s: {`+key+`: null}, condition: s}`, `{s: {eventName|windash|contains: " -- */"}, condition: s}`,
	)
	e := newEngine(t)
	e.load(records)
	e.tables()
	for _, target := range tables {
		a := e.compare(t, target.dialect, target.table, matchers, records)
		if a.refused > 0 || a.matches < len(matchers) {
			t.Errorf("%s: %d refused, %d matches", target.name, a.refused, a.matches)
		}
	}
	if got := e.numbers("SELECT eventid FROM base"); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("the table has %v", got)
	}
}
