package cloudformation

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// scope is what the functions of a template are evaluated in.
type scope struct {
	template   *template
	parameters map[string]string
	pseudo     map[string]string // AWS::Region and its like

	// attribute gives an attribute of a resource, or with an empty name what a Ref to it gives.
	attribute func(id, name string) (any, error)

	known map[string]bool // conditions that were evaluated
	open  map[string]bool // conditions that are being evaluated
}

// noValue stands for AWS::NoValue until it is removed, together with what it was given for.
type noValue struct{}

// resolve evaluates all functions in a value.
func (s *scope) resolve(v any) (any, error) {
	switch v := v.(type) {
	case object:
		if name, argument, ok := function(v); ok {
			return s.call(name, argument)
		}
		return s.resolveObject(v)
	case []any:
		list := []any{}
		for _, item := range v {
			value, err := s.resolve(item)
			if err != nil {
				return nil, err
			}
			if _, none := value.(noValue); !none {
				list = append(list, value)
			}
		}
		return list, nil
	}
	return v, nil
}

func (s *scope) resolveObject(m object) (object, error) {
	resolved := object{}
	for key, item := range m {
		if strings.HasPrefix(key, "Fn::") {
			return nil, fmt.Errorf("the function %.100s stands beside other keys", key)
		}
		value, err := s.resolve(item)
		if err != nil {
			return nil, err
		}
		if _, none := value.(noValue); !none {
			resolved[key] = value
		}
	}
	return resolved, nil
}

// function says whether an object is a function's call.
func function(m object) (name string, argument any, ok bool) {
	if len(m) != 1 {
		return "", nil, false
	}
	for key, argument := range m {
		_, isCondition := argument.(string)
		if key == "Ref" || key == "Condition" && isCondition || strings.HasPrefix(key, "Fn::") {
			return key, argument, true
		}
	}
	return "", nil, false
}

// call evaluates one function.
func (s *scope) call(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		id, _ := argument.(string)
		return s.ref(id)
	case "Condition":
		return s.condition(argument.(string))
	case "Fn::If":
		return s.choose(argument)
	case "Fn::Sub":
		return s.substitute(argument)
	case "Fn::And", "Fn::Or", "Fn::Not":
		return s.logic(name, argument)
	}
	resolved, err := s.resolve(argument)
	if err != nil {
		return nil, err
	}
	arguments, _ := resolved.([]any)
	switch {
	case name == "Fn::GetAtt" && len(arguments) == 2:
		return s.attribute(asText(arguments[0]), asText(arguments[1]))
	case name == "Fn::Equals" && len(arguments) == 2:
		return same(arguments[0], arguments[1]), nil
	case name == "Fn::Join" && len(arguments) == 2:
		return join(arguments[0], arguments[1])
	case name == "Fn::Split" && len(arguments) == 2:
		return split(arguments[0], arguments[1])
	case name == "Fn::Select" && len(arguments) == 2:
		return pick(arguments[0], arguments[1])
	case name == "Fn::FindInMap" && len(arguments) == 3:
		return s.find(arguments)
	}
	return nil, fmt.Errorf("the lab does not know the function %.100s with these arguments", name)
}

func (s *scope) ref(id string) (any, error) {
	if id == "AWS::NoValue" {
		return noValue{}, nil
	}
	if value, ok := s.pseudo[id]; ok {
		return value, nil
	}
	if p, ok := s.template.parameters[id]; ok {
		return p.value(s.parameters[id]), nil
	}
	return s.attribute(id, "")
}

// condition evaluates a condition of the template, once.
func (s *scope) condition(name string) (bool, error) {
	if value, ok := s.known[name]; ok {
		return value, nil
	}
	expression, ok := s.template.conditions[name]
	if !ok {
		return false, fmt.Errorf("unresolved condition dependency %.100s", name)
	}
	if s.open[name] {
		return false, fmt.Errorf("circular dependency between conditions at %.100s", name)
	}
	s.open[name] = true
	defer delete(s.open, name)
	value, err := s.truth(expression)
	s.known[name] = value
	return value, err
}

// truth is the value of what must be a condition.
func (s *scope) truth(v any) (bool, error) {
	resolved, err := s.resolve(v)
	if err != nil {
		return false, err
	}
	truth, ok := resolved.(bool)
	if !ok {
		return false, errors.New("a condition is neither true nor false")
	}
	return truth, nil
}

func (s *scope) choose(argument any) (any, error) {
	arguments, _ := argument.([]any)
	if len(arguments) != 3 {
		return nil, errors.New("Fn::If needs three arguments")
	}
	name, _ := arguments[0].(string)
	truth, err := s.condition(name)
	switch {
	case err != nil:
		return nil, err
	case truth:
		return s.resolve(arguments[1])
	}
	return s.resolve(arguments[2])
}

func (s *scope) logic(name string, argument any) (any, error) {
	arguments, _ := argument.([]any)
	least, most := 2, 10
	if name == "Fn::Not" {
		least, most = 1, 1
	}
	if len(arguments) < least || len(arguments) > most {
		return nil, fmt.Errorf("%s needs %d to %d conditions", name, least, most)
	}
	all, some := true, false
	for _, one := range arguments {
		truth, err := s.truth(one)
		if err != nil {
			return nil, err
		}
		all, some = all && truth, some || truth
	}
	switch name {
	case "Fn::And":
		return all, nil
	case "Fn::Or":
		return some, nil
	}
	return !all, nil
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// substitute evaluates Fn::Sub; ${!Literal} stays, without its exclamation mark.
func (s *scope) substitute(argument any) (any, error) {
	text, values := "", object{}
	switch a := argument.(type) {
	case string:
		text = a
	case []any:
		if len(a) == 2 {
			text, _ = a[0].(string)
			resolved, err := s.resolve(a[1])
			if err != nil {
				return nil, err
			}
			values, _ = resolved.(object)
		}
	}
	if text == "" {
		return nil, errors.New("Fn::Sub needs a text, and may have a mapping")
	}
	var failed error
	replaced := variable.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.TrimSpace(found[2 : len(found)-1])
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		value, err := s.named(name, values)
		if err != nil && failed == nil {
			failed = err
		}
		return value
	})
	return replaced, failed
}

// named is what stands for a name in Fn::Sub.
func (s *scope) named(name string, values object) (string, error) {
	value, ok := values[name]
	if !ok {
		var err error
		if id, attribute, dotted := strings.Cut(name, "."); dotted {
			value, err = s.attribute(id, attribute)
		} else {
			value, err = s.ref(name)
		}
		if err != nil {
			return "", err
		}
	}
	switch value.(type) {
	case object, []any, noValue, nil:
		return "", fmt.Errorf("the value of %.100s in Fn::Sub is no text", name)
	}
	return asText(value), nil
}
