package lab

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

func numberAttr(n int) attr { return attr{kind: "N", text: strconv.Itoa(n)} }

// change is one action of an update expression: new is the item as it becomes, old as it was before the whole update.
type change struct {
	path docPath
	make func(old item) (value attr, remove bool, err error)
}

// changes compiles an update expression.
func (s *expressionScope) changes(text string) ([]change, error) {
	if text == "" {
		return nil, nil
	}
	e, err := s.parse("UpdateExpression", text)
	if err != nil {
		return nil, err
	}
	var all []change
	seen := map[string]bool{}
	for e.peek() != "" {
		section := strings.ToUpper(e.next())
		one := map[string]func() (change, error){"SET": e.set, "REMOVE": e.remove, "ADD": e.add, "DELETE": e.delete}[section]
		if one == nil || seen[section] {
			return nil, e.invalid("Syntax error; token: %q", section)
		}
		seen[section] = true
		for {
			made, err := one()
			if err != nil {
				return nil, err
			}
			all = append(all, made)
			if !e.accept(",") {
				break
			}
		}
	}
	return all, e.overlaps(all)
}

// overlaps refuses two actions of which one is about a part of what the other is about.
func (e *expression) overlaps(all []change) error {
	for i, a := range all {
		for _, b := range all[:i] {
			short := min(len(a.path), len(b.path))
			if slices.Equal(a.path[:short], b.path[:short]) {
				return e.invalid("Two document paths overlap with each other; must remove or rewrite one of these paths")
			}
		}
	}
	return nil
}

// set parses path = operand, path = operand + operand or path = operand - operand.
func (e *expression) set() (change, error) {
	path, err := e.path()
	if err != nil {
		return change{}, err
	}
	if err := e.expect("="); err != nil {
		return change{}, err
	}
	left, err := e.setOperand()
	if err != nil {
		return change{}, err
	}
	sign := e.peek()
	if sign != "+" && sign != "-" {
		return change{path, e.given(left)}, nil
	}
	e.next()
	right, err := e.setOperand()
	return change{path, func(old item) (attr, bool, error) {
		a, known := left(old)
		b, alsoKnown := right(old)
		if !known || !alsoKnown {
			return attr{}, false, missingAttribute()
		}
		sum, err := addNumbers(a, b, sign == "-")
		return sum, false, err
	}}, err
}

func (e *expression) given(from operand) func(item) (attr, bool, error) {
	return func(old item) (attr, bool, error) {
		value, ok := from(old)
		if !ok {
			return attr{}, false, missingAttribute()
		}
		return value.clone(), false, nil
	}
}

func missingAttribute() error {
	return invalidRequest("The provided expression refers to an attribute that does not exist in the item")
}

func wrongOperand() error {
	return invalidRequest("An operand in the update expression has an incorrect data type")
}

// addNumbers adds, or subtracts the second number.
func addNumbers(a, b attr, subtract bool) (attr, error) {
	if a.kind != "N" || b.kind != "N" {
		return attr{}, wrongOperand()
	}
	x, _ := new(big.Rat).SetString(a.text)
	y, _ := new(big.Rat).SetString(b.text)
	if subtract {
		y.Neg(y)
	}
	sum := x.Add(x, y)
	if err := checkNumber(sum); err != nil {
		return attr{}, invalidRequest("%v", err)
	}
	return attr{kind: "N", text: formatNumber(sum)}, nil
}

// setOperand parses a path, a value, if_not_exists(path, operand) or list_append(operand, operand).
func (e *expression) setOperand() (operand, error) {
	function := e.peek()
	if len(e.tokens) < 2 || e.tokens[1] != "(" {
		return e.operand()
	}
	if function != "if_not_exists" && function != "list_append" {
		return nil, e.invalid("Invalid function name; function: %s", function)
	}
	e.next()
	e.next()
	first, err := e.setOperand()
	if err != nil {
		return nil, err
	}
	if err := e.expect(","); err != nil {
		return nil, err
	}
	second, err := e.setOperand()
	if err != nil {
		return nil, err
	}
	if err := e.expect(")"); err != nil {
		return nil, err
	}
	return func(i item) (attr, bool) {
		a, known := first(i)
		if function == "if_not_exists" && known {
			return a, true
		}
		b, alsoKnown := second(i)
		if function == "if_not_exists" {
			return b, alsoKnown
		}
		return attr{kind: "L", list: slices.Concat(a.list, b.list)}, known && alsoKnown && a.kind == "L" && b.kind == "L"
	}, nil
}

func (e *expression) remove() (change, error) {
	path, err := e.path()
	return change{path, func(item) (attr, bool, error) { return attr{}, true, nil }}, err
}

// pathAndValue parses the operands of ADD and DELETE.
func (e *expression) pathAndValue() (docPath, attr, error) {
	path, err := e.path()
	if err != nil {
		return nil, attr{}, err
	}
	value, err := e.value()
	return path, value, err
}

// add adds to a number, which is 0 if it is not there, or joins sets.
func (e *expression) add() (change, error) {
	path, value, err := e.pathAndValue()
	return change{path, func(old item) (attr, bool, error) {
		have, ok := path.in(old)
		switch {
		case value.kind != "N" && value.set == nil:
			return attr{}, false, wrongOperand()
		case !ok:
			return value, false, nil
		case value.kind == "N":
			sum, err := addNumbers(have, value, false)
			return sum, false, err
		case have.kind != value.kind:
			return attr{}, false, wrongOperand()
		}
		joined := slices.Concat(have.set, value.set)
		slices.Sort(joined)
		return attr{kind: have.kind, set: slices.Compact(joined)}, false, nil
	}}, err
}

// delete takes elements out of a set, which vanishes with its last element.
func (e *expression) delete() (change, error) {
	path, value, err := e.pathAndValue()
	return change{path, func(old item) (attr, bool, error) {
		have, ok := path.in(old)
		if value.set == nil || ok && have.kind != value.kind {
			return attr{}, false, wrongOperand()
		}
		left := slices.DeleteFunc(slices.Clone(have.set), func(element string) bool { return slices.Contains(value.set, element) })
		return attr{kind: value.kind, set: left}, len(left) == 0, nil
	}}, err
}

// write puts a value where the path leads, or removes what is there. Everything but the last step has to exist.
func (p docPath) write(i item, value attr, remove bool) error {
	if len(p) == 1 {
		if remove {
			delete(i, p[0].name)
		} else {
			i[p[0].name] = value
		}
		return nil
	}
	parent, ok := p[:len(p)-1].in(i)
	last := p[len(p)-1]
	switch {
	case !ok && remove:
		return nil
	case !ok || last.index < 0 && parent.kind != "M" || last.index >= 0 && parent.kind != "L":
		return invalidRequest("The document path provided in the update expression is invalid for update")
	case last.index < 0:
		return docPath{last}.write(parent.fields, value, remove)
	}
	list := slices.Clone(parent.list)
	switch {
	case remove && last.index < len(list):
		list = slices.Delete(list, last.index, last.index+1)
	case remove:
	case last.index < len(list):
		list[last.index] = value
	default:
		list = append(list, value) // beyond the end means at the end
	}
	return p[:len(p)-1].write(i, attr{kind: "L", list: list}, false)
}
