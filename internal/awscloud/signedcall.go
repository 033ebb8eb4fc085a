package awscloud

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// SignedCall is one call of a service, made without the SDK's client of that service: those of Systems Manager and Security Hub
// would add 1.2 and 1.6 MB to the function for one operation each, and those of AWS Config, GuardDuty and S3 Control 17 MB of source
// to everybody's build. Credentials, signature, HTTP client, endpoint variable and error classes are those of all other calls.
type SignedCall struct {
	Service string // name in signatures
	Host    string // name in endpoints, if that is another
	Region  string
	Op      string
	Method  string // POST unless given
	Path    string // of a REST protocol; otherwise "/"
	Target  string // header X-Amz-Target of the JSON protocol; empty for REST
	Header  map[string]string
	Body    string // JSON, unless a header says otherwise
}

// maxSigned bounds an answer. A secret has 64 KiB.
const maxSigned = 512 << 10

// do makes the call once with a body, and decodes the answer into out. Errors are *guard.APIError.
func (s SignedCall) do(ctx context.Context, c *Cloud, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	s.Body = string(body)
	answer, err := c.Send(ctx, s)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return strange(s.Op, "an answer that is not the JSON expected")
	}
	return nil
}

// Send makes the call once and returns the answer's body. Errors are *guard.APIError.
func (c *Cloud) Send(ctx context.Context, s SignedCall) ([]byte, error) {
	answer, err := s.send(ctx, c)
	if err != nil {
		if class, ok := countedAs(ctx, err); ok && c.failed != nil {
			c.failed(s.Service+" "+s.Op, class)
		}
		return nil, failure(ctx, s.Op, err)
	}
	return answer, nil
}

// request makes the request, which is not signed yet.
func (s SignedCall) request(ctx context.Context, c *Cloud) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, cmp.Or(s.Method, http.MethodPost), s.endpoint(ctx, c)+s.Path, strings.NewReader(s.Body))
	if err != nil {
		return nil, errors.New("the endpoint is no URL: look at AWS_ENDPOINT_URL")
	}
	request.Header.Set("User-Agent", "trailhold")
	if s.Body != "" {
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	}
	if s.Target != "" {
		request.Header.Set("X-Amz-Target", s.Target)
	}
	for name, value := range s.Header {
		request.Header.Set(name, value)
	}
	return request, nil
}

func (s SignedCall) send(ctx context.Context, c *Cloud) ([]byte, error) {
	request, err := s.request(ctx, c)
	if err != nil {
		return nil, err
	}
	credentials, err := c.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(s.Body))
	hash := hex.EncodeToString(sum[:])
	request.Header.Set("X-Amz-Content-Sha256", hash) // which S3 wants
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hash, s.Service, s.Region, time.Now()); err != nil {
		return nil, err
	}
	response, err := c.config.HTTPClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // only read from
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxSigned+1))
	switch {
	case err != nil:
		return nil, &smithy.DeserializationError{Err: err}
	case len(answer) > maxSigned:
		return nil, fmt.Errorf("an answer of more than %d bytes", maxSigned)
	case response.StatusCode/100 != 2:
		return nil, answeredError(response, answer)
	}
	return answer, nil
}

// endpoint is where the service is: AWS_ENDPOINT_URL, or the host's usual name in the region's partition.
func (s SignedCall) endpoint(ctx context.Context, c *Cloud) string {
	if c.config.BaseEndpoint != nil {
		return strings.TrimRight(*c.config.BaseEndpoint, "/")
	}
	name := cmp.Or(s.Host, s.Service)
	if wantsFIPS(ctx, c.config) {
		name += "-fips"
	}
	return "https://" + name + "." + s.Region + "." + domainOf(s.Region)
}

// domains are those of partitions other than aws and aws-us-gov, by how the names of their regions begin, as the SDK's rules have
// them.
var domains = []struct{ regions, domain string }{
	{"cn-", "amazonaws.com.cn"},
	{"us-iso-", "c2s.ic.gov"},
	{"us-isob-", "sc2s.sgov.gov"},
	{"eu-isoe-", "cloud.adc-e.uk"},
	{"us-isof-", "csp.hci.ic.gov"},
	{"eusc-", "amazonaws.eu"},
}

// domainOf is where the endpoints of a region are.
func domainOf(region string) string {
	for _, d := range domains {
		if strings.HasPrefix(region, d.regions) {
			return d.domain
		}
	}
	return "amazonaws.com"
}

// wantsFIPS says whether AWS_USE_FIPS_ENDPOINT, or the profile, asks for validated endpoints.
func wantsFIPS(ctx context.Context, config aws.Config) bool {
	for _, source := range config.ConfigSources {
		says, ok := source.(interface {
			GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error)
		})
		if !ok {
			continue
		}
		if state, found, err := says.GetUseFIPSEndpoint(ctx); err == nil && found {
			return state == aws.FIPSEndpointStateEnabled
		}
	}
	return false
}

// answeredError reads an error answer as the SDK's clients do: the code stands in a header or in the body.
func answeredError(response *http.Response, answer []byte) error {
	var body struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"`
		Capital string `json:"Message"`
	}
	_ = json.Unmarshal(answer, &body) // what cannot be read is an error without a code
	var tags struct {                 // S3 answers <Error>, S3 Control that in <ErrorResponse>
		Code, Message string
		Error         struct{ Code, Message string }
	}
	if bytes.HasPrefix(bytes.TrimSpace(answer), []byte("<")) {
		_ = xml.Unmarshal(answer, &tags) // likewise
	}
	body.Code, body.Message = cmp.Or(body.Code, tags.Code, tags.Error.Code), cmp.Or(body.Message, tags.Message, tags.Error.Message)
	code := response.Header.Get("X-Amzn-Errortype")
	for _, other := range []string{body.Code, body.Type} {
		if code == "" {
			code = other
		}
	}
	code, _, _ = strings.Cut(code, ":")
	if _, name, ok := strings.Cut(code, "#"); ok {
		code = name
	}
	message := body.Message
	if message == "" {
		message = body.Capital
	}
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response},
		Err:      &smithy.GenericAPIError{Code: code, Message: message},
	}
}
