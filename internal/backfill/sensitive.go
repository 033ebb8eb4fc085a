package backfill

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
)

// everyWrite marks a service all of whose writes matter.
const everyWrite = "*"

// sensitiveCalls are the calls that give access, hide traces, take data away or destroy: what to look at first of what somebody
// did while nothing was recorded. By event source without .amazonaws.com; prefixes of names count, because some carry version
// suffixes. It is a way to sort and no verdict.
var sensitiveCalls = map[string][]string{
	"iam":           {everyWrite},
	"organizations": {everyWrite},
	"account":       {everyWrite},
	"sso":           {everyWrite},
	"identitystore": {everyWrite},
	"cloudtrail":    {everyWrite},
	"config":        {"Stop", "Delete", "PutConfigurationRecorder"},
	"guardduty":     {"Delete", "Disable", "Disassociate", "UpdateDetector", "CreateFilter", "Archive", "UpdateIPSet", "CreateIPSet"},
	"securityhub":   {"Delete", "Disable", "Disassociate", "BatchUpdateFindings"},
	"access-analyzer": {
		"Delete", "CreateArchiveRule"},
	"monitoring": {"Delete", "Disable", "PutAlarmMuteRule", "SetAlarmState"},
	"logs":       {"Delete", "PutRetentionPolicy", "PutSubscriptionFilter", "PutResourcePolicy"},
	"events":     {"Delete", "Disable", "Remove", "PutPermission"},
	"kms":        {"ScheduleKeyDeletion", "Disable", "PutKeyPolicy", "CreateGrant", "RetireGrant", "RevokeGrant", "DeleteImportedKeyMaterial", "ImportKeyMaterial"},
	"s3": {
		"DeleteBucket", "PutBucket", "PutObjectLockConfiguration", "PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock", "DeletePublicAccessBlock"},
	"sns":            {"DeleteTopic", "AddPermission", "SetTopicAttributes", "Subscribe", "Unsubscribe"},
	"sqs":            {"DeleteQueue", "AddPermission", "PurgeQueue", "SetQueueAttributes"},
	"secretsmanager": {"GetSecretValue", "BatchGetSecretValue", "PutResourcePolicy", "DeleteSecret"},
	"ssm":            {"SendCommand", "StartSession", "CreateDocument", "ModifyDocumentPermission"},
	"ec2": {
		"RunInstances", "TerminateInstances", "GetPasswordData", "AuthorizeSecurityGroup", "ModifyInstanceAttribute", "ModifySnapshotAttribute",
		"ModifyImageAttribute", "CreateKeyPair", "ImportKeyPair", "DeleteFlowLogs", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfile",
		"CreateSnapshot", "DeleteSnapshot", "CopySnapshot", "CreateVpcPeeringConnection", "AcceptVpcPeeringConnection"},
	"ec2-instance-connect": {"SendSSHPublicKey", "SendSerialConsoleSSHPublicKey"},
	"lambda":               {"CreateFunction", "UpdateFunction", "AddPermission", "DeleteFunction", "CreateFunctionUrlConfig", "PublishLayerVersion", "PutFunctionConcurrency"},
	"rds":                  {"ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute", "DeleteDB", "ModifyDBInstance", "CreateDBSnapshot", "StartExportTask"},
	"ecr":                  {"SetRepositoryPolicy", "PutImage"},
	"cloudformation":       {"CreateStack", "UpdateStack", "DeleteStack"},
	"signin":               {"ConsoleLogin", "GetSigninToken"},
	"sts":                  {"GetFederationToken", "AssumeRoot"},
	"backup":               {"Delete"},
	"dynamodb":             {"DeleteTable", "ExportTable"},
	"wafv2":                {"Delete", "Disassociate"},
}

// sensitive says whether a call is one of those to look at first.
func sensitive(r record.Record) bool {
	if s, trails := tamper.Classify(r); trails {
		return s.Techniques[0] != tamper.StartLogging // the one call that turns the lights on
	}
	service, _, _ := strings.Cut(r.EventSource, ".")
	return slices.ContainsFunc(sensitiveCalls[service], func(name string) bool {
		return name == everyWrite && !r.ReadOnly || name != everyWrite && strings.HasPrefix(r.EventName, name)
	})
}
