package sigma

import (
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	known := Names{
		Source: func(host string) bool { return host == "cloudtrail.amazonaws.com" },
		Event:  func(name string) bool { return name == "stoplogging" },
	}
	for _, c := range []struct{ detection, want string }{
		{"{s: {eventName: StopLogging, eventSource: cloudtrail.amazonaws.com}, condition: s}", ""},
		{"{s: {eventName: STOPLOGGING, eventSource: CloudTrail.amazonaws.com}, condition: s}", ""},
		{"{s: {requestParameters.anything.at.all: x, responseElements.Any: y}, condition: s}", ""},
		{"{s: {userIdentity.sessionContext.sessionIssuer.type: Role, tlsDetails.tlsVersion: x}, condition: s}", ""},
		{"{s: {eventName: 'Stop*', eventSource|endswith: .amazonaws.com}, condition: s}", ""},
		{"{s: {eventName|re: 'Stop Logging'}, condition: s}", ""},
		{"{s: [any words, 'a;b'], condition: s}", ""},
		{"{s: {eventname: StopLogging}, condition: s}", `f.yml:3:17: CloudTrail records have no field "eventname"; write eventName, names of fields are case-sensitive`},
		{"{s: {status: x}, condition: s}", `CloudTrail records have no field "status"; see AWS's page`},
		{"{s: {userIdentity.Arn: x}, condition: s}", `userIdentity has no field "Arn"; write arn`},
		{"{s: {'requestParameters.x[0].y': x}, condition: s}", "arrays need no mark"},
		{"{s: {eventSource: cloudtrail}, condition: s}", `f.yml:3:30: "cloudtrail" is no event source`},
		{"{s: {eventSource: 'cloudtrail,amazonaws.com'}, condition: s}", "is no event source"},
		{"{s: {eventSource: cloudtrial.amazonaws.com}, condition: s}", `no event source "cloudtrial.amazonaws.com" is known`},
		{"{s: {eventName: Stop Logging}, condition: s}", `"Stop Logging" is no event name`},
		{"{s: {eventName: 'StopLogging,DeleteTrail'}, condition: s}", "several as a list"},
		{"{s: {eventName: [StopLogging, StopLoging]}, condition: s}", `no event "StopLoging" is known`},
		{"{s: {eventName: StopLogging}, t: {eventName: StopLogging}, condition: s}", `f.yml:3:42: no condition uses "t"`},
		{"{s: {errorCode|contains|all: x}, condition: s}", "all has no effect on a single value"},
		{"{s: {eventName: StopLogging}, timeframe: 1m, condition: s}", "timeframe has no effect without an aggregation"},
	} {
		f, err := Parse("f.yml", []byte(head+"detection: "+c.detection+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range Lint(f.Rules[0], known) {
			got = append(got, w.String())
		}
		if all := strings.Join(got, "\n"); c.want == "" && all != "" || !strings.Contains(all, c.want) || len(got) > 1 {
			t.Errorf("%s\n gives %q\n want %q", c.detection, all, c.want)
		}
	}
}

// TestLintKnowsOnlyCloudTrail makes sure that rules for other logs, and names that nobody gave a list of, are not doubted.
func TestLintKnowsOnlyCloudTrail(t *testing.T) {
	for text, known := range map[string]Names{
		strings.Replace(head, "aws", "windows", 1) + "detection: {s: {CommandLine: x, eventName: a b}, condition: s}": {},
		head + "detection: {s: {eventName: Anything, eventSource: any.amazonaws.com}, condition: s}":                  {},
	} {
		f, err := Parse("f.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := Lint(f.Rules[0], known); len(got) > 0 {
			t.Errorf("%v", got)
		}
	}
}

func TestLintFilter(t *testing.T) {
	for condition, want := range map[string]string{"not s": "", "s": "the filter keeps only what its condition matches"} {
		f, err := Parse("f.yml", []byte(head+"filter: {rules: any, s: {eventName: X}, condition: "+condition+"}"))
		if err != nil {
			t.Fatal(err)
		}
		got := LintFilter(f.Filters[0], Names{})
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0].String(), want)) {
			t.Errorf("%s: %v", condition, got)
		}
	}
}
