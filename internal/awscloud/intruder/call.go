package intruder

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Call makes one call in a region, named as in "kms:DisableKey". Its input, any value that encoding/json writes with the
// names of AWS's API, must fit the SDK's type for it. Of the answer, output gets what it has fields for; nil: nothing.
func (i *Intruder) Call(ctx context.Context, region, operation string, input, output any) error {
	call := calls[operation]
	if call == nil {
		return fmt.Errorf("the intruder does not know how to call %s", operation)
	}
	text, err := json.Marshal(input)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	config := i.cloud.Config()
	config.Region = region
	answer, err := call(ctx, config, text)
	if err != nil || output == nil {
		return err
	}
	if text, err = json.Marshal(answer); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return json.Unmarshal(text, output)
}

// Visit follows a link, as anybody can who has it: with no credentials.
func (i *Intruder) Visit(ctx context.Context, link string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return err
	}
	answer, err := i.cloud.Config().HTTPClient.Do(request)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the link was answered with %s", answer.Status)
	}
	return nil
}

// call makes one operation's call with an input in JSON.
type call func(ctx context.Context, config aws.Config, input []byte) (any, error)

// of is the call of an operation of a service.
func of[Client, Input, Output, Options any](
	client func(aws.Config, ...func(*Options)) *Client,
	operation func(*Client, context.Context, *Input, ...func(*Options)) (*Output, error),
) call {
	return func(ctx context.Context, config aws.Config, input []byte) (any, error) {
		in := new(Input)
		decoder := json.NewDecoder(bytes.NewReader(input))
		decoder.DisallowUnknownFields() // what is misspelt would be left out silently
		if err := decoder.Decode(in); err != nil {
			return nil, fmt.Errorf("%T: %w", in, err)
		}
		return operation(client(config), ctx, in)
	}
}
