package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Limits of a rule file. The largest public rules have some 70 kB and a few hundred nodes.
const (
	maxFile      = 1 << 20 // bytes
	maxDocuments = 1000
	maxNodes     = 300_000 // aliases and repeated documents counted as often as they are used
	maxDepth     = 32
)

// documents reads a file's YAML documents. Those that can be read come back even if a later one can't.
func (p *problems) documents(data []byte) []*yaml.Node {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	start := Position{p.file, 1, 1}
	if len(data) > maxFile {
		p.add(start, fmt.Sprintf("the file has %d bytes, more than %d", len(data), maxFile), "split it")
		return nil
	}
	if !utf8.Valid(data) {
		p.add(start, "the file is not UTF-8", "convert it to UTF-8")
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		p.add(start, "not readable as YAML: "+clip(err.Error()), "correct the YAML")
		return nil
	}
	var docs []*yaml.Node
	budget := maxNodes
	for len(docs) < maxDocuments {
		var doc yaml.Node
		err := loader.Load(&doc)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			p.invalid(err)
			return docs
		}
		one := &problems{file: p.file}
		if root := one.root(&doc, &budget); root != nil {
			docs = append(docs, root)
		}
		p.list = append(p.list, one.list...)
	}
	p.add(start, fmt.Sprintf("the file has more than %d documents", maxDocuments), "split it")
	return docs
}

func (p *problems) invalid(err error) {
	at, what := Position{p.file, 1, 1}, err.Error()
	var load *yaml.LoadError
	if errors.As(err, &load) {
		at, what = Position{p.file, max(load.Mark.Line, 1), max(load.Mark.Column, 1)}, load.Message
	}
	p.add(at, "not valid YAML: "+clip(what), "correct the YAML here or in the lines before")
}

// root returns a document's content with all aliases resolved, or nil if it is empty or can't be used.
func (p *problems) root(doc *yaml.Node, budget *int) *yaml.Node {
	n := doc
	if n.Kind == yaml.DocumentNode {
		if len(n.Content) == 0 {
			return nil
		}
		n = n.Content[0]
	}
	if isNull(n) {
		return nil
	}
	return p.resolve(n, maxDepth, budget)
}

// resolve copies a tree and puts in place of each alias what it stands for. A budget of nodes and of depth ends the
// aliases that refer to themselves and those that multiply.
func (p *problems) resolve(n *yaml.Node, depth int, budget *int) *yaml.Node {
	*budget--
	if depth == 0 || *budget < 0 {
		p.add(p.at(n), "too deeply nested, or too large once aliases are resolved", "write the rule without anchors and aliases, or split the file")
		return nil
	}
	if n.Kind == yaml.AliasNode {
		if n.Alias == nil {
			p.add(p.at(n), "an alias without its anchor", "write the value itself")
			return nil
		}
		return p.resolve(n.Alias, depth-1, budget)
	}
	out := *n
	out.Content = nil
	for _, child := range n.Content {
		c := p.resolve(child, depth-1, budget)
		if c == nil {
			return nil
		}
		out.Content = append(out.Content, c)
	}
	if out.Kind == yaml.MappingNode && !p.distinct(&out) {
		return nil
	}
	return &out
}

// distinct checks that a map has only simple keys, each once: of two equal keys one would be silently ignored.
func (p *problems) distinct(n *yaml.Node) bool {
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode:
			p.add(p.at(key), "a key that is no plain text", "use text as the key")
			return false
		case key.ShortTag() == "!!merge":
			p.add(p.at(key), "the merge key << is not supported", "write the entries out")
			return false
		case seen[key.Value]:
			p.add(p.at(key), fmt.Sprintf("the key %q stands here twice", clip(key.Value)), "join the two entries, or use a list of maps")
			return false
		}
		seen[key.Value] = true
	}
	return true
}

// get returns a map's value and its key's node, or nils.
func get(n *yaml.Node, key string) (value, at *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1], n.Content[i]
		}
	}
	return nil, nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// text returns a scalar as it is written, and "" for everything else: metadata is taken as far as it can be.
func text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || isNull(n) {
		return ""
	}
	return n.Value
}

// texts returns a list of scalars, or one scalar as a list of one.
func texts(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		if s := text(n); s != "" {
			return []string{s}
		}
		return nil
	}
	var list []string
	for _, item := range n.Content {
		if s := text(item); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// describe names a node's kind for an error.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a map"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	}
	return fmt.Sprintf("%q", clip(n.Value))
}
