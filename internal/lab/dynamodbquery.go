package lab

import (
	"cmp"
	"slices"
	"strings"
)

// queryInput is what Query and Scan take.
type queryInput struct {
	tableInput
	IndexName                                string
	KeyConditionExpression, FilterExpression string
	ProjectionExpression, Select             string
	ExclusiveStartKey                        item
	Limit                                    *int
	ScanIndexForward                         *bool
	ConsistentRead                           bool
	Segment, TotalSegments                   *int
}

func queryItems(c *call) (any, error) { return c.read(true) }

// scanItems reads a whole table or index. The order is that of the keys, which on AWS is none that one could know.
func scanItems(c *call) (any, error) { return c.read(false) }

func (c *call) read(byKey bool) (any, error) {
	var in queryInput
	t, err := c.items(&in, &in.tableInput)
	if err != nil {
		return nil, err
	}
	index, err := t.index(in.IndexName)
	keys := index.KeySchema
	switch {
	case err != nil:
		return nil, err
	case !index.local && in.ConsistentRead:
		return nil, invalidRequest("Consistent reads are not supported on global secondary indexes")
	case in.Limit != nil && *in.Limit < 1:
		return nil, invalidRequest("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", *in.Limit)
	case in.TotalSegments != nil:
		return nil, invalidRequest("the lab has no parallel scans")
	}
	scope := newScope(&in.tableInput)
	wanted := func(item) bool { return true }
	if byKey {
		if wanted, err = scope.keyCondition(in.KeyConditionExpression, keys); err != nil {
			return nil, err
		}
	}
	filter, err := scope.condition("FilterExpression", in.FilterExpression)
	if err != nil {
		return nil, err
	}
	project, err := scope.projection(in.ProjectionExpression)
	if err != nil {
		return nil, err
	}
	if err := scope.unused(); err != nil {
		return nil, err
	}
	return t.page(&in, keys, t.sorted(&in, keys, wanted), filter, project), nil
}

// before says in which order the items of an index come: by range key, then by primary key.
func (t *table) before(keys keySchema, a, b item) int {
	order, _ := a[keys.rangeKey()].compare(b[keys.rangeKey()])
	return cmp.Or(order, strings.Compare(t.keyOf(a, t.keys), t.keyOf(b, t.keys)))
}

// sorted lists the items of the table or index that a query is about, from where it continues.
func (t *table) sorted(in *queryInput, keys keySchema, wanted predicate) []item {
	direction := 1
	if in.ScanIndexForward != nil && !*in.ScanIndexForward {
		direction = -1
	}
	var list []item
	for _, i := range t.items {
		indexed := !slices.ContainsFunc(keys, func(key struct{ AttributeName, KeyType string }) bool { _, ok := i[key.AttributeName]; return !ok })
		if indexed && wanted(i) && (in.ExclusiveStartKey == nil || direction*t.before(keys, i, in.ExclusiveStartKey) > 0) {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b item) int { return direction * t.before(keys, a, b) })
	return list
}

// page cuts a list off at the limit or at 1 MB, which count items before the filter.
func (t *table) page(in *queryInput, keys keySchema, list []item, filter predicate, project func(item) item) map[string]any {
	found, size, scanned := []item{}, 0, 0
	answer := map[string]any{}
	for n, i := range list {
		scanned++
		size += i.size()
		if filter(i) {
			found = append(found, project(t.seen(in, i)))
		}
		if full := in.Limit != nil && scanned >= *in.Limit || size > maxQueryAnswer; full && (n+1 < len(list) || in.Limit != nil) {
			last := map[string]bool{}
			for _, key := range slices.Concat(keys, t.keys) {
				last[key.AttributeName] = true
			}
			answer["LastEvaluatedKey"] = i.only(last)
			break
		}
	}
	answer["Count"], answer["ScannedCount"] = len(found), scanned
	if in.Select != "COUNT" {
		answer["Items"] = found
	}
	return answer
}

// seen is what a query gets of an item: all that the index has, or that the table has if a local index is asked for all.
func (t *table) seen(in *queryInput, i item) item {
	for _, index := range t.indexes {
		if index.IndexName != in.IndexName || index.local && in.Select == "ALL_ATTRIBUTES" || index.Projection.ProjectionType == "ALL" || index.Projection.ProjectionType == "" {
			continue
		}
		names := map[string]bool{}
		for _, key := range slices.Concat(index.KeySchema, t.keys) {
			names[key.AttributeName] = true
		}
		for _, other := range index.Projection.NonKeyAttributes {
			names[other] = true
		}
		return i.only(names)
	}
	return i
}

// keyCondition compiles a key condition: equality of the hash key and, if wanted, one condition on the range key.
func (s *expressionScope) keyCondition(text string, keys keySchema) (predicate, error) {
	e, err := s.parse("KeyConditionExpression", text)
	if err != nil {
		return nil, err
	}
	seen := map[string]string{}
	one := func() (predicate, error) { return e.keyTerm(seen) }
	holds, err := e.chain("AND", one, func(a, b predicate) predicate { return a.and(b) })
	if err != nil {
		return nil, err
	}
	if e.peek() != "" {
		return nil, e.invalid("Syntax error; token: %q", e.peek())
	}
	_, ranged := seen[keys.rangeKey()]
	if seen[keys.hash()] != "=" || len(seen) > 2 || len(seen) == 2 && !ranged {
		return nil, invalidRequest("Query condition missed key schema element: %s", keys.hash())
	}
	return holds, nil
}

// keyTerm parses one condition of a key condition and notes which attribute it is about and how. <> and IN are none.
func (e *expression) keyTerm(seen map[string]string) (predicate, error) {
	if e.accept("(") {
		holds, err := e.keyTerm(seen)
		if err != nil {
			return nil, err
		}
		return holds, e.expect(")")
	}
	attribute := 0
	if e.peek() == "begins_with" {
		attribute = 2
	}
	if len(e.tokens) < attribute+2 {
		return nil, e.invalid("Syntax error; the condition is incomplete")
	}
	name, operator := e.tokens[attribute], strings.ToUpper(e.tokens[attribute+1])
	if other, ok := e.scope.names[name]; ok {
		name = other
	}
	if _, twice := seen[name]; twice {
		return nil, e.invalid("KeyConditionExpressions must only contain one condition per key")
	}
	if !slices.Contains([]string{"=", "<", "<=", ">", ">=", "BETWEEN", ","}, operator) {
		return nil, e.invalid("Invalid operator used in KeyConditionExpression: %s", operator)
	}
	seen[name] = operator
	return e.primary()
}

// projection compiles a projection expression; an empty one shows all. Elements of lists cannot be projected.
func (s *expressionScope) projection(text string) (func(item) item, error) {
	if text == "" {
		return func(i item) item { return i }, nil
	}
	e, err := s.parse("ProjectionExpression", text)
	if err != nil {
		return nil, err
	}
	var paths []docPath
	for {
		path, err := e.path()
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(path, func(step docStep) bool { return step.index >= 0 }) {
			return nil, e.invalid("the lab projects no elements of lists")
		}
		paths = append(paths, path)
		if !e.accept(",") {
			break
		}
	}
	if e.peek() != "" {
		return nil, e.invalid("Syntax error; token: %q", e.peek())
	}
	return func(i item) item {
		shown := item{}
		for _, path := range paths {
			if value, ok := path.in(i); ok {
				path.show(shown, value)
			}
		}
		return shown
	}, nil
}

// show puts a value where the path leads, making the maps on the way.
func (p docPath) show(in item, value attr) {
	name := p[0].name
	if len(p) == 1 {
		in[name] = value
		return
	}
	if in[name].fields == nil {
		in[name] = attr{kind: "M", fields: item{}}
	}
	p[1:].show(in[name].fields, value)
}
