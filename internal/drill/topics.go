package drill

import (
	"context"
	"fmt"
	"net/url"

	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// topicTechniques are attacks on the topic that tells of delivered log files.
func topicTechniques() []Technique {
	on := naming("TopicArn", arnOf)
	return []Technique{
		{ID: tamper.TopicDelete, On: trail.Topic, calls: on("sns:DeleteTopic", nil), Outcome: Restored},
		{ID: tamper.TopicPolicy, On: trail.Topic, calls: closeTopic, Outcome: Restored},
		{ID: tamper.TopicEncryption, On: trail.Topic, Outcome: Restored, calls: func(s Scene, r trail.Resource) []request {
			return on("sns:SetTopicAttributes", object{"AttributeName": "KmsMasterKeyId", "AttributeValue": s.ForeignKey})(s, r)
		}},
		{ID: tamper.Unsubscribe, Variant: "by call", On: trail.Topic, Attack: unsubscribe, Outcome: Restored},
		// CloudTrail does not record it, since nobody signs it.
		{ID: tamper.Unsubscribe, Variant: "by its link", On: trail.Topic, Attack: followLink, Unheard: true, Outcome: Restored},
		{ID: tamper.FilterPolicy, On: trail.Topic, Attack: filterOut, Outcome: Restored},
	}
}

func closeTopic(s Scene, r trail.Resource) []request {
	return []request{{"sns:SetTopicAttributes", object{"TopicArn": r.ARN, "AttributeName": "Policy", "AttributeValue": policy(
		object{"Effect": "Allow", "Principal": object{"AWS": "arn:aws:iam::" + s.account() + ":root"}, "Action": "SNS:Publish", "Resource": r.ARN},
		object{"Effect": "Deny", "Principal": cloudtrail, "Action": "SNS:Publish", "Resource": r.ARN},
	)}}}
}

// subscription finds the topic's subscription of a protocol.
func subscription(ctx context.Context, s Scene, protocol string) (trail.Resource, string, error) {
	r, err := s.resource(trail.Topic, nil)
	if err != nil {
		return r, "", err
	}
	var list struct {
		Subscriptions []struct{ Protocol, SubscriptionArn string }
	}
	if err := s.Call(ctx, r.Region, "sns:ListSubscriptionsByTopic", object{"TopicArn": r.ARN}, &list); err != nil {
		return r, "", err
	}
	for _, found := range list.Subscriptions {
		if found.Protocol == protocol {
			return r, found.SubscriptionArn, nil
		}
	}
	return r, "", fmt.Errorf("the topic %s has no subscription by %s", r.ARN, protocol)
}

func unsubscribe(ctx context.Context, s Scene) error {
	r, arn, err := subscription(ctx, s, "sqs")
	if err != nil {
		return err
	}
	return perform(ctx, s, r.Region, []request{{"sns:Unsubscribe", object{"SubscriptionArn": arn}}})
}

// followLink does what the link at the end of every notification does.
func followLink(ctx context.Context, s Scene) error {
	r, arn, err := subscription(ctx, s, "sqs")
	if err != nil {
		return err
	}
	return s.Visit(ctx, "https://sns."+r.Region+".amazonaws.com/?"+url.Values{"Action": {"Unsubscribe"}, "SubscriptionArn": {arn}}.Encode())
}

func filterOut(ctx context.Context, s Scene) error {
	r, arn, err := subscription(ctx, s, "sqs")
	if err != nil {
		return err
	}
	return perform(ctx, s, r.Region, []request{{"sns:SetSubscriptionAttributes", object{
		"SubscriptionArn": arn, "AttributeName": "FilterPolicy", "AttributeValue": `{"s3Bucket":["none"]}`,
	}}})
}
