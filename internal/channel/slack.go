package channel

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/trailhold/trailhold/internal/notify"
)

// What Slack takes: https://docs.slack.dev/reference/block-kit/blocks
const (
	slackHeader  = 150
	slackSection = 3000
	slackBlocks  = 50
	slackText    = 4000
)

// Slack posts to an incoming webhook of Slack, as Block Kit.
//
// Nothing of an event gets into mrkdwn, which has mentions and links: all text is plain_text, and what Slack would take for
// the beginning of either is escaped besides.
type Slack struct {
	named
	url   Secret
	links Linker
}

// NewSlack makes a Slack.
func NewSlack(name string, url Secret, links Linker) *Slack { return &Slack{named(name), url, links} }

// Send implements notify.Sink.
func (s *Slack) Send(ctx context.Context, m notify.Message) error { return send(ctx, s, m) }

// Report implements Reporter.
func (s *Slack) Report(ctx context.Context, m notify.Message) (string, error) {
	address, err := s.url(ctx)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(s.payload(m))
	if err != nil {
		return "", err
	}
	return request{url: address, body: body}.post(ctx)
}

type slackPayload struct {
	Text        string       `json:"text"` // of notifications, and for screen readers
	Parse       string       `json:"parse"`
	LinkNames   bool         `json:"link_names"`
	UnfurlLinks bool         `json:"unfurl_links"`
	UnfurlMedia bool         `json:"unfurl_media"`
	Blocks      []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type     string      `json:"type"`
	Text     *slackWords `json:"text,omitempty"`
	Elements []any       `json:"elements,omitempty"`
}

type slackWords struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Emoji *bool  `json:"emoji,omitempty"` // of plain_text only
}

func (s *Slack) payload(m notify.Message) slackPayload {
	blocks := []slackBlock{{Type: "header", Text: slackPlain(m.Headline, slackHeader)}}
	for _, section := range m.Sections {
		text := strings.TrimSpace(section.Title + "\n" + strings.Join(lines(section), "\n"))
		if text != "" && len(blocks) < slackBlocks-2 {
			blocks = append(blocks, slackBlock{Type: "section", Text: slackPlain(text, slackSection)})
		}
	}
	if links := s.links.Links(m); len(links) > 0 {
		var words []string
		for _, l := range links {
			words = append(words, "<"+slackEscaped(l.URL)+"|"+slackEscaped(l.Title)+">")
		}
		blocks = append(blocks, slackBlock{Type: "context", Elements: []any{slackWords{Type: "mrkdwn", Text: strings.Join(words, " · ")}}})
	}
	return slackPayload{Text: fit(m.Line, slackText, slackEscape), Parse: "none", Blocks: blocks}
}

func slackPlain(s string, limit int) *slackWords {
	off := false
	return &slackWords{Type: "plain_text", Text: fit(s, limit, slackEscape), Emoji: &off}
}

// slackEscape writes the three characters that Slack gives a meaning: https://docs.slack.dev/messaging/formatting-message-text
func slackEscape(r rune) string {
	switch r {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	}
	return string(r)
}

// slackEscaped is for a link's parts, which a | would end.
func slackEscaped(s string) string {
	return strings.ReplaceAll(fit(s, 2000, slackEscape), "|", "%7C")
}
