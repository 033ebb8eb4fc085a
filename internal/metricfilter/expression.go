package metricfilter

import "strings"

// node is a part of a JSON pattern.
type node interface {
	match(record any) Truth
	String() string
	walk(visit func(*comparison))
}

// allOf and anyOf are what && and || join.
type (
	allOf []node
	anyOf []node
)

func (n allOf) match(record any) Truth {
	answer := Yes
	for _, part := range n {
		if answer = min(answer, part.match(record)); answer == No {
			break
		}
	}
	return answer
}

func (n anyOf) match(record any) Truth {
	answer := No
	for _, part := range n {
		if answer = max(answer, part.match(record)); answer == Yes {
			break
		}
	}
	return answer
}

func (n allOf) String() string { return join(n, " && ") }
func (n anyOf) String() string { return join(n, " || ") }

func (n allOf) walk(visit func(*comparison)) { walk(n, visit) }
func (n anyOf) walk(visit func(*comparison)) { walk(n, visit) }

// join writes the parts, each in parentheses.
func join(parts []node, operator string) string {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = "(" + part.String() + ")"
	}
	return strings.Join(texts, operator)
}

func walk(parts []node, visit func(*comparison)) {
	for _, part := range parts {
		part.walk(visit)
	}
}

// comparison is one condition on one property.
type comparison struct {
	selector selector
	operator string // =, !=, <, >, <=, >=, or a state
	value    operand
}

// The conditions that compare with no value.
const (
	isNull    = "IS NULL"
	isTrue    = "IS TRUE"
	isFalse   = "IS FALSE"
	notExists = "NOT EXISTS"
)

func (c *comparison) walk(visit func(*comparison)) { visit(c) }

func (c *comparison) String() string {
	if c.value == nil {
		return c.selector.String() + " " + c.operator
	}
	return c.selector.String() + " " + c.operator + " " + c.value.String()
}

// match holds if one of the nodes that the selector finds meets the condition. Only texts and numbers are compared: of an
// object or array, the guide says that neither = nor != match.
func (c *comparison) match(record any) Truth {
	found := c.selector.find(record)
	switch {
	case c.operator == notExists:
		return truth(len(found) == 0)
	case len(found) == 0 && c.operator == "!=":
		return Maybe // nothing documents it
	}
	answer := No
	for _, value := range found {
		answer = max(answer, c.holds(value))
	}
	return answer
}

// holds says whether one value meets the condition.
func (c *comparison) holds(value any) Truth {
	switch c.operator {
	case isNull:
		return truth(value == nil)
	case isTrue:
		return truth(value == true)
	case isFalse:
		return truth(value == false)
	}
	if value == nil && c.operator == "!=" {
		return Maybe // nothing documents it
	}
	equal, comparable := c.value.equals(value)
	switch {
	case !comparable:
		return No
	case c.operator == "=":
		return equal
	case c.operator == "!=":
		return equal.not()
	}
	return c.ordered(value)
}
