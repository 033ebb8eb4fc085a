package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mentions lists the names that a value refers to with Ref, Fn::GetAtt and Fn::Sub: of resources, of parameters and of
// pseudo parameters.
func mentions(v any) []string {
	found := map[string]bool{}
	collect(v, found)
	return slices.Sorted(maps.Keys(found))
}

func collect(v any, found map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			collect(one, found)
		}
	case object:
		name, argument, ok := function(v)
		switch text, isText := argument.(string); {
		case ok && name == "Ref" && isText:
			found[text] = true
		case ok && name == "Fn::Sub":
			collectSub(argument, found)
		case ok && name == "Fn::GetAtt":
			if list, _ := argument.([]any); len(list) == 2 {
				found[asText(list[0])] = true
			}
		}
		for _, one := range v {
			collect(one, found)
		}
	}
}

// collectSub adds the names in a text of Fn::Sub, but for those that its own mapping explains.
func collectSub(argument any, found map[string]bool) {
	text, own := "", object{}
	switch a := argument.(type) {
	case string:
		text = a
	case []any:
		if len(a) == 2 {
			text, _ = a[0].(string)
			own, _ = a[1].(object)
		}
	}
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		name, _, _ := strings.Cut(strings.TrimSpace(m[1]), ".")
		if _, ok := own[name]; !ok && !strings.HasPrefix(name, "!") {
			found[name] = true
		}
	}
}

// checkReferences refuses references to what the template does not have, as CloudFormation does before it makes anything.
func (t *template) checkReferences() error {
	for _, id := range t.order {
		r := t.resources[id]
		if r.condition != "" && t.conditions[r.condition] == nil {
			return fmt.Errorf("resource %s has the condition %s, which does not exist", id, r.condition)
		}
		for _, name := range slices.Concat(mentions(r.properties), r.dependsOn) {
			if err := t.checkName(name, "resource "+id); err != nil {
				return err
			}
		}
	}
	for id, o := range t.outputs {
		for _, name := range mentions([]any{o.value, o.exportName}) {
			if err := t.checkName(name, "output "+id); err != nil {
				return err
			}
		}
	}
	_, err := t.sorted()
	return err
}

func (t *template) checkName(name, where string) error {
	if strings.HasPrefix(name, "AWS::") {
		if slices.Contains(pseudoNames, name) {
			return nil
		}
		return fmt.Errorf("the lab does not know the pseudo parameter %.100s in %s", name, where)
	}
	_, isParameter := t.parameters[name]
	if _, isResource := t.resources[name]; isParameter || isResource {
		return nil
	}
	return fmt.Errorf("unresolved resource dependencies [%.100s] in %s", name, where)
}

// pseudoNames are the pseudo parameters that the lab knows.
var pseudoNames = []string{"AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"}

// sorted are the logical ids in the order of their dependencies, and otherwise as written.
func (t *template) sorted() ([]string, error) {
	var order []string
	state := map[string]int{} // 1: being visited, 2: done
	var visit func(id string) error
	visit = func(id string) error {
		r, ok := t.resources[id]
		if !ok || state[id] == 2 {
			return nil
		}
		if state[id] == 1 {
			return fmt.Errorf("circular dependency between resources: [%s]", id)
		}
		state[id] = 1
		for _, name := range slices.Concat(r.dependsOn, mentions(r.properties)) {
			if err := visit(name); err != nil {
				return err
			}
		}
		state[id] = 2
		order = append(order, id)
		return nil
	}
	for _, id := range t.order {
		if err := visit(id); err != nil {
			return nil, err
		}
	}
	return order, nil
}
