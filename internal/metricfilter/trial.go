package metricfilter

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxTrials bounds how many combinations of values one record is tried with. A filter made in good faith asks about a
// field or two besides those of the control.
const maxTrials = 1024

// fresh is a value that no pattern has.
const fresh = "any other value"

// always are the fields that every record has.
var always = []string{
	"$.eventName", "$.eventSource", "$.eventTime", "$.eventVersion", "$.eventID", "$.eventType", "$.awsRegion", "$.sourceIPAddress",
	"$.recipientAccountId", "$.userIdentity.type",
}

// trials are the combinations of changes that a record of the control is tried with, beginning with none. If there are too
// many, or if a value can't be found, the second result says so.
func (f Filter) trials(c Control) ([][]change, string) {
	if f.expression == nil {
		return f.terms.trials(), ""
	}
	values, why := f.values(c)
	if why != "" {
		return nil, why
	}
	all := [][]change{nil}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		more := all
		for _, one := range values[path] {
			for _, before := range all {
				if len(more) >= maxTrials {
					return nil, fmt.Sprintf("the pattern depends on too many values of too many fields, such as %s, to try them all", path)
				}
				more = append(more, append(slices.Clone(before), one))
			}
		}
		all = more
	}
	return all, ""
}

// values are the changes to be tried, by selector, of every field that the control is not about.
func (f Filter) values(c Control) (map[string][]change, string) {
	found, why := map[string][]change{}, ""
	f.expression.walk(func(one *comparison) {
		path := one.selector.String()
		if one.selector.wildcard() || slices.Contains(c.about, path) {
			return
		}
		values, ok := one.telling()
		if !ok {
			why = "which values " + path + " " + one.operator + " " + one.value.String() + " excludes can't be told"
		}
		if values = append(values, fresh); !slices.Contains(always, path) {
			values = append(values, absent{})
		}
		for _, value := range values {
			same := func(have change) bool { return have.value == value }
			allowed := c.except[path] != "" && c.except[path] == value
			if !allowed && !slices.ContainsFunc(found[path], same) {
				found[path] = append(found[path], change{one.selector, value})
			}
		}
	})
	return found, why
}

// telling are values for which the comparison comes out one way and the other, besides those that every field is tried
// with. ok is false if there may be others.
func (c *comparison) telling() (values []any, ok bool) {
	switch v := c.value.(type) {
	case text:
		inner := strings.TrimPrefix(strings.TrimSuffix(string(v), "*"), "*")
		return []any{inner}, true
	case number:
		more := func(n float64) any { return json.Number(fmt.Sprint(v.value + n)) }
		return []any{v.written, json.Number(v.written), more(-1), more(1)}, true
	case regex:
		plain := strings.NewReplacer(`\`, "", "^", "", "$", "").Replace(v.written)
		return []any{plain}, c.operator == "=" || v.search.MatchString(plain)
	}
	if c.operator == isTrue || c.operator == isFalse {
		return []any{true, false}, true
	}
	return []any{nil}, true
}

// trials are records that have an excluded term somewhere.
func (t terms) trials() [][]change {
	all := [][]change{nil}
	for _, one := range t {
		if excluded, is := one.operand.(text); is && one.mark == "-" {
			all = append(all, []change{{selector{{name: "userAgent"}}, string(excluded)}})
		}
	}
	return all
}
