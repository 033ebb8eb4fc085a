package lab

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
)

// matcher accepts or refuses a scalar of an event: a string, json.Number, bool or nil.
type matcher func(scalar any) bool

// maxNumber is the largest magnitude that numeric matching takes.
const maxNumber = 5e9

// compileMatcher compiles one member of a field's array: a literal, or an object with one operator.
func compileMatcher(value any) (matcher, error) {
	switch value := value.(type) {
	case map[string]any:
		if len(value) != 1 {
			return nil, fmt.Errorf("a match expression must have exactly one operator")
		}
		for operator, operand := range value {
			return compileOperator(operator, operand)
		}
	case []any:
		return nil, fmt.Errorf("arrays within arrays are not allowed")
	}
	return func(scalar any) bool { return scalar == value }, nil
}

// compileOperator compiles {operator: operand}.
func compileOperator(operator string, operand any) (matcher, error) {
	switch operator {
	case "prefix", "suffix":
		return compileAffix(operator, operand)
	case "equals-ignore-case", "wildcard", "cidr":
		text, ok := operand.(string)
		if !ok {
			return nil, fmt.Errorf("%s takes a string", operator)
		}
		return compileText(operator, text)
	case "exists":
		if operand != true { // false is handled by the leaf
			return nil, fmt.Errorf("exists takes true or false")
		}
		return func(any) bool { return true }, nil
	case "numeric":
		return compileNumeric(operand)
	case "anything-but":
		return compileAnythingBut(operand)
	}
	return nil, fmt.Errorf("unrecognized match type %q", operator)
}

// compileAffix compiles prefix and suffix, whose operand is a string or {"equals-ignore-case": string}.
func compileAffix(operator string, operand any) (matcher, error) {
	if object, ok := operand.(map[string]any); ok && len(object) == 1 {
		if text, ok := object["equals-ignore-case"].(string); ok {
			return compileText(operator+"-ignore-case", text)
		}
	}
	text, ok := operand.(string)
	if !ok {
		return nil, fmt.Errorf("%s takes a string or {\"equals-ignore-case\": string}", operator)
	}
	return compileText(operator, text)
}

// compileText compiles the operators whose operand is one string.
func compileText(operator, text string) (matcher, error) {
	var accepts func(string) bool
	folded := strings.ToLower(text)
	switch operator {
	case "prefix":
		accepts = func(s string) bool { return strings.HasPrefix(s, text) }
	case "suffix":
		accepts = func(s string) bool { return strings.HasSuffix(s, text) }
	case "prefix-ignore-case":
		accepts = func(s string) bool { return strings.HasPrefix(strings.ToLower(s), folded) }
	case "suffix-ignore-case":
		accepts = func(s string) bool { return strings.HasSuffix(strings.ToLower(s), folded) }
	case "equals-ignore-case":
		accepts = func(s string) bool { return strings.ToLower(s) == folded }
	case "wildcard":
		return compileWildcard(text)
	case "cidr":
		return compileCIDR(text)
	default:
		return nil, fmt.Errorf("unrecognized match type %q", operator)
	}
	return func(scalar any) bool {
		s, ok := scalar.(string)
		return ok && accepts(s)
	}, nil
}

// compileCIDR compiles a network in CIDR notation, of either family.
func compileCIDR(text string) (matcher, error) {
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return nil, fmt.Errorf("cidr takes a network such as 10.0.0.0/24: %w", err)
	}
	network = network.Masked()
	return func(scalar any) bool {
		s, _ := scalar.(string)
		address, err := netip.ParseAddr(s)
		return err == nil && network.Contains(address)
	}, nil
}

// compileAnythingBut compiles anything-but: of a literal, of a list of strings or of numbers, or of a nested operator.
func compileAnythingBut(operand any) (matcher, error) {
	var refused matcher
	var err error
	if object, ok := operand.(map[string]any); ok {
		refused, err = compileNegated(object)
	} else {
		refused, err = compileLiterals(operand)
	}
	if err != nil {
		return nil, err
	}
	return func(scalar any) bool { return !refused(scalar) }, nil
}

// compileNegated compiles the object in {"anything-but": {operator: string or list of strings}}.
func compileNegated(object map[string]any) (matcher, error) {
	if len(object) != 1 {
		return nil, fmt.Errorf("anything-but takes exactly one operator")
	}
	var matchers []matcher
	for operator, operand := range object {
		switch operator {
		case "prefix", "suffix", "equals-ignore-case", "wildcard":
		default:
			return nil, fmt.Errorf("anything-but does not take the operator %q", operator)
		}
		values, err := listOf(operand)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			m, err := compileOperator(operator, value)
			if err != nil {
				return nil, fmt.Errorf("anything-but: %w", err)
			}
			matchers = append(matchers, m)
		}
	}
	return anyMatcher(matchers), nil
}

// compileLiterals compiles the list in {"anything-but": …}. EventBridge takes strings and numbers, not both.
func compileLiterals(operand any) (matcher, error) {
	values, err := listOf(operand)
	if err != nil {
		return nil, err
	}
	var matchers []matcher
	texts := 0
	for _, value := range values {
		switch value.(type) {
		case string:
			texts++
		case json.Number:
		default:
			return nil, fmt.Errorf("anything-but takes strings or numbers")
		}
		matchers = append(matchers, func(scalar any) bool { return scalar == value })
	}
	if texts != 0 && texts != len(values) {
		return nil, fmt.Errorf("anything-but takes strings or numbers, not both")
	}
	return anyMatcher(matchers), nil
}

// listOf makes a list of a value that may be one already; an empty list is an error.
func listOf(operand any) ([]any, error) {
	list, ok := operand.([]any)
	if !ok {
		return []any{operand}, nil
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("anything-but takes no empty list")
	}
	return list, nil
}

func anyMatcher(matchers []matcher) matcher {
	return func(scalar any) bool {
		for _, accepts := range matchers {
			if accepts(scalar) {
				return true
			}
		}
		return false
	}
}
