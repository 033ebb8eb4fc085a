package deployer

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxBody is the size up to which CloudFormation takes a template in the request itself, in bytes.
const maxBody = 51_200

// body is a template as it is sent: as it is if it fits, else on one line, without comments and without the metadata by which the
// console groups parameters. That is shorter than JSON, which has no short tags and quotes everything.
func body(template string) (string, error) {
	if len(template) <= maxBody {
		return template, nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(template), &document); err != nil {
		return "", fmt.Errorf("the template is not YAML: %w", err)
	}
	shorten(&document)
	for _, root := range document.Content {
		if n := slices.IndexFunc(root.Content, func(key *yaml.Node) bool { return key.Value == "Metadata" }); n >= 0 && n%2 == 0 {
			root.Content = slices.Delete(root.Content, n, n+2)
		}
	}
	var out bytes.Buffer
	dumper, err := yaml.NewDumper(&out, yaml.WithLineWidth(-1))
	if err == nil {
		err = errors.Join(dumper.Dump(&document), dumper.Close())
	}
	if err != nil {
		return "", fmt.Errorf("the template: %w", err)
	}
	if out.Len() > maxBody {
		return "", fmt.Errorf("the template has %d bytes; CloudFormation takes %d", out.Len(), maxBody)
	}
	return out.String(), nil
}

// shorten takes from a node and all that is in it what only people need: comments, and line breaks.
func shorten(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	switch n.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		n.Style |= yaml.FlowStyle
	case yaml.ScalarNode:
		n.Style &^= yaml.FoldedStyle | yaml.LiteralStyle
	}
	for _, child := range n.Content {
		shorten(child)
	}
}

// section lists the keys of one of a template's sections, with the value of each.
func section(template, name string) (map[string]*yaml.Node, error) {
	var document map[string]yaml.Node
	if err := yaml.Unmarshal([]byte(template), &document); err != nil {
		return nil, fmt.Errorf("the template: %w", err)
	}
	keys := map[string]*yaml.Node{}
	found := document[name]
	for i := 0; i+1 < len(found.Content); i += 2 {
		keys[found.Content[i].Value] = found.Content[i+1]
	}
	return keys, nil
}

// retained lists the logical ids of the resources that a template's stack leaves behind.
func retained(template string) (map[string]bool, error) {
	resources, err := section(template, "Resources")
	if err != nil {
		return nil, err
	}
	left := map[string]bool{}
	for id, r := range resources {
		for i := 0; i+1 < len(r.Content); i += 2 {
			if r.Content[i].Value == "DeletionPolicy" && strings.HasPrefix(r.Content[i+1].Value, "Retain") {
				left[id] = true
			}
		}
	}
	return left, nil
}

func endsIn(text, end string) bool { return strings.HasSuffix(strings.TrimSuffix(text, "."), end) }

// property is a property of a template's resource, with references to parameters filled in: a list where the parameter
// is one. Other functions are an error.
func property(template, logicalID, name string, parameters map[string]string) (any, error) {
	resources, err := section(template, "Resources")
	if err != nil {
		return nil, err
	}
	known, err := section(template, "Parameters")
	if err != nil {
		return nil, err
	}
	found := child(child(resources[logicalID], "Properties"), name)
	if found == nil {
		return nil, fmt.Errorf("%s has no %s", logicalID, name)
	}
	return filled(found, func(parameter string) any {
		if kind := child(known[parameter], "Type"); kind != nil && kind.Value == "CommaDelimitedList" {
			list := []any{}
			for one := range strings.SplitSeq(parameters[parameter], ",") {
				list = append(list, strings.TrimSpace(one))
			}
			return list
		}
		return parameters[parameter]
	})
}

// child is the value of a key of a mapping; nil if there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// valueOf is a scalar's text; empty for none.
func valueOf(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}

// filled makes a value of a node.
func filled(n *yaml.Node, parameter func(string) any) (any, error) {
	switch {
	case n.Tag == "!Ref":
		return parameter(n.Value), nil
	case n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "Ref": // its long form
		return parameter(n.Content[1].Value), nil
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		return nil, fmt.Errorf("line %d: the function %s cannot be evaluated here", n.Line, n.Tag)
	case n.Kind == yaml.SequenceNode:
		list := []any{}
		for _, one := range n.Content {
			value, err := filled(one, parameter)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case n.Kind == yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			value, err := filled(n.Content[i+1], parameter)
			if err != nil {
				return nil, err
			}
			m[n.Content[i].Value] = value
		}
		return m, nil
	}
	var value any
	err := n.Decode(&value)
	return value, err
}
