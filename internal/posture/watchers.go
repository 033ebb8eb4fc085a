package posture

import (
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// watcherChecks ask about the log group and topic that a trail feeds, and about the services that watch beside it.
var watcherChecks = []check{
	{Check{ID: "ct-cwl-group", Group: GroupDependent, Severity: severity.Medium,
		Title:      "The trail's log group exists, keeps events long enough, is encrypted, and CloudTrail may write to it",
		Rationale:  "A log group with a short retention forgets; one that is gone, or whose role may not write, silences all metric filters.",
		Remedy:     "aws logs put-retention-policy --region {region} --log-group-name {name} --retention-in-days {days}",
		References: refs(noCIS, "CloudWatch.16", "cw-loggroup-retention-period-check cloudwatch-log-group-encrypted", "", "AU-6(3) AU-6(4) AU-10 AU-11 CA-7 SI-12"),
	}, perResource(trail.LogGroup, logGroupOf, logGroup)},
	{Check{ID: "ct-sns-topic", Group: GroupDependent, Severity: severity.Medium,
		Title:      "The trail's topic exists, is encrypted, not public, and CloudTrail may publish to it",
		Rationale:  "A topic that refuses is an alert that nobody gets; an open one lets strangers raise false alarms or listen.",
		Remedy:     "aws sns set-topic-attributes --region {region} --topic-arn {arn} --attribute-name Policy --attribute-value " + shell.Ask("POLICY", "the policy, with what lets cloudtrail.amazonaws.com call sns:Publish for the account"),
		References: refs(noCIS, "SNS.1 SNS.4", "sns-encrypted-kms sns-topic-no-public-access", "", nistEncrypted),
	}, perResource(trail.Topic, topicOf, topic)},
	{Check{ID: "ct-iam-full-access", Group: GroupDependent, Severity: severity.High,
		Title:      "No policy of the account's own grants all of CloudTrail",
		Rationale:  "Who reads trails needs no right to stop them. With cloudtrail:* one stolen session is enough.",
		Remedy:     "aws iam get-account-authorization-details --filter User Role Group LocalManagedPolicy\n# and replace cloudtrail:* by the calls that are needed, such as cloudtrail:Get*, cloudtrail:Describe*, cloudtrail:List* and cloudtrail:LookupEvents",
		References: nobodyElse,
	}, fullAccess},
	{Check{ID: "ct-config", Group: GroupDependent, Severity: severity.Medium,
		Title:      "AWS Config records in all regions",
		Rationale:  "AWS Config keeps what resources looked like, independent of the trail.",
		Remedy:     "aws configservice put-configuration-recorder --region {region} --configuration-recorder name=default,roleARN=" + shell.Ask("CONFIG_ROLE", "ARN of a role with which AWS Config may read") + " --recording-group allSupported=true,includeGlobalResourceTypes=true && aws configservice put-delivery-channel --region {region} --delivery-channel name=default,s3BucketName=" + shell.Ask("CONFIG_BUCKET", "name of a bucket that AWS Config may write to") + " && aws configservice start-configuration-recorder --region {region} --configuration-recorder-name default",
		References: refs("3.5 3.3 3.3 3.3 4.3", "Config.1", "", "10.5.2 11.5", "CM-3 CM-6(1) CM-8 CM-8(2)"),
	}, perRegion(configRecords)},
	{Check{ID: "ct-guardduty", Group: GroupDependent, Severity: severity.Medium,
		Title:      "GuardDuty is on in all regions",
		Rationale:  "GuardDuty has a stream of CloudTrail's events of its own, which no StopLogging cuts off.",
		Remedy:     "aws guardduty create-detector --region {region} --enable",
		References: refs(noCIS, "GuardDuty.1", "guardduty-enabled-centralized", "11.4", "AC-2(12) AU-6(1) AU-6(5) CA-7 CM-8(3) RA-3(4) SA-8(19) SA-8(21) SA-8(25) SA-11(1) SA-11(6) SA-15(2) SA-15(8) SC-5 SC-5(1) SC-5(3) SI-3(8) SI-4 SI-4(1) SI-4(2) SI-4(4) SI-4(5) SI-4(13) SI-4(22) SI-4(25) SI-20"),
	}, perRegion(guardDuty)},
	{Check{ID: "ct-securityhub", Group: GroupDependent, Severity: severity.Low,
		Title:      "Security Hub is on in all regions",
		Rationale:  "Findings of all services come together where somebody looks.",
		Remedy:     "aws securityhub enable-security-hub --region {region}",
		References: refs("- 4.16 4.16 4.16 5.16", "", "securityhub-enabled", "", ""),
	}, perRegion(securityHub)},
}

// logGroup asks for the group, its retention, its key, and whether its policy or role keeps CloudTrail out.
func logGroup(s scope, g Resource, users []trail.State) verdict {
	if g.Setting(trail.Identity).Knowledge() == trail.Absent {
		return fail("the log group does not exist")
	}
	parts := []verdict{groupRetention(s, g), groupKey(g)}
	for _, t := range users {
		c, _ := t.Config.Get()
		parts = append(parts, roleWrites(s, c))
	}
	return all(parts...)
}

func groupRetention(s scope, g Resource) verdict {
	document, known := g.Setting("retention").Get()
	if !known {
		return notRead("the log group's retention", g.Setting("retention"))
	}
	days, limited := document.Number("RetentionInDays")
	switch {
	case !limited:
		return pass("events are kept for ever").with("RetentionInDays", "never expires")
	case days < int64(s.options.RetentionDays):
		return fail("events are kept for %s only, not %d", count(int(days), "day"), s.options.RetentionDays).with("RetentionInDays", days)
	}
	return pass("events are kept for %s", count(int(days), "day")).with("RetentionInDays", days)
}

func groupKey(g Resource) verdict {
	document, known := g.Setting("encryption").Get()
	switch {
	case !known:
		return notRead("the log group's key", g.Setting("encryption"))
	case document.Text("KmsKeyId") == "":
		return fail("events are encrypted with a key of CloudWatch's own").rated(severity.Low).
			by("aws logs associate-kms-key --region {region} --log-group-name {name} --kms-key-id " + shell.Ask("KEY", "ARN of a key whose policy lets CloudWatch Logs use it"))
	}
	return pass("encrypted").with("KmsKeyId", document.Text("KmsKeyId"))
}

// roleWrites asks whether the trail's role trusts CloudTrail and may write to the group. What its attached policies say was
// read with the account's principals.
func roleWrites(s scope, c trail.Config) verdict {
	role, read := s.resource(c.CloudWatchLogsRoleARN)
	if !read {
		return unknown("the role %s was not read", c.CloudWatchLogsRoleARN)
	}
	if role.Setting(trail.Identity).Knowledge() == trail.Absent {
		return fail("the role with which CloudTrail writes does not exist").with("CloudWatchLogsRoleArn", c.CloudWatchLogsRoleARN)
	}
	trust, known := role.Setting("trust").Get()
	if !known {
		return notRead("whom the role trusts", role.Setting("trust"))
	}
	document, err := policy.Parse(string(trust))
	if err != nil {
		return unknown("the role's trust policy cannot be read: %v", err)
	}
	r := policy.Request{Principal: policy.ServicePrincipal("cloudtrail.amazonaws.com"), Action: "sts:AssumeRole", Context: map[string][]string{
		"aws:SourceArn": {c.ARN}, "aws:SourceAccount": {accountIn(c.ARN)},
	}}
	v := document.Evaluate(r)
	if v.Answer() == policy.Unknown {
		return unknown("whether the role trusts CloudTrail is not known: %s%s", v.DenyDoubt, v.AllowDoubt)
	}
	if v.Answer() != policy.Allow {
		return fail("the role does not trust CloudTrail").with("trust", string(trust))
	}
	return s.roleMay(role, c)
}

// roleMay asks the role's own policies for the two calls that CloudTrail makes.
func (s scope) roleMay(role Resource, c trail.Config) verdict {
	texts, doubt := s.policiesOf(role)
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
		r := policy.Request{Principal: policy.Caller(role.ARN, ""), Action: action,
			Resource: logGroupOf(c) + ":log-stream:" + accountIn(c.ARN) + "_CloudTrail_" + c.HomeRegion}
		allowed := policy.Set{Identity: texts, ResourceAccount: accountIn(c.ARN)}.Evaluate(r)
		switch {
		case allowed.Answer == policy.Allow:
		case allowed.Answer == policy.ExplicitDeny:
			return fail("statement %s of the role's policies denies %s", allowed.Statement, action)
		case doubt != "":
			return unknown("%s", doubt)
		case allowed.Answer == policy.Unknown:
			return unknown("whether the role may call %s is not known: %s", action, allowed.Doubt)
		default:
			return fail("the role may not call %s on the log group", action)
		}
	}
	return pass("CloudTrail may write to the log group")
}

// policiesOf are the policies of a role. Those that are attached are known from the account's principals only; without these
// there is a doubt.
func (s scope) policiesOf(role Resource) (documents []policy.Document, doubt string) {
	if principals, known := s.account.Principals.Get(); known {
		for _, p := range principals.Principals {
			if p.ARN != role.ARN {
				continue
			}
			for _, own := range p.Policies {
				documents = append(documents, own.Document)
			}
			if len(p.Unread) > 0 {
				doubt = "a policy of the role cannot be read: " + p.Unread[0]
			}
			return documents, doubt
		}
	}
	inline, known := role.Setting("policies").Get()
	if !known {
		return nil, notRead("the role's policies", role.Setting("policies")).detail
	}
	for name, text := range inline.Members() {
		document, err := policy.Parse(string(text))
		if err != nil {
			return nil, "policy " + name + " cannot be read: " + err.Error()
		}
		documents = append(documents, document)
	}
	if attached, known := role.Setting("attachedPolicies").Get(); !known || !attached.Empty() {
		doubt = "the policies that are attached to the role were not read"
	}
	return documents, doubt
}

// topic asks for the topic, its key and its policy.
func topic(s scope, t Resource, users []trail.State) verdict {
	if t.Setting(trail.Identity).Knowledge() == trail.Absent {
		return fail("the topic does not exist")
	}
	document, known := t.Setting("policy").Get()
	if !known {
		return notRead("the topic's policy", t.Setting("policy"))
	}
	parts := []verdict{openToAll("topic policy", policyText(document), topicActions, t.ARN)}
	for _, user := range users {
		c, _ := user.Config.Get()
		d := s.deliveryOf(c)
		parts = append(parts, obstacles(d.CheckTopic(policyText(document)), "CloudTrail may publish"))
		parts = append(parts, topicKey(s, d, t))
	}
	return all(parts...)
}

// topicActions are those that nobody but the account's own and CloudTrail may have.
var topicActions = []string{"sns:Publish", "sns:Subscribe", "sns:SetTopicAttributes"}

// topicKey asks whether the topic is encrypted, and whether its key lets CloudTrail publish.
func topicKey(s scope, d policy.Delivery, t Resource) verdict {
	document, known := t.Setting("encryption").Get()
	if !known {
		return notRead("the topic's key", t.Setting("encryption"))
	}
	id := document.Text("KmsMasterKeyId")
	if id == "" {
		return fail("messages are not encrypted with a key").rated(severity.Low).
			by("aws sns set-topic-attributes --region {region} --topic-arn {arn} --attribute-name KmsMasterKeyId --attribute-value " + shell.Ask("KEY", "ARN of a key whose policy lets CloudTrail use it"))
	}
	key, verdict, ok := s.keyNamed(id)
	if !ok {
		return verdict.with("KmsMasterKeyId", id)
	}
	inForce, known := key.Setting("policy").Get()
	if !known {
		return notRead("the policy of the topic's key", key.Setting("policy"))
	}
	d.TopicKeyARN = key.ARN
	return all(keyUsable(s, key, nil), obstacles(d.CheckTopicKey(policyText(inForce)), "its key lets CloudTrail publish")).with("KmsMasterKeyId", id)
}

// keyNamed finds a key that a topic names: by ARN or id. AWS's own key for SNS lets no service publish.
func (s scope) keyNamed(id string) (Resource, verdict, bool) {
	if id == "alias/aws/sns" || len(id) > 14 && id[len(id)-14:] == ":alias/aws/sns" {
		return Resource{}, fail("the topic is encrypted with AWS's own key for SNS, which lets no service publish"), false
	}
	if r, read := s.resource(id); read && r.Type == trail.Key { // by ARN, of whichever account
		return r, verdict{}, true
	}
	for _, arn := range sortedKeys(s.account.Resources) {
		r := s.account.Resources[arn]
		if r.Type == trail.Key && (r.Name() == id || contains(r.Aliases, id)) {
			return r, verdict{}, true
		}
	}
	return Resource{}, unknown("the key %s was not read", id), false
}

// perRegion puts a question to each enabled region.
func perRegion(ask func(Region) verdict) func(scope) []judged {
	return func(s scope) []judged {
		regions, known := s.account.Enabled.Get()
		if !known {
			return []judged{{verdict: notRead("which regions are enabled", s.account.Enabled)}}
		}
		var all []judged
		for _, name := range regions {
			all = append(all, judged{verdict: ask(s.account.Regions[name]), region: name})
		}
		return all
	}
}

func configRecords(r Region) verdict {
	recorder, known := r.Recorder.Get()
	switch {
	case r.Recorder.Knowledge() == trail.Absent:
		return fail("there is no configuration recorder")
	case !known:
		return notRead("AWS Config", r.Recorder)
	case !recorder.Recording:
		return fail("the configuration recorder is stopped").with("Recording", false).
			by("aws configservice start-configuration-recorder --region {region} --configuration-recorder-name {recorder}", "recorder", recorder.Name)
	case strings.EqualFold(recorder.LastStatus, "Failure"):
		return fail("the configuration recorder fails to deliver").with("LastStatus", recorder.LastStatus)
	case !recorder.AllTypes:
		return fail("the configuration recorder leaves types of resources out").with("AllTypes", false).rated(severity.Low)
	}
	return pass("the configuration recorder is on").with("Recording", true)
}

func guardDuty(r Region) verdict {
	detector, known := r.Detector.Get()
	switch {
	case r.Detector.Knowledge() == trail.Absent:
		return fail("GuardDuty is off")
	case !known:
		return notRead("GuardDuty", r.Detector)
	case !detector.Enabled:
		return fail("GuardDuty is suspended").with("detector", detector.ID).
			by("aws guardduty update-detector --region {region} --enable --detector-id {detector}", "detector", detector.ID)
	}
	return pass("GuardDuty is on").with("detector", detector.ID)
}

func securityHub(r Region) verdict {
	switch hub, known := r.Hub.Get(); {
	case r.Hub.Knowledge() == trail.Absent:
		return fail("Security Hub is off")
	case !known:
		return notRead("Security Hub", r.Hub)
	default:
		return pass("Security Hub is on").with("hub", hub.ARN)
	}
}
