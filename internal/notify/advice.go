package notify

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// todo is one thing to do, with the command that does it where one can be given.
type todo struct {
	text    string
	command []string // arguments that belong on one line stay one string
}

// advice is what to do next, the most urgent first.
func (a account) advice() []todo {
	var todos []todo
	if a.dry() {
		todos = append(todos, todo{text: "Nothing was changed, because this is a dry run. Run it without --dry-run to restore the " + a.noun + "."})
	}
	if a.Permitted != "" && a.Stage != incident.Permitted {
		todos = append(todos, todo{text: "If this was the change that the window was opened for, it is gone: open a window again, make the change, and give the guard a newly captured baseline before the window ends."})
	}
	todos = append(todos, a.repair()...)
	switch {
	case a.contested():
		todos = append(todos, a.endContest()...)
	case a.kind == incident.KindEscalate:
		todos = append(todos, todo{text: "It will go on for as long as whoever does it can: take away the credential first."})
	}
	if a.kind != incident.KindProved {
		todos = append(todos, a.stopActor()...)
	}
	todos = append(todos, a.checkDestinations()...)
	todos = append(todos, a.lookAround()...)
	return append(todos, a.ifIntended()...)
}

// repair is for a trail that is not as it should be and will not become so by itself.
func (a account) repair() []todo {
	var todos []todo
	if a.stillFailing() {
		if a.silent() && !a.drifted(trail.FieldTrail) {
			todos = append(todos, todo{"Start the trail by hand, with an identity that may:", command(
				"aws cloudtrail start-logging", "--region", a.Region, "--name", a.TrailARN)})
		}
		todos = append(todos, a.byHand()...)
		if len(a.taken()) == 0 {
			todos = append(todos, todo{text: "Mend what the errors below name (permission, bucket, key), then run: trailhold sweep --baseline FILE"})
		}
	}
	todos = append(todos, a.taken()...)
	if len(a.Unknown) > 0 {
		todos = append(todos, a.reading())
	}
	if a.foreign() {
		return append(todos, a.unlisted()...)
	}
	if a.Stage == incident.Permitted {
		return append(todos, a.permitted()...)
	}
	if a.Stage == incident.AlertOnly && !a.dry() && len(a.Left) == 0 {
		todos = append(todos, a.decision())
	}
	return todos
}

// permitted is for what a change window allows.
func (a account) permitted() []todo {
	return []todo{
		{text: "If this is the change that the window was opened for: run \"trailhold baseline capture\", read what it wrote, and give it to the guard before the window ends. Otherwise Trailhold undoes the change then."},
		{"If it is not, close the window, and the next sweep undoes it:", closeWindow(a.Permitted)},
	}
}

// closeWindow is the command that ends a change window; which journal, only its reader knows.
func closeWindow(id string) []string {
	if !harmless(id) {
		return nil
	}
	return command("trailhold window close "+id, "--journal", "DIR")
}

// endContest is for somebody who keeps undoing what is restored: mostly a pipeline, now and then an intruder.
func (a account) endContest() []todo {
	todos := []todo{{text: "Find out what " + a.who + " is. If it is a pipeline of yours, it believes in another configuration than the baseline: " +
		"correct the pipeline, or run \"trailhold baseline capture\" and give the result to the guard."}}
	if len(a.Left) > 0 {
		return append(todos, todo{text: "Until then " + joinFields(a.Left) + " stays as it was changed: the baseline's policy.contest is \"leave\". To have it restored, set it to \"fight\"."})
	}
	return append(todos, todo{text: "Until then Trailhold restores it each time, and tells you again only when there are ten times as many rounds. If nobody knows it, treat it as an intruder, as below."})
}

// unlisted is for trails that the baseline does not know: somebody has to say what they are.
func (a account) unlisted() []todo {
	const add = "add it to the baseline, which \"trailhold baseline capture\" writes."
	if a.Stage == incident.Observed {
		return []todo{{text: "This trail is not in the baseline, so Trailhold does not guard it. If it should, " + add}}
	}
	return []todo{
		{"This trail is not in the baseline, so Trailhold neither guards nor removes it. Find out who needs it and whose bucket it writes to. If nobody can say, delete it:",
			command("aws cloudtrail delete-trail", "--region", a.Region, "--name", a.TrailARN)},
		{text: "If it is meant to be, " + add},
	}
}

func (a account) drifted(f trail.Field) bool {
	return slices.ContainsFunc(a.Drifts, func(d trail.Drift) bool { return d.Field == f })
}

// stopActor takes the means away from whoever did it.
func (a account) stopActor() []todo {
	who := a.Actor
	key := plain.Text(who.AccessKeyID, maxName)
	issuer := plain.Text(who.SessionIssuer, maxValue)
	switch {
	case !who.Known():
		return nil
	case who.Type == "Root":
		return []todo{{text: "The root user did this. Unless you can name who it was: change its password, delete its access keys, check its MFA devices."}}
	case strings.HasPrefix(who.AccessKeyID, "AKIA"):
		return []todo{{"Unless you know that this was meant, deactivate access key " + key + ":", command(
			"aws iam update-access-key", "--status", "Inactive", "--access-key-id", who.AccessKeyID, "--user-name", userOf(who.ARN))}}
	case issuer != "":
		return []todo{{text: "Unless you know that this was meant, revoke the active sessions of " + issuer +
			" (IAM console, the role, Revoke sessions). Its temporary key " + key + " cannot be deactivated by itself."}}
	case who.InvokedBy != "":
		return []todo{{text: "An AWS service made the call. Find out who told it to: a stack, an automation, a console session."}}
	}
	return []todo{{text: "Find out who " + a.who + " is, and take the credential out of use unless this was meant."}}
}

// userOf is the user's name of an IAM user's ARN.
func userOf(arn string) string {
	if !strings.Contains(arn, ":user/") {
		return ""
	}
	return arn[strings.LastIndexByte(arn, '/')+1:]
}

// checkDestinations is about where logs may have gone.
func (a account) checkDestinations() []todo {
	var todos []todo
	for _, d := range a.Drifts {
		foreign, _ := d.After.(string)
		if foreign == "" || d.Direction == trail.Widening {
			continue
		}
		name := plain.Text(foreign, maxValue)
		switch d.Field {
		case trail.FieldBucket:
			todos = append(todos, todo{"Log files may have gone to the bucket " + name + ". Find out whose it is (an error here means: not this account's), and treat what went there as disclosed:",
				command("aws s3api head-bucket", "--bucket", foreign, "--expected-bucket-owner", a.Account)})
		case trail.FieldTopic:
			todos = append(todos, todo{text: "Delivery notices may have gone to the topic " + name + ": find out whose it is."})
		case trail.FieldLogGroup:
			todos = append(todos, todo{text: "Events may have gone to the log group " + name + ": find out who reads it."})
		case trail.FieldKey:
			todos = append(todos, todo{text: "Log files may be encrypted under the key " + name + ": copy them while it can still decrypt, and find out whose it is."})
		}
	}
	return todos
}

// lookAround finds out who it was, or what else they did. Event history records even while no trail does.
func (a account) lookAround() []todo {
	if a.Stage == incident.Unread {
		return nil
	}
	if a.Actor.AccessKeyID != "" {
		return []todo{{"See what else this identity did (Event history records even while no trail does; it may lag 15 minutes):", command(
			"aws cloudtrail lookup-events", "--region", a.where(),
			"--lookup-attributes", "AttributeKey=AccessKeyId,AttributeValue="+a.Actor.AccessKeyID)}}
	}
	event := a.suspectedCall()
	if a.Actor.Known() || event == "" {
		return nil
	}
	ask := "Find out who it was. Event history records even while no trail does (it may lag 15 minutes):"
	switch a.ActorSearch() {
	case "", incident.ActorNotAsked:
	case incident.ActorNotYet:
		ask = "Trailhold goes on looking for who it was, and will tell you. To look yourself (Event history may lag 15 minutes):"
	default:
		ask = "Find out who it was. Trailhold found nobody in Event history; look whether you do, also in other regions:"
	}
	return []todo{{ask, command(
		"aws cloudtrail lookup-events", "--region", a.where(),
		"--lookup-attributes", "AttributeKey=EventName,AttributeValue="+event)}}
}

// suspectedCall is the call that the technique is known for.
func (a account) suspectedCall() string {
	for _, id := range a.Techniques {
		if t, ok := tamper.Lookup(id); ok && len(t.Calls) > 0 {
			return t.Calls[0].Name
		}
	}
	return ""
}

func (a account) ifIntended() []todo {
	switch {
	case a.foreign(), a.Permitted != "", a.contested():
		return nil
	case a.Stage == incident.Observed:
		return []todo{{text: "The " + a.noun + " itself needs nothing. Find out why this was called."}}
	case a.kind == incident.KindProved:
		return []todo{{text: "The " + a.noun + " itself needs nothing more."}}
	case len(a.Drifts) == 0:
		return nil
	}
	return []todo{{text: "If the change was meant to be: change the baseline too, or the next one will be reported again."}}
}

// command puts a command together, options with their values. It is nil if any part could mean something to a shell:
// nobody shall be brought to paste an attacker's text.
func command(program string, options ...string) []string {
	parts := []string{program}
	for n := 0; n+1 < len(options); n += 2 {
		if !harmless(options[n+1]) {
			return nil
		}
		parts = append(parts, options[n]+" "+options[n+1])
	}
	return parts
}

// harmless says whether a shell takes s as it stands, as one argument that is no option.
func harmless(s string) bool {
	const safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/_.@+=,-"
	return s != "" && len(s) <= 200 && s[0] != '-' && strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(safe, r) }) < 0
}
