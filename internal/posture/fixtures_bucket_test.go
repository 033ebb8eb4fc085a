package posture

import (
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// statement adds a statement to the bucket's policy.
func statement(text string) func(*Account) {
	return func(a *Account) {
		a.set(bucketARN, "policy", doc("%s", strings.Replace(bucketPolicy, `"Statement":[`, `"Statement":[`+text+`,`, 1)))
	}
}

var bucketFixtures = []fixture{
	{"gone", "ct-bucket-exists", Fail, gone(bucketARN), "does not exist"},
	{"not read", "ct-bucket-exists", Unknown, unreadable(bucketARN, trail.Identity), ""},
	{"somebody else's", "ct-bucket-exists", Unknown, func(a *Account) {
		a.Baseline = nil
		a.set(bucketARN, trail.Identity, identity(anotherAccount))
	}, "was not read"},
	{"lost to a stranger", "ct-bucket-exists", Fail, setting(bucketARN, trail.Identity, `{"Owner":"another account"}`), "no longer belongs"},

	{"a Deny beside the Allow", "ct-bucket-policy-delivery", Fail, statement(`{"Sid":"Quiet","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"` + bucketARN + `/*"}`), "Quiet"},
	{"not read", "ct-bucket-policy-delivery", Unknown, unreadable(bucketARN, "policy"), ""},
	{"no policy", "ct-bucket-policy-delivery", Fail, setting(bucketARN, "policy", `{}`), ""},
	{"strangers' trails", "ct-bucket-policy-delivery", Fail, statement(`{"Sid":"Any","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"` + bucketARN + `/*"}`), "trails of any account"},
	{"the requester pays", "ct-bucket-policy-delivery", Fail, setting(bucketARN, "requestPayment", `{"Payer":"Requester"}`), "requester pays"},

	{"public by its policy", "ct-bucket-private", Fail, statement(`{"Sid":"World","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"` + bucketARN + `/*"}`), "World"},
	{"public by its ACL", "ct-bucket-private", Fail, setting(bucketARN, "acl", `{"Grants":[{"Grantee":{"URI":"http://acs.amazonaws.com/groups/global/AllUsers"},"Permission":"READ"}]}`), "READ"},
	{"not read", "ct-bucket-private", Unknown, unreadable(bucketARN, "acl"), ""},
	{"only the account's block", "ct-bucket-private", Pass, setting(bucketARN, "publicAccessBlock", `{}`), ""},
	{"the account's block could not be read", "ct-bucket-private", Unknown, func(a *Account) {
		a.set(bucketARN, "publicAccessBlock", doc(`{}`))
		a.PublicAccessBlock = denied()
	}, ""},
	{"no block at all", "ct-bucket-private", Fail, func(a *Account) {
		a.set(bucketARN, "publicAccessBlock", doc(`{}`))
		a.PublicAccessBlock = doc(`{"BlockPublicAcls":true}`)
	}, "BlockPublicPolicy"},
	{"everybody of the organization", "ct-bucket-private", Pass, statement(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"` + bucketARN + `/*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-example"}}}`), ""},
	{"everybody, but for those who have a tag", "ct-bucket-private", Fail, statement(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"` + bucketARN + `/*"},{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"` + bucketARN + `/*","Condition":{"StringEquals":{"aws:PrincipalTag/out":"yes"}}}`), ""},
	{"the block of an account whose bucket it is not", "ct-bucket-private", Fail, func(a *Account) {
		a.set(bucketARN, "publicAccessBlock", doc(`{}`))
		b := a.Resources[bucketARN]
		b.Account = elsewhere
		a.Resources[bucketARN] = b
	}, "the bucket's public access block"},
	{"any address", "ct-bucket-private", Fail, statement(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"` + bucketARN + `/*","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}}`), ""},

	{"a resource control policy shuts CloudTrail out", "ct-bucket-policy-delivery", Fail, limitedBy(`{"Sid":"Perimeter","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-x"}}}`), "resource control policy denies"},
	{"one that excepts services", "ct-bucket-policy-delivery", Pass, limitedBy(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-x"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}`), ""},
	{"one that nobody could read", "ct-bucket-policy-delivery", Unknown, func(a *Account) {
		a.organization(func(o *Organization) { o.ResourceControls = trail.NotKnown[[][]*whocan.Policy]("AccessDenied") })
		a.status(func(s *trail.Status) { s.LatestDeliveryTime = now.AddDate(0, 0, -3) })
	}, "resource control policy"},
	{"one that nobody could read, but files come", "ct-bucket-policy-delivery", Pass, func(a *Account) {
		a.organization(func(o *Organization) { o.ResourceControls = trail.NotKnown[[][]*whocan.Policy]("AccessDenied") })
	}, ""},
	{"of the management account", "ct-bucket-policy-delivery", Pass, func(a *Account) {
		limitedBy(`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`)(a)
		a.organization(func(o *Organization) { o.ManagementAccount = own })
	}, ""},
	{"a resource control policy shuts CloudTrail out", "ct-kms-policy", Fail, limitedBy(`{"Effect":"Deny","Principal":"*","Action":"kms:GenerateDataKey*","Resource":"*"}`), "resource control policy denies"},

	{"another account deletes", "ct-bucket-cross-account", Fail, statement(`{"Sid":"Other","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/x"},"Action":"s3:Delete*","Resource":"` + bucketARN + `/*"}`), "444455556666"},
	{"not read", "ct-bucket-cross-account", Unknown, unreadable(bucketARN, "policy"), ""},
	{"another account reads", "ct-bucket-cross-account", Pass, statement(`{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"` + bucketARN + `/*"}`), ""},
	{"AWS's former accounts", "ct-bucket-cross-account", Pass, statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::086441151436:root"},"Action":"s3:PutObject","Resource":"` + bucketARN + `/*"}`), ""},

	{"nothing refuses", "ct-bucket-tls", Fail, setting(bucketARN, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"x"}]}`), ""},
	{"not read", "ct-bucket-tls", Unknown, unreadable(bucketARN, "policy"), ""},
	{"only writes", "ct-bucket-tls", Fail, setting(bucketARN, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":["%s","%s/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, bucketARN, bucketARN), ""},
	{"no policy", "ct-bucket-tls", Fail, setting(bucketARN, "policy", `{}`), ""},

	{"on", "ct-bucket-acl-off", Fail, setting(bucketARN, "ownershipControls", `{"Rules":[{"ObjectOwnership":"BucketOwnerPreferred"}]}`), ""},
	{"not read", "ct-bucket-acl-off", Unknown, unreadable(bucketARN, "ownershipControls"), ""},
	{"none", "ct-bucket-acl-off", Fail, setting(bucketARN, "ownershipControls", `{}`), ""},

	{"three of four", "ct-account-pab", Fail, func(a *Account) {
		a.PublicAccessBlock = doc(`{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true}`)
	}, "RestrictPublicBuckets"},
	{"not read", "ct-account-pab", Unknown, func(a *Account) { a.PublicAccessBlock = denied() }, ""},
	{"none", "ct-account-pab", Fail, func(a *Account) { a.PublicAccessBlock = doc(`{}`) }, ""},

	{"off", "ct-bucket-object-lock", Fail, setting(bucketARN, "objectLock", `{}`), "off"},
	{"not read", "ct-bucket-object-lock", Unknown, unreadable(bucketARN, "objectLock"), ""},
	{"no default", "ct-bucket-object-lock", Fail, setting(bucketARN, "objectLock", `{"ObjectLockEnabled":"Enabled"}`), "no default retention"},
	{"a year", "ct-bucket-object-lock", Pass, setting(bucketARN, "objectLock", `{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"COMPLIANCE","Years":1}}}`), ""},
	{"a day less", "ct-bucket-object-lock", Fail, setting(bucketARN, "objectLock", `{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"COMPLIANCE","Days":364}}}`), "364 days only, not 365"},
	{"governance", "ct-bucket-object-lock", Fail, setting(bucketARN, "objectLock", `{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":400}}}`), "BypassGovernanceRetention"},

	{"never", "ct-bucket-versioning", Fail, setting(bucketARN, "versioning", `{}`), "never"},
	{"not read", "ct-bucket-versioning", Unknown, unreadable(bucketARN, "versioning"), ""},
	{"suspended", "ct-bucket-versioning", Fail, setting(bucketARN, "versioning", `{"Status":"Suspended"}`), "suspended"},

	{"neither", "ct-bucket-mfa-delete", Fail, setting(bucketARN, "objectLock", `{}`), ""},
	{"not read", "ct-bucket-mfa-delete", Unknown, unreadable(bucketARN, "versioning"), ""},
	{"no MFA, and a lock that could not be read", "ct-bucket-mfa-delete", Unknown, unreadable(bucketARN, "objectLock"), ""},
	{"MFA delete", "ct-bucket-mfa-delete", Pass, func(a *Account) {
		a.set(bucketARN, "objectLock", doc(`{}`))
		a.set(bucketARN, "versioning", doc(`{"Status":"Enabled","MFADelete":"Enabled"}`))
	}, ""},

	{"a day", "ct-bucket-lifecycle", Fail, setting(bucketARN, "lifecycle", `{"Rules":[{"ID":"tidy","Status":"Enabled","Expiration":{"Days":1}}]}`), "after 1 day, not 365"},
	{"not read", "ct-bucket-lifecycle", Unknown, unreadable(bucketARN, "lifecycle"), ""},
	{"disabled", "ct-bucket-lifecycle", Pass, setting(bucketARN, "lifecycle", `{"Rules":[{"Status":"Disabled","Expiration":{"Days":1}}]}`), ""},
	{"other files", "ct-bucket-lifecycle", Pass, setting(bucketARN, "lifecycle", `{"Rules":[{"Status":"Enabled","Filter":{"Prefix":"tmp/"},"Expiration":{"Days":1}}]}`), ""},
	{"tagged files", "ct-bucket-lifecycle", Pass, setting(bucketARN, "lifecycle", `{"Rules":[{"Status":"Enabled","Filter":{"Tag":{"Key":"a","Value":"b"}},"Expiration":{"Days":1}}]}`), ""},
	{"a folder of them", "ct-bucket-lifecycle", Fail, setting(bucketARN, "lifecycle", `{"Rules":[{"Status":"Enabled","Filter":{"Prefix":"AWSLogs/111122223333/CloudTrail-Digest/"},"Expiration":{"Days":1}}]}`), ""},
	{"a date", "ct-bucket-lifecycle", Fail, setting(bucketARN, "lifecycle", `{"Rules":[{"Status":"Enabled","Expiration":{"Date":"2026-04-01T00:00:00Z"}}]}`), "2026-04-01"},
	{"old versions at once", "ct-bucket-lifecycle", Fail, setting(bucketARN, "lifecycle", `{"Rules":[{"Status":"Enabled","NoncurrentVersionExpiration":{"NoncurrentDays":1}}]}`), "for good"},
	{"long enough", "ct-bucket-lifecycle", Pass, setting(bucketARN, "lifecycle", `{"Rules":[{"Status":"Enabled","Expiration":{"Days":365}}]}`), ""},

	{"none", "ct-bucket-replication", Fail, setting(bucketARN, "replication", `{}`), ""},
	{"not read", "ct-bucket-replication", Unknown, unreadable(bucketARN, "replication"), ""},
	{"disabled", "ct-bucket-replication", Fail, setting(bucketARN, "replication", `{"Rules":[{"Status":"Disabled","Destination":{"Bucket":"b"}}]}`), ""},

	{"none", "ct-copy-elsewhere", Fail, alone(setting(bucketARN, "replication", `{}`)), ""},
	{"not read", "ct-copy-elsewhere", Unknown, alone(unreadable(bucketARN, "replication")), ""},
	{"a copy in the same account", "ct-copy-elsewhere", Fail, alone(setting(bucketARN, "replication", `{"Rules":[{"Status":"Enabled","Destination":{"Bucket":"b","Account":%q}}]}`, own)), ""},
	{"a bucket of another account", "ct-copy-elsewhere", Pass, alone(func(a *Account) {
		a.set(bucketARN, "replication", doc(`{}`))
		a.set(bucketARN, trail.Identity, identity(elsewhere))
	}), elsewhere},

	{"none", "ct-bucket-encryption", Fail, setting(bucketARN, "encryption", `{}`), ""},
	{"not read", "ct-bucket-encryption", Unknown, unreadable(bucketARN, "encryption"), ""},
	{"S3's own key", "ct-bucket-encryption", Pass, setting(bucketARN, "encryption", `{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}`), "AES256"},

	{"none", "ct-bucket-access-log", Fail, func(a *Account) {
		a.set(bucketARN, "logging", doc(`{}`))
		selectors(basic("All", nil))(a)
	}, ""},
	{"not read", "ct-bucket-access-log", Unknown, func(a *Account) {
		a.set(bucketARN, "logging", denied())
		selectors(basic("All", nil))(a)
	}, ""},
	{"neither log nor selectors are known", "ct-bucket-access-log", Unknown, func(a *Account) {
		a.set(bucketARN, "logging", doc(`{}`))
		noSelectors(a)
	}, "data events"},
	{"data events instead", "ct-bucket-access-log", Pass, setting(bucketARN, "logging", `{}`), "data events"},
	{"to itself", "ct-bucket-access-log", Fail, func(a *Account) {
		a.set(bucketARN, "logging", doc(`{"TargetBucket":"trail-logs"}`))
		selectors(basic("All", nil))(a)
	}, "itself"},

	{"nobody", "ct-bucket-events", Fail, setting(bucketARN, "notification", `{}`), ""},
	{"not read", "ct-bucket-events", Unknown, unreadable(bucketARN, "notification"), ""},
	{"a topic", "ct-bucket-events", Pass, setting(bucketARN, "notification", `{"TopicConfigurations":[{"TopicArn":"t","Events":["s3:ObjectRemoved:*"]}]}`), ""},
}

// limitedBy adds a statement to the resource control policies, beside the one that everybody has.
func limitedBy(statement string) func(*Account) {
	return func(a *Account) {
		a.organization(func(o *Organization) {
			o.ResourceControls = trail.Known([][]*whocan.Policy{{written("RCPFullAWSAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`)},
				{written("RCPFullAWSAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`), written("mine", `{"Version":"2012-10-17","Statement":[`+statement+`]}`)}})
		})
	}
}
