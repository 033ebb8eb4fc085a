package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/severity"
)

// What a message can be about besides an incident. Neither is ever a Telling of one.
const (
	KindFailure incident.Kind = "channel-failure" // an alert channel does not take messages
	KindTest    incident.Kind = "test"            // somebody tries the alert channels
)

// maxFailure is how many characters of an error are told.
const maxFailure = 400

// failure is a channel that did not take a message, and why. The reason may quote what a server answered.
type failure struct {
	name string
	err  error
}

// composeFailure tells that channels did not take a message. Its id is that of the channels, so that whoever keeps
// incidents by their id opens one for them, and does not touch that of the message.
func composeFailure(of Message, failures []failure) Message {
	var names []string
	for _, f := range failures {
		names = append(names, plain.Text(f.name, maxName))
	}
	list := strings.Join(names, ", ")
	n := notice{
		kind: KindFailure, severity: severity.High, id: "channel-" + strings.Join(names, "-"), of: of.Incident,
		headline: "AN ALERT CHANNEL FAILS: " + list + ". You got this by another one.",
		story: "This message was not delivered there: " + of.Line + ". Until the channel works again, take it for silent: " +
			"whoever relies on it hears of nothing. You are told of this once.",
		what: "alert channel " + list + " fails",
		next: "Mend what the error names. Then run: trailhold notify test --alerts FILE --channel NAME",
	}
	for _, f := range failures {
		n.details = append(n.details, Row{Name: plain.Text(f.name, maxName), Text: plain.Text(f.err.Error(), maxFailure)})
	}
	m := n.compose()
	m.because = of.ID()
	return m
}

// ComposeTest is a message that says of itself that it is a test, made at a time for the channels of an account.
func ComposeTest(account string, at time.Time) Message {
	n := notice{
		kind: KindTest, severity: severity.Info, id: "test-" + at.UTC().Format("20060102T150405.000Z"),
		of:       incident.Incident{Account: account, Seen: at.UTC()},
		headline: "THIS IS A TEST. Nothing has happened.",
		story:    "Somebody ran \"trailhold notify test\" to see whether alerts come through here. They do.",
		what:     "this is a test, nothing has happened",
		next:     "Nothing, if you expected this. Otherwise ask who looks after Trailhold.",
	}
	return n.compose()
}

// notice is a message about telling itself.
type notice struct {
	kind     incident.Kind
	severity severity.Severity
	id       string
	of       incident.Incident // that could not be told, if any

	headline, story, what, next string
	details                     []Row
}

func (n notice) compose() Message {
	i := incident.Incident{
		ID: plain.ASCII(n.id, 128), Version: 1, Stage: incident.Observed, Account: n.of.Account, Region: n.of.Region, TrailARN: n.of.TrailARN,
		Severity: n.severity, Seen: n.of.Seen, Notes: []string{n.headline},
	}
	m := Message{
		Kind: n.kind, Incident: i, JSON: incidentJSON(i), Brief: Brief{What: upperFirst(n.what), Next: n.next}.bounded(),
		Subject: plain.ASCII(fmt.Sprintf("[Trailhold] %s %s", n.flag(), n.what), maxSubject),
		Line:    plain.Text(fmt.Sprintf("%sZ %s %s [%s]", stamp(n.of.Seen), n.flag(), n.what, i.ID), maxLine),
	}
	return m.laidOut(n.page())
}

func (n notice) flag() string {
	if n.kind == KindTest {
		return "TEST"
	}
	return strings.ToUpper(n.severity.String())
}

func (n notice) page() *page {
	p := &page{}
	p.para(n.headline)
	p.out.WriteString("\n")
	p.para(n.story)
	p.heading("WHAT TO DO NOW")
	p.bullet("1.", n.next)
	if len(n.details) > 0 {
		p.heading("WHY IT FAILED")
	}
	for _, d := range n.details {
		p.value(d.Name, d.Text)
	}
	if n.of.ID != "" {
		p.heading("REFERENCE")
		p.value("Incident", plain.Text(n.of.ID, maxValue))
	}
	return p
}
