package cloudformation

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parameter is one entry of a template's Parameters.
type parameter struct {
	kind                 string
	fallback             *string // its Default
	allowed              []string
	pattern              *regexp.Regexp
	minLength, maxLength *float64
	least, most          *float64
	constraint           string
	noEcho               bool
	description          string
}

// parameterTypes are those whose values need no look into the account.
var parameterTypes = []string{"String", "Number", "CommaDelimitedList", "List<Number>"}

var parameterKeys = []string{"Type", "Default", "AllowedValues", "AllowedPattern", "MinLength", "MaxLength", "MinValue", "MaxValue", "ConstraintDescription", "NoEcho", "Description"}

func readParameters(section object) (map[string]parameter, error) {
	all := map[string]parameter{}
	for id, value := range section {
		m, ok := value.(object)
		if !ok || !logicalID.MatchString(id) {
			return nil, fmt.Errorf("parameter name %.100q is non alphanumeric, or no mapping", id)
		}
		if err := onlyKeys("parameter "+id, m, parameterKeys); err != nil {
			return nil, err
		}
		p, err := readParameter(m)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", id, err)
		}
		all[id] = p
	}
	return all, nil
}

func readParameter(m object) (p parameter, err error) {
	p.kind, _ = m["Type"].(string)
	p.description, _ = m["Description"].(string)
	p.constraint, _ = m["ConstraintDescription"].(string)
	p.noEcho = asText(m["NoEcho"]) == "true"
	if !slices.Contains(parameterTypes, p.kind) {
		return p, fmt.Errorf("the lab does not know parameters of the type %.100q", p.kind)
	}
	if m["Default"] != nil {
		text := asText(m["Default"])
		p.fallback = &text
	}
	allowed, _ := m["AllowedValues"].([]any)
	for _, one := range allowed {
		p.allowed = append(p.allowed, asText(one))
	}
	if text, ok := m["AllowedPattern"].(string); ok {
		if p.pattern, err = regexp.Compile("^(?:" + text + ")$"); err != nil {
			return p, fmt.Errorf("the lab cannot read the AllowedPattern: %w", err)
		}
	}
	for key, to := range map[string]**float64{"MinLength": &p.minLength, "MaxLength": &p.maxLength, "MinValue": &p.least, "MaxValue": &p.most} {
		if m[key] == nil {
			continue
		}
		n, err := strconv.ParseFloat(asText(m[key]), 64)
		if err != nil {
			return p, fmt.Errorf("%s is no number", key)
		}
		*to = &n
	}
	return p, nil
}

// asText is a scalar as text.
func asText(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// fill gives every parameter its value: the given one or the default. What the template has no parameter for is refused.
func (t *template) fill(given map[string]string) (map[string]string, error) {
	values := map[string]string{}
	var unknown, missing []string
	for _, id := range slices.Sorted(maps.Keys(given)) {
		if _, ok := t.parameters[id]; !ok {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		return nil, invalid("Parameters: [%s] do not exist in the template", strings.Join(unknown, ", "))
	}
	for _, id := range slices.Sorted(maps.Keys(t.parameters)) {
		p := t.parameters[id]
		value, ok := given[id]
		switch {
		case !ok && p.fallback == nil:
			missing = append(missing, id)
			continue
		case !ok:
			value = *p.fallback
		}
		if err := p.check(id, value); err != nil {
			return nil, err
		}
		values[id] = value
	}
	if len(missing) > 0 {
		return nil, invalid("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	return values, nil
}

// check holds a value to the parameter's constraints, those of a list member by member.
func (p parameter) check(id, value string) error {
	for _, one := range p.split(value) {
		number, err := strconv.ParseFloat(one, 64)
		numeric := p.kind == "Number" || p.kind == "List<Number>"
		length := float64(len([]rune(one)))
		switch {
		case numeric && err != nil:
			return invalid("Parameter '%s' must be a number.", id)
		case len(p.allowed) > 0 && !slices.Contains(p.allowed, one):
			return p.refusal(id, "must be one of AllowedValues")
		case p.pattern != nil && !p.pattern.MatchString(one):
			return p.refusal(id, "must match pattern "+p.pattern.String())
		case p.minLength != nil && length < *p.minLength:
			return p.refusal(id, fmt.Sprintf("must contain at least %v characters", *p.minLength))
		case p.maxLength != nil && length > *p.maxLength:
			return p.refusal(id, fmt.Sprintf("must contain at most %v characters", *p.maxLength))
		case p.least != nil && number < *p.least:
			return p.refusal(id, fmt.Sprintf("must be a number not less than %v", *p.least))
		case p.most != nil && number > *p.most:
			return p.refusal(id, fmt.Sprintf("must be a number not greater than %v", *p.most))
		}
	}
	return nil
}

func (p parameter) refusal(id, why string) error {
	if p.constraint != "" {
		why = "failed to satisfy constraint: " + p.constraint
	}
	return invalid("Parameter '%s' %s", id, why)
}

// split takes a list apart; a value that is no list is its one member.
func (p parameter) split(value string) []string {
	if p.kind != "CommaDelimitedList" && p.kind != "List<Number>" {
		return []string{value}
	}
	if value == "" {
		return nil
	}
	members := strings.Split(value, ",")
	for i := range members {
		members[i] = strings.TrimSpace(members[i])
	}
	return members
}

// value is what a Ref to the parameter gives.
func (p parameter) value(text string) any {
	if p.kind != "CommaDelimitedList" && p.kind != "List<Number>" {
		return text
	}
	list := []any{}
	for _, one := range p.split(text) {
		list = append(list, one)
	}
	return list
}
