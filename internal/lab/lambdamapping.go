package lab

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// eventMapping says which queue or stream feeds a function. The lab keeps it but does not poll on its behalf.
type eventMapping struct {
	id, arn          string
	source, function string // ARNs
	enabled          bool
	batch            int
	filter           json.RawMessage
	modified         time.Time
}

type mappingInput struct {
	EventSourceArn, FunctionName string
	Enabled                      *bool
	BatchSize                    *int
	FilterCriteria               json.RawMessage
}

func createEventMapping(c *call) (any, error) {
	var in mappingInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	f, err := c.functionNamed(in.FunctionName)
	if err != nil {
		return nil, err
	}
	state := &c.account.regions[c.region].lambda
	if _, ok := splitAnyARN(in.EventSourceArn); !ok {
		return nil, lambdaInvalid("Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported source arn : %.300s", in.EventSourceArn)
	}
	if strings.HasPrefix(in.EventSourceArn, "arn:aws:sqs:") && c.lab.queueByARN(in.EventSourceArn) == nil {
		return nil, lambdaInvalid("Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.")
	}
	for _, m := range state.mappings {
		if m.source == in.EventSourceArn && m.function == f.arn {
			return nil, lambdaConflict("An event source mapping with SQS arn (%s) and function (%s) already exists. Please update or delete the existing mapping with UUID %s", m.source, f.name, m.id)
		}
	}
	if len(state.mappings) >= maxMappings {
		return nil, lambdaInvalid("the lab keeps at most %d event source mappings per account and region", maxMappings)
	}
	m := &eventMapping{id: c.lab.id(), source: in.EventSourceArn, function: f.arn, enabled: true, batch: 10}
	m.arn = "arn:aws:lambda:" + c.region + ":" + c.account.id + ":event-source-mapping:" + m.id
	if err := m.apply(c, in); err != nil {
		return nil, err
	}
	if state.mappings == nil {
		state.mappings = map[string]*eventMapping{}
	}
	state.mappings[m.id] = m
	return answeredWith(http.StatusAccepted, c.answered(m.show())), nil
}

// apply changes what the request gives.
func (m *eventMapping) apply(c *call, in mappingInput) error {
	if n := in.BatchSize; n != nil && (*n < 1 || *n > 10_000) {
		return lambdaInvalid("BatchSize must be from 1 to 10000")
	}
	setIfGiven(&m.enabled, in.Enabled)
	setIfGiven(&m.batch, in.BatchSize)
	if in.FilterCriteria != nil {
		m.filter = in.FilterCriteria
	}
	m.modified = c.now
	return nil
}

func (m *eventMapping) show() map[string]any {
	answer := map[string]any{
		"UUID": m.id, "EventSourceArn": m.source, "FunctionArn": m.function, "BatchSize": m.batch, "LastModified": epoch{m.modified},
		"State": "Disabled", "StateTransitionReason": "USER_INITIATED",
		"EventSourceMappingArn": m.arn,
	}
	if m.enabled {
		answer["State"] = "Enabled"
	}
	if m.filter != nil {
		answer["FilterCriteria"] = m.filter
	}
	return answer
}

func (c *call) pathMapping() (*eventMapping, error) {
	if m := c.account.regions[c.region].lambda.mappings[c.path["UUID"]]; m != nil {
		return m, nil
	}
	return nil, lambdaNotFound("The resource you requested does not exist.")
}

func getEventMapping(c *call) (any, error) {
	m, err := c.pathMapping()
	if err != nil {
		return nil, err
	}
	return m.show(), nil
}

func listEventMappings(c *call) (any, error) {
	query := c.request.URL.Query()
	mappings := c.account.regions[c.region].lambda.mappings
	function := ""
	if name := query.Get("FunctionName"); name != "" {
		f, err := c.functionNamed(name)
		if err != nil {
			return nil, err
		}
		function = f.arn
	}
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(mappings)), func(id string) bool {
		m, source := mappings[id], query.Get("EventSourceArn")
		return function != "" && m.function != function || source != "" && m.source != source
	})
	page, next := pageAfter(ids, query.Get("Marker"), 100)
	list := []any{}
	for _, id := range page {
		list = append(list, mappings[id].show())
	}
	return compact(map[string]any{"EventSourceMappings": list, "NextMarker": next}), nil
}

func updateEventMapping(c *call) (any, error) {
	var in mappingInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := c.pathMapping()
	if err != nil {
		return nil, err
	}
	if in.FunctionName != "" {
		f, err := c.functionNamed(in.FunctionName)
		if err != nil {
			return nil, err
		}
		m.function = f.arn
	}
	if err := m.apply(c, in); err != nil {
		return nil, err
	}
	return answeredWith(http.StatusAccepted, c.answered(m.show())), nil
}

func deleteEventMapping(c *call) (any, error) {
	m, err := c.pathMapping()
	if err != nil {
		return nil, err
	}
	delete(c.account.regions[c.region].lambda.mappings, m.id)
	answer := m.show()
	answer["State"] = "Deleting"
	return answeredWith(http.StatusAccepted, c.answered(answer)), nil
}
