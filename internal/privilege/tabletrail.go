package privilege

import "github.com/trailhold/trailhold/internal/trail"

// orgTrail limits a form to organization trails.
func orgTrail(f Form) Form {
	return f.when(func(s subject) bool { return s.trail.IsOrganizationTrail })
}

// trailRole is the role that lets CloudTrail write to the log group.
var trailRole = Form{Shape: "the trail's log role", arns: func(s subject) []string { return present(s.trail.CloudWatchLogsRoleARN) }}

// linkedRole is CloudTrail's service-linked role, without which no organization trail can be made.
var linkedRole = Form{Shape: "CloudTrail's service-linked role", arns: func(s subject) []string {
	return []string{"arn:" + s.partition + ":iam::" + s.account + ":role/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail"}
}}

// configures are the grants of the two calls that configure a trail, on top of their own action.
var configures = []Grant{
	on(trailRole, "iam:PassRole").only(passedTo("cloudtrail.amazonaws.com")).noting("for a trail that delivers to CloudWatch Logs"),
	on(orgTrail(linkedRole), "iam:GetRole").noting("organization trails"),
	on(orgTrail(linkedRole), "iam:CreateServiceLinkedRole").only(forCloudTrail("iam:AWSServiceName")).noting("organization trails"),
	on(orgTrail(unlimited), "organizations:DescribeOrganization").noting("organization trails"),
	on(orgTrail(unlimited), "organizations:ListAccounts").noting("organization trails"),
	on(orgTrail(unlimited), "organizations:ListAWSServiceAccessForOrganization").noting("organization trails"),
	on(orgTrail(unlimited), "organizations:EnableAWSServiceAccess").only(forCloudTrail("organizations:ServicePrincipal")).noting("organization trails"),
}

// anyTrail are all trails of the account: who stands in the way is not known before.
var anyTrail = Form{Shape: "every trail of the account", Why: "which trail stands in the way is not known before; those of the baseline are denied", arns: func(s subject) []string {
	return []string{"arn:" + s.partition + ":cloudtrail:*:" + s.account + ":trail/*"}
}}

// trailRows are the calls about a trail itself.
var trailRows = []Row{
	reads("cloudtrail:GetTrail", "trail", "", "reads the trail's configuration, and whether it exists", on(self, "cloudtrail:GetTrail")),
	reads("cloudtrail:GetTrailStatus", "trail", "", "reads whether the trail logs and delivers, in each region", on(self, "cloudtrail:GetTrailStatus")),
	reads("cloudtrail:DescribeTrails", "trail", "", "finds trails that stand beside a guarded one, or in its place", on(unlimited, "cloudtrail:DescribeTrails").only(here)),
	reads("cloudtrail:GetEventSelectors", "trail", "selectors", "reads which events the trail records", on(self, "cloudtrail:GetEventSelectors")),
	reads("cloudtrail:GetInsightSelectors", "trail", "insights", "reads which Insights are on", on(self, "cloudtrail:GetInsightSelectors")),
	reads("cloudtrail:GetEventConfiguration", "trail", "eventConfiguration", "reads how events are enriched and aggregated", on(self, "cloudtrail:GetEventConfiguration")),
	reads("cloudtrail:ListTags", "trail", "tags", "reads the trail's tags", on(self, "cloudtrail:ListTags")),

	writes("cloudtrail:StartLogging", "trail", "logging", Whatever, "starts a trail that was stopped", on(self, "cloudtrail:StartLogging")),
	writes("cloudtrail:UpdateTrail", "trail", "configuration", Whatever, "puts a trail's configuration back", append([]Grant{on(self, "cloudtrail:UpdateTrail")}, configures...)...),
	writes("cloudtrail:CreateTrail", "trail", "trail", Whatever, "makes a deleted trail again", append([]Grant{
		on(self, "cloudtrail:CreateTrail"), on(self, "cloudtrail:AddTags").noting("the new trail is made with its tags"),
	}, configures...)...),
	writes("cloudtrail:PutEventSelectors", "trail", "selectors", Whatever, "puts the selection of events back", on(self, "cloudtrail:PutEventSelectors")),
	writes("cloudtrail:PutInsightSelectors", "trail", "insights", Whatever, "puts Insights back", on(self, "cloudtrail:PutInsightSelectors")),
	writes("cloudtrail:PutEventConfiguration", "trail", "eventConfiguration", Whatever, "puts the event configuration back", on(self, "cloudtrail:PutEventConfiguration")),
	writes("cloudtrail:AddTags", "trail", "tags", Whatever, "puts tags back", on(self, "cloudtrail:AddTags")),
	writes("cloudtrail:RemoveTags", "trail", "tags", Whatever, "removes tags that the baseline does not have", on(self, "cloudtrail:RemoveTags")),
	writes("cloudtrail:DeleteTrail", "impostors", "", Whatever, "deletes an unlisted trail in the place of a guarded one; only where the baseline has `impostors: delete`", on(anyTrail, "cloudtrail:DeleteTrail")),
}

// lakeRows are the calls about CloudTrail Lake.
var lakeRows = []Row{
	reads("cloudtrail:GetEventDataStore", string(trail.EventDataStore), "", "reads an event data store", on(self, "cloudtrail:GetEventDataStore")),
	reads("cloudtrail:GetResourcePolicy", string(trail.EventDataStore), "policy", "reads an event data store's policy", on(self, "cloudtrail:GetResourcePolicy")),
	reads("cloudtrail:GetChannel", string(trail.Channel), "", "reads a channel", on(self, "cloudtrail:GetChannel")),
	reads("cloudtrail:GetResourcePolicy", string(trail.Channel), "policy", "reads a channel's policy", on(self, "cloudtrail:GetResourcePolicy")),

	writes("cloudtrail:RestoreEventDataStore", string(trail.EventDataStore), "deletion", Whatever, "takes an event data store's deletion back", on(self, "cloudtrail:RestoreEventDataStore")),
	writes("cloudtrail:StartEventDataStoreIngestion", string(trail.EventDataStore), "ingestion", Whatever, "has it take in events again", on(self, "cloudtrail:StartEventDataStoreIngestion")),
	writes("cloudtrail:UpdateEventDataStore", string(trail.EventDataStore), "configuration", Whatever, "puts an event data store's configuration back",
		on(self, "cloudtrail:UpdateEventDataStore"),
		on(storeKey, "kms:Decrypt").noting("stores with a KMS key"), on(storeKey, "kms:GenerateDataKey").noting("stores with a KMS key"),
		on(orgStore(linkedRole), "iam:GetRole").noting("organization stores"),
		on(orgStore(linkedRole), "iam:CreateServiceLinkedRole").only(forCloudTrail("iam:AWSServiceName")).noting("organization stores"),
		on(orgStore(unlimited), "organizations:DescribeOrganization").noting("organization stores"),
		on(orgStore(unlimited), "organizations:ListAWSServiceAccessForOrganization").noting("organization stores")),
	writes("cloudtrail:PutResourcePolicy", string(trail.EventDataStore), "policy", Something, "puts an event data store's policy back", on(self, "cloudtrail:PutResourcePolicy")),
	writes("cloudtrail:DeleteResourcePolicy", string(trail.EventDataStore), "policy", Nothing, "takes a policy away that the baseline does not have", on(self, "cloudtrail:DeleteResourcePolicy")),
	writes("cloudtrail:UpdateChannel", string(trail.Channel), "configuration", Whatever, "puts a channel's configuration back", on(self, "cloudtrail:UpdateChannel")),
	writes("cloudtrail:PutResourcePolicy", string(trail.Channel), "policy", Something, "puts a channel's policy back", on(self, "cloudtrail:PutResourcePolicy")),
	writes("cloudtrail:DeleteResourcePolicy", string(trail.Channel), "policy", Nothing, "takes a policy away that the baseline does not have", on(self, "cloudtrail:DeleteResourcePolicy")),
}

// storeKey is the key that an event data store is encrypted under.
var storeKey = Form{Shape: "the store's key", arns: func(s subject) []string { return present(s.document("configuration").Text("KmsKeyId")) }}

// orgStore limits a form to event data stores of an organization.
func orgStore(f Form) Form {
	return f.when(func(s subject) bool { return s.document("configuration").Flag("OrganizationEnabled") })
}

// present is an ARN as a list, or none.
func present(arn string) []string {
	if arn == "" {
		return nil
	}
	return []string{arn}
}
