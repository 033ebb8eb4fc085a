package lab

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// queueNumbers are the numeric attributes with their bounds and defaults.
var queueNumbers = map[string]struct{ low, high, usual int }{
	"DelaySeconds":                  {0, maxMessageDelay, 0},
	"MaximumMessageSize":            {1024, maxQueueMessage, maxQueueMessage},
	"MessageRetentionPeriod":        {60, 1_209_600, 345_600},
	"ReceiveMessageWaitTimeSeconds": {0, maxReceiveWait, 0},
	"VisibilityTimeout":             {0, maxVisibility, 30},
	"KmsDataKeyReusePeriodSeconds":  {60, 86_400, 300},
}

// queueCounts are the attributes that are computed.
var queueCounts = []string{
	"QueueArn", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
	"ApproximateNumberOfMessagesDelayed", "CreatedTimestamp", "LastModifiedTimestamp",
}

// queueTexts are the other attributes that can be set.
var queueTexts = []string{"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "SqsManagedSseEnabled"}

func setQueueAttributes(c *call) (any, error) {
	var in struct {
		QueueUrl   string
		Attributes map[string]string
	}
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := q.set(c.lab, in.Attributes); err != nil {
		return nil, err
	}
	q.modified = c.now
	return nil, nil
}

func getQueueAttributes(c *call) (any, error) {
	var in struct {
		QueueUrl       string
		AttributeNames []string
	}
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	q.expire(c.now)
	known := slices.Concat(queueCounts, queueTexts, slices.Collect(maps.Keys(queueNumbers)))
	answer := map[string]string{}
	for _, name := range in.AttributeNames {
		wanted := []string{name}
		if name == "All" {
			wanted = known
		} else if !slices.Contains(known, name) {
			return nil, errorf("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
		for _, name := range wanted {
			if value := q.attribute(name, c.now); value != "" {
				answer[name] = value
			}
		}
	}
	return map[string]any{"Attributes": answer}, nil
}

// attribute is the current value of one attribute; empty if it has none.
func (q *queue) attribute(name string, now time.Time) string {
	visible, flying, delayed := q.count(now)
	switch name {
	case "QueueArn":
		return q.arn
	case "ApproximateNumberOfMessages":
		return strconv.Itoa(visible)
	case "ApproximateNumberOfMessagesNotVisible":
		return strconv.Itoa(flying)
	case "ApproximateNumberOfMessagesDelayed":
		return strconv.Itoa(delayed)
	case "CreatedTimestamp":
		return strconv.FormatInt(q.created.Unix(), 10)
	case "LastModifiedTimestamp":
		return strconv.FormatInt(q.modified.Unix(), 10)
	}
	if value, ok := q.attributes[name]; ok {
		return value
	}
	switch name {
	case "SqsManagedSseEnabled":
		return strconv.FormatBool(q.attributes["KmsMasterKeyId"] == "")
	case "KmsDataKeyReusePeriodSeconds":
		if q.attributes["KmsMasterKeyId"] == "" {
			return ""
		}
	}
	if numbers, ok := queueNumbers[name]; ok {
		return strconv.Itoa(numbers.usual)
	}
	return ""
}

// number is the value of a numeric attribute.
func (q *queue) number(name string) int {
	if n, err := strconv.Atoi(q.attributes[name]); err == nil {
		return n
	}
	return queueNumbers[name].usual
}

// set checks and stores attributes, all or none. An empty value removes an attribute.
func (q *queue) set(l *Lab, attributes map[string]string) error {
	changed := maps.Clone(q.attributes)
	for name, value := range attributes {
		if err := checkQueueAttribute(l, name, value); err != nil {
			return err
		}
		if value == "" {
			delete(changed, name)
		} else {
			changed[name] = value
		}
	}
	q.attributes = changed
	q.wake()
	return nil
}

func checkQueueAttribute(l *Lab, name, value string) error {
	if bounds, ok := queueNumbers[name]; ok {
		n, err := strconv.Atoi(value)
		if err != nil || n < bounds.low || n > bounds.high {
			return errorf("InvalidAttributeValue", "Invalid value for the parameter %s. Reason: must be an integer from %d to %d.", name, bounds.low, bounds.high)
		}
		return nil
	}
	if !slices.Contains(queueTexts, name) {
		return errorf("InvalidAttributeName", "Unknown Attribute %s.", name)
	}
	switch {
	case value == "":
	case name == "Policy":
		if _, err := parsePolicy(value); err != nil {
			return errorf("InvalidAttributeValue", "Invalid value for the parameter Policy: %v", err)
		}
	case name == "RedrivePolicy":
		policy, err := parseRedrive(value)
		if err != nil {
			return errorf("InvalidAttributeValue", "Value %s for parameter RedrivePolicy is invalid. Reason: %v", value, err)
		}
		if l.queueByARN(policy.DeadLetterTargetArn) == nil {
			return errorf("InvalidAttributeValue", "Value %s for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.", value)
		}
	}
	return nil
}

// redrivePolicy says when a message goes to the dead-letter queue. SDKs send the count as a number or as a string.
type redrivePolicy struct {
	DeadLetterTargetArn string      `json:"deadLetterTargetArn"`
	MaxReceiveCount     json.Number `json:"maxReceiveCount"`
}

func parseRedrive(text string) (redrivePolicy, error) {
	var p redrivePolicy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, err
	}
	if n, err := p.MaxReceiveCount.Int64(); err != nil || n < 1 || n > 1000 {
		return p, errorf("InvalidAttributeValue", "Invalid value for maxReceiveCount: %s, valid values are from 1 to 1000 both inclusive.", p.MaxReceiveCount)
	}
	return p, nil
}

// redrive is the queue's redrive policy; its zero value if there is none.
func (q *queue) redrive() redrivePolicy {
	p, err := parseRedrive(q.attributes["RedrivePolicy"])
	if err != nil {
		return redrivePolicy{}
	}
	return p
}
