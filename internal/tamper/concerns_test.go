package tamper

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

func guarded(multiRegion bool) trail.Guarded {
	return trail.Guarded{Config: trail.Config{Name: "audit", ARN: auditARN, HomeRegion: "eu-central-1", IsMultiRegionTrail: multiRegion}}
}

func TestConcerns(t *testing.T) {
	stop := func(name string) record.Record { return call("StopLogging", `{"name":"`+name+`"}`) }
	in := func(r record.Record, region, account string) record.Record {
		r.Region, r.RecipientAccountID = region, account
		return r
	}
	denied := func(message string) record.Record {
		return failed(call("StopLogging", ""), "AccessDeniedException", message)
	}
	answered := func(r record.Record, response string) record.Record {
		r.ResponseElements = []byte(response)
		return r
	}
	listed := call("StopLogging", `{"name":"x"}`)
	listed.Resources = []record.Resource{{ARN: "arn:aws:iam::111122223333:role/x"}, {ARN: auditARN}}
	caller := in(stop("audit"), "eu-central-1", "")
	caller.Identity.AccountID = "999988887777"
	const refusal = "User: arn:aws:sts::111122223333:assumed-role/R/s is not authorized to perform: cloudtrail:StopLogging on resource: "

	for _, c := range []struct {
		name          string
		in            record.Record
		single, multi bool
	}{
		{"its name", stop("audit"), true, true},
		{"its ARN", stop(auditARN), true, true},
		{"a longer name", stop("audit2"), false, false},
		{"a shorter name", stop("audi"), false, false},
		{"other letters", stop("Audit"), false, false},
		{"an ARN with a longer name", stop(auditARN + "-2"), false, false},
		{"an ARN elsewhere", stop(strings.Replace(auditARN, "eu-central-1", "eu-west-1", 1)), false, false},
		{"an ARN of another account", stop(strings.Replace(auditARN, account, "999988887777", 1)), false, false},
		{"its ARN, called from elsewhere", in(stop(auditARN), "us-east-1", "999988887777"), true, true},
		{"its name in another region", in(stop("audit"), "us-east-1", account), false, true},
		{"its name in another account", in(stop("audit"), "eu-central-1", "999988887777"), false, false},
		{"its name by a caller of another account", caller, false, false},
		{"its name, region and account unknown", in(stop("audit"), "", ""), true, true},
		{"a trail created under its name elsewhere", in(call("CreateTrail", `{"name":"audit"}`), "us-east-1", account), true, true},
		{"a trail created beside it", call("CreateTrail", `{"name":"other"}`), false, false},
		{"no name", call("StopLogging", `{}`), true, true},
		{"a name that is no text", call("StopLogging", `{"name":{"a":1}}`), true, true},
		{"an empty name", stop(""), true, true},
		{"an endless name", stop(strings.Repeat("a", 9999)), true, true},
		{"selectors", call("PutEventSelectors", `{"trailName":"audit"}`), true, true},
		{"tags", call("AddTags", `{"resourceId":"`+auditARN+`"}`), true, true},
		{"tags, as a list", call("RemoveTags", `{"resourceIdList":["x","`+auditARN+`"]}`), true, true},
		{"the answer's ARN", answered(call("UpdateTrail", `{"name":"x"}`), `{"trailARN":"`+auditARN+`"}`), true, true},
		{"the answer's name", answered(call("UpdateTrail", `{}`), `{"name":"audit"}`), true, true},
		{"the answer's other name", answered(call("UpdateTrail", `{}`), `{"name":"other"}`), false, false},
		{"the listed resource", listed, true, true},
		{"denied, ARN in the message", denied(refusal + auditARN + " because no identity-based policy allows it."), true, true},
		{"denied, ARN at the end", denied(refusal + auditARN + "."), true, true},
		{"denied, another ARN", denied(refusal + auditARN + "2 with an explicit deny"), false, false},
		{"denied, no ARN", denied("no"), true, true},
		{"denied, ARN inside a user's path", denied("User: arn:aws:iam::111122223333:user/" + strings.Replace(auditARN, "audit", "decoy", 1) + "/m is not authorized to perform: cloudtrail:StopLogging"), true, true},
		{"denied, another service's trail", denied("on resource: arn:aws:other:eu-central-1:111122223333:trail/decoy"), true, true},
		{"message of a success", func() record.Record { r := stop("x"); r.ErrorCode, r.ErrorMessage = "200", auditARN; return r }(), false, false},
		{"unknown trail, in its message", failed(stop("x"), "TrailNotFoundException", "Unknown trail: "+auditARN+" for the user: 111122223333"), true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, ok := Classify(c.in)
			if !ok {
				t.Fatal("no signal")
			}
			if got := s.Concerns(guarded(false)); got != c.single {
				t.Errorf("single-region trail: %v; names %q, any %v", got, s.Names, s.Any)
			}
			if got := s.Concerns(guarded(true)); got != c.multi {
				t.Errorf("multi-region trail: %v; names %q, any %v", got, s.Names, s.Any)
			}
		})
	}
	if s, _ := Classify(stop("audit")); s.Concerns(trail.Guarded{}) {
		t.Error("a guarded trail without name and ARN is nobody's")
	}
}

func TestNamesAreBounded(t *testing.T) {
	s, _ := Classify(call("AddTags", `{"resourceIdList":["`+strings.Join(slices.Repeat([]string{"a"}, 50), `","`)+`","b"]}`))
	if !slices.Equal(s.Names, []string{"a", "b"}) {
		t.Errorf("%q", s.Names)
	}
	var message strings.Builder
	for n := range 100 {
		message.WriteString(auditARN + string(rune('a'+n%26)) + string(rune('a'+n/26)) + " ")
	}
	if s, _ = Classify(failed(call("StopLogging", ""), "AccessDenied", message.String())); len(s.Names) != maxNames {
		t.Errorf("%d names", len(s.Names))
	}
}

func TestTrailsConcernNoOtherResources(t *testing.T) {
	store := guardedResource(trail.EventDataStore)
	for _, r := range []record.Record{call("StopLogging", ""), call("StopLogging", `{"name":"`+store.ARN+`"}`)} {
		if s, _ := Classify(r); s.Concerns(unit(store)) {
			t.Errorf("%s concerns an event data store: %q, any %v", r.EventName, s.Names, s.Any)
		}
	}
}
