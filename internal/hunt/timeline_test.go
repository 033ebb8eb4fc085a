package hunt

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// call is a call about the trail main.
func call(id, when, name, parameters, more string) string {
	r := event(id, when, "cloudtrail", name, more)
	return strings.Replace(r, `"requestParameters":{"name":"main"}`, `"requestParameters":`+parameters, 1)
}

const (
	mainARN = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
	byName  = `{"name":"main"}`
	byARN   = `{"name":"` + mainARN + `"}`
	blinded = `{"trailName":"main","eventSelectors":[{"readWriteType":"ReadOnly","includeManagementEvents":true,"dataResources":[]}]}`
	sighted = `{"trailName":"main","eventSelectors":[{"readWriteType":"All","includeManagementEvents":true,"dataResources":[]}]}`
)

func day(hour, minute int) string { return fmt.Sprintf("2026-03-01T%02d:%02d:00Z", hour, minute) }

// TestHistory reconstructs a trail's history from records that are in no order.
func TestHistory(t *testing.T) {
	denied := `,"errorCode":"AccessDenied","errorMessage":"User is not authorized to perform: cloudtrail:StopLogging on resource: ` + mainARN + `"`
	content := logFile(
		call("8", day(9, 0), "StartLogging", byARN, ""),
		call("7", day(8, 0), "CreateTrail", `{"name":"main","s3BucketName":"logs"}`, ""),
		call("6", day(7, 0), "DeleteTrail", byName, ""),
		call("5", day(6, 0), "PutEventSelectors", sighted, ""),
		call("4", day(5, 0), "PutEventSelectors", blinded, ""),
		call("3", day(4, 0), "StartLogging", byName, ""),
		call("2", day(3, 0), "StopLogging", byARN, ""),
		call("1", day(2, 0), "StopLogging", byARN, denied),
		strings.ReplaceAll(call("0", day(3, 30), "StopLogging", `{"name":"other"}`, ""), "111122223333", "444455556666"),
	)
	f := hunt(t, Options{}, Path(write(t, map[string]string{"a.json": content})))
	if len(f.Trails) != 2 || f.Trails[1].Account != "444455556666" || f.Trails[0].ARN != mainARN || f.Trails[0].Total != 8 {
		t.Fatalf("%+v", f.Trails)
	}
	var states []string
	for _, p := range f.Trails[0].Logging {
		states = append(states, fmt.Sprintf("%02d-%02d %s", p.From.Hour(), p.To.Hour(), p.State))
	}
	want := []string{"03-04 stopped", "04-05 logging", "05-06 narrowed", "06-07 logging", "07-08 deleted", "08-09 stopped", "09-00 logging"}
	if !reflect.DeepEqual(states, want) {
		t.Errorf("the states are %q", states)
	}
	var windows []string
	for _, w := range f.BlindWindows {
		if w.Account == "444455556666" {
			if len(w.Around) != 1 || w.Around[0].EventID != "0" || !w.Around[0].During {
				t.Errorf("around the other account's are %+v", w.Around)
			}
			continue
		}
		windows = append(windows, fmt.Sprintf("%s %02d %s-%02d %s", w.Kind, w.From.Hour(), w.Began.EventID, w.To.Hour(), w.Ended.EventID))
	}
	want = []string{"stopped 03 2-04 3", "narrowed 05 4-06 5", "deleted 07 6-08 7", "stopped 08 7-09 8"}
	if !reflect.DeepEqual(windows, want) {
		t.Errorf("the windows are %q", windows)
	}
	if f.Trails[0].Changes[0].Outcome != "denied" {
		t.Errorf("the first change is %+v", f.Trails[0].Changes[0])
	}
	if len(f.Actors) != 2 || f.Actors[0].Actor != "arn:aws:iam::111122223333:user/mallory" || f.Actors[0].Tampering < 3 {
		t.Errorf("the actors are %+v", f.Actors)
	}
	if around := f.BlindWindows[0].Around; len(around) == 0 || around[0].EventID != "1" || around[0].During {
		t.Errorf("around the first are %+v", around)
	}
}

// TestOpenWindows are those whose beginning or end is not in the logs.
func TestOpenWindows(t *testing.T) {
	f := hunt(t, Options{}, Stdin{strings.NewReader(logFile(call("1", day(3, 0), "StartLogging", byName, ""), call("2", day(4, 0), "StopLogging", byName, "")))})
	if len(f.BlindWindows) != 2 || !f.BlindWindows[0].From.IsZero() || f.BlindWindows[0].To.Hour() != 3 || f.BlindWindows[1].From.Hour() != 4 || !f.BlindWindows[1].To.IsZero() {
		t.Errorf("%+v", f.BlindWindows)
	}
}

// TestGaps are hours without records, where there never was one before.
func TestGaps(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		present func(hour int) bool
		hours   int
		want    string
	}{
		"steady":           {func(int) bool { return true }, 72, ""},
		"two hours":        {func(h int) bool { return h != 30 && h != 31 }, 72, "30-32"},
		"early":            {func(h int) bool { return h != 3 }, 72, "3-4"},
		"until the end":    {func(h int) bool { return h < 50 }, 72, "50-?"},
		"still on its way": {func(h int) bool { return h < 70 }, 72, ""},
		"nightly":          {func(h int) bool { return h%24 > 6 }, 96, ""},
		"seldom":           {func(h int) bool { return h%5 == 0 }, 96, ""},
		"twice":            {func(h int) bool { return h != 30 && h != 60 }, 96, "30-31 60-61"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCoverage()
			for h := range test.hours {
				at := start.Add(time.Duration(h) * time.Hour).Format(time.RFC3339)
				c.saw("111122223333", []byte(at), []byte("us-east-1")) // which makes the end
				if test.present(h) {
					c.saw("111122223333", []byte(at), []byte("eu-west-1"))
				}
			}
			var got []string
			for _, g := range c.gaps() {
				to := "?"
				if !g.to.IsZero() {
					to = fmt.Sprint(g.to.Sub(start).Hours())
				}
				got = append(got, fmt.Sprint(g.from.Sub(start).Hours(), "-", to))
			}
			if text := strings.ReplaceAll(strings.Join(got, " "), " -", "-"); strings.ReplaceAll(text, "- ", "-") != test.want {
				t.Errorf("the gaps are %q, want %q", text, test.want)
			}
		})
	}
}

// assume is a record of an AssumeRole that hands out a key.
func assume(id, key, by, role string) string {
	r := strings.Replace(event(id, day(1, 0), "sts", "AssumeRole", `,"responseElements":{"credentials":{"accessKeyId":"`+key+`","sessionToken":"t","expiration":"x"}}`),
		`"requestParameters":{"name":"main"}`, `"requestParameters":{"roleArn":"`+role+`","roleSessionName":"s"}`, 1)
	return strings.Replace(r, "AKIA1", by, 1)
}

// TestSessions are stitched through as many roles as there were, in files that were passed over and in those that were read.
func TestSessions(t *testing.T) {
	last := strings.Replace(stop("9"), "AKIA1", "ASIA3", 1)
	files := map[string]string{
		"a.json.gz": gzipped(logFile(assume("1", "ASIA1", "AKIA0", "role/a"), list("8"))),
		"b.json":    logFile(assume("2", "ASIA2", "ASIA1", "role/b")),
		"c.json.gz": gzipped(logFile(assume("3", "ASIA3", "ASIA2", "role/c"), last, assume("4", "ASIA4", "ASIA2", "role/d"))),
	}
	f := hunt(t, Options{}, Path(write(t, files)))
	if len(f.Sessions) != 1 || f.Sessions[0].AccessKeyID != "ASIA3" {
		t.Fatalf("%+v", f.Sessions)
	}
	var chain []string
	for _, l := range f.Sessions[0].Chain {
		chain = append(chain, l.EventID+" "+l.RoleARN+" "+l.Caller.AccessKeyID)
	}
	if want := []string{"3 role/c ASIA2", "2 role/b ASIA1", "1 role/a AKIA0"}; !reflect.DeepEqual(chain, want) {
		t.Errorf("the chain is %q", chain)
	}
}

// TestSessionLoop must end.
func TestSessionLoop(t *testing.T) {
	last := strings.Replace(stop("9"), "AKIA1", "ASIA1", 1)
	f := hunt(t, Options{}, Path(write(t, map[string]string{"a.json": logFile(assume("1", "ASIA1", "ASIA2", "r"), assume("2", "ASIA2", "ASIA1", "r"), last)})))
	if len(f.Sessions) != 1 || len(f.Sessions[0].Chain) != 2 {
		t.Errorf("%+v", f.Sessions)
	}
}
