package metricfilter

import "maps"

// absent is the value that takes a property away.
type absent struct{}

// set returns a copy of a record in which the path leads to this value. Wildcards, arrays and other values in the way keep
// it from doing so.
func (s selector) set(record map[string]any, value any) (map[string]any, bool) {
	changed, ok := s.setIn(record, value)
	if !ok {
		return record, false
	}
	return changed.(map[string]any), true
}

// setIn is set, one step down. It makes the objects that are missing on the way.
func (s selector) setIn(node, value any) (any, bool) {
	if len(s) == 0 {
		return value, true
	}
	switch v := node.(type) {
	case nil:
		return s.setIn(map[string]any{}, value)
	case map[string]any:
		if s[0].kind != property {
			return nil, false
		}
		inner, ok := s[1:].setIn(v[s[0].name], value)
		if !ok {
			return nil, false
		}
		changed := maps.Clone(v)
		if changed[s[0].name] = inner; inner == any(absent{}) {
			delete(changed, s[0].name)
		}
		return changed, true
	}
	return nil, false
}
