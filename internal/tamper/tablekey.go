package tamper

import (
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// keyTechniques are the ways to impair the key that log files are encrypted under.
func keyTechniques() []Technique {
	return []Technique{
		{
			ID: KMSDisable, Tier: TierDependency, Title: "KMS key of the logs disabled", Severity: severity.Critical,
			Calls:    callsOf(sourceKMS, "DisableKey"),
			ATTCKv18: []string{"T1485"}, ATTCKv19: []string{"T1485"},
			Restores: "enables the key",
			Lost:     "nothing within 30 days, for which CloudTrail keeps trying to deliver",
			Fields:   fields(trail.Key, "state"),
		},
		{
			ID: KMSScheduleDeletion, Tier: TierDependency, Title: "KMS key of the logs about to be deleted", Severity: severity.Critical,
			// DeleteKey is what KMS itself records when the waiting period is over.
			Calls:    callsOf(sourceKMS, "ScheduleKeyDeletion", "DeleteImportedKeyMaterial", "DeleteKey"),
			ATTCKv18: []string{"T1485"}, ATTCKv19: []string{"T1485"},
			Restores: "cancels the deletion, then enables the key, which that leaves disabled",
			Lost:     "all that is encrypted under the key, once it is gone",
			Fields:   fields(trail.Key, "state", trail.Identity),
		},
		{
			ID: KMSPolicy, Tier: TierDependency, Title: "Policy of the logs' key changed", Severity: severity.High,
			Calls:    callsOf(sourceKMS, "PutKeyPolicy"),
			ATTCKv18: []string{"T1562"}, ATTCKv19: []string{"T1685"},
			Restores: "sets the whole policy back",
			Lost:     "nothing within 30 days, for which CloudTrail keeps trying to deliver",
			Fields:   fields(trail.Key, "policy"),
		},
		{
			ID: KMSGrant, Tier: TierDependency, Title: "Grants of the logs' key changed", Severity: severity.Medium,
			Calls:    callsOf(sourceKMS, "RevokeGrant", "RetireGrant", "CreateGrant"),
			ATTCKv18: []string{"T1098", "T1562"}, ATTCKv19: []string{"T1098", "T1685"},
			Restores: "makes grants again that were revoked or retired; of new ones it alerts",
			Fields:   fields(trail.Key, "grants"),
		},
		{
			ID: KMSRotation, Tier: TierDependency, Title: "Rotation of the logs' key turned off", Severity: severity.Low,
			Calls:    callsOf(sourceKMS, "DisableKeyRotation"),
			ATTCKv18: []string{"T1562"}, ATTCKv19: []string{"T1685"},
			Restores: "turns rotation on",
			Fields:   fields(trail.Key, "rotation"),
		},
	}
}

// topicTechniques are the ways to impair the topics that tell of new log files, and of the guard's alerts.
func topicTechniques() []Technique {
	const missed = "notifications sent meanwhile"
	return []Technique{
		{
			ID: TopicDelete, Tier: TierDependency, Title: "SNS topic deleted", Severity: severity.High,
			Calls:    callsOf(sourceSNS, "DeleteTopic"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "creates the topic with its policy and subscriptions",
			Lost:     missed + "; subscriptions by e-mail have to be confirmed again",
			Fields:   fields(trail.Topic, trail.Identity),
		},
		{
			ID: TopicPolicy, Tier: TierDependency, Title: "Policy of an SNS topic changed", Severity: severity.High,
			Calls:    callsOf(sourceSNS, "SetTopicAttributes", "RemovePermission", "AddPermission", "PutDataProtectionPolicy"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the whole policy back",
			Lost:     "notifications that were refused",
			Fields:   fields(trail.Topic, "policy"),
		},
		{
			ID: TopicEncryption, Tier: TierDependency, Title: "Encryption of an SNS topic changed", Severity: severity.Medium,
			Calls:    callsOf(sourceSNS, "SetTopicAttributes"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the topic's key back",
			Lost:     "notifications that could not be encrypted",
			Fields:   fields(trail.Topic, "encryption"),
		},
		{
			ID: Unsubscribe, Tier: TierDependency, Title: "Subscription of an SNS topic removed", Severity: severity.High,
			Calls:    callsOf(sourceSNS, "Unsubscribe"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "subscribes again",
			Lost:     missed + "; a subscription by e-mail has to be confirmed again",
			Fields:   fields(trail.Topic, "subscriptions"),
		},
		{
			ID: FilterPolicy, Tier: TierDependency, Title: "Subscription of an SNS topic changed", Severity: severity.High,
			Calls:    callsOf(sourceSNS, "SetSubscriptionAttributes"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets filter policy and delivery back",
			Lost:     "notifications that were filtered out",
			Fields:   fields(trail.Topic, "subscriptions"),
		},
		{
			ID: ResourceUpdate, Tier: TierDependency, Title: "Guarded resource changed without narrowing it", Severity: severity.Info,
			Calls:    callsOf(sourceSNS, "Subscribe"),
			Restores: "nothing: the call is harmless as far as its record tells, and is reported",
		},
	}
}

// roleTechniques are the ways to impair the roles that CloudTrail and the guard work with.
func roleTechniques() []Technique {
	const idle = "what the role's user could not do meanwhile"
	return []Technique{
		{
			ID: RoleDelete, Tier: TierGuard, Title: "Role deleted", Severity: severity.High,
			Calls:    callsOf(sourceIAM, "DeleteRole"),
			ATTCKv18: []string{"T1531"}, ATTCKv19: []string{"T1531"},
			Restores: "creates the role with its policies; the guard's own role only people can create",
			Lost:     idle,
			Fields:   fields(trail.Role, trail.Identity),
		},
		{
			ID: RoleTrust, Tier: TierGuard, Title: "Trust policy of a role changed", Severity: severity.High,
			Calls:    callsOf(sourceIAM, "UpdateAssumeRolePolicy"),
			ATTCKv18: []string{"T1098"}, ATTCKv19: []string{"T1098"},
			Restores: "sets the trust policy back",
			Lost:     idle,
			Fields:   fields(trail.Role, "trust"),
		},
		{
			ID: RolePolicy, Tier: TierGuard, Title: "Permissions of a role changed", Severity: severity.High,
			Calls: callsOf(sourceIAM, "PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy",
				"CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion", "DeletePolicy"),
			ATTCKv18: []string{"T1098.003", "T1531"}, ATTCKv19: []string{"T1098.003", "T1531"},
			Restores: "sets the role's own policies and attachments back; of a managed policy's content it alerts",
			Lost:     idle,
			Fields:   fields(trail.Role, "policies", "attachedPolicies"),
		},
		{
			ID: RoleBoundary, Tier: TierGuard, Title: "Permissions boundary of a role changed or removed", Severity: severity.High,
			Calls:    callsOf(sourceIAM, "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
			ATTCKv18: []string{"T1098"}, ATTCKv19: []string{"T1098"},
			Restores: "sets the boundary back",
			Lost:     idle,
			Fields:   fields(trail.Role, "boundary"),
		},
	}
}
