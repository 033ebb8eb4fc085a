package lab

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// envelope is the JSON form of a message of SNS.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
type envelope struct {
	Type              string
	MessageId         string
	Token             string `json:",omitempty"`
	TopicArn          string
	Subject           string `json:",omitempty"`
	Message           string
	SubscribeURL      string `json:",omitempty"`
	Timestamp         string
	SignatureVersion  string
	Signature         string
	SigningCertURL    string
	UnsubscribeURL    string                       `json:",omitempty"`
	MessageAttributes map[string]envelopeAttribute `json:",omitempty"`
}

type envelopeAttribute struct {
	Type  string
	Value any
}

// envelope wraps a notification for a subscriber. The signature is a placeholder: the lab has no certificate.
func (t *topic) envelope(s *subscription, n *notification) envelope {
	attributes := map[string]envelopeAttribute{}
	for name, a := range n.attributes {
		attributes[name] = envelopeAttribute{a.DataType, a.text()}
		if a.BinaryValue != nil {
			attributes[name] = envelopeAttribute{a.DataType, a.BinaryValue}
		}
	}
	return envelope{
		Type:              "Notification",
		MessageId:         n.id,
		TopicArn:          t.arn,
		Subject:           n.subject,
		Message:           n.body(s.protocol),
		Timestamp:         snsTime(n.time),
		SignatureVersion:  "1",
		Signature:         "bGFi",
		SigningCertURL:    t.address() + "SimpleNotificationService-lab.pem",
		UnsubscribeURL:    t.address() + "?" + url.Values{"Action": {"Unsubscribe"}, "SubscriptionArn": {s.arn}}.Encode(),
		MessageAttributes: attributes,
	}
}

func (t *topic) address() string { return "https://sns." + t.region + ".amazonaws.com/" }

func snsTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func toJSON(v any) string {
	b, _ := json.Marshal(v) // only called with values that have a JSON form
	return string(b)
}

// distribute hands a notification to all confirmed subscribers whose filter lets it pass. Queues and mailboxes have it
// at once; HTTP endpoints and functions are called without the lab's lock.
func (l *Lab) distribute(t *topic, n *notification) {
	for _, s := range t.subscriptions {
		if s.pending || !s.wants(n) {
			continue
		}
		switch s.protocol {
		case "sqs":
			l.notifyQueue(t, s, n)
		case "email":
			subject := n.subject
			if subject == "" {
				subject = "AWS Notification Message"
			}
			l.mail(Mail{To: s.endpoint, Subject: subject, Body: n.body("email"), TopicARN: t.arn})
		case "email-json":
			l.mail(Mail{To: s.endpoint, Subject: "AWS Notification Message", Body: toJSON(t.envelope(s, n)), TopicARN: t.arn})
		case "lambda":
			l.notifyFunction(t, s, n)
		case "http", "https":
			l.notifyEndpoint(t, s, n)
		}
	}
}

// mail puts a message into the outbox, which keeps the latest.
func (l *Lab) mail(m Mail) {
	if len(l.outbox) >= maxOutbox {
		l.outbox = l.outbox[1:]
	}
	l.outbox = append(l.outbox, m)
}

func (l *Lab) notifyQueue(t *topic, s *subscription, n *notification) {
	m := &message{body: toJSON(t.envelope(s, n))}
	if s.attributes["RawMessageDelivery"] == "true" {
		m = &message{body: n.body("sqs"), attributes: n.attributes}
	}
	if n.group != "" {
		m.system = map[string]string{"SenderId": "sns.amazonaws.com", "MessageGroupId": n.group}
	}
	if err := l.fromService("sns.amazonaws.com", t.arn, s.endpoint, m); err != nil {
		l.undeliverable(t, s, n)
	}
}

// undeliverable puts a notification into the subscription's dead-letter queue, if it has one.
func (l *Lab) undeliverable(t *topic, s *subscription, n *notification) {
	var policy redrivePolicy
	if json.Unmarshal([]byte(s.attributes["RedrivePolicy"]), &policy) == nil && policy.DeadLetterTargetArn != "" {
		// There is nowhere to complain to when this fails too: the notification is lost, as on AWS.
		_ = l.fromService("sns.amazonaws.com", t.arn, policy.DeadLetterTargetArn, &message{body: toJSON(t.envelope(s, n)), attributes: n.attributes})
	}
}

// notifyFunction calls a function with the event that Lambda functions get from SNS.
func (l *Lab) notifyFunction(t *topic, s *subscription, n *notification) {
	managed, _ := l.managedFunction(s.endpoint)
	if managed == nil && l.functions[s.endpoint] == nil {
		l.undeliverable(t, s, n)
		return
	}
	e := t.envelope(s, n)
	var subject any
	if e.Subject != "" {
		subject = e.Subject
	}
	attributes := e.MessageAttributes
	if attributes == nil {
		attributes = map[string]envelopeAttribute{}
	}
	event := toJSON(map[string]any{"Records": []any{map[string]any{
		"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": s.arn,
		"Sns": map[string]any{
			"Type": e.Type, "MessageId": e.MessageId, "TopicArn": e.TopicArn, "Subject": subject, "Message": e.Message,
			"Timestamp": e.Timestamp, "SignatureVersion": e.SignatureVersion, "Signature": e.Signature,
			"SigningCertUrl": e.SigningCertURL, "UnsubscribeUrl": e.UnsubscribeURL, "MessageAttributes": attributes,
		},
	}}})
	l.start(s.endpoint, []byte(event))
}

// askForConfirmation sends the token to an endpoint that must confirm its subscription.
func (c *call) askForConfirmation(s *subscription) {
	t := c.lab.topicByARN(s.topic)
	link := c.endpoint() + "/?" + url.Values{"Action": {"ConfirmSubscription"}, "TopicArn": {t.arn}, "Token": {s.token}}.Encode()
	text := "You have chosen to subscribe to the topic " + t.arn + ".\nTo confirm the subscription, visit the SubscribeURL included in this message."
	e := envelope{
		Type: "SubscriptionConfirmation", MessageId: c.lab.id(), Token: s.token, TopicArn: t.arn, Message: text,
		SubscribeURL: link, Timestamp: snsTime(c.now), SignatureVersion: "1", Signature: "bGFi",
		SigningCertURL: t.address() + "SimpleNotificationService-lab.pem",
	}
	switch s.protocol {
	case "email":
		c.lab.mail(Mail{To: s.endpoint, Subject: "AWS Notification - Subscription Confirmation", Body: text + "\n" + link, TopicARN: t.arn})
	case "email-json":
		c.lab.mail(Mail{To: s.endpoint, Subject: "AWS Notification - Subscription Confirmation", Body: toJSON(e), TopicARN: t.arn})
	default:
		header := http.Header{"X-Amz-Sns-Message-Type": {e.Type}, "X-Amz-Sns-Message-Id": {e.MessageId}, "X-Amz-Sns-Topic-Arn": {t.arn}}
		c.lab.after(0, func() { c.lab.postWithRetries(s.endpoint, header, toJSON(e)) })
	}
}
