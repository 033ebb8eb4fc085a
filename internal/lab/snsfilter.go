package lab

import (
	"encoding/json"
	"fmt"
)

// compileFilter compiles a filter policy; an empty one is nil and lets everything pass.
func compileFilter(policy, scope string) (*pattern, error) {
	if policy == "" || policy == "{}" {
		return nil, nil
	}
	if len(policy) > maxFilterPolicy {
		return nil, fmt.Errorf("longer than %d bytes", maxFilterPolicy)
	}
	p, err := parseMatchers(policy)
	if err != nil {
		return nil, err
	}
	if scope != "MessageBody" && len(p.nested) > 0 {
		return nil, fmt.Errorf("the scope MessageAttributes does not support a nested filter policy")
	}
	return p, nil
}

// wants says whether a subscription's filter policy lets a notification pass.
func (s *subscription) wants(n *notification) bool {
	if s.filter == nil {
		return true
	}
	if s.attributes["FilterPolicyScope"] == "MessageBody" {
		return s.filter.matchesText([]byte(n.body(s.protocol)))
	}
	document := map[string]any{}
	for name, a := range n.attributes {
		if value, ok := a.filterable(); ok {
			document[name] = value
		}
	}
	return s.filter.matches(document)
}

// filterable is an attribute's value as filter policies compare it; binary values cannot be compared.
func (a messageAttribute) filterable() (any, bool) {
	switch a.DataType {
	case "String":
		return a.text(), true
	case "Number":
		return json.Number(a.text()), true
	case "String.Array":
		list, err := decodeNumbers([]byte(a.text()))
		return list, err == nil
	}
	return nil, false
}
