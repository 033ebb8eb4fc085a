package cloudformation

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// topicAttributes are the properties of a topic that are attributes of the API with the same name.
var topicAttributes = []string{"DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"}

var topicKind = kind{
	properties: "DisplayName KmsMasterKeyId SignatureVersion Subscription Tags TopicName TracingConfig", fixed: "TopicName", name: "TopicName",
	create: createTopic, update: updateTopic, remove: removeTopic, adopt: adoptTopic,
}

func adoptTopic(j *job) (bool, error) {
	arn := "arn:aws:sns:" + j.aws.region + ":" + j.account + ":" + j.text("TopicName")
	if _, err := j.aws.query("sns", "GetTopicAttributes", url.Values{"TopicArn": {arn}}); err != nil {
		return false, unlessGone(err)
	}
	j.id, j.attributes = arn, map[string]string{"TopicArn": arn, "TopicName": j.text("TopicName")}
	return true, nil
}

func createTopic(j *job) error {
	name := j.named("TopicName", 256)
	arn := "arn:aws:sns:" + j.aws.region + ":" + j.account + ":" + name
	if _, err := j.aws.query("sns", "GetTopicAttributes", url.Values{"TopicArn": {arn}}); err == nil {
		return errors.New(arn + " already exists")
	}
	form := url.Values{"Name": {name}}
	attributes := map[string]string{}
	for _, attribute := range topicAttributes {
		if text := j.text(attribute); text != "" {
			attributes[attribute] = text
		}
	}
	putTags(form, "Attributes.entry.", "key", "value", attributes)
	putTags(form, "Tags.member.", "Key", "Value", j.tags())
	if _, err := j.aws.query("sns", "CreateTopic", form); err != nil {
		return err
	}
	j.id, j.attributes = arn, map[string]string{"TopicArn": arn, "TopicName": name}
	return j.subscribeAll()
}

// subscribeAll subscribes the endpoints in the topic's own property. Like CloudFormation, it does not end a subscription that
// is no longer there.
func (j *job) subscribeAll() error {
	list, _ := j.p["Subscription"].([]any)
	for _, one := range list {
		s, _ := one.(object)
		form := url.Values{"TopicArn": {j.id}, "Protocol": {asText(s["Protocol"])}, "Endpoint": {asText(s["Endpoint"])}}
		if _, err := j.aws.query("sns", "Subscribe", form); err != nil {
			return err
		}
	}
	return nil
}

func updateTopic(j *job) error {
	if j.changed("Tags") {
		return errors.New("the lab does not change a topic's tags")
	}
	for _, attribute := range topicAttributes {
		if !j.changed(attribute) {
			continue
		}
		form := url.Values{"TopicArn": {j.id}, "AttributeName": {attribute}, "AttributeValue": {j.text(attribute)}}
		if _, err := j.aws.query("sns", "SetTopicAttributes", form); err != nil {
			return err
		}
	}
	if j.changed("Subscription") {
		return j.subscribeAll()
	}
	return nil
}

func removeTopic(j *job) error {
	_, err := j.aws.query("sns", "DeleteTopic", url.Values{"TopicArn": {j.id}})
	return unlessGone(err)
}

var topicPolicyKind = kind{
	properties: "PolicyDocument Topics", required: "PolicyDocument Topics",
	create: putTopicPolicy, update: putTopicPolicy, remove: removeTopicPolicy,
}

func putTopicPolicy(j *job) error {
	for _, arn := range texts(j.p["Topics"]) {
		form := url.Values{"TopicArn": {arn}, "AttributeName": {"Policy"}, "AttributeValue": {document(j.p["PolicyDocument"])}}
		if _, err := j.aws.query("sns", "SetTopicAttributes", form); err != nil {
			return err
		}
	}
	j.id = j.named("", 64)
	return nil
}

// removeTopicPolicy gives the topics their default policy back.
func removeTopicPolicy(j *job) error {
	for _, arn := range texts(j.old["Topics"]) {
		policy := compact(object{"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": []any{object{
			"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": object{"AWS": "*"}, "Resource": arn,
			"Action":    []any{"SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:ListSubscriptionsByTopic", "SNS:DeleteTopic", "SNS:AddPermission", "SNS:RemovePermission"},
			"Condition": object{"StringEquals": object{"AWS:SourceOwner": j.account}},
		}}})
		form := url.Values{"TopicArn": {arn}, "AttributeName": {"Policy"}, "AttributeValue": {policy}}
		if _, err := j.aws.query("sns", "SetTopicAttributes", form); unlessGone(err) != nil {
			return err
		}
	}
	return nil
}

var subscriptionAttributes = []string{"DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"}

var subscriptionKind = kind{
	properties: "DeliveryPolicy Endpoint FilterPolicy FilterPolicyScope Protocol RawMessageDelivery RedrivePolicy TopicArn",
	required:   "Endpoint Protocol TopicArn", fixed: "Endpoint Protocol TopicArn",
	create: createSubscription, update: updateSubscription, remove: removeSubscription,
}

func createSubscription(j *job) error {
	form := url.Values{"TopicArn": {j.text("TopicArn")}, "Protocol": {j.text("Protocol")}, "Endpoint": {j.text("Endpoint")}, "ReturnSubscriptionArn": {"true"}}
	attributes := map[string]string{}
	for _, name := range subscriptionAttributes {
		if j.p[name] != nil {
			attributes[name] = document(j.p[name])
		}
	}
	putTags(form, "Attributes.entry.", "key", "value", attributes)
	answer, err := j.aws.query("sns", "Subscribe", form)
	if err != nil {
		return err
	}
	j.id = element(answer, "SubscriptionArn")
	j.attributes = map[string]string{"Arn": j.id}
	return nil
}

func updateSubscription(j *job) error {
	for _, name := range subscriptionAttributes {
		if !j.changed(name) {
			continue
		}
		value := ""
		if j.p[name] != nil {
			value = document(j.p[name])
		}
		form := url.Values{"SubscriptionArn": {j.id}, "AttributeName": {name}, "AttributeValue": {value}}
		if _, err := j.aws.query("sns", "SetSubscriptionAttributes", form); err != nil {
			return err
		}
	}
	return nil
}

// removeSubscription ends a subscription. One that was never confirmed cannot be ended: it expires by itself.
func removeSubscription(j *job) error {
	_, err := j.aws.query("sns", "Unsubscribe", url.Values{"SubscriptionArn": {j.id}})
	var refused *callError
	if errors.As(err, &refused) && refused.code == "InvalidParameter" && strings.Contains(refused.message, "pending confirmation") {
		return nil
	}
	return unlessGone(err)
}

// queueAttributes are the properties of a queue that are attributes of the API with the same name.
var queueAttributes = []string{
	"DelaySeconds", "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds",
	"RedriveAllowPolicy", "RedrivePolicy", "SqsManagedSseEnabled", "VisibilityTimeout",
}

var queueKind = kind{
	properties: strings.Join(slices.Concat(queueAttributes, []string{"QueueName", "Tags"}), " "), fixed: "QueueName", name: "QueueName",
	create: createQueue, update: updateQueue, remove: removeQueue,
}

func (j *job) queueAttributes() object {
	attributes := object{}
	for _, name := range queueAttributes {
		if j.p[name] != nil && (len(j.old) == 0 || j.changed(name)) {
			attributes[name] = document(textual(j.p[name]))
		}
	}
	return attributes
}

// textual makes text of a scalar, and leaves the rest.
func textual(v any) any {
	switch v.(type) {
	case object, []any:
		return v
	}
	return asText(v)
}

func createQueue(j *job) error {
	name := j.named("QueueName", 80)
	if _, err := j.aws.json("sqs", "GetQueueUrl", object{"QueueName": name}); err == nil {
		return errors.New("queue " + name + " already exists")
	}
	answer, err := j.aws.json("sqs", "CreateQueue", object{"QueueName": name, "Attributes": j.queueAttributes(), "tags": j.tags()})
	if err != nil {
		return err
	}
	j.id = asText(answer["QueueUrl"])
	j.attributes = map[string]string{"Arn": "arn:aws:sqs:" + j.aws.region + ":" + j.account + ":" + name, "QueueName": name, "QueueUrl": j.id}
	return nil
}

func updateQueue(j *job) error {
	if j.changed("Tags") {
		return errors.New("the lab does not change a queue's tags")
	}
	_, err := j.aws.json("sqs", "SetQueueAttributes", object{"QueueUrl": j.id, "Attributes": j.queueAttributes()})
	return err
}

func removeQueue(j *job) error {
	_, err := j.aws.json("sqs", "DeleteQueue", object{"QueueUrl": j.id})
	return unlessGone(err)
}

var queuePolicyKind = kind{
	properties: "PolicyDocument Queues", required: "PolicyDocument Queues",
	create: putQueuePolicy, update: putQueuePolicy, remove: removeQueuePolicy,
}

func putQueuePolicy(j *job) error {
	j.id = j.named("", 64)
	return j.setQueuePolicies(j.p, document(j.p["PolicyDocument"]))
}

func removeQueuePolicy(j *job) error { return unlessGone(j.setQueuePolicies(j.old, "")) }

func (j *job) setQueuePolicies(of object, policy string) error {
	for _, address := range texts(of["Queues"]) {
		if _, err := j.aws.json("sqs", "SetQueueAttributes", object{"QueueUrl": address, "Attributes": object{"Policy": policy}}); err != nil {
			return err
		}
	}
	return nil
}
