package harden

import "github.com/trailhold/trailhold/internal/posture"

// remedy is how one check is made to pass.
type remedy struct {
	check string
	// mend changes the draft, or says why it does not. It is called again until it changes nothing more.
	mend func(*draft, posture.Finding) (why string)
	// person says why a person has to mend it, where mend is nil.
	person string
	// choose changes the draft as that person would most likely want it, for a command to paste; nil if nobody can tell.
	choose func(*draft, posture.Finding) (why string)
}

// remedies has one for each check of the audit, in the order in which they are tried: what others rest on comes first.
func remedies() []remedy {
	return []remedy{
		{check: "ct-trail-exists", mend: makeTrail},
		{check: "ct-bucket-exists", mend: makeBucket},
		{check: "ct-multi-region", mend: multiRegion},
		{check: "ct-global-events", mend: globalEvents},
		{check: "ct-mgmt-events", mend: managementEvents},
		{check: "ct-logging", mend: startLogging},
		{check: "ct-validation", mend: validate},
		{check: "ct-kms", mend: encrypt},
		{check: "ct-security-trail", mend: securityTrail},
		{check: "ct-cwl", mend: feedLogGroup},
		{check: "ct-insights", mend: insights},

		{check: "ct-s3-data-write", mend: selectData("S3 object writes", "false", "AWS::S3::Object")},
		{check: "ct-s3-data-read", mend: selectData("S3 object reads", "true", "AWS::S3::Object")},
		{check: "ct-lambda-data", mend: selectData("Lambda invocations", "", "AWS::Lambda::Function")},
		{check: "ct-dynamodb-data", mend: selectData("DynamoDB items", "", "AWS::DynamoDB::Table")},
		{check: "ct-bedrock-data", mend: selectData("Bedrock calls", "", bedrock...)},

		{check: "ct-bucket-policy-delivery", mend: letDeliver},
		{check: "ct-bucket-private", mend: closeBucket},
		{check: "ct-bucket-tls", mend: tlsOnly},
		{check: "ct-bucket-acl-off", mend: aclOff},
		{check: "ct-bucket-versioning", mend: keepVersions},
		{check: "ct-bucket-object-lock", mend: lockObjects},
		{check: "ct-bucket-mfa-delete", mend: mfaDelete},
		{check: "ct-bucket-lifecycle", mend: keepLonger},
		{check: "ct-bucket-encryption", mend: encryptBucket},
		{check: "ct-bucket-access-log", person: "access to log files is recorded once data events of S3 are; an access log needs a bucket that you choose", choose: logAccess},
		{check: "ct-bucket-events", mend: tellOfBucket},

		{check: "ct-kms-state", mend: enableKey},
		{check: "ct-kms-rotation", mend: rotateKey},
		{check: "ct-kms-policy", mend: letEncrypt},
		{check: "ct-cwl-group", mend: mendLogGroup},
		{check: "ct-sns-topic", mend: mendTopic},
		{check: "mf-alarm-actions", mend: enableActions},

		{check: "mf-unauthorized-api", mend: alarmOn}, {check: "mf-signin-no-mfa", mend: alarmOn}, {check: "mf-root-usage", mend: alarmOn},
		{check: "mf-iam-policy", mend: alarmOn}, {check: "mf-cloudtrail-config", mend: alarmOn}, {check: "mf-console-auth-fail", mend: alarmOn},
		{check: "mf-cmk-disable", mend: alarmOn}, {check: "mf-s3-policy", mend: alarmOn}, {check: "mf-config-changes", mend: alarmOn},
		{check: "mf-security-group", mend: alarmOn}, {check: "mf-nacl", mend: alarmOn}, {check: "mf-gateway", mend: alarmOn},
		{check: "mf-route-table", mend: alarmOn}, {check: "mf-vpc", mend: alarmOn}, {check: "mf-organizations", mend: alarmOn},

		{check: "ct-org-trail", person: "only the organization's management account can do that, and its trail replaces others: somebody has to decide", choose: makeOrganizationTrail},
		{check: "ct-global-dup", person: "which of the trails is not needed, only you know", choose: dropGlobal},
		{check: "ct-sns", person: "a topic that is told of every log file is for programs that wait for them, not for people: choose one", choose: tellTopic},
		{check: "ct-delivery", person: "CloudTrail takes an error back when it next delivers, some minutes after what kept it out was mended"},
		{check: "ct-gap", person: "what was not recorded then cannot be recorded now: save what Event history has of it, and mute the finding"},
		{check: "ct-tagged", person: "which tags you use, only you know"},
		{check: "ct-approved-bucket", person: "either the trail or the baseline is wrong: find out which"},
		{check: "ct-lake-cmk", person: "the key of an event data store can never be changed again: choose it with care"},
		{check: "ct-lake-ingesting", person: "an event data store that takes in events costs by the gigabyte: find out why it was stopped"},
		{check: "ct-bucket-cross-account", person: "whether that account needs it, only you know"},
		{check: "ct-account-pab", person: "it holds for every bucket of the account, and would take down a website that one of them serves"},
		{check: "ct-bucket-replication", person: "it takes a second bucket, best in another account, and a role"},
		{check: "ct-copy-elsewhere", person: "it takes a bucket of another account, whose owner has to let you in"},
		{check: "ct-iam-full-access", person: "taking permissions away may stop somebody's work: ask whose they are"},
		{check: "ct-config", person: "AWS Config costs by what it records, and needs a bucket and a role that you choose"},
		{check: "ct-guardduty", person: "GuardDuty costs by what it reads, and is best turned on for the organization as a whole"},
		{check: "ct-securityhub", person: "Security Hub costs by its checks, and is best turned on for the organization as a whole"},
		{check: "ct-threat-enumeration", person: notMended}, {check: "ct-threat-privilege-escalation", person: notMended}, {check: "ct-threat-llm-jacking", person: notMended},
		{check: "guard-rule-on", person: "it comes with the guard: deploy that"},
		{check: "guard-second-recorder", person: "a second recorder of another kind has its own price: GuardDuty, an organization trail or an event data store"},
		{check: "guard-scp", person: "only the organization's management account can attach it: trailhold harden --scp prints it"},
		{check: "guard-alert-path", person: "somebody has to see an alert arrive"},
		{check: "guard-digest-chain", person: "hours without a digest stay without: trailhold verify tells more"},
		{check: "guard-resources", person: "the guard has its own baseline: trailhold sweep restores it"},
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
