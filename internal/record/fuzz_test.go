package record

import (
	"errors"
	"reflect"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		stopLogging, small, insight, apiCall(stopLogging), sqs(apiCall(small)), lambdaSQS(sns(apiCall(small))), lambdaSNS(small),
		logFile(small, "1", stopLogging), lookup(small, stopLogging), with(`"resources":[{"ARN":"a"}],"errorCode":200`),
		string(zipped(f, []byte(logFile(small)))), `{"Records":[{"Records":[]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := parse(data, limits{bytes: 1 << 20, records: 1000, nesting: 8})
		if err != nil && !errors.As(err, new(*ParseError)) {
			t.Fatalf("not a *ParseError: %v", err)
		}
		for _, r := range records {
			checkRoundTrip(t, r)
		}
	})
}

// checkRoundTrip parses a record's raw text again, which must give the same record.
func checkRoundTrip(t *testing.T, r Record) {
	t.Helper()
	again, err := Parse(r.Raw)
	if err != nil || len(again) != 1 {
		t.Fatalf("%d records, %v, from %q", len(again), err, r.Raw)
	}
	want := r
	want.Envelope = Bare
	if !reflect.DeepEqual(again[0], want) {
		t.Fatalf("got  %+v\nwant %+v", again[0], want)
	}
}

func BenchmarkParseEventBridge(b *testing.B) {
	data := []byte(apiCall(stopLogging))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if records, err := Parse(data); err != nil || len(records) != 1 {
			b.Fatal(err)
		}
	}
}
