package labrange

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
)

// Who is subscribed to the alerts: a person, and a program that wants the incident.
const (
	Reader  = "security@example.com"
	machine = "tickets@example.com"
)

// The topics.
const (
	deliveries = "audit-deliveries" // the target's own, of delivered log files
	alerts     = "trailhold-alerts"
)

func topicARN(name string) string {
	return "arn:aws:sns:" + home + ":" + lab.DefaultAccount + ":" + name
}

func (r *Range) alertTopic() string { return topicARN(alerts) }

// alerts makes the topic of the guard's alerts, with its readers.
func (b *builder) alerts() {
	b.call("sns:CreateTopic", object{"Name": alerts}, nil)
	for protocol, address := range map[string]string{"email": Reader, "email-json": machine} {
		b.call("sns:Subscribe", object{"TopicArn": topicARN(alerts), "Protocol": protocol, "Endpoint": address}, nil)
	}
}

// Letters implements drill.Range. Each alert is published once and reaches both subscribers: the person's mail has the
// text, the program's has the incident.
func (r *Range) Letters() ([]drill.Letter, error) {
	var texts, documents []lab.Mail
	for _, m := range r.lab.Outbox() {
		switch {
		case m.TopicARN != r.alertTopic():
		case m.To == Reader:
			texts = append(texts, m)
		case m.To == machine:
			documents = append(documents, m)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := len(r.opened); n < min(len(texts), len(documents)); n++ {
		i, err := enclosed(documents[n].Body)
		if err != nil {
			return nil, fmt.Errorf("an alert that was received as JSON cannot be read: %w", err)
		}
		r.opened = append(r.opened, drill.Letter{Subject: texts[n].Subject, Text: texts[n].Body, Incident: i})
	}
	return slices.Clone(r.opened), nil
}

// enclosed is the incident in an alert as an e-mail-JSON subscriber gets it: inside SNS's envelope.
func enclosed(mail string) (i incident.Incident, err error) {
	var envelope struct{ Message string }
	if err = json.Unmarshal([]byte(mail), &envelope); err == nil {
		err = json.Unmarshal([]byte(envelope.Message), &i)
	}
	return i, err
}
