package backfill

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/record"
)

func TestSummarise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(-3 * time.Hour).Truncate(time.Second)
		at := func(seconds int) time.Time { return from.Add(time.Duration(seconds) * time.Second) }
		h, s := &fakeHistory{size: 50}, &memory{}
		h.add("eu-west-1",
			event("1", "eve", "cloudtrail.amazonaws.com", "StopLogging", at(1)),
			event("2", "eve", "ec2.amazonaws.com", "ListThings", at(2)), event("3", "eve", "ec2.amazonaws.com", "ListThings", at(9)),
			event("4", "bob", "iam.amazonaws.com", "CreateUser", at(3)), event("5", "bob", "iam.amazonaws.com", "CreateAccessKey", at(4)),
			event("6", "ann", "ec2.amazonaws.com", "ListThings", at(5)), event("7", "cid", "ec2.amazonaws.com", "CreateTags", at(6)))
		for n := range 3 {
			h.add("us-east-1", event(fmt.Sprint("dan", n), "dan", "ec2.amazonaws.com", "CreateTags", at(8)))
		}
		failed := event("8", "eve", "iam.amazonaws.com", "CreateUser", at(7))
		failed.Raw = strings.Replace(failed.Raw, `{`, `{"errorCode":"AccessDenied",`, 1)
		h.add("us-east-1", failed)
		m, err := Run(t.Context(), h, s, want(from, from.Add(time.Hour)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		i := incident.Incident{Actor: incident.Actor{ARN: "somebody", AccessKeyID: "AKIAeve"}}
		r, err := Summarise(t.Context(), s, m, i.Suspects)
		if err != nil || !r.Complete || r.Records != 11 || r.Writes != 8 || r.Sensitive != 4 || r.Errors != 1 || r.Regions != 2 || len(r.Gaps) != 0 ||
			r.Evidence != "memory" || r.Manifest != digestOf(s.files[ManifestName]) {
			t.Fatalf("%v, %+v", err, r)
		}
		if got := names(r); got != "eve bob dan cid ann" {
			t.Errorf("the actors are %s", got)
		}
		i.Actor.AccessKeyID = "AKIAann"
		if other, err := Summarise(t.Context(), s, m, i.Suspects); err != nil || names(other) != "ann eve bob dan cid" {
			t.Errorf("%v; the actors are %s, and the incident's is ann", err, names(other))
		}
		eve := r.Actors[0]
		if !eve.Suspect || r.Actors[1].Suspect || eve.Calls != 4 || eve.Writes != 2 || eve.Sensitive != 2 || eve.Errors != 1 ||
			!eve.First.Equal(at(1)) || !eve.Last.Equal(at(9)) || strings.Join(eve.Regions, " ") != "eu-west-1 us-east-1" {
			t.Errorf("eve: %+v", eve)
		}
		made := ""
		for _, c := range eve.Made {
			made += fmt.Sprintf("%s:%s %d/%d %s %v %v %d-%d;", strings.TrimSuffix(c.Source, ".amazonaws.com"), c.Name, c.Count, c.Errors, c.ErrorCode, c.Write, c.Sensitive,
				int(c.First.Sub(from).Seconds()), int(c.Last.Sub(from).Seconds()))
		}
		if made != "cloudtrail:StopLogging 1/0  true true 1-1;iam:CreateUser 1/1 AccessDenied true true 7-7;ec2:ListThings 2/0  false false 2-9;" {
			t.Errorf("eve made %s", made)
		}

		for name := range s.files {
			if name != ManifestName {
				s.files[name][len(s.files[name])-1] ^= 1
				break
			}
		}
		if _, err := Summarise(t.Context(), s, m, nil); !errors.Is(err, ErrChanged) {
			t.Errorf("changed evidence: %v", err)
		}
	})
}

func names(r *incident.Recovered) string {
	var order []string
	for _, a := range r.Actors {
		order = append(order, a.ARN[strings.LastIndex(a.ARN, "/")+1:])
	}
	return strings.Join(order, " ")
}

// TestTallyIsBounded has more actors, kinds of calls and regions than are kept, the incident's actor last.
func TestTallyIsBounded(t *testing.T) {
	tally := tally{suspect: func(a incident.Actor) bool { return a.ARN == "eve" }, actors: map[actorKey]*actorTally{}}
	record := func(who string, n int) record.Record {
		return record.Record{EventName: fmt.Sprintf("Call%d", n), EventSource: "x.amazonaws.com", ReadOnly: true, Identity: record.Identity{ARN: who}}
	}
	const actors, kinds = maxActors + 10, maxKinds + 10
	for n := range actors {
		tally.add(record(fmt.Sprint("actor", n), 0), "eu-west-1")
	}
	for n := range kinds {
		tally.add(record("eve", n), fmt.Sprint("region", n))
	}
	r := tally.result()
	if len(r.Actors) != incident.MaxRecoveredActors || r.Actors[0].ARN != "eve" || r.OtherActors != maxActors+1-incident.MaxRecoveredActors || len(r.Gaps) != 1 || r.Records != actors+kinds {
		t.Errorf("%d actors, %d others, gaps %v, %d records, first %s", len(r.Actors), r.OtherActors, r.Gaps, r.Records, r.Actors[0].ARN)
	}
	eve := r.Actors[0]
	listed := eve.OtherCalls
	for _, c := range eve.Made {
		listed += c.Count
	}
	if len(eve.Made) != incident.MaxRecoveredCalls || len(eve.Regions) != incident.MaxRecoveredRegions || listed != kinds {
		t.Errorf("%d kinds, %d regions, %d of %d calls", len(eve.Made), len(eve.Regions), listed, kinds)
	}
}

func TestSensitive(t *testing.T) {
	for call, want := range map[string]bool{
		"iam CreateUser": true, "iam ListUsers": false, "s3 PutBucketPolicy": true, "s3 CreateBucket": false, "cloudtrail StopLogging": true, "cloudtrail StartLogging": false, "cloudtrail DeleteEventDataStore": true,
		"secretsmanager GetSecretValue": true, "secretsmanager ListSecrets": false, "lambda UpdateFunctionCode20150331v2": true, "ec2 CreateTags": false,
		"ec2 RunInstances": true, "nobody CreateUser": false,
	} {
		service, name, _ := strings.Cut(call, " ")
		r := record.Record{EventSource: service + ".amazonaws.com", EventName: name, ReadOnly: strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Get")}
		if sensitive(r) != want {
			t.Errorf("%s: %v", call, !want)
		}
	}
}
