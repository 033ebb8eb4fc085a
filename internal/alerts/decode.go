package alerts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/plain"
)

// Bounds of a file.
const (
	MaxSize   = 256 << 10 // bytes
	maxErrors = 50
	maxDepth  = 8
	maxList   = 100 // members of any list
	maxText   = 2048
)

// decoder walks the nodes of a file and collects what is wrong with them, each with its place. No message repeats a value of
// a key that a secret may have got into.
type decoder struct {
	name   string
	errors baselinefile.Errors
	uses   []use // of the channel that is being read
}

func (d *decoder) fail(at *yaml.Node, format string, args ...any) {
	if len(d.errors) < maxErrors {
		d.errors = append(d.errors, baselinefile.Error{Name: d.name, Line: max(at.Line, 1), Column: max(at.Column, 1), Message: fmt.Sprintf(format, args...)})
	}
}

// load reads the one document of a file; nil if that fails.
func (d *decoder) load(file []byte) *yaml.Node {
	start := &yaml.Node{}
	switch {
	case len(file) > MaxSize:
		d.fail(start, "the file has more than %d bytes", MaxSize)
		return nil
	case !utf8.Valid(file):
		d.fail(start, "the file is not UTF-8 text: save it as UTF-8")
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	if err != nil { // only options can be wrong, and there are none
		d.fail(start, "%v", err)
		return nil
	}
	var document, second yaml.Node
	err = loader.Load(&document)
	switch {
	case errors.Is(err, io.EOF):
		d.fail(start, "the file is empty: docs/alerts.md has an example")
	case err != nil:
		d.syntax(err)
	case !errors.Is(loader.Load(&second), io.EOF):
		d.fail(start, "the file holds more than one YAML document: keep the first")
	case len(document.Content) == 1 && d.plain(document.Content[0], 0):
		return document.Content[0]
	}
	return nil
}

// syntax notes an error of the YAML library where the library says it is. Its text does not quote the file.
func (d *decoder) syntax(err error) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		d.fail(&yaml.Node{}, "not readable as YAML")
		return
	}
	d.fail(&yaml.Node{Line: load.Mark.Line, Column: load.Mark.Column}, "not valid YAML: %s: indent with spaces, and put text with : or # in quotes", load.Message)
}

// plain refuses what makes a file mean more than it shows: anchors, aliases and tags.
func (d *decoder) plain(n *yaml.Node, depth int) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.fail(n, "anchors and aliases are not accepted: write the value out")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		d.fail(n, "YAML tags are not accepted: remove it")
		return false
	case depth > maxDepth:
		d.fail(n, "nested deeper than %d levels", maxDepth)
		return false
	}
	return !slices.ContainsFunc(n.Content, func(child *yaml.Node) bool { return !d.plain(child, depth+1) })
}

// object is a mapping.
type object struct {
	d      *decoder
	at     *yaml.Node
	kind   string
	keys   map[string]*yaml.Node
	values map[string]*yaml.Node
}

// object reads a mapping; of anything else, it is empty and false.
func (d *decoder) object(n *yaml.Node, kind string) (object, bool) {
	o := object{d, n, kind, map[string]*yaml.Node{}, map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s must be a mapping of keys to values", kind)
		return o, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode:
			d.fail(key, "a key of %s must be a word", kind)
		case o.values[key.Value] != nil:
			d.fail(key, "%s has the key %s twice: remove one", kind, word(key.Value))
		default:
			o.keys[key.Value], o.values[key.Value] = key, n.Content[i+1]
		}
	}
	return o, true
}

// only complains about keys that are not known, in the order of the file.
func (o object) only(known ...string) {
	for i := 0; i+1 < len(o.at.Content); i += 2 {
		if key := o.at.Content[i]; key.Kind == yaml.ScalarNode && !slices.Contains(known, key.Value) {
			o.d.fail(key, "%s has no key %s: use %s", o.kind, word(key.Value), strings.Join(known, ", "))
		}
	}
}

// need complains about keys that are missing.
func (o object) need(keys ...string) {
	for _, key := range keys {
		if o.values[key] == nil {
			o.d.fail(o.at, "%s lacks %s: add it", o.kind, key)
		}
	}
}

// text reads a string; valid, if not nil, says what is wrong with it without repeating it. A missing key is the empty string.
func (o object) text(key string, valid func(string) error) string {
	if n := o.values[key]; n != nil {
		return o.d.text(n, key, valid)
	}
	return ""
}

func (d *decoder) text(n *yaml.Node, key string, valid func(string) error) string {
	switch {
	case n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null":
		d.fail(n, "%s must be text", key)
		return ""
	case n.ShortTag() != "!!str":
		d.fail(n, "%s must be text: put it in quotes", key)
		return ""
	case n.Value == "" || len(n.Value) > maxText || strings.ContainsFunc(n.Value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		d.fail(n, "%s must have 1 to %d characters, and none that controls", key, maxText)
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

// number reads a whole number, or gives another one where the key is missing.
func (o object) number(key string, least, most, otherwise int) int {
	n := o.values[key]
	if n == nil {
		return otherwise
	}
	value := 0
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || n.Decode(&value) != nil || value < least || value > most {
		o.d.fail(n, "%s must be a whole number from %d to %d", key, least, most)
		return otherwise
	}
	return value
}

// items are the members of a list. A missing key is an empty list.
func (o object) items(key string) []*yaml.Node {
	n := o.values[key]
	switch {
	case n == nil:
		return nil
	case n.Kind != yaml.SequenceNode || len(n.Content) == 0 || len(n.Content) > maxList:
		o.d.fail(n, "%s must be a list of 1 to %d members", key, maxList)
		return nil
	}
	return n.Content
}

func (o object) texts(key string, valid func(string) error) []string {
	var all []string
	for _, n := range o.items(key) {
		if text := o.d.text(n, "each of "+key, valid); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// oneOf accepts some words.
func oneOf(known ...string) func(string) error {
	return func(text string) error {
		if slices.Contains(known, text) {
			return nil
		}
		return fmt.Errorf("%s is not known: use %s", clip(text), strings.Join(known, ", "))
	}
}

// clip quotes a word for an error.
func clip(s string) string { return `"` + plain.Text(s, 60) + `"` }

// word quotes a key, unless it looks like something that got there by mistake, such as a secret.
func word(key string) string {
	if len(key) > 30 || strings.ContainsAny(key, ":/ ") {
		return "like this"
	}
	return clip(key)
}
