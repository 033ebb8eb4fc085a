package lab

import (
	"encoding/json"
	"strings"
	"time"
)

// eventEntry is one event as PutEvents takes it.
type eventEntry struct {
	Source, DetailType, Detail, EventBusName string
	Resources                                []string
	Time                                     json.Number // seconds
}

type eventResult struct {
	EventId      string `json:",omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

func putEvents(c *call) (any, error) {
	var in struct{ Entries []eventEntry }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Entries) == 0 || len(in.Entries) > maxEntries {
		return nil, invalidRequest("1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length from 1 to %d", maxEntries)
	}
	total := 0
	for _, entry := range in.Entries {
		total += entry.size()
	}
	if total > maxEventSize {
		return nil, invalidRequest("Total size of the entries in the request is over the limit.")
	}
	results, failed := []eventResult{}, 0
	for _, entry := range in.Entries {
		result := c.putEvent(entry)
		if result.ErrorCode != "" {
			failed++
		}
		results = append(results, result)
	}
	return map[string]any{"Entries": results, "FailedEntryCount": failed}, nil
}

// size is how EventBridge counts an entry: 14 bytes for the time and the text of the rest.
func (e eventEntry) size() int {
	n := len(e.Source) + len(e.DetailType) + len(e.Detail)
	if e.Time != "" {
		n += 14
	}
	for _, resource := range e.Resources {
		n += len(resource)
	}
	return n
}

// putEvent checks one entry and sends it to its bus.
func (c *call) putEvent(e eventEntry) eventResult {
	var detail map[string]json.RawMessage
	switch {
	case e.Source == "" || e.DetailType == "" || e.Detail == "":
		return eventResult{ErrorCode: "InvalidArgument", ErrorMessage: "Parameters Source, DetailType and Detail are required."}
	case strings.HasPrefix(e.Source, "aws."):
		return eventResult{ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source."}
	case json.Unmarshal([]byte(e.Detail), &detail) != nil || detail == nil:
		return eventResult{ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed."}
	}
	b, err := c.busNamed(e.EventBusName)
	if err != nil {
		// AWS takes the event and drops it; naming the mistake serves the lab's user better than silence.
		return eventResult{ErrorCode: "InvalidArgument", ErrorMessage: err.Error()}
	}
	if b.account != c.account.id && ask(b.policy, c.access("events:PutEvents", b.arn)) != policyAllows {
		return eventResult{ErrorCode: "AccessDeniedException", ErrorMessage: "The policy of the event bus does not allow events:PutEvents."}
	}
	id := c.lab.id()
	resources := e.Resources
	if resources == nil {
		resources = []string{}
	}
	when := c.now
	if seconds, err := e.Time.Float64(); err == nil {
		when = time.UnixMilli(int64(seconds * 1000)).UTC()
	}
	c.lab.putBusEvent(b.account, b.region, b.name, []byte(toJSON(map[string]any{
		"version": "0", "id": id, "detail-type": e.DetailType, "source": e.Source, "account": c.account.id,
		"time": when.Format(time.RFC3339), "region": c.region, "resources": resources, "detail": json.RawMessage(e.Detail),
	})))
	return eventResult{EventId: id}
}

// testEventPattern answers whether a pattern matches an event, which must have the fields that all events have.
func testEventPattern(c *call) (any, error) {
	var in struct{ EventPattern, Event string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	p, err := parsePattern(in.EventPattern)
	if err != nil {
		return nil, errorf("InvalidEventPatternException", "Event pattern is not valid. Reason: %v", err)
	}
	document, err := decodeNumbers([]byte(in.Event))
	if err != nil {
		return nil, invalidRequest("Parameter Event is not valid: %v", err)
	}
	event, _ := document.(map[string]any)
	for _, name := range []string{"id", "account", "source", "time", "region", "resources", "detail-type"} {
		if _, ok := event[name]; !ok {
			return nil, invalidRequest("Parameter Event is not valid: the event has no field %s.", name)
		}
	}
	return map[string]bool{"Result": p.matches(event)}, nil
}
