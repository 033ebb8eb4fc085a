package cloudformation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Limits of templates, from CloudFormation's quotas.
const (
	maxTemplate   = 1 << 20
	maxBody       = 51_200 // of a template that is sent in the request itself
	maxResources  = 500
	maxParameters = 200
	maxOutputs    = 200
	maxMappings   = 200
	maxDepth      = 64 // of nesting; AWS does not say
)

// object is a mapping in a template, or a JSON object on the wire.
type object = map[string]any

// template is a parsed template. Its values are nil, bool, json.Number, string, []any and object; intrinsic functions are
// objects with one key, in whatever spelling they were written.
type template struct {
	text        string
	description string
	parameters  map[string]parameter
	mappings    object
	conditions  object
	resources   map[string]resource
	order       []string // logical ids, as written
	outputs     map[string]output
}

// resource is one entry of a template's Resources.
type resource struct {
	kind           string // AWS's resource type
	properties     object
	dependsOn      []string
	condition      string
	deletionPolicy string // "Delete", "Retain" or "RetainExceptOnCreate"
	replacePolicy  string // "Delete" or "Retain"
}

// output is one entry of a template's Outputs.
type output struct {
	value, exportName any
	description       string
	condition         string
}

// parse reads a template and checks its shape; what its functions mean is seen when they are evaluated.
func parse(text string) (*template, error) {
	if len(text) > maxTemplate {
		return nil, invalid("1 validation error detected: a template has at most %d bytes", maxTemplate)
	}
	root, order, err := decode(text)
	if err != nil {
		return nil, invalid("Template format error: %v", err)
	}
	t := &template{text: text}
	if err := t.read(root, order); err != nil {
		return nil, invalid("Template format error: %v", err)
	}
	return t, nil
}

func decode(text string) (root object, order []string, err error) {
	loader, err := yaml.NewLoader(bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, nil, err
	}
	var document, second yaml.Node
	if err := loader.Load(&document); err != nil {
		return nil, nil, fmt.Errorf("neither YAML nor JSON: %w", err)
	}
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("more than one YAML document")
	}
	if len(document.Content) != 1 {
		return nil, nil, errors.New("no template")
	}
	value, err := fromYAML(document.Content[0], 0)
	if err != nil {
		return nil, nil, err
	}
	root, ok := value.(object)
	if !ok {
		return nil, nil, errors.New("the template is not a mapping")
	}
	return root, keysOf(document.Content[0], "Resources"), nil
}

// keysOf are the keys of a section in the order in which they were written.
func keysOf(root *yaml.Node, section string) (keys []string) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != section {
			continue
		}
		for j := 0; j+1 < len(root.Content[i+1].Content); j += 2 {
			keys = append(keys, root.Content[i+1].Content[j].Value)
		}
	}
	return keys
}

// fromYAML makes a value of a node. A tag such as !Sub becomes the function's long form.
func fromYAML(n *yaml.Node, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: nested too deeply", n.Line)
	}
	var value any
	var err error
	switch n.Kind {
	case yaml.ScalarNode:
		value, err = scalar(n)
	case yaml.SequenceNode:
		value, err = list(n, depth)
	case yaml.MappingNode:
		value, err = mapping(n, depth)
	default: // CloudFormation knows no aliases
		return nil, fmt.Errorf("line %d: YAML aliases are not supported", n.Line)
	}
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return value, err
	}
	return long(n.Tag[1:], value), nil
}

// long is a function's long form.
func long(name string, argument any) object {
	switch name {
	case "Ref", "Condition":
		return object{name: argument}
	case "GetAtt":
		if text, ok := argument.(string); ok {
			id, attribute, _ := strings.Cut(text, ".")
			argument = []any{id, attribute}
		}
	}
	return object{"Fn::" + name: argument}
}

func list(n *yaml.Node, depth int) (any, error) {
	values := make([]any, 0, len(n.Content))
	for _, item := range n.Content {
		value, err := fromYAML(item, depth+1)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

func mapping(n *yaml.Node, depth int) (any, error) {
	m := object{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if _, twice := m[key.Value]; twice || key.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: %.100q is there twice, or is no key", key.Line, key.Value)
		}
		value, err := fromYAML(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		m[key.Value] = value
	}
	return m, nil
}

var decimal = regexp.MustCompile(`^-?(0|[1-9]\d*)(\.\d+)?$`)

// scalar keeps numbers as they were written, and takes as text whatever JSON has no form for, dates above all: a policy's
// Version is one.
func scalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE", nil
	case "!!int", "!!float":
		if decimal.MatchString(n.Value) {
			return json.Number(n.Value), nil
		}
	}
	return n.Value, nil
}

// sections are what a template may have at its top.
var sections = []string{"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Resources", "Outputs"}

func (t *template) read(root object, order []string) error {
	if err := onlyKeys("the template", root, sections); err != nil {
		return err
	}
	t.description, _ = root["Description"].(string)
	var parts [5]object
	for i, name := range []string{"Parameters", "Mappings", "Conditions", "Resources", "Outputs"} {
		part, ok := root[name].(object)
		if !ok && root[name] != nil {
			return fmt.Errorf("%s is not a mapping", name)
		}
		parts[i] = part
	}
	t.mappings, t.conditions, t.order = parts[1], parts[2], order
	switch {
	case len(parts[3]) == 0:
		return errors.New("at least one Resources member must be defined")
	case len(parts[0]) > maxParameters || len(parts[1]) > maxMappings || len(parts[3]) > maxResources || len(parts[4]) > maxOutputs:
		return errors.New("the template has more than CloudFormation allows of something")
	}
	var err error
	if t.parameters, err = readParameters(parts[0]); err != nil {
		return err
	}
	if t.resources, err = readResources(parts[3]); err != nil {
		return err
	}
	if t.outputs, err = readOutputs(parts[4]); err != nil {
		return err
	}
	return t.checkReferences()
}

// onlyKeys refuses what it does not know.
func onlyKeys(what string, m object, known []string) error {
	for key := range m {
		if !slices.Contains(known, key) {
			return fmt.Errorf("%s has %.100q, which the lab does not know", what, key)
		}
	}
	return nil
}

var logicalID = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)

var resourceKeys = []string{"Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"}

func readResources(section object) (map[string]resource, error) {
	all := map[string]resource{}
	for id, value := range section {
		m, ok := value.(object)
		if !ok || !logicalID.MatchString(id) {
			return nil, fmt.Errorf("resource name %.100q is non alphanumeric, or no mapping", id)
		}
		if err := onlyKeys("resource "+id, m, resourceKeys); err != nil {
			return nil, err
		}
		r := resource{deletionPolicy: "Delete", replacePolicy: "Delete"}
		r.kind, _ = m["Type"].(string)
		r.condition, _ = m["Condition"].(string)
		if text, ok := m["DeletionPolicy"].(string); ok {
			r.deletionPolicy = text
		}
		if text, ok := m["UpdateReplacePolicy"].(string); ok {
			r.replacePolicy = text
		}
		if r.properties, ok = m["Properties"].(object); !ok && m["Properties"] != nil {
			return nil, fmt.Errorf("the Properties of resource %s are not a mapping", id)
		}
		switch d := m["DependsOn"].(type) {
		case string:
			r.dependsOn = []string{d}
		case []any:
			for _, one := range d {
				text, _ := one.(string)
				r.dependsOn = append(r.dependsOn, text)
			}
		}
		if !slices.Contains([]string{"Delete", "Retain", "RetainExceptOnCreate"}, r.deletionPolicy) || !slices.Contains([]string{"Delete", "Retain"}, r.replacePolicy) {
			return nil, fmt.Errorf("resource %s has a DeletionPolicy or UpdateReplacePolicy that the lab does not know", id)
		}
		if types[r.kind] == nil {
			return nil, fmt.Errorf("unrecognized resource types: [%.200s]: the lab does not know it", r.kind)
		}
		all[id] = r
	}
	return all, nil
}

func readOutputs(section object) (map[string]output, error) {
	all := map[string]output{}
	for id, value := range section {
		m, ok := value.(object)
		if !ok || m["Value"] == nil {
			return nil, fmt.Errorf("output %.100s has no Value", id)
		}
		if err := onlyKeys("output "+id, m, []string{"Value", "Description", "Condition", "Export"}); err != nil {
			return nil, err
		}
		o := output{value: m["Value"]}
		o.description, _ = m["Description"].(string)
		o.condition, _ = m["Condition"].(string)
		if export, ok := m["Export"].(object); ok {
			o.exportName = export["Name"]
		}
		all[id] = o
	}
	return all, nil
}
