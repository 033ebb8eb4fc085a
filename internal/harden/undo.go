package harden

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// undoOf is the command of the AWS CLI that takes a step back. Names and documents are quoted for a shell: some were chosen by
// others.
func undoOf(s Step) string {
	before := trail.EmptyDocument
	if len(s.Changes) > 0 {
		if document, ok := s.Changes[0].From.(trail.Document); ok {
			before = document
		}
	}
	u := undoing{Step: s, before: before, name: trail.Resource{Type: s.call.Resource, ARN: s.Resource}.Name()}
	if undo, ok := undos[s.Call]; ok {
		return undo(u)
	}
	return ""
}

// undoing is a step that is to be undone.
type undoing struct {
	Step
	before trail.Document // what there was; empty if there was nothing
	name   string         // of the resource
}

// aws is a command with its arguments, each quoted; where the resource is, is added.
func (u undoing) aws(command string, arguments ...string) string {
	words := []string{"aws", command}
	if u.call.Resource != trail.Role {
		words = append(words, "--region", quoted(u.Region))
	}
	for _, a := range arguments {
		words = append(words, quoted(a))
	}
	return strings.Join(words, " ")
}

// bucket is a call of s3api. Whose the bucket must be is part of it: a name may have changed hands.
func (u undoing) bucket(command string, arguments ...string) string {
	return u.aws("s3api "+command, append([]string{"--bucket", u.name, "--expected-bucket-owner", u.Account}, arguments...)...)
}

// putOr puts a document of a bucket back, or deletes what there was not.
func putOr(put, flag, remove string) func(undoing) string {
	return func(u undoing) string {
		if u.before.Empty() && remove != "" {
			return u.bucket(remove)
		}
		return u.bucket(put, flag, string(u.before))
	}
}

// undos are how calls are undone, for each call that a plan may have.
var undos = map[trail.Op]func(undoing) string{
	trail.OpStartLogging:        func(u undoing) string { return u.aws("cloudtrail stop-logging", "--name", u.Resource) },
	trail.OpCreateTrail:         func(u undoing) string { return u.aws("cloudtrail delete-trail", "--name", u.Resource) },
	trail.OpUpdateTrail:         undoUpdate,
	trail.OpPutEventSelectors:   undoSelectors,
	trail.OpPutInsightSelectors: undoInsights,

	trail.OpCreateBucket: func(u undoing) string { return u.bucket("delete-bucket") },
	trail.OpPutBucketVersioning: func(u undoing) string {
		return u.bucket("put-bucket-versioning", "--versioning-configuration", "Status=Suspended")
	},
	trail.OpPutObjectLockConfiguration: func(u undoing) string {
		before := `{"ObjectLockEnabled":"Enabled"}`
		if !u.before.Empty() {
			before = string(u.before)
		}
		return u.bucket("put-object-lock-configuration", "--object-lock-configuration", before)
	},
	trail.OpPutBucketOwnershipControls: putOr("put-bucket-ownership-controls", "--ownership-controls", "delete-bucket-ownership-controls"),
	trail.OpPutPublicAccessBlock:       putOr("put-public-access-block", "--public-access-block-configuration", "delete-public-access-block"),
	trail.OpPutBucketPolicy:            putOr("put-bucket-policy", "--policy", "delete-bucket-policy"),
	trail.OpPutBucketAcl:               putOr("put-bucket-acl", "--access-control-policy", ""),
	trail.OpPutBucketEncryption:        putOr("put-bucket-encryption", "--server-side-encryption-configuration", "delete-bucket-encryption"),
	trail.OpPutBucketRequestPayment:    putOr("put-bucket-request-payment", "--request-payment-configuration", ""),
	trail.OpPutBucketLifecycleConfiguration: func(u undoing) string {
		u.before = whole(u.before)
		return putOr("put-bucket-lifecycle-configuration", "--lifecycle-configuration", "delete-bucket-lifecycle")(u)
	},
	trail.OpPutBucketNotificationConfiguration: func(u undoing) string {
		return u.bucket("put-bucket-notification-configuration", "--notification-configuration", strings.Replace(string(u.before), `"EventBridgeConfiguration":true`, `"EventBridgeConfiguration":{}`, 1))
	},

	trail.OpCancelKeyDeletion: func(u undoing) string {
		return u.aws("kms schedule-key-deletion", "--key-id", u.Resource, "--pending-window-in-days", "30")
	},
	trail.OpEnableKey: func(u undoing) string { return u.aws("kms disable-key", "--key-id", u.Resource) },
	trail.OpPutKeyPolicy: func(u undoing) string {
		return u.aws("kms put-key-policy", "--key-id", u.Resource, "--policy-name", "default", "--policy", string(u.before))
	},
	trail.OpEnableKeyRotation: func(u undoing) string { return u.aws("kms disable-key-rotation", "--key-id", u.Resource) },

	trail.OpSetTopicAttributes: undoTopic,

	trail.OpCreateRole: func(u undoing) string { return u.aws("iam delete-role", "--role-name", u.name) },
	trail.OpUpdateAssumeRolePolicy: func(u undoing) string {
		return u.aws("iam update-assume-role-policy", "--role-name", u.name, "--policy-document", string(u.before))
	},
	trail.OpPutRolePolicy: func(u undoing) string {
		if u.before.Empty() {
			return u.aws("iam delete-role-policy", "--role-name", u.name, "--policy-name", u.call.Member)
		}
		return u.aws("iam put-role-policy", "--role-name", u.name, "--policy-name", u.call.Member, "--policy-document", string(u.before))
	},

	trail.OpCreateLogGroup: func(u undoing) string { return u.aws("logs delete-log-group", "--log-group-name", u.name) },
	trail.OpPutRetentionPolicy: func(u undoing) string {
		days, _ := u.before.Number("RetentionInDays")
		return u.aws("logs put-retention-policy", "--log-group-name", u.name, "--retention-in-days", strconv.FormatInt(days, 10))
	},
	trail.OpAssociateKmsKey: func(u undoing) string { return u.aws("logs disassociate-kms-key", "--log-group-name", u.name) },
	trail.OpPutMetricFilter: func(u undoing) string {
		if u.before.Empty() {
			return u.aws("logs delete-metric-filter", "--log-group-name", u.name, "--filter-name", u.call.Member)
		}
		return u.aws("logs put-metric-filter", "--log-group-name", u.name, "--filter-name", u.call.Member, "--cli-input-json", lowered(u.before))
	},

	trail.OpPutMetricAlarm: func(u undoing) string {
		if u.before.Empty() {
			return u.aws("cloudwatch delete-alarms", "--alarm-names", u.name)
		}
		return u.aws("cloudwatch put-metric-alarm", "--alarm-name", u.name, "--cli-input-json", string(u.before))
	},
	trail.OpEnableAlarmActions: func(u undoing) string { return u.aws("cloudwatch disable-alarm-actions", "--alarm-names", u.name) },
}

// undoUpdate sets the fields back that the call changed.
func undoUpdate(u undoing) string {
	arguments := []string{"--name", u.Resource}
	flags := map[trail.Field]string{trail.FieldMultiRegion: "is-multi-region-trail", trail.FieldGlobalEvents: "include-global-service-events", trail.FieldValidation: "enable-log-file-validation"}
	values := map[trail.Field]string{trail.FieldKey: "kms-key-id", trail.FieldLogGroup: "cloud-watch-logs-log-group-arn", trail.FieldLogRole: "cloud-watch-logs-role-arn"}
	for _, c := range u.Changes {
		if flag, ok := flags[c.Field]; ok {
			if c.From != true {
				flag = "no-" + flag
			}
			arguments = append(arguments, "--"+flag)
		}
		if name, ok := values[c.Field]; ok {
			text, _ := c.From.(string)
			arguments = append(arguments, "--"+name, text)
		}
	}
	return u.aws("cloudtrail update-trail", arguments...)
}

func undoSelectors(u undoing) string {
	before := trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "All", IncludeManagementEvents: true}}} // a new trail's
	if have, ok := u.Changes[0].From.(trail.Selectors); ok {
		before = have
	}
	if len(before.Advanced) > 0 {
		return u.aws("cloudtrail put-event-selectors", "--trail-name", u.Resource, "--advanced-event-selectors", raised(before.Advanced))
	}
	return u.aws("cloudtrail put-event-selectors", "--trail-name", u.Resource, "--event-selectors", raised(before.Basic))
}

func undoInsights(u undoing) string {
	before, _ := u.Changes[0].From.([]trail.InsightSelector)
	if before == nil {
		before = []trail.InsightSelector{}
	}
	return u.aws("cloudtrail put-insight-selectors", "--trail-name", u.Resource, "--insight-selectors", raised(before))
}

func undoTopic(u undoing) string {
	name, value := "Policy", string(u.before)
	if u.call.Setting == "encryption" {
		name, value = "KmsMasterKeyId", u.before.Text("KmsMasterKeyId")
	}
	return u.aws("sns set-topic-attributes", "--topic-arn", u.Resource, "--attribute-name", name, "--attribute-value", value)
}

// whole gives rules of a lifecycle without a filter the empty one, which documents leave out and S3 demands.
func whole(lifecycle trail.Document) trail.Document {
	object := asMap(lifecycle.Value())
	rules, _ := object["Rules"].([]any)
	for _, r := range rules {
		rule := asMap(r)
		if rule["Filter"] == nil && rule["Prefix"] == nil {
			rule["Filter"] = map[string]any{}
		}
	}
	text, _ := json.Marshal(object) // of decoded JSON
	return trail.Document(text)
}

// raised is a value as JSON with the API's capital names, and lowered with small ones, as CloudWatch Logs has them.
func raised(value any) string { return renamed(value, strings.ToUpper) }

func lowered(value any) string { return renamed(value, strings.ToLower) }

func renamed(value any, first func(string) string) string {
	text, _ := json.Marshal(value) // of our own types
	var decoded any
	_ = json.Unmarshal(text, &decoded)
	text, _ = json.Marshal(renamedKeys(decoded, first))
	return string(text)
}

func renamedKeys(value any, first func(string) string) any {
	switch v := value.(type) {
	case map[string]any:
		renamed := map[string]any{}
		for key, member := range v {
			renamed[first(key[:min(1, len(key))])+key[min(1, len(key)):]] = renamedKeys(member, first)
		}
		return renamed
	case []any:
		for n := range v {
			v[n] = renamedKeys(v[n], first)
		}
	}
	return value
}

// quoted is one word of a shell.
func quoted(value string) string {
	harmless := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@+=,", r)
	}
	if value != "" && strings.IndexFunc(value, func(r rune) bool { return !harmless(r) }) < 0 {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
