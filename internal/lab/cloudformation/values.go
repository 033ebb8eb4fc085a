package cloudformation

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// same compares as Fn::Equals does: scalars by their text.
func same(a, b any) bool {
	switch a.(type) {
	case object, []any:
		return reflect.DeepEqual(a, b)
	}
	switch b.(type) {
	case object, []any:
		return false
	}
	return asText(a) == asText(b)
}

func join(delimiter, values any) (any, error) {
	list, ok := values.([]any)
	by, isText := delimiter.(string)
	if !ok || !isText {
		return nil, errors.New("Fn::Join needs a delimiter and a list")
	}
	var parts []string
	for _, one := range list {
		switch one.(type) {
		case object, []any:
			return nil, errors.New("Fn::Join joins texts only")
		}
		parts = append(parts, asText(one))
	}
	return strings.Join(parts, by), nil
}

func split(delimiter, text any) (any, error) {
	by, ok := delimiter.(string)
	whole, isText := text.(string)
	if !ok || !isText || by == "" {
		return nil, errors.New("Fn::Split needs a delimiter and a text")
	}
	list := []any{}
	for _, one := range strings.Split(whole, by) {
		list = append(list, one)
	}
	return list, nil
}

func pick(index, values any) (any, error) {
	list, ok := values.([]any)
	n, err := strconv.Atoi(asText(index))
	if !ok || err != nil || n < 0 || n >= len(list) {
		return nil, errors.New("Fn::Select cannot select nonexistent value")
	}
	return list[n], nil
}

func (s *scope) find(path []any) (any, error) {
	var at any = s.template.mappings
	for _, key := range path {
		m, _ := at.(object)
		at = m[asText(key)]
	}
	if at == nil {
		return nil, fmt.Errorf("unable to get mapping for %v", path)
	}
	return at, nil
}

// compact is a value's JSON, by which values are compared, with nothing escaped that need not be.
func compact(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v) // cannot be: templates hold only what JSON has
	}
	return strings.TrimSuffix(out.String(), "\n")
}
