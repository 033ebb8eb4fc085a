package notify

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
)

// Subject's length is what SNS accepts (Publish, parameter Subject).
const maxSubject = 100

const maxLine = 240

// subject puts first what decides whether to get up.
func (a account) subject() string {
	words := []string{"[Trailhold]", strings.ToUpper(a.Severity.String())}
	if flag := a.flag(); flag != "" {
		words = append(words, flag)
	}
	words = append(words, a.noun, plain.ASCII(a.name, 30)+":", plain.ASCII(a.what, 40)+",")
	if a.flag() == "" && a.Stage != incident.Observed || a.kind == incident.KindProved {
		words = append(words, a.outcome()+",")
	}
	if a.flag() == "RECOVERED" && a.Recovered != nil {
		words = append(words, recoveredBrief(*a.Recovered)+",")
	}
	words = append(words, a.source())
	return plain.ASCII(strings.Join(words, " "), maxSubject)
}

// source is who did it, or how it was found if nobody knows.
func (a account) source() string {
	if a.Cause == incident.CauseSweep && !a.Actor.Known() {
		return "found by a sweep"
	}
	return "by " + a.who
}

// flag is the unmistakable word; empty for what has been put right and for what changed nothing.
func (a account) flag() string {
	switch {
	case a.dry():
		return "DRY RUN"
	case a.Stage == incident.Failed:
		return "NOT RESTORED"
	case a.Stage == incident.Unread:
		return "UNREADABLE"
	case a.Unproved() && a.kind != incident.KindRecovered:
		return "NOT PROVED"
	case a.identified():
		return "IDENTIFIED"
	case a.contested() && a.Stage == incident.AlertOnly:
		return "CONTEST, NOT REVERTED"
	case a.contested():
		return "CONTEST"
	case a.kind == incident.KindEscalate:
		return "GOES ON"
	case a.foreign():
		return "NOT IN BASELINE"
	case a.Stage == incident.Permitted:
		return "PERMITTED"
	case a.Stage == incident.AlertOnly:
		return "NOT REVERTED"
	case a.kind == incident.KindRecovered:
		return "RECOVERED"
	case a.kind == incident.KindProved:
		return "PROVED"
	}
	return ""
}

// line is the whole story in one line.
func (a account) line() string {
	words := []string{stamp(a.Seen) + "Z", strings.ToUpper(a.Severity.String())}
	if flag := a.flag(); flag != "" {
		words = append(words, flag)
	}
	words = append(words, a.unit()+":", a.what+",", a.source())
	if a.Actor.SourceIPAddress != "" {
		words = append(words, "from", plain.Text(a.Actor.SourceIPAddress, maxName))
	}
	if calls := a.calls(); calls != "" {
		words = append(words, "("+calls+")")
	}
	switch flag := a.flag(); {
	case flag == "RECOVERED" && a.Recovered != nil:
		words = append(words, "-", recoveredBrief(*a.Recovered))
	case slices.Contains([]string{"", "PROVED", "GOES ON", "CONTEST", "IDENTIFIED"}, flag):
		words = append(words, "-", a.outcome())
	}
	id := " [" + plain.Text(a.ID, maxName) + "]"
	return plain.Text(strings.Join(words, " "), maxLine-len(id)) + id
}

// headline is the first line of the text. A failed restoration shouts.
func (a account) headline() string {
	name := upperFirst(a.unit())
	switch {
	case a.dry():
		return "DRY RUN, NOTHING WAS CHANGED. " + name + ": " + a.what + "."
	case a.Stage == incident.Failed && a.silent():
		return "!!! " + name + " IS NOT RECORDING. RESTORING IT FAILED. ACT NOW. !!!"
	case a.Stage == incident.Failed:
		return "!!! " + name + " IS NOT RESTORED. ACT NOW. !!!"
	case a.Stage == incident.Unread:
		return "UNREADABLE. Trailhold cannot see whether " + a.unit() + " is all right."
	case a.Unproved() && a.kind != incident.KindRecovered:
		return "NOT PROVED. " + name + " is restored, but no fresh delivery shows it."
	case a.identified():
		return "IT IS KNOWN NOW WHO DID IT: " + a.who + from(a.Actor) + ". " + name + ": " + a.what + "; " + a.outcome() + "."
	case a.contested() && a.Stage == incident.AlertOnly:
		return "A CONTEST, NOT REVERTED. " + name + ": " + a.what + ", again and again; the baseline's policy says to leave it."
	case a.contested():
		return "A CONTEST. " + name + ": " + a.what + ", again and again; " + a.outcome() + "."
	case a.kind == incident.KindEscalate:
		return "IT GOES ON. " + name + ": " + a.what + "; " + a.outcome() + "."
	case a.foreign():
		return "NOT IN THE BASELINE. " + name + ": " + a.what + "; Trailhold leaves it as it is."
	case a.Stage == incident.Permitted:
		return "PERMITTED. " + name + ": " + a.what + "; a change window allows it until it ends."
	case a.Stage == incident.AlertOnly:
		return "NOT REVERTED. " + name + ": " + a.what + "; Trailhold does not change it back."
	case a.kind == incident.KindRecovered:
		return "RECOVERED. " + name + ": Event history tells what was done while it did not record."
	case a.Stage == incident.Proved:
		return "PROVED. " + name + " is restored, and " + a.proofText() + "."
	case a.Stage == incident.Restored:
		return "RESTORED. " + name + ": " + a.what + "; " + a.outcome() + "."
	case a.unseen():
		return "NOTHING TO RESTORE. " + name + ": " + a.what + "."
	case a.Stage == incident.Observed && a.Unlisted():
		return "NOTHING CHANGED. " + name + " is not in the baseline. " + a.what + "."
	case a.Stage == incident.Observed:
		return "NOTHING CHANGED. " + name + " is as the baseline says. " + a.what + "."
	}
	return "SEEN. " + name + ": " + a.what + "; " + a.outcome() + "."
}

// story is what happened, in a sentence or two.
func (a account) story() string {
	s := upperFirst(a.unit()) + " (account " + plain.Text(a.Account, maxName) + ", " + plain.Text(a.Region, maxName) + "): " + a.what
	if a.Cause == incident.CauseSweep && !a.Actor.Known() {
		return s + ". No event told of it: a sweep found it, so who did it and when is " + a.unknownYet() + "." + a.reaction() + a.inWindow()
	}
	s += " by " + a.who
	if !a.Attack.IsZero() {
		s += " at " + stamp(a.Attack) + " UTC"
	}
	if calls := a.calls(); calls != "" {
		s += ", in " + calls + " so far"
	}
	return s + "." + a.searched() + a.reaction() + a.inWindow()
}

// unknownYet says what can be hoped for where nobody knows who it was.
func (a account) unknownYet() string {
	if search := a.ActorSearch(); search != "" && search != incident.ActorNotYet {
		return "not known"
	}
	return "not known yet"
}

// searched says how it became known who it was.
func (a account) searched() string {
	if !a.identified() {
		return ""
	}
	return " A sweep found it without a record of the call, and you were told of it then; the record has come now."
}

// inWindow says what a change window has to do with it.
func (a account) inWindow() string {
	id := plain.Text(a.Permitted, maxName)
	switch {
	case a.Permitted == "":
		return ""
	case a.Stage == incident.Permitted:
		return " Change window " + id + " allows it: Trailhold undoes it when the window ends, unless the baseline has the new state by then."
	case a.Stage == incident.Restored || a.Stage == incident.Proved || a.Stage == incident.Failed:
		return " Change window " + id + " allowed it while it was open. It has ended, and the baseline in force does not have the new state: that is why it is undone."
	}
	return ""
}

func from(actor incident.Actor) string {
	return prefixed(" from ", plain.Text(actor.SourceIPAddress, maxName))
}

// reaction is how fast the guard was.
func (a account) reaction() string {
	back := a.took(a.Restored)
	if back == "" || a.Permitted != "" {
		return ""
	}
	if noticed := a.noticed(); noticed != "" {
		noticed += " later"
		if a.noticed() == instant {
			noticed = "within a second"
		}
		return " Trailhold saw it " + noticed + " and had the " + a.noun + " as the baseline wants it " + back + " after that."
	}
	return " Trailhold had the " + a.noun + " as the baseline wants it " + back + " after it saw it."
}
