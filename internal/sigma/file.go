package sigma

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// File is what one rule file contains.
type File struct {
	Name         string
	Rules        []*Rule
	Correlations []*Correlation
	Filters      []*Filter
}

// Parse reads a rule file: any number of documents, each a rule, a correlation or a filter, with the collection actions
// global, reset and repeat. Name is only used in positions. Whatever is wrong comes back as joined *Error, each with its
// place; the file then holds what could be read.
func Parse(name string, data []byte) (*File, error) {
	p := &problems{file: name}
	f := &File{Name: name}
	c := collection{budget: maxNodes}
	for _, doc := range p.documents(data) {
		one := &problems{file: name}
		if doc = c.next(one, doc); doc != nil {
			one.document(f, doc)
		}
		p.list = append(p.list, one.list...)
	}
	if len(p.list) == 0 && len(f.Rules)+len(f.Correlations)+len(f.Filters) == 0 {
		p.add(Position{name, 1, 1}, "the file contains no rule", "write a rule, or remove the file")
	}
	return f, p.err()
}

// collection is what a file's documents so far mean for the next one.
type collection struct {
	shared, previous *yaml.Node
	budget           int // of nodes, for all documents together
}

// next returns what a document means after those before it, or nil if it stands for no rule itself.
func (c *collection) next(p *problems, doc *yaml.Node) *yaml.Node {
	if doc.Kind != yaml.MappingNode {
		p.add(p.at(doc), "the document is "+describe(doc)+", not a map", "write a rule as a map with title, logsource and detection")
		return nil
	}
	action, at := get(doc, "action")
	switch strings.ToLower(text(action)) {
	case "global":
		c.shared = merge(c.shared, doc)
		return nil
	case "reset":
		c.shared = nil
		return nil
	case "repeat":
		if c.previous == nil {
			p.add(p.at(at), "action: repeat has no document before it", "put the rule that it repeats first")
			return nil
		}
		doc = merge(c.previous, doc)
	case "":
		doc = merge(c.shared, doc)
	default:
		p.add(p.at(action), "unknown action "+describe(action), "use global, reset or repeat")
		return nil
	}
	if c.budget -= size(doc); c.budget < 0 {
		p.add(p.at(doc), "what the file repeats makes it too large", "split it")
		return nil
	}
	c.previous = doc
	return doc
}

func size(n *yaml.Node) int {
	count := 1
	for _, child := range n.Content {
		count += size(child)
	}
	return count
}

// document reads one document into the file, unless it has errors. Its problems have to be those of this document alone.
func (p *problems) document(f *File, doc *yaml.Node) {
	detection, _ := get(doc, "detection")
	correlation, _ := get(doc, "correlation")
	filter, _ := get(doc, "filter")
	switch {
	case correlation != nil:
		if c := p.correlation(doc, correlation); len(p.list) == 0 {
			f.Correlations = append(f.Correlations, c)
		}
	case filter != nil:
		if x := p.filter(doc, filter); len(p.list) == 0 {
			f.Filters = append(f.Filters, x)
		}
	case detection != nil:
		rules, c := p.rule(doc, detection)
		if len(p.list) > 0 {
			return
		}
		f.Rules = append(f.Rules, rules...)
		if c != nil {
			f.Correlations = append(f.Correlations, c)
		}
	default:
		p.add(p.at(doc), "the document has neither detection nor correlation nor filter", "add what it shall find, or remove it")
	}
}

// merge lays one map over another: maps in both are merged, everything else is taken from the second.
func merge(base, over *yaml.Node) *yaml.Node {
	if base == nil {
		return over
	}
	out := *over
	out.Content = nil
	for i := 0; i+1 < len(base.Content); i += 2 {
		key, value := base.Content[i], base.Content[i+1]
		if key.Value == "action" {
			continue
		}
		if newer, at := get(over, key.Value); newer != nil {
			key = at
			if value.Kind == yaml.MappingNode && newer.Kind == yaml.MappingNode {
				newer = merge(value, newer)
			}
			value = newer
		}
		out.Content = append(out.Content, key, value)
	}
	for i := 0; i+1 < len(over.Content); i += 2 {
		if old, _ := get(base, over.Content[i].Value); old == nil {
			out.Content = append(out.Content, over.Content[i], over.Content[i+1])
		}
	}
	return &out
}
