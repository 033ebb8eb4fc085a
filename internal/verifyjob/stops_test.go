package verifyjob

import (
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

const home = "eu-west-1"

var chainStart = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func TestStopsIn(t *testing.T) {
	arn := trail.ARN{Partition: "aws", Region: home, Account: "111122223333", Name: "audit"}
	want := trail.Guarded{Config: trail.Config{Name: "audit", ARN: arn.String(), HomeRegion: home}}
	at := func(hour int, name, parameters string) record.Record {
		return record.Record{
			EventSource: "cloudtrail.amazonaws.com", EventName: name, EventTime: chainStart.Add(time.Duration(hour) * time.Hour), Region: home,
			RecipientAccountID: arn.Account, RequestParameters: []byte(parameters), EventID: name, EventType: "AwsApiCall",
		}
	}
	denied := at(1, "StopLogging", `{"name":"audit"}`)
	denied.ErrorCode = "AccessDenied"
	records := []record.Record{
		denied,
		at(2, "StopLogging", `{"name":"other"}`),
		at(3, "StopLogging", `{"name":"audit"}`),
		at(4, "StopLogging", `{"name":"audit"}`),
		at(5, "StartLogging", `{"name":"`+arn.String()+`"}`),
		at(6, "UpdateTrail", `{"name":"audit","enableLogFileValidation":false}`),
		at(7, "UpdateTrail", `{"name":"audit","enableLogFileValidation":true}`),
		at(8, "StopLogging", `{"name":"audit"}`),
		at(8, "StartLogging", `{"name":"audit"}`),
		at(9, "UpdateTrail", `{"name":"audit","enableLogFileValidation":false}`),
		at(10, "UpdateTrail", `{"name":"audit","enableLogFileValidation":false}`),
		at(11, "DeleteTrail", `{"name":"audit"}`),
	}
	var got []string
	for _, s := range stopsIn(records, want, arn) {
		until := "lasts"
		if !s.Until.IsZero() {
			until = s.Until.Format("15")
		}
		got = append(got, s.Trail+" "+s.At.Format("15")+" "+until)
	}
	if text := strings.Join(got, ", "); text != "audit 03 05, audit 06 07, audit 08 08, audit 09 lasts, audit 11 lasts" {
		t.Errorf("got %s", text)
	}
}
