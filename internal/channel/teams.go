package channel

import (
	"context"
	"encoding/json"

	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/severity"
)

// teamsSize is how large a payload may be; Teams takes 28 KB, and counts what it adds:
// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
const teamsSize = 24 << 10

const teamsRow = 1500 // characters

// Teams posts to a webhook of Microsoft Teams' Workflows ("When a Teams webhook request is received"), as an Adaptive Card.
//
// Text of events only gets into text runs, which know no Markdown, and no mentions, since the card defines no entities.
type Teams struct {
	named
	url   Secret
	links Linker
}

// NewTeams makes a Teams.
func NewTeams(name string, url Secret, links Linker) *Teams { return &Teams{named(name), url, links} }

// Send implements notify.Sink.
func (t *Teams) Send(ctx context.Context, m notify.Message) error { return send(ctx, t, m) }

// Report implements Reporter.
func (t *Teams) Report(ctx context.Context, m notify.Message) (string, error) {
	address, err := t.url(ctx)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(t.payload(m))
	if err != nil {
		return "", err
	}
	return request{url: address, body: body}.post(ctx)
}

type teamsPayload struct {
	Type        string            `json:"type"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	ContentType string    `json:"contentType"`
	ContentURL  *string   `json:"contentUrl"`
	Content     teamsCard `json:"content"`
}

type teamsCard struct {
	Schema  string            `json:"$schema"`
	Type    string            `json:"type"`
	Version string            `json:"version"`
	Teams   map[string]string `json:"msteams"`
	Body    []teamsBlock      `json:"body"`
	Actions []teamsAction     `json:"actions,omitempty"`
}

type teamsBlock struct {
	Type    string     `json:"type"`
	Spacing string     `json:"spacing,omitempty"`
	Inlines []teamsRun `json:"inlines"`
}

type teamsRun struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Size     string `json:"size,omitempty"`
	Weight   string `json:"weight,omitempty"`
	Color    string `json:"color,omitempty"`
	FontType string `json:"fontType,omitempty"`
}

type teamsAction struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

func (t *Teams) payload(m notify.Message) teamsPayload {
	card := teamsCard{Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4", Teams: map[string]string{"width": "Full"}}
	for _, l := range t.links.Links(m) {
		card.Actions = append(card.Actions, teamsAction{"Action.OpenUrl", l.Title, l.URL})
	}
	card.Body = []teamsBlock{teamsText("", teamsRun{Text: m.Headline, Size: "Large", Weight: "Bolder", Color: teamsColor(m)})}
	size := teamsSizeOf(card)
	for _, block := range teamsBlocks(m) {
		if size += teamsSizeOf(block) + 1; size > teamsSize {
			card.Body = append(card.Body, teamsText("Medium", teamsRun{Text: "(cut here: see the incident in the journal, or in another channel)"}))
			break
		}
		card.Body = append(card.Body, block)
	}
	return teamsPayload{"message", []teamsAttachment{{"application/vnd.microsoft.card.adaptive", nil, card}}}
}

// teamsSizeOf is the size of a part of a card as JSON.
func teamsSizeOf(part any) int {
	data, _ := json.Marshal(part) // strings can always be written
	return len(data)
}

// teamsBlocks lays the sections out, a block for each row: a text run has no line breaks.
func teamsBlocks(m notify.Message) []teamsBlock {
	var blocks []teamsBlock
	for _, section := range m.Sections {
		if section.Title != "" {
			blocks = append(blocks, teamsText("Medium", teamsRun{Text: section.Title, Weight: "Bolder"}))
		}
		for n, row := range lines(section) {
			run := teamsRun{Text: row}
			if section.Rows[n].Command {
				run.FontType = "Monospace"
			}
			blocks = append(blocks, teamsText("Small", run))
		}
	}
	return blocks
}

func teamsText(spacing string, run teamsRun) teamsBlock {
	run.Type, run.Text = "TextRun", teamsFit(run.Text)
	return teamsBlock{Type: "RichTextBlock", Spacing: spacing, Inlines: []teamsRun{run}}
}

// teamsFit keeps apart what an Adaptive Card takes for the beginning of a date function, {{DATE(…)}}, and, in case a client
// takes a text run for Markdown all the same, of a link, ](…).
func teamsFit(s string) string {
	last := rune(0)
	return fit(s, teamsRow, func(r rune) string {
		before := last
		last = r
		if r == '{' && before == '{' || r == '(' && before == ']' {
			return " " + string(r)
		}
		return string(r)
	})
}

func teamsColor(m notify.Message) string {
	switch {
	case over(m):
		return "Good"
	case m.Incident.Severity >= severity.High:
		return "Attention"
	case m.Incident.Severity >= severity.Medium:
		return "Warning"
	}
	return "Default"
}
