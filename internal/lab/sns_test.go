package lab_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/lab"
)

func makeTopic(t *testing.T, c *sns.Client, name string) *string {
	t.Helper()
	return must[*sns.CreateTopicOutput](t)(c.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &name})).TopicArn
}

func join(t *testing.T, c *sns.Client, topic *string, protocol, endpoint string, attributes map[string]string) *string {
	t.Helper()
	return must[*sns.SubscribeOutput](t)(c.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: topic, Protocol: &protocol, Endpoint: &endpoint, Attributes: attributes, ReturnSubscriptionArn: true,
	})).SubscriptionArn
}

func TestTopics(t *testing.T) {
	l := twoAccounts(t)
	c, other := sns.NewFromConfig(sdk(l, "me", "us-east-1")), sns.NewFromConfig(sdk(l, "other", "us-east-1"))
	ctx := t.Context()
	arn := makeTopic(t, c, "alerts")
	if again := makeTopic(t, c, "alerts"); *again != *arn {
		t.Errorf("created another: %s", *again)
	}
	_, err := c.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("no spaces")})
	expectCode(t, err, "InvalidParameter")
	_, err = c.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: arn, AttributeName: aws.String("DisplayName"), AttributeValue: aws.String("Alerts")})
	expectCode(t, err, "")
	got := must[*sns.GetTopicAttributesOutput](t)(c.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn}))
	if got.Attributes["DisplayName"] != "Alerts" || got.Attributes["Owner"] != lab.DefaultAccount || !strings.Contains(got.Attributes["Policy"], "__default_policy_ID") {
		t.Errorf("attributes = %v", got.Attributes)
	}
	say := func() error {
		_, err := other.Publish(ctx, &sns.PublishInput{TopicArn: arn, Message: aws.String("x")})
		return err
	}
	expectCode(t, say(), "AuthorizationError")
	_, err = c.AddPermission(ctx, &sns.AddPermissionInput{TopicArn: arn, Label: aws.String("l"), AWSAccountId: []string{secondAccount}, ActionName: []string{"Publish"}})
	expectCode(t, err, "")
	expectCode(t, say(), "")
	_, err = c.RemovePermission(ctx, &sns.RemovePermissionInput{TopicArn: arn, Label: aws.String("l")})
	expectCode(t, err, "")
	expectCode(t, say(), "AuthorizationError")
	_, err = c.TagResource(ctx, &sns.TagResourceInput{ResourceArn: arn, Tags: []snstypes.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
	expectCode(t, err, "")
	tags := must[*sns.ListTagsForResourceOutput](t)(c.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: arn}))
	if len(tags.Tags) != 1 || *tags.Tags[0].Value != "v" {
		t.Errorf("tags = %+v", tags.Tags)
	}
	for range 2 { // it is idempotent
		_, err = c.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: arn})
		expectCode(t, err, "")
	}
	_, err = c.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn})
	expectCode(t, err, "NotFound")
}

func TestPublishChecks(t *testing.T) {
	l := twoAccounts(t)
	c := sns.NewFromConfig(sdk(l, "me", "us-east-1"))
	arn := makeTopic(t, c, "alerts")
	long := strings.Repeat("x", 256<<10)
	for _, test := range []struct {
		name string
		in   sns.PublishInput
		code string
	}{
		{"fine", sns.PublishInput{Message: aws.String("m"), Subject: aws.String(strings.Repeat("s", 100))}, ""},
		{"longest", sns.PublishInput{Message: &long}, ""},
		{"too long", sns.PublishInput{Message: aws.String(long + "x")}, "InvalidParameter"},
		{"long subject", sns.PublishInput{Message: aws.String("m"), Subject: aws.String(strings.Repeat("s", 101))}, "InvalidParameter"},
		{"line break", sns.PublishInput{Message: aws.String("m"), Subject: aws.String("a\nb")}, "InvalidParameter"},
		{"not ASCII", sns.PublishInput{Message: aws.String("m"), Subject: aws.String("ü")}, "InvalidParameter"},
		{"no default", sns.PublishInput{Message: aws.String(`{"email":"x"}`), MessageStructure: aws.String("json")}, "InvalidParameter"},
		{"not JSON", sns.PublishInput{Message: aws.String(`x`), MessageStructure: aws.String("json")}, "InvalidParameter"},
		{"twice", sns.PublishInput{Message: aws.String(`{"default":"x","default":"y"}`), MessageStructure: aws.String("json")}, "InvalidParameter"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.in.TopicArn = arn
			_, err := c.Publish(t.Context(), &test.in)
			expectCode(t, err, test.code)
		})
	}
}

func TestEveryProtocolGetsItsBody(t *testing.T) {
	l := twoAccounts(t)
	c, q := sns.NewFromConfig(sdk(l, "me", "us-east-1")), sqs.NewFromConfig(sdk(l, "me", "us-east-1"))
	topic := makeTopic(t, c, "alerts")
	url, queue := makeQueue(t, q, "q", nil)
	rawURL, rawQueue := makeQueue(t, q, "raw", nil)
	join(t, c, topic, "email", "ops@corp.example", nil)
	join(t, c, topic, "email-json", "siem@corp.example", nil)
	join(t, c, topic, "email", "stranger@corp.test", nil) // never confirms
	join(t, c, topic, "sqs", queue, nil)
	join(t, c, topic, "sqs", rawQueue, map[string]string{"RawMessageDelivery": "true"})
	events := make(chan string, 1)
	l.RegisterFunction("arn:aws:lambda:us-east-1:111122223333:function:f", func(event []byte) { events <- string(event) })
	join(t, c, topic, "lambda", "arn:aws:lambda:us-east-1:111122223333:function:f", nil)
	must[*sns.PublishOutput](t)(c.Publish(t.Context(), &sns.PublishInput{
		TopicArn: topic, Subject: aws.String("Trail stopped"), MessageStructure: aws.String("json"),
		Message:           aws.String(`{"default":"d","email":"for people","email-json":"{}","sqs":"for queues","other":1}`),
		MessageAttributes: map[string]snstypes.MessageAttributeValue{"severity": {DataType: aws.String("String"), StringValue: aws.String("high")}},
	}))
	mail := l.Outbox()
	if len(mail) != 3 { // the confirmation that the stranger ignores, and two notifications
		t.Fatalf("mail = %+v", mail)
	}
	if mail[0].To != "stranger@corp.test" || mail[1] != (lab.Mail{To: "ops@corp.example", Subject: "Trail stopped", Body: "for people", TopicARN: *topic}) || !strings.Contains(mail[2].Body, `"Message":"{}"`) {
		t.Errorf("mail = %+v", mail)
	}
	var wrapped struct {
		Type, Message, Subject string
		MessageAttributes      map[string]struct{ Type, Value string }
	}
	if err := json.Unmarshal([]byte(*receive(t, q, url, 0)[0].Body), &wrapped); err != nil || wrapped.Message != "for queues" || wrapped.Type != "Notification" || wrapped.MessageAttributes["severity"].Value != "high" {
		t.Errorf("envelope = %+v, %v", wrapped, err)
	}
	if raw := receive(t, q, rawURL, 0)[0]; *raw.Body != "for queues" || *raw.MessageAttributes["severity"].StringValue != "high" {
		t.Errorf("raw = %+v", raw)
	}
	if event := <-events; !strings.Contains(event, `"EventSource":"aws:sns"`) || !strings.Contains(event, `"Message":"d"`) {
		t.Errorf("event = %s", event)
	}
}

func TestFilterPolicies(t *testing.T) {
	l := twoAccounts(t)
	c, q := sns.NewFromConfig(sdk(l, "me", "us-east-1")), sqs.NewFromConfig(sdk(l, "me", "us-east-1"))
	topic := makeTopic(t, c, "alerts")
	byAttribute, a := makeQueue(t, q, "attribute", nil)
	byBody, b := makeQueue(t, q, "body", nil)
	join(t, c, topic, "sqs", a, map[string]string{"FilterPolicy": `{"severity":["high",{"prefix":"crit"}]}`})
	subscription := join(t, c, topic, "sqs", b, map[string]string{"FilterPolicyScope": "MessageBody", "FilterPolicy": `{"incident":{"severity":[{"numeric":[">",5]}]}}`})
	_, err := c.SetSubscriptionAttributes(t.Context(), &sns.SetSubscriptionAttributesInput{SubscriptionArn: subscription, AttributeName: aws.String("FilterPolicy"), AttributeValue: aws.String("{")})
	expectCode(t, err, "InvalidParameter")
	for body, severity := range map[string]string{`{"incident":{"severity":9}}`: "critical", `{"incident":{"severity":1}}`: "low"} {
		must[*sns.PublishOutput](t)(c.Publish(t.Context(), &sns.PublishInput{TopicArn: topic, Message: &body,
			MessageAttributes: map[string]snstypes.MessageAttributeValue{"severity": {DataType: aws.String("String"), StringValue: &severity}}}))
	}
	for _, url := range []*string{byAttribute, byBody} {
		if got := receive(t, q, url, 0); len(got) != 1 || !strings.Contains(*got[0].Body, "9") {
			t.Errorf("%s received %+v", *url, got)
		}
	}
}

// TestHTTPSubscriber runs through real sockets both ways: the lab listens, and posts to a listener.
func TestHTTPSubscriber(t *testing.T) {
	l := twoAccounts(t)
	endpoint := httptest.NewServer(l)
	defer endpoint.Close()
	type post struct {
		kind string
		body map[string]any
	}
	posts := make(chan post, 4)
	failures := 1
	subscriber := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := r.Header.Get("x-amz-sns-message-type")
		if kind == "Notification" && failures > 0 { // a retry follows
			failures--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		var p post
		b, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(b, &p.body)
		p.kind = kind
		posts <- p
	}))
	defer subscriber.Close()
	cfg := sdk(l, "me", "us-west-2")
	cfg.HTTPClient, cfg.BaseEndpoint = http.DefaultClient, &endpoint.URL
	c := sns.NewFromConfig(cfg)
	topic := makeTopic(t, c, "alerts")
	join(t, c, topic, "http", subscriber.URL, nil)
	confirm := <-posts
	if confirm.kind != "SubscriptionConfirmation" {
		t.Fatalf("first post: %+v", confirm)
	}
	answer := must[*http.Response](t)(http.Get(confirm.body["SubscribeURL"].(string)))
	_ = answer.Body.Close()
	must[*sns.PublishOutput](t)(c.Publish(t.Context(), &sns.PublishInput{TopicArn: topic, Message: aws.String("hello")}))
	if p := <-posts; p.kind != "Notification" || p.body["Message"] != "hello" || p.body["TopicArn"] != *topic {
		t.Errorf("post = %+v", p)
	}
}

func TestSubscriptions(t *testing.T) {
	l := twoAccounts(t)
	c := sns.NewFromConfig(sdk(l, "me", "us-east-1"))
	ctx := t.Context()
	topic := makeTopic(t, c, "alerts")
	for _, endpoint := range []string{"http://192.0.2.1/", "http://example.com/", "https://127.0.0.1/", "nonsense"} {
		_, err := c.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic, Protocol: aws.String("http"), Endpoint: &endpoint})
		expectCode(t, err, "InvalidParameter")
	}
	pending := must[*sns.SubscribeOutput](t)(c.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic, Protocol: aws.String("email"), Endpoint: aws.String("a@corp.test")}))
	if *pending.SubscriptionArn != "pending confirmation" {
		t.Errorf("ARN = %s", *pending.SubscriptionArn)
	}
	_, err := c.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: topic, Token: aws.String("wrong")})
	expectCode(t, err, "InvalidParameter")
	_, token, _ := strings.Cut(l.Outbox()[0].Body, "Token=")
	token, _, _ = strings.Cut(token, "&")
	confirmed := must[*sns.ConfirmSubscriptionOutput](t)(c.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: topic, Token: &token}))
	list := must[*sns.ListSubscriptionsByTopicOutput](t)(c.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: topic}))
	if len(list.Subscriptions) != 1 || *list.Subscriptions[0].SubscriptionArn != *confirmed.SubscriptionArn {
		t.Errorf("subscriptions = %+v", list.Subscriptions)
	}
	got := must[*sns.GetSubscriptionAttributesOutput](t)(c.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: confirmed.SubscriptionArn}))
	if got.Attributes["PendingConfirmation"] != "false" {
		t.Errorf("attributes = %v", got.Attributes)
	}
	_, err = c.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: confirmed.SubscriptionArn})
	expectCode(t, err, "")
	if list := must[*sns.ListSubscriptionsOutput](t)(c.ListSubscriptions(ctx, &sns.ListSubscriptionsInput{})); len(list.Subscriptions) != 0 {
		t.Errorf("subscriptions = %+v", list.Subscriptions)
	}
	batch := must[*sns.PublishBatchOutput](t)(c.PublishBatch(ctx, &sns.PublishBatchInput{TopicArn: topic, PublishBatchRequestEntries: []snstypes.PublishBatchRequestEntry{
		{Id: aws.String("1"), Message: aws.String("x")}, {Id: aws.String("2"), Message: aws.String("x"), Subject: aws.String("ü")}}}))
	if len(batch.Successful) != 1 || len(batch.Failed) != 1 || *batch.Failed[0].Code != "InvalidParameter" {
		t.Errorf("batch = %+v", batch)
	}
}
