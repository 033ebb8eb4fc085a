package lab

import (
	"slices"
	"strings"
)

// predicate is a condition on an item. A missing item is an empty one.
type predicate func(item) bool

// operand is one side of a comparison; ok is false if the item has no such thing.
type operand func(item) (value attr, ok bool)

// condition compiles a condition expression; an empty text is always true.
func (s *expressionScope) condition(field, text string) (predicate, error) {
	if text == "" {
		return func(item) bool { return true }, nil
	}
	e, err := s.parse(field, text)
	if err != nil {
		return nil, err
	}
	holds, err := e.or()
	if err == nil && e.peek() != "" {
		err = e.invalid("Syntax error; token: %q", e.peek())
	}
	return holds, err
}

func (e *expression) or() (predicate, error) {
	return e.chain("OR", e.and, func(a, b predicate) predicate { return func(i item) bool { return a(i) || b(i) } })
}

func (e *expression) and() (predicate, error) {
	return e.chain("AND", e.not, func(a, b predicate) predicate { return func(i item) bool { return a(i) && b(i) } })
}

// chain parses one or more operands that a keyword joins.
func (e *expression) chain(keyword string, one func() (predicate, error), join func(a, b predicate) predicate) (predicate, error) {
	left, err := one()
	for err == nil && e.accept(keyword) {
		var right predicate
		if right, err = one(); err == nil {
			left = join(left, right)
		}
	}
	return left, err
}

func (e *expression) not() (predicate, error) {
	if !e.accept("NOT") {
		return e.primary()
	}
	holds, err := e.not()
	return func(i item) bool { return !holds(i) }, err
}

func (e *expression) primary() (predicate, error) {
	if e.accept("(") {
		holds, err := e.or()
		if err != nil {
			return nil, err
		}
		return holds, e.expect(")")
	}
	if len(e.tokens) > 1 && e.tokens[1] == "(" && !strings.EqualFold(e.peek(), "size") {
		return e.function()
	}
	left, err := e.operand()
	if err != nil {
		return nil, err
	}
	return e.comparison(left)
}

// function parses one of the functions that answer yes or no.
func (e *expression) function() (predicate, error) {
	name := e.next()
	e.next() // the parenthesis
	path, err := e.path()
	if err != nil {
		return nil, err
	}
	var argument operand
	if name != "attribute_exists" && name != "attribute_not_exists" {
		if err := e.expect(","); err != nil {
			return nil, err
		}
		if argument, err = e.operand(); err != nil {
			return nil, err
		}
	}
	if err := e.expect(")"); err != nil {
		return nil, err
	}
	test := func(holds func(have, want attr) bool) predicate {
		return func(i item) bool {
			have, ok := path.in(i)
			want, known := argument(i)
			return ok && known && holds(have, want)
		}
	}
	switch name {
	case "attribute_exists":
		return func(i item) bool { _, ok := path.in(i); return ok }, nil
	case "attribute_not_exists":
		return func(i item) bool { _, ok := path.in(i); return !ok }, nil
	case "attribute_type":
		return test(func(have, want attr) bool { return have.kind == want.text }), nil
	case "begins_with":
		return test(attr.beginsWith), nil
	case "contains":
		return test(attr.contains), nil
	}
	return nil, e.invalid("Invalid function name; function: %s", name)
}

func (a attr) beginsWith(prefix attr) bool {
	return a.kind == prefix.kind && (a.kind == "S" || a.kind == "B") && strings.HasPrefix(a.text, prefix.text)
}

func (a attr) contains(part attr) bool {
	switch a.kind {
	case "S", "B":
		return a.kind == part.kind && strings.Contains(a.text, part.text)
	case "SS", "NS", "BS":
		return a.kind[:1] == part.kind && slices.Contains(a.set, part.text)
	}
	return slices.ContainsFunc(a.list, part.equal)
}

// operand parses a path, a value or size(path).
func (e *expression) operand() (operand, error) {
	if strings.HasPrefix(e.peek(), ":") {
		value, err := e.value()
		return func(item) (attr, bool) { return value, true }, err
	}
	if len(e.tokens) > 1 && e.tokens[1] == "(" && e.accept("size") {
		e.next()
		path, err := e.path()
		if err != nil {
			return nil, err
		}
		return func(i item) (attr, bool) { value, ok := path.in(i); return value.length(ok) }, e.expect(")")
	}
	path, err := e.path()
	return func(i item) (attr, bool) { return path.in(i) }, err
}

// length is what size() gives; numbers, booleans and nulls have none.
func (a attr) length(ok bool) (attr, bool) {
	n := 0
	switch a.kind {
	case "S":
		n = len([]rune(a.text))
	case "B":
		n = len(a.text)
	case "SS", "NS", "BS":
		n = len(a.set)
	case "L":
		n = len(a.list)
	case "M":
		n = len(a.fields)
	default:
		ok = false
	}
	return numberAttr(n), ok
}

// comparisons are what the operators make of the order of two values of one kind.
var comparisons = map[string]func(order int) bool{
	"<":  func(order int) bool { return order < 0 },
	"<=": func(order int) bool { return order <= 0 },
	">":  func(order int) bool { return order > 0 },
	">=": func(order int) bool { return order >= 0 },
}

// comparison parses what follows the left side. Values of different kinds are unequal and in no order.
func (e *expression) comparison(left operand) (predicate, error) {
	switch operator := strings.ToUpper(e.next()); operator {
	case "BETWEEN":
		low, err := e.operand()
		if err != nil {
			return nil, err
		}
		if err := e.expect("AND"); err != nil {
			return nil, err
		}
		high, err := e.operand()
		return both(left, low, comparisons[">="]).and(both(left, high, comparisons["<="])), err
	case "IN":
		return e.in(left)
	case "=":
		right, err := e.operand()
		return equal(left, right), err
	case "<>":
		right, err := e.operand()
		same := equal(left, right)
		return func(i item) bool { return !same(i) }, err
	case "<", "<=", ">", ">=":
		right, err := e.operand()
		return both(left, right, comparisons[operator]), err
	default:
		return nil, e.invalid("Syntax error; token: %q, expected a comparison", operator)
	}
}

func (e *expression) in(left operand) (predicate, error) {
	if err := e.expect("("); err != nil {
		return nil, err
	}
	one := func() (predicate, error) {
		right, err := e.operand()
		return equal(left, right), err
	}
	holds, err := e.chain(",", one, func(a, b predicate) predicate { return func(i item) bool { return a(i) || b(i) } })
	if err != nil {
		return nil, err
	}
	return holds, e.expect(")")
}

func (p predicate) and(other predicate) predicate {
	return func(i item) bool { return p(i) && other(i) }
}

// equal holds if both sides are there and equal.
func equal(left, right operand) predicate {
	return func(i item) bool {
		a, known := left(i)
		b, alsoKnown := right(i)
		return known && alsoKnown && a.equal(b)
	}
}

// both holds if both sides are there and in this order.
func both(left, right operand, holds func(order int) bool) predicate {
	return func(i item) bool {
		a, known := left(i)
		b, alsoKnown := right(i)
		order, ordered := a.compare(b)
		return known && alsoKnown && ordered && holds(order)
	}
}
