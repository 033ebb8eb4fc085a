package notify

import (
	"context"
	"encoding/json"
	"fmt"
)

// Publisher publishes to one SNS topic, with MessageStructure json: bodies are per protocol, and "default" is that of
// all protocols not named.
type Publisher interface {
	Publish(ctx context.Context, subject string, bodies map[string]string) error
}

// The protocols that get a body of their own. SMS gets the default.
const (
	protocolDefault   = "default"
	protocolEmail     = "email"
	protocolEmailJSON = "email-json"
)

// maxSNS is the size in bytes that the bodies may have together, in the JSON that wraps them. SNS takes 256 KiB
// (Publish, parameter Message); the rest is for the subject and whatever else comes to be counted.
const maxSNS = 256<<10 - 4<<10

// SNS is a Sink that publishes to an SNS topic.
type SNS struct {
	topic Publisher
	links Linker
}

// NewSNS makes an SNS whose messages lead to our own runbooks.
func NewSNS(topic Publisher) SNS { return SNS{topic: topic} }

// Leading is the same with other links.
func (s SNS) Leading(links Linker) SNS { return SNS{s.topic, links} }

// Name implements Sink.
func (s SNS) Name() string { return "sns" }

// Send implements Sink. Subscribers by e-mail get the text, those by email-json the incident's JSON with the original
// events. An incident that is too large for SNS is shortened, and its notes say how.
func (s SNS) Send(ctx context.Context, m Message) error {
	bodies := s.bodies(m)
	if size := wrappedSize(bodies); size > maxSNS {
		bodies[protocolEmailJSON] = string(shorten(m.Incident, maxSNS-(size-len(quote(bodies[protocolEmailJSON])))))
	}
	if size := wrappedSize(bodies); size > maxSNS {
		return fmt.Errorf("the message has %d bytes even when shortened; SNS takes %d: read incident %q in the journal", size, maxSNS, m.Incident.ID)
	}
	return s.topic.Publish(ctx, m.Subject, bodies)
}

func (s SNS) bodies(m Message) map[string]string {
	text := m.Text + s.links.Lines(m)
	return map[string]string{protocolDefault: text, protocolEmail: text, protocolEmailJSON: string(m.JSON)}
}

// wrappedSize is that of the JSON object which SNS is given.
func wrappedSize(bodies map[string]string) int {
	data, _ := json.Marshal(bodies) // strings can always be written
	return len(data)
}

// quote is s as it stands in the wrapping JSON, with the escapes that json.Marshal adds.
func quote(s string) []byte {
	data, _ := json.Marshal(s) // a string can always be written
	return data
}
