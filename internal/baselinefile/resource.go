package baselinefile

import (
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/trail"
)

// place is where resources are and whose they are, if neither the file nor their ARNs say so.
type place struct {
	account, region string
	beside          bool // they stand beside the trails, so that there is no home region
}

// resources reads a list of resources.
func (d *decoder) resources(o object, key string, home place) []trail.Resource {
	var result []trail.Resource
	for _, n := range o.items(key, maxDependents) {
		r, ok := d.object(n, "resource")
		if !ok {
			continue
		}
		r.need("type", "arn", "settings")
		var types []string
		for _, t := range trail.Types() {
			types = append(types, string(t))
		}
		resource := trail.Resource{
			Type: trail.ResourceType(r.text("type", oneOf(types...))), ARN: r.text("arn", nil),
			Region: r.text("region", region), Account: r.text("account", account),
		}
		d.located(r, &resource, home)
		d.once(r, resource.ARN)
		resource.Settings = d.settings(r, resource.Type)
		result = append(result, resource)
	}
	return result
}

// located checks that ARN, type, region and account tell the same, and fills in what the file leaves out.
func (d *decoder) located(o object, r *trail.Resource, home place) {
	at := o.values["arn"]
	if at == nil || at.ShortTag() != "!!str" {
		return // which was told
	}
	arn, err := trail.ParseResourceARN(r.ARN)
	if err != nil {
		d.fail(at, "arn: %v%s", err, example(r.Type))
		return
	}
	if r.Type != "" && arn.Type != r.Type {
		d.fail(at, "the ARN is that of a resource of type %s, and type says %s: correct one of them%s", arn.Type, r.Type, example(r.Type))
		return
	}
	r.Region = d.agreed(o, "region", r.Region, arn.Region, arn.GlobalRegion(), home.region)
	r.Account = d.agreed(o, "account", r.Account, arn.Account, home.account)
	if home.beside && r.Region == "" && o.values["region"] == nil {
		d.fail(o.at, "the ARN names no region, and there is no trail whose home region could be meant: add region")
	}
}

// agreed is a part that the ARN may name. If it does, the file must not contradict; if neither does, the first default
// that there is counts.
func (d *decoder) agreed(o object, key, given, named string, defaults ...string) string {
	if at := o.values[key]; at != nil && given != "" && named != "" && given != named {
		d.fail(at, "the %s %s contradicts the ARN, which says %s: correct one of them, or leave out %s", key, clip(given), named, key)
	}
	return cmp.Or(given, named, cmp.Or(defaults...))
}

// example shows what the ARN should look like.
func example(t trail.ResourceType) string {
	if look := trail.ResourceARNExample(t); look != "" {
		return ": write it like " + look
	}
	return ""
}

// once complains about a resource that is listed already. Two lists of settings could contradict each other; what is
// guarded for one trail is guarded for all.
func (d *decoder) once(o object, arn string) {
	arn = strings.TrimSuffix(arn, ":*") // both forms of a log group's ARN mean the same group
	if arn == "" {
		return
	}
	if line, twice := d.listed[arn]; twice {
		d.fail(o.values["arn"], "the resource %s is listed at line %d already: remove one; where trails share a resource, it stands under one of them", clip(arn), line)
		return
	}
	d.listed[arn] = o.at.Line
}

// settings reads what a resource is guarded in. Of a kind that nobody knows there is nothing to read.
func (d *decoder) settings(o object, t trail.ResourceType) map[trail.Setting]trail.Document {
	n := o.values["settings"]
	if n == nil || t == "" {
		return nil
	}
	known := settingNames(t)
	result := map[trail.Setting]trail.Document{}
	d.members(n, "settings", func(key, value *yaml.Node) {
		if key.Value == string(trail.Identity) {
			d.fail(key, "identity is not written down: that the resource exists, and is its account's, is always guarded")
		} else if !slices.Contains(known, key.Value) {
			d.fail(key, "a %s has no setting %s: %s", t, clip(key.Value), didYouMean(key.Value, known))
		} else {
			name := trail.Setting(key.Value)
			result[name] = d.setting(value, key.Value, trail.HasMembers(t, name))
		}
	})
	return result
}

// settingNames lists the settings that the file may name.
func settingNames(t trail.ResourceType) []string {
	var names []string
	for _, s := range trail.SettingsOf(t) {
		if s != trail.Identity {
			names = append(names, string(s))
		}
	}
	return names
}
