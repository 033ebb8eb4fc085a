package cloudformation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// kind is what the lab knows of a resource type.
type kind struct {
	properties string // that it knows, by name
	required   string // those of them that must be there
	fixed      string // those whose change makes another resource

	numbers, booleans string // properties, at any depth, that are numbers or truth values however they are written

	create func(*job) error
	update func(*job) error // nil: any change makes another resource
	remove func(*job) error

	// adopt takes over a resource of that name which exists already, and says whether there is one; nil: the lab imports none.
	adopt func(*job) (bool, error)

	// drifted names the properties that are no longer what the stack made them; all that matter if the resource is gone. nil: the lab
	// sees no drift of such resources.
	drifted func(*job) ([]string, error)

	// iam: only who acknowledges it may make such a resource.
	iam bool
	// name is the property with the resource's own name, if it can have one.
	name string
}

// types are the resource types by AWS's names.
var types = map[string]*kind{
	"AWS::CloudFormation::StackSet":  &setKind,
	"AWS::CloudWatch::Alarm":         &alarmKind,
	"AWS::DynamoDB::Table":           &tableKind,
	"AWS::Events::EventBus":          &busKind,
	"AWS::Events::EventBusPolicy":    &busPolicyKind,
	"AWS::Events::Rule":              &ruleKind,
	"AWS::IAM::ManagedPolicy":        &managedPolicyKind,
	"AWS::IAM::Policy":               &inlinePolicyKind,
	"AWS::IAM::Role":                 &roleKind,
	"AWS::KMS::Alias":                &aliasKind,
	"AWS::KMS::Key":                  &keyKind,
	"AWS::Lambda::EventInvokeConfig": &invokeConfigKind,
	"AWS::Lambda::Function":          &functionKind,
	"AWS::Lambda::Permission":        &permissionKind,
	"AWS::Logs::LogGroup":            &logGroupKind,
	"AWS::S3::Bucket":                &bucketKind,
	"AWS::S3::BucketPolicy":          &bucketPolicyKind,
	"AWS::SNS::Subscription":         &subscriptionKind,
	"AWS::SNS::Topic":                &topicKind,
	"AWS::SNS::TopicPolicy":          &topicPolicyKind,
	"AWS::SQS::Queue":                &queueKind,
	"AWS::SQS::QueuePolicy":          &queuePolicyKind,
	"AWS::Scheduler::Schedule":       &scheduleKind,
}

// job is one creation, change or deletion of a resource.
type job struct {
	aws     caller
	account string
	stack   string // its name
	logical string
	token   string // makes generated names unique

	p   object // properties as they shall be
	old object // properties as they were, when the resource exists

	await func(operation string) error // waits for an operation of a stack set

	id         string // physical id
	ref        string // what a Ref gives, where that is not the physical id
	attributes map[string]string
}

// text is a property as text; empty if it is not there.
func (j *job) text(name string) string { return asText(j.p[name]) }

// named is the resource's own name, or else one that CloudFormation makes of the stack's, at most so long.
func (j *job) named(property string, most int) string {
	if name := j.text(property); name != "" {
		return name
	}
	head := j.stack + "-" + j.logical
	if room := most - len(j.token) - 1; len(head) > room {
		head = head[:room]
	}
	return head + "-" + j.token
}

// changed says whether a property is another than it was.
func (j *job) changed(property string) bool {
	return compact(j.p[property]) != compact(j.old[property])
}

// pick copies some properties.
func (j *job) pick(names ...string) object {
	m := object{}
	for _, name := range names {
		if value, ok := j.p[name]; ok {
			m[name] = value
		}
	}
	return m
}

// tags are those of a list of keys and values, by key.
func (j *job) tags() map[string]string { return tagsOf(j.p) }

func tagsOf(properties object) map[string]string {
	tags := map[string]string{}
	list, _ := properties["Tags"].([]any)
	for _, one := range list {
		tag, _ := one.(object)
		tags[asText(tag["Key"])] = asText(tag["Value"])
	}
	return tags
}

// texts is a list property's members as text.
func texts(v any) []string {
	list, _ := v.([]any)
	var all []string
	for _, one := range list {
		all = append(all, asText(one))
	}
	return all
}

// document is a policy or pattern, which templates hold as an object or as text.
func document(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return compact(v)
}

// check holds evaluated properties to the type, and gives numbers and truth values their form.
func (k *kind) check(properties object) (object, error) {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !slices.Contains(strings.Fields(k.properties), name) {
			return nil, fmt.Errorf("encountered unsupported property %s: the lab does not know it", name)
		}
	}
	for _, name := range strings.Fields(k.required) {
		if properties[name] == nil {
			return nil, fmt.Errorf("property %s cannot be empty", name)
		}
	}
	coerced, _ := k.coerce("", properties).(object)
	return coerced, nil
}

// coerce makes numbers and truth values of texts where the type has them, as parameters are texts all.
func (k *kind) coerce(name string, v any) any {
	switch v := v.(type) {
	case object:
		m := object{}
		for key, value := range v {
			m[key] = k.coerce(key, value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = k.coerce(name, v[i])
		}
		return list
	case string:
		switch {
		case slices.Contains(strings.Fields(k.numbers), name) && decimal.MatchString(v):
			return json.Number(v)
		case slices.Contains(strings.Fields(k.booleans), name) && (v == "true" || v == "false"):
			return v == "true"
		}
	}
	return v
}

// replaces says whether the change from old to wanted properties makes another resource.
func (k *kind) replaces(old, wanted object) bool {
	if k.update == nil {
		return true
	}
	return slices.ContainsFunc(strings.Fields(k.fixed), func(name string) bool { return compact(old[name]) != compact(wanted[name]) })
}
