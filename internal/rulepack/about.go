package rulepack

import (
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/sigma"
	"github.com/trailhold/trailhold/internal/tamper"
)

// Scope says how a rule's level relates to the severity of its techniques.
type Scope string

// The scopes.
const (
	// ScopeExact: what the rule finds is the technique, or is for all that a record tells. The level is the severity.
	ScopeExact Scope = "exact"
	// ScopeBroad: it may be something else, such as the same call on a resource that no trail needs. The level is at most
	// the severity.
	ScopeBroad Scope = "broad"
	// ScopeAttempt: the technique was tried in vain. The level is at most that of a denied attempt.
	ScopeAttempt Scope = "attempt"
)

// Tier says what a rule is about: the tiers of package tamper, and audit services besides CloudTrail.
type Tier = tamper.Tier

// TierAudit is of rules about GuardDuty, AWS Config, Security Hub and others that watch an account.
const TierAudit Tier = "3"

// Tiers are all tiers, in the order in which they are shown.
func Tiers() []Tier {
	return []Tier{tamper.TierTrail, tamper.TierDependency, tamper.TierGuard, tamper.TierOrganization, tamper.TierLake, TierAudit}
}

// About is what a rule says beyond Sigma.
type About struct {
	sigma.Position // of the rule's first key, as in its Meta
	Tier           Tier
	Techniques     []string
	Scope          Scope
	Matches        []Example
	Ignores        []Example
}

// Of returns what the file's rule, correlation or filter with this position says beyond Sigma; nil if nothing.
func (f *File) Of(m sigma.Meta) *About {
	for _, a := range f.abouts {
		if a.Position == m.Position {
			return a
		}
	}
	return nil
}

// Parse reads a rule file, as [sigma.Parse] does, and what its rules say beyond Sigma.
func Parse(name string, data []byte) (*File, error) {
	parsed, err := sigma.Parse(name, data)
	f := &File{File: parsed}
	r := &reader{file: name}
	for _, doc := range sigma.Documents(data) {
		if about := r.about(doc); about != nil {
			f.abouts = append(f.abouts, about)
		}
	}
	return f, errors.Join(append([]error{err}, r.errs...)...)
}

// reader reads what stands under the key trailhold, and collects what is wrong with it.
type reader struct {
	file string
	errs []error
}

func (r *reader) at(n *yaml.Node) sigma.Position {
	return sigma.Position{File: r.file, Line: n.Line, Column: n.Column}
}

func (r *reader) fail(n *yaml.Node, what, fix string) {
	r.errs = append(r.errs, &sigma.Error{Position: r.at(n), What: what, Fix: fix})
}

// about returns nil for a document that says nothing of ours.
func (r *reader) about(doc *yaml.Node) *About {
	ours := get(doc, "trailhold")
	if ours == nil {
		return nil
	}
	a := &About{Position: r.at(doc), Scope: ScopeExact}
	if ours.Kind != yaml.MappingNode {
		r.fail(ours, "trailhold is no map", "write tier, techniques, scope, matches and ignores")
		return a
	}
	correlates := get(doc, "correlation") != nil
	for i := 0; i+1 < len(ours.Content); i += 2 {
		key, value := ours.Content[i], ours.Content[i+1]
		switch key.Value {
		case "tier":
			a.Tier = r.tier(value)
		case "techniques":
			a.Techniques = r.texts(value)
		case "scope":
			a.Scope = r.scope(value)
		case "matches":
			a.Matches = r.examples(value, correlates)
		case "ignores":
			a.Ignores = r.examples(value, correlates)
		default:
			r.fail(key, fmt.Sprintf("trailhold has no field %q", clip(key.Value)), "use tier, techniques, scope, matches and ignores")
		}
	}
	return a
}

func (r *reader) tier(n *yaml.Node) Tier {
	tier := Tier(n.Value)
	if !slices.Contains(Tiers(), tier) {
		r.fail(n, fmt.Sprintf("unknown tier %q", clip(n.Value)), "use 1, 2, G, O, L or 3")
	}
	return tier
}

func (r *reader) scope(n *yaml.Node) Scope {
	scope := Scope(n.Value)
	if !slices.Contains([]Scope{ScopeExact, ScopeBroad, ScopeAttempt}, scope) {
		r.fail(n, fmt.Sprintf("unknown scope %q", clip(n.Value)), "use exact, broad or attempt")
	}
	return scope
}

func (r *reader) texts(n *yaml.Node) []string {
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "this is no list", "write a list, such as [stop-logging]")
		return nil
	}
	var list []string
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode {
			r.fail(item, "this is no text", "write the id of a technique")
			continue
		}
		list = append(list, item.Value)
	}
	return list
}

// get returns a map's value, or nil.
func get(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// clip keeps what is quoted from a file short enough for a line.
func clip(s string) string {
	const limit = 60
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
