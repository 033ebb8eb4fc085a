package lab

// missing stands for a field that is not there, as opposed to one that is null.
type missing struct{}

func member(object map[string]any, name string) any {
	if value, ok := object[name]; ok {
		return value
	}
	return missing{}
}

// matchesText says whether an event, as JSON text, matches. What is not a JSON object never does.
func (p *pattern) matchesText(event []byte) bool {
	document, err := decodeNumbers(event)
	return err == nil && p.matches(document)
}

// matches says whether a decoded event matches; numbers in it are json.Number.
func (p *pattern) matches(event any) bool {
	object, ok := event.(map[string]any)
	return ok && p.matchesObject(object, object)
}

// matchesObject says whether an object inside the event matches. The root is needed where absence is asked for:
// a field that one member of an array lacks and another has is not absent.
func (p *pattern) matchesObject(object, root map[string]any) bool {
	for name, l := range p.leaves {
		if !l.matches(member(object, name), root) {
			return false
		}
	}
	for name, nested := range p.nested {
		if !nested.matchesWithin(member(object, name), root) {
			return false
		}
	}
	if len(p.anyOf) == 0 {
		return true
	}
	for _, alternative := range p.anyOf {
		if alternative.matchesObject(object, root) {
			return true
		}
	}
	return false
}

// matchesWithin says whether a value, or any object in it if it is an array, matches. A value that is no object is
// treated as an empty one, so that only patterns which ask for absence can match it.
func (p *pattern) matchesWithin(value any, root map[string]any) bool {
	objects := objectsIn(value, nil)
	if len(objects) == 0 {
		return p.matchesObject(nil, root)
	}
	for _, object := range objects {
		if p.matchesObject(object, root) {
			return true
		}
	}
	return false
}

// matches says whether a field's value, or any scalar in it if it is an array, is accepted.
func (l leaf) matches(value any, root map[string]any) bool {
	if l.absent && !hasScalar(root, l.path) {
		return true
	}
	for _, scalar := range scalarsIn(value, nil) {
		for _, accepts := range l.matchers {
			if accepts(scalar) {
				return true
			}
		}
	}
	return false
}

// hasScalar says whether a path leads to a scalar through any objects and arrays. As in EventBridge, objects and empty
// arrays at its end do not count.
func hasScalar(value any, path []string) bool {
	if len(path) == 0 {
		return len(scalarsIn(value, nil)) > 0
	}
	for _, object := range objectsIn(value, nil) {
		if hasScalar(member(object, path[0]), path[1:]) {
			return true
		}
	}
	return false
}

// objectsIn appends the objects that a value is or, through arrays, contains.
func objectsIn(value any, to []map[string]any) []map[string]any {
	switch value := value.(type) {
	case map[string]any:
		to = append(to, value)
	case []any:
		for _, element := range value {
			to = objectsIn(element, to)
		}
	}
	return to
}

// scalarsIn appends the strings, numbers, booleans and nulls that a value is or, through arrays, contains.
func scalarsIn(value any, to []any) []any {
	switch value := value.(type) {
	case map[string]any, missing:
	case []any:
		for _, element := range value {
			to = scalarsIn(element, to)
		}
	default:
		to = append(to, value)
	}
	return to
}
