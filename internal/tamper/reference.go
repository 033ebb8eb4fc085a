package tamper

import (
	"cmp"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// Stack is the kind of resource that CloudFormation's calls name. No baseline has one: a stack stands for the resources
// that bear its name.
const Stack trail.ResourceType = "stack"

// ResourceRef is a resource as a record speaks of it. What is empty, the record does not tell, and any fits.
type ResourceRef struct {
	Type    trail.ResourceType
	Name    string // as in the last part of its ARN; a rule of another bus than the default is bus/name, a schedule group/name
	Account string // whose it is; of a bucket that is named, nobody needs to know
	Region  string // empty for services without regions
	ARN     string // if the record has it

	// Policy is the ARN of a managed policy: the roles are meant that it is attached to.
	Policy string
}

// String is the shortest text that identifies the resource: an ARN where the record has one.
func (ref ResourceRef) String() string {
	for _, s := range []string{ref.ARN, ref.Policy, ref.Name} {
		if s != "" {
			return s
		}
	}
	return string(ref.Type)
}

// Is says whether a guarded resource is meant, or may be.
func (ref ResourceRef) Is(r trail.Resource) bool {
	own, ok := refOfARN(r.Type, r.ARN)
	if !ok {
		own = ResourceRef{Name: r.Name(), Account: r.Account, Region: r.Region}
	}
	switch {
	case ref.Type == Stack:
		return ref.made(r) && fits(ref.Account, r.Account) && (regionless(r.Type) || fits(ref.Region, r.Region))
	case ref.Type != r.Type:
		return false
	case ref.Policy != "":
		return attached(r, ref.Policy)
	case ref.Name != "" && ref.Name != own.Name:
		return false
	case r.Type == trail.Bucket && ref.Name != "": // nobody else's can have the name
		return true
	case r.Type == trail.Organization: // there is but one, and records of all its accounts speak of it
		return true
	}
	return fits(ref.Account, cmp.Or(own.Account, r.Account)) && fits(ref.Region, own.Region)
}

func fits(told, own string) bool { return told == "" || own == "" || told == own }

// regionless says whether resources of a kind are in no region, or can be called from any.
func regionless(t trail.ResourceType) bool {
	return t == trail.Bucket || t == trail.Role || t == trail.Organization
}

// made says whether a stack has made a resource, as far as names tell: CloudFormation puts the stack's name in front of the
// names that it makes up, and who chooses names does likewise.
func (ref ResourceRef) made(r trail.Resource) bool {
	rest, found := strings.CutPrefix(r.Name(), ref.Name)
	return ref.Name == "" || found && (rest == "" || strings.ContainsAny(rest[:1], "-_./"))
}

// attached says whether a role's baseline names a managed policy.
func attached(r trail.Resource, policy string) bool {
	for _, document := range r.Settings {
		if strings.Contains(string(document), `"`+policy+`"`) {
			return true
		}
	}
	return false
}

// shape is how the ARNs of one kind of resource look: arn:partition:service:region:account:prefix name. The name ends
// where one of the letters in end comes.
type shape struct {
	service, prefix, end string
}

var shapes = map[trail.ResourceType]shape{
	trail.Bucket:         {"s3", "", "/"},
	trail.Key:            {"kms", "key/", ""},
	trail.Topic:          {"sns", "", ":"}, // what follows is a subscription
	trail.LogGroup:       {"logs", "log-group:", ":"},
	trail.Role:           {"iam", "role/", ""},
	trail.Alarm:          {"cloudwatch", "alarm:", ""},
	trail.Rule:           {"events", "rule/", ""},
	trail.EventBus:       {"events", "event-bus/", ""},
	trail.Schedule:       {"scheduler", "schedule/", ""},
	trail.Function:       {"lambda", "function:", ":"}, // what follows is a version or an alias
	trail.Queue:          {"sqs", "", ""},
	trail.Table:          {"dynamodb", "table/", "/"},
	trail.Organization:   {"organizations", "organization/", ""},
	trail.EventDataStore: {"cloudtrail", "eventdatastore/", ""},
	trail.Channel:        {"cloudtrail", "channel/", ""},
	Stack:                {"cloudformation", "stack/", "/"},
}

// refOfARN reads the ARN of a resource of one kind.
func refOfARN(t trail.ResourceType, arn string) (ResourceRef, bool) {
	parts := strings.SplitN(arn, ":", 6)
	s, known := shapes[t]
	if !known || len(parts) != 6 || parts[0] != "arn" || parts[2] != s.service {
		return ResourceRef{}, false
	}
	name, found := strings.CutPrefix(parts[5], s.prefix)
	if n := strings.IndexAny(name, s.end); n >= 0 {
		name = name[:n]
	}
	switch t {
	case trail.Bucket:
		found = parts[3] == "" && parts[4] == "" // else it is an access point
	case trail.Role:
		name = name[strings.LastIndexByte(name, '/')+1:] // the path is no part of the name
	case trail.Rule:
		name = strings.TrimPrefix(name, "default/")
	}
	if !found || name == "" {
		return ResourceRef{}, false
	}
	return ResourceRef{Type: t, Name: name, Account: parts[4], Region: parts[3], ARN: arn}, true
}
