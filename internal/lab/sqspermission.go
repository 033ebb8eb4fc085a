package lab

import (
	"encoding/json"
	"slices"
)

// permission is what AddPermission of SQS and SNS add to a policy.
type permission struct {
	label    string
	accounts []string
	actions  []string // with the service's prefix
	resource string
}

// addTo returns the policy with the permission's statement.
func (p permission) addTo(policy string) (string, error) {
	document, list, err := policyStatements(policy)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(list, func(s any) bool { return labelOf(s) == p.label }) {
		return "", errorf("InvalidParameterValue", "Value %s for parameter Label is invalid. Reason: Already exists.", p.label)
	}
	var who []string
	for _, account := range p.accounts {
		who = append(who, "arn:aws:iam::"+account+":root")
	}
	list = append(list, map[string]any{
		"Sid": p.label, "Effect": "Allow", "Principal": map[string]any{"AWS": who}, "Action": p.actions, "Resource": p.resource,
	})
	document["Statement"] = list
	b, err := json.Marshal(document)
	return string(b), err
}

// withoutStatement returns the policy without the statement of this label, and whether there was one.
func withoutStatement(policy, label string) (string, bool) {
	document, list, err := policyStatements(policy)
	if err != nil {
		return policy, false
	}
	kept := slices.DeleteFunc(slices.Clone(list), func(s any) bool { return labelOf(s) == label })
	if len(kept) == len(list) {
		return policy, false
	}
	if len(kept) == 0 {
		return "", true
	}
	document["Statement"] = kept
	b, err := json.Marshal(document)
	return string(b), err == nil
}

// policyStatements opens a policy; an empty one has no statements yet.
func policyStatements(policy string) (document map[string]any, list []any, err error) {
	if policy == "" {
		return map[string]any{"Version": "2012-10-17"}, nil, nil
	}
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		return nil, nil, err
	}
	switch have := document["Statement"].(type) {
	case []any:
		list = have
	case map[string]any:
		list = []any{have}
	}
	return document, list, nil
}

func labelOf(statement any) string {
	object, _ := statement.(map[string]any)
	label, _ := object["Sid"].(string)
	return label
}

func addQueuePermission(c *call) (any, error) {
	var in struct {
		QueueUrl, Label        string
		AWSAccountIds, Actions []string
	}
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if len(in.AWSAccountIds) == 0 || len(in.Actions) == 0 || in.Label == "" {
		return nil, errorf("MissingParameter", "The request must contain Label, AWSAccountIds and Actions.")
	}
	p := permission{label: in.Label, accounts: in.AWSAccountIds, resource: q.arn}
	for _, action := range in.Actions {
		p.actions = append(p.actions, "SQS:"+action)
	}
	policy, err := p.addTo(q.attributes["Policy"])
	if err != nil {
		return nil, err
	}
	q.attributes["Policy"] = policy
	return nil, nil
}

func removeQueuePermission(c *call) (any, error) {
	var in struct{ QueueUrl, Label string }
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	policy, found := withoutStatement(q.attributes["Policy"], in.Label)
	if !found {
		return nil, errorf("InvalidParameterValue", "Value %s for parameter Label is invalid. Reason: can't find label on existing policy.", in.Label)
	}
	if policy == "" {
		delete(q.attributes, "Policy")
	} else {
		q.attributes["Policy"] = policy
	}
	return nil, nil
}
