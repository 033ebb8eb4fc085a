package lab

import (
	"encoding/json"
	"strings"
)

// Limits of event buses, from the API documentation and quotas of EventBridge.
const (
	maxBuses       = 100
	maxRules       = 300
	maxRuleTargets = 5
	maxEventSize   = 256 << 10
	maxEntries     = 10 // of PutEvents, PutTargets and such
	maxEventTags   = 50
	maxHops        = 2 // from the bus where an event arises to others
	maxBusPolicy   = 10_240
	eventPage      = 100
)

// eventsState is the event buses of one account in one region. The bus "default" always exists.
type eventsState struct {
	buses map[string]*bus
}

// eventsService is Amazon EventBridge.
var eventsService = service{protocol: awsJSON, operations: map[string]operation{
	"CreateEventBus":        {run: createEventBus},
	"DeleteEventBus":        {run: deleteEventBus},
	"DescribeEventBus":      {run: describeEventBus, readOnly: true},
	"ListEventBuses":        {run: listEventBuses, readOnly: true},
	"PutPermission":         {run: putPermission},
	"RemovePermission":      {run: removePermission},
	"PutRule":               {run: putRule},
	"DescribeRule":          {run: describeRule, readOnly: true},
	"ListRules":             {run: listRules, readOnly: true},
	"EnableRule":            {run: enableRule},
	"DisableRule":           {run: disableRule},
	"DeleteRule":            {run: deleteRule},
	"PutTargets":            {run: putTargets},
	"RemoveTargets":         {run: removeTargets},
	"ListTargetsByRule":     {run: listTargetsByRule, readOnly: true},
	"ListRuleNamesByTarget": {run: listRuleNamesByTarget, readOnly: true},
	"PutEvents":             {run: putEvents, silent: true},
	"TestEventPattern":      {run: testEventPattern, readOnly: true},
	"TagResource":           {run: tagEventResource},
	"UntagResource":         {run: untagEventResource},
	"ListTagsForResource":   {run: listEventTags, readOnly: true},
}}

// bus finds an event bus of any account and region, or nil.
func (l *Lab) bus(account, region, name string) *bus {
	a := l.accounts[account]
	if a == nil || a.regions[region] == nil {
		return nil
	}
	state := &a.regions[region].buses
	if state.buses == nil {
		state.buses = map[string]*bus{}
	}
	if state.buses["default"] == nil {
		state.buses["default"] = newBus(account, region, "default", l.started)
	}
	return state.buses[name]
}

// busByARN finds the event bus that an ARN names, or nil.
func (l *Lab) busByARN(arn string) *bus {
	parts, ok := splitARN(arn, "events")
	name, isBus := strings.CutPrefix(parts.resource, "event-bus/")
	if !ok || !isBus {
		return nil
	}
	return l.bus(parts.account, parts.region, name)
}

// busNamed finds the bus that a request names by name or ARN; an empty name is the default bus. Only PutEvents may
// reach into another account.
func (c *call) busNamed(name string) (*bus, error) {
	var b *bus
	if strings.HasPrefix(name, "arn:") {
		if b = c.lab.busByARN(name); b != nil && (b.region != c.region || b.account != c.account.id && c.operation != "PutEvents") {
			b = nil
		}
	} else {
		if name == "" {
			name = "default"
		}
		b = c.lab.bus(c.account.id, c.region, name)
	}
	if b == nil {
		return nil, errorf("ResourceNotFoundException", "Event bus %s does not exist.", name)
	}
	return b, nil
}

// invalidRequest is EventBridge's error for input that breaks a rule which the API documentation states.
func invalidRequest(format string, args ...any) error {
	return errorf("ValidationException", format, args...)
}

// pageOf reads the paging parameters and cuts a page out of sorted names.
func pageOf(names []string, token string, limit int) (page []string, next string, err error) {
	if limit < 0 || limit > eventPage {
		return nil, "", invalidRequest("1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must have value less than or equal to %d", eventPage)
	}
	if limit == 0 {
		limit = eventPage
	}
	page, next = pageAfter(names, token, limit)
	return page, next, nil
}

// eventTag is a tag as EventBridge's requests and answers carry it.
type eventTag struct{ Key, Value string }

// compact is a JSON object of the non-empty values.
func compact(object map[string]any) map[string]any {
	for key, value := range object {
		if value == "" || value == nil {
			delete(object, key)
		}
	}
	return object
}

func isJSON(text string) bool { return json.Valid([]byte(text)) }
