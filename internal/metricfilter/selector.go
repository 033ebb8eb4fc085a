package metricfilter

import (
	"strconv"
	"strings"
)

// selector is the path of a property: a name or an index for each step.
type selector []step

type step struct {
	name  string
	index int // of an array's element; only if element
	kind  stepKind
}

type stepKind uint8

const (
	property   stepKind = iota
	element             // [0]
	anyElement          // [*]
	anyField            // .*
)

// find collects the nodes that the path leads to. A wildcard may find several.
func (s selector) find(value any) []any {
	nodes := []any{value}
	for _, step := range s {
		var next []any
		for _, node := range nodes {
			next = step.follow(node, next)
		}
		nodes = next
	}
	return nodes
}

// follow adds the nodes one step on.
func (s step) follow(node any, found []any) []any {
	switch v := node.(type) {
	case map[string]any:
		if s.kind == anyField {
			for _, value := range v {
				found = append(found, value)
			}
		} else if value, ok := v[s.name]; ok && s.kind == property {
			found = append(found, value)
		}
	case []any:
		// Whether .* finds elements of an array is not documented, and nothing in CloudTrail's records asks for it.
		if s.kind == anyElement {
			found = append(found, v...)
		} else if s.kind == element && s.index < len(v) {
			found = append(found, v[s.index])
		}
	}
	return found
}

// wildcard says whether the path can lead to several nodes.
func (s selector) wildcard() bool {
	for _, step := range s {
		if step.kind == anyElement || step.kind == anyField {
			return true
		}
	}
	return false
}

// String is the path in one spelling.
func (s selector) String() string {
	var out strings.Builder
	out.WriteByte('$')
	for _, step := range s {
		switch {
		case step.kind == anyField:
			out.WriteString(".*")
		case step.kind == anyElement:
			out.WriteString("[*]")
		case step.kind == element:
			out.WriteString("[" + strconv.Itoa(step.index) + "]")
		case plainName(step.name):
			out.WriteString("." + step.name)
		default:
			out.WriteString(".['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(step.name) + "']")
		}
	}
	return out.String()
}

// plainName says whether a name can stand after a dot.
func plainName(name string) bool {
	for i := range len(name) {
		if !nameByte(name[i]) {
			return false
		}
	}
	return name != ""
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}
