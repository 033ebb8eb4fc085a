package harden

import "github.com/trailhold/trailhold/internal/posture"

// remedy is how one check is made to pass.
type remedy struct {
	check string
	// mend changes the draft, or says why it does not. It is called again until it changes nothing more.
	mend func(*draft, posture.Finding) (why string)
	// person says why a person has to mend it, where mend is nil.
	person string
}

// remedies has one for each check of the audit, in the order in which they are tried: what others rest on comes first.
func remedies() []remedy {
	return []remedy{
		{"ct-trail-exists", makeTrail, ""},
		{"ct-bucket-exists", makeBucket, ""},
		{"ct-multi-region", multiRegion, ""},
		{"ct-global-events", globalEvents, ""},
		{"ct-mgmt-events", managementEvents, ""},
		{"ct-logging", startLogging, ""},
		{"ct-validation", validate, ""},
		{"ct-kms", encrypt, ""},
		{"ct-security-trail", securityTrail, ""},
		{"ct-cwl", feedLogGroup, ""},
		{"ct-insights", insights, ""},

		{"ct-s3-data-write", selectData("S3 object writes", "false", "AWS::S3::Object"), ""},
		{"ct-s3-data-read", selectData("S3 object reads", "true", "AWS::S3::Object"), ""},
		{"ct-lambda-data", selectData("Lambda invocations", "", "AWS::Lambda::Function"), ""},
		{"ct-dynamodb-data", selectData("DynamoDB items", "", "AWS::DynamoDB::Table"), ""},
		{"ct-bedrock-data", selectData("Bedrock calls", "", bedrock...), ""},

		{"ct-bucket-policy-delivery", letDeliver, ""},
		{"ct-bucket-private", closeBucket, ""},
		{"ct-bucket-tls", tlsOnly, ""},
		{"ct-bucket-acl-off", aclOff, ""},
		{"ct-bucket-versioning", keepVersions, ""},
		{"ct-bucket-object-lock", lockObjects, ""},
		{"ct-bucket-mfa-delete", mfaDelete, ""},
		{"ct-bucket-lifecycle", keepLonger, ""},
		{"ct-bucket-encryption", encryptBucket, ""},
		{"ct-bucket-access-log", nil, "access to log files is recorded once data events of S3 are; an access log needs a bucket that you choose"},
		{"ct-bucket-events", tellOfBucket, ""},

		{"ct-kms-state", enableKey, ""},
		{"ct-kms-rotation", rotateKey, ""},
		{"ct-kms-policy", letEncrypt, ""},
		{"ct-cwl-group", mendLogGroup, ""},
		{"ct-sns-topic", mendTopic, ""},
		{"mf-alarm-actions", enableActions, ""},

		{"mf-unauthorized-api", alarmOn, ""}, {"mf-signin-no-mfa", alarmOn, ""}, {"mf-root-usage", alarmOn, ""},
		{"mf-iam-policy", alarmOn, ""}, {"mf-cloudtrail-config", alarmOn, ""}, {"mf-console-auth-fail", alarmOn, ""},
		{"mf-cmk-disable", alarmOn, ""}, {"mf-s3-policy", alarmOn, ""}, {"mf-config-changes", alarmOn, ""},
		{"mf-security-group", alarmOn, ""}, {"mf-nacl", alarmOn, ""}, {"mf-gateway", alarmOn, ""},
		{"mf-route-table", alarmOn, ""}, {"mf-vpc", alarmOn, ""}, {"mf-organizations", alarmOn, ""},

		{"ct-org-trail", nil, "only the organization's management account can do that, and its trail replaces others: somebody has to decide"},
		{"ct-global-dup", nil, "which of the trails is not needed, only you know"},
		{"ct-sns", nil, "a topic that is told of every log file is for programs that wait for them, not for people: choose one"},
		{"ct-delivery", nil, "CloudTrail takes an error back when it next delivers, some minutes after what kept it out was mended"},
		{"ct-gap", nil, "what was not recorded then cannot be recorded now: save what Event history has of it, and mute the finding"},
		{"ct-tagged", nil, "which tags you use, only you know"},
		{"ct-approved-bucket", nil, "either the trail or the baseline is wrong: find out which"},
		{"ct-lake-cmk", nil, "the key of an event data store can never be changed again: choose it with care"},
		{"ct-lake-ingesting", nil, "an event data store that takes in events costs by the gigabyte: find out why it was stopped"},
		{"ct-bucket-cross-account", nil, "whether that account needs it, only you know"},
		{"ct-account-pab", nil, "it holds for every bucket of the account, and would take down a website that one of them serves"},
		{"ct-bucket-replication", nil, "it takes a second bucket, best in another account, and a role"},
		{"ct-copy-elsewhere", nil, "it takes a bucket of another account, whose owner has to let you in"},
		{"ct-iam-full-access", nil, "taking permissions away may stop somebody's work: ask whose they are"},
		{"ct-config", nil, "AWS Config costs by what it records, and needs a bucket and a role that you choose"},
		{"ct-guardduty", nil, "GuardDuty costs by what it reads, and is best turned on for the organization as a whole"},
		{"ct-securityhub", nil, "Security Hub costs by its checks, and is best turned on for the organization as a whole"},
		{"ct-threat-enumeration", nil, notMended}, {"ct-threat-privilege-escalation", nil, notMended}, {"ct-threat-llm-jacking", nil, notMended},
		{"guard-rule-on", nil, "it comes with the guard: deploy that"},
		{"guard-second-recorder", nil, "a second recorder of another kind has its own price: GuardDuty, an organization trail or an event data store"},
		{"guard-scp", nil, "only the organization's management account can attach it: trailhold harden --scp prints it"},
		{"guard-alert-path", nil, "somebody has to see an alert arrive"},
		{"guard-digest-chain", nil, "hours without a digest stay without: trailhold verify tells more"},
		{"guard-resources", nil, "the guard has its own baseline: trailhold sweep restores it"},
	}
}

const notMended = "that is a suspicion, not a setting: look into it"

// remedyOf finds the remedy of a check.
func remedyOf(check string) remedy {
	for _, r := range remedies() {
		if r.check == check {
			return r
		}
	}
	return remedy{check: check, person: "there is no remedy for it"}
}
