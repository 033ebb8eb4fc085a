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
		return f.terms.trials()
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
	asked, why := map[string][]*comparison{}, ""
	f.expression.walk(func(one *comparison) {
		if path := one.selector.String(); !one.selector.wildcard() && !slices.Contains(c.about, path) {
			asked[path] = append(asked[path], one)
		}
	})
	found := map[string][]change{}
	for _, path := range slices.Sorted(maps.Keys(asked)) {
		comparisons := asked[path]
		values := combined(comparisons)
		for _, one := range comparisons {
			telling, ok := one.telling()
			if !ok {
				why = "which values " + path + " " + one.operator + " " + one.value.String() + " excludes can't be told"
			}
			values = append(values, telling...)
		}
		for _, value := range c.possible(path, values) {
			found[path] = append(found[path], change{comparisons[0].selector, value})
		}
	}
	return found, why
}

// possible are those of a field's values, each once, that a record of the control can have, and the usual ones besides.
func (c Control) possible(path string, values []any) []any {
	var all []any
	add := func(value any) {
		excepted := c.except[path] != "" && c.except[path] == value
		if !excepted && !slices.Contains(all, value) {
			all = append(all, value)
		}
	}
	if shape := c.shaped[path]; shape != nil {
		for _, value := range values {
			if made, ok := shape(fmt.Sprint(value)); ok {
				add(made)
			}
		}
		return all
	}
	for _, value := range values {
		add(value)
	}
	if add(fresh); !slices.Contains(always, path) {
		add(absent{})
	}
	return all
}

// combined are values that fit two texts of a field at once: where one may begin with anything and the other end with
// anything, each alone excludes what only both together tell.
func combined(comparisons []*comparison) []any {
	var heads, tails []string
	for _, one := range comparisons {
		written, _ := one.value.(text)
		before, head := strings.CutSuffix(string(written), "*")
		after, tail := strings.CutPrefix(before, "*")
		if head {
			heads = append(heads, after)
		}
		if tail {
			tails = append(tails, after)
		}
	}
	var all []any
	for _, head := range heads {
		for _, tail := range tails {
			if head != tail {
				all = append(all, head+tail)
			}
		}
	}
	return all
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
		fits := v.search.MatchString(plain)
		return []any{plain}, fits != (c.operator == "=") || fits != v.search.MatchString(fresh)
	}
	if c.operator == isTrue || c.operator == isFalse {
		return []any{true, false}, true
	}
	return []any{nil}, true
}

// trials are records that have an excluded term somewhere. Which texts an excluded expression finds can't be told in general.
func (t terms) trials() ([][]change, string) {
	all := [][]change{nil}
	for _, one := range t {
		if one.mark != "-" {
			continue
		}
		excluded, is := one.operand.(text)
		if !is {
			return nil, "which events -" + one.operand.String() + " excludes can't be told"
		}
		all = append(all, []change{{selector{{name: "userAgent"}}, string(excluded)}})
	}
	return all, ""
}
