package lab

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// answered returns an answer that the call's record shows too.
func (c *call) answered(answer any) any {
	var generic any
	if b, err := json.Marshal(answer); err == nil && json.Unmarshal(b, &generic) == nil {
		c.recordResponse = lowerCamel(generic)
	}
	return answer
}

// dataMaps are the maps in requests whose keys are data.
var dataMaps = []string{"Attributes", "Tags", "tags", "EncryptionContextEquals", "EncryptionContextSubset"}

// lowerCamel gives all keys of a JSON value the spelling of records: the first letter small. The keys of attribute and
// tag maps are data and stay as they are.
func lowerCamel(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			_, isMap := value.(map[string]any)
			if !isMap || !slices.Contains(dataMaps, key) {
				value = lowerCamel(value)
			}
			out[lowerFirst(key)] = value
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = lowerCamel(v[i])
		}
		return out
	}
	return v
}

func lowerFirst(key string) string {
	if key == "" {
		return key
	}
	return strings.ToLower(key[:1]) + key[1:]
}

// mapEntry, listMember and listField are how the query protocol flattens maps, lists of texts and lists of objects.
var (
	mapEntry   = regexp.MustCompile(`^(\w+)\.entry\.(\d+)\.key$`)
	listMember = regexp.MustCompile(`^(\w+)\.member\.\d+$`)
	listField  = regexp.MustCompile(`^(\w+)\.member\.(\d+)\.(\w+)$`)
)

// formParameters are a query request's parameters as a record shows them: without the protocol's own, with maps and
// lists unflattened.
func formParameters(form url.Values) map[string]any {
	out := map[string]any{}
	objects := map[string]map[string]any{} // the members of lists, by list and number
	for _, key := range slices.SortedFunc(maps.Keys(form), byNumber) {
		value := form.Get(key)
		if m := mapEntry.FindStringSubmatch(key); m != nil {
			objectAt(out, lowerFirst(m[1]))[value] = form.Get(m[1] + ".entry." + m[2] + ".value")
		} else if m := listMember.FindStringSubmatch(key); m != nil {
			extend(out, lowerFirst(m[1]), value)
		} else if m := listField.FindStringSubmatch(key); m != nil {
			id := m[1] + "." + m[2]
			if objects[id] == nil {
				objects[id] = map[string]any{}
				extend(out, lowerFirst(m[1]), objects[id])
			}
			objects[id][lowerFirst(m[3])] = value
		} else if !strings.Contains(key, ".") && key != "Action" && key != "Version" && !strings.HasPrefix(key, "X-Amz-") {
			out[lowerFirst(key)] = value
		}
	}
	return out
}

// byNumber puts shorter keys first, which orders the members of a list by their numbers.
func byNumber(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// objectAt returns the object under a key, making it if need be.
func objectAt(in map[string]any, key string) map[string]any {
	object, ok := in[key].(map[string]any)
	if !ok {
		object = map[string]any{}
		in[key] = object
	}
	return object
}

func extend(in map[string]any, key string, value any) {
	list, _ := in[key].([]any)
	in[key] = append(list, value)
}
