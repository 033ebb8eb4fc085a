package awscloud

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// Topic is an SNS topic to publish alerts to.
type Topic struct {
	client *sns.Client
	arn    string
}

// Topic returns the topic with an ARN, in the region that the ARN names, else the default region.
func (c *Cloud) Topic(arn string) *Topic {
	return &Topic{client: c.sns(arnRegion(arn, c.config.Region)), arn: arn}
}

// arnRegion is the fourth part of an ARN.
func arnRegion(arn, otherwise string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[3] != "" {
		return parts[3]
	}
	return otherwise
}

// Publish sends one message whose body depends on the subscriber's protocol: "default" (required), "email",
// "email-json", "sqs", … The call is made once, since repeating one whose answer was lost tells people twice; the
// class of the *guard.APIError says whether trying again can help.
func (t *Topic) Publish(ctx context.Context, subject string, bodies map[string]string) error {
	message, err := json.Marshal(bodies)
	if err != nil {
		return fmt.Errorf("the alert for topic %s cannot be encoded: %w", t.arn, err)
	}
	_, err = t.client.Publish(ctx, &sns.PublishInput{
		TopicArn:         &t.arn,
		Subject:          optional(subject),
		Message:          aws.String(string(message)),
		MessageStructure: aws.String("json"),
	}, func(o *sns.Options) { o.Retryer = aws.NopRetryer{} })
	if err != nil {
		return failure(ctx, "Publish", err)
	}
	return nil
}

// Subscriptions counts the topic's subscriptions: those that get what is published, and those that nobody confirmed yet.
func (t *Topic) Subscriptions(ctx context.Context) (confirmed, pending int, err error) {
	out, err := t.client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &t.arn})
	if err != nil {
		return 0, 0, failure(ctx, "GetTopicAttributes", err)
	}
	for name, count := range map[string]*int{"SubscriptionsConfirmed": &confirmed, "SubscriptionsPending": &pending} {
		if *count, err = strconv.Atoi(out.Attributes[name]); err != nil {
			return 0, 0, strange("GetTopicAttributes", name+" is no number")
		}
	}
	return confirmed, pending, nil
}
