package posture

import (
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
)

// cloudwatch is in whose name alarms publish to topics, and use their keys.
const cloudwatch = "cloudwatch.amazonaws.com"

// reaches follows an alarm's actions to somebody who is told: one topic suffices.
func (s scope) reaches(a Resource, d definition) verdict {
	none := fail("the actions of alarm %s lead to no topic", a.Name())
	var verdicts []verdict
	for _, action := range d.AlarmActions {
		if parts, err := arnParts(action); err == nil && parts.service == "sns" {
			verdicts = append(verdicts, s.told(action, cloudwatch, a.ARN))
		}
	}
	for _, v := range verdicts {
		if v.status == Fail {
			none = v
		}
	}
	return some(none, verdicts...)
}

// told says whether a topic passes on what a service publishes: it exists, somebody has confirmed a subscription, and
// neither its policy nor its key keeps the service out.
func (s scope) told(arn, service, source string) verdict {
	t, read := s.resource(arn)
	switch {
	case !read:
		return unknown("the topic %s was not read", arn)
	case t.Setting(trail.Identity).Knowledge() == trail.Absent:
		return fail("the topic %s does not exist", arn).with("topic", arn)
	}
	return all(subscribed(t), publishes(t, service, source), s.keyOpens(t, service)).with("topic", arn)
}

// subscribed asks for a subscription that was confirmed and does not filter.
func subscribed(t Resource) verdict {
	list, known := t.Setting("subscriptions").Get()
	if !known {
		return notRead("the subscriptions of "+t.Name(), t.Setting("subscriptions"))
	}
	pending, filtered := 0, 0
	for name, subscription := range list.Members() {
		switch {
		case subscription.Flag("PendingConfirmation"):
			pending++
		case !subscription.Members()["FilterPolicy"].Empty():
			filtered++
		default:
			return pass("%s is told", name).with("subscription", name)
		}
	}
	if filtered > 0 {
		return unknown("every subscription of topic %s has a filter, and nobody knows whether alarms pass it", t.Name())
	}
	if pending > 0 {
		return fail("nobody has confirmed a subscription of topic %s", t.Name()).with("pending subscriptions", pending)
	}
	return fail("nobody has subscribed to topic %s", t.Name()).with("subscriptions", 0)
}

// publishes asks the topic's policy. The policy that a topic is made with lets in whatever its owner's account sends, alarms
// among it.
func publishes(t Resource, service, source string) verdict {
	document, known := t.Setting("policy").Get()
	if !known {
		return notRead("the policy of topic "+t.Name(), t.Setting("policy"))
	}
	return allows(document, "topic policy", policy.Request{
		Principal: policy.ServicePrincipal(service), Action: "sns:Publish", Resource: t.ARN,
		Context: map[string][]string{"aws:SourceArn": {source}, "aws:SourceAccount": {accountIn(source)}, "aws:SourceOwner": {accountIn(source)}},
	})
}

// allows is the verdict of a resource's policy on a service's call.
func allows(document trail.Document, what string, r policy.Request) verdict {
	parsed, err := policy.Parse(policyText(document))
	if document.Empty() {
		return fail("there is no %s that lets %s call %s", what, r.Principal.Service, r.Action)
	}
	if err != nil {
		return unknown("the %s cannot be read: %v", what, err)
	}
	switch v := parsed.Evaluate(r); v.Answer() {
	case policy.Allow:
		return pass("the %s lets %s call %s", what, r.Principal.Service, r.Action)
	case policy.ExplicitDeny:
		return fail("statement %s of the %s keeps %s out", v.DenyBy, what, r.Principal.Service)
	case policy.Silent:
		return fail("the %s does not let %s call %s", what, r.Principal.Service, r.Action)
	default:
		return unknown("whether the %s lets %s call %s is not known: %s%s", what, r.Principal.Service, r.Action, v.DenyDoubt, v.AllowDoubt)
	}
}

// keyOpens asks whether a topic's key lets the service encrypt. Where it does not, messages vanish without an error that
// anybody sees.
func (s scope) keyOpens(t Resource, service string) verdict {
	document, known := t.Setting("encryption").Get()
	if !known {
		return notRead("the key of topic "+t.Name(), t.Setting("encryption"))
	}
	id := document.Text("KmsMasterKeyId")
	if id == "" {
		return pass("the topic needs no key")
	}
	key, v, ok := s.keyNamed(id)
	if !ok {
		return v.with("KmsMasterKeyId", id)
	}
	inForce, known := key.Setting("policy").Get()
	if !known {
		return notRead("the policy of the topic's key", key.Setting("policy"))
	}
	parts := []verdict{keyUsable(s, key, nil)}
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		parts = append(parts, allows(inForce, "policy of the topic's key", policy.Request{
			Principal: policy.ServicePrincipal(service), Action: action, Resource: key.ARN,
			Context: map[string][]string{"aws:SourceAccount": {accountIn(t.ARN)}, "kms:EncryptionContext:aws:sns:topicArn": {t.ARN}},
		}))
	}
	v = all(parts...)
	if v.status != Pass {
		v.detail = "the key of topic " + t.Name() + ": " + v.detail
	}
	return v
}

// timeOf reads a time of AWS's; zero if it is none.
func timeOf(text string) time.Time {
	t, _ := time.Parse(time.RFC3339, strings.TrimSpace(text))
	return t
}
