package awscloud

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// Bus is an event bus to put events on.
type Bus struct {
	client *eventbridge.Client
	name   string
}

// Bus returns an event bus by its name or ARN; "" is the default bus. Its region is the ARN's, else the one given, else
// the default region.
func (c *Cloud) Bus(name, region string) *Bus {
	if region == "" {
		region = c.config.Region
	}
	return &Bus{client: c.events(arnRegion(name, region)), name: name}
}

// PutEvent puts one event on the bus, whose detail is a JSON object, and returns its id. The call is made once, like all
// that tell people.
func (b *Bus) PutEvent(ctx context.Context, source, detailType string, resources []string, at time.Time, detail []byte) (string, error) {
	entry := types.PutEventsRequestEntry{
		Source: &source, DetailType: &detailType, Detail: aws.String(string(detail)), Resources: resources, Time: &at, EventBusName: optional(b.name),
	}
	out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{entry}}, func(o *eventbridge.Options) { o.Retryer = aws.NopRetryer{} })
	if err != nil {
		return "", failure(ctx, "PutEvents", err)
	}
	if len(out.Entries) != 1 {
		return "", strange("PutEvents", "an answer without the event")
	}
	if code := aws.ToString(out.Entries[0].ErrorCode); code != "" {
		return "", rejected("PutEvents", code, aws.ToString(out.Entries[0].ErrorMessage))
	}
	return aws.ToString(out.Entries[0].EventId), nil
}
