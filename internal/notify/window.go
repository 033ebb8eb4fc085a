package notify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// windowed is what a message tells about a change window. Nothing has been tampered with, but until it ends somebody may
// tamper unhindered: whoever is woken by it has to decide whether that is as planned.
type windowed struct {
	incident.Incident
	noun, name string // what the window is for
	who        string
}

func readWindow(i incident.Incident) windowed {
	w := windowed{Incident: i, who: "an unknown identity"}
	w.noun, w.name = unitName(i.TrailARN)
	if i.Window.OpenedBy != "" {
		w.who = shortActor(incident.Actor{ARN: i.Window.OpenedBy})
	}
	return w
}

func (w windowed) compose(kind incident.Kind) Message {
	return Message{
		Kind: kind, Incident: w.Incident,
		Subject: plain.ASCII(fmt.Sprintf("[Trailhold] %s %s %s: %s %s, by %s", w.alarm(), w.noun, plain.ASCII(w.name, 30),
			w.count(), w.may(w.Window.Until.UTC().Format("15:04")+" UTC"), w.who), maxSubject),
		Line: w.line(), JSON: incidentJSON(w.Incident), Brief: w.brief(),
	}.laidOut(w.page())
}

// unit is what the window is for, such as "trail audit".
func (w windowed) unit() string { return w.noun + " " + w.name }

func (w windowed) alarm() string { return strings.ToUpper(w.Severity.String()) + " " + w.flag() }

// open says whether the window had not been ended when the incident was saved.
func (w windowed) open() bool { return w.Stage == incident.ChangeWindow }

func (w windowed) flag() string { return w.tense("CHANGE WINDOW", "CHANGE WINDOW ENDED") }

// tense chooses the words for a window that is open, or has ended.
func (w windowed) tense(open, ended string) string {
	if w.open() {
		return open
	}
	return ended
}

// count is how many fields, since their names may take more than a line.
func (w windowed) count() string {
	if len(w.Window.Fields) == 1 {
		return plain.Text(string(w.Window.Fields[0]), 40)
	}
	return fmt.Sprintf("%d fields", len(w.Window.Fields))
}

func (w windowed) may(until string) string {
	return w.tense("may change until "+until, "could be changed")
}

func (w windowed) line() string {
	id := " [" + plain.Text(w.ID, maxName) + "]"
	text := fmt.Sprintf("%sZ %s %s: %s %s, opened by %s: %s", stamp(w.Seen), w.alarm(), w.unit(), listed(w.Window.Fields, maxItems),
		w.may(stamp(w.Window.Until)+"Z"), w.who, plain.Text(w.Window.Reason, maxName))
	return plain.Text(text, maxLine-len(id)) + id
}

func (w windowed) page() *page {
	p := &page{}
	p.para(w.headline())
	p.out.WriteString("\n")
	p.para(w.story())
	p.todos(w.advice())
	w.whoSection(p)
	w.whenSection(p)
	p.heading("WHY")
	p.indented(w.Window.Reason)
	w.fields(p)
	w.notes(p)
	p.heading("REFERENCE")
	p.value("Window", plain.Text(w.ID, maxValue))
	p.value("Severity", w.Severity.String())
	p.value("Trail", plain.Text(w.TrailARN, maxValue))
	p.value("Baseline", plain.Text(w.BaselineHash, maxValue))
	return p
}

func (w windowed) headline() string {
	if !w.open() {
		return "CHANGE WINDOW ENDED. " + upperFirst(w.unit()) + " is guarded in full again."
	}
	return "CHANGE WINDOW OPENED. Until " + stamp(w.Window.Until) + " UTC Trailhold will not undo changes of " + w.count() + " of " + w.unit() + "."
}

func (w windowed) story() string {
	s := "A change window was opened for " + w.unit() + " (account " + plain.Text(w.Account, maxName) + ", " +
		plain.Text(w.Region, maxName) + ") by " + w.who
	if !w.open() {
		return s + ", and has ended since. What was changed in it and is not in the baseline is restored, and you are told of it."
	}
	return s + ". Changes of the fields below are noted, and neither undone nor told, whoever makes them. All else is guarded as ever."
}

func (w windowed) advice() []todo {
	if !w.open() {
		return []todo{{text: "If nobody planned this window, find out who opened it: whoever can write to Trailhold's journal can."}}
	}
	return []todo{
		{"If you do not know of this change, close the window; what was changed is restored by the next sweep. Whoever can write to Trailhold's journal can open one, so find out who did.",
			closeWindow(w.ID)},
		{text: "If it is planned: when the window ends, Trailhold puts back whatever is not as its baseline says. To keep the new state, run " +
			"\"trailhold baseline capture\" after the change, read what it wrote, and give it to the guard before " + stamp(w.Window.Until) + " UTC."},
	}
}

func (w windowed) whoSection(p *page) {
	p.heading("WHO")
	if w.Window.OpenedBy == "" {
		p.value("Opened by", "unknown: the identity of the command's credentials could not be read")
		return
	}
	p.value("Opened by", plain.Text(w.Window.OpenedBy, maxValue))
	p.value("", "as the command said: the journal cannot prove it")
}

func (w windowed) whenSection(p *page) {
	p.heading("WHEN (UTC)")
	p.value("Opened", stamp(w.Seen))
	p.value(w.tense("Ends", "Was to end"), stamp(w.Window.Until)+after(span(w.Seen, w.Window.Until), "it was opened"))
}

// allowed says what it would mean if an intruder used a window of the fields that end all recording.
var allowed = map[trail.Field]string{
	trail.FieldTrail:     "the trail may be DELETED",
	trail.FieldLogging:   "recording may be STOPPED",
	trail.FieldBucket:    "log files may go to ANOTHER BUCKET",
	trail.FieldSelectors: "what is recorded may become LESS",
}

// fields spells out all fields: nobody shall have to know what "all" was when the window was opened.
func (w windowed) fields(p *page) {
	p.heading(w.tense("WHAT MAY CHANGE", "WHAT COULD BE CHANGED"))
	var harmful, plainly []trail.Field
	for _, f := range w.Window.Fields {
		if allowed[f] != "" {
			harmful = append(harmful, f)
		} else {
			plainly = append(plainly, f)
		}
		for _, with := range trail.Together(f) { // which the guard permits together
			if !slices.Contains(w.Window.Fields, with) && !slices.Contains(plainly, with) {
				plainly = append(plainly, with)
			}
		}
	}
	for _, f := range head(p, harmful) {
		p.bullet("*", plain.Text(string(f), maxName)+": "+allowed[f])
	}
	if len(plainly) > 0 {
		p.bullet("*", listed(plainly, len(trail.Fields())))
	}
}

func (w windowed) notes(p *page) {
	if len(w.Notes) == 0 {
		return
	}
	p.heading("ALSO TO KNOW")
	for _, s := range head(p, w.Notes) {
		p.bullet("*", plain.Text(s, maxValue))
	}
}
