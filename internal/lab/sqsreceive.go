package lab

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

// receiveInput is the input of ReceiveMessage.
type receiveInput struct {
	QueueUrl                    string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	AttributeNames              []string // the old name of the next
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
}

// receivedMessage is a message in the answer of ReceiveMessage.
type receivedMessage struct {
	MessageId              string
	ReceiptHandle          string
	Body                   string
	MD5OfBody              string
	Attributes             map[string]string           `json:",omitempty"`
	MessageAttributes      map[string]messageAttribute `json:",omitempty"`
	MD5OfMessageAttributes string                      `json:",omitempty"`
}

// receiveMessage takes messages, and waits for some without the lab's lock if there are none. When the client goes away
// meanwhile, nothing is taken.
func receiveMessage(c *call) (any, error) {
	var in receiveInput
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	limit, err := optional("MaxNumberOfMessages", in.MaxNumberOfMessages, 1, 1, maxBatch)
	if err != nil {
		return nil, err
	}
	wait, err := optional("WaitTimeSeconds", in.WaitTimeSeconds, q.number("ReceiveMessageWaitTimeSeconds"), 0, maxReceiveWait)
	if err != nil {
		return nil, err
	}
	hidden, err := optional("VisibilityTimeout", in.VisibilityTimeout, q.number("VisibilityTimeout"), 0, maxVisibility)
	if err != nil {
		return nil, err
	}
	taken, err := c.poll(q, limit, time.Duration(wait)*time.Second, time.Duration(hidden)*time.Second)
	if err != nil {
		return nil, err
	}
	messages := []receivedMessage{}
	for _, m := range taken {
		messages = append(messages, m.show(in))
	}
	return map[string]any{"Messages": messages}, nil
}

// optional is a bounded parameter with a default.
func optional(name string, value *int, usual, low, high int) (int, error) {
	if value == nil {
		return usual, nil
	}
	if *value < low || *value > high {
		return 0, errorf("InvalidParameterValue", "Value %d for parameter %s is invalid. Reason: Must be >= %d and <= %d, if provided.", *value, name, low, high)
	}
	return *value, nil
}

// poll takes messages from a queue, waiting for the first one at most so long.
func (c *call) poll(q *queue, limit int, wait, hidden time.Duration) ([]*message, error) {
	deadline := c.now.Add(wait)
	for {
		now := time.Now().UTC()
		if c.request.Context().Err() != nil {
			return nil, nil
		}
		taken, err := q.take(c.lab, now, limit, hidden)
		if err != nil || len(taken) > 0 || !now.Before(deadline) {
			return taken, err
		}
		if !c.await(q.arrival, q.nextVisible(deadline).Sub(now)) {
			return nil, nil
		}
		if c.lab.queueByARN(q.arn) != q {
			return nil, errorf("QueueDoesNotExist", "The specified queue does not exist.")
		}
	}
}

// await releases the lab's lock until the channel is closed or the time has passed. It returns false if the client went
// away or the lab was closed. What was read from the lab before must be read again.
func (c *call) await(arrival <-chan struct{}, d time.Duration) bool {
	c.lab.mu.Unlock()
	defer c.lab.mu.Lock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-arrival:
	case <-timer.C:
	case <-c.request.Context().Done():
		return false
	case <-c.lab.closed:
		return false
	}
	return true
}

// nextVisible is when a hidden message reappears, at the latest the deadline.
func (q *queue) nextVisible(deadline time.Time) time.Time {
	for _, m := range q.messages {
		if m.visible.Before(deadline) {
			deadline = m.visible
		}
	}
	return deadline
}

// take hands out visible messages, and moves those that were received too often to the dead-letter queue.
func (q *queue) take(l *Lab, now time.Time, limit int, hidden time.Duration) ([]*message, error) {
	q.expire(now)
	if _, flying, _ := q.count(now); flying >= maxInFlight {
		return nil, errorf("OverLimit", "The maximum number of in flight messages, %d, is reached.", maxInFlight)
	}
	q.bury(l, now)
	var taken []*message
	for _, m := range q.messages {
		if len(taken) == limit {
			break
		}
		if m.visible.After(now) {
			continue
		}
		m.receives++
		m.delayed = false
		m.visible = now.Add(hidden)
		if m.received.IsZero() {
			m.received = now
		}
		m.receipt = base64.StdEncoding.EncodeToString([]byte(m.id + " " + l.id()))
		taken = append(taken, m)
	}
	return taken, nil
}

// bury moves visible messages that were received as often as the redrive policy allows to the dead-letter queue.
func (q *queue) bury(l *Lab, now time.Time) {
	policy := q.redrive()
	most, _ := policy.MaxReceiveCount.Int64()
	grave := l.queueByARN(policy.DeadLetterTargetArn)
	if grave == nil || grave == q {
		return
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool {
		if m.visible.After(now) || int64(m.receives) < most || len(grave.messages) >= maxBacklog {
			return false
		}
		m.system["DeadLetterQueueSourceArn"] = q.arn
		grave.messages = append(grave.messages, m)
		grave.wake()
		return true
	})
}

// show is the message as the receiver asked for it.
func (m *message) show(in receiveInput) receivedMessage {
	attributes := map[string]messageAttribute{}
	for name, a := range m.attributes {
		if wantsAttribute(in.MessageAttributeNames, name) {
			attributes[name] = a
		}
	}
	system := map[string]string{}
	wanted := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for name, value := range m.systemAttributes() {
		if slices.Contains(wanted, "All") || slices.Contains(wanted, name) {
			system[name] = value
		}
	}
	return receivedMessage{
		MessageId:              m.id,
		ReceiptHandle:          m.receipt,
		Body:                   m.body,
		MD5OfBody:              md5Hex(m.body),
		Attributes:             system,
		MessageAttributes:      attributes,
		MD5OfMessageAttributes: attributesMD5(attributes),
	}
}

func (m *message) systemAttributes() map[string]string {
	all := map[string]string{
		"SentTimestamp":                    strconv.FormatInt(m.sent.UnixMilli(), 10),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.received.UnixMilli(), 10),
	}
	for name, value := range m.system {
		all[name] = value
	}
	return all
}

// wantsAttribute says whether a message attribute was asked for: by name, by All, or by a prefix such as bar.*.
func wantsAttribute(names []string, name string) bool {
	for _, wanted := range names {
		prefix, isPrefix := strings.CutSuffix(wanted, "*")
		if wanted == "All" || wanted == name || isPrefix && strings.HasPrefix(name, strings.TrimSuffix(prefix, ".")) {
			return true
		}
	}
	return false
}
