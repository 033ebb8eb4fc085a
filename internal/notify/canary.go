package notify

import (
	"fmt"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
)

// missed is what a message tells about a canary that did not come through: the guard hears nothing, or too late. Nobody was seen
// doing it, and there is nothing on the trail to restore.
type missed struct {
	incident.Incident
	trail   string
	summary string
}

func readMissed(i incident.Incident, summary string) missed {
	_, name := unitName(i.TrailARN)
	return missed{Incident: i, trail: name, summary: plain.Text(summary, maxValue)}
}

func (m missed) compose(kind incident.Kind) Message {
	return Message{
		Kind: kind, Incident: m.Incident,
		Subject: plain.ASCII(fmt.Sprintf("[Trailhold] %s trail %s: events do not reach the guard", m.alarm(), plain.ASCII(m.trail, 30)), maxSubject),
		Line:    m.line(), JSON: incidentJSON(m.Incident), Brief: m.brief(),
	}.laidOut(m.page())
}

func (m missed) alarm() string { return strings.ToUpper(m.Severity.String()) + " CANARY MISSED" }

func (m missed) line() string {
	id := " [" + plain.Text(m.ID, maxName) + "]"
	return plain.Text(stamp(m.Seen)+"Z "+m.alarm()+" trail "+m.trail+": "+m.summary, maxLine-len(id)) + id
}

func (m missed) page() *page {
	p := &page{}
	p.para("CANARY MISSED. Events do not reach the guard of trail " + m.trail + ".")
	p.out.WriteString("\n")
	p.para("To see whether events still arrive, Trailhold sets a tag on the trail and takes it away again: " + m.summary +
		". Whoever tampers now is noticed by the next sweep only. Either the trail records no management events, or a rule, the event " +
		"bus, a permission or a target on the way is broken, switched off or deleted; or EventBridge is late.")
	p.todos(m.advice())
	p.heading("REFERENCE")
	p.value("Incident", plain.Text(m.ID, maxValue))
	p.value("Severity", m.Severity.String())
	p.value("Trail", plain.Text(m.TrailARN, maxValue))
	p.value("Seen", stamp(m.Seen)+" UTC")
	p.value("Baseline", plain.Text(m.BaselineHash, maxValue))
	return p
}

func (m missed) advice() []todo {
	return []todo{
		{"See what of the deployment is not as it should be:", command("trailhold status")},
		{"Then send another canary:", command("trailhold canary", "--baseline", "baseline.yaml", "--journal", "dynamodb://trailhold")},
		{text: "Look in CloudTrail's Event history for DisableRule, DeleteRule, PutRule, RemoveTargets, RemovePermission and StopLogging of late."},
	}
}

func (m missed) brief() Brief {
	return Brief{What: "Canary missed: trail " + m.trail + ": " + m.summary, Next: nextOf(m.advice())}.bounded()
}
