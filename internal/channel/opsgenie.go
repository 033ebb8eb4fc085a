package channel

import (
	"context"
	"encoding/json"
	"html"
	"net/url"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/severity"
)

// OpsgenieEndpoint is where Opsgenie's Alert API is; accounts in the EU have https://api.eu.opsgenie.com.
const OpsgenieEndpoint = "https://api.opsgenie.com"

// What Opsgenie takes: https://docs.opsgenie.com/docs/alert-api
const (
	opsgenieMessage     = 130
	opsgenieDescription = 15_000
	opsgenieDetail      = 600 // eight of them, of 8000 in all
	opsgenieNote        = 25_000
)

// Opsgenie creates alerts in Opsgenie (or Jira Service Management, which has the same API), with the incident's id as their
// alias. Proof of delivery closes, what adds to an incident becomes a note.
type Opsgenie struct {
	named
	endpoint string
	key      Secret
	links    Linker
}

// NewOpsgenie makes an Opsgenie with the key of an API integration.
func NewOpsgenie(name, endpoint string, apiKey Secret, links Linker) *Opsgenie {
	return &Opsgenie{named(name), endpoint, apiKey, links}
}

// Send implements notify.Sink.
func (o *Opsgenie) Send(ctx context.Context, m notify.Message) error { return send(ctx, o, m) }

// Report implements Reporter. A test is closed at once.
func (o *Opsgenie) Report(ctx context.Context, m notify.Message) (string, error) {
	switch {
	case over(m):
		return o.follow(ctx, m, "close")
	case amends(m):
		return o.follow(ctx, m, "notes")
	}
	answer, err := o.post(ctx, "/v2/alerts", o.alert(m))
	switch {
	case err != nil:
	case m.Kind == notify.KindTest:
		_, err = o.follow(ctx, m, "close")
	case m.Kind == incident.KindEscalate: // creating it again only counts
		_, err = o.follow(ctx, m, "notes")
	}
	return answer, err
}

type opsgenieAlert struct {
	Message     string            `json:"message"`
	Alias       string            `json:"alias"`
	Description string            `json:"description"`
	Priority    string            `json:"priority"`
	Source      string            `json:"source"`
	Entity      string            `json:"entity,omitempty"`
	Tags        []string          `json:"tags"`
	Details     map[string]string `json:"details"`
}

func (o *Opsgenie) alert(m notify.Message) opsgenieAlert {
	a := opsgenieAlert{
		Message: fit(m.Subject, opsgenieMessage, asIs), Alias: dedupKey(m), Description: fit(m.Text, opsgenieDescription, htmlEscape),
		Priority: opsgeniePriority(m.Incident.Severity), Source: "Trailhold", Entity: short(m.Incident.TrailARN),
		Tags: []string{"trailhold", m.Incident.Severity.String()}, Details: map[string]string{"incident": short(m.Incident.ID), "kind": string(m.Kind)},
	}
	for _, f := range fields(m.Brief) {
		a.Details[f.name] = fit(f.text, opsgenieDetail, htmlEscape)
	}
	for _, l := range o.links.Links(m) {
		a.Details[l.Title] = l.URL
	}
	return a
}

// follow adds to an alert that exists.
func (o *Opsgenie) follow(ctx context.Context, m notify.Message, what string) (string, error) {
	note := map[string]string{"note": fit(m.Text, opsgenieNote, htmlEscape), "source": "Trailhold"}
	return o.post(ctx, "/v2/alerts/"+url.PathEscape(dedupKey(m))+"/"+what+"?identifierType=alias", note)
}

func (o *Opsgenie) post(ctx context.Context, path string, body any) (string, error) {
	key, err := o.key(ctx)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	return request{url: o.endpoint + path, body: data, header: map[string]string{"Authorization": "GenieKey " + key}, secrets: []string{key}}.post(ctx)
}

// htmlEscape is for descriptions and notes, which Opsgenie shows as HTML.
func htmlEscape(r rune) string { return html.EscapeString(string(r)) }

func opsgeniePriority(s severity.Severity) string {
	switch s {
	case severity.Critical:
		return "P1"
	case severity.High:
		return "P2"
	case severity.Medium:
		return "P3"
	case severity.Low:
		return "P4"
	}
	return "P5"
}
