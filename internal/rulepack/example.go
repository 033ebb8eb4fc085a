package rulepack

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/sigma"
)

// Example is a record, or for a correlation several, that a rule has to match or must not.
type Example struct {
	sigma.Position
	records []map[string]any
}

// plainRecord is what an example's record has unless it says otherwise: the fields that every record of a successful call has.
// The n-th record of a correlation's example is n minutes later than the first.
func plainRecord(n int) map[string]any {
	at := time.Date(2026, 3, 1, 10, n, 0, 0, time.UTC)
	return map[string]any{
		"eventVersion":    "1.11",
		"eventTime":       at.Format(time.RFC3339),
		"eventID":         fmt.Sprintf("00000000-0000-4000-8000-%012d", n),
		"eventType":       "AwsApiCall",
		"eventCategory":   "Management",
		"managementEvent": true,
		"readOnly":        false,
		"awsRegion":       "eu-central-1",
		"sourceIPAddress": "198.51.100.7",
		"userAgent":       "aws-cli/2.30.0",
		"userIdentity": map[string]any{
			"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::111122223333:user/mallory",
			"accountId": "111122223333", "accessKeyId": "AKIAEXAMPLE", "userName": "mallory",
		},
		"recipientAccountId": "111122223333",
		"requestParameters":  nil,
		"responseElements":   nil,
	}
}

// Limits of examples.
const (
	maxExamples = 1000
	maxNesting  = 32
)

// examples reads a list of records, or for a correlation a list of lists of records.
func (r *reader) examples(n *yaml.Node, lists bool) []Example {
	if n.Kind != yaml.SequenceNode || len(n.Content) > maxExamples {
		r.fail(n, fmt.Sprintf("this is no list of at most %d examples", maxExamples), "write a list of records")
		return nil
	}
	var examples []Example
	for _, item := range n.Content {
		nodes := []*yaml.Node{item}
		if lists && item.Kind == yaml.SequenceNode {
			nodes = item.Content
		}
		e := Example{Position: r.at(item)}
		for i, node := range nodes {
			e.records = append(e.records, r.record(node, i))
		}
		if len(e.records) == 0 {
			r.fail(item, "an example without a record", "write records, or remove it")
			continue
		}
		examples = append(examples, e)
	}
	return examples
}

// record lays what the example says over a plain record.
func (r *reader) record(n *yaml.Node, count int) map[string]any {
	plain := plainRecord(count)
	said, ok := r.value(n, maxNesting).(map[string]any)
	if !ok {
		r.fail(n, "an example is no record", "write a map with the fields that matter, such as {eventName: StopLogging}")
		return plain
	}
	maps.Copy(plain, said)
	return plain
}

// value turns YAML into what JSON can say. Whatever YAML takes for anything else, such as a date, stays text.
func (r *reader) value(n *yaml.Node, depth int) any {
	if depth == 0 {
		r.fail(n, "an example is nested too deeply", "write less of it")
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			object[n.Content[i].Value] = r.value(n.Content[i+1], depth-1)
		}
		return object
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, r.value(item, depth-1))
		}
		return list
	}
	return scalar(n)
}

func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return json.Number(n.Value)
		}
	}
	return n.Value
}
