package awscloud

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/trail"
)

// queueGone is how SQS says that a queue does not exist, in its two protocols.
var queueGone = []string{"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"}

// queueJSON are the attributes of a queue that are texts of JSON.
var queueJSON = []string{"RedriveAllowPolicy", "RedrivePolicy"}

// queueClears are the attributes that a queue may be without. An empty value takes them away.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
var queueClears = []string{"KmsMasterKeyId", "RedriveAllowPolicy", "RedrivePolicy"}

// queueProbes read a queue.
var queueProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "policy", "attributes"}, gone: queueGone, read: queueItself},
}

// queueURL asks for the URL by which all other calls name a queue.
func (c *Cloud) queueURL(ctx context.Context, r trail.Resource) (*string, error) {
	out, err := c.sqs(r.Region).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(r.Name()), QueueOwnerAWSAccountId: optional(r.Account)})
	if err != nil {
		return nil, failure(ctx, "GetQueueUrl", err)
	}
	return out.QueueUrl, nil
}

// queueItself leaves out what says how much is in the queue and when it was changed. Where no setting is asked for, that the queue of
// the account has a URL is all there is to know.
func queueItself(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	url, err := c.queueURL(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(r.Settings) == 0 && r.Account != "" {
		return map[trail.Setting]any{trail.Identity: map[string]string{"Owner": r.Account}}, nil
	}
	out, err := c.sqs(r.Region).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
	if err != nil {
		return nil, failure(ctx, "GetQueueAttributes", err)
	}
	attributes := map[string]any{}
	for name, value := range out.Attributes {
		switch {
		case value == "", name == "Policy", name == "QueueArn", strings.HasPrefix(name, "Approximate"), strings.HasSuffix(name, "Timestamp"):
		case slices.Contains(queueJSON, name):
			attributes[name] = jsonText(&value)
		default:
			attributes[name] = value
		}
	}
	policy := out.Attributes["Policy"]
	return map[trail.Setting]any{
		trail.Identity: map[string]string{"Owner": accountOf(out.Attributes["QueueArn"])},
		"policy":       jsonText(&policy),
		"attributes":   attributes,
	}, nil
}

// queueWrites make a queue again and put its settings back.
var queueWrites = map[trail.Op]write{
	trail.OpCreateQueue: queueWrite((*sqs.Client).CreateQueue, func(s trail.Step, in *sqs.CreateQueueInput) error {
		in.QueueName = aws.String(nameOf(s))
		if strings.HasSuffix(*in.QueueName, ".fifo") {
			in.Attributes = map[string]string{"FifoQueue": "true"}
		}
		return nil
	}),
	trail.OpSetQueueAttributes: setQueue,
}

func queueWrite[I, O any](call operation[*sqs.Client, I, O, sqs.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).sqs, func(o *sqs.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}

func setQueue(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	attributes, err := queueAttributes(s)
	if err != nil {
		return smithy.Metadata{}, err
	}
	url, err := c.queueURL(ctx, trail.Resource{Type: s.Resource, ARN: s.ARN, Region: s.Region, Account: s.Account})
	if err != nil {
		return smithy.Metadata{}, err
	}
	return queueWrite((*sqs.Client).SetQueueAttributes, func(_ trail.Step, in *sqs.SetQueueAttributesInput) error {
		in.QueueUrl, in.Attributes = url, attributes
		return nil
	})(ctx, c, s)
}

// queueAttributes clears what the baseline does not have, because what SetQueueAttributes is not given stays. Whether a
// queue is a FIFO queue cannot be changed.
func queueAttributes(s trail.Step) (map[string]string, error) {
	if s.Setting == "policy" {
		if s.Document.Empty() {
			return map[string]string{"Policy": ""}, nil
		}
		return map[string]string{"Policy": string(s.Document)}, nil
	}
	wanted, err := into[map[string]json.RawMessage](s.Document)
	if err != nil {
		return nil, err
	}
	attributes := map[string]string{}
	for _, name := range queueClears {
		attributes[name] = ""
	}
	for name, value := range wanted {
		var text string
		switch {
		case name == "FifoQueue":
			continue
		case json.Unmarshal(value, &text) != nil: // a document
			text = string(value)
		}
		attributes[name] = text
	}
	return attributes, nil
}
