package trail

import (
	"slices"
	"strings"
)

// ResourceType is a kind of AWS resource that delivery, or the guard itself, rests on.
type ResourceType string

// The kinds of resources.
const (
	Bucket         ResourceType = "bucket"    // S3
	Key            ResourceType = "key"       // KMS
	Topic          ResourceType = "topic"     // SNS
	LogGroup       ResourceType = "log-group" // CloudWatch Logs
	Role           ResourceType = "role"      // IAM
	Alarm          ResourceType = "alarm"     // CloudWatch
	Rule           ResourceType = "rule"      // EventBridge
	EventBus       ResourceType = "event-bus" // EventBridge
	Schedule       ResourceType = "schedule"  // EventBridge Scheduler
	Function       ResourceType = "function"  // Lambda
	Queue          ResourceType = "queue"     // SQS
	Table          ResourceType = "table"     // DynamoDB
	Organization   ResourceType = "organization"
	EventDataStore ResourceType = "event-data-store" // CloudTrail Lake
	Channel        ResourceType = "channel"          // CloudTrail Lake
)

// Setting is one part of a resource that is read and written by calls of its own, such as a bucket's policy.
type Setting string

// Identity is the setting that every resource has: that it exists, and is the one it is taken for. Its document may name
// the Owner.
const Identity Setting = "identity"

// Resource is what something that delivery rests on should be. A setting that is not in Settings is not guarded: it is
// neither compared nor written. The identity is always guarded.
type Resource struct {
	Type     ResourceType         `json:"type"`
	ARN      string               `json:"arn"`
	Region   string               `json:"region"`  // where to call
	Account  string               `json:"account"` // whose it is
	Settings map[Setting]Document `json:"settings"`
}

// ResourceState is a resource as observed. Each setting is known, absent (the resource does not exist) or unknown.
type ResourceState map[Setting]Facet[Document]

// Name is the last part of the resource's ARN, by which its service and people call it.
func (r Resource) Name() string {
	rest := r.ARN[strings.LastIndexByte(r.ARN, ':')+1:]
	switch r.Type {
	case LogGroup:
		_, after, found := strings.Cut(r.ARN, ":log-group:")
		if found {
			return strings.TrimSuffix(after, ":*")
		}
	case Alarm: // whose name may have colons
		if _, name, found := strings.Cut(r.ARN, ":alarm:"); found {
			return name
		}
	case Key, Rule, EventBus, Role, Table, Schedule, EventDataStore, Channel, Organization:
		return rest[strings.LastIndexByte(rest, '/')+1:]
	}
	return rest
}

// FieldOf is the name under which a setting's drift is told, such as "bucket.policy".
func FieldOf(t ResourceType, s Setting) Field { return Field(string(t) + "." + string(s)) }

// Types lists all kinds of resources.
func Types() []ResourceType {
	types := make([]ResourceType, len(kinds))
	for n, k := range kinds {
		types[n] = k.is
	}
	return types
}

// SettingsOf lists the settings that a kind of resource can be guarded in, the identity first; nil for an unknown kind.
func SettingsOf(t ResourceType) []Setting {
	k, ok := kindOf(t)
	if !ok {
		return nil
	}
	names := []Setting{Identity}
	for _, s := range k.settings {
		names = append(names, s.name)
	}
	return names
}

// HasMembers says whether a setting's document maps names to parts that are read, compared and written one by one, such
// as a topic's subscriptions.
func HasMembers(t ResourceType, s Setting) bool {
	k, _ := kindOf(t)
	found, ok := k.setting(s)
	return ok && found.members
}

// resourceFields lists the fields of all settings, in the order in which drifts of one severity are told.
func resourceFields() []Field {
	var fields []Field
	for _, k := range kinds {
		for _, s := range SettingsOf(k.is) {
			fields = append(fields, FieldOf(k.is, s))
		}
	}
	return fields
}

func kindOf(t ResourceType) (kind, bool) {
	n := slices.IndexFunc(kinds, func(k kind) bool { return k.is == t })
	if n < 0 {
		return kind{}, false
	}
	return kinds[n], true
}

func (k kind) setting(name Setting) (setting, bool) {
	n := slices.IndexFunc(k.settings, func(s setting) bool { return s.name == name })
	if n < 0 {
		return setting{}, false
	}
	return k.settings[n], true
}
