package baselinefile

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/trail"
)

// maxDocument bounds one setting, in bytes of its JSON. A key's policy has at most 32 KiB, a bucket's 20; a thousand
// lifecycle rules, AWS's quota, may need more.
const maxDocument = 256 << 10

// jsonNumber is how JSON writes numbers. Whatever else YAML takes for one, such as 0x1F or 1_000, would not be the same
// number to everybody.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// quoted are the styles in which YAML takes a scalar for text, whatever it looks like.
const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// setting reads the document of one setting; hasMembers says that it must map names to mappings.
func (d *decoder) setting(n *yaml.Node, name string, hasMembers bool) trail.Document {
	before := len(d.errors)
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s must be a mapping, not %s; {} says that it must not be configured, and leaving it out does not guard it", name, describe(n))
		return trail.EmptyDocument
	}
	if hasMembers {
		d.members(n, name, func(key, value *yaml.Node) { d.member(key, value, name) })
	}
	if len(d.errors) > before {
		return trail.EmptyDocument
	}
	document, err := trail.NewDocument(d.value(n, name))
	switch {
	case err != nil: // nothing that value returns can fail to encode
		d.fail(n, "%s: %v", name, err)
	case len(document) > maxDocument:
		d.fail(n, "%s has %d bytes as JSON; at most %d are allowed", name, len(document), maxDocument)
	case document.Empty() && len(n.Content) > 0 && len(d.errors) == before:
		d.fail(n, "%s says nothing: write {} if it must not be configured, or leave it out if it is not guarded", name)
	}
	return document
}

// member checks one member of a setting whose members are guarded one by one. One that is empty would vanish.
func (d *decoder) member(key, value *yaml.Node, setting string) {
	if value.Kind != yaml.MappingNode {
		d.fail(value, "%s of %s must be a mapping, not %s", clip(key.Value), setting, describe(value))
		return
	}
	before := len(d.errors)
	document, err := trail.NewDocument(d.value(value, setting))
	if len(d.errors) == before && (err != nil || document.Empty()) {
		d.fail(value, "%s of %s says nothing, so it would not be guarded: say what it should be, or remove it", clip(key.Value), setting)
	}
}

// members reads a mapping of names to values. A name is text whatever it looks like: IAM has a condition that is called
// Null.
func (d *decoder) members(n *yaml.Node, what string, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s must be a mapping, not %s", what, describe(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode:
			d.fail(key, "a key of %s must be a word", what)
		case seen[key.Value]:
			d.fail(key, "%s has the key %s twice: remove one", what, clip(key.Value))
		default:
			seen[key.Value] = true
			each(key, n.Content[i+1])
		}
	}
}

// value reads any value of a document, as encoding/json would decode it. What is wrong with it is told with the name of
// the setting.
func (d *decoder) value(n *yaml.Node, setting string) any {
	switch n.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		d.members(n, setting, func(key, value *yaml.Node) { object[key.Value] = d.value(value, setting) })
		return object
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, d.value(item, setting))
		}
		return list
	}
	return d.scalar(n, setting)
}

// scalar reads a number, a truth value or text. JSON has no dates, so what YAML would take for one is text: the
// Version of nearly every policy, 2012-10-17, needs no quotes.
func (d *decoder) scalar(n *yaml.Node, setting string) any {
	switch tag := n.ShortTag(); {
	case n.Style&quoted != 0:
		return n.Value
	case jsonNumber.MatchString(n.Value):
		return json.Number(n.Value)
	case tag == "!!bool":
		return strings.EqualFold(n.Value, "true")
	case tag == "!!null":
		d.fail(n, "a value in %s is missing: write it, or leave out its key", setting)
	case tag == "!!int", tag == "!!float":
		d.fail(n, "%s in %s is a number to YAML but not to JSON: put it in quotes if it is text, or write it like 31 or 0.5", clip(n.Value), setting)
	}
	return n.Value
}

// documents are a resource's settings as the file has them.
type documents map[trail.Setting]trail.Document

// MarshalYAML writes each setting as a mapping, so that people can read it, and not as JSON in a text.
func (s documents) MarshalYAML() (any, error) {
	settings := map[string]any{}
	for name, document := range s {
		settings[string(name)] = document.Value()
	}
	return nodeOf(settings)
}

// nodeOf makes a YAML node of a value that was decoded from JSON. Whatever text could be taken for something else is put in
// quotes, keys too.
func nodeOf(value any) (*yaml.Node, error) {
	n := &yaml.Node{}
	switch v := value.(type) {
	case map[string]any:
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := appendNodes(n, key, v[key]); err != nil {
				return nil, err
			}
		}
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		return n, nil
	case []any:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		return n, appendNodes(n, v...)
	case json.Number:
		n.Kind, n.Value = yaml.ScalarNode, v.String()
		return n, nil
	}
	err := n.Encode(value)
	if text, ok := value.(string); ok && jsonNumber.MatchString(text) {
		n.Style = yaml.DoubleQuotedStyle // YAML takes some numbers, such as 1e999, for text anyway; scalar does not
	}
	return n, err
}

func appendNodes(n *yaml.Node, values ...any) error {
	for _, value := range values {
		child, err := nodeOf(value)
		if err != nil {
			return err
		}
		n.Content = append(n.Content, child)
	}
	return nil
}
