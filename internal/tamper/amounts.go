package tamper

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/record"
)

// amountsTo chooses, among the techniques that a call can perform, those that its parameters speak for. None means that the
// call is of no interest. Where the parameters are not known, it can be any.
//
// Whether a policy or a rule does harm, its text does not tell without its context: such a call always is a claim, and
// the state decides. Only what the caller plainly says is believed.
func amountsTo(c Call, r record.Record, p parameters, known bool, can []string) []string {
	choose, has := choices[Call{Source: c.Source, Name: c.Name}]
	if !known || !has {
		return can
	}
	return slices.DeleteFunc(choose(p, r), func(id string) bool { return id != ResourceUpdate && !slices.Contains(can, id) })
}

// choice says what a call amounts to by its parameters.
type choice func(p parameters, r record.Record) []string

// choices are of the calls that mean several things, or nothing.
var choices = map[Call]choice{
	{sourceS3, "DeleteObject"}:                            deletedObject,
	{sourceS3, "PutBucketVersioning"}:                     unless(versioned, BucketVersioning),
	{sourceS3, "PutBucketPublicAccessBlock"}:              unless(blocksAll, BucketPublicAccess),
	{sourceS3, "PutAccountPublicAccessBlock"}:             unless(blocksAll, BucketPublicAccess),
	{sourceS3, "PutBucketRequestPayment"}:                 unless(ownerPays, BucketRequesterPays),
	{sourceSNS, "SetTopicAttributes"}:                     topicAttribute,
	{sourceSQS, "SetQueueAttributes"}:                     queueAttributes,
	{sourceLogs, "PutAccountPolicy"}:                      accountPolicy,
	{sourceLogs, "DeleteAccountPolicy"}:                   accountPolicy,
	{sourceLogs, "PutLogGroupDeletionProtection"}:         unless(switchedOn("deletionProtectionEnabled"), LogGroupDeletionProtection),
	{sourceAlarms, "PutMetricAlarm"}:                      alarm,
	{sourceAlarms, "PutCompositeAlarm"}:                   alarm,
	{sourceEvents, "PutRule"}:                             rule,
	{sourceDynamoDB, "UpdateTable"}:                       tableUpdate,
	{sourceCloudFormation, "UpdateTerminationProtection"}: unless(switchedOn("enableTerminationProtection"), StackDelete),
	{sourceOrganizations, "UpdatePolicy"}:                 organizationPolicy,
	{sourceOrganizations, "DisablePolicyType"}:            organizationPolicy,
	{sourceCloudTrail, "PutResourcePolicy"}:               lakePolicy,
	{sourceCloudTrail, "DeleteResourcePolicy"}:            lakePolicy,
}

// unless is the technique, or a harmless update where the parameters say so.
func unless(harmless func(parameters) bool, technique string) choice {
	return func(p parameters, _ record.Record) []string {
		if harmless(p) {
			return []string{ResourceUpdate}
		}
		return []string{technique}
	}
}

// switchedOn says of a parameter whether it was sent as true.
func switchedOn(name string) func(parameters) bool {
	return func(p parameters) bool { return isTrue(p[name]) }
}

func versioned(p parameters) bool {
	return p.at("VersioningConfiguration.Status") == "Enabled" && p.at("VersioningConfiguration.MfaDelete") != "Disabled"
}

func ownerPays(p parameters) bool { return p.at("RequestPaymentConfiguration.Payer") == "BucketOwner" }

// blocksAll says whether a public access block blocks in all four ways.
func blocksAll(p parameters) bool {
	for _, way := range []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"} {
		if !isTrue(p.at("PublicAccessBlockConfiguration." + way)) {
			return false
		}
	}
	return true
}

// deletedObject: what is no log file and no digest file may be deleted.
func deletedObject(p parameters, _ record.Record) []string {
	key, told := p["key"].(string)
	if told && !isLog(key) {
		return nil
	}
	return []string{LogDelete}
}

// isLog recognises keys that CloudTrail delivers to: [prefix/]AWSLogs/[organization/]account/CloudTrail…/.
func isLog(key string) bool {
	_, rest, found := strings.Cut("/"+key, "/AWSLogs/")
	return found && strings.Contains("/"+rest, "/CloudTrail")
}

func topicAttribute(p parameters, _ record.Record) []string {
	switch p["attributeName"] {
	case "Policy", nil:
		return []string{TopicPolicy}
	case "KmsMasterKeyId":
		return []string{TopicEncryption}
	}
	return []string{ResourceUpdate}
}

func queueAttributes(p parameters, _ record.Record) []string {
	attributes, ok := p["attributes"].(map[string]any)
	if !ok {
		return []string{QueuePolicy, QueueConfig}
	}
	var did []string
	if attributes["Policy"] != nil {
		did = append(did, QueuePolicy)
	}
	if len(attributes) > len(did) {
		did = append(did, QueueConfig)
	}
	return did
}

func accountPolicy(p parameters, _ record.Record) []string {
	switch p["policyType"] {
	case "RETENTION_POLICY":
		return []string{LogGroupRetention}
	case "SUBSCRIPTION_FILTER_POLICY":
		return []string{LogGroupSubscriptionFilter}
	case "DATA_PROTECTION_POLICY":
		return []string{LogGroupDataProtection}
	}
	return nil
}

func alarm(p parameters, _ record.Record) []string {
	if p.turnedOff("actionsEnabled") {
		return []string{AlarmActions, AlarmDefinition}
	}
	return []string{AlarmDefinition}
}

// rule: PutRule replaces the whole rule, whose state is ENABLED unless it says otherwise.
func rule(p parameters, _ record.Record) []string {
	if p["state"] == "DISABLED" {
		return []string{RuleDisable}
	}
	return []string{RulePattern}
}

// tableUpdate: what else UpdateTable changes, such as capacity, endangers nothing.
func tableUpdate(p parameters, _ record.Record) []string {
	switch {
	case !p.sent("deletionProtectionEnabled"):
		return nil
	case isTrue(p["deletionProtectionEnabled"]):
		return []string{ResourceUpdate}
	}
	return []string{TableProtection}
}

// organizationPolicy leaves out the kinds of policies that forbid nothing, such as those for tags and backups.
func organizationPolicy(p parameters, r record.Record) []string {
	var answer struct {
		Policy struct {
			PolicySummary struct{ Type any }
		}
	}
	// Anything but an object, which there should be, tells no type.
	_ = json.Unmarshal(r.ResponseElements, &answer)
	for _, told := range []any{p["policyType"], answer.Policy.PolicySummary.Type} {
		if kind, ok := told.(string); ok && kind != "SERVICE_CONTROL_POLICY" && kind != "RESOURCE_CONTROL_POLICY" {
			return nil
		}
	}
	return []string{SCPDenyGuard}
}

// lakePolicy: dashboards have resource policies too.
func lakePolicy(p parameters, _ record.Record) []string {
	arn, _ := p["resourceArn"].(string)
	if _, name, ok := splitARN(arn); ok && strings.HasPrefix(name, "dashboard/") {
		return nil
	}
	return []string{LakeResourcePolicy}
}
