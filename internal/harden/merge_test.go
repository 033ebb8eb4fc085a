package harden

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// TestSelecting adds to random selectors: nothing that they recorded is lost, and what was asked for is recorded then.
func TestSelecting(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 39))
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	base := weak(t)
	for range 150 {
		var have trail.Selectors
		if r.IntN(2) == 0 {
			for range 1 + r.IntN(3) {
				b := trail.EventSelector{ReadWriteType: pick("All", "ReadOnly", "WriteOnly", ""), IncludeManagementEvents: r.IntN(2) == 0}
				if b.IncludeManagementEvents && r.IntN(3) == 0 {
					b.ExcludeManagementEventSources = []string{pick("kms.amazonaws.com", "rdsdata.amazonaws.com")}
				}
				for range r.IntN(3) {
					b.DataResources = append(b.DataResources, pickData(pick))
				}
				have.Basic = append(have.Basic, b)
			}
		} else {
			for range 1 + r.IntN(3) {
				have.Advanced = append(have.Advanced, selector(pick("", "Management events", "S3"), trail.FieldSelector{Field: "eventCategory", Equals: []string{"Data"}},
					trail.FieldSelector{Field: "resources.type", Equals: []string{pick("AWS::S3::Object", "AWS::SNS::Topic")}}, trail.FieldSelector{Field: "resources.ARN", StartsWith: []string{pick("arn:aws:s3:::a/", "arn:aws:sns:")}}))
			}
		}
		d := newDraft(base, everything) // has trails of its own
		d.account.Trails[0].Selectors = trail.Known(have)
		for _, mend := range []func(*draft, posture.Finding) string{managementEvents, selectData("Lambda invocations", "", "AWS::Lambda::Function")} {
			if why := mend(d, posture.Finding{}); why != "" {
				t.Fatalf("%+v: %s", have, why)
			}
		}
		got, _ := d.account.Trails[0].Selectors.Get()
		if lost := have.Missing(got, trailARN); len(lost) > 0 {
			t.Errorf("%+v lost %v", have, lost)
		}
		want := trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "All", IncludeManagementEvents: true, DataResources: []trail.DataResource{{Type: "AWS::Lambda::Function", Values: []string{"arn:aws:lambda"}}}}}}
		if lost := want.Missing(got, trailARN); len(lost) > 0 {
			t.Errorf("%+v still misses %v", have, lost)
		}
		for n, a := range got.Advanced {
			if a.Name != "" && slices.ContainsFunc(got.Advanced[:n], func(b trail.AdvancedEventSelector) bool { return a.Name == b.Name }) && len(have.Advanced) == 0 {
				t.Errorf("two selectors are named %q", a.Name)
			}
		}
	}
}

func pickData(pick func(...string) string) trail.DataResource {
	switch pick("s3", "lambda", "table") {
	case "s3":
		return trail.DataResource{Type: "AWS::S3::Object", Values: []string{pick("arn:aws:s3", "arn:aws:s3:::", "arn:aws:s3:::bucket/", "arn:aws:s3:::bucket/folder")}}
	case "lambda":
		return trail.DataResource{Type: "AWS::Lambda::Function", Values: []string{pick("arn:aws:lambda", "arn:aws:lambda:us-east-1:111122223333:function:f")}}
	}
	return trail.DataResource{Type: "AWS::DynamoDB::Table", Values: []string{pick("arn:aws:dynamodb", "arn:aws:dynamodb:us-east-1:111122223333:table/t")}}
}

func TestSelectingRefuses(t *testing.T) {
	many := trail.Selectors{}
	for range maxConditions / 2 {
		many.Advanced = append(many.Advanced, selector("", trail.FieldSelector{Field: "eventCategory", Equals: []string{"Data"}}, trail.FieldSelector{Field: "resources.type", Equals: []string{"AWS::SNS::Topic"}}))
	}
	inv := weak(t)
	inv.Accounts[0].Trails[0].Selectors = trail.Known(many)
	d := newDraft(inv, everything)
	if why := managementEvents(d, posture.Finding{}); !strings.Contains(why, "no room") || d.dirty {
		t.Errorf("%q, changed: %v", why, d.dirty)
	}
}

func TestAddStatements(t *testing.T) {
	mine := statement{Sid: "Mine", Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "*"}
	const added = `{"Action":"s3:*","Effect":"Deny","Principal":"*","Resource":"*","Sid":"Mine"}`
	for _, c := range []struct{ have, want string }{
		{`{}`, `{"Statement":[` + added + `],"Version":"2012-10-17"}`},
		{`{"Version":"2008-10-17","Statement":{"Sid":"A"}}`, `{"Statement":[` + added + `,{"Sid":"A"}],"Version":"2008-10-17"}`},
		{`{"Statement":[{"Sid":"A"},{"Sid":"Mine","Action":"old"},{"Effect":"Allow"}]}`, `{"Statement":[` + added + `,{"Effect":"Allow"},{"Sid":"A"}],"Version":"2012-10-17"}`},
	} {
		object := asMap(doc(t, "%s", c.have).Value())
		if why := addStatements(object, maxBucketPolicy, mine); why != "" {
			t.Error(why)
		}
		if got, _ := trail.NewDocument(object); string(got) != c.want {
			t.Errorf("%s becomes %s, not %s", c.have, got, c.want)
		}
	}
	full := map[string]any{"Statement": []any{map[string]any{"Sid": strings.Repeat("x", maxBucketPolicy)}}}
	if why := addStatements(full, maxBucketPolicy, mine); why == "" {
		t.Error("a policy that is too long is no error")
	}
}

// TestNarrow: a statement that lets strangers' trails into the account's own folder is closed; one for other folders is left.
func TestNarrow(t *testing.T) {
	allow := func(resource, condition string) string {
		return `{"Sid":"W","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"` + resource + `"` + condition + `}`
	}
	const mine, closed = logsARN + "/AWSLogs/" + own + "/*", `"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*"`
	for name, c := range map[string]struct {
		statement    string
		narrowed, in bool // in: the document has the condition afterwards
		left         bool
	}{
		"open":            {allow(mine, ""), true, true, false},
		"with another":    {allow(mine, `,"Condition":{"StringLike":{"s3:x-amz-acl":"*"}}`), true, true, false},
		"closed by trail": {allow(mine, `,"Condition":{"StringEquals":{"AWS:SourceArn":"x"}}`), false, false, false},
		"closed by id":    {allow(mine, `,"Condition":{"StringEquals":{"aws:SourceAccount":"x"}}`), false, false, false},
		"others too":      {allow(logsARN+"/AWSLogs/444455556666/*", ""), false, false, true},
		"everything":      {allow(logsARN+"/*", ""), false, false, true},
		"a denial":        {strings.Replace(allow(mine, ""), "Allow", "Deny", 1), false, false, false},
		"reading":         {strings.Replace(allow(mine, ""), "s3:PutObject", "s3:GetObject", 1), false, false, false},
	} {
		d := newDraft(weak(t), everything)
		object := asMap(doc(t, `{"Statement":[%s]}`, c.statement).Value())
		narrowed, left := d.narrow(object, logsARN)
		got, _ := trail.NewDocument(object)
		if narrowed != c.narrowed || (left != "") != c.left || strings.Contains(string(got), closed) != c.in {
			t.Errorf("%s: narrowed %v, left %q, %s", name, narrowed, left, got)
		}
		if name == "with another" && !strings.Contains(string(got), `"s3:x-amz-acl":"*"`) {
			t.Errorf("the other condition is gone: %s", got)
		}
	}
}

func TestKeepLonger(t *testing.T) {
	for _, c := range []struct{ have, want string }{
		{`{"Status":"Enabled","Expiration":{"Days":1}}`, `{"Expiration":{"Days":365},"Status":"Enabled"}`},
		{`{"Status":"Enabled","Prefix":"","Expiration":{"Date":"2026-01-01T00:00:00Z"}}`, `{"Expiration":{"Days":365},"Prefix":"","Status":"Enabled"}`},
		{`{"Status":"Enabled","Filter":{"And":{"Prefix":"AWSLogs/1","ObjectSizeGreaterThan":1}},"Expiration":{"Days":400},"NoncurrentVersionExpiration":{"NoncurrentDays":2}}`,
			`{"Expiration":{"Days":400},"Filter":{"And":{"ObjectSizeGreaterThan":1,"Prefix":"AWSLogs/1"}},"NoncurrentVersionExpiration":{"NoncurrentDays":30},"Status":"Enabled"}`},
		{`{"Status":"Disabled","Expiration":{"Days":1}}`, ""},
		{`{"Status":"Enabled","Filter":{"Prefix":"scratch/"},"Expiration":{"Days":1}}`, ""},
		{`{"Status":"Enabled","Filter":{"Tag":{"Key":"a","Value":"b"}},"Expiration":{"Days":1}}`, ""},
		{`{"Status":"Enabled","Filter":{"And":{"Tags":[{"Key":"a","Value":"b"}]}},"Expiration":{"Days":1}}`, ""},
		{`{"Status":"Enabled","Transitions":[{"Days":1,"StorageClass":"GLACIER"}]}`, ""},
	} {
		inv := weak(t)
		before := doc(t, `{"Rules":[%s]}`, c.have)
		inv.Accounts[0].Resources[logsARN].State["lifecycle"] = trail.Known(before)
		d := newDraft(inv, everything)
		if why := keepLonger(d, posture.Finding{Resource: logsARN}); why != "" {
			t.Error(why)
		}
		got, _ := d.account.Resources[logsARN].Setting("lifecycle").Get()
		want := before
		if c.want != "" {
			want = doc(t, `{"Rules":[%s]}`, c.want)
		}
		if got != want {
			t.Errorf("%s becomes %s, not %s", c.have, got, want)
		}
	}
}

// TestAdvanced: basic selectors and the advanced ones that they become record the same, no more and no less.
func TestAdvanced(t *testing.T) {
	for _, b := range []trail.EventSelector{
		{ReadWriteType: "All", IncludeManagementEvents: true}, {ReadWriteType: "WriteOnly", IncludeManagementEvents: true},
		{ReadWriteType: "ReadOnly", IncludeManagementEvents: true, ExcludeManagementEventSources: []string{"kms.amazonaws.com"}},
		{ReadWriteType: "WriteOnly", DataResources: []trail.DataResource{{Type: "AWS::S3::Object", Values: []string{"arn:aws:s3:::a/", "arn:aws:s3:::b/x"}}, {Type: "AWS::Lambda::Function"}}},
		{ReadWriteType: "ReadOnly", DataResources: []trail.DataResource{{Type: "AWS::S3::Object", Values: []string{"arn:aws:s3:::"}}, {Type: "AWS::DynamoDB::Table", Values: []string{"arn:aws:dynamodb:us-east-1:1:table/t"}}}},
	} {
		basic := trail.Selectors{Basic: []trail.EventSelector{b}}
		is := trail.Selectors{Advanced: advanced(basic, "aws")}
		if less, more := basic.Missing(is, trailARN), is.Missing(basic, trailARN); len(less)+len(more) > 0 {
			t.Errorf("%+v becomes %+v: less by %v, more by %v", b, is.Advanced, less, more)
		}
	}
}

// TestEnough: what is allowed already is not allowed a second time.
func TestEnough(t *testing.T) {
	inv := weak(t)
	set := func(arn string, s trail.Setting, text string) {
		inv.Accounts[0].Resources[arn].State[s] = trail.Known(doc(t, "%s", text))
	}
	set(keyARN, "policy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}`)
	set(role, "trust", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	set(topicARN, "policy", `{"Statement":[{"Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com","cloudwatch.amazonaws.com"]},"Action":"sns:Publish","Resource":"`+topicARN+`"}]}`)
	o := everything
	o.Checks = []string{"ct-kms-policy", "ct-cwl-group", "mf-root-usage", "ct-multi-region", "ct-logging"}
	for _, s := range planOf(t, inv, o).Steps {
		switch {
		case s.Resource == topicARN, s.call.Setting == "trust":
			t.Errorf("step %d, %s, adds what is allowed: %v", s.Number, s.Call, s.Changes)
		case s.call.Setting == "policy" && strings.Contains(string(s.call.Document), "TrailholdEncrypt"):
			t.Errorf("the key's policy lets CloudTrail in already, and becomes %s", s.call.Document)
		}
	}
}
