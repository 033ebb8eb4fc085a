package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// How much of an incident a text shows. The incident's JSON has all of it.
const (
	maxName  = 60  // characters of a name inside a sentence
	maxValue = 600 // characters of a value of its own
	maxItems = 40  // entries of a list
)

// account is what a message tells, drawn from an incident.
type account struct {
	incident.Incident
	kind incident.Kind
	call call   // the first record's, empty if there is none
	noun string // what kind of thing it is about: "trail", or a kind of resource that is guarded by itself, such as "rule"
	name string // its name
	what string // what was done, beginning in lower case, such as "logging stopped"
	who  string // the actor, short
}

// call is what the first record says was called.
type call struct {
	EventName    string `json:"eventName"`
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
	Region       string `json:"awsRegion"`
}

// failed says whether the call had no effect. "200" is recorded for some calls that succeeded.
func (c call) failed() bool { return c.ErrorCode != "" && c.ErrorCode != "200" }

func read(i incident.Incident, kind incident.Kind) account {
	a := account{Incident: i, kind: kind, who: shortActor(i.Actor)}
	a.noun, a.name = unitName(i.TrailARN)
	if len(i.Records) > 0 {
		_ = json.Unmarshal(i.Records[0], &a.call) // what cannot be read stays empty, and the text goes without it
	}
	a.what = a.deed()
	return a
}

// unitName says what an incident is about. Whatever is not the ARN of a resource is taken for a trail.
func unitName(arn string) (noun, name string) {
	if r, err := trail.ParseResourceARN(arn); err == nil {
		return strings.ReplaceAll(string(r.Type), "-", " "), resourceName(arn)
	}
	if _, name, ok := strings.Cut(arn, ":trail/"); ok {
		arn = name
	}
	return "trail", plain.Text(arn, maxName)
}

// unit is kind and name of what the incident is about, inside a sentence.
func (a account) unit() string { return a.noun + " " + a.name }

// isTrail says whether it is about a trail, and not about a resource that is guarded by itself.
func (a account) isTrail() bool { return a.noun == "trail" }

// shortActor is enough of the actor to recognise a colleague by.
func shortActor(a incident.Actor) string {
	if !a.Known() {
		return "an unknown actor"
	}
	name := a.ARN
	if _, after, ok := strings.Cut(name, "::"); ok {
		_, name, _ = strings.Cut(after, ":")
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "assumed-role/"), "user/")
	switch {
	case a.Type == "Root":
		name = "the root user"
	case name == "" && a.InvokedBy != "":
		name = a.InvokedBy
	case name == "" && a.AccessKeyID != "":
		name = "access key " + a.AccessKeyID
	case name == "":
		name = "an unnamed " + a.Type
	}
	return plain.Text(name, maxName)
}

// deed says what was done, in a few words.
func (a account) deed() string {
	if a.Stage == incident.Observed && a.call.EventName != "" && !a.foreign() && !a.unseen() {
		return plain.Text(a.call.EventName, maxName) + a.fate()
	}
	if len(a.Techniques) > 0 {
		return lowerFirst(title(a.Techniques[0]))
	}
	if len(a.Drifts) > 0 {
		return a.change(a.Drifts[0])
	}
	if len(a.Unknown) > 0 {
		return "state cannot be read"
	}
	return "something touched it"
}

// foreign says whether something was done to a trail that the baseline does not know.
func (a account) foreign() bool { return a.Unlisted() && !a.call.failed() }

// unseen says whether the call took effect on something of which no state shows it: messages purged, log files deleted, an
// account that left an organization which nobody guards.
func (a account) unseen() bool {
	if a.Stage != incident.Observed || a.call.failed() || len(a.Techniques) == 0 {
		return false
	}
	t, ok := tamper.Lookup(a.Techniques[0])
	return a.Unguarded() || ok && t.Tier != tamper.TierTrail && len(t.Fields) == 0 && t.Severity > severity.Info
}

// fate says how the call ended, for those that changed nothing.
func (a account) fate() string {
	if !a.call.failed() {
		return " changed nothing"
	}
	return " failed (" + plain.Text(a.call.ErrorCode, maxName) + ")"
}

func title(id string) string {
	if t, ok := tamper.Lookup(id); ok {
		return t.Title
	}
	return plain.Text(id, maxName)
}

// lowerFirst makes a title part of a sentence. Names keep their capital: those with another one inside, such as
// CloudWatch and KMS, and Insights.
func lowerFirst(s string) string {
	word, _, _ := strings.Cut(s, " ")
	if word == "Insights" || len(word) < 2 || word[0] > unicode.MaxASCII || strings.ContainsFunc(word[1:], unicode.IsUpper) {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func upperFirst(s string) string {
	if s == "" || s[0] > unicode.MaxASCII {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// dry says that nothing was changed because nothing was to be.
func (a account) dry() bool { return a.DryRun || a.Stage == incident.Planned }

// outcome is what became of it, in a few words.
func (a account) outcome() string {
	switch {
	case a.dry():
		return "nothing was changed (dry run)"
	case a.Stage == incident.Failed:
		return "NOT RESTORED"
	case a.Stage == incident.Unread:
		return "state cannot be read"
	case a.Stage == incident.Observed:
		return "nothing had to be restored"
	case a.Stage == incident.AlertOnly && len(a.Left) > 0:
		return "no longer fought over"
	case a.Stage == incident.AlertOnly:
		return "not to be reverted"
	case a.Stage == incident.Permitted:
		return "left alone, as a change window allows"
	case a.Stage == incident.Open:
		return "not yet acted on"
	case a.Stage == incident.Proved:
		return a.proven()
	}
	if a.Permitted != "" {
		return "restored after its change window"
	}
	return "restored" + in(a.took(a.Restored))
}

func in(took string) string {
	if took == "" {
		return ""
	}
	return " in " + took
}

// took is the time from when it was seen.
func (a account) took(until time.Time) string { return span(a.Seen, until) }

// calls says how many records were folded in, if that is worth saying.
func (a account) calls() string {
	if a.Occurrences < 2 {
		return ""
	}
	return thousands(a.Occurrences) + " calls"
}

// mended says whether the steps that remove the drift succeeded, at the last time that each was tried.
func (a account) mended(d trail.Drift) bool {
	last := map[string]incident.StepOutcome{}
	for _, s := range a.Steps {
		if slices.Contains(s.Mends, d.Field) && (d.Resource == "" || s.ARN == d.Resource) {
			last[s.ID] = s.Outcome
		}
	}
	for _, outcome := range last {
		if outcome != incident.StepDone {
			return false
		}
	}
	return len(last) > 0
}

// contested says whether the message is about somebody who keeps undoing what is restored.
func (a account) contested() bool {
	_, ok := a.Contest()
	return ok && (a.kind == incident.KindEscalate || a.Stage == incident.AlertOnly)
}

// identified says whether the message is about who it was.
func (a account) identified() bool { return a.kind == incident.KindIdentified && a.Actor.Known() }

// silent says whether the trail is known not to record.
func (a account) silent() bool {
	return slices.ContainsFunc(a.Drifts, func(d trail.Drift) bool {
		stopped := d.Field == trail.FieldTrail || d.Field == trail.FieldLogging
		return stopped && d.Direction != trail.Widening && !a.mended(d)
	})
}

// span is the time between two moments for people, empty if one of them is unknown or they are in the wrong order,
// which clocks that differ can bring about.
func span(from, to time.Time) string {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return ""
	}
	return duration(to.Sub(from))
}

// instant is what is shorter than CloudTrail's clock can tell.
const instant = "<1 s"

// coarse is the time since a moment that CloudTrail gave, to the second: records know no fractions of it.
func coarse(from, to time.Time) string {
	took := to.Sub(from)
	switch {
	case span(from, to) == "":
		return ""
	case took < time.Second:
		return instant
	case took < time.Minute:
		return fmt.Sprintf("%d s", int(took.Seconds()))
	}
	return duration(took)
}

// noticed is the time from the attack until it was seen.
func (a account) noticed() string { return coarse(a.Attack, a.Seen) }

func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "<1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }
