// Package awscloud is the only part of Trailhold that talks to AWS: it observes trails, carries out steps, feeds
// queues and Event history into the guard and publishes alerts.
//
// Everything it hands out is a value of the core packages; AWS's own types end here. Errors of calls are
// *guard.APIError, sorted by what can be done about them.
package awscloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
)

const (
	// controlTimeout bounds one attempt of a control-plane call, which AWS answers in well under a second.
	controlTimeout = 5 * time.Second
	// transferTimeout bounds one attempt of a call that waits or transfers: long polls and object reads.
	transferTimeout = 40 * time.Second
	// tableTimeout bounds one attempt of a call to DynamoDB, which answers in milliseconds: people wait for the journal.
	tableTimeout = time.Second
)

// Options say whose cloud it is and how to reach it. What is empty is resolved as the AWS SDK does, from the
// environment (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, AWS_CA_BUNDLE, …) and the shared files.
type Options struct {
	Profile    string // of the shared configuration files
	Region     string // default region
	RoleARN    string // role to assume, with the credentials found
	ExternalID string // for assuming the role

	// HTTPClient replaces the SDK's client. Its Timeout bounds one attempt; zero stands for this package's limits.
	HTTPClient *http.Client

	// AccessKeyID and SecretAccessKey replace the SDK's search for credentials; for the lab.
	AccessKeyID     string
	SecretAccessKey string

	// UserAgentSuffix is added to the User-Agent of each call, which CloudTrail records: "trailhold/1.0", say.
	UserAgentSuffix string

	// Failed is told of each call that failed, if it is given: the service and the operation, such as "CloudTrail StartLogging",
	// which are the SDK's words and therefore few, and what can be done about it. It must be safe for concurrent use.
	Failed func(operation string, class guard.Class)
}

// Cloud is an account's AWS. It is safe for concurrent use and starts no goroutine that outlives a call.
type Cloud struct {
	config   aws.Config
	transfer aws.HTTPClient // for calls that wait or transfer
	table    aws.HTTPClient // for DynamoDB
	failed   func(operation string, class guard.Class)
	ownSum   string // SHA-256 of the file of the baseline through which it is looked at; empty: of one that will be

	lookups pace // of Event history

	mu      sync.Mutex // guards clients
	clients map[clientKey]any
}

// New resolves the configuration. It makes no call: credentials are fetched, and a role is assumed, with the first
// one. An error says how to mend what is missing.
func New(ctx context.Context, o Options) (*Cloud, error) {
	if (o.AccessKeyID == "") != (o.SecretAccessKey == "") {
		return nil, errors.New("an access key id and its secret access key must be given together")
	}
	if o.ExternalID != "" && o.RoleARN == "" {
		return nil, errors.New("an external id is only used to assume a role: give the role's ARN too")
	}
	cfg, err := config.LoadDefaultConfig(ctx, o.load()...)
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %s", plain.Text(err.Error(), maxText))
	}
	if cfg.Region == "" {
		return nil, errors.New("no AWS region is configured: use --region, set AWS_REGION, or give the profile a region in ~/.aws/config")
	}
	c := &Cloud{config: cfg, failed: o.Failed, clients: map[clientKey]any{}}
	c.useHTTP(o.HTTPClient)
	c.useRetries()
	c.useCredentials(o)
	return c, nil
}

// Region is the default region.
func (c *Cloud) Region() string { return c.config.Region }

// load translates the options into the SDK's. The HTTP client is not among them: together with AWS_CA_BUNDLE the SDK
// refuses any client that it cannot add the bundle to.
func (o Options) load() []func(*config.LoadOptions) error {
	load := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})} // the SDK's log goes to stderr, past ours
	if o.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	if o.AccessKeyID != "" {
		load = append(load, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(o.AccessKeyID, o.SecretAccessKey, "")))
	}
	if o.UserAgentSuffix != "" {
		name, version, _ := strings.Cut(o.UserAgentSuffix, "/")
		load = append(load, config.WithAPIOptions([]func(*smithy.Stack) error{middleware.AddUserAgentKeyValue(name, version)}))
	}
	if o.Failed != nil {
		load = append(load, config.WithAPIOptions([]func(*smithy.Stack) error{watchFailures(o.Failed)}))
	}
	return load
}

// useHTTP sets the HTTP clients: each with a limit for one attempt, none following redirects.
func (c *Cloud) useHTTP(given *http.Client) {
	if given != nil {
		c.config.HTTPClient, c.transfer, c.table = limited(given, controlTimeout), limited(given, transferTimeout), limited(given, tableTimeout)
		return
	}
	base, ok := c.config.HTTPClient.(*awshttp.BuildableClient) // what LoadDefaultConfig makes, with AWS_CA_BUNDLE in it
	if !ok {
		base = awshttp.NewBuildableClient()
	}
	c.config.HTTPClient, c.transfer, c.table = base.WithTimeout(controlTimeout), base.WithTimeout(transferTimeout), base.WithTimeout(tableTimeout)
}

// limited copies a client, so that the caller's is left alone. A redirect is an answer, not an invitation: a signed
// request must not wander off.
func limited(client *http.Client, timeout time.Duration) *http.Client {
	limited := *client
	if limited.Timeout == 0 {
		limited.Timeout = timeout
	}
	if limited.CheckRedirect == nil {
		limited.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return &limited
}

// useCredentials names credential failures, and assumes the role if there is one to assume.
func (c *Cloud) useCredentials(o Options) {
	c.config.Credentials = namedCredentials{c.config.Credentials}
	if o.RoleARN == "" {
		return
	}
	client := sts.NewFromConfig(c.config)
	provider := stscreds.NewAssumeRoleProvider(client, o.RoleARN, func(a *stscreds.AssumeRoleOptions) {
		a.RoleSessionName = "trailhold"
		if o.ExternalID != "" {
			a.ExternalID = aws.String(o.ExternalID)
		}
	})
	c.config.Credentials = namedCredentials{aws.NewCredentialsCache(provider)}
}

// namedCredentials tells failures to get credentials from failures of the call that needed them.
type namedCredentials struct{ aws.CredentialsProvider }

func (n namedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if n.CredentialsProvider == nil {
		return aws.Credentials{}, &credentialsError{errors.New("no provider of credentials is configured")}
	}
	found, err := n.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		err = &credentialsError{err}
	}
	return found, err
}

// credentialsError is a failure to get credentials.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }
