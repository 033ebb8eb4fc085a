package posture

import (
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

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
