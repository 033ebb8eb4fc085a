package lab

import "strings"

// conditionsHold says whether all conditions of a statement are met. One that the lab does not understand is not met:
// an Allow then allows less and a Deny denies less than on AWS, and neither makes up an answer.
func conditionsHold(conditions map[string]map[string]stringList, a access) bool {
	for operator, keys := range conditions {
		for key, values := range keys {
			have, known := a.key(key)
			if !conditionHolds(operator, values, have, known) {
				return false
			}
		}
	}
	return true
}

// key is the value of a condition key in this access.
func (a access) key(name string) (value string, known bool) {
	name = strings.ToLower(name)
	switch name {
	case "aws:securetransport":
		return "true", true // the lab stands in for HTTPS endpoints
	case "aws:principalaccount":
		return a.account, a.account != ""
	case "aws:principalarn":
		return a.arn, a.arn != ""
	case "aws:principalisawsservice":
		if a.service != "" {
			return "true", true
		}
		return "false", true
	case "aws:principalservicename":
		return a.service, a.service != ""
	}
	value, known = a.context[name]
	return value, known
}

// conditionHolds evaluates one condition operator on one key.
func conditionHolds(operator string, want []string, have string, known bool) bool {
	operator = strings.TrimPrefix(strings.TrimPrefix(operator, "ForAnyValue:"), "ForAllValues:")
	if operator == "Null" {
		return matchesAny(want, map[bool]string{true: "false", false: "true"}[known], false)
	}
	operator, optional := strings.CutSuffix(operator, "IfExists")
	if optional && !known {
		return true
	}
	positive := strings.Replace(operator, "Not", "", 1)
	negated := positive != operator
	if !known {
		return negated
	}
	met := false
	for _, value := range want {
		switch positive {
		case "StringEquals":
			met = met || value == have
		case "StringEqualsIgnoreCase", "Bool":
			met = met || strings.EqualFold(value, have)
		case "StringLike", "ArnEquals", "ArnLike":
			met = met || matchesGlob(value, have)
		default:
			return false
		}
	}
	return met != negated
}
