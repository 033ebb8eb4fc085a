package lab

import (
	"maps"
	"regexp"
	"slices"
)

// rule is one rule of an event bus.
type rule struct {
	name, arn         string
	text              string   // of the event pattern
	pattern           *pattern // nil for a rule with a schedule only
	schedule          string
	state             string
	description, role string
	createdBy         string
	targets           []*target
	tags              map[string]string
}

// The states of a rule.
const (
	ruleEnabled    = "ENABLED"
	ruleDisabled   = "DISABLED"
	ruleEnabledAll = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
)

var (
	ruleName = regexp.MustCompile(`^[.\-_A-Za-z0-9]{1,64}$`)
	schedule = regexp.MustCompile(`^(rate\([1-9]\d* (minutes?|hours?|days?)\)|cron\(\S+( \S+){5}\))$`)
)

type putRuleInput struct {
	Name, Description, EventBusName, EventPattern, RoleArn, ScheduleExpression, State string
	Tags                                                                              []eventTag
}

// putRule creates a rule or replaces one: arguments that are left out become empty. Tags and targets stay as they are.
func putRule(c *call) (any, error) {
	var in putRuleInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	b, err := c.busNamed(in.EventBusName)
	if err != nil {
		return nil, err
	}
	compiled, err := checkRule(b, &in)
	if err != nil {
		return nil, err
	}
	r := b.rules[in.Name]
	if r == nil {
		if len(b.rules) >= maxRules {
			return nil, errorf("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
		}
		r = &rule{name: in.Name, arn: b.ruleARN(in.Name), createdBy: c.account.id, tags: map[string]string{}}
		if err := putTags(r.tags, in.Tags); err != nil {
			return nil, err
		}
		b.rules[in.Name] = r
	}
	r.text, r.pattern, r.schedule, r.state = in.EventPattern, compiled, in.ScheduleExpression, in.State
	r.description, r.role = in.Description, in.RoleArn
	c.recordResponse = map[string]string{"ruleArn": r.arn}
	return map[string]string{"RuleArn": r.arn}, nil
}

// checkRule checks the arguments of PutRule and compiles the pattern.
func checkRule(b *bus, in *putRuleInput) (*pattern, error) {
	if in.State == "" {
		in.State = ruleEnabled
	}
	switch {
	case !ruleName.MatchString(in.Name):
		return nil, invalidRequest("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+", in.Name)
	case in.EventPattern == "" && in.ScheduleExpression == "":
		return nil, invalidRequest("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	case in.ScheduleExpression != "" && !schedule.MatchString(in.ScheduleExpression):
		return nil, invalidRequest("Parameter ScheduleExpression is not valid.")
	case in.ScheduleExpression != "" && b.name != "default":
		return nil, invalidRequest("ScheduleExpression is supported only on the default event bus.")
	case in.State != ruleEnabled && in.State != ruleDisabled && in.State != ruleEnabledAll:
		return nil, invalidRequest("1 validation error detected: Value '%s' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]", in.State)
	case len(in.Description) > 512:
		return nil, invalidRequest("Parameter Description is longer than 512 characters.")
	case in.EventPattern == "":
		return nil, nil
	}
	p, err := parsePattern(in.EventPattern)
	if err != nil {
		return nil, errorf("InvalidEventPatternException", "Event pattern is not valid. Reason: %v", err)
	}
	return p, nil
}

func (b *bus) ruleARN(name string) string {
	base := "arn:aws:events:" + b.region + ":" + b.account + ":rule/"
	if b.name == "default" {
		return base + name
	}
	return base + b.name + "/" + name
}

// ruleInput is the input of operations on one rule.
type ruleInput struct {
	Name, EventBusName, Rule string // Rule is what the operations on targets call the name
}

// rule finds the rule that a request names.
func (c *call) rule(in ruleInput) (*bus, *rule, error) {
	b, err := c.busNamed(in.EventBusName)
	if err != nil {
		return nil, nil, err
	}
	name := in.Name + in.Rule
	r := b.rules[name]
	if r == nil {
		return b, nil, errorf("ResourceNotFoundException", "Rule %s does not exist on EventBus %s.", name, b.name)
	}
	return b, r, nil
}

func (c *call) decodedRule() (*bus, *rule, error) {
	var in ruleInput
	if err := c.decode(&in); err != nil {
		return nil, nil, err
	}
	return c.rule(in)
}

func describeRule(c *call) (any, error) {
	b, r, err := c.decodedRule()
	if err != nil {
		return nil, err
	}
	answer := r.show(b)
	answer["CreatedBy"] = r.createdBy
	return answer, nil
}

func (r *rule) show(b *bus) map[string]any {
	return compact(map[string]any{
		"Name": r.name, "Arn": r.arn, "EventPattern": r.text, "ScheduleExpression": r.schedule, "State": r.state,
		"Description": r.description, "RoleArn": r.role, "EventBusName": b.name,
	})
}

func listRules(c *call) (any, error) {
	var in struct {
		NamePrefix, EventBusName, NextToken string
		Limit                               int
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	b, err := c.busNamed(in.EventBusName)
	if err != nil {
		return nil, err
	}
	names := prefixed(slices.Sorted(maps.Keys(b.rules)), in.NamePrefix)
	page, next, err := pageOf(names, in.NextToken, in.Limit)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, name := range page {
		list = append(list, b.rules[name].show(b))
	}
	return compact(map[string]any{"Rules": list, "NextToken": next}), nil
}

// enableRule leaves a rule alone that is enabled for all events.
func enableRule(c *call) (any, error) {
	_, r, err := c.decodedRule()
	if err != nil {
		return nil, err
	}
	if r.state == ruleDisabled {
		r.state = ruleEnabled
	}
	return nil, nil
}

func disableRule(c *call) (any, error) {
	_, r, err := c.decodedRule()
	if err != nil {
		return nil, err
	}
	r.state = ruleDisabled
	return nil, nil
}

// deleteRule is idempotent; a rule that has targets cannot be deleted.
func deleteRule(c *call) (any, error) {
	b, r, err := c.decodedRule()
	if b != nil && r == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(r.targets) > 0 {
		return nil, invalidRequest("Rule can't be deleted since it has targets.")
	}
	delete(b.rules, r.name)
	return nil, nil
}
