package awscloud

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
)

// nothingConfigured takes away whatever the machine's own configuration would add.
func nothingConfigured(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
		"AWS_SESSION_TOKEN": "", "AWS_ENDPOINT_URL": "", "AWS_CA_BUNDLE": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "", "AWS_ROLE_ARN": "",
	} {
		t.Setenv(name, value)
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	nothingConfigured(t)
	for name, test := range map[string]struct {
		options Options
		want    string
	}{
		"no region":                {Options{}, "no AWS region is configured: use --region, set AWS_REGION"},
		"half a key":               {Options{Region: "us-east-1", AccessKeyID: "AKIA"}, "must be given together"},
		"external id without role": {Options{Region: "us-east-1", ExternalID: "x"}, "give the role's ARN too"},
		"unknown profile":          {Options{Region: "us-east-1", Profile: "nobody"}, "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(t.Context(), test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q", err, test.want)
			}
		})
	}
}

func TestNoCredentialsIsOneLineThatSaysHowToMend(t *testing.T) {
	nothingConfigured(t)
	c, err := New(t.Context(), Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Account(t.Context())
	if guard.ClassOf(err) != guard.ClassDenied || !strings.Contains(err.Error(), "no usable AWS credentials: use --profile") {
		t.Errorf("got %v", err)
	}
	if len(err.Error()) > maxText || strings.Contains(err.Error(), "\n") {
		t.Errorf("%d bytes: %q", len(err.Error()), err)
	}
}

func TestEnvironmentResolvesAsTheSDKDoes(t *testing.T) {
	nothingConfigured(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`<GetCallerIdentityResponse><GetCallerIdentityResult><Account>` + r.Header.Get("X-Account") + `111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`))
	}))
	defer server.Close()
	configFile := filepath.Join(t.TempDir(), "config")
	content := "[profile audit]\nregion = eu-west-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hush\n"
	if err := os.WriteFile(configFile, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", configFile)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	c, err := New(t.Context(), Options{Profile: "audit"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Region() != "eu-west-1" {
		t.Errorf("the region is %q, the profile says eu-west-1", c.Region())
	}
	if account, err := c.Account(t.Context()); err != nil || account != "111122223333" {
		t.Errorf("got %q, %v from the endpoint of AWS_ENDPOINT_URL", account, err)
	}
}

func TestGivenClientWorksBesideCABundle(t *testing.T) {
	nothingConfigured(t)
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pemOf(server.Certificate()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	c := connect(t, always(200, `{"trailList":[]}`))
	if trails, err := c.describe(t.Context(), "us-east-1", true); err != nil || len(trails) != 0 {
		t.Errorf("got %v, %v", trails, err)
	}
}

func TestGivenClientIsNotChanged(t *testing.T) {
	given := &http.Client{Transport: always(200, `{}`)}
	dial(t, given)
	if given.Timeout != 0 || given.CheckRedirect != nil {
		t.Errorf("the caller's client was changed: %+v", given)
	}
	own := limited(&http.Client{Timeout: time.Minute}, time.Second)
	if own.Timeout != time.Minute {
		t.Errorf("the caller's limit became %v", own.Timeout)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	w := &wire{answer: func(*http.Request, string) (*http.Response, error) {
		return answer(http.StatusTemporaryRedirect, "", "Location", "https://elsewhere.example/")
	}}
	c := connect(t, w)
	if _, err := c.describe(t.Context(), "us-east-1", true); err == nil {
		t.Error("a redirect was taken for an answer")
	}
	if _, err := c.Object(t.Context(), "s3://bucket/key", 10); err == nil {
		t.Error("a redirect was taken for an object")
	}
	for _, request := range w.requests() {
		if strings.Contains(request, "elsewhere") {
			t.Errorf("a signed request went to %s", request)
		}
	}
}

func TestRoleIsAssumedWithTheFirstCallAndOnce(t *testing.T) {
	w := &wire{}
	w.answer = func(r *http.Request, operation string) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Host, "sts.") {
			return answer(200, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>`+
				`<SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
		}
		if !strings.Contains(r.Header.Get("Authorization"), "Credential=ASIAROLE/") {
			return refusal(400, "AccessDeniedException", "not the role")
		}
		return answer(200, `{"trailList":[]}`)
	}
	c, err := New(t.Context(), Options{
		Region: "us-east-1", HTTPClient: &http.Client{Transport: w}, AccessKeyID: "AKIA", SecretAccessKey: "hush",
		RoleARN: "arn:aws:iam::444455556666:role/audit", ExternalID: "shared-word",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.requests(); len(got) != 0 {
		t.Fatalf("New made calls: %v", got)
	}
	for range 2 {
		if _, err := c.describe(t.Context(), "us-east-1", true); err != nil {
			t.Fatal(err)
		}
	}
	got := w.requests()
	if len(got) != 3 || !strings.Contains(got[0], "ExternalId=shared-word") || !strings.Contains(got[0], "RoleSessionName=trailhold") {
		t.Errorf("requests were %q", got)
	}
}

func TestRoleThatCannotBeAssumed(t *testing.T) {
	for name, test := range map[string]struct {
		sts   func() (*http.Response, error)
		class guard.Class
		want  string
	}{
		"denied": {func() (*http.Response, error) {
			return answer(403, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not trusted</Message></Error></ErrorResponse>`)
		}, guard.ClassDenied, "(AccessDenied: not trusted)"},
		"throttled": {func() (*http.Response, error) {
			return answer(400, `<ErrorResponse><Error><Code>Throttling</Code><Message>slowly</Message></Error></ErrorResponse>`)
		}, guard.ClassRetry, "(Throttling: slowly)"},
		"out of reach": {func() (*http.Response, error) { return nil, errors.New("connection refused") }, guard.ClassRetry, "no usable AWS credentials"},
	} {
		inBubble(t, name, func(t *testing.T) {
			w := &wire{answer: func(*http.Request, string) (*http.Response, error) { return test.sts() }}
			c, err := New(t.Context(), Options{
				Region: "us-east-1", HTTPClient: &http.Client{Transport: w}, AccessKeyID: "AKIA", SecretAccessKey: "hush",
				RoleARN: "arn:aws:iam::444455556666:role/audit",
			})
			if err != nil {
				t.Fatal(err)
			}
			_, failed := start(t.Context(), c)
			if failed == nil || failed.Class != test.class || !strings.Contains(failed.Error(), test.want) {
				t.Fatalf("got %v of class %s, want %s and %q", failed, failed.Class, test.class, test.want)
			}
			checkText(t, failed.Error())
		})
	}
}

func TestUserAgentSuffix(t *testing.T) {
	var agent string
	w := &wire{answer: func(r *http.Request, _ string) (*http.Response, error) {
		agent = r.Header.Get("User-Agent")
		return answer(200, `{"trailList":[]}`)
	}}
	c, err := New(t.Context(), Options{Region: "us-east-1", HTTPClient: &http.Client{Transport: w}, AccessKeyID: "A", SecretAccessKey: "s", UserAgentSuffix: "trailhold/1.0"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.describe(t.Context(), "us-east-1", true); err != nil || !strings.Contains(agent, "trailhold/1.0") {
		t.Errorf("the user agent is %q (%v)", agent, err)
	}
}

func TestClientsAreMadeOnce(t *testing.T) {
	c := connect(t, always(200, `{}`))
	first := c.CloudTrail("us-east-1")
	if first != c.CloudTrail("us-east-1") {
		t.Error("a second client was made for the same region")
	}
	if first == c.CloudTrail("us-west-2") {
		t.Error("two regions share a client")
	}
}
