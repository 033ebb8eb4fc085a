package tamper

import (
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// organizationTechniques are the ways to take accounts or regions out of the reach of an organization's trails. They are
// recorded in us-east-1, as all calls of global services.
func organizationTechniques() []Technique {
	const members = "the organization's copy of the members' events of the gap"
	return []Technique{
		{
			ID: OrgLeave, Tier: TierOrganization, Title: "Account taken out of the organization", Severity: severity.High,
			// AccountDepartedOrganization is what the management account's records say when a member has left by itself.
			Calls: callsOf(sourceOrganizations, "LeaveOrganization", "RemoveAccountFromOrganization",
				"AccountDepartedOrganization", "CloseAccount", "DeleteOrganization"),
			ATTCKv18: []string{"T1666"}, ATTCKv19: []string{"T1666"},
			Restores: "nothing: alerts, because only people can invite an account again",
			Lost:     members,
			Fields:   fields(trail.Organization, trail.Identity),
		},
		{
			ID: TrustedAccessOff, Tier: TierOrganization, Title: "Trusted access of CloudTrail turned off", Severity: severity.High,
			Calls:    callsOf(sourceOrganizations, "DisableAWSServiceAccess"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "turns it on, which only the management account can",
			Lost:     members,
			Fields:   fields(trail.Organization, "trustedAccess"),
		},
		{
			ID: DelegatedAdminRemoved, Tier: TierOrganization, Title: "Delegated administrator removed", Severity: severity.Medium,
			Calls: append(callsOf(sourceOrganizations, "DeregisterDelegatedAdministrator"),
				callsOf(sourceCloudTrail, "DeregisterOrganizationDelegatedAdmin")...),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "registers it again, which only the management account can",
			Fields:   fields(trail.Organization, "delegatedAdministrators"),
		},
		{
			ID: SCPDenyGuard, Tier: TierOrganization, Title: "Policies of the organization changed", Severity: severity.Medium,
			Calls: callsOf(sourceOrganizations, "AttachPolicy", "UpdatePolicy", "DetachPolicy", "DisablePolicyType",
				"MoveAccount"),
			ATTCKv18: []string{"T1666"}, ATTCKv19: []string{"T1666"},
			Restores: "nothing: alerts, and says so where one of them now keeps the guard from acting",
			Fields:   fields(trail.Organization, "serviceControlPolicies"),
		},
		{
			ID: RegionToggle, Tier: TierOrganization, Title: "Region enabled or disabled", Severity: severity.Medium,
			Calls:    callsOf(sourceAccount, "EnableRegion", "DisableRegion"),
			ATTCKv18: []string{"T1535", impairV18}, ATTCKv19: []string{"T1535", impairV19},
			Restores: "nothing: a sweep finds whether the multi-region trails reach the region",
			Lost:     "events of a new region until CloudTrail has copied the trail there",
		},
	}
}

// lakeTechniques are the ways to impair CloudTrail Lake.
func lakeTechniques() []Technique {
	return []Technique{
		{
			ID: LakeStop, Tier: TierLake, Title: "Event data store stopped", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, "StopEventDataStoreIngestion"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "starts the ingestion",
			Lost:     "the store's copy of the events of the gap",
			Fields:   fields(trail.EventDataStore, "ingestion"),
		},
		{
			ID: LakeDelete, Tier: TierLake, Title: "Event data store deleted", Severity: severity.Critical,
			Calls:    callsOf(sourceCloudTrail, "DeleteEventDataStore"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "restores the store, which AWS keeps for 7 days, and starts the ingestion",
			Lost:     "all of the store's events after these 7 days",
			Fields:   fields(trail.EventDataStore, "deletion", trail.Identity),
		},
		{
			ID: LakeUpdate, Tier: TierLake, Title: "Event data store changed", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, "UpdateEventDataStore"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets selection, retention and protection back",
			Lost:     "events older than a lowered retention, and those that were not taken in",
			Fields:   fields(trail.EventDataStore, "configuration"),
		},
		{
			ID: LakeChannel, Tier: TierLake, Title: "Channel changed or deleted", Severity: severity.High,
			Calls:    callsOf(sourceCloudTrail, "UpdateChannel", "DeleteChannel"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the channel's destinations back; of a deleted one it alerts",
			Lost:     "events of the time in between",
			Fields:   fields(trail.Channel, trail.Identity, "configuration"),
		},
		{
			ID: LakeResourcePolicy, Tier: TierLake, Title: "Policy of an event data store or channel changed or removed", Severity: severity.Medium,
			Calls:    callsOf(sourceCloudTrail, "PutResourcePolicy", "DeleteResourcePolicy"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the whole policy back",
			Fields:   append(fields(trail.EventDataStore, "policy"), fields(trail.Channel, "policy")...),
		},
	}
}
