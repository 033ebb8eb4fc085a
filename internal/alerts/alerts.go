// Package alerts reads the file that says which channels there are, and which messages each gets, and sets them up.
//
// The file is YAML; its JSON Schema is Schema. It contains no secret: secrets stand elsewhere, and the file says where.
package alerts

import (
	"io"
	"slices"

	"github.com/trailhold/trailhold/internal/channel"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/severity"
)

// Config is what a file says.
type Config struct {
	Runbook  string // address of a runbook; see channel.Linker
	Channels []Channel
	Routes   []Route // none: every channel gets everything
}

// Channel is one way to people.
type Channel struct {
	Name string
	Type string

	build func(Ports, channel.Linker) notify.Sink
	uses  []use
}

// Route says which messages go to some channels. What it leaves out, it does not ask for.
type Route struct {
	Channels []string
	Severity severity.Severity // least
	Accounts []string
	Kinds    []incident.Kind
}

// Ports are what channels need of the world. Region "" is the default one.
type Ports struct {
	Secret func(Reference) channel.Secret
	Topic  func(arn string) Topic
	Hub    func(region string) channel.FindingImporter
	Bus    func(name, region string) channel.EventPutter
	Out    io.Writer // where OCSF goes that is to be printed
}

// Targets sets the channels up. Nothing is connected to, and no secret is read, before there is something to tell.
func (c Config) Targets(p Ports) []notify.Target {
	var targets []notify.Target
	for _, one := range c.Channels {
		targets = append(targets, notify.Target{Sink: one.build(p, channel.Linker{Runbook: c.Runbook}), Wants: c.wants(one.Name)})
	}
	return targets
}

// wants says which messages a channel gets: those that any of its routes asks for.
func (c Config) wants(name string) func(notify.Message) bool {
	if len(c.Routes) == 0 {
		return nil
	}
	var routes []Route
	for _, r := range c.Routes {
		if slices.Contains(r.Channels, name) {
			routes = append(routes, r)
		}
	}
	return func(m notify.Message) bool {
		return slices.ContainsFunc(routes, func(r Route) bool { return r.takes(m) })
	}
}

func (r Route) takes(m notify.Message) bool {
	return m.Incident.Severity >= r.Severity && (len(r.Accounts) == 0 || slices.Contains(r.Accounts, m.Incident.Account)) &&
		(len(r.Kinds) == 0 || slices.Contains(r.Kinds, m.Kind))
}

// Names are the channels' names, in the order of the file.
func (c Config) Names() []string {
	var names []string
	for _, one := range c.Channels {
		names = append(names, one.Name)
	}
	return names
}
