package trail

import (
	"encoding/json"
	"slices"
)

// maxMembers bounds the steps that one setting's members can cause: an intruder may have made thousands.
const maxMembers = 50

// of names a drift of one resource.
type of struct {
	resource string
	field    Field
}

// dependents plans for what the trail's delivery rests on: first what CloudTrail checks when a trail is created or
// changed, then all the rest. No step of the trail waits for these to succeed: where one of them cannot be put right,
// AWS says best which call it still takes.
func (p *planner) dependents(first bool) {
	for _, r := range p.want.Dependents {
		p.resource(r, first)
	}
}

// resource plans for one resource: it is made again, and then its settings are written.
func (p *planner) resource(r Resource, first bool) {
	k, _ := kindOf(r.Type)
	gone, missing := p.broken[of{r.ARN, FieldOf(r.Type, Identity)}]
	var after []string
	if missing {
		if k.create == "" || gone.After != nil { // nobody can make it again, or somebody else owns its name
			return
		}
		if first {
			p.addFor(r, Step{Op: k.create, Setting: Identity, Document: r.whole(), Lost: k.lost})
		}
		after = []string{stepID(r, Identity, "")}
	}
	for _, s := range k.settings {
		if s.first == first {
			p.setting(r, s, missing && s.put != k.create, after)
		}
	}
}

// setting plans for one setting; anew says that the resource is being made again, so that it has none of it.
func (p *planner) setting(r Resource, s setting, anew bool, after []string) {
	drift, drifted := p.broken[of{r.ARN, FieldOf(r.Type, s.name)}]
	want := s.normal(r.Settings[s.name])
	have, _ := drift.After.(Document)
	switch {
	case anew && !want.Empty() && p.want.MayRestore(FieldOf(r.Type, s.name)):
		have = EmptyDocument
	case !drifted:
		return
	}
	lost := s.lost
	if anew {
		lost = "" // what is lost, making it again has said
	}
	switch {
	case s.members:
		p.members(r, s, compareMembers(want, have), want, have, after, lost)
	case s.steps != nil:
		for _, op := range s.steps(have) {
			p.addFor(r, Step{ID: stepID(r, s.name, string(op)), Op: op, Setting: s.name, Document: want, After: after, Lost: lost})
			after = []string{stepID(r, s.name, string(op))}
		}
	case want.Empty() && s.remove != "":
		p.addFor(r, Step{Op: s.remove, Setting: s.name, After: after, Lost: lost})
	case s.put != "":
		p.addFor(r, Step{Op: s.put, Setting: s.name, Document: want, After: after, Lost: lost})
	}
}

// members plans a call for each member that is missing, changed or too many.
func (p *planner) members(r Resource, s setting, change memberChange, want, have Document, after []string, lost string) {
	wanted, now := want.Members(), have.Members()
	if s.put != "" {
		for _, name := range change.put[:min(len(change.put), maxMembers)] {
			p.addFor(r, Step{Op: s.put, Setting: s.name, Member: name, Document: wanted[name], Replaces: now[name], After: after, Lost: lost})
		}
	}
	if s.remove != "" {
		for _, name := range change.extra[:min(len(change.extra), maxMembers)] {
			p.addFor(r, Step{Op: s.remove, Setting: s.name, Member: name, Replaces: now[name], After: after})
		}
	}
}

// addFor appends a step for a resource.
func (p *planner) addFor(r Resource, s Step) {
	if s.ID == "" {
		s.ID = stepID(r, s.Setting, s.Member)
	}
	if p.has(s.ID) {
		return
	}
	s.After = p.after(slices.Clone(s.After)...)
	s.ARN, s.Region, s.Account, s.Resource = r.ARN, r.Region, r.Account, r.Type
	s.Mends = []Field{FieldOf(r.Type, s.Setting)}
	p.steps = append(p.steps, s)
}

// stepID is unique in a plan.
func stepID(r Resource, s Setting, part string) string {
	id := string(FieldOf(r.Type, s)) + ":" + r.ARN
	if part != "" {
		id += ":" + show(part)
	}
	return id
}

// whole is all settings as one document, for calls that make a resource from several of them.
func (r Resource) whole() Document {
	all := map[string]any{}
	for name, document := range r.Settings {
		all[string(name)] = json.RawMessage(document.orEmpty())
	}
	document, _ := NewDocument(all) // of valid documents
	return document
}
