package lab

import (
	"encoding/json"
	"fmt"
	"strings"
)

// comparison is one bound of a numeric matcher.
type comparison struct {
	operator string
	value    float64
}

func (c comparison) accepts(n float64) bool {
	switch c.operator {
	case "=":
		return n == c.value
	case "<":
		return n < c.value
	case "<=":
		return n <= c.value
	case ">":
		return n > c.value
	}
	return n >= c.value
}

// compileNumeric compiles {"numeric": [operator, number]} and {"numeric": [lower bound…, upper bound…]}.
func compileNumeric(operand any) (matcher, error) {
	list, ok := operand.([]any)
	if !ok || len(list) != 2 && len(list) != 4 {
		return nil, fmt.Errorf("numeric takes an array of one or two operators, each with a number")
	}
	var bounds []comparison
	for i := 0; i < len(list); i += 2 {
		bound, err := compileBound(list[i], list[i+1])
		if err != nil {
			return nil, err
		}
		bounds = append(bounds, bound)
	}
	if err := checkRange(bounds); err != nil {
		return nil, err
	}
	return func(scalar any) bool { return inRange(scalar, bounds) }, nil
}

func compileBound(operator, value any) (comparison, error) {
	name, _ := operator.(string)
	switch name {
	case "=", "<", "<=", ">", ">=":
	default:
		return comparison{}, fmt.Errorf("numeric takes the operators =, <, <=, > and >=")
	}
	number, ok := value.(json.Number)
	if !ok {
		return comparison{}, fmt.Errorf("numeric %s takes a number", name)
	}
	f, err := number.Float64()
	if err != nil || f < -maxNumber || f > maxNumber {
		return comparison{}, fmt.Errorf("numeric values must be between -5.0e9 and 5.0e9")
	}
	return comparison{name, f}, nil
}

// checkRange requires of two bounds that they are a lower and a greater upper one, in this order.
func checkRange(bounds []comparison) error {
	if len(bounds) == 1 {
		return nil
	}
	if !strings.HasPrefix(bounds[0].operator, ">") || !strings.HasPrefix(bounds[1].operator, "<") {
		return fmt.Errorf("a numeric range is a lower bound (> or >=) followed by an upper bound (< or <=)")
	}
	if bounds[0].value >= bounds[1].value {
		return fmt.Errorf("the bottom of a numeric range must be less than its top")
	}
	return nil
}

func inRange(scalar any, bounds []comparison) bool {
	number, ok := scalar.(json.Number)
	if !ok {
		return false
	}
	f, err := number.Float64()
	if err != nil || f < -maxNumber || f > maxNumber {
		return false
	}
	for _, bound := range bounds {
		if !bound.accepts(f) {
			return false
		}
	}
	return true
}
