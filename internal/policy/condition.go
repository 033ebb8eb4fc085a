package policy

import (
	"fmt"
	"strings"
)

// operator is a condition operator, taken apart.
type operator struct {
	test     test
	negated  bool
	ifExists bool
	anyValue bool // ForAnyValue
	allValue bool // ForAllValues
}

// test compares a value of the request with one of the policy.
type test func(e env, have, want string) Truth

// env is what a test may need besides the values.
type env struct {
	variable variable // nil if the policy's version knows none
	negated  bool
}

// tests are the operators that compare. Those that are the negation of another are in negations.
var tests = map[string]test{
	"StringEquals":             stringEquals,
	"StringEqualsIgnoreCase":   stringEqualsIgnoreCase,
	"StringLike":               stringLike,
	"ArnEquals":                arnLike, // documented to behave identically
	"ArnLike":                  arnLike,
	"Bool":                     boolEquals,
	"BinaryEquals":             binaryEquals,
	"IpAddress":                ipAddress,
	"NumericEquals":            numeric(func(c int) bool { return c == 0 }),
	"NumericLessThan":          numeric(func(c int) bool { return c < 0 }),
	"NumericLessThanEquals":    numeric(func(c int) bool { return c <= 0 }),
	"NumericGreaterThan":       numeric(func(c int) bool { return c > 0 }),
	"NumericGreaterThanEquals": numeric(func(c int) bool { return c >= 0 }),
	"DateEquals":               date(func(c int) bool { return c == 0 }),
	"DateLessThan":             date(func(c int) bool { return c < 0 }),
	"DateLessThanEquals":       date(func(c int) bool { return c <= 0 }),
	"DateGreaterThan":          date(func(c int) bool { return c > 0 }),
	"DateGreaterThanEquals":    date(func(c int) bool { return c >= 0 }),
}

var negations = map[string]string{
	"StringNotEquals":           "StringEquals",
	"StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
	"StringNotLike":             "StringLike",
	"ArnNotEquals":              "ArnEquals",
	"ArnNotLike":                "ArnLike",
	"NotIpAddress":              "IpAddress",
	"NumericNotEquals":          "NumericEquals",
	"DateNotEquals":             "DateEquals",
}

// parseOperator takes the name of an operator apart; ok is false for one that we don't know.
func parseOperator(name string) (o operator, ok bool) {
	name, o.anyValue = strings.CutPrefix(name, "ForAnyValue:")
	if !o.anyValue {
		name, o.allValue = strings.CutPrefix(name, "ForAllValues:")
	}
	name, o.ifExists = strings.CutSuffix(name, "IfExists")
	if positive, is := negations[name]; is {
		name, o.negated = positive, true
	}
	o.test, ok = tests[name]
	return o, ok
}

// holds says whether a condition is met, and if that isn't known, why not.
func (c Condition) holds(r Request, variables bool) (Truth, string) {
	lists := r.values(c.Key)
	if len(lists) == 0 {
		return Maybe, fmt.Sprintf("the value of condition key %s is not known", shown(c.Key))
	}
	e := env{}
	if variables {
		e.variable = r.variable
	}
	answer := c.holdsFor(e, lists[0])
	for _, list := range lists[1:] {
		if c.holdsFor(e, list) != answer {
			return Maybe, fmt.Sprintf("the value of condition key %s is not known", shown(c.Key))
		}
	}
	if answer == Maybe {
		return Maybe, fmt.Sprintf("condition %s of %s can't be judged", shown(c.Operator), shown(c.Key))
	}
	return answer, ""
}

// holdsFor says whether a condition is met if its key has these values.
func (c Condition) holdsFor(e env, have []string) Truth {
	if c.Operator == "Null" {
		return isNull(have, c.Values)
	}
	o, ok := parseOperator(c.Operator)
	if !ok {
		return Maybe
	}
	e.negated = o.negated
	if o.anyValue || o.allValue {
		return o.holdsForSet(e, have, c.Values)
	}
	switch len(have) {
	case 0:
		return truth(o.ifExists || o.negated)
	case 1:
		return o.holdsForOne(e, have[0], c.Values)
	}
	return Maybe // a set operator is required, and nothing documents what happens without
}

// holdsForSet evaluates the set operators. Of an absent key, ForAllValues is true and ForAnyValue false; a single empty
// value counts as absent. With ForAnyValue and IfExists together, two documented rules contradict each other.
func (o operator) holdsForSet(e env, have, want []string) Truth {
	if len(have) == 0 || len(have) == 1 && have[0] == "" {
		if o.anyValue && o.ifExists {
			return Maybe
		}
		return truth(o.allValue)
	}
	answer := truth(o.allValue)
	for _, value := range have {
		if one := o.holdsForOne(e, value, want); o.allValue {
			answer = min(answer, one)
		} else {
			answer = max(answer, one)
		}
	}
	return answer
}

// holdsForOne compares one value of the request with the policy's: one of them must fit, or none if negated.
func (o operator) holdsForOne(e env, have string, want []string) Truth {
	answer := No
	for _, value := range want {
		answer = max(answer, o.test(e, have, value))
	}
	if o.negated {
		return answer.not()
	}
	return answer
}

// isNull evaluates the operator Null: "true" asks that the key is absent, "false" that it isn't.
func isNull(have, want []string) Truth {
	answer := No
	for _, value := range want {
		switch strings.ToLower(value) {
		case "true":
			answer = max(answer, truth(len(have) == 0))
		case "false":
			answer = max(answer, truth(len(have) > 0))
		default:
			answer = max(answer, Maybe)
		}
	}
	return answer
}
