package privilege

// all is everything of a service that is one kind of resource, wherever it is.
func all(service, resource, shape string) Form {
	return Form{Shape: shape, Why: "an audit looks at whatever there is", arns: func(s subject) []string {
		return []string{"arn:" + s.partition + ":" + service + ":*:" + s.account + ":" + resource}
	}}
}

// auditRows are the calls of an audit that no other use makes. Those that it shares with the guard are in the tables of what they
// are about.
var auditRows = []Row{
	reads("account:ListRegions", "audit", "", "finds the regions that are enabled", on(accountItself, "account:ListRegions")),
	reads("cloudtrail:ListEventDataStores", "audit", "", "finds event data stores", on(unlimited, "cloudtrail:ListEventDataStores")),
	reads("eventbridge:ListRules", "audit", "", "finds rules that listen to CloudTrail", on(all("events", "rule/*", "every rule"), "events:ListRules")),
	reads("s3:ListBuckets", "audit", "", "finds where the account's buckets are", on(unlimited, "s3:ListAllMyBuckets")),
	reads("cloudwatchlogs:DescribeMetricFilters", "audit", "", "reads the metric filters of a region", on(all("logs", "log-group:*", "every log group"), "logs:DescribeMetricFilters")),
	reads("kms:ListAliases", "audit", "", "finds the keys that aliases stand for", on(unlimited, "kms:ListAliases")),
	reads("kms:ListResourceTags", "audit", "", "reads tags, by which findings can be muted", on(all("kms", "key/*", "every key"), "kms:ListResourceTags")),
	reads("sns:ListTagsForResource", "audit", "", "reads tags", on(all("sns", "*", "every topic"), "sns:ListTagsForResource")),
	reads("cloudwatchlogs:ListTagsForResource", "audit", "", "reads tags", on(all("logs", "log-group:*", "every log group"), "logs:ListTagsForResource")),
	reads("s3:GetBucketTagging", "audit", "", "reads tags", on(Form{Shape: "every bucket", Why: "an audit looks at whatever there is", arns: func(s subject) []string {
		return []string{"arn:" + s.partition + ":s3:::*"}
	}}, "s3:GetBucketTagging")),
	reads("s3:GetPublicAccessBlock", "audit", "", "reads what keeps the public out of the whole account", on(unlimited, "s3:GetAccountPublicAccessBlock")),
	reads("config:DescribeConfigurationRecorders", "audit", "", "reads what AWS Config records", on(unlimited, "config:DescribeConfigurationRecorders")),
	reads("config:DescribeConfigurationRecorderStatus", "audit", "", "reads whether AWS Config records", on(unlimited, "config:DescribeConfigurationRecorderStatus")),
	reads("guardduty:ListDetectors", "audit", "", "finds GuardDuty", on(unlimited, "guardduty:ListDetectors")),
	reads("guardduty:GetDetector", "audit", "", "reads whether GuardDuty is on", on(all("guardduty", "detector/*", "every detector"), "guardduty:GetDetector")),
	reads("securityhub:DescribeHub", "audit", "", "reads whether Security Hub is on", on(all("securityhub", "hub/default", "the account's hub"), "securityhub:DescribeHub")),
	reads("organizations:ListAccounts", "audit", "", "lists the accounts of `--organization`", on(unlimited, "organizations:ListAccounts")),
	reads("organizations:ListAWSServiceAccessForOrganization", "audit", "", "reads whether the organization trusts CloudTrail", on(unlimited, "organizations:ListAWSServiceAccessForOrganization")),
	reads("organizations:ListDelegatedAdministrators", "audit", "", "reads which accounts administer CloudTrail", on(unlimited, "organizations:ListDelegatedAdministrators")),

	writes("cloudtrail:UpdateTrail", "hardening", "", Whatever, "hands CloudTrail the role with which it writes to a log group",
		on(self, "iam:PassRole").only(passedTo("cloudtrail.amazonaws.com"))),
}
