package posture

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// fixture is a change of the healthy account, and what a check says then: the worst status of all its findings.
type fixture struct {
	name   string
	check  string
	status Status
	change func(*Account)
	detail string // a part of what it has to say; may be empty
}

// setting is a change of one setting of a resource.
func setting(arn string, s trail.Setting, format string, args ...any) func(*Account) {
	return func(a *Account) { a.set(arn, s, doc(format, args...)) }
}

// unread leaves a setting unread.
func unreadable(arn string, s trail.Setting) func(*Account) {
	return func(a *Account) { a.set(arn, s, denied()) }
}

// gone says that a resource does not exist.
func gone(arn string) func(*Account) {
	return func(a *Account) {
		for s := range a.Resources[arn].State {
			a.set(arn, s, trail.Gone[trail.Document]())
		}
	}
}

func noStatus(a *Account) {
	a.Trails[0].Status = trail.NotKnown[trail.Status]("AccessDenied")
	a.Trails[1].Status = trail.NotKnown[trail.Status]("AccessDenied")
}

func noSelectors(a *Account) {
	a.Trails[0].Selectors = trail.NotKnown[trail.Selectors]("AccessDenied")
	a.Trails[1].Selectors = trail.NotKnown[trail.Selectors]("AccessDenied")
}

// alone takes the organization's trail away.
func alone(change func(*Account)) func(*Account) {
	return func(a *Account) {
		a.Trails = a.Trails[:1]
		change(a)
	}
}

func config(change func(*trail.Config)) func(*Account) {
	return func(a *Account) { a.config(change) }
}

func status(change func(*trail.Status)) func(*Account) {
	return func(a *Account) { a.status(change) }
}

func selectors(s trail.Selectors) func(*Account) {
	return func(a *Account) { a.Trails[0].Selectors = trail.Known(s) }
}

// basic are basic selectors.
func basic(kind string, excluded []string, data ...trail.DataResource) trail.Selectors {
	return trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: kind, IncludeManagementEvents: true, ExcludeManagementEventSources: excluded, DataResources: data}}}
}

// noTrails lists no trail, in regions that could be read.
func noTrails(a *Account) {
	a.Trails = nil
	for name := range a.Regions {
		a.region(name, func(r *Region) { r.Trails = trail.Known([]string{}) })
	}
}

// hiddenTrails lists no trail, in a region that could not be read.
func hiddenTrails(a *Account) {
	a.Trails = nil
	a.region("eu-west-1", func(r *Region) { r.Trails = trail.NotKnown[[]string]("AccessDenied") })
}

var trailFixtures = []fixture{
	{"no trail", "ct-trail-exists", Fail, noTrails, "no trail in any region"},
	{"a region that cannot be read", "ct-trail-exists", Unknown, hiddenTrails, "AccessDenied"},
	{"only the organization's trail", "ct-trail-exists", Pass, func(a *Account) { a.Trails = a.Trails[1:] }, ""},
	{"a trail that was deleted meanwhile", "ct-trail-exists", Fail, func(a *Account) {
		a.Trails = a.Trails[:1]
		a.Trails[0].Config = trail.Gone[trail.Config]()
	}, ""},

	{"stopped", "ct-logging", Fail, status(func(s *trail.Status) { s.IsLogging = false }), "main is not logging"},
	{"no status", "ct-logging", Unknown, noStatus, "its status"},
	{"no trail", "ct-logging", Fail, noTrails, ""},
	{"only the organization's trail, logging", "ct-logging", Pass, func(a *Account) { a.Trails = a.Trails[1:] }, ""},
	{"only the organization's trail, stopped", "ct-logging", Fail, func(a *Account) {
		a.status(func(s *trail.Status) { s.IsLogging = false })
		a.Trails[1].Status = a.Trails[0].Status
		a.Trails = a.Trails[1:]
	}, "no trail is logging"},

	{"one region", "ct-multi-region", Fail, alone(config(func(c *trail.Config) { c.IsMultiRegionTrail = false })), "one region only"},
	{"no selectors", "ct-multi-region", Unknown, noSelectors, ""},
	{"the organization's trail does it", "ct-multi-region", Pass, config(func(c *trail.Config) { c.IsMultiRegionTrail = false }), ""},
	{"stopped", "ct-multi-region", Fail, alone(status(func(s *trail.Status) { s.IsLogging = false })), "not logging"},
	{"basic selectors", "ct-multi-region", Pass, alone(selectors(basic("All", nil))), ""},
	{"reads only", "ct-multi-region", Fail, alone(selectors(basic("ReadOnly", nil))), ""},

	{"left out", "ct-global-events", Fail, config(func(c *trail.Config) { c.IncludeGlobalServiceEvents = false }), ""},
	{"not read", "ct-global-events", Unknown, noStatus, ""},
	{"any trail will do", "ct-global-events", Pass, func(a *Account) {
		other := a.Trails[0]
		c, _ := other.Config.Get()
		c.ARN, c.Name, c.IncludeGlobalServiceEvents = strings.Replace(c.ARN, "main", "second", 1), "second", false
		other.ARN, other.Config = c.ARN, trail.Known(c)
		a.Trails = append(a.Trails, other)
	}, ""},

	{"two", "ct-global-dup", Fail, func(a *Account) {
		c, _ := a.Trails[1].Config.Get()
		c.IncludeGlobalServiceEvents = true
		a.Trails[1].Config = trail.Known(c)
	}, "2 trails record them: main, organization"},
	{"not read", "ct-global-dup", Unknown, noSelectors, ""},
	{"the second is stopped", "ct-global-dup", Pass, func(a *Account) {
		c, _ := a.Trails[1].Config.Get()
		c.IncludeGlobalServiceEvents = true
		a.Trails[1].Config, a.Trails[1].Status = trail.Known(c), trail.Known(trail.Status{})
	}, ""},

	{"reads only", "ct-mgmt-events", Fail, alone(selectors(basic("ReadOnly", nil))), "no management write events"},
	{"a service is left out", "ct-mgmt-events", Fail, alone(selectors(basic("All", []string{"kms.amazonaws.com"}))), "kms.amazonaws.com"},
	{"no selectors", "ct-mgmt-events", Unknown, noSelectors, ""},
	{"two selectors that are all together", "ct-mgmt-events", Pass, alone(selectors(trail.Selectors{Basic: append(basic("ReadOnly", nil).Basic, basic("WriteOnly", nil).Basic...)})), ""},
	{"a user is left out", "ct-mgmt-events", Fail, alone(selectors(trail.Selectors{Advanced: []trail.AdvancedEventSelector{{FieldSelectors: []trail.FieldSelector{
		{Field: "eventCategory", Equals: []string{"Management"}}, {Field: "userIdentity.arn", NotEquals: []string{"arn:aws:iam::111122223333:user/mallory"}}}}}})), "mallory"},

	{"no key", "ct-security-trail", Fail, config(func(c *trail.Config) { c.KMSKeyID = "" }), "has no key"},
	{"no selectors", "ct-security-trail", Unknown, noSelectors, ""},
	{"two trails together", "ct-security-trail", Fail, config(func(c *trail.Config) { c.LogFileValidationEnabled = false }), "no log file validation"},

	{"no organization trail", "ct-org-trail", Fail, func(a *Account) { a.Trails = a.Trails[:1] }, "main is no organization trail"},
	{"not read", "ct-org-trail", Unknown, func(a *Account) { a.Organization = trail.NotKnown[Organization]("AccessDenied") }, ""},
	{"in no organization", "ct-org-trail", NotApplicable, func(a *Account) { a.Organization = trail.Gone[Organization]() }, ""},
	{"no trusted access", "ct-org-trail", Fail, func(a *Account) {
		a.organization(func(o *Organization) { o.TrustedServices = trail.Known([]string{"ssm.amazonaws.com"}) })
	}, "does not trust CloudTrail"},
	{"a member sees no trusted access", "ct-org-trail", Pass, func(a *Account) {
		a.organization(func(o *Organization) { o.TrustedServices = trail.NotKnown[[]string]("AccessDenied") })
	}, ""},

	{"off", "ct-validation", Fail, config(func(c *trail.Config) { c.LogFileValidationEnabled = false }), ""},
	{"not read", "ct-validation", Unknown, hiddenTrails, ""},
	{"no own trail", "ct-validation", NotApplicable, func(a *Account) { a.Trails = a.Trails[1:] }, ""},

	{"none", "ct-kms", Fail, config(func(c *trail.Config) { c.KMSKeyID = "" }), ""},
	{"not read", "ct-kms", Unknown, unreadable(keyARN, "state"), "AccessDenied"},
	{"a key of another account that nobody can read", "ct-kms", Unknown, config(func(c *trail.Config) { c.KMSKeyID = "arn:aws:kms:us-east-1:444455556666:key/9" }), "was not read"},
	{"a key that is disabled", "ct-kms", Fail, setting(keyARN, "state", `{"KeyState":"Disabled"}`), "Disabled"},

	{"none", "ct-cwl", Fail, config(func(c *trail.Config) { c.CloudWatchLogsLogGroupARN = "" }), ""},
	{"no status", "ct-cwl", Unknown, noStatus, ""},
	{"long ago", "ct-cwl", Fail, status(func(s *trail.Status) { s.LatestCloudWatchLogsDeliveryTime = now.AddDate(0, 0, -2) }), "since 2026-03-02"},
	{"just started", "ct-cwl", Pass, status(func(s *trail.Status) {
		s.StartLoggingTime, s.LatestCloudWatchLogsDeliveryTime = minutesAgo(3), time.Time{}
	}), ""},

	{"none", "ct-sns", Fail, config(func(c *trail.Config) { c.SnsTopicARN = "" }), ""},
	{"not read", "ct-sns", Unknown, hiddenTrails, ""},
	{"no own trail", "ct-sns", NotApplicable, noTrails, ""},

	{"an error", "ct-delivery", Fail, status(func(s *trail.Status) { s.LatestDeliveryError = "AccessDenied" }), "LatestDeliveryError is AccessDenied"},
	{"no status", "ct-delivery", Unknown, noStatus, ""},
	{"an error in another region", "ct-delivery", Fail, func(a *Account) {
		a.Trails[0].Regions["eu-west-1"] = trail.Known(trail.Status{IsLogging: true, LatestNotificationError: "Throttled"})
	}, "in eu-west-1"},
	{"nothing for days, without an error", "ct-delivery", Fail, status(func(s *trail.Status) { s.LatestDeliveryTime = now.AddDate(0, 0, -3) }), "since 2026-03-01"},
	{"just started", "ct-delivery", Pass, status(func(s *trail.Status) { s.StartLoggingTime, s.LatestDeliveryTime = minutesAgo(3), time.Time{} }), ""},
	{"a region that cannot be read", "ct-delivery", Unknown, func(a *Account) { a.Trails[0].Regions["eu-west-1"] = trail.NotKnown[trail.Status]("Timeout") }, "Timeout"},

	{"stopped last week", "ct-gap", Fail, status(func(s *trail.Status) {
		s.StopLoggingTime, s.StartLoggingTime = now.AddDate(0, 0, -7), now.AddDate(0, 0, -6)
	}), "from 2026-02-25T12:00:00Z to 2026-02-26T12:00:00Z"},
	{"no status", "ct-gap", Unknown, noStatus, ""},
	{"stopped last year", "ct-gap", Pass, status(func(s *trail.Status) {
		s.StopLoggingTime, s.StartLoggingTime = now.AddDate(-1, 0, 0), now.AddDate(-1, 0, 1)
	}), ""},
	{"never started", "ct-gap", Fail, status(func(s *trail.Status) { *s = trail.Status{} }), "never started"},
	{"stopped now", "ct-gap", Fail, status(func(s *trail.Status) { s.IsLogging, s.StopLoggingTime = false, minutesAgo(9) }), "has not been logging since"},

	{"one of two", "ct-insights", Fail, func(a *Account) {
		a.Trails[0].Insights = trail.Known([]trail.InsightSelector{{InsightType: insightCalls}})
	}, insightErrors},
	{"not read", "ct-insights", Unknown, func(a *Account) { a.Trails[0].Insights = trail.NotKnown[[]trail.InsightSelector]("AccessDenied") }, ""},
	{"of the organization's trail", "ct-insights", Pass, func(a *Account) {
		a.Trails[1].Insights, a.Trails[0].Insights = a.Trails[0].Insights, a.Trails[1].Insights
	}, ""},

	{"none", "ct-tagged", Fail, func(a *Account) { a.Trails[0].Tags = trail.Known(map[string]string{}) }, ""},
	{"not read", "ct-tagged", Unknown, func(a *Account) { a.Trails[0].Tags = trail.NotKnown[map[string]string]("AccessDenied") }, ""},
	{"no own trail", "ct-tagged", NotApplicable, noTrails, ""},

	{"elsewhere", "ct-approved-bucket", Fail, config(func(c *trail.Config) { c.S3BucketName = "stranger" }), "s3://stranger and not to s3://trail-logs"},
	{"not read", "ct-approved-bucket", Unknown, hiddenTrails, ""},
	{"another prefix", "ct-approved-bucket", Fail, config(func(c *trail.Config) { c.S3KeyPrefix = "x" }), ""},
	{"a trail that nobody knows", "ct-approved-bucket", Fail, func(a *Account) { a.Baseline.Trails = nil }, "does not know this trail"},
	{"no baseline", "ct-approved-bucket", NotApplicable, func(a *Account) { a.Baseline = nil }, ""},
}

var dataFixtures = []fixture{
	{"none", "ct-s3-data-write", Fail, selectors(basic("All", nil)), "not recorded, in eu-west-1, us-east-1"},
	{"no selectors", "ct-s3-data-write", Unknown, noSelectors, ""},
	{"arn:aws:s3 means all", "ct-s3-data-write", Pass, selectors(basic("All", nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3"}})), ""},
	{"arn:aws:s3::: means all", "ct-s3-data-write", Pass, selectors(basic("WriteOnly", nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3:::"}})), ""},
	{"one bucket", "ct-s3-data-write", Fail, selectors(basic("All", nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3:::one/"}})), "anything but arn:aws:s3:::one/*"},
	{"no values", "ct-s3-data-write", Fail, selectors(basic("All", nil, trail.DataResource{Type: s3Object})), ""},
	{"one region", "ct-s3-data-write", Fail, config(func(c *trail.Config) { c.IsMultiRegionTrail = false }), "in eu-west-1"},

	{"writes only", "ct-s3-data-read", Fail, selectors(basic("WriteOnly", nil, trail.DataResource{Type: s3Object, Values: []string{"arn:aws:s3"}})), ""},
	{"no selectors", "ct-s3-data-read", Unknown, noSelectors, ""},
	{"an event data store records them", "ct-s3-data-read", Pass, func(a *Account) {
		selectors(basic("All", nil))(a)
		a.set(storeARN, "configuration", doc(`{"MultiRegionEnabled":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]}]}]}`))
	}, ""},

	{"none", "ct-lambda-data", Fail, selectors(basic("All", nil)), ""},
	{"no selectors", "ct-lambda-data", Unknown, noSelectors, ""},
	{"arn:aws:lambda means all", "ct-lambda-data", Pass, selectors(basic("All", nil, trail.DataResource{Type: lambdaFn, Values: []string{"arn:aws:lambda"}})), ""},
	{"one function", "ct-lambda-data", Fail, selectors(basic("All", nil, trail.DataResource{Type: lambdaFn, Values: []string{functionID}})), ""},

	{"none", "ct-dynamodb-data", Fail, selectors(basic("All", nil)), ""},
	{"no selectors", "ct-dynamodb-data", Unknown, noSelectors, ""},
	{"writes only", "ct-dynamodb-data", Fail, selectors(basic("WriteOnly", nil, trail.DataResource{Type: dynamoTable, Values: []string{"arn:aws:dynamodb"}})), ""},

	{"none", "ct-bedrock-data", Fail, selectors(basic("All", nil)), ""},
	{"no selectors", "ct-bedrock-data", Unknown, noSelectors, ""},
	{"some types", "ct-bedrock-data", Fail, selectors(trail.Selectors{Advanced: []trail.AdvancedEventSelector{{FieldSelectors: []trail.FieldSelector{
		{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{"AWS::Bedrock::Model"}}}}}}), "AWS::Bedrock::AgentAlias"},

	{"CloudTrail's key", "ct-lake-cmk", Fail, setting(storeARN, "configuration", `{"Name":"x"}`), ""},
	{"not read", "ct-lake-cmk", Unknown, unreadable(storeARN, "configuration"), ""},
	{"no store", "ct-lake-cmk", NotApplicable, func(a *Account) { a.region("us-east-1", func(r *Region) { r.Stores = trail.Known([]string{}) }) }, ""},

	{"stopped", "ct-lake-ingesting", Fail, setting(storeARN, "ingestion", `{"Ingesting":false}`), ""},
	{"not read", "ct-lake-ingesting", Unknown, unreadable(storeARN, "ingestion"), ""},
	{"pending deletion", "ct-lake-ingesting", Fail, setting(storeARN, "deletion", `{"Pending":true}`), "about to be deleted"},
	{"a region that cannot be read", "ct-lake-ingesting", Unknown, func(a *Account) {
		a.region("eu-west-1", func(r *Region) { r.Stores = trail.NotKnown[[]string]("AccessDenied") })
	}, ""},
}

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

var dependentFixtures = []fixture{
	{"disabled", "ct-kms-state", Fail, setting(keyARN, "state", `{"KeyState":"Disabled"}`), ""},
	{"not read", "ct-kms-state", Unknown, unreadable(keyARN, "state"), ""},
	{"pending deletion", "ct-kms-state", Fail, setting(keyARN, "state", `{"KeyState":"PendingDeletion"}`), "will be deleted"},
	{"gone", "ct-kms-state", Fail, gone(keyARN), "does not exist"},
	{"none", "ct-kms-state", NotApplicable, config(func(c *trail.Config) { c.KMSKeyID = "" }), ""},

	{"off", "ct-kms-rotation", Fail, setting(keyARN, "rotation", `{"KeyRotationEnabled":false}`), ""},
	{"not read", "ct-kms-rotation", Unknown, unreadable(keyARN, "rotation"), ""},
	{"every seven years", "ct-kms-rotation", Fail, setting(keyARN, "rotation", `{"KeyRotationEnabled":true,"RotationPeriodInDays":2560}`), "2560 days"},

	{"keeps CloudTrail out", "ct-kms-policy", Fail, setting(keyARN, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}`), "GenerateDataKey"},
	{"not read", "ct-kms-policy", Unknown, unreadable(keyARN, "policy"), ""},
	{"open to all", "ct-kms-policy", Fail, func(a *Account) {
		a.set(keyARN, "policy", doc("%s", strings.Replace(keyPolicyText, `"Statement":[`, `"Statement":[{"Sid":"World","Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*"},`, 1)))
	}, "World"},
	{"everybody through S3 in this account", "ct-kms-policy", Pass, func(a *Account) {
		a.set(keyARN, "policy", doc("%s", strings.Replace(keyPolicyText, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"111122223333"}}},`, 1)))
	}, ""},

	{"short", "ct-cwl-group", Fail, setting(groupARN, "retention", `{"RetentionInDays":30}`), "30 days only"},
	{"not read", "ct-cwl-group", Unknown, unreadable(groupARN, "retention"), ""},
	{"for ever", "ct-cwl-group", Pass, setting(groupARN, "retention", `{}`), "for ever"},
	{"gone", "ct-cwl-group", Fail, gone(groupARN), "does not exist"},
	{"no key", "ct-cwl-group", Fail, setting(groupARN, "encryption", `{}`), ""},
	{"a role that does not trust", "ct-cwl-group", Fail, setting(roleARN, "trust", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`), "does not trust"},
	{"a role that may trust", "ct-cwl-group", Unknown, setting(roleARN, "trust", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceOrgID":"o-example"}}}]}`), "not known"},
	{"a role that may not write", "ct-cwl-group", Fail, func(a *Account) {
		a.Principals = people(whocan.Principal{ARN: roleARN, Policies: []*whocan.Policy{written("deny", `{"Version":"2012-10-17","Statement":[{"Sid":"No","Effect":"Deny","Action":"logs:*","Resource":"*"}]}`)}})
	}, "No"},
	{"principals not read", "ct-cwl-group", Unknown, func(a *Account) {
		a.Principals = trail.NotKnown[whocan.Account]("AccessDenied")
		a.set(roleARN, "attachedPolicies", doc(`{"arn:aws:iam::aws:policy/X":{"PolicyName":"X"}}`))
	}, "attached"},

	{"refuses CloudTrail", "ct-sns-topic", Fail, setting(topicARN, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sns:Publish","Resource":"*"}]}`), "denies"},
	{"not read", "ct-sns-topic", Unknown, unreadable(topicARN, "policy"), ""},
	{"not encrypted", "ct-sns-topic", Fail, setting(topicARN, "encryption", `{}`), "not encrypted"},
	{"AWS's own key", "ct-sns-topic", Fail, setting(topicARN, "encryption", `{"KmsMasterKeyId":"alias/aws/sns"}`), "AWS's own key"},
	{"gone", "ct-sns-topic", Fail, gone(topicARN), "does not exist"},
	{"open", "ct-sns-topic", Fail, setting(topicARN, "policy", `{"Version":"2012-10-17","Statement":[{"Sid":"All","Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"*"}]}`), "everybody"},
	{"a key by its alias", "ct-sns-topic", Pass, func(a *Account) {
		a.set(topicARN, "encryption", doc(`{"KmsMasterKeyId":"alias/alerts"}`))
		key := a.Resources[keyARN]
		key.Aliases = []string{"alias/alerts"}
		a.Resources[keyARN] = key
	}, ""},

	{"cloudtrail:*", "ct-iam-full-access", Fail, func(a *Account) { a.grant("cloudtrail:*") }, "grants cloudtrail:*"},
	{"not read", "ct-iam-full-access", Unknown, func(a *Account) { a.Principals = trail.NotKnown[whocan.Account]("AccessDenied") }, ""},
	{"in capitals", "ct-iam-full-access", Fail, func(a *Account) { a.grant("CloudTrail:*") }, ""},
	{"administrators", "ct-iam-full-access", Pass, func(a *Account) { a.grant("*") }, ""},
	{"a policy that was not read", "ct-iam-full-access", Unknown, func(a *Account) {
		a.Principals = people(whocan.Principal{ARN: bob, Unread: []string{"managed policy x: no JSON"}})
	}, "no JSON"},
	{"reading", "ct-iam-full-access", Pass, func(a *Account) { a.grant("cloudtrail:Get*") }, ""},

	{"none", "ct-config", Fail, func(a *Account) { a.region("eu-west-1", func(r *Region) { r.Recorder = trail.Gone[ConfigRecorder]() }) }, ""},
	{"not read", "ct-config", Unknown, func(a *Account) {
		a.region("eu-west-1", func(r *Region) { r.Recorder = trail.NotKnown[ConfigRecorder]("AccessDenied") })
	}, ""},
	{"stopped", "ct-config", Fail, func(a *Account) {
		a.region("eu-west-1", func(r *Region) { r.Recorder = trail.Known(ConfigRecorder{Name: "default", AllTypes: true}) })
	}, "stopped"},
	{"regions not known", "ct-config", Unknown, func(a *Account) { a.Enabled = trail.NotKnown[[]string]("AccessDenied") }, ""},

	{"off", "ct-guardduty", Fail, func(a *Account) { a.region("eu-west-1", func(r *Region) { r.Detector = trail.Gone[Detector]() }) }, ""},
	{"not read", "ct-guardduty", Unknown, func(a *Account) {
		a.region("eu-west-1", func(r *Region) { r.Detector = trail.NotKnown[Detector]("AccessDenied") })
	}, ""},
	{"suspended", "ct-guardduty", Fail, func(a *Account) {
		a.region("eu-west-1", func(r *Region) { r.Detector = trail.Known(Detector{ID: "d"}) })
	}, "suspended"},

	{"off", "ct-securityhub", Fail, func(a *Account) { a.region("eu-west-1", func(r *Region) { r.Hub = trail.Gone[Hub]() }) }, ""},
	{"not read", "ct-securityhub", Unknown, func(a *Account) {
		a.region("eu-west-1", func(r *Region) { r.Hub = trail.NotKnown[Hub]("AccessDenied") })
	}, ""},
	{"a region that nobody read", "ct-securityhub", Unknown, func(a *Account) { delete(a.Regions, "eu-west-1") }, "not read"},
}

const bob = "arn:aws:iam::" + own + ":user/bob"

// grant gives a user one action.
func (a *Account) grant(action string) {
	a.Principals = people(whocan.Principal{ARN: bob, Policies: []*whocan.Policy{written("p", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"`+action+`","Resource":"*"}]}`)}})
}

func (a *Account) organization(change func(*Organization)) {
	o, _ := a.Organization.Get()
	change(&o)
	a.Organization = trail.Known(o)
}

// monitoringFixtures are the same for every control, but for its filter.
func monitoringFixtures() []fixture {
	var all []fixture
	for _, c := range benchmark {
		alarm := alarmARN(c.ID)
		poisoned := strings.TrimSuffix(strings.Replace(c.Pattern, "{", "{ (", 1), "}") + `) && ($.userIdentity.principalId != "x") }`
		if c.ID == "mf-root-usage" { // whose control is about who did it
			poisoned = strings.TrimSuffix(strings.Replace(c.Pattern, "{", "{ (", 1), "}") + `) && ($.sourceIPAddress != "192.0.2.1") }`
		}
		add := func(name string, status Status, change func(*Account), detail string) {
			all = append(all, fixture{name, c.ID, status, change, detail})
		}
		filters := func(members ...string) func(*Account) {
			return setting(groupARN, "metricFilters", "{%s}", strings.Join(members, ","))
		}
		add("no filter", Fail, filters(), "no metric filter of trail finds it")
		add("not read", Unknown, unreadable(groupARN, "metricFilters"), "")
		add("a poisoned filter", Fail, filters(filterJSON(c.ID, poisoned)), "misses")
		add("in other words", Pass, filters(filterJSON(c.ID, strings.ReplaceAll(strings.ReplaceAll(c.Pattern, " = ", "="), "&&", " && "))), "")
		add("no alarm", Fail, func(a *Account) { a.region("us-east-1", func(r *Region) { r.Alarms = trail.Known([]string{}) }) }, "no alarm watches its metric")
		add("actions are off", Fail, setting(alarm, "actionsEnabled", `{"ActionsEnabled":false}`), "disabled")
		add("a threshold that is never reached", Fail, setting(alarm, "definition", `{"Namespace":"CloudTrail","MetricName":%q,"Threshold":1000,"ComparisonOperator":"GreaterThanThreshold","AlarmActions":[%q]}`, c.ID, topicARN), "takes 1000 events")
		add("events that count nothing", Fail, filters(strings.Replace(filterJSON(c.ID, c.Pattern), `"MetricValue":"1"`, `"MetricValue":"0"`, 1)), "counts each event as 0")
		add("an alarm on silence", Fail, setting(alarm, "definition", `{"Namespace":"CloudTrail","MetricName":%q,"Threshold":1,"ComparisonOperator":"LessThanThreshold","AlarmActions":[%q]}`, c.ID, topicARN), "few events")
		add("nobody subscribed", Fail, setting(topicARN, "subscriptions", `{"email x":{"PendingConfirmation":true}}`), "nobody has confirmed")
		add("a topic that refuses alarms", Fail, setting(topicARN, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}]}`), "cloudwatch.amazonaws.com")
		add("a key that refuses alarms", Fail, setting(keyARN, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}]}`), "kms:GenerateDataKey")
		add("a trail of one region", Fail, config(func(c *trail.Config) { c.IsMultiRegionTrail = false }), "no log group gets")
	}
	return append(all,
		fixture{"no actions", "mf-alarm-actions", Fail, setting(alarmARN("mf-vpc"), "definition", `{"Namespace":"CloudTrail","MetricName":"mf-vpc"}`), "no actions"},
		fixture{"not read", "mf-alarm-actions", Unknown, unreadable(alarmARN("mf-vpc"), "actionsEnabled"), ""},
		fixture{"muted", "mf-alarm-actions", Fail, setting(alarmARN("mf-vpc"), "muteRules", `{"hush":{"ExpireDate":"2026-03-05T00:00:00Z"}}`), "hush"},
		fixture{"a mute that is over", "mf-alarm-actions", Pass, setting(alarmARN("mf-vpc"), "muteRules", `{"hush":{"ExpireDate":"2026-03-03T00:00:00Z"}}`), ""},
		fixture{"no alarms", "mf-alarm-actions", NotApplicable, func(a *Account) { a.region("us-east-1", func(r *Region) { r.Alarms = trail.Gone[[]string]() }) }, ""},
	)
}

// activityFixtures: an identity that calls nearly all of the list, and one that calls a single operation often.
func activityFixtures() []fixture {
	var all []fixture
	for id, names := range map[string][]string{"ct-threat-enumeration": enumeration, "ct-threat-privilege-escalation": escalation, "ct-threat-llm-jacking": llmJacking} {
		busy := map[string]int{}
		for _, name := range names[:len(names)/2] {
			busy[name]++
		}
		actor := func(calls map[string]int) func(*Account) {
			return func(a *Account) {
				a.Activity = trail.Known([]Actor{{ARN: "arn:aws:iam::111122223333:user/mallory", Names: calls}})
			}
		}
		all = append(all,
			fixture{"half of the list", id, Fail, actor(busy), "mallory called"},
			fixture{"not read", id, Unknown, func(a *Account) { a.Activity = trail.NotKnown[[]Actor]("AccessDenied") }, ""},
			fixture{"one of them, often", id, Pass, actor(map[string]int{names[0]: 5000}), ""},
			fixture{"not asked for", id, NotApplicable, func(a *Account) { a.Activity = trail.Gone[[]Actor]() }, ""})
	}
	return all
}

// pattern gives the rule a pattern.
func pattern(text string) func(*Account) {
	return setting(ruleARN, "definition", `{"State":"ENABLED","EventPattern":%s}`, text)
}

var guardFixtures = []fixture{
	{"disabled", "guard-rule-on", Fail, setting(ruleARN, "definition", `{"State":"DISABLED","EventPattern":{"source":["aws.cloudtrail"]}}`), "no rule that is on"},
	{"not read", "guard-rule-on", Unknown, unreadable(ruleARN, "definition"), ""},
	{"some calls only", "guard-rule-on", Fail, pattern(`{"source":["aws.cloudtrail"],"detail":{"eventName":["StopLogging","DeleteTrail"]}}`), "UpdateTrail"},
	{"by prefix", "guard-rule-on", Pass, pattern(`{"detail":{"eventName":[{"prefix":"Stop"},{"prefix":"Delete"},{"wildcard":"*Trail"},{"anything-but":["StopLogging"]}]}}`), ""},
	{"another trail's name", "guard-rule-on", Fail, pattern(`{"detail":{"requestParameters":{"name":["other"]}}}`), ""},
	{"no targets", "guard-rule-on", Fail, setting(ruleARN, "targets", `{}`), "leads nowhere"},
	{"a target that is gone", "guard-rule-on", Fail, gone(functionID), "does not exist"},
	{"a function that may not run", "guard-rule-on", Fail, setting(functionID, "concurrency", `{"ReservedConcurrentExecutions":0}`), "concurrency is 0"},
	{"no dead-letter queue", "guard-rule-on", Fail, setting(ruleARN, "targets", `{"guard":{"Arn":%q}}`, functionID), "dead-letter queue"},
	{"a condition that nobody knows", "guard-rule-on", Unknown, pattern(`{"detail":{"eventName":[{"cidr":"10.0.0.0/8"}]}}`), ""},

	{"one", "guard-second-recorder", Fail, func(a *Account) {
		a.Trails = a.Trails[:1]
		for name := range a.Regions {
			a.region(name, func(r *Region) { r.Stores, r.Detector = trail.Known([]string{}), trail.Gone[Detector]() })
		}
	}, "one recorder only: trail of the account"},
	{"not read", "guard-second-recorder", Unknown, func(a *Account) {
		a.Trails = a.Trails[:1]
		for name := range a.Regions {
			a.region(name, func(r *Region) {
				r.Stores, r.Detector = trail.NotKnown[[]string]("AccessDenied"), trail.Gone[Detector]()
			})
		}
	}, ""},
	{"two trails of the account are one kind", "guard-second-recorder", Fail, func(a *Account) {
		a.Trails = []trail.State{a.Trails[0], a.Trails[0]}
		for name := range a.Regions {
			a.region(name, func(r *Region) { r.Stores, r.Detector = trail.Known([]string{}), trail.Gone[Detector]() })
		}
	}, ""},

	{"none", "guard-scp", Fail, func(a *Account) {
		a.organization(func(o *Organization) { o.ServiceControls = trail.Known([][]*whocan.Policy{}) })
	}, "no control policy denies"},
	{"not read", "guard-scp", Unknown, func(a *Account) {
		a.organization(func(o *Organization) { o.ServiceControls = trail.NotKnown[[][]*whocan.Policy]("AccessDenied") })
	}, ""},
	{"one call only", "guard-scp", Fail, func(a *Account) {
		a.organization(func(o *Organization) {
			o.ServiceControls = trail.Known([][]*whocan.Policy{{written("p", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"cloudtrail:StopLogging","Resource":"*"}]}`)}})
		})
	}, "cloudtrail:DeleteTrail"},
	{"exceptions that let everybody through", "guard-scp", Fail, func(a *Account) {
		a.organization(func(o *Organization) {
			o.ServiceControls = trail.Known([][]*whocan.Policy{{written("p", strings.ReplaceAll(protectTrails, "role/break-glass", "*"))}})
		})
	}, "no control policy denies"},
	{"only from elsewhere", "guard-scp", Unknown, func(a *Account) {
		a.organization(func(o *Organization) {
			o.ServiceControls = trail.Known([][]*whocan.Policy{{written("p", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"cloudtrail:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}`)}})
		})
	}, "not known"},
	{"in another region only", "guard-scp", Fail, func(a *Account) {
		a.organization(func(o *Organization) {
			o.ServiceControls = trail.Known([][]*whocan.Policy{{written("p", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"cloudtrail:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}`)}})
		})
	}, "no control policy denies"},
	{"the management account", "guard-scp", NotApplicable, func(a *Account) { a.organization(func(o *Organization) { o.ManagementAccount = own }) }, ""},

	{"never", "guard-alert-path", Fail, func(a *Account) { a.guardian(func(g *Guard) { g.AlertedAt = trail.Gone[time.Time]() }) }, ""},
	{"not read", "guard-alert-path", Unknown, func(a *Account) {
		a.guardian(func(g *Guard) { g.AlertedAt = trail.NotKnown[time.Time]("the journal is damaged") })
	}, ""},
	{"long ago", "guard-alert-path", Fail, func(a *Account) { a.guardian(func(g *Guard) { g.AlertedAt = trail.Known(now.AddDate(0, -3, 0)) }) }, ""},
	{"no journal", "guard-alert-path", NotApplicable, func(a *Account) { a.guardian(func(g *Guard) { g.AlertedAt = trail.Facet[time.Time]{} }) }, ""},

	{"silence", "guard-digest-chain", Fail, status(func(s *trail.Status) { s.LatestDigestDeliveryTime = minutesAgo(500) }), ""},
	{"no status", "guard-digest-chain", Unknown, noStatus, ""},
	{"an error", "guard-digest-chain", Fail, status(func(s *trail.Status) { s.LatestDigestDeliveryError = "AccessDenied" }), ""},
	{"just started", "guard-digest-chain", Pass, status(func(s *trail.Status) { s.StartLoggingTime, s.LatestDigestDeliveryTime = minutesAgo(20), time.Time{} }), "not due"},
	{"validation is off", "guard-digest-chain", NotApplicable, config(func(c *trail.Config) { c.LogFileValidationEnabled = false }), ""},

	{"gone", "guard-resources", Fail, func(a *Account) {
		a.guardian(func(g *Guard) {
			g.Resources[0].State = trail.ResourceState{trail.Identity: trail.Gone[trail.Document]()}
		})
	}, "does not exist"},
	{"not read", "guard-resources", Unknown, func(a *Account) {
		a.guardian(func(g *Guard) { g.Resources[0].State = trail.ResourceState{trail.Identity: denied()} })
	}, ""},
	{"a schedule that is off", "guard-resources", Fail, func(a *Account) {
		a.guardian(func(g *Guard) {
			g.Resources = []Resource{{Type: trail.Schedule, ARN: "s", State: trail.ResourceState{trail.Identity: identity(own), "definition": doc(`{"State":"DISABLED"}`)}}}
		})
	}, "off"},
}

func (a *Account) guardian(change func(*Guard)) {
	g, _ := a.Guard.Get()
	change(&g)
	a.Guard = trail.Known(g)
}

func fixtures() []fixture {
	all := append([]fixture(nil), trailFixtures...)
	for _, more := range [][]fixture{dataFixtures, bucketFixtures, dependentFixtures, monitoringFixtures(), activityFixtures(), guardFixtures} {
		all = append(all, more...)
	}
	return all
}

// TestFixtures changes the healthy account in one way at a time, and asks the check that is about it.
func TestFixtures(t *testing.T) {
	for _, f := range fixtures() {
		t.Run(f.check+"/"+f.name, func(t *testing.T) {
			inv := healthy()
			f.change(&inv.Accounts[0])
			r := Audit(inv, Options{Checks: []string{f.check}})
			if len(r.Checks) != 1 || len(r.Findings) == 0 {
				t.Fatalf("the check makes %d findings", len(r.Findings))
			}
			worst, told := r.Findings[0], false
			for _, found := range r.Findings {
				if rank(found.Status) < rank(worst.Status) {
					worst = found
				}
				told = told || found.Status == f.status && strings.Contains(found.Detail, f.detail)
			}
			if worst.Status != f.status || !told {
				t.Errorf("got %s, want %s with %q: %+v", worst.Status, f.status, f.detail, r.Findings)
			}
			for _, found := range r.Findings {
				if (found.Status == Fail) != (found.Remedy != "") || strings.Contains(found.Remedy, "{name}") || strings.Contains(found.Remedy, "{trail") || strings.Contains(found.Remedy, "{region}") {
					t.Errorf("%s has the remedy %q", found.Status, found.Remedy)
				}
			}
		})
	}
}

func rank(s Status) int {
	for n, one := range Statuses() {
		if one == s {
			return n
		}
	}
	return -1
}

// TestEveryCheckHasFixtures: one that fails, one that is unknown, and at least one more. That it passes, the healthy account
// shows.
func TestEveryCheckHasFixtures(t *testing.T) {
	have := map[string]map[Status]int{}
	for _, f := range fixtures() {
		if have[f.check] == nil {
			have[f.check] = map[Status]int{}
		}
		have[f.check][f.status]++
	}
	for _, c := range Checks() {
		total := 0
		for _, n := range have[c.ID] {
			total += n
		}
		if have[c.ID][Fail] == 0 || have[c.ID][Unknown] == 0 || total < 3 {
			t.Errorf("%s lacks fixtures: %v", c.ID, have[c.ID])
		}
		delete(have, c.ID)
	}
	if len(have) > 0 {
		t.Errorf("fixtures of checks that do not exist: %v", fmt.Sprint(have))
	}
}
