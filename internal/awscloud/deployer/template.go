package deployer

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxBody is the size up to which CloudFormation takes a template in the request itself, in bytes.
const maxBody = 51_200

// body is a template as it is sent: as it is if it fits, else without comments and indentation.
func body(template string) (string, error) {
	if len(template) <= maxBody {
		return template, nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(template), &document); err != nil {
		return "", fmt.Errorf("the template: %w", err)
	}
	flow(&document)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	if err := e.Encode(&document); err != nil {
		return "", fmt.Errorf("the template: %w", err)
	}
	if out.Len() > maxBody {
		return "", fmt.Errorf("the template has %d bytes; CloudFormation takes %d", out.Len(), maxBody)
	}
	return out.String(), nil
}

// flow takes away whatever a reader needs and CloudFormation does not.
func flow(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	if n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode {
		n.Style = yaml.FlowStyle | n.Style&yaml.TaggedStyle
	}
	if n.Kind == yaml.ScalarNode {
		n.Style &^= yaml.LiteralStyle | yaml.FoldedStyle
	}
	for _, child := range n.Content {
		flow(child)
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
