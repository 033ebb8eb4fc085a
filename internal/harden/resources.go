package harden

import (
	"fmt"
	"maps"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// own finds a resource that may be changed; otherwise it says why it may not.
func (d *draft) own(arn string) (r posture.Resource, why string) {
	r, read := d.account.Resources[arn]
	identity, known := r.Setting(trail.Identity).Get()
	switch {
	case !read:
		return r, "it was not read"
	case r.Setting(trail.Identity).Knowledge() == trail.Absent:
		return r, "it does not exist"
	case !known && !d.paste:
		return r, "it could not be read: " + r.Setting(trail.Identity).Why()
	case identity.Text("Owner") != d.account.ID && !d.paste:
		return r, "it belongs to another account: mend it there"
	}
	return r, ""
}

// edit changes one setting of a resource that exists. The document that change gets is decoded, and its own to change; what
// change returns says why it cannot be done. Nothing is written that could not be read first.
func (d *draft) edit(arn string, s trail.Setting, change func(document map[string]any) (why string)) (why string) {
	r, why := d.own(arn)
	if why != "" {
		return why
	}
	before, known := r.Setting(s).Get()
	if !known {
		return fmt.Sprintf("its %s could not be read, and what is not known is not written over: %s", s, r.Setting(s).Why())
	}
	object, ok := before.Value().(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	if why := change(object); why != "" {
		return why
	}
	after, err := trail.NewDocument(object)
	if err != nil {
		return err.Error()
	}
	if after != before && !(after.Empty() && before.Empty()) {
		d.put(r, s, after)
	}
	return ""
}

// put sets one setting of a resource.
func (d *draft) put(r posture.Resource, s trail.Setting, document trail.Document) {
	before, _ := r.Setting(s).Get()
	r.State = maps.Clone(r.State)
	r.State[s] = trail.Known(document)
	d.account.Resources[r.ARN] = r
	f := facet{arn: r.ARN, field: trail.FieldOf(r.Type, s)}
	d.note(f)
	if trail.HasMembers(r.Type, s) {
		had := before.Members()
		for name, member := range document.Members() {
			if had[name] != member {
				f.member = name
				d.note(f)
			}
		}
	}
}

// create makes a resource of the account. What it will have by itself is not known before, so every setting is taken as
// empty and written.
func (d *draft) create(t trail.ResourceType, arn, region string) {
	d.chosen.made = append(d.chosen.made, arn)
	r := posture.Resource{Type: t, ARN: arn, Region: region, Account: d.account.ID, State: trail.ResourceState{}}
	for _, s := range trail.SettingsOf(t) {
		r.State[s] = trail.Known(trail.EmptyDocument)
	}
	identity, _ := trail.NewDocument(map[string]string{"Owner": d.account.ID}) // cannot fail
	d.put(r, trail.Identity, identity)
}

// createable says why a resource that does not exist yet cannot be made; empty if it can. That it does not exist must have
// been AWS's answer.
func (d *draft) createable(arn string) (why string) {
	r, read := d.account.Resources[arn]
	switch identity := r.Setting(trail.Identity); {
	case !read && d.paste:
	case !read:
		return "whether " + arn + " exists already was not read"
	case identity.Knowledge() == trail.Unknown:
		return "whether " + arn + " exists already could not be read: " + identity.Why()
	}
	return ""
}

// missing says whether a resource has to be made: AWS said that it does not exist or, for commands to paste, nobody asked.
func (d *draft) missing(arn string) bool {
	r, read := d.account.Resources[arn]
	return !read && d.paste || r.Setting(trail.Identity).Knowledge() == trail.Absent
}

// exists says whether a resource is there and the account's.
func (d *draft) exists(arn string) bool {
	_, why := d.own(arn)
	return why == ""
}
