package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// maxPatternLength is the longest event pattern that PutRule takes, in bytes.
const maxPatternLength = 4096

// maxCombinations bounds what a pattern's $or members multiply to, as EventBridge does.
const maxCombinations = 1000

// pattern is a compiled event pattern: every field and every alternative must match.
type pattern struct {
	nested map[string]*pattern
	leaves map[string]leaf
	anyOf  []*pattern // the members of $or; empty without one
}

// leaf is what a field's value must be: one of the matchers must accept it.
type leaf struct {
	path     []string // from the event's root
	matchers []matcher
	absent   bool // {"exists": false} is among the matchers
}

// parsePattern compiles an event pattern. The error says which field is wrong and why.
func parsePattern(text string) (*pattern, error) {
	if len(text) > maxPatternLength {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", maxPatternLength)
	}
	return parseMatchers(text)
}

// parseMatchers compiles an event pattern, or a filter policy of SNS, which has the same form and a limit of its own.
func parseMatchers(text string) (*pattern, error) {
	document, err := decodeNumbers([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("the pattern is not JSON: %w", err)
	}
	object, ok := document.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the pattern must be a JSON object")
	}
	p, combinations, err := compilePattern(object, nil)
	if err != nil {
		return nil, err
	}
	if combinations > maxCombinations {
		return nil, fmt.Errorf("the pattern's $or members multiply to more than %d combinations", maxCombinations)
	}
	return p, nil
}

// decodeNumbers decodes one JSON document and keeps numbers as they were written: EventBridge compares their text.
func decodeNumbers(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("text follows the JSON document")
	}
	return document, nil
}

// compilePattern compiles one object of a pattern and counts the combinations of its alternatives.
func compilePattern(object map[string]any, path []string) (*pattern, int, error) {
	if len(object) == 0 {
		return nil, 0, fmt.Errorf("%s: empty objects are not allowed", pathName(path))
	}
	p := &pattern{nested: map[string]*pattern{}, leaves: map[string]leaf{}}
	combinations := 1
	for _, name := range slices.Sorted(maps.Keys(object)) {
		n, err := p.add(name, object[name], path)
		if err != nil {
			return nil, 0, err
		}
		combinations = min(combinations*n, maxCombinations+1)
	}
	return p, combinations, nil
}

// add compiles one member of a pattern's object.
func (p *pattern) add(name string, value any, path []string) (combinations int, err error) {
	if name == "$or" {
		p.anyOf, combinations, err = compileAlternatives(value, path)
		return combinations, err
	}
	path = append(slices.Clone(path), name)
	switch value := value.(type) {
	case map[string]any:
		p.nested[name], combinations, err = compilePattern(value, path)
		return combinations, err
	case []any:
		p.leaves[name], err = compileLeaf(value, path)
		return 1, err
	}
	return 0, fmt.Errorf("%s: must be an object or an array", pathName(path))
}

// compileAlternatives compiles the value of $or.
func compileAlternatives(value any, path []string) (anyOf []*pattern, combinations int, err error) {
	members, ok := value.([]any)
	if !ok || len(members) < 2 {
		return nil, 0, fmt.Errorf("%s: $or must be an array of at least two objects", pathName(path))
	}
	for _, member := range members {
		object, ok := member.(map[string]any)
		if !ok {
			return nil, 0, fmt.Errorf("%s: $or must be an array of objects", pathName(path))
		}
		p, n, err := compilePattern(object, path)
		if err != nil {
			return nil, 0, err
		}
		anyOf = append(anyOf, p)
		combinations = min(combinations+n, maxCombinations+1)
	}
	return anyOf, combinations, nil
}

// compileLeaf compiles the array of matchers of one field.
func compileLeaf(values []any, path []string) (leaf, error) {
	if len(values) == 0 {
		return leaf{}, fmt.Errorf("%s: empty arrays are not allowed", pathName(path))
	}
	l := leaf{path: path}
	for _, value := range values {
		if isAbsent(value) {
			l.absent = true
			continue
		}
		m, err := compileMatcher(value)
		if err != nil {
			return leaf{}, fmt.Errorf("%s: %w", pathName(path), err)
		}
		l.matchers = append(l.matchers, m)
	}
	return l, nil
}

// isAbsent recognizes {"exists": false}, the one matcher that looks at a field's absence.
func isAbsent(value any) bool {
	object, ok := value.(map[string]any)
	return ok && len(object) == 1 && object["exists"] == false
}

func pathName(path []string) string {
	if len(path) == 0 {
		return "pattern"
	}
	b, _ := json.Marshal(path) // quoted: names may hold anything
	return "field " + string(b)
}
