package export

import (
	"strings"
)

// place is where a dialect has what a path leads to: either one text, or any number of them.
type place struct {
	one string // SQL of a text, NULL if there is none

	// Of many:
	many   string // SQL of an array of texts, NULL among them
	values string // SQL of the array of JSON that they are made of, NULL where there is nothing; empty if they are no JSON
	leaves string // the same before arrays are replaced by their members
	nulls  bool   // null and missing can be told apart
}

// maxKeys is how many names a path through JSON can have: keys may contain dots, and each further name doubles the ways
// to split it.
const maxKeys = 6

// refusal is why something can't be exported.
type refusal struct{ what, fix string }

func (r *refusal) Error() string { return r.what + "; " + r.fix }

const huntInstead = "hunt with the rule itself"

// find returns where a path leads to.
func (d Dialect) find(path string) (place, error) {
	if column, ok := d.texts[path]; ok {
		return place{one: column}, nil
	}
	if m, ok := d.members[path]; ok {
		return place{many: "transform(" + m[0] + ", r -> r." + m[1] + ")"}, nil
	}
	return d.findJSON(path)
}

// findJSON returns where a path leads to in a column that has JSON.
func (d Dialect) findJSON(path string) (place, error) {
	if d.whole != "" {
		return inJSON(d.whole, path, true)
	}
	first, rest, _ := strings.Cut(path, ".")
	if column, ok := d.objects[first]; ok {
		return inJSON(column, rest, rest != "")
	}
	return place{}, &refusal{"field " + quote(path) + ": " + d.known, huntInstead}
}

// inJSON follows a path from the object that a column holds as text.
func inJSON(column, path string, nulls bool) (place, error) {
	root := "try(json_parse(" + column + "))"
	leaves := []string{"ARRAY[" + root + "]"}
	if path != "" {
		keys := strings.Split(path, ".")
		if len(keys) > maxKeys {
			return place{}, &refusal{"field " + quote(path) + ": the path is too long to follow, since each of its dots may be part of a key", huntInstead}
		}
		for _, key := range keys {
			if key == "" {
				return place{}, &refusal{"field " + quote(path) + ": a key without a name", huntInstead}
			}
		}
		leaves = follow("", root, keys)
	}
	joined := strings.Join(leaves, " || ")
	values := flat(flat(joined))
	return place{
		many:   "transform(" + values + ", v -> coalesce(json_extract_scalar(v, '$'), nullif(json_format(v), 'null')))",
		values: values, leaves: joined, nulls: nulls,
	}, nil
}

// follow returns an array of what is found for each way to split a path into keys, beginning at a value or at the values of
// an array.
func follow(array, value string, keys []string) []string {
	if array != "" {
		array = flat(flat(array))
	}
	var found []string
	for i := range keys {
		step := text(`$["` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(strings.Join(keys[:i+1], ".")) + `"]`)
		next := "transform(" + array + ", v -> json_extract(v, " + step + "))"
		if array == "" {
			next = "ARRAY[json_extract(" + value + ", " + step + ")]"
		}
		if i == len(keys)-1 {
			found = append(found, next)
			break
		}
		found = append(found, follow(next, "", keys[i+1:])...)
	}
	return found
}

// flat replaces the arrays among an array's values by their members.
func flat(array string) string {
	return "flatten(transform(" + array + ", v -> coalesce(TRY_CAST(v AS ARRAY(JSON)), ARRAY[v])))"
}

// anyText says that a condition, with a hole in it, holds for a text of the place.
func (p place) anyText(condition string) string {
	insensitive := translated(hole, upper, lower)
	rest := strings.ReplaceAll(condition, insensitive, "t")
	if p.one == "" && rest != condition && !strings.Contains(rest, hole) {
		p.many = "transform(" + p.many + ", t -> " + translated("t", upper, lower) + ")"
		condition = rest
	}
	return p.any(func(value string) string { return strings.ReplaceAll(condition, hole, value) })
}

// any says that a condition holds for a text of the place. Condition gets the SQL of a text.
func (p place) any(condition func(string) string) string {
	if p.one != "" {
		return condition(p.one)
	}
	return "any_match(" + p.many + ", t -> " + condition("t") + ")"
}

// exists says that the path leads to something, be it null.
func (p place) exists() string { return "any_match(" + p.leaves + ", v -> v IS NOT NULL)" }

// null says that there is nothing, or null among what there is.
func (p place) null() string {
	if p.one != "" {
		return p.one + " IS NULL"
	}
	return "(NOT " + p.exists() + " OR any_match(" + p.values + ", v -> json_format(v) = 'null'))"
}
