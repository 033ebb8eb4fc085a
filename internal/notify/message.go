// Package notify says what happened to a trail, to people who may have been asleep, and carries it to them.
//
// Compose makes the message, Dispatcher sends it to every Sink. All text that comes from events is hostile; nothing
// gets into a message that did not go through package plain.
package notify

import (
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxID is how many characters the id of a message may have.
const maxID = 200

// Message is one notification about one incident, in every form that a sink may need.
type Message struct {
	Kind     incident.Kind
	Incident incident.Incident

	Subject string // at most 100 characters of printable ASCII, which is what SNS allows
	Text    string // an e-mail: lines of at most 76 characters
	Line    string // one line for a terminal or a log
	JSON    []byte // the incident's JSON with the original events; what does not show by itself is escaped

	Headline string    // the text's first sentences
	Sections []Section // what follows it in the text; the first has no title, and tells the story
	Brief    Brief     // the same in a few words, for media that have named fields

	because string // id of the message that could not be delivered, of which this one tells
}

// ID is the same for each attempt to tell the same, and different for everything else that there is to tell. It is
// printable ASCII of at most 200 characters.
func (m Message) ID() string {
	told := 0
	for _, t := range m.Incident.Told {
		if t.Kind == m.Kind && t.Error == "" {
			told++
		}
	}
	id := m.Incident.ID + "." + string(m.Kind)
	if told > 0 {
		id += fmt.Sprintf(".%d", told+1)
	}
	if m.because != "" {
		id += "." + m.because
	}
	return plain.ASCII(id, maxID)
}

// laidOut puts a page into a message, as text and as sections.
func (m Message) laidOut(p *page) Message {
	m.Text = capped(p.out.String())
	m.Sections = p.sections
	if len(m.Sections) > 0 && len(m.Sections[0].Rows) > 0 {
		intro := m.Sections[0].Rows
		m.Headline, m.Sections[0].Rows = intro[0].Text, intro[1:]
	}
	return m
}

// Compose makes the message of a kind about an incident.
func Compose(i incident.Incident, kind incident.Kind) Message {
	if reason, start, ok := i.Message(); ok {
		return unreadable{Incident: i, kind: kind, source: plain.Text(i.TrailARN, maxName), reason: reason, start: start}.compose()
	}
	if broken, summary, details, ok := i.Verification(); ok {
		return readVerified(i, broken, summary, details).compose(kind)
	}
	if summary, ok := i.MissedCanary(); ok {
		return readMissed(i, summary).compose(kind)
	}
	if i.Window != nil {
		return readWindow(i).compose(kind)
	}
	a := read(i, kind)
	return Message{Kind: kind, Incident: i, Subject: a.subject(), Line: a.line(), JSON: incidentJSON(i), Brief: a.brief()}.laidOut(a.page())
}

// JSONWithin is the incident's JSON with at most limit bytes, counted as they are inside a JSON string. What had to be left
// out for that, its notes say.
func (m Message) JSONWithin(limit int) []byte { return shorten(m.Incident, limit) }

// incidentJSON is the incident's JSON. A drift value that JSON cannot carry is described instead: somebody must be
// told of the incident in any case.
func incidentJSON(i incident.Incident) []byte {
	data, err := i.MarshalJSON()
	if err != nil {
		described := make([]trail.Drift, len(i.Drifts))
		for n, d := range i.Drifts {
			d.Before, d.After = plain.Text(fmt.Sprint(d.Before), maxValue), plain.Text(fmt.Sprint(d.After), maxValue)
			described[n] = d
		}
		i.Drifts = described
		data, err = i.MarshalJSON()
	}
	if err != nil {
		return []byte("null") // drift values are the only ones that JSON can refuse
	}
	return escapeHidden(data)
}

// escapeHidden writes the characters that do not show by themselves as \u escapes. They can only be inside strings, so
// the JSON means what it meant.
func escapeHidden(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for _, r := range string(data) {
		switch {
		case r < 0x7f || unicode.IsPrint(r):
			out = utf8.AppendRune(out, r)
		case r <= 0xffff:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		}
	}
	return out
}
