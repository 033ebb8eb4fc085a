package awscloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/trail"
)

// topicGone is how SNS says that a topic does not exist.
var topicGone = []string{"NotFound", "NotFoundException"}

// topicProbes read a topic that CloudTrail notifies.
var topicProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "policy", "encryption"}, gone: topicGone, read: topicAttributes},
	{settings: []trail.Setting{"subscriptions"}, read: topicSubscriptions},
}

func topicAttributes(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.sns(r.Region).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &r.ARN})
	if err != nil {
		return nil, failure(ctx, "GetTopicAttributes", err)
	}
	policy, key := out.Attributes["Policy"], out.Attributes["KmsMasterKeyId"]
	return map[trail.Setting]any{
		trail.Identity: map[string]*string{"Owner": optional(out.Attributes["Owner"])},
		"policy":       jsonText(&policy),
		"encryption":   map[string]*string{"KmsMasterKeyId": optional(key)},
	}, nil
}

// topicWrites make a topic again and put its settings back.
var topicWrites = map[trail.Op]write{
	trail.OpCreateTopic: topicWrite((*sns.Client).CreateTopic, func(s trail.Step, in *sns.CreateTopicInput) error {
		in.Name = aws.String(nameOf(s))
		if strings.HasSuffix(*in.Name, ".fifo") {
			in.Attributes = map[string]string{"FifoTopic": "true"}
		}
		return nil
	}),
	trail.OpSetTopicAttributes: topicWrite((*sns.Client).SetTopicAttributes, func(s trail.Step, in *sns.SetTopicAttributesInput) error {
		in.TopicArn = &s.ARN
		switch s.Setting {
		case "policy":
			in.AttributeName, in.AttributeValue = aws.String("Policy"), aws.String(string(s.Document))
		case "encryption":
			in.AttributeName, in.AttributeValue = aws.String("KmsMasterKeyId"), aws.String(s.Document.Text("KmsMasterKeyId"))
		default:
			return unusable(s, "is for a setting that topics do not have")
		}
		return nil
	}),
	trail.OpSubscribe: func(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
		if s.Replaces != "" {
			return changeSubscription(ctx, c, s)
		}
		return subscribeAgain(ctx, c, s)
	},
}

func topicWrite[I, O any](call operation[*sns.Client, I, O, sns.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).sns, onceSNS, call, input)
}

func onceSNS(o *sns.Options) { o.Retryer = aws.NopRetryer{} }
