package inventory

import (
	"bytes"
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
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"

	"github.com/trailhold/trailhold/internal/awscloud"
)

// The five reads below need nothing of AWS's clients for AWS Config, GuardDuty, Security Hub and S3 Control but a signature.
// Those clients have 17 MB of source, which everybody who builds Trailhold would compile.

const (
	maxAnswer   = 1 << 20 // bytes of an answer
	maxAttempts = 5
)

// signedCall is one call that the SDK's signer signs.
type signedCall struct {
	op      string
	host    string // before the region, such as config
	service string // signing name
	region  string
	method  string
	path    string
	header  map[string]string
	body    string
}

// suffixes are the domains of the partitions that are known.
var suffixes = map[string]string{"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}

// send makes the call, and again where AWS says that it was too much. It returns the answer's body.
func (r *reader) send(ctx context.Context, c signedCall) ([]byte, error) {
	backoff := retry.NewExponentialJitterBackoff(5 * time.Second)
	for attempt := range maxAttempts {
		body, err := r.once(ctx, c)
		if err == nil {
			return body, nil
		}
		again := retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
		if !again || attempt == maxAttempts-1 {
			return nil, awscloud.Failure(ctx, c.op, err)
		}
		pause, _ := backoff.BackoffDelay(attempt, err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, awscloud.Failure(ctx, c.op, ctx.Err())
		}
	}
	return nil, nil // not reached: the last attempt returns
}

// once signs and sends the call.
func (r *reader) once(ctx context.Context, c signedCall) ([]byte, error) {
	base := aws.ToString(r.config.BaseEndpoint)
	if base == "" {
		suffix, ok := suffixes[r.account.Partition]
		if !ok {
			return nil, fmt.Errorf("the address of %s in partition %s is not known", c.host, r.account.Partition)
		}
		base = "https://" + c.host + "." + c.region + "." + suffix
	}
	request, err := http.NewRequestWithContext(ctx, c.method, strings.TrimSuffix(base, "/")+c.path, strings.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	for name, value := range c.header {
		request.Header.Set(name, value)
	}
	credentials, err := r.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(c.body))
	hash := hex.EncodeToString(sum[:])
	request.Header.Set("X-Amz-Content-Sha256", hash)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hash, c.service, c.region, time.Now()); err != nil {
		return nil, err
	}
	answer, err := r.config.HTTPClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }() // all that is wanted of it has been read
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > maxAnswer:
		return nil, errors.New("the answer is longer than 1 MB")
	case answer.StatusCode >= 300:
		return nil, refusal(answer, body)
	}
	return body, nil
}

// refusal is AWS's error, in whichever of its forms.
func refusal(answer *http.Response, body []byte) error {
	var told struct {
		XMLName xml.Name `json:"-"`
		Code    string   `json:"code"`
		Type    string   `json:"__type" xml:"-"`
		Message string   `json:"message"`
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		_ = xml.Unmarshal(body, &told) // what is no error of AWS's has no code
	} else {
		_ = json.Unmarshal(body, &told)
	}
	code := answer.Header.Get("X-Amzn-Errortype")
	for _, other := range []string{told.Code, told.Type, fmt.Sprintf("HTTP%d", answer.StatusCode)} {
		if code == "" {
			code = other
		}
	}
	code, _, _ = strings.Cut(code, ":")
	return &smithy.GenericAPIError{Code: code[strings.LastIndexByte(code, '#')+1:], Message: told.Message}
}

// ask makes a call and decodes the JSON of its answer.
func ask[T any](ctx context.Context, r *reader, c signedCall) (value T, err error) {
	body, err := r.send(ctx, c)
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(body, &value); err != nil {
		return value, fmt.Errorf("%s: the answer cannot be understood", c.op)
	}
	return value, nil
}
