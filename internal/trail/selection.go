package trail

import (
	"slices"
	"strings"
)

// Fields of a CloudTrail record that selectors can ask for, as in the API's AdvancedFieldSelector.
const (
	eventCategory = "eventCategory"
	readOnly      = "readOnly"
	resourceType  = "resources.type"
	resourceARN   = "resources.ARN"
	eventSource   = "eventSource"
	eventName     = "eventName"
	userARN       = "userIdentity.arn"

	management      = "Management"
	data            = "Data"
	networkActivity = "NetworkActivity"
)

// selection is what a trail records, whichever kind of selectors says so: the events that any of its clauses matches.
type selection []clause

// clause matches the events that meet the condition on each of its fields.
type clause map[string]condition

// condition is what a clause asks of one field: at least one pattern of each group must match, and none of none may.
// CloudTrail combines operators on one field that way:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
type condition struct {
	any  [][]pattern
	none []pattern
}

// pattern is one operator with one value.
type pattern struct {
	op    operator
	value string
}

type operator uint8

const (
	equals operator = iota
	startsWith
	endsWith
)

// patterns applies one operator to each value.
func patterns(op operator, values []string) []pattern {
	result := make([]pattern, len(values))
	for i, v := range values {
		result[i] = pattern{op, v}
	}
	return result
}

// oneOf is the condition that a field is one of the values.
func oneOf(values ...string) condition { return condition{any: [][]pattern{patterns(equals, values)}} }

// selectionOf says what selectors record. The partition is the trail's: "all objects" is spelled arn:aws:s3 in one
// partition and means nothing in another.
func selectionOf(s Selectors, partition string) selection {
	var result selection
	for _, basic := range s.Basic {
		result = append(result, basicClauses(basic, partition)...)
	}
	for _, advanced := range s.Advanced {
		result = append(result, advancedClause(advanced, partition))
	}
	return result
}

// basicClauses translates a basic selector into the advanced terms that record the same:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
func basicClauses(s EventSelector, partition string) []clause {
	var result []clause
	if s.IncludeManagementEvents {
		c := clause{eventCategory: oneOf(management)}
		if len(s.ExcludeManagementEventSources) > 0 {
			c[eventSource] = condition{none: patterns(equals, s.ExcludeManagementEventSources)}
		}
		result = append(result, c)
	}
	for _, resource := range s.DataResources {
		if len(resource.Values) > 0 { // AWS accepts a resource without values, and records nothing for it
			c := clause{eventCategory: oneOf(data), resourceType: oneOf(resource.Type)}
			c[resourceARN] = condition{any: [][]pattern{basicValues(resource, partition)}}
			result = append(result, c)
		}
	}
	for _, c := range result {
		switch s.ReadWriteType {
		case "", "All": // the API's default is All
		case "ReadOnly":
			c[readOnly] = oneOf("true")
		case "WriteOnly":
			c[readOnly] = oneOf("false")
		default:
			c[readOnly] = oneOf(s.ReadWriteType) // no such events: what we do not understand does not count as recorded
		}
	}
	return result
}

// basicValues gives a basic data resource's values their meaning: S3 values are prefixes, Lambda's and DynamoDB's are
// exact, and the bare service means everything (the API's DataResource).
func basicValues(r DataResource, partition string) []pattern {
	op := equals
	if r.Type == "AWS::S3::Object" {
		op = startsWith
	}
	result := patterns(op, r.Values)
	for i, p := range result {
		if wholeService(r.Type, p.value, partition) {
			result[i] = pattern{op: startsWith}
		}
	}
	return result
}

// wholeService says whether an ARN prefix covers every resource of a type, as arn:aws:s3 and arn:aws:s3::: do.
func wholeService(resourceType, prefix, partition string) bool {
	service := map[string]string{"AWS::S3::Object": "s3", "AWS::Lambda::Function": "lambda", "AWS::DynamoDB::Table": "dynamodb"}[resourceType]
	if service == "" {
		return false
	}
	colons, ok := strings.CutPrefix(prefix, "arn:"+partition+":"+service)
	return ok && strings.Trim(colons, ":") == "" && (len(colons) <= 1 || service == "s3" && len(colons) <= 3)
}

// advancedClause translates an advanced selector. A field that is named twice must meet both conditions.
func advancedClause(s AdvancedEventSelector, partition string) clause {
	c := clause{}
	for _, f := range s.FieldSelectors {
		have := c[f.Field]
		positive := slices.Concat(patterns(equals, f.Equals), patterns(startsWith, f.StartsWith), patterns(endsWith, f.EndsWith))
		if len(positive) > 0 {
			have.any = append(have.any, positive)
		}
		have.none = slices.Concat(have.none, patterns(equals, f.NotEquals), patterns(startsWith, f.NotStartsWith), patterns(endsWith, f.NotEndsWith))
		c[f.Field] = have
	}
	widenARNs(c, partition)
	return c
}

// widenARNs makes prefixes that cover a whole resource type say so, so that they equal having no condition at all.
func widenARNs(c clause, partition string) {
	types := c[resourceType].any
	if len(types) != 1 || len(types[0]) != 1 {
		return
	}
	for _, group := range append(c[resourceARN].any, c[resourceARN].none) {
		for i, p := range group {
			if p.op == startsWith && wholeService(types[0][0].value, p.value, partition) {
				group[i].value = ""
			}
		}
	}
}
