package posture

import (
	"encoding/json"
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
)

// passesPattern says whether an EventBridge pattern lets an event through. It knows the conditions that rules on CloudTrail's
// events are written with; with any other the answer is maybe.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
func passesPattern(pattern string, event map[string]any) truth {
	var parsed map[string]any
	if json.Unmarshal([]byte(pattern), &parsed) != nil {
		return maybe
	}
	return passesObject(parsed, event)
}

// passesObject: every member of the pattern must fit; of "$or" one of its members.
func passesObject(pattern, event map[string]any) truth {
	result := yes
	for key, want := range pattern {
		if choices, ok := want.([]any); ok && key == "$or" {
			result = min(result, passesAny(choices, event))
			continue
		}
		have, present := event[key]
		switch want := want.(type) {
		case map[string]any:
			inner, _ := have.(map[string]any)
			result = min(result, passesObject(want, inner))
		case []any:
			result = min(result, passesList(want, have, present))
		default:
			return maybe
		}
	}
	return result
}

func passesAny(choices []any, event map[string]any) truth {
	result := no
	for _, choice := range choices {
		pattern, ok := choice.(map[string]any)
		if !ok {
			return maybe
		}
		result = max(result, passesObject(pattern, event))
	}
	return result
}

// passesList: one of the conditions must fit.
func passesList(conditions []any, have any, present bool) truth {
	result := no
	for _, c := range conditions {
		result = max(result, passesCondition(c, have, present))
	}
	return result
}

func passesCondition(condition, have any, present bool) truth {
	matcher, ok := condition.(map[string]any)
	if !ok {
		return is(present && condition == have)
	}
	text, isText := have.(string)
	for name, argument := range matcher {
		value, _ := argument.(string)
		switch name {
		case "exists":
			return is(argument == present)
		case "prefix":
			return is(isText && value != "" && strings.HasPrefix(text, value))
		case "suffix":
			return is(isText && value != "" && strings.HasSuffix(text, value))
		case "wildcard":
			return is(isText && policy.Match(strings.ReplaceAll(value, "?", `\`), strings.ReplaceAll(text, "?", `\`)))
		case "equals-ignore-case":
			return is(isText && strings.EqualFold(value, text))
		case "anything-but":
			return anythingBut(argument, have, present)
		}
	}
	return maybe
}

// anythingBut knows the form with a text or a list of texts.
func anythingBut(argument, have any, present bool) truth {
	switch a := argument.(type) {
	case string:
		return is(present && a != have)
	case []any:
		for _, one := range a {
			if _, text := one.(string); !text {
				return maybe
			}
			if one == have {
				return no
			}
		}
		return is(present)
	}
	return maybe
}

func is(b bool) truth {
	if b {
		return yes
	}
	return no
}
