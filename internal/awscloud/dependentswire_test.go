package awscloud

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

// sent carries a step out and returns the request that it led to: its headers, and its body, decoded.
func sent(t *testing.T, step trail.Step) (http.Header, string) {
	t.Helper()
	var header http.Header
	w := always(200, `{}`)
	inner := w.answer
	w.answer = func(r *http.Request, operation string) (*http.Response, error) {
		header = r.Header
		return inner(r, operation)
	}
	step.ID, step.Region, step.Account = "step", "eu-west-1", "111122223333"
	_, _ = connect(t, w).Apply(t.Context(), step) // whatever the answer means
	requests := w.requests()
	if len(requests) != 1 {
		t.Fatalf("%s led to the requests %q", step.Op, requests)
	}
	body, err := url.QueryUnescape(strings.ReplaceAll(requests[0], "+", "%2B"))
	if err != nil {
		body = requests[0]
	}
	return header, body
}

const wireBucket = "arn:aws:s3:::logs"

// What AWS demands of a request and the lab does not insist on.
func TestRequestsSayWhatAWSDemands(t *testing.T) {
	const filterGone = `<Filter></Filter>`
	for _, c := range []struct {
		name         string
		step         trail.Step
		with         string
		without      string
		header, want string
	}{
		{"a bucket made with Object Lock", trail.Step{Op: trail.OpCreateBucket, Resource: trail.Bucket, ARN: wireBucket, Document: `{"objectLock":{"ObjectLockEnabled":"Enabled"}}`},
			"<LocationConstraint>eu-west-1<", "", "X-Amz-Bucket-Object-Lock-Enabled", "true"},
		{"a bucket made without", trail.Step{Op: trail.OpCreateBucket, Resource: trail.Bucket, ARN: wireBucket, Document: `{"policy":{"a":1}}`}, "", "", "X-Amz-Bucket-Object-Lock-Enabled", ""},
		{"a lifecycle rule for everything", trail.Step{Op: trail.OpPutBucketLifecycleConfiguration, Resource: trail.Bucket, ARN: wireBucket, Document: `{"Rules":[{"ID":"all","Status":"Enabled","Expiration":{"Days":9}}]}`},
			filterGone, "<Prefix>", "X-Amz-Expected-Bucket-Owner", "111122223333"},
		{"lifecycle rules of the old form", trail.Step{Op: trail.OpPutBucketLifecycleConfiguration, Resource: trail.Bucket, ARN: wireBucket, Document: `{"Rules":[{"ID":"all","Status":"Enabled"},{"ID":"some","Prefix":"a/","Status":"Enabled"}]}`},
			"<Prefix></Prefix>", "<Filter>", "X-Amz-Expected-Bucket-Owner", "111122223333"},
		{"the size below which files stay", trail.Step{Op: trail.OpPutBucketLifecycleConfiguration, Resource: trail.Bucket, ARN: wireBucket, Document: `{"Rules":[],"TransitionDefaultMinimumObjectSize":"varies_by_storage_class"}`},
			"", "", "X-Amz-Transition-Default-Minimum-Object-Size", "varies_by_storage_class"},
		{"replication of everything", trail.Step{Op: trail.OpPutBucketReplication, Resource: trail.Bucket, ARN: wireBucket, Document: `{"Role":"r","Rules":[{"Status":"Enabled","Priority":1,"Destination":{"Bucket":"b"}}]}`},
			filterGone, "<Prefix>", "X-Amz-Expected-Bucket-Owner", "111122223333"},
		{"notifications past a broken destination", trail.Step{Op: trail.OpPutBucketNotificationConfiguration, Resource: trail.Bucket, ARN: wireBucket, Document: `{"EventBridgeConfiguration":true}`},
			"<EventBridgeConfiguration>", "", "X-Amz-Skip-Destination-Validation", "true"},
		{"a subscription of a protocol that knows nothing raw", trail.Step{Op: trail.OpSubscribe, Resource: trail.Topic, ARN: "arn:aws:sns:eu-west-1:111122223333:t", Member: "email a@corp.test", Document: `{"RawMessageDelivery":false}`},
			"Endpoint=a@corp.test", "Attributes", "", ""},
		{"a role within its boundary from the start", trail.Step{Op: trail.OpCreateRole, Resource: trail.Role, ARN: "arn:aws:iam::111122223333:role/a/b/r", Document: `{"boundary":{"PermissionsBoundary":"arn:aws:iam::111122223333:policy/limit"},"trust":{"Version":"2012-10-17"}}`},
			"PermissionsBoundary=arn:aws:iam::111122223333:policy/limit", "", "", ""},
		{"a metric filter of everything", trail.Step{Op: trail.OpPutMetricFilter, Resource: trail.LogGroup, ARN: "arn:aws:logs:eu-west-1:111122223333:log-group:g", Member: "f", Document: `{"MetricTransformations":[{"MetricName":"m","MetricNamespace":"n","MetricValue":"1"}]}`},
			`"filterPattern":""`, "", "", ""},
	} {
		header, body := sent(t, c.step)
		if !strings.Contains(body, c.with) || c.without != "" && strings.Contains(body, c.without) {
			t.Errorf("%s: sent %s, which should have %q and not %q", c.name, body, c.with, c.without)
		}
		if c.header != "" && header.Get(c.header) != c.want {
			t.Errorf("%s: %s is %q, want %q", c.name, c.header, header.Get(c.header), c.want)
		}
	}
}

// Every read of a bucket, and every write but its making, is for the bucket of the owner that it had.
func TestBucketCallsNameTheOwner(t *testing.T) {
	w := always(200, `<X/>`)
	inner := w.answer
	w.answer = func(r *http.Request, operation string) (*http.Response, error) {
		if r.Header.Get("X-Amz-Expected-Bucket-Owner") != "111122223333" {
			t.Errorf("%s %s names no owner", r.Method, r.URL)
		}
		return inner(r, operation)
	}
	cloud := connect(t, w)
	cloud.ObserveResource(t.Context(), everything(trail.Resource{Type: trail.Bucket, ARN: wireBucket, Region: "eu-west-1", Account: "111122223333"}))
	for op := range bucketWrites {
		if op != trail.OpCreateBucket {
			_, _ = cloud.Apply(t.Context(), trail.Step{ID: "x", Op: op, Resource: trail.Bucket, ARN: wireBucket, Region: "eu-west-1", Account: "111122223333", Document: `{}`})
		}
	}
	if n := len(w.requests()); n < len(bucketProbes)+8 {
		t.Errorf("there were only %d requests", n)
	}
}

// What S3 says by the way is no part of what is guarded.
func TestBucketAnswersThatChangeByThemselves(t *testing.T) {
	const owner = `<ID>1</ID><DisplayName>somebody</DisplayName>`
	for setting, c := range map[trail.Setting]struct{ answer, want string }{
		"versioning": {`<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>`, `{"Status":"Enabled"}`},
		"acl": {`<AccessControlPolicy><Owner>` + owner + `</Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">` + owner +
			`</Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`, `{"Grants":[{"Grantee":{"ID":"1","Type":"CanonicalUser"},"Permission":"READ"}],"Owner":{"ID":"1"}}`},
		"logging": {`<BucketLoggingStatus><LoggingEnabled><TargetBucket>b</TargetBucket><TargetGrants><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">` + owner +
			`</Grantee><Permission>READ</Permission></Grant></TargetGrants><TargetPrefix></TargetPrefix></LoggingEnabled></BucketLoggingStatus>`,
			`{"TargetBucket":"b","TargetGrants":[{"Grantee":{"ID":"1","Type":"CanonicalUser"},"Permission":"READ"}],"TargetPrefix":""}`},
	} {
		r := trail.Resource{Type: trail.Bucket, ARN: wireBucket, Region: "eu-west-1", Account: "1", Settings: map[trail.Setting]trail.Document{setting: "{}"}}
		if got := text(connect(t, always(200, c.answer)).ObserveResource(t.Context(), r)[setting]); got != c.want {
			t.Errorf("%s is %s, want %s", setting, got, c.want)
		}
	}
}

func TestPoliciesOfRolesAreDecodedOnce(t *testing.T) {
	document := func(encoded string) (trail.Document, error) {
		value, err := policyDocument("GetRole", &encoded)
		if err != nil {
			return "", err
		}
		return trail.NewDocument(value)
	}
	if d, err := document("%7B%22a%22%3A%221%2B1%20+%25%22%7D"); err != nil || d != `{"a":"1+1 +%"}` {
		t.Errorf("got %s (%v)", d, err)
	}
	for _, bad := range []string{"%zz", "{", "%7B"} {
		if d, err := document(bad); err == nil {
			t.Errorf("%q is %s", bad, d)
		}
	}
}

// Lists are read to their end, and one without an end is an error: what is not read must not look like what is not there.
func TestListsAreReadToTheirEnd(t *testing.T) {
	next := map[string]string{"": "b", "b": "c", "c": ""}
	page := func(token *string) ([]string, *string, error) {
		at := ""
		if token != nil {
			at = *token
		}
		following := next[at]
		return []string{"after " + at}, &following, nil
	}
	if all, err := listed("List", 3, page); err != nil || strings.Join(all, ",") != "after ,after b,after c" {
		t.Errorf("got %q (%v)", all, err)
	}
	if all, err := listed("List", 2, page); err == nil || all != nil {
		t.Errorf("a list that is too long is %q", all)
	}
	broken := errors.New("broken")
	if all, err := listed("List", 2, func(*string) ([]string, *string, error) { return []string{"x"}, nil, broken }); !errors.Is(err, broken) || all != nil {
		t.Errorf("got %q (%v)", all, err)
	}
}

// Between two scopes there is no filter: the one that suits the old scope could be refused in the new one.
func TestFilterIsTakenAwayBeforeItsScopeChanges(t *testing.T) {
	const member = "sqs arn:aws:sqs:eu-west-1:111122223333:q"
	w := always(200, `<R><ListSubscriptionsByTopicResult><Subscriptions><member><SubscriptionArn>arn:aws:sns:eu-west-1:111122223333:t:1</SubscriptionArn><Protocol>sqs</Protocol><Endpoint>arn:aws:sqs:eu-west-1:111122223333:q</Endpoint></member></Subscriptions></ListSubscriptionsByTopicResult></R>`)
	_, err := connect(t, w).Apply(t.Context(), trail.Step{ID: "x", Op: trail.OpSubscribe, Resource: trail.Topic, Setting: "subscriptions", Member: member, Region: "eu-west-1", ARN: "arn:aws:sns:eu-west-1:111122223333:t",
		Document: `{"FilterPolicy":{"a":["x"]},"FilterPolicyScope":"MessageAttributes","RawMessageDelivery":true}`,
		Replaces: `{"FilterPolicy":{"a":{"b":["x"]}},"FilterPolicyScope":"MessageBody","RawMessageDelivery":true}`})
	if err != nil {
		t.Fatal(err)
	}
	var set []string
	for _, request := range w.requests()[1:] {
		form, _ := url.ParseQuery(request[strings.LastIndexByte(request, ' ')+1:])
		set = append(set, form.Get("AttributeName")+"="+form.Get("AttributeValue"))
	}
	if got, want := strings.Join(set, " "), `FilterPolicy={} FilterPolicyScope=MessageAttributes FilterPolicy={"a":["x"]}`; got != want {
		t.Errorf("set %s\nwant %s", got, want)
	}
}

// A document that says what its call does not know is refused before anything is called: it would be left out silently.
func TestDocumentsThatNoCallKnows(t *testing.T) {
	w := always(200, `{}`)
	for _, step := range []trail.Step{
		{Op: trail.OpPutBucketEncryption, Resource: trail.Bucket, ARN: wireBucket, Document: `{"Rulez":[]}`},
		{Op: trail.OpCreateGrant, Resource: trail.Key, ARN: "arn:aws:kms:eu-west-1:111122223333:key/k", Document: `{"GrantId":"x"}`},
		{Op: trail.OpSubscribe, Resource: trail.Topic, ARN: "arn:aws:sns:eu-west-1:111122223333:t", Member: "email", Document: `{"RawMessageDelivery":true}`},
		{Op: trail.OpSetTopicAttributes, Resource: trail.Topic, ARN: "arn:aws:sns:eu-west-1:111122223333:t", Setting: "subscriptions", Document: `{}`},
		{Op: trail.OpPutMetricAlarm, Resource: trail.Alarm, Setting: trail.Identity, ARN: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a", Document: `{"definition":{"StateValue":"OK"}}`},
		{Op: trail.OpPutBucketPolicy, Resource: trail.Topic, ARN: "arn:aws:sns:eu-west-1:111122223333:t", Document: `{}`},
	} {
		step.ID, step.Region = "step", "eu-west-1"
		_, err := connect(t, w).Apply(t.Context(), step)
		if guard.ClassOf(err) != guard.ClassOther || err == nil {
			t.Errorf("%s on a %s: %v", step.Op, step.Resource, err)
		}
	}
	if requests := w.requests(); len(requests) != 0 {
		t.Errorf("requests were %q", requests)
	}
}

// Policies are what an intruder wrote: whatever they are, they become a document or an error.
func FuzzPolicies(f *testing.F) {
	f.Add(`%7B%22a%22%3A%5B1%2Cnull%5D%7D`)
	f.Add(`{"a":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if value, err := policyDocument("GetRole", &text); err == nil {
			documented(value)
		}
		if value, err := policyIn(text); err == nil && value != nil {
			if f := documented(map[string]any{"FilterPolicy": value}); f.Knowledge() != trail.Present {
				t.Errorf("%q was read and is no document: %s", text, f.Why())
			}
		}
	})
}
