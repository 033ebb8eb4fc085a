package privilege

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// everywhere are the kinds of things that an audit reads wherever in the account they are, with the settings that it reads of
// them; none: all that there are. What a trail leads to, nobody knows before.
var everywhere = []struct{ kind, service, resource, settings string }{
	{"trail", "cloudtrail", "trail/*", "configuration logging selectors insights tags"},
	{bucket, "s3", "*", ""}, {key, "kms", "key/*", "state policy rotation"}, {topic, "sns", "*", ""}, {role, "iam", "role/*", ""},
	{logGroup, "logs", "log-group:?*", ""}, {alarm, "cloudwatch", "alarm:*", ""}, {rule, "events", "rule/*", ""},
	{string(trail.EventDataStore), "cloudtrail", "eventdatastore/*", ""},
	{function, "lambda", "function:*", "concurrency permissions"}, {queue, "sqs", "*", string(trail.Identity)}, {table, "dynamodb", "table/*", string(trail.Identity)},
}

// made is the only role that hardening makes, and the only one that it changes: whoever may change any role has every permission.
const made = "role/trailhold-cloudtrail-logs"

// Hardening lists the operations with which "trailhold harden" changes things.
func Hardening() []string {
	return words("StartLogging CreateTrail UpdateTrail PutEventSelectors PutInsightSelectors " +
		"CreateBucket PutBucketVersioning PutObjectLockConfiguration PutBucketOwnershipControls PutPublicAccessBlock PutBucketPolicy PutBucketAcl " +
		"PutBucketEncryption PutBucketLifecycleConfiguration PutBucketRequestPayment PutBucketNotificationConfiguration " +
		"CancelKeyDeletion EnableKey PutKeyPolicy EnableKeyRotation SetTopicAttributes CreateRole UpdateAssumeRolePolicy PutRolePolicy " +
		"CreateLogGroup PutRetentionPolicy AssociateKmsKey PutMetricFilter PutMetricAlarm EnableAlarmActions")
}

// hardens says whether hardening makes the call of a row.
func hardens(row Row) bool {
	_, method, _ := strings.Cut(row.Operation, ":")
	return slices.Contains(Hardening(), method)
}

// audited are an audit and a hardening as subjects. They know no regions, so that nothing is limited to those of a baseline.
func (s *scope) audited() []subject {
	all := &scope{uses: s.uses, place: s.place}
	list := []subject{all.anywhere("account", "", "", ""), all.anywhere("audit", "", "", ""), all.anywhere("who can", "", "", "")}
	for _, e := range everywhere {
		t := all.anywhere(e.kind, e.service, e.resource, e.settings)
		if s.uses.Harden && e.kind != role {
			t.guarded["grants"] = e.kind == key // of a key that is named, a plan reads everything
			t.restored = t.guarded
		}
		list = append(list, t)
	}
	if s.uses.Harden {
		t := all.anywhere(role, "iam", made, "")
		t.restored = t.guarded
		list = append(list, t, all.anywhere("hardening", "iam", made, ""))
		list[len(list)-1].restored[exists] = true
	}
	return list
}

// anywhere is all of a kind.
func (s *scope) anywhere(kind, service, resource, settings string) subject {
	t := s.subject(kind, "")
	region, account := "*", t.account
	switch service {
	case "iam":
		region = ""
	case "s3":
		region, account = "", ""
	}
	t.arn = strings.Join([]string{"arn", t.partition, service, region, account, resource}, ":")
	t.region, t.blank, t.everywhere, t.restored = "*", true, true, map[string]bool{}
	list := words(settings)
	if settings == "" {
		for _, setting := range trail.SettingsOf(trail.ResourceType(kind)) {
			list = append(list, string(setting))
		}
	}
	for _, setting := range list {
		t.guarded[setting] = true
	}
	return t
}
