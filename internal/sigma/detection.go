package sigma

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// detection is the part of a rule that decides.
type detection struct {
	searches  []*search // in the order of the file
	condition *expr
	timeframe *yaml.Node
}

// search is a search identifier with what it stands for.
type search struct {
	name string
	at   Position
	any  []clause // one of them has to match
}

// clause is a set of items that all have to match: one map, or one keyword.
type clause []item

// item is one field with its values. Without a field it searches the whole record.
type item struct {
	at     Position
	field  string
	op     operation
	values []scalar
}

// scalar is a value as the rule's author wrote it.
type scalar struct {
	at   Position
	kind Kind // Null, Bool, Number or String
	text string
}

// detection reads all search identifiers of a map. Condition and the keys in except are not search identifiers.
func (p *problems) detection(n *yaml.Node, except ...string) detection {
	var d detection
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Value != "condition" && !slices.Contains(except, key.Value) {
			d.searches = append(d.searches, &search{key.Value, p.at(key), p.clauses(key, value)})
		}
	}
	if len(d.searches) == 0 {
		p.add(p.at(n), "there is no search identifier", "add one, such as selection with the fields to look for")
	}
	return d
}

func (p *problems) clauses(key, n *yaml.Node) []clause {
	switch {
	case n.Kind == yaml.MappingNode:
		return []clause{p.mapping(n)}
	case n.Kind != yaml.SequenceNode:
		return []clause{p.keyword(n)}
	case len(n.Content) == 0:
		p.add(p.at(n), fmt.Sprintf("%q is an empty list", clip(key.Value)), "list what it shall find, or remove it")
		return nil
	}
	var list []clause
	for _, one := range n.Content {
		switch one.Kind {
		case yaml.MappingNode:
			list = append(list, p.mapping(one))
		case yaml.SequenceNode:
			p.add(p.at(one), "a list in a list", "use a list of maps or of keywords")
		default:
			list = append(list, p.keyword(one))
		}
	}
	return list
}

// keyword reads a value that stands without a field.
func (p *problems) keyword(n *yaml.Node) clause {
	if isNull(n) {
		p.add(p.at(n), "a search for nothing", "write a keyword or fields")
		return nil
	}
	return clause{{at: p.at(n), values: []scalar{p.scalar(n)}}}
}

func (p *problems) mapping(n *yaml.Node) clause {
	if len(n.Content) == 0 {
		p.add(p.at(n), "an empty map would match everything", "write at least one field")
	}
	var c clause
	for i := 0; i+1 < len(n.Content); i += 2 {
		c = append(c, p.item(n.Content[i], n.Content[i+1]))
	}
	return c
}

func (p *problems) item(key, value *yaml.Node) item {
	field, modifiers, _ := strings.Cut(key.Value, "|")
	it := item{at: p.at(key), field: field}
	if strings.Count(field, ".") >= maxDepth || len(field) > maxPath {
		p.add(it.at, fmt.Sprintf("the field %q is too long", clip(field)), "name a field of CloudTrail records")
	}
	it.op = p.operation(it.at, modifiers)
	nodes := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		nodes = value.Content
	}
	if len(nodes) == 0 {
		p.add(it.at, fmt.Sprintf("%q has an empty list of values", clip(key.Value)), "list the values, or use null for a missing field")
	}
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode {
			p.add(p.at(n), fmt.Sprintf("the value of %q is %s", clip(key.Value), describe(n)), "write fields of fields with dots, such as userIdentity.type")
			continue
		}
		it.values = append(it.values, p.scalar(n))
	}
	return it
}

// maxPath is the longest path of a field, in bytes.
const maxPath = 1024

// scalar decides what a value is. What YAML takes for a number but isn't written as JSON would write it keeps its text
// if it consists of digits (an account number with leading zeros), and is converted otherwise (0x17).
func (p *problems) scalar(n *yaml.Node) scalar {
	s := scalar{p.at(n), String, n.Value}
	switch n.ShortTag() {
	case "!!null":
		s.kind, s.text = Null, ""
	case "!!bool":
		s.kind, s.text = Bool, strings.ToLower(n.Value)
	case "!!int", "!!float":
		if _, ok := parseNumber(n.Value); ok {
			s.kind = Number
			break
		}
		var i int64
		if strings.Trim(n.Value, "0123456789") != "" && n.Decode(&i) == nil {
			s.kind, s.text = Number, fmt.Sprint(i)
		}
	}
	return s
}
