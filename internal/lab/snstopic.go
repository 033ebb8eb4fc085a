package lab

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// topic is one standard topic.
type topic struct {
	name, arn, account, region string
	attributes                 map[string]string // those that can be set
	tags                       map[string]string
	subscriptions              []*subscription
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// topicAttributes are the attributes that can be set.
var topicAttributes = []string{
	"DeliveryPolicy", "DisplayName", "KmsMasterKeyId", "MaximumMessageSize", "Policy", "SignatureVersion", "TracingConfig",
}

type createTopicResult struct {
	XMLName  xml.Name `xml:"CreateTopicResult"`
	TopicArn string
}

func createTopic(c *call) (any, error) {
	name := c.form.Get("Name")
	attributes := pairs(c.form, "Attributes.entry.", "key", "value")
	tags := pairs(c.form, "Tags.member.", "Key", "Value")
	if strings.HasSuffix(name, ".fifo") || attributes["FifoTopic"] == "true" {
		return nil, errorf("InvalidParameter", "Invalid parameter: the lab has no FIFO topics")
	}
	if !topicName.MatchString(name) {
		return nil, errorf("InvalidParameter", "Invalid parameter: Topic Name")
	}
	region := c.account.regions[c.region]
	t := region.topics.topics[name]
	if t != nil {
		return createTopicResult{TopicArn: t.arn}, t.sameAs(attributes, tags)
	}
	if len(region.topics.topics) >= maxTopics {
		return nil, errorf("TopicLimitExceeded", "the lab keeps at most %d topics per account and region", maxTopics)
	}
	t = &topic{
		name: name, arn: "arn:aws:sns:" + c.region + ":" + c.account.id + ":" + name, account: c.account.id, region: c.region,
		attributes: map[string]string{}, tags: map[string]string{},
	}
	for key, value := range attributes {
		if err := t.set(key, value); err != nil {
			return nil, err
		}
	}
	if err := t.tag(tags); err != nil {
		return nil, err
	}
	if region.topics.topics == nil {
		region.topics.topics = map[string]*topic{}
	}
	region.topics.topics[name] = t
	c.recordResponse = map[string]string{"topicArn": t.arn}
	return createTopicResult{TopicArn: t.arn}, nil
}

// sameAs says whether creating a topic that exists is harmless: what is given must be what it has.
func (t *topic) sameAs(attributes, tags map[string]string) error {
	for key, value := range attributes {
		if t.attributes[key] != value {
			return errorf("InvalidParameter", "Invalid parameter: Attributes Reason: Topic already exists with different attributes")
		}
	}
	if len(tags) > 0 && !maps.Equal(tags, t.tags) {
		return errorf("InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")
	}
	return nil
}

// deleteTopic is idempotent: it is no error that the topic does not exist.
func deleteTopic(c *call) (any, error) {
	t, err := c.topic(c.form.Get("TopicArn"))
	if api, ok := err.(*apiError); ok && api.Code == "NotFound" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	delete(c.lab.accounts[t.account].regions[t.region].topics.topics, t.name)
	return nil, nil
}

func listTopics(c *call) (any, error) {
	type member struct{ TopicArn string }
	answer := struct {
		XMLName   xml.Name `xml:"ListTopicsResult"`
		Topics    []member `xml:"Topics>member"`
		NextToken string   `xml:",omitempty"`
	}{}
	topics := c.account.regions[c.region].topics.topics
	names, next := pageAfter(slices.Sorted(maps.Keys(topics)), c.form.Get("NextToken"), topicPage)
	for _, name := range names {
		answer.Topics = append(answer.Topics, member{topics[name].arn})
	}
	answer.NextToken = next
	return answer, nil
}

func getTopicAttributes(c *call) (any, error) {
	t, err := c.topic(c.form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	pending := 0
	for _, s := range t.subscriptions {
		if s.pending {
			pending++
		}
	}
	all := map[string]string{
		"TopicArn":                t.arn,
		"Owner":                   t.account,
		"Policy":                  t.policy(),
		"DisplayName":             "",
		"SubscriptionsPending":    strconv.Itoa(pending),
		"SubscriptionsConfirmed":  strconv.Itoa(len(t.subscriptions) - pending),
		"SubscriptionsDeleted":    "0",
		"EffectiveDeliveryPolicy": `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false}}`,
	}
	maps.Copy(all, t.attributes)
	return attributesAnswer(c, all), nil
}

func setTopicAttributes(c *call) (any, error) {
	t, err := c.topic(c.form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	return nil, t.set(c.form.Get("AttributeName"), c.form.Get("AttributeValue"))
}

// set checks and stores one attribute; an empty value removes it.
func (t *topic) set(name, value string) error {
	if name == "FifoTopic" && value == "false" {
		return nil
	}
	if !slices.Contains(topicAttributes, name) {
		return errorf("InvalidParameter", "Invalid parameter: AttributeName")
	}
	if value == "" {
		delete(t.attributes, name)
		return nil
	}
	switch name {
	case "Policy":
		if _, err := parsePolicy(value); err != nil {
			return errorf("InvalidParameter", "Invalid parameter: Policy Error: %v", err)
		}
	case "DeliveryPolicy":
		if !json.Valid([]byte(value)) {
			return errorf("InvalidParameter", "Invalid parameter: DeliveryPolicy: failed to parse JSON")
		}
	case "DisplayName":
		if len(value) > 100 {
			return errorf("InvalidParameter", "Invalid parameter: DisplayName")
		}
	case "MaximumMessageSize":
		if n, err := strconv.Atoi(value); err != nil || n < 1024 || n > 1<<20 {
			return errorf("InvalidParameter", "Invalid parameter: MaximumMessageSize must be from 1024 to 1048576")
		}
	}
	t.attributes[name] = value
	return nil
}

// messageLimit is how many bytes a message of this topic may have.
func (t *topic) messageLimit() int {
	if n, err := strconv.Atoi(t.attributes["MaximumMessageSize"]); err == nil {
		return n
	}
	return maxTopicMessage
}

// policy is the topic's policy: the default lets the owner's account do everything and nobody else.
func (t *topic) policy() string {
	if policy := t.attributes["Policy"]; policy != "" {
		return policy
	}
	return `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",` +
		`"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",` +
		`"SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],` +
		`"Resource":"` + t.arn + `","Condition":{"StringEquals":{"AWS:SourceOwner":"` + t.account + `"}}}]}`
}

func addTopicPermission(c *call) (any, error) {
	t, err := c.topic(c.form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	p := permission{label: c.form.Get("Label"), accounts: plain(c.form, "AWSAccountId.member."), resource: t.arn}
	for _, action := range plain(c.form, "ActionName.member.") {
		p.actions = append(p.actions, "SNS:"+action)
	}
	if p.label == "" || len(p.accounts) == 0 || len(p.actions) == 0 {
		return nil, errorf("InvalidParameter", "Invalid parameter: Label, AWSAccountId and ActionName are required")
	}
	policy, err := p.addTo(t.policy())
	if err != nil {
		return nil, errorf("InvalidParameter", "Invalid parameter: Statement already exists")
	}
	t.attributes["Policy"] = policy
	return nil, nil
}

func removeTopicPermission(c *call) (any, error) {
	t, err := c.topic(c.form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	policy, found := withoutStatement(t.policy(), c.form.Get("Label"))
	if !found {
		return nil, errorf("InvalidParameter", "Invalid parameter: Label")
	}
	t.attributes["Policy"] = policy
	return nil, nil
}

// taggable finds the topic that the tagging operations name. Unlike others, they answer ResourceNotFound.
func (c *call) taggable() (*topic, error) {
	t, err := c.topic(c.form.Get("ResourceArn"))
	if api, ok := err.(*apiError); ok && api.Code == "NotFound" {
		api.Code, api.Message = "ResourceNotFound", "Resource does not exist"
	}
	return t, err
}

func tagTopic(c *call) (any, error) {
	t, err := c.taggable()
	if err != nil {
		return nil, err
	}
	return xmlResult(c), t.tag(pairs(c.form, "Tags.member.", "Key", "Value"))
}

func (t *topic) tag(tags map[string]string) error {
	together := maps.Clone(t.tags)
	maps.Copy(together, tags)
	if len(together) > maxTopicTags {
		return errorf("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
	}
	t.tags = together
	return nil
}

func untagTopic(c *call) (any, error) {
	t, err := c.taggable()
	if err != nil {
		return nil, err
	}
	for _, key := range plain(c.form, "TagKeys.member.") {
		delete(t.tags, key)
	}
	return xmlResult(c), nil
}

// xmlResult is the empty result of operations that have one.
func xmlResult(c *call) any {
	return struct{ XMLName xml.Name }{xml.Name{Local: c.operation + "Result"}}
}

func listTopicTags(c *call) (any, error) {
	t, err := c.taggable()
	if err != nil {
		return nil, err
	}
	type tag struct{ Key, Value string }
	answer := struct {
		XMLName xml.Name `xml:"ListTagsForResourceResult"`
		Tags    []tag    `xml:"Tags>member"`
	}{}
	for _, key := range slices.Sorted(maps.Keys(t.tags)) {
		answer.Tags = append(answer.Tags, tag{key, t.tags[key]})
	}
	return answer, nil
}
