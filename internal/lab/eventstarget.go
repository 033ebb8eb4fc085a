package lab

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// target is one target of a rule. What the lab does not act on is kept as it was sent.
type target struct {
	raw json.RawMessage

	ID               string            `json:"Id"`
	ARN              string            `json:"Arn"`
	Input            string            `json:"Input"`
	RoleARN          string            `json:"RoleArn"`
	InputPath        string            `json:"InputPath"`
	InputTransformer *inputTransformer `json:"InputTransformer"`
	DeadLetterConfig *struct{ Arn string }
	SqsParameters    *struct{ MessageGroupId string }
}

type inputTransformer struct {
	InputPathsMap map[string]string
	InputTemplate string
}

// putTargets adds targets, or replaces those with the same id.
func putTargets(c *call) (any, error) {
	var in struct {
		ruleInput
		Targets []json.RawMessage
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	b, r, err := c.rule(in.ruleInput)
	if err != nil {
		return nil, err
	}
	if len(in.Targets) == 0 || len(in.Targets) > maxEntries {
		return nil, invalidRequest("Targets must have 1 to %d members.", maxEntries)
	}
	targets := slices.Clone(r.targets)
	for _, raw := range in.Targets {
		t := &target{raw: raw}
		if err := json.Unmarshal(raw, t); err != nil {
			return nil, errorf("SerializationException", "%v", err)
		}
		if err := t.check(b); err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(targets, func(have *target) bool { return have.ID == t.ID }); i >= 0 {
			targets[i] = t
		} else {
			targets = append(targets, t)
		}
	}
	if len(targets) > maxRuleTargets {
		return nil, errorf("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
	}
	r.targets = targets
	return map[string]any{"FailedEntryCount": 0, "FailedEntries": []any{}}, nil
}

// check checks a target's arguments. Whether it exists is seen at delivery.
func (t *target) check(b *bus) error {
	parts, ok := splitAnyARN(t.ARN)
	inputs := 0
	for _, given := range []bool{t.Input != "", t.InputPath != "", t.InputTransformer != nil} {
		if given {
			inputs++
		}
	}
	switch {
	case !ruleName.MatchString(t.ID):
		return invalidRequest("1 validation error detected: Value '%s' at 'targets.member.id' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+", t.ID)
	case !ok:
		return invalidRequest("Parameter %s is not valid. Reason: Provided Arn is not in correct format.", t.ARN)
	case inputs > 1:
		return invalidRequest("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", t.ID)
	case inputs > 0 && parts.service == "events" && parts.account != b.account:
		return invalidRequest("Input, InputPath and InputTransformer are not available for an event bus of another account.")
	case t.Input != "" && !isJSON(t.Input):
		return invalidRequest("JSON syntax error in input for target %s.", t.ID)
	case t.InputPath != "" && !validPath(t.InputPath):
		return invalidRequest("InputPath for target %s is not valid: use a path such as $.detail.", t.ID)
	case t.ARN == b.arn:
		return invalidRequest("The target %s is the rule's own event bus.", t.ID)
	}
	if t.InputTransformer != nil {
		return t.InputTransformer.check(t.ID)
	}
	return nil
}

func (in *inputTransformer) check(id string) error {
	if in.InputTemplate == "" || len(in.InputTemplate) > 8192 || len(in.InputPathsMap) > 100 {
		return invalidRequest("InputTransformer for target %s needs a template of 1 to 8192 characters and at most 100 paths.", id)
	}
	for name, path := range in.InputPathsMap {
		if strings.HasPrefix(strings.ToLower(name), "aws.") || !validPath(path) {
			return invalidRequest("InputPathsMap for target %s has an invalid entry %s.", id, name)
		}
	}
	return nil
}

func removeTargets(c *call) (any, error) {
	var in struct {
		ruleInput
		Ids []string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	_, r, err := c.rule(in.ruleInput)
	if err != nil {
		return nil, err
	}
	r.targets = slices.DeleteFunc(slices.Clone(r.targets), func(t *target) bool { return slices.Contains(in.Ids, t.ID) })
	return map[string]any{"FailedEntryCount": 0, "FailedEntries": []any{}}, nil
}

func listTargetsByRule(c *call) (any, error) {
	_, r, err := c.decodedRule()
	if err != nil {
		return nil, err
	}
	list := []json.RawMessage{}
	for _, t := range r.targets {
		list = append(list, t.raw)
	}
	return map[string]any{"Targets": list}, nil
}

func listRuleNamesByTarget(c *call) (any, error) {
	var in struct {
		TargetArn, EventBusName, NextToken string
		Limit                              int
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	b, err := c.busNamed(in.EventBusName)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(b.rules)), func(name string) bool {
		return !slices.ContainsFunc(b.rules[name].targets, func(t *target) bool { return t.ARN == in.TargetArn })
	})
	page, next, err := pageOf(names, in.NextToken, in.Limit)
	if err != nil {
		return nil, err
	}
	if page == nil {
		page = []string{}
	}
	return compact(map[string]any{"RuleNames": page, "NextToken": next}), nil
}
