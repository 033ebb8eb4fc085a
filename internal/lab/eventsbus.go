package lab

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// bus is one event bus.
type bus struct {
	name, arn, account, region string
	description, policy        string
	rules                      map[string]*rule
	tags                       map[string]string
	created                    time.Time
}

var (
	busName     = regexp.MustCompile(`^[/.\-_A-Za-z0-9]{1,256}$`)
	accountID   = regexp.MustCompile(`^\d{12}$`)
	statementID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

func newBus(account, region, name string, created time.Time) *bus {
	return &bus{
		name: name, account: account, region: region, created: created,
		arn:   "arn:aws:events:" + region + ":" + account + ":event-bus/" + name,
		rules: map[string]*rule{}, tags: map[string]string{},
	}
}

func createEventBus(c *call) (any, error) {
	var in struct {
		Name, Description string
		Tags              []eventTag
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !busName.MatchString(in.Name) {
		return nil, invalidRequest("Parameter Name is not valid.")
	}
	if c.lab.bus(c.account.id, c.region, in.Name) != nil {
		return nil, errorf("ResourceAlreadyExistsException", "Event bus %s already exists.", in.Name)
	}
	state := &c.account.regions[c.region].buses
	if len(state.buses) >= maxBuses {
		return nil, errorf("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
	}
	b := newBus(c.account.id, c.region, in.Name, c.now)
	b.description = in.Description
	if err := putTags(b.tags, in.Tags); err != nil {
		return nil, err
	}
	state.buses[in.Name] = b
	return map[string]string{"EventBusArn": b.arn}, nil
}

// deleteEventBus is idempotent; the default bus and one with rules cannot be deleted.
func deleteEventBus(c *call) (any, error) {
	var in struct{ Name string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	b, err := c.busNamed(in.Name)
	if err != nil {
		return nil, nil
	}
	if b.name == "default" {
		return nil, invalidRequest("Cannot delete event bus default.")
	}
	if len(b.rules) > 0 {
		return nil, invalidRequest("Cannot delete event bus %s because it has rules.", b.name)
	}
	delete(c.account.regions[c.region].buses.buses, b.name)
	return nil, nil
}

func describeEventBus(c *call) (any, error) {
	var in struct{ Name string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	b, err := c.busNamed(in.Name)
	if err != nil {
		return nil, err
	}
	return b.show(), nil
}

func (b *bus) show() map[string]any {
	return compact(map[string]any{
		"Name": b.name, "Arn": b.arn, "Description": b.description, "Policy": b.policy, "CreationTime": b.created.Unix(),
		"LastModifiedTime": b.created.Unix(),
	})
}

func listEventBuses(c *call) (any, error) {
	var in struct {
		NamePrefix, NextToken string
		Limit                 int
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	c.lab.bus(c.account.id, c.region, "default") // makes it if this is the first call
	buses := c.account.regions[c.region].buses.buses
	names := prefixed(slices.Sorted(maps.Keys(buses)), in.NamePrefix)
	page, next, err := pageOf(names, in.NextToken, in.Limit)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, name := range page {
		list = append(list, buses[name].show())
	}
	return compact(map[string]any{"EventBuses": list, "NextToken": next}), nil
}

func prefixed(names []string, prefix string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) })
}

// putPermission sets a bus's whole policy, or adds or replaces one statement of it.
func putPermission(c *call) (any, error) {
	var in struct {
		EventBusName, Action, Principal, StatementId, Policy string
		Condition                                            *struct{ Type, Key, Value string }
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	b, err := c.busNamed(in.EventBusName)
	if err != nil {
		return nil, err
	}
	if in.Policy != "" {
		if _, err := parsePolicy(in.Policy); err != nil {
			return nil, invalidRequest("Parameter Policy is not valid: %v", err)
		}
		return nil, b.setPolicy(in.Policy)
	}
	switch {
	case in.Action != "events:PutEvents":
		return nil, invalidRequest("Provided value in parameter 'action' is not supported.")
	case !statementID.MatchString(in.StatementId):
		return nil, invalidRequest("Parameter StatementId is not valid.")
	case in.Principal != "*" && !accountID.MatchString(in.Principal):
		return nil, invalidRequest("Parameter Principal must be an account id or *.")
	}
	statement := map[string]any{"Sid": in.StatementId, "Effect": "Allow", "Principal": any("*"), "Action": in.Action, "Resource": b.arn}
	if in.Principal != "*" {
		statement["Principal"] = map[string]string{"AWS": "arn:aws:iam::" + in.Principal + ":root"}
	}
	if in.Condition != nil {
		statement["Condition"] = map[string]any{in.Condition.Type: map[string]string{in.Condition.Key: in.Condition.Value}}
	}
	policy, _ := withoutStatement(b.policy, in.StatementId)
	document, list, err := policyStatements(policy)
	if err != nil {
		return nil, err
	}
	document["Statement"] = append(list, statement)
	return nil, b.setPolicy(toJSON(document))
}

func (b *bus) setPolicy(policy string) error {
	if len(policy) > maxBusPolicy {
		return errorf("PolicyLengthExceededException", "The event bus policy is longer than %d bytes.", maxBusPolicy)
	}
	b.policy = policy
	return nil
}

func removePermission(c *call) (any, error) {
	var in struct {
		EventBusName, StatementId string
		RemoveAllPermissions      bool
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	b, err := c.busNamed(in.EventBusName)
	if err != nil {
		return nil, err
	}
	if in.RemoveAllPermissions {
		b.policy = ""
		return nil, nil
	}
	policy, found := withoutStatement(b.policy, in.StatementId)
	if !found {
		return nil, errorf("ResourceNotFoundException", "Statement with the provided id does not exist.")
	}
	b.policy = policy
	return nil, nil
}

// tagged finds the tags of the rule or bus that an ARN of the caller's names.
func (c *call) tagged(arn string) (map[string]string, error) {
	if b := c.lab.busByARN(arn); b != nil && b.account == c.account.id && b.region == c.region {
		return b.tags, nil
	}
	for _, b := range c.account.regions[c.region].buses.buses {
		for _, r := range b.rules {
			if r.arn == arn {
				return r.tags, nil
			}
		}
	}
	return nil, errorf("ResourceNotFoundException", "Resource %s does not exist.", arn)
}

type tagInput struct {
	ResourceARN string
	Tags        []eventTag
	TagKeys     []string
}

// tagging decodes a tagging operation's input and finds the tags.
func (c *call) tagging() (in tagInput, tags map[string]string, err error) {
	if err := json.Unmarshal(c.body, &in); err != nil {
		return in, nil, errorf("SerializationException", "%v", err)
	}
	tags, err = c.tagged(in.ResourceARN)
	return in, tags, err
}

func tagEventResource(c *call) (any, error) {
	in, tags, err := c.tagging()
	if err != nil {
		return nil, err
	}
	return nil, putTags(tags, in.Tags)
}

func putTags(tags map[string]string, more []eventTag) error {
	together := maps.Clone(tags)
	for _, tag := range more {
		together[tag.Key] = tag.Value
	}
	if len(together) > maxEventTags {
		return errorf("LimitExceededException", "A resource has at most %d tags.", maxEventTags)
	}
	maps.Copy(tags, together)
	return nil
}

func untagEventResource(c *call) (any, error) {
	in, tags, err := c.tagging()
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(tags, key)
	}
	return nil, nil
}

func listEventTags(c *call) (any, error) {
	_, tags, err := c.tagging()
	if err != nil {
		return nil, err
	}
	list := []eventTag{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, eventTag{key, tags[key]})
	}
	return map[string]any{"Tags": list}, nil
}
