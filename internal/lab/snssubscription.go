package lab

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// subscription is one endpoint of a topic.
type subscription struct {
	arn, topic, protocol, endpoint string
	owner                          string
	pending                        bool
	token                          string            // confirms the subscription
	signedOnly                     bool              // only its owners can unsubscribe it
	attributes                     map[string]string // those that can be set
	filter                         *pattern          // of FilterPolicy; nil: everything
}

func subscribe(c *call) (any, error) {
	t, err := c.topic(c.form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	protocol, endpoint := c.form.Get("Protocol"), c.form.Get("Endpoint")
	if err := checkEndpoint(protocol, endpoint); err != nil {
		return nil, err
	}
	s := t.subscribed(protocol, endpoint)
	if s == nil {
		if s, err = c.newSubscription(t, protocol, endpoint); err != nil {
			return nil, err
		}
	}
	if s.pending {
		c.askForConfirmation(s)
	}
	answer := struct {
		XMLName         xml.Name `xml:"SubscribeResult"`
		SubscriptionArn string
	}{SubscriptionArn: s.arn}
	if s.pending && c.form.Get("ReturnSubscriptionArn") != "true" {
		answer.SubscriptionArn = "pending confirmation"
	}
	c.recordResponse = map[string]string{"subscriptionArn": answer.SubscriptionArn}
	return answer, nil
}

// newSubscription adds a subscription. Queues and functions need no confirmation, nor do e-mail addresses whose domain
// is reserved for examples: a lab's reader has no mailbox there.
func (c *call) newSubscription(t *topic, protocol, endpoint string) (*subscription, error) {
	if len(t.subscriptions) >= maxSubscriptions {
		return nil, errorf("SubscriptionLimitExceeded", "the lab keeps at most %d subscriptions per topic", maxSubscriptions)
	}
	s := &subscription{
		arn: t.arn + ":" + c.lab.id(), topic: t.arn, protocol: protocol, endpoint: endpoint, owner: c.account.id,
		token: c.lab.token(64), attributes: map[string]string{},
	}
	if err := s.set(pairs(c.form, "Attributes.entry.", "key", "value")); err != nil {
		return nil, err
	}
	switch protocol {
	case "http", "https":
		s.pending = true
	case "email", "email-json":
		s.pending = !isExampleAddress(endpoint)
	}
	t.subscriptions = append(t.subscriptions, s)
	return s, nil
}

// isExampleAddress says whether an e-mail address is in a domain that RFC 2606 reserves for examples.
func isExampleAddress(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return strings.HasSuffix("."+domain, ".example") || slices.Contains([]string{"example.com", "example.net", "example.org"}, domain)
}

// subscribed finds the subscription of an endpoint, or nil.
func (t *topic) subscribed(protocol, endpoint string) *subscription {
	for _, s := range t.subscriptions {
		if s.protocol == protocol && s.endpoint == endpoint {
			return s
		}
	}
	return nil
}

// checkEndpoint checks that an endpoint suits its protocol. The lab posts to this machine only.
func checkEndpoint(protocol, endpoint string) error {
	switch protocol {
	case "http", "https":
		address, err := url.Parse(endpoint)
		if err != nil || address.Scheme != protocol || address.Host == "" {
			return errorf("InvalidParameter", "Invalid parameter: Endpoint must match the specified protocol")
		}
		if ip := net.ParseIP(address.Hostname()); address.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return errorf("InvalidParameter", "Invalid parameter: Unreachable Endpoint: the lab posts to loopback addresses only, such as http://127.0.0.1:8080")
		}
		return nil
	case "email", "email-json":
		name, domain, ok := strings.Cut(endpoint, "@")
		if !ok || name == "" || domain == "" || strings.ContainsAny(endpoint, " \r\n\t") {
			return errorf("InvalidParameter", "Invalid parameter: Email address")
		}
		return nil
	case "sqs", "lambda":
		if _, ok := splitARN(endpoint, protocol); !ok {
			return errorf("InvalidParameter", "Invalid parameter: %s endpoint ARN", protocol)
		}
		return nil
	}
	return errorf("InvalidParameter", "Invalid parameter: the lab has no subscriptions of protocol %q", protocol)
}

// subscriptionAttributes are the attributes that can be set.
var subscriptionAttributes = []string{"DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"}

// set checks and stores attributes, all or none: the filter policy's meaning depends on its scope. An empty value removes
// an attribute.
func (s *subscription) set(attributes map[string]string) error {
	changed := maps.Clone(s.attributes)
	for name, value := range attributes {
		if err := checkSubscriptionAttribute(name, value); err != nil {
			return err
		}
		changed[name] = value
		if value == "" {
			delete(changed, name)
		}
	}
	filter, err := compileFilter(changed["FilterPolicy"], changed["FilterPolicyScope"])
	if err != nil {
		return errorf("InvalidParameter", "Invalid parameter: FilterPolicy: %v", err)
	}
	s.attributes, s.filter = changed, filter
	return nil
}

func checkSubscriptionAttribute(name, value string) error {
	why := ""
	switch {
	case !slices.Contains(subscriptionAttributes, name):
		return errorf("InvalidParameter", "Invalid parameter: AttributeName")
	case value == "":
	case name == "RawMessageDelivery" && value != "true" && value != "false":
		why = "must be true or false"
	case name == "FilterPolicyScope" && value != "MessageAttributes" && value != "MessageBody":
		why = "must be MessageAttributes or MessageBody"
	case (name == "RedrivePolicy" || name == "DeliveryPolicy") && !json.Valid([]byte(value)):
		why = "failed to parse JSON"
	}
	if why != "" {
		return errorf("InvalidParameter", "Invalid parameter: %s: %s", name, why)
	}
	return nil
}

func getSubscriptionAttributes(c *call) (any, error) {
	_, s, err := c.subscription(c.form.Get("SubscriptionArn"))
	if err != nil {
		return nil, err
	}
	all := map[string]string{
		"SubscriptionArn":              s.arn,
		"TopicArn":                     s.topic,
		"Owner":                        s.owner,
		"Protocol":                     s.protocol,
		"Endpoint":                     s.endpoint,
		"PendingConfirmation":          strconv.FormatBool(s.pending),
		"ConfirmationWasAuthenticated": strconv.FormatBool(s.signedOnly || s.protocol == "sqs" || s.protocol == "lambda"),
		"RawMessageDelivery":           "false",
		"SubscriptionPrincipal":        "arn:aws:iam::" + s.owner + ":root",
	}
	if s.attributes["FilterPolicy"] != "" {
		all["FilterPolicyScope"] = "MessageAttributes"
	}
	maps.Copy(all, s.attributes)
	return attributesAnswer(c, all), nil
}

func setSubscriptionAttributes(c *call) (any, error) {
	_, s, err := c.subscription(c.form.Get("SubscriptionArn"))
	if err != nil {
		return nil, err
	}
	return nil, s.set(map[string]string{c.form.Get("AttributeName"): c.form.Get("AttributeValue")})
}

// subscription finds a subscription, and checks that a caller who signs owns it or its topic.
func (c *call) subscription(arn string) (*topic, *subscription, error) {
	i := strings.LastIndexByte(arn, ':')
	if parts, ok := splitARN(arn, "sns"); !ok || !strings.Contains(parts.resource, ":") {
		return nil, nil, errorf("InvalidParameter", "Invalid parameter: SubscriptionArn")
	}
	t := c.lab.topicByARN(arn[:i])
	if t != nil {
		for _, s := range t.subscriptions {
			if s.arn != arn {
				continue
			}
			if c.accessKey != "" && c.account.id != s.owner && c.account.id != t.account {
				return nil, nil, notAuthorized(c, arn)
			}
			return t, s, nil
		}
	}
	return nil, nil, &apiError{Status: http.StatusNotFound, Code: "NotFound", Message: "Subscription does not exist"}
}

// unsubscribe takes unsigned requests too, because the links in messages are such.
func unsubscribe(c *call) (any, error) {
	t, s, err := c.subscription(c.form.Get("SubscriptionArn"))
	if api, ok := err.(*apiError); ok && api.Code == "NotFound" {
		return nil, nil // it is idempotent
	}
	if err != nil {
		return nil, err
	}
	if c.accessKey == "" && s.signedOnly {
		return nil, notAuthorized(c, s.arn)
	}
	t.subscriptions = slices.DeleteFunc(t.subscriptions, func(have *subscription) bool { return have == s })
	return nil, nil
}

func confirmSubscription(c *call) (any, error) {
	t := c.lab.topicByARN(c.form.Get("TopicArn"))
	if t == nil {
		return nil, &apiError{Status: http.StatusNotFound, Code: "NotFound", Message: "Topic does not exist"}
	}
	for _, s := range t.subscriptions {
		if s.token == c.form.Get("Token") {
			s.pending = false
			s.signedOnly = s.signedOnly || c.accessKey != "" && c.form.Get("AuthenticateOnUnsubscribe") == "true"
			return struct {
				XMLName         xml.Name `xml:"ConfirmSubscriptionResult"`
				SubscriptionArn string
			}{SubscriptionArn: s.arn}, nil
		}
	}
	return nil, errorf("InvalidParameter", "Invalid token")
}

// xmlSubscription is a subscription in lists.
type xmlSubscription struct {
	SubscriptionArn, Owner, Protocol, Endpoint, TopicArn string
}

func (s *subscription) show() xmlSubscription {
	shown := xmlSubscription{s.arn, s.owner, s.protocol, s.endpoint, s.topic}
	if s.pending {
		shown.SubscriptionArn = "PendingConfirmation"
	}
	return shown
}

func listSubscriptions(c *call) (any, error) {
	var all []*subscription
	for _, a := range c.lab.accounts {
		for _, t := range a.regions[c.region].topics.topics {
			for _, s := range t.subscriptions {
				if s.owner == c.account.id {
					all = append(all, s)
				}
			}
		}
	}
	return subscriptionPage(c, all)
}

func listSubscriptionsByTopic(c *call) (any, error) {
	t, err := c.topic(c.form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	return subscriptionPage(c, t.subscriptions)
}

func subscriptionPage(c *call, all []*subscription) (any, error) {
	byARN := map[string]*subscription{}
	for _, s := range all {
		byARN[s.arn] = s
	}
	arns, next := pageAfter(slices.Sorted(maps.Keys(byARN)), c.form.Get("NextToken"), topicPage)
	answer := struct {
		XMLName       xml.Name
		Subscriptions []xmlSubscription `xml:"Subscriptions>member"`
		NextToken     string            `xml:",omitempty"`
	}{XMLName: xml.Name{Local: c.operation + "Result"}, NextToken: next}
	for _, arn := range arns {
		answer.Subscriptions = append(answer.Subscriptions, byARN[arn].show())
	}
	return answer, nil
}
