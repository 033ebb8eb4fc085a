package awscloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// signedCall is one call of a service that speaks JSON over POST, made without the SDK's client of that service: those of
// Systems Manager and Security Hub would add 1.2 and 1.6 MB to the function for one operation each. Credentials, signature,
// HTTP client, endpoint variable and error classes are those of all other calls.
type signedCall struct {
	service string // name in endpoints and signatures
	region  string
	op      string
	path    string // of a REST protocol; otherwise "/"
	target  string // header X-Amz-Target of the JSON protocol; empty for REST
}

// maxSigned bounds an answer. A secret has 64 KiB.
const maxSigned = 512 << 10

// do makes the call once, and decodes the answer into out. Errors are *guard.APIError.
func (s signedCall) do(ctx context.Context, c *Cloud, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := s.send(ctx, c, body)
	if err != nil {
		return failure(ctx, s.op, err)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return strange(s.op, "an answer that is not the JSON expected")
	}
	return nil
}

func (s signedCall) send(ctx context.Context, c *Cloud, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint(ctx, c)+s.path, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the endpoint is no URL: look at AWS_ENDPOINT_URL")
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("User-Agent", "trailhold")
	if s.target != "" {
		request.Header.Set("X-Amz-Target", s.target)
	}
	credentials, err := c.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), s.service, s.region, time.Now()); err != nil {
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
func (s signedCall) endpoint(ctx context.Context, c *Cloud) string {
	if c.config.BaseEndpoint != nil {
		return strings.TrimRight(*c.config.BaseEndpoint, "/")
	}
	suffix, name := "amazonaws.com", s.service
	if strings.HasPrefix(s.region, "cn-") {
		suffix += ".cn"
	}
	if wantsFIPS(ctx, c.config) {
		name += "-fips"
	}
	return "https://" + name + "." + s.region + "." + suffix
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
