package lab

import (
	"cmp"
	"slices"
	"strconv"
)

// keyOf is the item's primary key as text; each part carries its length, so that no two keys look alike.
func (t *table) keyOf(i item, keys keySchema) string {
	text := ""
	for _, key := range keys {
		value := i[key.AttributeName].text
		text += strconv.Itoa(len(value)) + ":" + value
	}
	return text
}

// checkKey checks the attributes of a key. Those of an index may be missing.
func (t *table) checkKey(i item, keys keySchema, optional bool) error {
	for n, key := range keys {
		value, ok := i[key.AttributeName]
		if !ok && optional {
			continue
		}
		definition := slices.IndexFunc(t.types, func(d attributeDefinition) bool { return d.AttributeName == key.AttributeName })
		longest := []int{maxHashKey, maxRangeKey}[n]
		switch {
		case !ok:
			return invalidRequest("One or more parameter values were invalid: Missing the key %s in the item", key.AttributeName)
		case value.kind != t.types[definition].AttributeType:
			return invalidRequest("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", key.AttributeName, t.types[definition].AttributeType, value.kind)
		case value.text == "":
			return invalidRequest("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", key.AttributeName)
		case len(value.text) > longest:
			return invalidRequest("One or more parameter values were invalid: Size of the key %s has exceeded the maximum size limit of %d bytes", key.AttributeName, longest)
		}
	}
	return nil
}

// check checks an item before it is stored.
func (t *table) check(i item) error {
	if err := t.checkKey(i, t.keys, false); err != nil {
		return err
	}
	for _, index := range t.indexes {
		if err := t.checkKey(i, index.KeySchema, true); err != nil {
			return err
		}
	}
	if i.size() > maxItemSize {
		return invalidRequest("Item size has exceeded the maximum allowed size")
	}
	if (attr{fields: i}).depth() > maxNesting+1 {
		return invalidRequest("Nesting Levels have exceeded supported limits")
	}
	if t.items[t.keyOf(i, t.keys)] == nil && len(t.items) >= maxItems {
		return errorf("LimitExceededException", "the lab keeps at most %d items per table", maxItems)
	}
	return nil
}

// keyed finds the item that a key names, which must consist of the key's attributes and nothing else.
func (t *table) keyed(key item) (string, error) {
	if len(key) != len(t.keys) {
		return "", invalidRequest("The provided key element does not match the schema")
	}
	if err := t.checkKey(key, t.keys, false); err != nil {
		return "", invalidRequest("The provided key element does not match the schema")
	}
	return t.keyOf(key, t.keys), nil
}

// require checks the condition of a write against the item as it is; missing is as good as empty.
func (in *tableInput) require(scope *expressionScope, old item) error {
	holds, err := scope.condition("ConditionExpression", in.ConditionExpression)
	if err != nil {
		return err
	}
	if err := scope.unused(); err != nil {
		return err
	}
	if holds(old) {
		return nil
	}
	failed := &apiError{Code: "ConditionalCheckFailedException", Message: "The conditional request failed"}
	if in.ReturnValuesOnConditionCheckFailure == "ALL_OLD" && old != nil {
		failed.Fields = map[string]any{"Item": old}
	}
	return failed
}

// returned answers with what ReturnValues asks for. changed names the attributes that an update was about.
func (in *tableInput) returned(old, now item, changed map[string]bool, allowed ...string) (any, error) {
	want := cmp.Or(in.ReturnValues, "NONE")
	if !slices.Contains(append(allowed, "NONE"), want) {
		return nil, invalidRequest("ReturnValues can only be one of %v", allowed)
	}
	shown := map[string]item{"ALL_OLD": old, "ALL_NEW": now, "UPDATED_OLD": old.only(changed), "UPDATED_NEW": now.only(changed)}[want]
	if len(shown) == 0 {
		return nil, nil
	}
	return map[string]any{"Attributes": shown}, nil
}

func (i item) only(names map[string]bool) item {
	some := item{}
	for name, value := range i {
		if names[name] {
			some[name] = value
		}
	}
	return some
}

func putItem(c *call) (any, error) {
	var in struct {
		tableInput
		Item item
	}
	t, err := c.items(&in, &in.tableInput)
	if err != nil {
		return nil, err
	}
	if err := t.check(in.Item); err != nil {
		return nil, err
	}
	key := t.keyOf(in.Item, t.keys)
	old := t.items[key]
	if err := in.require(newScope(&in.tableInput), old); err != nil {
		return nil, err
	}
	answer, err := in.returned(old, nil, nil, "ALL_OLD")
	if err == nil {
		t.items[key] = in.Item
	}
	return answer, err
}

func getItem(c *call) (any, error) {
	var in struct {
		tableInput
		Key                  item
		ProjectionExpression string
	}
	t, err := c.items(&in, &in.tableInput)
	if err != nil {
		return nil, err
	}
	key, err := t.keyed(in.Key)
	if err != nil {
		return nil, err
	}
	scope := newScope(&in.tableInput)
	project, err := scope.projection(in.ProjectionExpression)
	if err != nil {
		return nil, err
	}
	if err := scope.unused(); err != nil {
		return nil, err
	}
	if t.items[key] == nil {
		return nil, nil
	}
	return map[string]any{"Item": project(t.items[key])}, nil
}

func deleteItem(c *call) (any, error) {
	var in struct {
		tableInput
		Key item
	}
	t, err := c.items(&in, &in.tableInput)
	if err != nil {
		return nil, err
	}
	key, err := t.keyed(in.Key)
	if err != nil {
		return nil, err
	}
	old := t.items[key]
	if err := in.require(newScope(&in.tableInput), old); err != nil {
		return nil, err
	}
	answer, err := in.returned(old, nil, nil, "ALL_OLD")
	if err == nil {
		delete(t.items, key)
	}
	return answer, err
}

// updateItem changes an item, or makes one that has the key and what the expression sets.
func updateItem(c *call) (any, error) {
	var in struct {
		tableInput
		Key              item
		UpdateExpression string
	}
	t, err := c.items(&in, &in.tableInput)
	if err != nil {
		return nil, err
	}
	key, err := t.keyed(in.Key)
	if err != nil {
		return nil, err
	}
	scope, old := newScope(&in.tableInput), t.items[key]
	changes, err := scope.changes(in.UpdateExpression)
	if err != nil {
		return nil, err
	}
	if err := in.require(scope, old); err != nil {
		return nil, err
	}
	now := old.clone()
	if now == nil {
		now = in.Key.clone()
	}
	changed, err := t.apply(changes, old, now)
	if err != nil {
		return nil, err
	}
	answer, err := in.returned(old, now, changed, "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
	if err == nil {
		t.items[key] = now
	}
	return answer, err
}

// apply makes the changes to now, each from the item as it was before all of them, and names the attributes concerned.
// Elements of lists are removed last and from the end, because the others' numbers are those from before.
func (t *table) apply(changes []change, old, now item) (map[string]bool, error) {
	type result struct {
		path   docPath
		value  attr
		remove bool
	}
	var results []result
	changed := map[string]bool{}
	for _, ch := range changes {
		name := ch.path[0].name
		if slices.ContainsFunc(t.keys, func(key struct{ AttributeName, KeyType string }) bool { return key.AttributeName == name }) {
			return nil, invalidRequest("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", name)
		}
		value, remove, err := ch.make(old)
		if err != nil {
			return nil, err
		}
		changed[name] = true
		results = append(results, result{ch.path, value, remove})
	}
	rank := func(r result) int {
		if !r.remove {
			return -maxItemSize
		}
		return -r.path[len(r.path)-1].index
	}
	slices.SortStableFunc(results, func(a, b result) int { return cmp.Compare(rank(a), rank(b)) })
	for _, r := range results {
		if err := r.path.write(now, r.value, r.remove); err != nil {
			return nil, err
		}
	}
	return changed, t.check(now)
}
