package harden

import (
	"encoding/json"
	"slices"
	"strings"
)

// statement is one statement of a policy that is added to a document.
type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    any
	Resource  any                       `json:",omitempty"`
	Condition map[string]map[string]any `json:",omitempty"`
}

// The sizes that policies may have, in bytes.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html
// https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
const (
	maxBucketPolicy = 20 << 10
	maxKeyPolicy    = 32 << 10
	maxTopicPolicy  = 30 << 10
)

// addStatements adds statements to a policy. One with the same Sid, which only we give, is replaced; all others stay.
func addStatements(policy map[string]any, most int, added ...statement) (why string) {
	list := statementsOf(policy)
	for _, s := range added {
		text, _ := json.Marshal(s) // of strings and lists of them
		var object map[string]any
		_ = json.Unmarshal(text, &object)
		n := slices.IndexFunc(list, func(other any) bool {
			have, _ := other.(map[string]any)
			return have["Sid"] == s.Sid
		})
		if n >= 0 {
			list[n] = object
		} else {
			list = append(list, object)
		}
	}
	policy["Statement"] = list
	if policy["Version"] == nil {
		policy["Version"] = "2012-10-17"
	}
	if text, err := json.Marshal(policy); err != nil || len(text) > most {
		return "its policy has no room for more statements"
	}
	return ""
}

// statementsOf are a policy's statements, of which one need not be in a list.
func statementsOf(policy map[string]any) []any {
	switch list := policy["Statement"].(type) {
	case []any:
		return list
	case map[string]any:
		return []any{list}
	}
	return nil
}

// texts is a value of a statement that is a text or a list of texts.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, one := range v {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// service is the principal of a service, and its ARN condition.
func service(name string) map[string]string { return map[string]string{"Service": name} }

// only is the condition that a key has one of the values.
func only(operator, key string, values any) map[string]map[string]any {
	return map[string]map[string]any{operator: {key: values}}
}

// has says whether a statement has a condition on one of the keys, whose names have no case.
func hasCondition(s map[string]any, keys ...string) bool {
	conditions, _ := s["Condition"].(map[string]any)
	for _, tests := range conditions {
		for key := range asMap(tests) {
			if slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }) {
				return true
			}
		}
	}
	return false
}

func asMap(value any) map[string]any {
	object, _ := value.(map[string]any)
	return object
}
