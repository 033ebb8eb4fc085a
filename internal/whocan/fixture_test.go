package whocan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	account = "111122223333"
	iam     = "arn:aws:iam::111122223333:"
	trailA  = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/a"
	trailB  = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/b"
	bucket  = "arn:aws:s3:::logs"
	key     = "arn:aws:kms:eu-west-1:111122223333:key/k"
	group   = "arn:aws:logs:eu-west-1:111122223333:log-group:trails"

	allowAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	open     = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}`
)

// parse makes a document of statements.
func parse(t testing.TB, statements ...string) *policy.Document {
	t.Helper()
	d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func named(t testing.TB, name string, statements ...string) *Policy {
	return &Policy{Name: name, Document: *parse(t, statements...)}
}

// allow is a statement that allows actions, separated by spaces, on one resource.
func allow(resource, actions string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":["%s"],"Resource":"%s"}`, strings.ReplaceAll(actions, " ", `","`), resource)
}

// with adds conditions to a statement.
func with(statement, conditions string) string {
	return strings.TrimSuffix(statement, "}") + `,"Condition":{` + conditions + `}}`
}

func user(name string, policies ...*Policy) Principal {
	return Principal{ARN: iam + "user/" + name, Policies: policies}
}

func role(name string, trust *policy.Document, policies ...*Policy) Principal {
	return Principal{ARN: iam + "role/" + name, Trust: trust, Policies: policies}
}

func trails() []Target {
	return []Target{{Type: Trail, ARN: trailA, Region: "eu-west-1", Account: account}, {Type: Trail, ARN: trailB, Region: "eu-west-1", Account: account}}
}

// all are targets of several kinds.
func all(t testing.TB) []Target {
	return append(trails(),
		Target{Type: trail.Bucket, ARN: bucket, Region: "eu-west-1", Account: account, Policy: parse(t, `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"}`)},
		Target{Type: trail.Key, ARN: key, Region: "eu-west-1", Account: account, Policy: parse(t, open)},
		Target{Type: trail.LogGroup, ARN: group, Region: "eu-west-1", Account: account},
		Target{Type: trail.Topic, ARN: "arn:aws:sns:eu-west-1:111122223333:alerts", Region: "eu-west-1", Account: account},
		Target{Type: trail.Role, ARN: iam + "role/delivery", Account: account},
	)
}

// who is what a report says of a principal and a technique.
func (r Report) who(t testing.TB, technique, principal string) (Ability, bool) {
	t.Helper()
	for _, one := range r.Techniques {
		if one.ID != technique {
			continue
		}
		n := slices.IndexFunc(one.Who, func(a Ability) bool { return a.Principal == principal })
		if n < 0 {
			return Ability{}, false
		}
		return one.Who[n], true
	}
	t.Fatalf("the report has no %s", technique)
	return Ability{}, false
}

// summary is an ability in one line: the answer, then the targets' last parts.
func (r Report) summary(t testing.TB, technique, principal string) string {
	t.Helper()
	a, ok := r.who(t, technique, principal)
	if !ok {
		return "no"
	}
	text := string(a.Answer)
	for _, arn := range a.Targets {
		text += " " + arn[strings.LastIndexAny(arn, "/:")+1:]
	}
	return text
}

// stops is what most tests ask.
func (r Report) stops(t testing.TB, principal string) string {
	t.Helper()
	return r.summary(t, tamper.StopLogging, iam+principal)
}
