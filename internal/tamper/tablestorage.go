package tamper

import (
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// storageTechniques are the ways to impair where the guard keeps what it needs, and the stack it was deployed with.
func storageTechniques() []Technique {
	return []Technique{
		{
			ID: QueuePurge, Tier: TierGuard, Title: "Queue of the guard purged", Severity: severity.High,
			Calls:    callsOf(sourceSQS, "PurgeQueue"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "nothing: the call is reported, and the next sweep finds what the messages would have told",
			Lost:     "the messages that were in the queue",
		},
		{
			ID: QueueDelete, Tier: TierGuard, Title: "Queue of the guard deleted", Severity: severity.High,
			Calls:    callsOf(sourceSQS, "DeleteQueue"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "creates the queue with its policy",
			Lost:     "the messages that were in the queue",
			Fields:   fields(trail.Queue, trail.Identity),
		},
		{
			ID: QueuePolicy, Tier: TierGuard, Title: "Policy of the guard's queue changed", Severity: severity.High,
			Calls:    callsOf(sourceSQS, "SetQueueAttributes", "RemovePermission", "AddPermission"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the whole policy back",
			Lost:     "messages that were refused",
			Fields:   fields(trail.Queue, "policy"),
		},
		{
			ID: QueueConfig, Tier: TierGuard, Title: "Settings of the guard's queue changed", Severity: severity.Medium,
			Calls:    callsOf(sourceSQS, "SetQueueAttributes"),
			ATTCKv18: []string{impairV18}, ATTCKv19: []string{impairV19},
			Restores: "sets the attributes back",
			Lost:     "messages that expired meanwhile, or went to another dead-letter queue",
			Fields:   fields(trail.Queue, "attributes"),
		},
		{
			ID: TableDelete, Tier: TierGuard, Title: "Table of the guard deleted", Severity: severity.High,
			Calls:    callsOf(sourceDynamoDB, "DeleteTable"),
			ATTCKv18: []string{disableV18, "T1485"}, ATTCKv19: []string{disableV19, "T1485"},
			Restores: "nothing: people restore it from its point-in-time recovery, or deploy it again; the guard goes on without it",
			Lost:     "the journal of incidents since the last backup",
			Fields:   fields(trail.Table, trail.Identity),
		},
		{
			ID: TableProtection, Tier: TierGuard, Title: "Protection of the guard's table changed", Severity: severity.Medium,
			Calls:    callsOf(sourceDynamoDB, "UpdateTable", "UpdateContinuousBackups", "UpdateTimeToLive"),
			ATTCKv18: []string{"T1490"}, ATTCKv19: []string{"T1490"},
			Restores: "turns deletion protection and point-in-time recovery on, and sets the time to live back",
			Lost:     "incidents that expired meanwhile, and the possibility to go back to the time in between",
			Fields:   fields(trail.Table, "deletionProtection", "pointInTimeRecovery", "timeToLive"),
		},
		{
			ID: StackDelete, Tier: TierGuard, Title: "Stack of the guard deleted or unprotected", Severity: severity.Critical,
			Calls:    callsOf(sourceCloudFormation, "DeleteStack", "DeleteStackInstances", "UpdateTerminationProtection"),
			ATTCKv18: []string{disableV18}, ATTCKv19: []string{disableV19},
			Restores: "what it still can of the single resources; else a missing heartbeat alarms from outside",
			Lost:     asleep,
		},
	}
}
