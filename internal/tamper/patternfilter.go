package tamper

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// absent matches where a field is not there.
var absent = map[string]any{"exists": false}

// branches lists what a pattern has to match: the calls on each kind of resource, as far as they are about the resources.
func (at audience) branches(resources []trail.Resource) []map[string]any {
	var all []map[string]any
	for _, to := range targets {
		if to.source != at.source || !to.wanted(resources) {
			continue
		}
		var names, objects []any
		for _, c := range Calls() {
			if about, _ := targetOf(c); c.Source == at.source && about.same(to) {
				if deletesObjects(c) {
					objects = append(objects, c.Name)
					continue
				}
				names = append(names, c.pattern())
			}
		}
		filters := to.filters(resources)
		if len(names) > 0 {
			all = append(all, branch(names, anyOf(filters, true)))
		}
		if len(objects) > 0 { // data events always name the bucket, and there may be many
			all = append(all, branch(objects, anyOf(filters, false)))
		}
	}
	return all
}

// wanted says whether any resource of the target's kind is guarded, or whether people hear of its calls all the same.
func (t target) wanted(resources []trail.Resource) bool {
	return t.is == Stack || t.is == trail.Organization ||
		slices.ContainsFunc(resources, func(r trail.Resource) bool { return r.Type == t.is })
}

func (t target) same(other target) bool {
	return t.source == other.source && t.is == other.is && slices.Equal(t.in, other.in) && slices.Equal(t.calls, other.calls)
}

func branch(names []any, parameters map[string]any) map[string]any {
	b := map[string]any{"eventName": names}
	if parameters != nil {
		b["requestParameters"] = parameters
	}
	return b
}

// pattern matches the name of the call, in whatever version of its API.
func (c Call) pattern() any {
	if c.base() != c.Name {
		return map[string]any{"prefix": c.base()}
	}
	return c.Name
}

// filter says what a request parameter must be.
type filter struct {
	path   string
	values []any
}

// filters lists the parameters that name resources of the target's kind, each with what it must be; nil where records
// need not name them in a way that a pattern can recognise.
func (t target) filters(resources []trail.Resource) []filter {
	switch t.is {
	case trail.EventBus, trail.Organization, trail.EventDataStore, trail.Channel, Stack:
		return nil
	}
	var filters []filter
	for _, path := range t.in {
		f := filter{path: path}
		for _, r := range resources {
			if r.Type == t.is {
				f.values = append(f.values, matchers(r, path)...)
			}
		}
		filters = append(filters, f)
	}
	return slices.DeleteFunc(filters, func(f filter) bool { return len(f.values) == 0 && f.path == "policyArn" })
}

// anyOf is a pattern of request parameters: one of the filters fits or, if nameless, none of the parameters is there. A
// service that is listened to for any parameters has nil.
func anyOf(filters []filter, nameless bool) map[string]any {
	if len(filters) == 0 {
		return nil
	}
	if len(filters) == 1 {
		values := filters[0].values
		if nameless {
			values = append(slices.Clone(values), absent)
		}
		return nest(filters[0].path, values)
	}
	var alternatives []map[string]any
	without := map[string]any{}
	for _, f := range filters {
		alternatives = append(alternatives, nest(f.path, f.values))
		for key, value := range nest(f.path, []any{absent}) {
			without[key] = value
		}
	}
	if nameless {
		alternatives = append(alternatives, without)
	}
	return oneOf(alternatives)
}

// nest puts a value where a path leads.
func nest(path string, value any) map[string]any {
	head, rest, deeper := strings.Cut(path, ".")
	if deeper {
		value = nest(rest, value)
	}
	return map[string]any{head: value}
}

// matchers lists how a parameter can name a resource.
func matchers(r trail.Resource, path string) []any {
	own, ok := refOfARN(r.Type, r.ARN)
	if !ok {
		own = ResourceRef{Name: r.Name(), Account: r.Account}
	}
	plain := strings.TrimSuffix(r.ARN, ":*") // of a log group
	switch {
	case path == "policyArn":
		return policies(r)
	case path == "subscriptionArn":
		return []any{map[string]any{"prefix": r.ARN + ":"}}
	case r.Type == trail.Topic:
		return []any{r.ARN}
	case r.Type == trail.Queue:
		return []any{map[string]any{"suffix": "/" + own.Account + "/" + own.Name}}
	case r.Type == trail.Function:
		return []any{own.Name, map[string]any{"prefix": own.Name + ":"},
			map[string]any{"suffix": ":function:" + own.Name}, map[string]any{"wildcard": "*:function:" + own.Name + ":*"}}
	case r.Type == trail.Rule, r.Type == trail.Schedule:
		return []any{own.Name[strings.LastIndexByte(own.Name, '/')+1:]}
	case slices.Contains([]string{"logGroupIdentifier", "resourceIdentifier"}, path):
		return []any{own.Name, plain, plain + ":*"}
	case slices.Contains([]trail.ResourceType{trail.Key, trail.Table}, r.Type):
		return []any{own.Name, plain}
	}
	return []any{own.Name}
}

// policies lists the managed policies that a role's baseline names.
func policies(r trail.Resource) []any {
	var found []any
	for _, setting := range trail.SettingsOf(r.Type) {
		for _, word := range strings.Split(string(r.Settings[setting]), `"`) {
			if strings.HasPrefix(word, "arn:") && strings.Contains(word, ":policy/") && !slices.Contains(found, any(word)) {
				found = append(found, word)
			}
		}
	}
	return found
}
