package tamper

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// target says which kind of resource calls of a service touch, and which of their parameters name it.
type target struct {
	source string
	is     trail.ResourceType
	calls  []string // without the version of the API; nil: all that no other target of the service has
	in     []string // parameters that hold a name or an ARN, or a list of them; a dot leads into an object
	beside string   // the parameter that holds what the name is unique in: an event bus, a group of schedules
}

// targets is the table of them all. The first that fits counts.
var targets = []target{
	// Of an account's public access block, only the account is told.
	{source: sourceS3, is: trail.Bucket, in: []string{"bucketName"}},
	{source: sourceKMS, is: trail.Key, in: []string{"keyId"}},
	{source: sourceSNS, is: trail.Topic, in: []string{"topicArn", "subscriptionArn", "resourceArn"}},
	{source: sourceLogs, is: trail.LogGroup, in: []string{"logGroupName", "logGroupIdentifier", "resourceIdentifier"}},
	{source: sourceAlarms, is: trail.Alarm, in: []string{"alarmName", "alarmNames", "muteTargets.alarmNames"}},
	{source: sourceEvents, is: trail.EventBus, in: []string{"eventBusName"}, calls: []string{"PutPermission", "RemovePermission"}},
	{source: sourceEvents, is: trail.EventBus, in: []string{"name"}, calls: []string{"DeleteEventBus", "UpdateEventBus"}},
	{source: sourceEvents, is: trail.Rule, in: []string{"rule"}, beside: "eventBusName", calls: []string{"PutTargets", "RemoveTargets"}},
	{source: sourceEvents, is: trail.Rule, in: []string{"name"}, beside: "eventBusName"},
	{source: sourceLambda, is: trail.Function, in: []string{"functionName"}},
	{source: sourceScheduler, is: trail.Schedule, calls: []string{"DeleteScheduleGroup"}}, // takes all schedules of the group with it
	{source: sourceScheduler, is: trail.Schedule, in: []string{"name"}, beside: "groupName"},
	{source: sourceSQS, is: trail.Queue, in: []string{"queueUrl"}},
	{source: sourceDynamoDB, is: trail.Table, in: []string{"tableName"}},
	{source: sourceCloudFormation, is: Stack, in: []string{"stackName", "stackSetName"}},
	{source: sourceIAM, is: trail.Role, in: []string{"roleName", "policyArn"}},
	{source: sourceOrganizations, is: trail.Organization},
	{source: sourceAccount, is: trail.Organization},
	{source: sourceCloudTrail, is: trail.Organization, calls: []string{"DeregisterOrganizationDelegatedAdmin"}},
	{source: sourceCloudTrail, is: trail.Channel, in: []string{"channel"}, calls: []string{"UpdateChannel", "DeleteChannel"}},
	{source: sourceCloudTrail, is: trail.EventDataStore, in: []string{"eventDataStore", "resourceArn"}},
}

// targetOf finds the target of a call.
func targetOf(c Call) (target, bool) {
	n := slices.IndexFunc(targets, func(t target) bool {
		return t.source == c.Source && (t.calls == nil || slices.Contains(t.calls, c.base()))
	})
	if n < 0 {
		return target{}, false
	}
	return targets[n], true
}

// wide are the calls that touch every resource of their kind that the account has, in the region of the call if it has any.
var wide = []string{"PutAccountPolicy", "DeleteAccountPolicy", "PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock", "DeleteScheduleGroup"}

// references lists the resources that a record speaks of. It never is empty: where the record does not name the resource,
// any of its kind in the account and region of the call may be meant, and vague is true.
func (t target) references(r record.Record, c Call, p parameters) (refs []ResourceRef, vague bool) {
	add := func(ref ResourceRef, ok bool) {
		if ok && len(refs) < maxRefs && len(ref.String()) <= maxResourceName && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	for _, path := range t.in {
		for _, text := range texts(p.at(path)) {
			add(t.typed(r, p, path, text))
		}
	}
	for _, resource := range r.Resources {
		add(t.resourceAt(resource.ARN))
	}
	if r.Outcome().Kind != record.Succeeded {
		for _, arn := range arnsIn(r.ErrorMessage) {
			add(t.resourceAt(arn))
		}
	}
	if len(refs) > 0 {
		return refs, false
	}
	everything := ResourceRef{Type: t.is, Account: accountOf(r), Region: regionOf(t.is, r)}
	if p != nil && slices.Equal(t.in, []string{"eventBusName"}) && !p.sent("eventBusName") {
		everything.Name = defaultBus
		return []ResourceRef{everything}, false
	}
	refs = []ResourceRef{everything}
	if t.is == trail.EventDataStore && strings.HasSuffix(c.Name, "ResourcePolicy") {
		everything.Type = trail.Channel
		refs = append(refs, everything)
	}
	return refs, t.is != trail.Organization && !slices.Contains(wide, c.Name)
}

// resourceAt reads an ARN, which for CloudTrail Lake may be that of another kind than the call's most usual.
func (t target) resourceAt(arn string) (ResourceRef, bool) {
	if ref, ok := refOfARN(t.is, arn); ok || t.is != trail.EventDataStore {
		return ref, ok
	}
	return refOfARN(trail.Channel, arn)
}

// accountOf is the account in which a call was made.
func accountOf(r record.Record) string {
	if r.RecipientAccountID != "" {
		return r.RecipientAccountID
	}
	return r.Identity.AccountID
}

// regionOf is the region in which a resource that a call names must be; empty for services without regions.
func regionOf(t trail.ResourceType, r record.Record) string {
	if regionless(t) {
		return ""
	}
	return r.Region
}

// at finds a parameter by its path.
func (p parameters) at(path string) any {
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		return p[head]
	}
	inner, _ := p[head].(map[string]any)
	return parameters(inner).at(rest)
}
