package labrange

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/tamper"
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

// connect subscribes the readers of alerts and puts the guard behind a rule in every region.
func (r *Range) connect(ctx context.Context) error {
	if err := r.createTopic(ctx, alerts); err != nil {
		return err
	}
	for protocol, address := range map[string]string{"email": Reader, "email-json": machine} {
		if err := r.subscribe(ctx, r.alertTopic(), protocol, address); err != nil {
			return err
		}
	}
	for _, region := range append([]string{r.target.HomeRegion}, r.target.Regions...) {
		if err := r.listen(ctx, region); err != nil {
			return err
		}
	}
	return nil
}

// listen makes a rule whose target is the guard.
func (r *Range) listen(ctx context.Context, region string) error {
	function := "arn:aws:lambda:" + region + ":" + lab.DefaultAccount + ":function:trailhold"
	r.lab.RegisterFunction(function, r.wake)
	rule := map[string]any{"Name": "trailhold", "EventPattern": tamper.EventPattern(), "State": "ENABLED"}
	if err := r.events(ctx, region, "PutRule", rule); err != nil {
		return err
	}
	target := map[string]string{"Id": "guard", "Arn": function}
	return r.events(ctx, region, "PutTargets", map[string]any{"Rule": "trailhold", "Targets": []any{target}})
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
	if len(texts) != len(documents) {
		return nil, fmt.Errorf("%d alerts were received as text and %d as JSON", len(texts), len(documents))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := len(r.opened); n < len(documents); n++ {
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
