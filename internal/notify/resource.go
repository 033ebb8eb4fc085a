package notify

import (
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// resourceName is the short name of a resource, by which people call it; its ARN if that is none of the kinds known.
func resourceName(arn string) string {
	if r, err := trail.ParseResourceARN(arn); err == nil {
		arn = trail.Resource{Type: r.Type, ARN: arn}.Name()
	}
	return plain.Text(arn, maxName)
}

// change says in a few words what drifted.
func (a account) change(d trail.Drift) string {
	kind, setting, ok := strings.Cut(string(d.Field), ".")
	if !ok || d.Resource == "" {
		return plain.Text(string(d.Field), maxName) + " changed"
	}
	thing, became := plain.Text(strings.ReplaceAll(kind, "-", " "), maxName)+" "+shortKey(resourceName(d.Resource)), fate(d, setting)
	itself, whole := d.Resource == a.TrailARN, setting == string(trail.Identity) || setting == "state"
	switch {
	case itself && became != "changed":
		return became // the name is in the sentence already
	case itself:
		return plain.Text(setting, maxName) + " changed"
	case whole:
		return thing + " " + became
	}
	return plain.Text(setting, maxName) + " of " + thing + " " + became
}

// fate is the verb for what became of a resource or of one of its settings.
func fate(d trail.Drift, setting string) string {
	switch word := stateAfter(d); {
	case setting == string(trail.Identity) && d.After != nil:
		return "taken over"
	case setting == string(trail.Identity):
		return "deleted"
	case word != "":
		return "set to " + word
	}
	return "changed"
}

// shortKey is enough of a key's id to recognise it where there is little room.
func shortKey(name string) string {
	if first, _, ok := strings.Cut(name, "-"); ok && len(name) == 36 && len(first) == 8 {
		return first
	}
	return name
}

// stateAfter is the word for what a resource became, such as DISABLED, if the drift is of such a word; empty otherwise.
func stateAfter(d trail.Drift) string {
	_, after := d.Apart()
	document, err := trail.NewDocument(after)
	if err != nil {
		return ""
	}
	for _, member := range []string{"KeyState", "State", "Status"} {
		if word := document.Text(member); word != "" {
			return plain.Text(word, maxName)
		}
	}
	return ""
}

// field names what drifted, or could not be read, as the baseline file does, and of which resource where that is not
// what the whole incident is about.
func (a account) field(name, arn string) string {
	name = plain.Text(name, maxName)
	if arn == "" || arn == a.TrailARN {
		return name
	}
	return name + " of " + resourceName(arn)
}

// resource is the line with a resource's ARN, which the console and other people can be asked for.
func (a account) resource(p *page, arn string) {
	if arn != a.TrailARN {
		p.value("  resource", plain.Text(arn, maxValue))
	}
}

// target says on which resource a step works, where that is not what the whole incident is about.
func (a account) target(s trail.Step) string {
	if s.Resource == "" || s.ARN == a.TrailARN {
		return ""
	}
	return " on " + plain.Text(strings.ReplaceAll(string(s.Resource), "-", " "), maxName) + " " + resourceName(s.ARN)
}

// proofText is what proves that it is well again. A resource that is guarded by itself delivers nothing: it is looked at again.
func (a account) proofText() string {
	if a.isTrail() {
		return "log files are being delivered again"
	}
	return "has stayed so"
}

// proven is the same in fewer words.
func (a account) proven() string {
	if a.isTrail() {
		return "delivering again"
	}
	return "stayed restored"
}

// where is the region in which the call that caused the first drift is recorded, as far as that is known.
func (a account) where() string {
	if len(a.Drifts) == 0 || a.Drifts[0].Resource == "" {
		return a.Region
	}
	arn := a.Drifts[0].Resource
	for _, s := range a.Steps {
		if s.ARN == arn && s.Region != "" {
			return s.Region
		}
	}
	if r, err := trail.ParseResourceARN(arn); err == nil && r.Region+r.GlobalRegion() != "" {
		return r.Region + r.GlobalRegion()
	}
	return a.Region
}

// byHand is what must not wait for somebody to find out how: what Trailhold failed to restore and will be lost, or keeps it
// from hearing of anything else.
func (a account) byHand() []todo {
	var todos []todo
	for _, d := range a.Drifts {
		if a.mended(d) || d.Direction == trail.Widening {
			continue
		}
		name := resourceName(d.Resource)
		r, _ := trail.ParseResourceARN(d.Resource)
		switch d.Field {
		case trail.FieldOf(trail.Key, "state"):
			todos = append(todos,
				todo{"If the key " + name + " is waiting to be deleted, cancel that first. Once it is deleted, what it encrypted can never be read again:",
					command("aws kms cancel-key-deletion", "--region", r.Region, "--key-id", d.Resource)},
				todo{"Then enable it:", command("aws kms enable-key", "--region", r.Region, "--key-id", d.Resource)})
		case trail.FieldOf(trail.Rule, "definition"):
			todos = append(todos, todo{"If the rule " + name + " is only disabled, enable it by hand, with an identity that may:",
				command("aws events enable-rule", "--region", r.Region, "--name", trail.Resource{Type: trail.Rule, ARN: d.Resource}.Name())})
		}
	}
	return todos
}

// taken is about a name that now belongs to somebody else, who receives what is sent there.
func (a account) taken() []todo {
	var todos []todo
	for _, d := range a.Drifts {
		_, setting, _ := strings.Cut(string(d.Field), ".")
		if d.Resource == "" || setting != string(trail.Identity) || d.After == nil {
			continue
		}
		todos = append(todos, todo{text: "The name " + resourceName(d.Resource) + " belongs to somebody else now, and Trailhold cannot get it back. Treat what was sent there as " +
			"disclosed, let nothing be sent there any more, and change the baseline to what takes its place."})
	}
	return todos
}

// reading is what to do about what could not be read.
func (a account) reading() todo {
	what := "the trail"
	for _, u := range a.Unknown {
		if u.Resource != "" {
			what = "what it guards"
		}
	}
	return todo{text: "Let Trailhold read " + what + ": see below what could not be read and why. Unknown is not taken for all right."}
}

// decision is for what is not put back.
func (a account) decision() todo {
	for _, d := range a.Drifts {
		if d.Resource != "" {
			return todo{text: "Decide whether the change stays, and undo it by hand if not. Trailhold does not: the baseline says not to, it takes nothing away, or no call could."}
		}
	}
	return todo{text: "Decide whether the change stays. Trailhold does not revert it: the baseline says not to, or it adds to what is recorded."}
}

// pending says why there is no proof yet.
func (a account) pending() string {
	if a.isTrail() {
		return "not yet: CloudTrail delivers about every 5 minutes; you will be told"
	}
	return "not yet: the next sweep looks at it again; you will be told"
}

// label is what the page calls the ARN of what the incident is about.
func (a account) label() string {
	if a.isTrail() {
		return "Trail"
	}
	return "Resource"
}

// stillFailing says whether restoration was tried and did not succeed.
func (a account) stillFailing() bool { return a.Stage == incident.Failed && !a.dry() }
