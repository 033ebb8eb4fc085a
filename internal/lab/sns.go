package lab

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Limits of topics, from the API documentation and quotas of SNS.
const (
	maxTopics        = 1000 // per account and region; AWS: 100,000
	maxSubscriptions = 1000 // per topic; AWS: 12,500,000
	maxTopicMessage  = 256 << 10
	maxSubject       = 100
	maxTopicTags     = 50
	maxFilterPolicy  = 256 << 10
	maxOutbox        = 10_000
	topicPage        = 100
)

// snsState is the topics of one account in one region.
type snsState struct {
	topics map[string]*topic
}

// snsService is Amazon SNS, except FIFO topics, SMS and mobile push.
var snsService = service{protocol: awsQuery, operations: map[string]operation{
	"CreateTopic":               {run: createTopic},
	"DeleteTopic":               {run: deleteTopic},
	"ListTopics":                {run: listTopics, readOnly: true},
	"GetTopicAttributes":        {run: getTopicAttributes, readOnly: true},
	"SetTopicAttributes":        {run: setTopicAttributes},
	"AddPermission":             {run: addTopicPermission},
	"RemovePermission":          {run: removeTopicPermission},
	"TagResource":               {run: tagTopic},
	"UntagResource":             {run: untagTopic},
	"ListTagsForResource":       {run: listTopicTags, readOnly: true},
	"Subscribe":                 {run: subscribe},
	"ConfirmSubscription":       {run: confirmSubscription},
	"Unsubscribe":               {run: unsubscribe, silentUnsigned: true},
	"ListSubscriptions":         {run: listSubscriptions, readOnly: true},
	"ListSubscriptionsByTopic":  {run: listSubscriptionsByTopic, readOnly: true},
	"GetSubscriptionAttributes": {run: getSubscriptionAttributes, readOnly: true},
	"SetSubscriptionAttributes": {run: setSubscriptionAttributes},
	"Publish":                   {run: publish, silent: true},
	"PublishBatch":              {run: publishBatch, silent: true},
}}

// topicByARN finds a topic of any account and region, or nil.
func (l *Lab) topicByARN(arn string) *topic {
	a, ok := splitARN(arn, "sns")
	if !ok || l.accounts[a.account] == nil || l.accounts[a.account].regions[a.region] == nil {
		return nil
	}
	return l.accounts[a.account].regions[a.region].topics.topics[a.resource]
}

// topicExists says whether a topic exists, in any account and region. The lab is locked.
func (l *Lab) topicExists(arn string) bool { return l.topicByARN(arn) != nil }

// topic finds the topic that an ARN of this region names, and checks that the caller may do this to it.
func (c *call) topic(arn string) (*topic, error) {
	parts, ok := splitARN(arn, "sns")
	if !ok || parts.region != c.region {
		return nil, errorf("InvalidParameter", "Invalid parameter: TopicArn")
	}
	t := c.lab.topicByARN(arn)
	if t == nil {
		return nil, &apiError{Status: http.StatusNotFound, Code: "NotFound", Message: "Topic does not exist"}
	}
	if t.account == c.account.id && c.accessKey != "" {
		return t, nil
	}
	a := c.access("SNS:"+strings.TrimSuffix(c.operation, "Batch"), arn)
	a.context["aws:sourceowner"] = a.account
	if ask(t.policy(), a) != policyAllows {
		return nil, notAuthorized(c, arn)
	}
	return t, nil
}

func notAuthorized(c *call, resource string) error {
	return &apiError{Status: http.StatusForbidden, Code: "AuthorizationError", Message: fmt.Sprintf("User: %s is not authorized to perform: SNS:%s on resource: %s", c.callerARN(), c.operation, resource)}
}

// formLists is how many members a list in a request may have.
const formLists = 100

// members returns the numbered members of a list in the form, each with its fields by name: for the prefix
// "Tags.member." the first member's fields are those under "Tags.member.1." or, for a plain value, under "".
func members(form url.Values, prefix string) []map[string]string {
	var list []map[string]string
	for n := 1; n <= formLists; n++ {
		base := fmt.Sprintf("%s%d", prefix, n)
		fields := map[string]string{}
		for key := range form {
			if rest, ok := strings.CutPrefix(key, base); ok && (rest == "" || rest[0] == '.') {
				fields[strings.TrimPrefix(rest, ".")] = form.Get(key)
			}
		}
		if len(fields) == 0 {
			break
		}
		list = append(list, fields)
	}
	return list
}

// pairs reads a list of keys and values.
func pairs(form url.Values, prefix, key, value string) map[string]string {
	m := map[string]string{}
	for _, fields := range members(form, prefix) {
		m[fields[key]] = fields[value]
	}
	return m
}

// plain reads a list of plain values.
func plain(form url.Values, prefix string) []string {
	var list []string
	for _, fields := range members(form, prefix) {
		list = append(list, fields[""])
	}
	return list
}

// formAttributes reads message attributes.
func formAttributes(fields url.Values, prefix string) (map[string]messageAttribute, error) {
	attributes := map[string]messageAttribute{}
	for _, entry := range members(fields, prefix) {
		a := messageAttribute{DataType: entry["Value.DataType"]}
		if value, ok := entry["Value.StringValue"]; ok {
			a.StringValue = &value
		}
		if value, ok := entry["Value.BinaryValue"]; ok {
			b, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return nil, errorf("InvalidParameter", "Invalid parameter: BinaryValue of %s is not base64", entry["Name"])
			}
			a.BinaryValue = b
		}
		if err := checkAttribute(entry["Name"], a); err != nil {
			return nil, errorf("ParameterValueInvalid", "%v", err)
		}
		attributes[entry["Name"]] = a
	}
	return attributes, nil
}

// xmlEntries is a map in answers.
type xmlEntries struct {
	Entries []xmlEntry `xml:"entry"`
}

type xmlEntry struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

func entriesOf(m map[string]string) xmlEntries {
	var list xmlEntries
	for _, key := range slices.Sorted(maps.Keys(m)) {
		list.Entries = append(list.Entries, xmlEntry{key, m[key]})
	}
	return list
}

// xmlAttributes is the answer of the operations that get attributes; its name differs between them.
type xmlAttributes struct {
	XMLName    xml.Name
	Attributes xmlEntries
}

func attributesAnswer(c *call, attributes map[string]string) xmlAttributes {
	return xmlAttributes{XMLName: xml.Name{Local: c.operation + "Result"}, Attributes: entriesOf(attributes)}
}
