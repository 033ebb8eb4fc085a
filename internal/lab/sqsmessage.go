package lab

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// message is one message in a queue.
type message struct {
	id, body   string
	attributes map[string]messageAttribute
	system     map[string]string // SenderId, AWSTraceHeader, MessageGroupId, DeadLetterQueueSourceArn
	sent       time.Time
	visible    time.Time // hidden before
	received   time.Time // for the first time
	receives   int
	delayed    bool   // hidden because it is new, not because it is in flight
	receipt    string // the latest
}

// messageAttribute is the value of a message attribute of SQS and SNS.
type messageAttribute struct {
	DataType    string
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`
}

// text is the attribute's value as it is counted, hashed and compared.
func (a messageAttribute) text() string {
	if a.StringValue != nil {
		return *a.StringValue
	}
	return string(a.BinaryValue)
}

var attributeName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// checkAttribute checks a message attribute's name, type and value.
func checkAttribute(name string, a messageAttribute) error {
	lower := strings.ToLower(name)
	if !attributeName.MatchString(name) || len(name) > 256 || strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon.") {
		return fmt.Errorf("the message attribute name %q is invalid", name)
	}
	kind, _, _ := strings.Cut(a.DataType, ".")
	switch {
	case kind != "String" && kind != "Number" && kind != "Binary":
		return fmt.Errorf("the message attribute %q has an invalid message attribute type; use Binary, Number or String", name)
	case kind == "Binary" && len(a.BinaryValue) == 0, kind != "Binary" && (a.StringValue == nil || *a.StringValue == ""):
		return fmt.Errorf("the message attribute %q must contain a non-empty value of its type", name)
	}
	return nil
}

// checkText refuses characters that messages must not contain: those that XML 1.0 has not.
func checkText(s string) error {
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return errorf("InvalidMessageContents", "Invalid binary character %#x was found in the message body", r)
		}
	}
	return nil
}

// size is what counts against the limits of messages.
func (m *message) size() int {
	n := len(m.body)
	for name, a := range m.attributes {
		n += len(name) + len(a.DataType) + len(a.text())
	}
	return n
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// attributesMD5 is the digest that SQS answers with for message attributes; empty for none.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
func attributesMD5(attributes map[string]messageAttribute) string {
	if len(attributes) == 0 {
		return ""
	}
	var b []byte
	add := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		add(name)
		add(a.DataType)
		if strings.HasPrefix(a.DataType, "Binary") {
			b = append(b, 2)
		} else {
			b = append(b, 1)
		}
		add(a.text())
	}
	return md5Hex(string(b))
}

// accept puts a message into the queue and wakes those who wait for one.
func (q *queue) accept(l *Lab, m *message, now time.Time, delay time.Duration) error {
	q.expire(now)
	if limit := q.number("MaximumMessageSize"); m.size() > limit {
		return errorf("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", limit)
	}
	if len(q.messages) >= maxBacklog {
		return errorf("OverLimit", "the lab keeps at most %d messages in a queue", maxBacklog)
	}
	m.id, m.sent, m.visible, m.delayed = l.id(), now, now.Add(delay), delay > 0
	q.messages = append(q.messages, m)
	q.wake()
	return nil
}

// wake lets those look again who wait for a message.
func (q *queue) wake() {
	close(q.arrival)
	q.arrival = make(chan struct{})
}

// expire drops messages that are older than the queue's retention period.
func (q *queue) expire(now time.Time) {
	oldest := now.Add(-time.Duration(q.number("MessageRetentionPeriod")) * time.Second)
	if len(q.messages) == 0 || q.messages[0].sent.After(oldest) {
		return
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return !m.sent.After(oldest) })
}

// count says how many messages can be received, are in flight, and are delayed.
func (q *queue) count(now time.Time) (visible, flying, delayed int) {
	for _, m := range q.messages {
		switch {
		case !m.visible.After(now):
			visible++
		case m.delayed:
			delayed++
		default:
			flying++
		}
	}
	return visible, flying, delayed
}
