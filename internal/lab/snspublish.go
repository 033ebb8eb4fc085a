package lab

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// notification is one published message.
type notification struct {
	id, subject, message string
	byProtocol           map[string]string // of MessageStructure json; nil otherwise
	attributes           map[string]messageAttribute
	group                string
	time                 time.Time
}

// body is the message as subscribers of a protocol get it.
func (n *notification) body(protocol string) string {
	if n.byProtocol == nil {
		return n.message
	}
	if body, ok := n.byProtocol[protocol]; ok {
		return body
	}
	return n.byProtocol["default"]
}

func publish(c *call) (any, error) {
	if c.form.Get("PhoneNumber") != "" {
		return nil, errorf("InvalidParameter", "Invalid parameter: the lab sends no SMS")
	}
	arn := c.form.Get("TopicArn")
	if arn == "" {
		arn = c.form.Get("TargetArn")
	}
	t, err := c.topic(arn)
	if err != nil {
		return nil, err
	}
	n, err := c.notification(t, c.form)
	if err != nil {
		return nil, err
	}
	c.lab.distribute(t, n)
	return struct {
		XMLName   xml.Name `xml:"PublishResult"`
		MessageId string
	}{MessageId: n.id}, nil
}

// notification reads and checks what is to be published.
func (c *call) notification(t *topic, form url.Values) (*notification, error) {
	n := &notification{
		id: c.lab.id(), subject: form.Get("Subject"), message: form.Get("Message"), group: form.Get("MessageGroupId"), time: c.now,
	}
	if n.message == "" {
		return nil, errorf("InvalidParameter", "Invalid parameter: Empty message")
	}
	if form.Has("Subject") && !validSubject(n.subject) {
		return nil, errorf("InvalidParameter", "Invalid parameter: Subject")
	}
	if !utf8.ValidString(n.message) {
		return nil, errorf("InvalidParameter", "Invalid parameter: Message must be UTF-8")
	}
	var err error
	if n.attributes, err = formAttributes(form, "MessageAttributes.entry."); err != nil {
		return nil, err
	}
	if (&message{body: n.message, attributes: n.attributes}).size() > t.messageLimit() {
		return nil, errorf("InvalidParameter", "Invalid parameter: Message too long")
	}
	switch structure := form.Get("MessageStructure"); structure {
	case "":
	case "json":
		if n.byProtocol, err = parseStructure(n.message); err != nil {
			return nil, errorf("InvalidParameter", "Invalid parameter: Message Structure - %v", err)
		}
	default:
		return nil, errorf("InvalidParameter", "Invalid parameter: Invalid Message Structure parameter: %s", structure)
	}
	return n, nil
}

// validSubject says whether a subject is 1 to 100 printable ASCII characters that do not begin with a space.
func validSubject(s string) bool {
	if s == "" || len(s) > maxSubject || s[0] == ' ' {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// parseStructure reads a message with one body per protocol. Values that are not strings are ignored, but for the
// default's; keys must not repeat.
func parseStructure(text string) (map[string]string, error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("the JSON message body failed to parse")
	}
	bodies, seen := map[string]string{}, map[string]bool{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("the JSON message body failed to parse")
		}
		name, _ := key.(string)
		if seen[name] {
			return nil, fmt.Errorf("duplicate key %q", name)
		}
		seen[name] = true
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("the JSON message body failed to parse")
		}
		if body, ok := value.(string); ok {
			bodies[name] = body
		}
	}
	if !json.Valid([]byte(text)) {
		return nil, fmt.Errorf("the JSON message body failed to parse")
	}
	if _, ok := bodies["default"]; !ok {
		return nil, fmt.Errorf("there is no default entry in the JSON message body")
	}
	return bodies, nil
}

func publishBatch(c *call) (any, error) {
	t, err := c.topic(c.form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	var entries []url.Values
	total := 0
	for _, fields := range members(c.form, "PublishBatchRequestEntries.member.") {
		entry := url.Values{}
		for key, value := range fields {
			entry.Set(key, value)
			total += len(value)
		}
		entries = append(entries, entry)
	}
	id := func(entry url.Values) string { return entry.Get("Id") }
	if err := checkBatch(entries, id); err != nil {
		return nil, err
	}
	if total > t.messageLimit() {
		return nil, errorf("BatchRequestTooLong", "The length of all the messages put together is more than the limit.")
	}
	type done struct{ Id, MessageId string }
	type failed struct {
		Id, Code, Message string
		SenderFault       bool
	}
	answer := struct {
		XMLName    xml.Name `xml:"PublishBatchResult"`
		Successful []done   `xml:"Successful>member"`
		Failed     []failed `xml:"Failed>member"`
	}{}
	for _, entry := range entries {
		n, err := c.notification(t, entry)
		if err != nil {
			code, message, _ := strings.Cut(err.Error(), ": ")
			answer.Failed = append(answer.Failed, failed{id(entry), code, message, true})
			continue
		}
		c.lab.distribute(t, n)
		answer.Successful = append(answer.Successful, done{id(entry), n.id})
	}
	return answer, nil
}

// publishTopic publishes to a topic as a service does; a topic that does not exist is left alone. The lab is locked.
func (l *Lab) publishTopic(arn, subject, message string) {
	t := l.topicByARN(arn)
	if t == nil {
		return
	}
	l.distribute(t, &notification{id: l.id(), subject: subject, message: message, time: time.Now().UTC()})
}
