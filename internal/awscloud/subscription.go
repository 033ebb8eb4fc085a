package awscloud

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	maxSubscriptionPages = 3  // of 100; each subscription is read by a call of its own
	maxAtOnce            = 16 // members of a setting that are read at the same time
)

// subscribed is what is guarded of one subscription. There is always RawMessageDelivery, so that one that has nothing else
// configured is not mistaken for one that is not there.
type subscribed struct {
	DeliveryPolicy      json.RawMessage `json:",omitempty"`
	FilterPolicy        json.RawMessage `json:",omitempty"`
	FilterPolicyScope   string          `json:",omitempty"`
	PendingConfirmation bool            `json:",omitempty"`
	RawMessageDelivery  bool
	RedrivePolicy       json.RawMessage `json:",omitempty"`
	SubscriptionRoleArn string          `json:",omitempty"`
}

// memberOf names a subscription within its topic: SNS has one for each protocol and endpoint.
func memberOf(s snstypes.Subscription) string {
	return aws.ToString(s.Protocol) + " " + aws.ToString(s.Endpoint)
}

func (c *Cloud) subscriptions(ctx context.Context, region, topic string) ([]snstypes.Subscription, error) {
	return listed("ListSubscriptionsByTopic", maxSubscriptionPages, func(token *string) ([]snstypes.Subscription, *string, error) {
		out, err := c.sns(region).ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: &topic, NextToken: token})
		if err != nil {
			return nil, nil, failure(ctx, "ListSubscriptionsByTopic", err)
		}
		return out.Subscriptions, out.NextToken, nil
	})
}

func topicSubscriptions(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	list, err := c.subscriptions(ctx, r.Region, r.ARN)
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	var failed error
	var mu sync.Mutex
	each(list, maxAtOnce, func(s snstypes.Subscription) {
		member, err := c.subscription(ctx, r.Region, s)
		mu.Lock()
		defer mu.Unlock()
		members[memberOf(s)], failed = member, cmp.Or(failed, err)
	})
	if failed != nil {
		return nil, failed
	}
	return map[trail.Setting]any{"subscriptions": members}, nil
}

// subscription reads one subscription. In place of the ARN of one that its owner has not confirmed, SNS gives words.
func (c *Cloud) subscription(ctx context.Context, region string, s snstypes.Subscription) (subscribed, error) {
	if !strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:") {
		return subscribed{PendingConfirmation: true}, nil
	}
	out, err := c.sns(region).GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: s.SubscriptionArn})
	if err != nil {
		return subscribed{}, failure(ctx, "GetSubscriptionAttributes", err)
	}
	a := out.Attributes
	found := subscribed{RawMessageDelivery: a["RawMessageDelivery"] == "true", SubscriptionRoleArn: a["SubscriptionRoleArn"]}
	for name, into := range map[string]*json.RawMessage{"DeliveryPolicy": &found.DeliveryPolicy, "FilterPolicy": &found.FilterPolicy, "RedrivePolicy": &found.RedrivePolicy} {
		if *into, err = policyIn(a[name]); err != nil {
			return subscribed{}, strange("GetSubscriptionAttributes", name+": "+plain.Text(err.Error(), 100))
		}
	}
	if found.FilterPolicy != nil { // without one, its scope means nothing
		found.FilterPolicyScope = a["FilterPolicyScope"]
	}
	return found, nil
}

// policyIn is an attribute that is a JSON text; nil where it says nothing.
func policyIn(attribute string) (json.RawMessage, error) {
	if attribute == "" || attribute == "null" {
		return nil, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(attribute), &object); err != nil {
		return nil, err
	}
	if len(object) == 0 {
		return nil, nil
	}
	return json.RawMessage(attribute), nil
}

// subscribeAgain makes a subscription with all its attributes. Where its owner has to confirm it, SNS asks for that.
func subscribeAgain(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	return topicWrite((*sns.Client).Subscribe, func(s trail.Step, in *sns.SubscribeInput) error {
		protocol, endpoint, ok := strings.Cut(s.Member, " ")
		if !ok {
			return unusable(s, "names no protocol and endpoint")
		}
		in.TopicArn, in.Protocol, in.Endpoint, in.ReturnSubscriptionArn = &s.ARN, &protocol, &endpoint, true
		wanted, err := into[subscribed](s.Document)
		in.Attributes = wanted.attributes()
		if !wanted.RawMessageDelivery { // which most protocols don't know
			delete(in.Attributes, "RawMessageDelivery")
		}
		if len(wanted.FilterPolicy) == 0 {
			delete(in.Attributes, "FilterPolicy")
		}
		return err
	})(ctx, c, s)
}

// changeSubscription sets what differs of a subscription that exists.
func changeSubscription(ctx context.Context, c *Cloud, s trail.Step) (smithy.Metadata, error) {
	wanted, err := into[subscribed](s.Document)
	if err != nil {
		return smithy.Metadata{}, err
	}
	found, err := into[subscribed](s.Replaces)
	if err != nil {
		return smithy.Metadata{}, err
	}
	if found.PendingConfirmation {
		return smithy.Metadata{}, &guard.APIError{Op: string(s.Op), Class: guard.ClassOther,
			Message: "the subscription waits for its owner to confirm it, by the message that SNS sent to " + plain.Text(s.Member, 150)}
	}
	list, err := c.subscriptions(ctx, s.Region, s.ARN)
	if err != nil {
		return smithy.Metadata{}, err
	}
	for _, have := range list {
		if memberOf(have) == s.Member {
			return setSubscription(ctx, c.sns(s.Region), have.SubscriptionArn, wanted.attributes(), found.attributes())
		}
	}
	return subscribeAgain(ctx, c, s) // it was deleted meanwhile
}

// setSubscription sets attributes one by one, which is all that SNS offers. Where the scope of the filter changes, there is
// no filter in between, because a filter that suits one scope may not suit the other.
func setSubscription(ctx context.Context, client *sns.Client, arn *string, want, have map[string]string) (metadata smithy.Metadata, err error) {
	set := func(name, value string) {
		if err != nil {
			return
		}
		var out *sns.SetSubscriptionAttributesOutput
		out, err = client.SetSubscriptionAttributes(ctx, &sns.SetSubscriptionAttributesInput{SubscriptionArn: arn, AttributeName: &name, AttributeValue: &value}, onceSNS)
		if err == nil {
			metadata = out.ResultMetadata
		}
	}
	if want["FilterPolicyScope"] != have["FilterPolicyScope"] && have["FilterPolicy"] != noFilter {
		set("FilterPolicy", noFilter)
		have["FilterPolicy"] = noFilter
	}
	if scope := want["FilterPolicyScope"]; scope != "" && scope != have["FilterPolicyScope"] {
		set("FilterPolicyScope", scope)
	}
	for _, name := range []string{"FilterPolicy", "RawMessageDelivery", "RedrivePolicy", "DeliveryPolicy", "SubscriptionRoleArn"} {
		if want[name] != have[name] {
			set(name, want[name])
		}
	}
	return metadata, err
}

// noFilter is the filter policy that takes a filter away.
// https://docs.aws.amazon.com/sns/latest/dg/message-filtering-policy-remove.html
const noFilter = "{}"

// attributes are those that can be set, as SNS takes them.
func (s subscribed) attributes() map[string]string {
	attributes := map[string]string{"FilterPolicy": noFilter, "RawMessageDelivery": strconv.FormatBool(s.RawMessageDelivery)}
	for name, value := range map[string]string{
		"DeliveryPolicy": string(s.DeliveryPolicy), "FilterPolicy": string(s.FilterPolicy), "FilterPolicyScope": s.FilterPolicyScope,
		"RedrivePolicy": string(s.RedrivePolicy), "SubscriptionRoleArn": s.SubscriptionRoleArn,
	} {
		if value != "" {
			attributes[name] = value
		}
	}
	return attributes
}
