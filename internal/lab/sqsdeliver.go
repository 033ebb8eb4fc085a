package lab

import (
	"fmt"
	"time"
)

// fromService puts a message of another service into a queue, on behalf of a resource such as a topic or a rule.
//
// On AWS the queue's policy must allow that. The lab is more lenient in one case: a queue without any policy takes
// everything, so that a first experiment needs none. A policy that is there is obeyed.
func (l *Lab) fromService(service, source, queueARN string, m *message) error {
	q := l.queueByARN(queueARN)
	if q == nil {
		return fmt.Errorf("the queue %s does not exist", queueARN)
	}
	a := serviceAccess(service, source, "sqs:SendMessage", queueARN)
	if policy := q.attributes["Policy"]; policy != "" && ask(policy, a) != policyAllows {
		return fmt.Errorf("the policy of the queue %s does not let %s send messages", queueARN, service)
	}
	if m.system == nil {
		m.system = map[string]string{"SenderId": service}
	}
	return q.accept(l, m, time.Now().UTC(), 0)
}

// serviceAccess is what a service wants of a resource on behalf of another.
func serviceAccess(service, source, action, resource string) access {
	a := access{service: service, action: action, resource: resource, context: map[string]string{}}
	if parts, ok := splitAnyARN(source); ok {
		a.context["aws:sourcearn"], a.context["aws:sourceaccount"] = source, parts.account
	}
	return a
}
