package sigma

import (
	"slices"
	"testing"
)

func TestValues(t *testing.T) {
	f, err := Parse("a.yml", []byte(`title: x
logsource: {product: aws, service: cloudtrail}
detection:
  a: [{eventName: [B, A, 1]}, {eventName|contains: part}, {eventName|re: any}, {eventName|expand: '%x%'}]
  b: {eventName|cased: C, eventSource: S, eventName|exists: true}
  c: {eventName: [null, A, 'P*']}
  condition: a and b and not c
`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.Rules[0].Values("eventName"), []string{"A", "B", "C", "P*"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := f.Rules[0].Values("awsRegion"); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestDocumentsStandWhereRulesDo(t *testing.T) {
	data := []byte("action: global\nlogsource: {product: aws, service: cloudtrail}\n---\ntitle: x\ndetection: {a: {eventName: B}, condition: a}\nours: [1]\n")
	f, err := Parse("a.yml", data)
	if err != nil {
		t.Fatal(err)
	}
	docs := Documents(data)
	if len(docs) != 2 || docs[1].Line != f.Rules[0].Line || docs[1].Column != f.Rules[0].Column {
		t.Errorf("%d documents, the rule at %s", len(docs), f.Rules[0].Position)
	}
	if got := Documents([]byte("a: [")); len(got) != 0 {
		t.Errorf("%d documents of broken YAML", len(got))
	}
}
