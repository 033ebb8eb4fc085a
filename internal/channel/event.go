package channel

import (
	"context"
	"encoding/json"
	"time"

	"github.com/trailhold/trailhold/internal/notify"
)

// What a custom event on EventBridge is called, for rules to match.
const (
	EventSource     = "trailhold"
	EventDetailType = "Trailhold Message"
)

// maxEvent is how many bytes the incident in an event may have: EventBridge takes 256 KB for the whole entry (PutEvents).
const maxEvent = 120 << 10

// EventPutter puts one event on an event bus. Detail is a JSON object.
type EventPutter interface {
	PutEvent(ctx context.Context, source, detailType string, resources []string, at time.Time, detail []byte) (id string, err error)
}

// Events puts messages on an EventBridge bus. Detail is a Document without its text.
type Events struct {
	named
	bus   EventPutter
	links Linker
}

// NewEvents makes an Events.
func NewEvents(name string, bus EventPutter, links Linker) *Events {
	return &Events{named(name), bus, links}
}

// Send implements notify.Sink.
func (e *Events) Send(ctx context.Context, m notify.Message) error { return send(ctx, e, m) }

// Report implements Reporter.
func (e *Events) Report(ctx context.Context, m notify.Message) (string, error) {
	d := document(m, e.links.Links(m), maxEvent)
	d.Text = ""
	detail, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	var resources []string
	if notify.ConsoleURL(m.Incident.TrailARN) != "" { // it is the ARN of a trail
		resources = []string{m.Incident.TrailARN}
	}
	id, err := e.bus.PutEvent(ctx, EventSource, EventDetailType, resources, time.Now().UTC(), detail)
	if err != nil {
		return "", err
	}
	return "event " + short(id), nil
}
