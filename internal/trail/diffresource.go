package trail

import (
	"fmt"
	"maps"
	"slices"

	"github.com/trailhold/trailhold/internal/severity"
)

// diffDependents compares all that the trail's delivery rests on.
func diffDependents(want Guarded, have State, result *Difference) {
	for _, r := range want.Dependents {
		diffResource(r, have.Dependents[r.ARN], result)
	}
}

// diffResource compares one resource. Of one that does not exist, that is all there is to say.
func diffResource(r Resource, have ResourceState, result *Difference) {
	k, _ := kindOf(r.Type) // one that nobody knows has no settings
	identity, known := have[Identity].Get()
	missing := Drift{Field: FieldOf(r.Type, Identity), Resource: r.ARN, Before: r.Name(), Direction: Narrowing, Severity: k.severity, Detail: k.missing}
	switch {
	case have[Identity].Knowledge() == Absent:
		result.add(missing)
		return
	case known && r.taken(identity):
		missing.After, missing.Severity = identity, severity.Critical
		missing.Detail = "the name now belongs to somebody else, who receives what is sent there"
		result.add(missing)
		return
	case !known:
		unknownSetting(r, Identity, have, result)
		if !anyKnown(have) {
			return // the same reason, over and over, tells nobody more
		}
	}
	for _, s := range k.settings {
		wanted, guarded := r.Settings[s.name]
		if !guarded {
			continue
		}
		now, known := have[s.name].Get()
		if !known {
			unknownSetting(r, s.name, have, result)
		} else if drift, drifted := s.diff(r, wanted, now); drifted {
			result.add(drift)
		}
	}
}

// taken says whether the name belongs to another account now.
func (r Resource) taken(identity Document) bool {
	owner := identity.Text("Owner")
	return owner != "" && owner != r.Account
}

// anyKnown says whether any setting could be read.
func anyKnown(have ResourceState) bool {
	for _, f := range have {
		if f.Knowledge() == Present {
			return true
		}
	}
	return false
}

func unknownSetting(r Resource, s Setting, have ResourceState, result *Difference) {
	why := have[s].Why()
	switch {
	case have[s].Knowledge() == Absent:
		why = "AWS says that it does not exist, but not in every answer: its answers lag behind, look again"
	case why == "":
		why = "was not looked at"
	}
	result.Unknown = append(result.Unknown, UnknownFacet{Facet: string(FieldOf(r.Type, s)), Resource: r.ARN, Why: why})
}

// diff compares one setting.
func (s setting) diff(r Resource, want, have Document) (Drift, bool) {
	want, have = s.normal(want), s.normal(have)
	if want == have || want.Empty() && have.Empty() || s.policy && samePolicy(want, have) {
		return Drift{}, false
	}
	drift := Drift{
		Field: FieldOf(r.Type, s.name), Resource: r.ARN, Before: want, After: have,
		Direction: Narrowing, Severity: s.severity, Detail: s.means,
	}
	if s.members {
		change := compareMembers(want, have)
		drift.Detail += ": " + change.words()
		if len(change.put) == 0 {
			drift.Direction = Widening
		}
	}
	if s.weigh != nil {
		drift.Direction = s.weigh(want, have)
	}
	if drift.Direction == Widening {
		drift.Severity = min(drift.Severity, severity.Medium) // nothing is lost, but somebody should know
	}
	return drift, true
}

// normal brings a document into the form in which this setting is compared.
func (s setting) normal(d Document) Document { return d.orEmpty() }

// memberChange is what separates the members of two documents.
type memberChange struct {
	put    []string // wanted, and missing or different
	extra  []string // not wanted
	absent int      // how many of put are missing altogether
}

func compareMembers(want, have Document) memberChange {
	wanted, now := want.Members(), have.Members()
	var c memberChange
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		switch document, there := now[name]; {
		case !there:
			c.absent++
			c.put = append(c.put, name)
		case document != wanted[name]:
			c.put = append(c.put, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, there := wanted[name]; !there {
			c.extra = append(c.extra, name)
		}
	}
	return c
}

func (c memberChange) words() string {
	text := ""
	if len(c.put) > 0 {
		text = "missing or changed: " + list(c.put)
	}
	if len(c.extra) > 0 {
		if text != "" {
			text += "; "
		}
		text += fmt.Sprintf("added: %s", list(c.extra))
	}
	return text
}
