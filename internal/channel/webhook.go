package channel

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
)

// Headers of a signed webhook.
const (
	HeaderID        = "Trailhold-Message-Id"
	HeaderTimestamp = "Trailhold-Timestamp" // seconds since 1970, of the attempt
	HeaderSignature = "Trailhold-Signature" // "v1=" and the hex HMAC-SHA256 of timestamp, "." and body
)

// maxWebhook is how many bytes of an incident are posted.
const maxWebhook = 1 << 20

// Webhook posts a message as JSON to any URL, signed with a secret that the receiver shares.
type Webhook struct {
	named
	url, secret Secret
	links       Linker
}

// NewWebhook makes a Webhook.
func NewWebhook(name string, url, secret Secret, links Linker) *Webhook {
	return &Webhook{named(name), url, secret, links}
}

// Send implements notify.Sink.
func (w *Webhook) Send(ctx context.Context, m notify.Message) error { return send(ctx, w, m) }

// Report implements Reporter.
func (w *Webhook) Report(ctx context.Context, m notify.Message) (string, error) {
	address, err := w.url(ctx)
	if err != nil {
		return "", err
	}
	secret, err := w.secret(ctx)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(document(m, w.links.Links(m), maxWebhook))
	if err != nil {
		return "", err
	}
	at := fmt.Sprint(time.Now().Unix())
	header := map[string]string{HeaderID: m.ID(), HeaderTimestamp: at, HeaderSignature: Sign(secret, at, body)}
	return request{url: address, body: body, header: header, secrets: []string{secret}}.post(ctx)
}

// Sign is the signature of a body that was sent at a time. A receiver makes the same and compares in constant time, and
// refuses a timestamp that is more than five minutes old.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Document is a message as JSON, for whatever reads it by itself.
type Document struct {
	Version  int             `json:"version"` // 1
	ID       string          `json:"id"`      // the same for each attempt to deliver the same
	Kind     incident.Kind   `json:"kind"`
	Severity string          `json:"severity"`
	Subject  string          `json:"subject"`
	Line     string          `json:"line"`
	Brief    notify.Brief    `json:"brief"`
	Text     string          `json:"text,omitempty"`
	Links    []Link          `json:"links"`
	Incident json.RawMessage `json:"incident"`
}

// document is a message whose incident has at most a number of bytes.
func document(m notify.Message, links []Link, most int) Document {
	if links == nil {
		links = []Link{}
	}
	return Document{Version: 1, ID: m.ID(), Kind: m.Kind, Severity: m.Incident.Severity.String(), Subject: m.Subject, Line: m.Line, Brief: m.Brief,
		Text: m.Text, Links: links, Incident: m.JSONWithin(most)}
}
