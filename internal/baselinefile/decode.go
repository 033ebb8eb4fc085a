package baselinefile

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// decoder walks the nodes of a file and collects what is wrong with them. It reads nodes instead of decoding into
// structs because every mistake shall carry its line and column, and be told together with all others.
type decoder struct {
	name   string
	errors Errors
	listed map[string]int // ARN of each resource so far → its line
}

// fail notes a mistake at a node. Values in the message must be quoted by the caller.
func (d *decoder) fail(at *yaml.Node, format string, args ...any) {
	if len(d.errors) < maxErrors {
		d.errors = append(d.errors, Error{d.name, max(at.Line, 1), max(at.Column, 1), fmt.Sprintf(format, args...)})
	}
}

// object is a mapping with known keys.
type object struct {
	d      *decoder
	at     *yaml.Node
	kind   string
	values map[string]*yaml.Node
}

// object reads a mapping of a kind that the table keys knows. Of what is not a mapping it returns an object without
// values and false.
func (d *decoder) object(n *yaml.Node, kind string) (object, bool) {
	o := object{d, n, kind, map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s must be a mapping of keys to values, not %s", kind, describe(n))
		return o, false
	}
	known := keys[kind]
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode:
			d.fail(key, "a key of %s must be a word", kind)
		case o.values[key.Value] != nil:
			d.fail(key, "%s has the key %s twice: remove one", kind, clip(key.Value))
		case !slices.Contains(known, key.Value):
			d.fail(key, "%s has no key %s: %s", kind, clip(key.Value), didYouMean(key.Value, known))
		default:
			o.values[key.Value] = n.Content[i+1]
		}
	}
	return o, true
}

// need complains about keys that are missing.
func (o object) need(keys ...string) {
	for _, key := range keys {
		if o.values[key] == nil {
			o.d.fail(o.at, "%s lacks %s: add it", o.kind, key)
		}
	}
}

// text reads a string; valid, if not nil, says what is wrong with it. A missing key is the empty string.
func (o object) text(key string, valid func(string) error) string {
	n := o.values[key]
	if n == nil {
		return ""
	}
	return o.d.text(n, key, valid)
}

func (d *decoder) text(n *yaml.Node, key string, valid func(string) error) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		hint := ""
		if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
			hint = ": put it in quotes"
		}
		d.fail(n, "%s must be text, not %s%s", key, describe(n), hint)
		return ""
	}
	if valid != nil {
		if err := valid(n.Value); err != nil {
			d.fail(n, "%s: %v", key, err)
			return ""
		}
	}
	return n.Value
}

// flag reads true or false. A missing key is false.
func (o object) flag(key string) bool {
	n := o.values[key]
	if n == nil {
		return false
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		o.d.fail(n, "%s must be true or false, not %s", key, describe(n))
		return false
	}
	return strings.EqualFold(n.Value, "true")
}

// items returns the members of a list, at most a number of them. A missing key is an empty list.
func (o object) items(key string, most int) []*yaml.Node {
	n := o.values[key]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		o.d.fail(n, "%s must be a list, not %s; an empty list is []", key, describe(n))
		return nil
	}
	if len(n.Content) > most {
		o.d.fail(n, "%s has %d members; at most %d are allowed", key, len(n.Content), most)
		return nil
	}
	return n.Content
}

// texts reads a list of strings.
func (o object) texts(key string, most int, valid func(string) error) []string {
	var result []string
	for _, n := range o.items(key, most) {
		result = append(result, o.d.text(n, "each of "+key, valid))
	}
	return result
}

// objects reads a list of mappings.
func objects[T any](o object, key string, most int, read func(object) T, kind string) []T {
	var result []T
	for _, n := range o.items(key, most) {
		if member, ok := o.d.object(n, kind); ok {
			result = append(result, read(member))
		}
	}
	return result
}

// describe names what a node is, for an error.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!str":
		return "the text " + clip(n.Value)
	case "!!bool":
		return "the truth value " + clip(n.Value)
	case "!!int", "!!float":
		return "the number " + clip(n.Value)
	default:
		return clip(n.Value)
	}
}

// clip quotes a value for an error, cut to a bearable length.
func clip(value string) string {
	const most = 80
	if runes := []rune(value); len(runes) > most {
		return fmt.Sprintf("%q…", string(runes[:most]))
	}
	return fmt.Sprintf("%q", value)
}
