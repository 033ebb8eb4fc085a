package notify

import (
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
)

// unreadable is what a message tells about other messages, from which no record could be read. There is no trail, no
// actor and no change in it: nobody knows what those messages were about.
type unreadable struct {
	incident.Incident
	kind          incident.Kind
	source        string
	reason, start string // hostile text
}

func (u unreadable) compose() Message {
	return Message{
		Kind: u.kind, Incident: u.Incident,
		Subject: plain.ASCII("[Trailhold] "+u.alarm()+" ("+u.source+")", maxSubject),
		Line:    u.line(), JSON: incidentJSON(u.Incident), Brief: u.brief(),
	}.laidOut(u.page())
}

// alarm is the severity and what happened, as subject and line say it.
func (u unreadable) alarm() string {
	words := []string{strings.ToUpper(u.Severity.String())}
	if u.kind == incident.KindEscalate {
		words = append(words, "GOES ON")
	}
	return strings.Join(append(words, u.what()), " ")
}

func (u unreadable) what() string {
	if u.Occurrences < 2 {
		return "a message could not be read"
	}
	return thousands(u.Occurrences) + " messages could not be read"
}

func (u unreadable) line() string {
	id := " [" + plain.Text(u.ID, maxName) + "]"
	return plain.Text(stamp(u.Seen)+"Z "+u.alarm()+" ("+u.source+")"+prefixed(": ", u.reason), maxLine-len(id)) + id
}

func (u unreadable) page() *page {
	p := &page{}
	p.para("UNREADABLE. " + upperFirst(u.what()) + " (" + u.source + ").")
	p.out.WriteString("\n")
	p.para("Trailhold expects CloudTrail's records there. It cannot tell whether this was one, or which trail it was about: " +
		"a call against a trail may hide behind it. Nothing was restored because of it.")
	p.todos(u.advice())
	p.heading("WHY IT COULD NOT BE READ")
	p.bullet("*", plain.Text(u.reason, maxValue))
	if u.start != "" && u.start != u.reason {
		p.heading("HOW IT BEGINS (" + u.first() + "written out so that it can do no harm)")
		p.bullet("|", plain.Text(u.start, maxValue))
	}
	p.heading("REFERENCE")
	p.value("Incident", plain.Text(u.ID, maxValue))
	p.value("Severity", u.Severity.String())
	p.value("Seen", stamp(u.Seen)+" UTC")
	p.value("Baseline", plain.Text(u.BaselineHash, maxValue))
	return p
}

// first says, where there are many messages, that only one of them is shown.
func (u unreadable) first() string {
	if u.Occurrences < 2 {
		return ""
	}
	return "the first of them; "
}

func (u unreadable) advice() []todo {
	return []todo{
		{text: "See whether any trail has changed, without waiting for the next sweep: trailhold sweep --baseline FILE"},
		{text: u.whereItIs()},
		{text: "If it comes from CloudTrail all the same, this version of Trailhold cannot read it: update Trailhold, or report it."},
	}
}

// whereItIs says where the message can be found in full, which depends on where it came from.
func (u unreadable) whereItIs() string {
	switch u.TrailARN {
	case incident.FromQueue:
		return "Look into the dead-letter queue: the message was not deleted, and goes there after its retries, if the queue has one. " +
			"Find out who sent it: nobody but the EventBridge rule, and SNS if it is in between, should be allowed to send to the queue."
	case incident.FromLambda:
		return "Look into the function's dead-letter queue or failure destination: the invocation failed, and goes there after its retries, if there is one. " +
			"Find out who invoked it: nobody but its own triggers should be allowed to."
	}
	return "Look at the same records in CloudTrail's Event history (console or lookup-events); they stay there for 90 days."
}
