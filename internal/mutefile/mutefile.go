// Package mutefile reads the file that says which findings of an audit somebody answers for, why, and until when.
//
//	mute:
//	  - check: ct-s3-data-read          # required; * and ? are wildcards here and below
//	    account: "111122223333"
//	    region: eu-*
//	    resource: arn:aws:s3:::scratch-*
//	    tags: {stage: test}
//	    reason: Objects of the test stage are nobody's secrets.   # required
//	    until: 2026-12-31
package mutefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/posture"
)

// Bounds of a file.
const (
	MaxSize   = 1 << 20 // bytes
	maxRules  = 2000
	maxTags   = 50
	maxText   = 1000 // characters of a value
	maxErrors = 50
)

// keys are those of a rule.
var keys = []string{"check", "account", "region", "resource", "tags", "reason", "until"}

// Parse reads a mute file; name is what errors and findings call it. The error is baselinefile.Errors: every mistake with its
// line and column, and how to mend it.
func Parse(name string, file []byte) ([]posture.MuteRule, error) {
	d := &decoder{name: name}
	var rules []posture.MuteRule
	if root := d.load(file); root != nil {
		rules = d.rules(root)
	}
	if len(d.errors) > 0 {
		return nil, d.errors
	}
	return rules, nil
}

// decoder walks the nodes of a file and collects what is wrong with them.
type decoder struct {
	name   string
	errors baselinefile.Errors
}

func (d *decoder) fail(at *yaml.Node, format string, args ...any) {
	if len(d.errors) < maxErrors {
		d.errors = append(d.errors, baselinefile.Error{Name: d.name, Line: max(at.Line, 1), Column: max(at.Column, 1), Message: fmt.Sprintf(format, args...)})
	}
}

// load reads the one document of a file; nil if that fails. An empty file mutes nothing.
func (d *decoder) load(file []byte) *yaml.Node {
	start := &yaml.Node{Line: 1, Column: 1}
	if len(file) > MaxSize {
		d.fail(start, "the file has %d bytes; at most %d are read", len(file), MaxSize)
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	if err != nil { // only options can be wrong, and there are none
		d.fail(start, "%v", err)
		return nil
	}
	var document, second yaml.Node
	switch err := loader.Load(&document); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		d.syntax(err)
		return nil
	}
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		d.fail(&second, "the file holds more than one YAML document, or something that is none after it: keep one")
		return nil
	}
	if len(document.Content) != 1 {
		return nil
	}
	return document.Content[0]
}

// syntax notes what the YAML library says, where it says it.
func (d *decoder) syntax(err error) {
	at := &yaml.Node{Line: 1, Column: 1}
	var load *yaml.LoadError
	if errors.As(err, &load) {
		at.Line, at.Column = load.Mark.Line, load.Mark.Column
	}
	d.fail(at, "not valid YAML: %s", plain.Text(err.Error(), maxText))
}

// rules reads the list below "mute".
func (d *decoder) rules(root *yaml.Node) []posture.MuteRule {
	if root.Kind != yaml.MappingNode || len(root.Content) != 2 || root.Content[0].Value != "mute" || root.Content[1].Kind != yaml.SequenceNode {
		d.fail(root, "the file must have one key, mute, with a list of rules")
		return nil
	}
	list := root.Content[1].Content
	if len(list) > maxRules {
		d.fail(root.Content[1], "there are %d rules; at most %d are read: use wildcards", len(list), maxRules)
		return nil
	}
	rules := make([]posture.MuteRule, 0, len(list))
	for _, n := range list {
		rules = append(rules, d.rule(n))
	}
	return rules
}

func (d *decoder) rule(n *yaml.Node) posture.MuteRule {
	rule := posture.MuteRule{Place: fmt.Sprintf("%s:%d", d.name, n.Line)}
	if n.Kind != yaml.MappingNode {
		d.fail(n, "a rule must be a mapping with the keys %s", strings.Join(keys, ", "))
		return rule
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if seen[key.Value] {
			d.fail(key, "the rule has the key %.64q twice: remove one", key.Value)
		}
		seen[key.Value] = true
		d.part(&rule, key, value)
	}
	for _, key := range []string{"check", "reason"} {
		if !seen[key] {
			d.fail(n, "the rule has no %s: add one", key)
		}
	}
	return rule
}

// part reads one key of a rule.
func (d *decoder) part(rule *posture.MuteRule, key, value *yaml.Node) {
	switch key.Value {
	case "check":
		rule.Check = d.check(value)
	case "account":
		rule.Account = d.text(key, value)
	case "region":
		rule.Region = d.text(key, value)
	case "resource":
		rule.Resource = d.text(key, value)
	case "reason":
		rule.Reason = d.text(key, value)
	case "until":
		rule.Until = d.time(value)
	case "tags":
		rule.Tags = d.tags(value)
	default:
		d.fail(key, "a rule has no key %.64q: there are %s", key.Value, strings.Join(keys, ", "))
	}
}

func (d *decoder) text(key, n *yaml.Node) string {
	switch {
	case n.Kind != yaml.ScalarNode || n.Value == "":
		d.fail(n, "%s must be a text", key.Value)
	case key.Value == "account" && n.Tag != "!!str":
		d.fail(n, "account must be in quotation marks: as a number it may lose its zeros")
	case len(n.Value) > maxText:
		d.fail(n, "%s is longer than %d characters", key.Value, maxText)
	default:
		return n.Value
	}
	return ""
}

// check reads the id of a check. One that fits none mutes nothing, and is a mistake that nobody would notice.
func (d *decoder) check(n *yaml.Node) string {
	id := d.text(&yaml.Node{Value: "check"}, n)
	if id != "" && !slices.ContainsFunc(posture.Checks(), func(c posture.Check) bool { return policy.Match(id, c.ID) }) {
		d.fail(n, "there is no check %.64q: see `trailhold audit --list-checks`", id)
	}
	return id
}

// time reads a day, at whose end in UTC the rule ends, or a time.
func (d *decoder) time(n *yaml.Node) time.Time {
	if day, err := time.Parse(time.DateOnly, n.Value); err == nil {
		return day.AddDate(0, 0, 1)
	}
	at, err := time.Parse(time.RFC3339, n.Value)
	if err != nil {
		d.fail(n, "until must be a day such as 2026-12-31 or a time such as 2026-12-31T12:00:00Z, not %.64q", n.Value)
	}
	return at
}

func (d *decoder) tags(n *yaml.Node) map[string]string {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 || len(n.Content) > 2*maxTags {
		d.fail(n, "tags must be a mapping of keys to values, of 1 to %d", maxTags)
		return nil
	}
	tags := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		tags[n.Content[i].Value] = d.text(&yaml.Node{Value: "a tag's value"}, n.Content[i+1])
	}
	return tags
}
