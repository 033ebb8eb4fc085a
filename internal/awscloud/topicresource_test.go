package awscloud

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	queueEndpoint = "arn:aws:sqs:us-east-1:111122223333:files"
	bodyFilter    = `{"size":[{"numeric":[">",0,"<=",5]}],"s3Bucket":[{"exists":true},null]}`
)

// topicWith makes a topic with subscriptions.
func (w *world) topicWith(t *testing.T, name string) trail.Resource {
	t.Helper()
	c := w.cloud.sns("us-east-1")
	out, err := c.CreateTopic(w.context, &sns.CreateTopicInput{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	set := func(name, value string) {
		must[sns.SetTopicAttributesOutput](t)(c.SetTopicAttributes(w.context, &sns.SetTopicAttributesInput{TopicArn: out.TopicArn, AttributeName: &name, AttributeValue: &value}))
	}
	set("Policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"SNS:Publish","Resource":"`+*out.TopicArn+`"}]}`)
	set("KmsMasterKeyId", "alias/aws/sns")
	for _, s := range []sns.SubscribeInput{
		{Protocol: aws.String("sqs"), Endpoint: aws.String(queueEndpoint), Attributes: map[string]string{
			"RawMessageDelivery": "true", "FilterPolicyScope": "MessageBody", "FilterPolicy": bodyFilter,
			"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:dead"}`,
		}},
		{Protocol: aws.String("email"), Endpoint: aws.String("security@example.com")},
	} {
		s.TopicArn = out.TopicArn
		must[sns.SubscribeOutput](t)(c.Subscribe(w.context, &s))
	}
	return trail.Resource{Type: trail.Topic, ARN: *out.TopicArn, Region: "us-east-1", Account: lab.DefaultAccount}
}

// subscriptionARN finds the subscription of a topic by its endpoint.
func (w *world) subscriptionARN(t *testing.T, r trail.Resource, endpoint string) *string {
	t.Helper()
	list, err := w.cloud.subscriptions(w.context, r.Region, r.ARN)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if *s.Endpoint == endpoint {
			return s.SubscriptionArn
		}
	}
	t.Fatalf("no subscription of %s", endpoint)
	return nil
}

func TestTopicWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	r := w.topicWith(t, "files")
	c := w.cloud.sns("us-east-1")
	attribute := func(name, value string) func(*testing.T) {
		return func(t *testing.T) {
			must[sns.SetTopicAttributesOutput](t)(c.SetTopicAttributes(w.context, &sns.SetTopicAttributesInput{TopicArn: &r.ARN, AttributeName: &name, AttributeValue: &value}))
		}
	}
	subscription := func(endpoint string, pairs ...string) func(*testing.T) {
		return func(t *testing.T) {
			arn := w.subscriptionARN(t, r, endpoint)
			for n := 0; n < len(pairs); n += 2 {
				must[sns.SetSubscriptionAttributesOutput](t)(c.SetSubscriptionAttributes(w.context, &sns.SetSubscriptionAttributesInput{SubscriptionArn: arn, AttributeName: &pairs[n], AttributeValue: &pairs[n+1]}))
			}
		}
	}
	subscribe, set := []trail.Op{trail.OpSubscribe}, []trail.Op{trail.OpSetTopicAttributes}
	tamperings := []tampering{
		{"policy", "policy", attribute("Policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"SNS:Publish","Resource":"`+r.ARN+`"}]}`), set},
		{"key removed", "encryption", attribute("KmsMasterKeyId", ""), set},
		{"foreign key", "encryption", attribute("KmsMasterKeyId", "arn:aws:kms:us-east-1:444455556666:key/thief"), set},
		{"filter added", "subscriptions", subscription("security@example.com", "FilterPolicy", `{"never":["x"]}`), subscribe},
		{"filter that nothing passes", "subscriptions", subscription(queueEndpoint, "FilterPolicy", `{"never":[null]}`), subscribe},
		{"filter of other numbers", "subscriptions", subscription(queueEndpoint, "FilterPolicy", strings.Replace(bodyFilter, `">",0,"<=",5`, `">",4,"<=",5`, 1)), subscribe},
		{"filter removed", "subscriptions", subscription(queueEndpoint, "FilterPolicy", "{}"), subscribe},
		{"scope", "subscriptions", subscription(queueEndpoint, "FilterPolicyScope", "MessageAttributes"), subscribe},
		{"scope and filter", "subscriptions", subscription(queueEndpoint, "FilterPolicy", "{}", "FilterPolicyScope", "MessageAttributes", "FilterPolicy", `{"never":["x"]}`), subscribe},
		{"not raw", "subscriptions", subscription(queueEndpoint, "RawMessageDelivery", "false"), subscribe},
		{"no dead letters", "subscriptions", subscription(queueEndpoint, "RedrivePolicy", ""), subscribe},
		{"unsubscribed", "subscriptions", func(t *testing.T) {
			must[sns.UnsubscribeOutput](t)(c.Unsubscribe(w.context, &sns.UnsubscribeInput{SubscriptionArn: w.subscriptionARN(t, r, queueEndpoint)}))
		}, subscribe},
		{"deleted", trail.Identity, func(t *testing.T) {
			must[sns.DeleteTopicOutput](t)(c.DeleteTopic(w.context, &sns.DeleteTopicInput{TopicArn: &r.ARN}))
		}, []trail.Op{trail.OpCreateTopic, trail.OpSetTopicAttributes, trail.OpSetTopicAttributes, trail.OpSubscribe, trail.OpSubscribe}},
	}
	w.withstands(t, r, tamperings)
	covers(t, trail.Topic, tamperings)
}

// A subscription that somebody has to confirm is asked for once, not with every look; until then it stays a drift.
func TestSubscriptionThatWaitsToBeConfirmed(t *testing.T) {
	w := newWorld(t)
	r := w.topicWith(t, "files")
	address := "security@corp.test"
	must[sns.SubscribeOutput](t)(w.cloud.sns("us-east-1").Subscribe(w.context, &sns.SubscribeInput{TopicArn: &r.ARN, Protocol: aws.String("email"), Endpoint: &address}))
	r = w.captured(t, r)
	if waiting := r.Settings["subscriptions"].Members()["email "+address]; !waiting.Flag("PendingConfirmation") {
		t.Fatalf("an unconfirmed subscription is %s", waiting)
	}
	confirmed, err := trail.NewDocument(map[string]any{"email " + address: map[string]bool{"RawMessageDelivery": false}})
	if err != nil {
		t.Fatal(err)
	}
	r.Settings = map[trail.Setting]trail.Document{"subscriptions": confirmed}
	asked := w.Calls("sns", "Subscribe")
	g, state, fields := w.drifts(t, r)
	steps := trail.Plan(trail.Baseline{}, g, state)
	if len(fields) != 1 || len(steps) != 1 {
		t.Fatalf("drifts %v, steps %v", fields, steps)
	}
	if _, err := w.cloud.Apply(w.context, steps[0]); err == nil || !strings.Contains(err.Error(), "waits for its owner to confirm it") || !strings.Contains(err.Error(), address) {
		t.Errorf("got %v", err)
	}
	if again := w.Calls("sns", "Subscribe"); again != asked {
		t.Errorf("its owner was asked %d times again", again-asked)
	}
}
