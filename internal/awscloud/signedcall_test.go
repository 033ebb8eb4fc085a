package awscloud

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/lab"
)

// answering is a transport that gives one answer, or an error, and keeps the request.
type answering struct {
	request *http.Request
	body    string
	status  int
	header  http.Header
	answer  string
	err     error
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	a.request = r
	data, _ := io.ReadAll(r.Body)
	a.body = string(data)
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(a.answer)), Request: r}, nil
}

// TestSignedCall compares what is sent with what AWS's API reference says.
func TestSignedCall(t *testing.T) {
	wire := &answering{status: 200, answer: `{"Parameter":{"Value":"v"}}`}
	c := dial(t, &http.Client{Transport: wire})
	if got, err := c.Parameter(t.Context(), "/trailhold/x"); err != nil || got != "v" {
		t.Fatalf("%q: %v", got, err)
	}
	r := wire.request
	if r.Method != http.MethodPost || r.URL.String() != "https://ssm.us-east-1.amazonaws.com/" || r.Header.Get("X-Amz-Target") != "AmazonSSM.GetParameter" ||
		r.Header.Get("Content-Type") != "application/x-amz-json-1.1" || wire.body != `{"Name":"/trailhold/x","WithDecryption":true}` {
		t.Errorf("%s %s %v %s", r.Method, r.URL, r.Header, wire.body)
	}
	if sign := r.Header.Get("Authorization"); !strings.Contains(sign, "/us-east-1/ssm/aws4_request, SignedHeaders=") || !strings.Contains(sign, "x-amz-target") {
		t.Errorf("signature %s", sign)
	}
	for region, want := range map[string]string{
		"arn:aws:secretsmanager:eu-west-1:111122223333:secret:x":         "https://secretsmanager.eu-west-1.amazonaws.com/",
		"arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:x":     "https://secretsmanager.cn-north-1.amazonaws.com.cn/",
		"arn:aws-iso:secretsmanager:us-iso-east-1:111122223333:secret:x": "https://secretsmanager.us-iso-east-1.c2s.ic.gov/",
	} {
		if _, err := c.SecretValue(t.Context(), region); err != nil || wire.request.URL.String() != want {
			t.Errorf("%s is asked: %v", wire.request.URL, err)
		}
	}
}

// TestSignedRead sends what a REST protocol wants: a host of its own, no body and no type of one.
func TestSignedRead(t *testing.T) {
	wire := &answering{status: 200, answer: `<X/>`}
	c := dial(t, &http.Client{Transport: wire})
	answer, err := c.Send(t.Context(), SignedCall{Op: "GetX", Service: "s3", Host: "111122223333.s3-control", Region: "us-east-1", Method: http.MethodGet, Path: "/x",
		Header: map[string]string{"X-Amz-Account-Id": "111122223333"}})
	if err != nil || string(answer) != "<X/>" {
		t.Fatalf("%q: %v", answer, err)
	}
	r := wire.request
	if r.Method != http.MethodGet || r.URL.String() != "https://111122223333.s3-control.us-east-1.amazonaws.com/x" || wire.body != "" || r.Header.Get("Content-Type") != "" ||
		len(r.Header.Get("X-Amz-Content-Sha256")) != 64 || !strings.Contains(r.Header.Get("Authorization"), "x-amz-account-id;x-amz-content-sha256") {
		t.Errorf("%s %s %v %s", r.Method, r.URL, r.Header, wire.body)
	}
}

func TestSignedCallToValidatedEndpoints(t *testing.T) {
	t.Setenv("AWS_USE_FIPS_ENDPOINT", "true")
	wire := &answering{status: 200, answer: `{}`}
	c := dial(t, &http.Client{Transport: wire})
	if err := c.Hub("us-gov-west-1").ImportFinding(t.Context(), []byte(`{}`)); err != nil || wire.request.URL.String() != "https://securityhub-fips.us-gov-west-1.amazonaws.com/findings/import" {
		t.Errorf("%s is asked: %v", wire.request.URL, err)
	}
}

func TestSignedCallThatFails(t *testing.T) {
	for _, c := range []struct {
		wire answering
		want guard.Class
		text string
	}{
		{answering{status: 400, answer: `{"__type":"ParameterNotFound","message":"none"}`}, guard.ClassNotFound, "GetParameter: ParameterNotFound: none"},
		{answering{status: 400, answer: `{"__type":"com.amazonaws.ssm#AccessDeniedException","Message":"may not"}`}, guard.ClassDenied, "AccessDeniedException: may not"},
		{answering{status: 400, header: http.Header{"X-Amzn-Errortype": {"ThrottlingException:http://internal"}}}, guard.ClassRetry, "ThrottlingException"},
		{answering{status: 400, answer: ` <Error><Code>NoSuchThing</Code><Message>gone</Message></Error>`}, guard.ClassOther, "NoSuchThing: gone"},
		{answering{status: 400, answer: `<?xml version="1.0"?><ErrorResponse><Error><Code>NoSuchThing</Code><Message>gone</Message></Error></ErrorResponse>`}, guard.ClassOther, "NoSuchThing: gone"},
		{answering{status: 403, answer: "what?"}, guard.ClassDenied, "GetParameter"},
		{answering{status: 503, answer: "<html>"}, guard.ClassRetry, "GetParameter"},
		{answering{status: 302, header: http.Header{"Location": {"https://evil.example/"}}}, guard.ClassOther, "GetParameter"},
		{answering{status: 200, answer: "v3rysecret"}, guard.ClassOther, "not the JSON expected"},
		{answering{status: 200, answer: strings.Repeat("x", maxSigned+1)}, guard.ClassOther, "more than"},
		{answering{err: errors.New("reset")}, guard.ClassRetry, "no answer from ssm.us-east-1.amazonaws.com: reset"},
	} {
		if c.wire.header == nil {
			c.wire.header = http.Header{}
		}
		_, err := dial(t, &http.Client{Transport: &c.wire}).Parameter(t.Context(), "x")
		if err == nil || guard.ClassOf(err) != c.want || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "v3rysecret") {
			t.Errorf("%+v: class %s: %v", c.wire.answer, guard.ClassOf(err), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dial(t, &http.Client{Transport: &answering{err: context.Canceled}}).Parameter(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestFindingThatIsNotTaken is an error although the call succeeds.
func TestFindingThatIsNotTaken(t *testing.T) {
	l, c := plainLab(t)
	err := c.Hub("").ImportFinding(t.Context(), []byte(`{"Id":"x"}`))
	if err == nil || !strings.Contains(err.Error(), "BatchImportFindings: InvalidInput: finding.AwsAccountId should have") {
		t.Errorf("%v", err)
	}
	l.Inject(lab.Fault{Service: "securityhub", Operation: "BatchImportFindings", Kind: lab.ServerError})
	if err := c.Hub("").ImportFinding(t.Context(), []byte(`{}`)); guard.ClassOf(err) != guard.ClassRetry {
		t.Errorf("%v", err)
	}
}
