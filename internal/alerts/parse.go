package alerts

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/channel"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// Schema is the JSON Schema (draft 2020-12) of the file, for editors and other tools.
//
//go:embed alerts.schema.json
var Schema []byte

// channelName is what a channel may be called: it stands in logs, commands and messages.
var channelName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// kinds are the kinds of messages that a route may ask for.
var kinds = []string{
	string(incident.KindAlert), string(incident.KindEscalate), string(incident.KindProved), string(incident.KindIdentified),
	string(incident.KindRecovered), string(notify.KindTest),
}

// Parse reads a file; name is what errors call it. The error is baselinefile.Errors: every mistake with line, column and how
// to mend it. No error contains a value that may be a secret.
func Parse(name string, file []byte) (Config, error) {
	d := &decoder{name: name}
	var c Config
	if root := d.load(file); root != nil {
		c = d.config(root)
	}
	if len(d.errors) > 0 {
		return Config{}, d.errors
	}
	return c, nil
}

func (d *decoder) config(root *yaml.Node) Config {
	o, ok := d.object(root, "the file")
	if !ok {
		return Config{}
	}
	o.only("apiVersion", "kind", "runbook", "channels", "routes")
	o.need("apiVersion", "kind", "channels")
	o.text("apiVersion", oneOf(trail.APIVersion))
	o.text("kind", oneOf("Alerts"))
	c := Config{Runbook: o.text("runbook", channel.CheckURL)}
	for _, n := range o.items("channels") {
		one, ok := d.channel(n)
		if !ok {
			continue
		}
		if slices.Contains(c.Names(), one.Name) {
			d.fail(n, "a channel %s is there already: give this one another name", clip(one.Name))
		}
		c.Channels = append(c.Channels, one)
	}
	for _, n := range o.items("routes") {
		if r, ok := d.route(n, c.Names()); ok {
			c.Routes = append(c.Routes, r)
		}
	}
	if len(d.errors) == 0 {
		d.unreached(o, c)
	}
	return c
}

// unreached complains about channels that no route leads to: that is never meant.
func (d *decoder) unreached(o object, c Config) {
	for i, one := range c.Channels {
		if len(c.Routes) > 0 && !slices.ContainsFunc(c.Routes, func(r Route) bool { return slices.Contains(r.Channels, one.Name) }) {
			d.fail(o.values["channels"].Content[i], "no route leads to channel %s: add it to one, or remove it", clip(one.Name))
		}
	}
}

func (d *decoder) channel(n *yaml.Node) (Channel, bool) {
	o, ok := d.object(n, "a channel")
	if !ok {
		return Channel{}, false
	}
	o.need("name", "type")
	before := len(d.errors)
	c := Channel{Name: o.text("name", validName), Type: o.text("type", oneOf(Types()...))}
	if c.Name == "" || c.Type == "" {
		return Channel{}, false
	}
	o.kind = "channel " + clip(c.Name)
	kind := types[slices.IndexFunc(types, func(k channelType) bool { return k.name == c.Type })]
	o.only(append([]string{"name", "type"}, kind.keys...)...)
	o.need(kind.needs...)
	d.uses = nil
	c.build = kind.read(o, c.Name)
	c.uses = d.uses
	return c, len(d.errors) == before
}

func validName(s string) error {
	if !channelName.MatchString(s) {
		return errors.New("a channel's name has 1 to 40 small letters, digits and hyphens")
	}
	return nil
}

func (d *decoder) route(n *yaml.Node, names []string) (Route, bool) {
	o, ok := d.object(n, "a route")
	if !ok {
		return Route{}, false
	}
	o.only("channels", "severity", "accounts", "kinds")
	o.need("channels")
	r := Route{Channels: o.texts("channels", knownChannel(names)), Accounts: o.texts("accounts", validAccount)}
	if text := o.text("severity", oneOf("info", "low", "medium", "high", "critical")); text != "" {
		r.Severity, _ = severity.Parse(text) // one of the words above
	}
	for _, k := range o.texts("kinds", oneOf(kinds...)) {
		r.Kinds = append(r.Kinds, incident.Kind(k))
	}
	return r, true
}

func knownChannel(names []string) func(string) error {
	return func(s string) error {
		if !slices.Contains(names, s) {
			return fmt.Errorf("there is no channel %s", clip(s))
		}
		return nil
	}
}

func validAccount(s string) error {
	if !trail.ValidAccount(s) {
		return fmt.Errorf("%s is not an account id: write its 12 digits in quotes", clip(s))
	}
	return nil
}
