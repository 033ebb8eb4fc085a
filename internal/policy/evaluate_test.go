package policy_test

import (
	"testing"

	"github.com/trailhold/trailhold/internal/policy"
)

func TestVerdict(t *testing.T) {
	const (
		allow = `{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"}`
		deny  = `{"Sid":"D","Effect":"Deny","Action":"s3:*","Resource":"*"}`
		rain  = `,"Condition":{"Bool":{"x:rain":"true"}}}`
	)
	maybe := func(statement string) string { return statement[:len(statement)-1] + rain }
	request := policy.Request{Principal: policy.Caller(anna, ""), Action: "S3:PutObject", Resource: "arn:aws:s3:::b/k"}
	for _, c := range []struct {
		text            string
		want            policy.Answer
		allowBy, denyBy string
		nearest         string
	}{
		{doc(allow), policy.Allow, `"A"`, "", ""},
		{doc(allow, deny), policy.ExplicitDeny, `"A"`, `"D"`, ""},
		{doc(deny, maybe(allow)), policy.ExplicitDeny, `"A"`, `"D"`, ""},
		{doc(maybe(allow)), policy.Unknown, `"A"`, "", ""},
		{doc(maybe(deny), allow), policy.Unknown, `"A"`, `"D"`, ""},
		{doc(maybe(deny)), policy.Unknown, "", `"D"`, ""},
		{doc(maybe(deny), deny), policy.ExplicitDeny, "", `"D"`, ""},
		{doc(maybe(allow), `{"Effect":"Allow","Action":"*","Resource":"*"}`), policy.Allow, "number 2", "", ""},
		{doc(`{"Effect":"Allow","Action":"S3:put*","NotResource":"arn:aws:s3:::b/*"}`), policy.Silent, "", "", "statement number 1 would, but for its Resource"},
		{doc(`{"Effect":"Allow","Action":"s3:*","NotResource":"*"}`, allow), policy.Allow, `"A"`, "", ""},
		{doc(`{"Effect":"Allow","Action":"s3:*","Resource":"x","Condition":{"Null":{"aws:username":"true"}}}`), policy.Silent, "", "", ""},
		{doc(`{"Effect":"Allow","NotAction":"s3:putobject","Resource":"*"}`), policy.Silent, "", "", ""},
		{doc(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/x, 'k'}"}`), policy.Unknown, "number 1", "", ""},
		{doc(`{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/${aws:TokenIssueTime}"}`), policy.Unknown, "", "number 1", ""},
	} {
		request.Context = map[string][]string{"aws:TokenIssueTime": nil}
		v := parse(t, c.text).Evaluate(request)
		if v.Answer() != c.want || v.AllowBy != c.allowBy || v.DenyBy != c.denyBy || v.Nearest != c.nearest {
			t.Errorf("%s: %v %+v", c.text, v.Answer(), v)
		}
	}
}
