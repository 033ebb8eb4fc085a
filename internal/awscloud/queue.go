package awscloud

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Queue is an SQS queue as a source of events.
type Queue struct {
	client *sqs.Client
	url    string
}

// Message is a message of a queue. Its Body is hostile text.
type Message struct {
	ID           string
	Body         string
	ReceiveCount int // how often it was received, this time included; 0 if the queue did not say

	handle string
}

// Queue returns the queue at a URL. Its region is the one in the URL, else the default region.
func (c *Cloud) Queue(url string) *Queue {
	return &Queue{client: c.sqs(queueRegion(url, c.config.Region)), url: url}
}

// queueRegion reads the region out of https://sqs.<region>.amazonaws.com/… and its like in other partitions.
func queueRegion(address, otherwise string) string {
	u, err := url.Parse(address)
	if err != nil {
		return otherwise
	}
	parts := strings.Split(u.Hostname(), ".")
	if len(parts) >= 4 && (parts[0] == "sqs" || parts[0] == "sqs-fips") && parts[2] == "amazonaws" {
		return parts[1]
	}
	return otherwise
}

// Receive waits up to 20 seconds for messages and returns at most 10, possibly none. A message that is not deleted
// comes again when the queue's visibility timeout is over.
func (q *Queue) Receive(ctx context.Context) ([]Message, error) {
	out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    &q.url,
		MaxNumberOfMessages:         10,
		WaitTimeSeconds:             20,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
	})
	if err != nil {
		return nil, failure(ctx, "ReceiveMessage", err)
	}
	return mapped(out.Messages, messageFrom), nil
}

func messageFrom(m types.Message) Message {
	count, _ := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
	return Message{
		ID:           aws.ToString(m.MessageId),
		Body:         aws.ToString(m.Body),
		ReceiveCount: max(count, 0),
		handle:       aws.ToString(m.ReceiptHandle),
	}
}

// Delete removes a message that was dealt with.
func (q *Queue) Delete(ctx context.Context, m Message) error {
	_, err := q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: &m.handle})
	if err != nil {
		return failure(ctx, "DeleteMessage", err)
	}
	return nil
}
