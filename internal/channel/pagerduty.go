package channel

import (
	"context"
	"encoding/json"
	"time"

	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/severity"
)

// PagerDutyEndpoint is where PagerDuty's Events API v2 is; accounts in the EU have https://events.eu.pagerduty.com.
const PagerDutyEndpoint = "https://events.pagerduty.com"

// PagerDuty sends events to PagerDuty's Events API v2, with the incident's id as the deduplication key. An alert triggers,
// proof of delivery resolves. What only adds to an incident (who it was, what was recovered) pages nobody: it could
// reopen what is resolved.
type PagerDuty struct {
	named
	endpoint string
	key      Secret
	links    Linker
}

// NewPagerDuty makes a PagerDuty with the integration key of a service.
func NewPagerDuty(name, endpoint string, routingKey Secret, links Linker) *PagerDuty {
	return &PagerDuty{named(name), endpoint, routingKey, links}
}

// Send implements notify.Sink.
func (p *PagerDuty) Send(ctx context.Context, m notify.Message) error { return send(ctx, p, m) }

// Report implements Reporter. A test is resolved at once.
func (p *PagerDuty) Report(ctx context.Context, m notify.Message) (string, error) {
	if amends(m) {
		return "not sent: it only adds to the incident", nil
	}
	action := "trigger"
	if over(m) {
		action = "resolve"
	}
	answer, err := p.event(ctx, m, action)
	if err == nil && m.Kind == notify.KindTest {
		_, err = p.event(ctx, m, "resolve")
	}
	return answer, err
}

type pagerDutyEvent struct {
	RoutingKey string            `json:"routing_key"`
	Action     string            `json:"event_action"`
	DedupKey   string            `json:"dedup_key"`
	Client     string            `json:"client,omitempty"`
	Links      []pagerDutyLink   `json:"links,omitempty"`
	Payload    *pagerDutyPayload `json:"payload,omitempty"`
}

type pagerDutyLink struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

type pagerDutyPayload struct {
	Summary   string         `json:"summary"` // at most 1024 characters
	Source    string         `json:"source"`
	Severity  string         `json:"severity"`
	Timestamp string         `json:"timestamp,omitempty"`
	Component string         `json:"component,omitempty"`
	Group     string         `json:"group"`
	Class     string         `json:"class,omitempty"`
	Details   map[string]any `json:"custom_details"`
}

func (p *PagerDuty) event(ctx context.Context, m notify.Message, action string) (string, error) {
	key, err := p.key(ctx)
	if err != nil {
		return "", err
	}
	event := pagerDutyEvent{RoutingKey: key, Action: action, DedupKey: dedupKey(m)}
	if action == "trigger" {
		event.Client, event.Payload = "Trailhold", pagerDutyDetails(m)
		for _, l := range p.links.Links(m) {
			event.Links = append(event.Links, pagerDutyLink{l.URL, l.Title})
		}
	}
	body, err := json.Marshal(event)
	if err != nil {
		return "", err
	}
	return request{url: p.endpoint + "/v2/enqueue", body: body, secrets: []string{key}}.post(ctx)
}

// dedupKey is the same for all messages about an incident.
func dedupKey(m notify.Message) string { return plain.ASCII(m.Incident.ID, 255) }

func pagerDutyDetails(m notify.Message) *pagerDutyPayload {
	i := m.Incident
	out := &pagerDutyPayload{
		Summary: m.Subject, Source: short(i.Account + " " + i.Region), Severity: pagerDutySeverity(i.Severity), Component: short(i.TrailARN),
		Group: "cloudtrail", Class: short(technique(m)), Details: map[string]any{"brief": m.Brief, "incident": short(i.ID), "kind": m.Kind, "message": m.Text},
	}
	if !i.Seen.IsZero() {
		out.Timestamp = i.Seen.UTC().Format(time.RFC3339)
	}
	return out
}

func pagerDutySeverity(s severity.Severity) string {
	switch s {
	case severity.Critical:
		return "critical"
	case severity.High:
		return "error"
	case severity.Medium:
		return "warning"
	}
	return "info"
}
