package harden

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// unit is a trail with what it rests on, or a resource by itself, as it should be and as it was read. Only what is changed
// is in what it should be.
type unit struct {
	want trail.Guarded
	have trail.State
}

// units are everything that is changed, in the order in which to change it: what others need first, then the trails, then
// what looks at them.
func (d *draft) units(read posture.Inventory) []unit {
	before, trails, after := []unit{}, d.changedTrails(read), []unit{}
	for _, arn := range d.changedResources() {
		want, have := d.wanted(arn), read.Accounts[0].Resources[arn].State
		if n := slices.IndexFunc(trails, func(u unit) bool { return slices.Contains(restsOn(u.want.Config), arn) }); n >= 0 {
			trails[n].want.Dependents = append(trails[n].want.Dependents, want)
			trails[n].have.Dependents[arn] = have
			continue
		}
		u := unit{want: alone(want), have: trail.State{ARN: arn, Dependents: map[string]trail.ResourceState{arn: have}}}
		if want.Type == trail.LogGroup || want.Type == trail.Alarm {
			after = append(after, u)
		} else {
			before = append(before, u)
		}
	}
	return slices.Concat(before, trails, after)
}

// changedResources are the ARNs of resources of which something was changed, in the order of the changes.
func (d *draft) changedResources() []string {
	var arns []string
	for _, f := range d.order {
		if strings.Contains(string(f.field), ".") && !slices.Contains(arns, f.arn) {
			arns = append(arns, f.arn)
		}
	}
	return arns
}

// wanted is a resource with those of its settings that are changed.
func (d *draft) wanted(arn string) trail.Resource {
	r := d.account.Resources[arn]
	want := trail.Resource{Type: r.Type, ARN: r.ARN, Region: r.Region, Account: r.Account, Settings: map[trail.Setting]trail.Document{}}
	for _, s := range trail.SettingsOf(r.Type)[1:] {
		if _, changed := d.changed[facet{arn: arn, field: trail.FieldOf(r.Type, s)}]; changed {
			want.Settings[s], _ = r.Setting(s).Get()
		}
	}
	return want
}

// changedTrails are the trails of which something was changed.
func (d *draft) changedTrails(read posture.Inventory) []unit {
	var list []unit
	for _, t := range d.account.Trails {
		if !slices.ContainsFunc(d.order, func(f facet) bool { return f.arn == t.ARN }) {
			continue
		}
		u := unit{want: d.wantedTrail(t), have: trail.State{ARN: t.ARN, Config: trail.Gone[trail.Config]()}}
		for _, was := range read.Accounts[0].Trails {
			if was.ARN == t.ARN {
				u.have = was
			}
		}
		u.have.Dependents = map[string]trail.ResourceState{}
		list = append(list, u)
	}
	return list
}

// wantedTrail is a trail as the draft has it. Selectors and Insights are only in it if they are changed.
func (d *draft) wantedTrail(t trail.State) trail.Guarded {
	g := trail.Guarded{Restore: trail.RestoreAll}
	g.Config, _ = t.Config.Get()
	status, _ := t.Status.Get()
	g.Logging = status.IsLogging
	if _, changed := d.changed[facet{arn: t.ARN, field: trail.FieldSelectors}]; changed {
		selectors, _ := t.Selectors.Get()
		g.Selectors = &selectors
	}
	if _, changed := d.changed[facet{arn: t.ARN, field: trail.FieldInsights}]; changed {
		list, _ := t.Insights.Get()
		g.Insights = &list
	}
	return g
}
