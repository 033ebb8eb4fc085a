package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseUnderstandsEveryEnvelope(t *testing.T) {
	for _, c := range []struct {
		name     string
		data     string
		envelope Envelope
		count    int
	}{
		{"bare", stopLogging, "record", 1},
		{"bare with space around it", "\n " + stopLogging + "\n", "record", 1},
		{"eventbridge api call", apiCall(stopLogging), "eventbridge", 1},
		{"eventbridge console action", eventBridge("AWS Console Action via CloudTrail", stopLogging), "eventbridge", 1},
		{"eventbridge sign-in", eventBridge("AWS Console Sign In via CloudTrail", stopLogging), "eventbridge", 1},
		{"eventbridge service event", eventBridge("AWS Service Event via CloudTrail", stopLogging), "eventbridge", 1},
		{"eventbridge in sqs", sqs(apiCall(stopLogging)), "sqs/eventbridge", 1},
		{"record in sqs", sqs(stopLogging), "sqs/record", 1},
		{"eventbridge in a lambda batch", lambdaSQS(apiCall(stopLogging), apiCall(stopLogging)), "sqs/eventbridge", 2},
		{"eventbridge in sns", sns(apiCall(stopLogging)), "sns/eventbridge", 1},
		{"eventbridge in sns for lambda", lambdaSNS(apiCall(stopLogging)), "sns/eventbridge", 1},
		{"eventbridge in sns in sqs", sqs(sns(apiCall(stopLogging))), "sqs/sns/eventbridge", 1},
		{"eventbridge in sns in a lambda batch", lambdaSQS(sns(apiCall(stopLogging))), "sqs/sns/eventbridge", 1},
		{"log file", logFile(stopLogging, stopLogging, stopLogging), "logfile", 3},
		{"log file, zipped", string(zipped(t, []byte(logFile(stopLogging, stopLogging)))), "logfile", 2},
		{"log file in sqs", sqs(logFile(stopLogging)), "sqs/logfile", 1},
		{"lookup", lookup(stopLogging, stopLogging), "lookup-events", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			records, err := Parse([]byte(c.data))
			if err != nil {
				t.Fatal(err)
			}
			if len(records) != c.count {
				t.Fatalf("got %d records, want %d", len(records), c.count)
			}
			for _, r := range records {
				if r.Envelope != c.envelope {
					t.Errorf("envelope %q, want %q", r.Envelope, c.envelope)
				}
				if string(r.Raw) != stopLogging {
					t.Errorf("raw is not the record as received:\n%s", r.Raw)
				}
				checkStopLogging(t, r)
			}
		})
	}
}

func checkStopLogging(t *testing.T, got Record) {
	t.Helper()
	want := Record{
		EventID:            "9a1d5f4e-0000-4000-8000-000000000001",
		EventSource:        "cloudtrail.amazonaws.com",
		EventName:          "StopLogging",
		EventType:          "AwsApiCall",
		EventCategory:      "Management",
		EventTime:          time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Region:             "eu-central-1",
		RecipientAccountID: "111122223333",
		RequestID:          "0c4b1f4e-0000-4000-8000-000000000001",
		SourceIPAddress:    "198.51.100.7",
		UserAgent:          "aws-cli/2.31.0",
		Identity: Identity{
			Type:          "AssumedRole",
			ARN:           "arn:aws:sts::111122223333:assumed-role/Intruder/mallory",
			PrincipalID:   "AROAEXAMPLEROLE00001:mallory",
			AccountID:     "111122223333",
			AccessKeyID:   "ASIAEXAMPLEKEY000001",
			SessionIssuer: "arn:aws:iam::111122223333:role/Intruder",
			MFA:           true,
		},
		RequestParameters: json.RawMessage(`{"name": "audit"}`),
		Envelope:          got.Envelope,
		Raw:               got.Raw,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// with is the small record with one more field.
func with(field string) string { return strings.TrimSuffix(small, "}") + "," + field + "}" }

func one(t *testing.T, data string) Record {
	t.Helper()
	records, err := Parse([]byte(data))
	if err != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	return records[0]
}

func TestParseTolerates(t *testing.T) {
	for _, c := range []struct {
		name, data string
		ok         func(Record) bool
	}{
		{"nothing but the needed", small, func(r Record) bool { return r.EventTime.Nanosecond() == 678e6 && r.RequestParameters == nil }},
		{"null parameters", with(`"requestParameters":null,"responseElements":null`), func(r Record) bool { return r.RequestParameters == nil && r.ResponseElements == nil }},
		{"parameters that are no object", with(`"requestParameters":"x","responseElements":[1]`), func(r Record) bool { return r.RequestParameters == nil && r.ResponseElements == nil }},
		{"null identity", with(`"userIdentity":null`), func(r Record) bool { return r.Identity == Identity{} }},
		{"odd identity", with(`"userIdentity":{"type":"Root","sessionContext":"none","arn":7}`), func(r Record) bool { return r.Identity.Type == "Root" && !r.Identity.MFA }},
		{"identity without MFA", with(`"userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":"false"}}}`), func(r Record) bool { return !r.Identity.MFA }},
		{"readOnly as a string", with(`"readOnly":"true"`), func(r Record) bool { return r.ReadOnly }},
		{"readOnly as a boolean", with(`"readOnly":true`), func(r Record) bool { return r.ReadOnly }},
		{"readOnly as nonsense", with(`"readOnly":[]`), func(r Record) bool { return !r.ReadOnly }},
		{"a numeric error code", with(`"errorCode":200`), func(r Record) bool { return r.ErrorCode == "200" }},
		{"a user agent of the wrong type", with(`"userAgent":{"a":1}`), func(r Record) bool { return r.UserAgent == "" }},
		{"resources", with(`"resources":[{"ARN":"arn:a","type":"T","accountId":"1"},{},7]`), func(r Record) bool {
			return reflect.DeepEqual(r.Resources, []Resource{{ARN: "arn:a", Type: "T", AccountID: "1"}})
		}},
		{"resources of the wrong type", with(`"resources":{}`), func(r Record) bool { return r.Resources == nil }},
		{"omitted parameters", with(`"requestParameters":{"reason":"requestParameters too large","omitted":"true","originalSize":"149893"}`), func(r Record) bool { return r.ParametersOmitted }},
		{"omitted parameters, boolean", with(`"requestParameters":{"omitted":true}`), func(r Record) bool { return r.ParametersOmitted }},
		{"ordinary parameters", with(`"requestParameters":{"reason":"because","omitted":false}`), func(r Record) bool { return !r.ParametersOmitted }},
		{"an offset in the time", `{"eventName":"A","eventSource":"b.c","eventTime":"2026-01-02T05:04:05+02:00"}`, func(r Record) bool {
			return r.EventTime == time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		}},
		{"insight", eventBridge("AWS Insight via CloudTrail", insight), func(r Record) bool {
			return r.EventName == "StopLogging" && r.EventCategory == "Insight" && r.EventType == "AwsCloudTrailInsight"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r := one(t, c.data); !c.ok(r) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestParseErrorsSayWhere(t *testing.T) {
	yesterday := strings.Replace(stopLogging, `"2026-01-02T03:04:05Z",`+"\n  \"eventSource", `"yesterday",`+"\n  \"eventSource", 1)
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "input: not JSON: unexpected end of JSON input"},
		{"not JSON", "hello", "input: not JSON: invalid character 'h' looking for beginning of value"},
		{"list", "[1]", "input: not a JSON object"},
		{"null", "null", "input: neither a CloudTrail record"},
		{"unknown", `{"a":1}`, "input: neither a CloudTrail record"},
		{"bad time", yesterday, `record: eventTime: not a time: "yesterday"`},
		{"bad time, wrapped", sqs(apiCall(yesterday)), `sqs/eventbridge: body.detail.eventTime: not a time: "yesterday"`},
		{"bad time, third of a batch", lambdaSQS(apiCall(small), apiCall(small), sns(apiCall(yesterday))), `sqs/sns/eventbridge: Records[2].body.Message.detail.eventTime: not a time`},
		{"numeric time", `{"eventName":"A","eventSource":"b.c","eventTime":1}`, "record: eventTime: not a string"},
		{"no name", `{"eventSource":"b.c","eventTime":"2026-01-02T03:04:05Z"}`, "record: eventName: missing"},
		{"null name", `{"eventName":null,"eventSource":"b.c","eventTime":"2026-01-02T03:04:05Z"}`, "record: eventName: missing"},
		{"empty source", `{"eventName":"A","eventSource":"","eventTime":"2026-01-02T03:04:05Z"}`, "record: eventSource: empty"},
		{"hostile source", `{"eventName":"A","eventSource":"\u001b[2J; rm","eventTime":"2026-01-02T03:04:05Z"}`, `record: eventSource: not a service's host name: "\x1b[2J; rm"`},
		{"hostile name", `{"eventName":"A\nB","eventSource":"b.c","eventTime":"2026-01-02T03:04:05Z"}`, `record: eventName: not an event name: "A\nB"`},
		{"endless name", `{"eventName":"` + strings.Repeat("x", 9999) + `","eventSource":"b.c","eventTime":"2026-01-02T03:04:05Z"}`, `record: eventName: too long: "xxx`},
		{"detail missing", `{"detail-type":"AWS API Call via CloudTrail"}`, "eventbridge: detail: missing"},
		{"detail is a string", apiCall(`"x"`), "eventbridge: detail: not a JSON object"},
		{"detail is another envelope", apiCall(apiCall(small)), "eventbridge: detail: not a CloudTrail record"},
		{"detail-type is a number", `{"detail-type":1,"detail":{}}`, "eventbridge: detail-type: not a string"},
		{"body is no JSON", sqs("hi"), "sqs: body: not JSON"},
		{"body is no string", `{"Body":{}}`, "sqs: body: not a string"},
		{"sns without text", `{"Records":[{"EventSource":"aws:sns","Sns":{}}]}`, "sns: Records[0].Sns.Message: not a string"},
		{"sns is a number", `{"Records":[{"EventSource":"aws:sns","Sns":1}]}`, "sns: Records[0].Sns: not a JSON object"},
		{"records is an object", `{"Records":{}}`, "input: Records: not a list"},
		{"records is null", `{"Records":null}`, "input: Records: not a list"},
		{"lookup holds an object", `{"Events":[{"CloudTrailEvent":{}}]}`, "lookup-events: Events[0].CloudTrailEvent: not a string that holds a record"},
		{"lookup holds a number", `{"Events":[1]}`, "lookup-events: Events[0].CloudTrailEvent: its event is not a JSON object"},
		{"broken gzip", "\x1f\x8bxxxxxxxxxxxxx", "input: broken gzip"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.data))
			var parseErr *ParseError
			if !errors.As(err, &parseErr) {
				t.Fatalf("no *ParseError: %v", err)
			}
			if !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %s\nwant %s…", err, c.want)
			}
			if errors.Is(err, ErrNotCloudTrail) {
				t.Errorf("must not count as another service's event: %v", err)
			}
			if len(err.Error()) > 400 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestParseTellsForeignEventsApart(t *testing.T) {
	for name, data := range map[string]string{
		"scheduled":     `{"detail-type":"Scheduled Event","source":"aws.scheduler","detail":"{}"}`,
		"s3 event":      `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"2026-01-02T03:04:05Z","eventName":"ObjectCreated:Put","s3":{}}]}`,
		"stream":        `{"Records":[{"eventID":"1","eventName":"INSERT","eventSource":"aws:dynamodb"}]}`,
		"confirmation":  `{"Type":"SubscriptionConfirmation","Message":"You have chosen","Token":"t"}`,
		"inside others": sqs(sns(`{"detail-type":"EC2 Instance State-change Notification","detail":{}}`)),
	} {
		t.Run(name, func(t *testing.T) {
			records, err := Parse([]byte(data))
			if len(records) != 0 || !errors.Is(err, ErrNotCloudTrail) {
				t.Errorf("%d records, %v", len(records), err)
			}
		})
	}
}

func TestParseKeepsTheNeighboursOfABrokenRecord(t *testing.T) {
	records, err := Parse([]byte(logFile(small, `{"eventName":1}`, stopLogging, `null`, `7`, small)))
	if len(records) != 3 || records[1].EventName != "StopLogging" {
		t.Errorf("got %d records", len(records))
	}
	for _, want := range []string{"Records[1].eventName: not a string", "Records[3]: neither", "Records[4]: not a JSON object"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

func TestParseIsBounded(t *testing.T) {
	small16 := limits{bytes: 1 << 16, records: 10, nesting: 8}
	bomb := zipped(t, make([]byte, 1<<20))
	nested := small
	for range 6 {
		nested = sqs(nested)
	}
	deep := strings.Repeat(`{"Records":[`, 2000) + small + strings.Repeat(`]}`, 2000)
	many := make([]string, 12)
	for n := range many {
		many[n] = small
	}
	for _, c := range []struct {
		name    string
		data    string
		records int
		want    string
	}{
		{"large", strings.Repeat(" ", 1<<16+1), 0, "input: input is larger than 65536 bytes"},
		{"bomb", string(bomb), 0, "input: gzip inflates to more than 65536 bytes"},
		{"envelopes, still fine", nested, 1, ""},
		{"envelopes", sqs(sqs(nested)), 0, "sqs/sqs/sqs/sqs/sqs/sqs/sqs/sqs: body.body.body.body.body.body.body.body: more than 8 documents inside one another"},
		{"lists in lists", deep, 0, "input: Records[0].Records[0]"},
		{"records", logFile(many...), 10, "input: Records[10]: more than 10 records in one input"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bounds := small16
			if c.name == "lists in lists" || strings.HasPrefix(c.name, "envelopes") {
				bounds.bytes = 1 << 22
			}
			records, err := parse([]byte(c.data), bounds)
			if len(records) != c.records {
				t.Errorf("%d records, want %d", len(records), c.records)
			}
			if got := fmt.Sprint(err); c.want != "" && !strings.HasPrefix(got, c.want) || c.want == "" && err != nil {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestParseBoundsItsErrors(t *testing.T) {
	_, err := Parse([]byte(logFile(strings.Split(strings.Repeat("0,", 1000)+"0", ",")...)))
	if got := strings.Count(err.Error(), "\n"); got != maxErrors {
		t.Errorf("%d lines", got+1)
	}
	if !strings.HasSuffix(err.Error(), "981 more records could not be read") {
		t.Errorf("%v", err)
	}
}

// TestParseRecordedFiles reads whatever real records somebody has at hand.
func TestParseRecordedFiles(t *testing.T) {
	folder := os.Getenv("TRAILHOLD_TEST_RECORDS")
	if folder == "" {
		t.Skip("set TRAILHOLD_TEST_RECORDS to a folder of CloudTrail records to parse them all")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no records in %s (%v)", folder, err)
	}
	total := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		records, err := Parse(data)
		if err != nil || len(records) == 0 {
			t.Errorf("%s: %d records, %v", file, len(records), err)
		}
		total += len(records)
	}
	t.Logf("%d records in %d files", total, len(files))
}
