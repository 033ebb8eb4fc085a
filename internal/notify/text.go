package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// page is the whole e-mail: first what to know, then what to do, then the evidence.
func (a account) page() *page {
	p := &page{}
	p.para(a.headline())
	p.out.WriteString("\n")
	p.para(a.story())
	if a.stillFailing() {
		p.out.WriteString("\n")
		p.para("Trailhold tried to put it right and could not; it tries again at every sweep.")
	}
	first, second := a.next, a.whoSection
	if a.kind == incident.KindIdentified {
		first, second = a.whoSection, a.next // it is what this message is about
	}
	for _, section := range []func(*page){
		first, second, a.contestSection, a.whenSection, a.changed, a.done, a.proof, a.blind, a.recovered, a.lost, a.notes, a.references,
	} {
		section(p)
	}
	return p
}

// maxText is the size in bytes that a text may have inside JSON. Two of them and the incident's JSON must fit into SNS.
const maxText = 80_000

// capped cuts a text that only a forger's incident can need.
func capped(text string) string {
	if len(quote(text)) <= maxText {
		return text
	}
	size := 0
	var out strings.Builder
	for line := range strings.Lines(text) {
		if size += len(quote(line)); size > maxText-100 {
			break
		}
		out.WriteString(line)
	}
	return out.String() + "(cut here: the text is too long; see the incident in the journal)\n"
}

func (a account) next(p *page) { p.todos(a.advice()) }

// todos is the section that people need first.
func (p *page) todos(todos []todo) {
	p.heading("WHAT TO DO NOW")
	for n, todo := range todos {
		p.bullet(fmt.Sprintf("%d.", n+1), todo.text)
		if len(todo.command) > 0 {
			p.command(todo.command)
		}
	}
}

func (a account) whoSection(p *page) {
	p.heading("WHO")
	if !a.Actor.Known() {
		p.value("Actor", "unknown: no record of the call has arrived")
		p.value("Search", plain.Text(a.ActorSearch(), maxValue))
		return
	}
	who := a.Actor
	p.value("Actor", plain.Text(who.ARN, maxValue))
	p.value("Identity", join(who.Type, prefixed("account ", who.AccountID)))
	p.value("Role or user", plain.Text(who.SessionIssuer, maxValue))
	p.value("Access key", plain.Text(who.AccessKeyID, maxValue))
	p.value("From", plain.Text(who.SourceIPAddress, maxValue))
	p.value("User agent", plain.Text(who.UserAgent, maxValue))
	p.value("Through", plain.Text(who.InvokedBy, maxValue))
	p.value("MFA", yesNo(who.MFA))
	if a.call.EventName != "" {
		p.value("Call", join(a.call.EventName+prefixed(" in ", a.call.Region), join(a.call.ErrorCode, a.call.ErrorMessage)))
	}
	p.value("Calls", a.calls())
}

// contestSection is the evidence that somebody keeps undoing what is restored.
func (a account) contestSection(p *page) {
	if evidence, ok := a.Contest(); ok {
		p.heading("WHY THIS IS TAKEN FOR A CONTEST")
		p.para(upperFirst(evidence))
	}
}

func (a account) whenSection(p *page) {
	p.heading("WHEN (UTC)")
	if a.Attack.IsZero() {
		p.value("Attack", "unknown")
	} else {
		p.value("Attack", stamp(a.Attack))
	}
	p.value("Seen", stamp(a.Seen)+sinceAttack(a.noticed()))
	if !a.Restored.IsZero() {
		p.value("Restored", stamp(a.Restored)+after(a.took(a.Restored), "it was seen"))
	}
	switch {
	case !a.Proved.IsZero():
		p.value("Proved", stamp(a.Proved)+after(a.took(a.Proved), "it was seen"))
	case a.Stage == incident.Restored:
		p.value("Proved", a.pending())
	}
}

// sinceAttack says how long after the attack something was.
func sinceAttack(took string) string {
	switch took {
	case "":
		return ""
	case instant:
		return ", within a second of the attack"
	}
	return after(took, "the attack")
}

func after(took, what string) string {
	if took == "" {
		return ""
	}
	return ", " + took + " after " + what
}

func (a account) changed(p *page) {
	if len(a.Drifts) == 0 && len(a.Unknown) == 0 {
		return
	}
	p.heading("WHAT CHANGED")
	for _, d := range head(p, a.Drifts) {
		p.bullet("*", fmt.Sprintf("%s (%s, %s)%s", a.field(string(d.Field), d.Resource), d.Direction, d.Severity, a.remains(d)))
		a.resource(p, d.Resource)
		before, after := d.Apart()
		p.value("  baseline", value(before))
		p.value("  found", value(after))
		p.value("  means", plain.Text(d.Detail, maxValue))
	}
	for _, u := range head(p, a.Unknown) {
		p.bullet("*", a.field(u.Facet, u.Resource)+" could not be read: "+plain.Text(u.Why, maxValue))
		a.resource(p, u.Resource)
	}
}

// remains marks the drifts that are left alone, and those of a failed restoration that are still there.
func (a account) remains(d trail.Drift) string {
	if slices.Contains(a.Left, d.Field) {
		return ": LEFT AS IT IS"
	}
	if !a.stillFailing() {
		return ""
	}
	if a.mended(d) {
		return ": restored"
	}
	return ": STILL SO"
}

// value shows a drift's value on as little room as possible.
func value(v any) string {
	switch v := v.(type) {
	case nil:
		return "(nothing)"
	case string:
		if v == "" {
			return "(empty)"
		}
		return plain.Text(v, maxValue)
	case trail.Document:
		if v.Empty() {
			return "(not configured)"
		}
	}
	data, err := json.Marshal(v)
	if err != nil {
		data = fmt.Append(nil, v)
	}
	return plain.Text(airy.Replace(string(data)), maxValue)
}

// airy lets JSON be wrapped between its members.
var airy = strings.NewReplacer(`,"`, `, "`, `":`, `": `, `},{`, `}, {`)

func (a account) done(p *page) {
	if len(a.Steps) == 0 {
		return
	}
	if a.dry() {
		p.heading("WHAT TRAILHOLD WOULD HAVE DONE (dry run: nothing was changed)")
	} else {
		p.heading("WHAT TRAILHOLD DID")
	}
	for n, s := range head(p, a.Steps) {
		p.bullet(fmt.Sprintf("%d.", n+1), a.step(s))
		p.value("   error", plain.Text(s.Error, maxValue))
	}
}

func (a account) step(s incident.StepResult) string {
	text := fmt.Sprintf("%s%s in %s", s.Op, a.target(s.Step), s.Region)
	if len(s.Mends) > 0 {
		text += fmt.Sprintf(" (%s%s)", joinFields(s.Mends), prefixed(": ", plain.Text(s.Member, maxName)))
	}
	switch s.Outcome {
	case incident.StepSkipped:
		return text + ": SKIPPED, because a step before it failed"
	case incident.StepPlanned:
		return text + ": planned only"
	case incident.StepFailed:
		text += ": FAILED"
	default:
		text += ": " + string(s.Outcome)
	}
	text += " after " + duration(s.Duration)
	if s.Attempts > 1 {
		text += fmt.Sprintf(", %d attempts", s.Attempts)
	}
	return text
}

func joinFields(fields []trail.Field) string { return listed(fields, maxItems) }

// listed names the first of the fields.
func listed(fields []trail.Field, most int) string {
	var names []string
	for _, f := range fields[:min(len(fields), most)] {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

func (a account) proof(p *page) {
	if len(a.Proof) == 0 {
		return
	}
	p.heading("PROOF OF DELIVERY")
	for _, r := range head(p, a.Proof) {
		text := string(r.State)
		if !r.LatestDeliveryTime.IsZero() {
			text += ", last delivery " + stamp(r.LatestDeliveryTime)
		}
		p.value(plain.Text(r.Region, maxName), text+prefixed(": ", r.Detail))
	}
}

func (a account) lost(p *page) {
	if len(a.Lost) == 0 {
		return
	}
	p.heading("LOST, AND NOT TO BE BROUGHT BACK")
	for _, s := range head(p, a.Lost) {
		p.bullet("*", plain.Text(s, maxValue))
	}
}

func (a account) notes(p *page) {
	also := a.OtherNotes()
	if len(also) == 0 {
		return
	}
	p.heading("ALSO TO KNOW")
	for _, s := range head(p, also) {
		p.bullet("*", plain.Text(s, maxValue))
	}
}

func (a account) references(p *page) {
	p.heading("REFERENCE")
	p.value("Incident", plain.Text(a.ID, maxValue))
	p.value("Severity", a.Severity.String())
	p.value(a.label(), plain.Text(a.TrailARN, maxValue))
	for _, id := range head(p, a.Techniques) {
		p.value("Technique", join(id, title(id)))
	}
	p.value("Baseline", plain.Text(a.BaselineHash, maxValue))
}

// head is the beginning of a list; what it leaves out is said on the page.
func head[T any](p *page, list []T) []T {
	if len(list) <= maxItems {
		return list
	}
	p.bullet("*", fmt.Sprintf("(%s entries; the first %d are shown, the incident's JSON has all)", thousands(len(list)), maxItems))
	return list[:maxItems]
}

// join puts a comma between the two texts that are not empty.
func join(a, b string) string {
	if a == "" || b == "" {
		return plain.Text(a+b, maxValue)
	}
	return plain.Text(a, maxValue) + ", " + plain.Text(b, maxValue)
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + plain.Text(s, maxValue)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
