package sigma

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// JSON is a decoded record: the plain evaluator, made to be right rather than fast.
type JSON map[string]any

// Decode reads one record. Numbers keep their text.
func Decode(record []byte) (JSON, error) {
	decoder := json.NewDecoder(bytes.NewReader(record))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil, fmt.Errorf("the record is no JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the record is followed by something else: give one record at a time")
	}
	return object, nil
}

// Field implements [Event].
func (j JSON) Field(path string) Value {
	var found values
	found.walk(map[string]any(j), path)
	return found.value()
}

// walk follows a path. A key may contain dots, so that every split of the path is tried.
func (v *values) walk(node any, path string) {
	switch node := node.(type) {
	case []any:
		for _, member := range node {
			v.walk(member, path)
		}
	case map[string]any:
		if value, ok := node[path]; ok {
			v.leaf(value)
		}
		for i := range len(path) {
			if path[i] != '.' {
				continue
			}
			if value, ok := node[path[:i]]; ok {
				v.walk(value, path[i+1:])
			}
		}
	}
}

func (v *values) leaf(node any) {
	if members, ok := node.([]any); ok {
		v.list = true
		for _, member := range members {
			v.leaf(member)
		}
		return
	}
	v.add(valueOf(node))
}

func valueOf(node any) Value {
	switch node := node.(type) {
	case bool:
		return boolValue(node)
	case json.Number:
		return Value{kind: Number, text: node.String()}
	case string:
		return Value{kind: String, text: node}
	case map[string]any:
		return Value{kind: Object, object: once(func() string { return Compact(node) })}
	}
	return Value{kind: Null}
}

// once keeps what is expensive to make and often asked for more than once.
func once(make func() string) func() string {
	text, made := "", false
	return func() string {
		if !made {
			text, made = make(), true
		}
		return text
	}
}

// AnyText implements [Event].
func (j JSON) AnyText(match func(string) bool) bool {
	return match(Compact(map[string]any(j))) || anyScalar(map[string]any(j), match)
}

func anyScalar(node any, match func(string) bool) bool {
	switch node := node.(type) {
	case map[string]any:
		for _, value := range node {
			if anyScalar(value, match) {
				return true
			}
		}
		return false
	case []any:
		return slices.ContainsFunc(node, func(member any) bool { return anyScalar(member, match) })
	case nil:
		return false
	}
	return match(valueOf(node).Text())
}

// Compact writes decoded JSON without white space and with sorted keys, so that a record has one form whatever envelope
// it came in. Only quotation marks, backslashes and control characters are escaped.
func Compact(node any) string {
	var b strings.Builder
	writeCompact(&b, node)
	return b.String()
}

func writeCompact(b *strings.Builder, node any) {
	switch node := node.(type) {
	case map[string]any:
		b.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(node)) {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, key)
			b.WriteByte(':')
			writeCompact(b, node[key])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, member := range node {
			if i > 0 {
				b.WriteByte(',')
			}
			writeCompact(b, member)
		}
		b.WriteByte(']')
	case string:
		writeString(b, node)
	case nil:
		b.WriteString("null")
	default:
		b.WriteString(valueOf(node).Text())
	}
}

// short are the control characters that JSON escapes with a letter.
var short = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}

func writeString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch escape, ok := short[r]; {
		case ok:
			b.WriteString(escape)
		case r < ' ':
			fmt.Fprintf(b, `\u%04x`, r)
		case r == utf8.RuneError:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
