package drill

import (
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// storageTechniques are attacks on where the guard keeps what it needs.
func storageTechniques() []Technique {
	on, queue := naming("TableName", trail.Resource.Name), naming("QueueUrl", queueURL)
	unprotect := on("dynamodb:UpdateTable", object{"DeletionProtectionEnabled": false})
	return []Technique{
		{ID: tamper.QueuePurge, On: trail.Queue, calls: queue("sqs:PurgeQueue", nil), Outcome: Reported},
		{ID: tamper.QueuePolicy, On: trail.Queue, calls: queue("sqs:SetQueueAttributes", object{"Attributes": object{"Policy": ""}}), Outcome: Restored},
		{ID: tamper.QueueConfig, On: trail.Queue, calls: queue("sqs:SetQueueAttributes", object{"Attributes": object{"MessageRetentionPeriod": "60"}}), Outcome: Restored},
		{ID: tamper.TableProtection, Variant: "deletion", On: trail.Table, calls: unprotect, Outcome: Restored},
		{ID: tamper.TableProtection, Variant: "backups", On: trail.Table, Outcome: Restored,
			calls: on("dynamodb:UpdateContinuousBackups", object{"PointInTimeRecoverySpecification": object{"PointInTimeRecoveryEnabled": false}})},
		{ID: tamper.TableProtection, Variant: "expiry", On: trail.Table, Outcome: Restored,
			calls: on("dynamodb:UpdateTimeToLive", object{"TimeToLiveSpecification": object{"Enabled": false, "AttributeName": "expires"}})},
		{ID: tamper.QueueDelete, On: trail.Queue, calls: queue("sqs:DeleteQueue", nil), Outcome: Restored},
		{ID: tamper.TableDelete, On: trail.Table, calls: then(unprotect, on("dynamodb:DeleteTable", nil)), Ruins: true, Outcome: Alerted},
	}
}

func queueURL(r trail.Resource) string {
	return "https://sqs." + r.Region + ".amazonaws.com/" + r.Account + "/" + r.Name()
}
