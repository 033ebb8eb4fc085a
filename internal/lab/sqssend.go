package lab

import (
	"regexp"
	"strings"
	"time"
)

// outgoing is a message as SendMessage and the entries of SendMessageBatch carry it.
type outgoing struct {
	Id                      string
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]messageAttribute
	MessageSystemAttributes map[string]messageAttribute
	MessageGroupId          string
}

// sentMessage is the answer to one outgoing message.
type sentMessage struct {
	Id                           string `json:",omitempty"`
	MessageId                    string
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
}

func sendMessage(c *call) (any, error) {
	var in struct {
		QueueUrl string
		outgoing
	}
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return c.send(q, in.outgoing)
}

// send checks a message and puts it into a queue.
func (c *call) send(q *queue, out outgoing) (*sentMessage, error) {
	if out.MessageBody == "" {
		return nil, errorf("MissingParameter", "The request must contain the parameter MessageBody.")
	}
	if err := checkText(out.MessageBody); err != nil {
		return nil, err
	}
	if len(out.MessageAttributes) > maxMessageFields {
		return nil, errorf("InvalidParameterValue", "Number of message attributes [%d] exceeds the allowed maximum [%d].", len(out.MessageAttributes), maxMessageFields)
	}
	for name, a := range out.MessageAttributes {
		if err := checkAttribute(name, a); err != nil {
			return nil, errorf("InvalidParameterValue", "%v", err)
		}
	}
	delay := q.number("DelaySeconds")
	if out.DelaySeconds != nil {
		delay = *out.DelaySeconds
	}
	if delay < 0 || delay > maxMessageDelay {
		return nil, errorf("InvalidParameterValue", "Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= %d.", delay, maxMessageDelay)
	}
	m := &message{body: out.MessageBody, attributes: out.MessageAttributes, system: map[string]string{"SenderId": c.principalID()}}
	if trace, ok := out.MessageSystemAttributes["AWSTraceHeader"]; ok {
		m.system["AWSTraceHeader"] = trace.text()
	}
	if out.MessageGroupId != "" {
		m.system["MessageGroupId"] = out.MessageGroupId
	}
	if err := q.accept(c.lab, m, c.now, time.Duration(delay)*time.Second); err != nil {
		return nil, err
	}
	return &sentMessage{
		Id:                           out.Id,
		MessageId:                    m.id,
		MD5OfMessageBody:             md5Hex(m.body),
		MD5OfMessageAttributes:       attributesMD5(m.attributes),
		MD5OfMessageSystemAttributes: attributesMD5(out.MessageSystemAttributes),
	}, nil
}

func sendMessageBatch(c *call) (any, error) {
	var in struct {
		QueueUrl string
		Entries  []outgoing
	}
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, entry := range in.Entries {
		total += (&message{body: entry.MessageBody, attributes: entry.MessageAttributes}).size()
	}
	if total > maxQueueMessage {
		return nil, errorf("BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxQueueMessage, total)
	}
	return batch(in.Entries, func(o outgoing) string { return o.Id }, func(o outgoing) (any, error) { return c.send(q, o) })
}

// batchAnswer tells which entries of a batch succeeded and which did not.
type batchAnswer struct {
	Successful []any
	Failed     []batchError
}

type batchError struct {
	Id          string
	Code        string
	Message     string
	SenderFault bool
}

var batchID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// batch runs every entry of a batch; one's failure does not stop the others.
func batch[T any](entries []T, id func(T) string, run func(T) (any, error)) (any, error) {
	if err := checkBatch(entries, id); err != nil {
		return nil, err
	}
	answer := batchAnswer{Successful: []any{}, Failed: []batchError{}}
	for _, entry := range entries {
		done, err := run(entry)
		if err == nil {
			answer.Successful = append(answer.Successful, done)
			continue
		}
		code, message, _ := strings.Cut(err.Error(), ": ")
		answer.Failed = append(answer.Failed, batchError{Id: id(entry), Code: code, Message: message, SenderFault: true})
	}
	return answer, nil
}

func checkBatch[T any](entries []T, id func(T) string) error {
	switch {
	case len(entries) == 0:
		return errorf("EmptyBatchRequest", "There should be at least one entry in the request.")
	case len(entries) > maxBatch:
		return errorf("TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(entries))
	}
	seen := map[string]bool{}
	for _, entry := range entries {
		if !batchID.MatchString(id(entry)) {
			return errorf("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[id(entry)] {
			return errorf("BatchEntryIdsNotDistinct", "Id %s repeated.", id(entry))
		}
		seen[id(entry)] = true
	}
	return nil
}
