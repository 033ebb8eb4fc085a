package lab

import (
	"encoding/json"
	"net/url"
	"strings"
)

// restRoute says which operation a method and path mean. Segments of the path in braces are parameters.
type restRoute struct{ method, path, operation string }

// routed finds the operation of a REST call by its routes and notes what the path names.
func routed(routes []restRoute) func(*call) string {
	return func(c *call) string {
		have := segments(c.request.URL.EscapedPath())
		for _, r := range routes {
			if parameters, ok := r.match(c.request.Method, have); ok {
				c.path = parameters
				return r.operation
			}
		}
		return c.request.Method + " " + c.request.URL.Path
	}
}

func segments(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// match compares a path, and returns its parameters unescaped.
func (r restRoute) match(method string, have []string) (map[string]string, bool) {
	want := segments(r.path)
	if r.method != method || len(want) != len(have) {
		return nil, false
	}
	parameters := map[string]string{}
	for i, segment := range want {
		name, isParameter := strings.CutPrefix(segment, "{")
		if !isParameter {
			if segment != have[i] {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(have[i])
		if err != nil || value == "" {
			return nil, false
		}
		parameters[strings.TrimSuffix(name, "}")] = value
	}
	return parameters, true
}

// restParameters are a REST call's parameters as a record shows them: those of body, query and path together.
func (c *call) restParameters() map[string]any {
	all := map[string]any{}
	var body any
	if json.Unmarshal(c.body, &body) == nil {
		if object, ok := lowerCamel(body).(map[string]any); ok {
			all = object
		}
	}
	for name, values := range c.request.URL.Query() {
		if !strings.HasPrefix(name, "X-Amz-") {
			all[lowerFirst(name)] = values[0]
		}
	}
	for name, value := range c.path {
		all[lowerFirst(name)] = value
	}
	return all
}
