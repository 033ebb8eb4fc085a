package privilege

import "strings"

// ownKeys are the keys that are given for what the uses read and write.
var ownKeys = Form{Shape: "the keys given", arns: func(s subject) []string { return s.scope.uses.Keys }}

// encrypted are the grants for what is encrypted under a key of one's own.
func encrypted(service string, actions ...string) []Grant {
	var grants []Grant
	for _, action := range actions {
		grants = append(grants, on(ownKeys, action).only(via(service, ownKeys)).noting("where a key is given"))
	}
	return grants
}

var (
	// secretItself is a secret. Of one that is known by its name the last six characters are AWS's, and any.
	// https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
	secretItself = Form{Shape: "its ARN, with `??????` for what AWS ends it with", arns: func(s subject) []string {
		name, unknown := strings.CutSuffix(s.arn, anySuffix)
		if unknown {
			return []string{s.exactly(name) + anySuffix}
		}
		return []string{s.exactly(name)}
	}}
	items         = below("/*", "`bucket/prefix/*`")
	tableIndexes  = below("/index/*", "its indexes")
	accountItself = Form{Shape: "the account", arns: func(s subject) []string {
		return []string{"arn:" + s.partition + ":account::" + s.account + ":account"}
	}}
	regionAlarms = Form{Shape: "every alarm", Why: "which alarms watch a trail's log group is not known before", arns: func(s subject) []string {
		return []string{"arn:" + s.partition + ":cloudwatch:*:" + s.account + ":alarm:*"}
	}}
	ownProduct = Form{Shape: "the account's own findings", arns: func(s subject) []string {
		return []string{"arn:" + s.partition + ":securityhub:*:" + s.account + ":product/" + s.account + "/default"}
	}}
	wholeOrganization = anything("which units and policies bind the account is not known before")

	trailKey = Form{Shape: "the trail's key", arns: func(s subject) []string {
		if s.blank {
			return []string{placeholders[key]}
		}
		return present(s.trail.KMSKeyID)
	}}
)

// anySuffix stands in a policy for the six characters, and the hyphen before them, that Secrets Manager ends a secret's ARN with.
const anySuffix = "-??????"

// useRows are the calls of what is done beside the guarding.
var useRows = []Row{
	reads("cloudtrail:LookupEvents", "account", "", "finds out from Event history who did it, and what a trail did not record", on(unlimited, "cloudtrail:LookupEvents").only(here)),
	reads("sts:GetCallerIdentity", "account", "", "asks whose credentials these are; nobody needs a permission for that"),
	reads("sts:AssumeRole", "account", "", "assumes the role of `--role-arn`: a permission of whoever starts Trailhold, not of the role"),

	reads("sns:Publish", "alerts", "", "tells people", append([]Grant{on(self, "sns:Publish")}, encrypted("sns", "kms:GenerateDataKey", "kms:Decrypt")...)...),
	reads("eventbridge:PutEvents", "event buses", "", "tells by an event", on(self, "events:PutEvents")),
	reads("securityhub:BatchImportFindings", "findings", "", "tells by a finding", on(ownProduct, "securityhub:BatchImportFindings")),
	reads("ssm:GetParameter", "ssm secrets", "", "reads a channel's secret", append([]Grant{on(self, "ssm:GetParameter")}, encrypted("ssm", "kms:Decrypt")...)...),
	reads("secretsmanager:GetSecretValue", "secretsmanager secrets", "", "reads a channel's secret", append([]Grant{on(secretItself, "secretsmanager:GetSecretValue")}, encrypted("secretsmanager", "kms:Decrypt")...)...),
	reads("dynamodb:GetItem", "journal", "", "reads an incident", append([]Grant{on(self, "dynamodb:GetItem")}, encrypted("dynamodb", "kms:Decrypt")...)...),
	reads("dynamodb:Query", "journal", "", "lists incidents", on(tableIndexes, "dynamodb:Query"), on(self, "dynamodb:Query").noting("the indexes hold keys only: the rest is fetched from the table")),
	reads("dynamodb:UpdateItem", "journal", "", "saves an incident", on(self, "dynamodb:UpdateItem")),
	reads("sqs:ReceiveMessage", "queue of events", "", "receives events", append([]Grant{on(self, "sqs:ReceiveMessage")}, encrypted("sqs", "kms:Decrypt")...)...),
	reads("sqs:DeleteMessage", "queue of events", "", "removes events that were dealt with", on(self, "sqs:DeleteMessage")),
	reads("s3:GetObject", "baseline", "", "reads the baseline, and the alerts file beside it", append([]Grant{on(self, "s3:GetObject")}, encrypted("s3", "kms:Decrypt")...)...),

	reads("s3:PutObject", "evidence", "", "writes what a trail did not record", append([]Grant{on(items, "s3:PutObject")}, encrypted("s3", "kms:GenerateDataKey", "kms:Decrypt")...)...),
	reads("s3:GetObject", "evidence", "", "reads evidence back", on(items, "s3:GetObject"), on(bucketOf, "s3:ListBucket").noting("without it S3 does not say that a file is missing")),
	reads("s3:GetBucketLocation", "evidence", "", "finds the bucket's region", on(bucketOf, "s3:GetBucketLocation")),
	reads("account:ListRegions", "evidence", "", "finds the regions to read Event history of, where none are given", on(accountItself, "account:ListRegions")),

	reads("cloudtrail:ListPublicKeys", "verification", "", "gets the keys that digest files are signed with", on(unlimited, "cloudtrail:ListPublicKeys").only(here)),
	reads("s3:ListObjectsV2", "verification", "", "finds digest files and log files", on(logBucket, "s3:ListBucket")),
	reads("s3:GetObject", "verification", "", "reads digest files and log files", on(logFiles, "s3:GetObject"), on(trailKey, "kms:Decrypt").only(via("s3", trailKey)).noting("trails with a key")),
	reads("s3:GetBucketLocation", "verification", "", "finds the bucket's region", on(logBucket, "s3:GetBucketLocation")),

	reads("account:ListRegions", "verification", "", "finds the regions of a trail that is only named", on(accountItself, "account:ListRegions")),

	reads("iam:GetAccountAuthorizationDetails", "who can", "", "reads who there is and what each may do", on(unlimited, "iam:GetAccountAuthorizationDetails")),
	reads("organizations:DescribeOrganization", "who can", "", "reads which organization the account is in", on(unlimited, "organizations:DescribeOrganization")),
	reads("organizations:ListParents", "who can", "", "finds the units whose policies bind the account", on(wholeOrganization, "organizations:ListParents")),
	reads("organizations:ListPoliciesForTarget", "who can", "", "reads which policies bind the account", on(wholeOrganization, "organizations:ListPoliciesForTarget")),
	reads("organizations:DescribePolicy", "who can", "", "reads what these policies say", on(wholeOrganization, "organizations:DescribePolicy")),

	reads("account:ListRegions", "capture", "", "finds the regions that are enabled", on(accountItself, "account:ListRegions")),
	reads("cloudwatch:DescribeAlarms", "capture", "", "finds alarms on a trail's log group", on(regionAlarms, "cloudwatch:DescribeAlarms")),
}
