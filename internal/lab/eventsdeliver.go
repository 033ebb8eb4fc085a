package lab

import (
	"maps"
	"slices"
	"strings"
)

// putBusEvent sends an event to a bus, in whose account and region it arises. The lab is locked; rules are matched and
// targets called after it is released. Events over 256 KB are dropped, as EventBridge does.
func (l *Lab) putBusEvent(account, region, busName string, event []byte) {
	if len(event) > maxEventSize {
		return
	}
	l.after(0, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if b := l.bus(account, region, busName); b != nil {
			l.route(b, journey{event: event, accounts: []string{account}})
		}
	})
}

// journey is an event on its way from bus to bus. The event itself keeps its first account, region and id.
type journey struct {
	event    []byte
	accounts []string // that it has been in
	hops     int
}

// route hands an event to the targets of all rules that match. The lab is locked.
func (l *Lab) route(b *bus, j journey) {
	document, err := decodeNumbers(j.event)
	if err != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(b.rules)) {
		r := b.rules[name]
		if !r.takes(document) {
			continue
		}
		for _, t := range r.targets {
			l.invoke(b, r, t, document, j)
		}
	}
}

// takes says whether a rule is enabled for an event and matches it. Read-only calls reach only rules that ask for all
// of CloudTrail's management events.
func (r *rule) takes(document any) bool {
	if r.pattern == nil || r.state == ruleDisabled {
		return false
	}
	if r.state == ruleEnabled {
		event, _ := document.(map[string]any)
		detail, _ := event["detail"].(map[string]any)
		kind, _ := event["detail-type"].(string)
		if strings.HasSuffix(kind, "via CloudTrail") && detail["readOnly"] == true {
			return false
		}
	}
	return r.pattern.matches(document)
}

// failure is why a target did not get an event, in the words of the dead-letter queue's attributes.
type failure struct{ code, message string }

// invoke gives an event to one target; what cannot be delivered goes to the target's dead-letter queue, if it has one.
func (l *Lab) invoke(b *bus, r *rule, t *target, document any, j journey) {
	input := j.event
	if t.Input != "" || t.InputPath != "" || t.InputTransformer != nil {
		input = []byte(t.input(r, document, j.event))
	}
	failed := l.hand(b, r, t, input, j)
	if failed == nil || t.DeadLetterConfig == nil {
		return
	}
	attributes := map[string]messageAttribute{}
	for name, value := range map[string]string{
		"RULE_ARN": r.arn, "TARGET_ARN": t.ARN, "ERROR_CODE": failed.code, "ERROR_MESSAGE": failed.message, "RETRY_ATTEMPTS": "0",
	} {
		attributes[name] = messageAttribute{DataType: "String", StringValue: &value}
	}
	// There is nowhere to complain to when this fails too: the event is lost, as on AWS.
	_ = l.fromService("events.amazonaws.com", r.arn, t.DeadLetterConfig.Arn, &message{body: string(input), attributes: attributes})
}

// hand delivers by the kind of target.
func (l *Lab) hand(b *bus, r *rule, t *target, input []byte, j journey) *failure {
	parts, _ := splitAnyARN(t.ARN)
	switch parts.service {
	case "sqs":
		m := &message{body: string(input)}
		if t.SqsParameters != nil && t.SqsParameters.MessageGroupId != "" {
			m.system = map[string]string{"SenderId": "events.amazonaws.com", "MessageGroupId": t.SqsParameters.MessageGroupId}
		}
		if l.queueByARN(t.ARN) == nil {
			return &failure{"RESOURCE_NOT_FOUND", "The queue does not exist."}
		}
		if err := l.fromService("events.amazonaws.com", r.arn, t.ARN, m); err != nil {
			return &failure{"NO_PERMISSIONS", err.Error()}
		}
		return nil
	case "sns":
		return l.handToTopic(r, t, input)
	case "events":
		return l.handToBus(b, t, j)
	}
	return l.handToFunction(t.ARN, input, policyLets(serviceAccess("events.amazonaws.com", r.arn, "lambda:InvokeFunction", t.ARN)))
}

// handToTopic publishes to a topic. As with queues, the lab asks a policy only where one was set: the default policy,
// which on AWS keeps EventBridge out, is no obstacle here.
func (l *Lab) handToTopic(r *rule, t *target, input []byte) *failure {
	to := l.topicByARN(t.ARN)
	if to == nil {
		return &failure{"RESOURCE_NOT_FOUND", "The topic does not exist."}
	}
	policy := to.attributes["Policy"]
	if policy != "" && ask(policy, serviceAccess("events.amazonaws.com", r.arn, "SNS:Publish", t.ARN)) != policyAllows {
		return &failure{"NO_PERMISSIONS", "The policy of the topic does not let events.amazonaws.com publish."}
	}
	l.publishTopic(t.ARN, "", string(input))
	return nil
}

// handToBus sends an event on to another bus, of this or another account and region. An event makes at most two hops
// and never enters a third account. Another account's bus must allow it in its policy.
func (l *Lab) handToBus(from *bus, t *target, j journey) *failure {
	to := l.busByARN(t.ARN)
	if to == nil {
		return &failure{"RESOURCE_NOT_FOUND", "The event bus does not exist."}
	}
	accounts := j.accounts
	if !slices.Contains(accounts, to.account) {
		accounts = append(slices.Clone(accounts), to.account)
	}
	if j.hops >= maxHops || len(accounts) > 2 {
		return nil // EventBridge drops it without a word
	}
	if to.account != from.account {
		if ask(to.policy, l.putsEvents(from.account, t.RoleARN, to.arn)) != policyAllows {
			return &failure{"NO_PERMISSIONS", "The policy of the event bus does not allow events:PutEvents."}
		}
	}
	l.after(0, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.route(to, journey{event: j.event, accounts: accounts, hops: j.hops + 1})
	})
	return nil
}

// putsEvents is what a rule of an account wants of another account's bus: as the target's role, or as the account itself.
func (l *Lab) putsEvents(account, role, bus string) access {
	a := access{account: account, arn: "arn:aws:iam::" + account + ":root", action: "events:PutEvents", resource: bus, context: map[string]string{}}
	if role != "" {
		a.role = role
		a.arn = (&session{account: account, roleARN: role, name: "events"}).arn()
	}
	if l.manager(account) != "" {
		a.context["aws:principalorgid"] = organizationID
	}
	return a
}
