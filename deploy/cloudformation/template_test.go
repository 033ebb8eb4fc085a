package cloudformation_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// object is a mapping of a template. Short tags have become the functions that they stand for: {"Fn::Sub": …}.
type object = map[string]any

// template is a template as CloudFormation sees it.
type template struct {
	file       string
	parameters object
	conditions object
	resources  object
	outputs    object
}

// files are the templates.
var files = []string{"forwarder.yaml", "member-role.yaml", "organization.yaml", "store.yaml", "trailhold.yaml"}

func read(t *testing.T, file string) template {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	value, err := plainValue(root.Content[0])
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	sections := value.(object)
	section := func(name string) object { s, _ := sections[name].(object); return s }
	return template{file, section("Parameters"), section("Conditions"), section("Resources"), section("Outputs")}
}

// forEach runs a test on each template.
func forEach(t *testing.T, test func(*testing.T, template)) {
	for _, file := range files {
		t.Run(file, func(t *testing.T) { test(t, read(t, file)) })
	}
}

// plainValue makes maps, lists and texts of a node.
func plainValue(n *yaml.Node) (any, error) {
	inner, err := untagged(n)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return inner, err
	}
	switch name := n.Tag[1:]; name {
	case "Ref", "Condition":
		return object{name: inner}, nil
	case "GetAtt":
		resource, attribute, ok := strings.Cut(fmt.Sprint(inner), ".")
		if !ok {
			return nil, fmt.Errorf("line %d: !GetAtt %v names no attribute", n.Line, inner)
		}
		return object{"Fn::GetAtt": []any{resource, attribute}}, nil
	default:
		return object{"Fn::" + name: inner}, nil
	}
}

func untagged(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		m := object{}
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := m[key]; twice {
				return nil, fmt.Errorf("line %d: %s is there twice", n.Content[i].Line, key)
			}
			value, err := plainValue(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[key] = value
		}
		return m, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			value, err := plainValue(item)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.ScalarNode:
		return n.Value, nil
	}
	return nil, fmt.Errorf("line %d: neither mapping, list nor text", n.Line)
}

// walk visits a value and all that is in it. at says where it is.
func walk(at string, value any, visit func(at string, value any)) {
	visit(at, value)
	switch v := value.(type) {
	case object:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walk(at+"."+key, v[key], visit)
		}
	case []any:
		for n, item := range v {
			walk(fmt.Sprintf("%s[%d]", at, n), item, visit)
		}
	}
}

// everything visits all values of the template's conditions, resources and outputs.
func (tm template) everything(visit func(at string, value any)) {
	walk("Conditions", tm.conditions, visit)
	walk("Resources", tm.resources, visit)
	walk("Outputs", tm.outputs, visit)
}

// of lists the resources of a type, by logical id, each with its properties.
func (tm template) of(kind string) map[string]object {
	found := map[string]object{}
	for id, r := range tm.resources {
		if resource := r.(object); resource["Type"] == kind {
			found[id], _ = resource["Properties"].(object)
		}
	}
	return found
}

// at follows a path of keys; nil where there is none.
func at(value any, path ...string) any {
	for _, key := range path {
		m, ok := value.(object)
		if !ok {
			return nil
		}
		value = m[key]
	}
	return value
}

// many is a value as a list: CloudFormation and IAM take one for a list of one.
func many(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

// text writes a value with what is not known yet in ${…}, so that ARNs can be compared.
func (tm template) text(value any) string {
	m, ok := value.(object)
	if !ok {
		return fmt.Sprint(value)
	}
	if name, ok := m["Ref"].(string); ok {
		return tm.reference(name)
	}
	if attribute, ok := m["Fn::GetAtt"].([]any); ok {
		return tm.attribute(attribute[0].(string), attribute[1].(string))
	}
	if sub, ok := m["Fn::Sub"].(string); ok {
		return placeholder.ReplaceAllStringFunc(sub, func(p string) string {
			name, attribute, dotted := strings.Cut(p[2:len(p)-1], ".")
			if dotted {
				return tm.attribute(name, attribute)
			}
			return tm.reference(name)
		})
	}
	return fmt.Sprint(value)
}

var placeholder = regexp.MustCompile(`\$\{[^!}][^}]*\}`)

// nameOf is the property that names resources of a type.
var nameOf = map[string]string{
	"AWS::Events::EventBus": "Name", "AWS::Events::Rule": "Name", "AWS::Lambda::Function": "FunctionName", "AWS::IAM::Role": "RoleName",
	"AWS::SQS::Queue": "QueueName", "AWS::Scheduler::Schedule": "Name",
}

// reference is what a Ref yields, as far as that is a name.
func (tm template) reference(id string) string {
	r, _ := tm.resources[id].(object)
	if property, ok := nameOf[fmt.Sprint(r["Type"])]; ok && r["Type"] != "AWS::SQS::Queue" {
		return tm.text(at(r, "Properties", property))
	}
	return "${" + id + "}"
}

// attribute is what GetAtt yields, as far as the tests need it: the ARN of a rule. Others stay symbols.
func (tm template) attribute(id, name string) string {
	r, _ := tm.resources[id].(object)
	if r["Type"] != "AWS::Events::Rule" || name != "Arn" {
		return "${" + id + "." + name + "}"
	}
	path := tm.text(at(r, "Properties", "Name"))
	if bus := at(r, "Properties", "EventBusName"); bus != nil {
		path = tm.text(bus) + "/" + path
	}
	return "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/" + path
}

// like matches as ArnLike does, for patterns whose only wildcard is at the end.
func like(pattern, arn string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(arn, prefix)
	}
	return pattern == arn
}
