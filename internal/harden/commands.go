package harden

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// command is a step as a command of the AWS CLI: to take it, or to take it back. Names and documents are quoted for a shell:
// some were chosen by others.
type command struct {
	Step
	document trail.Document   // to write; empty if there is to be nothing
	value    func(Change) any // what a part is to become
	name     string           // of the resource
}

func commandOf(s Step, document trail.Document, value func(Change) any) command {
	return command{Step: s, document: document, value: value, name: trail.Resource{Type: s.call.Resource, ARN: s.Resource}.Name()}
}

// doOf is the command that takes a step.
func doOf(s Step) string {
	document := s.call.Document
	if s.Call == trail.OpPutMetricAlarm && s.call.Setting == trail.Identity { // one that is made has all its settings in it
		document = document.Members()["definition"]
	}
	c := commandOf(s, document, func(c Change) any { return c.To })
	if take, ok := takes[s.Call]; ok {
		return take(c)
	}
	if write, ok := writes[s.Call]; ok {
		return write(c)
	}
	return ""
}

// aws is a command with its arguments, each quoted; where the resource is, is added.
func (c command) aws(what string, arguments ...string) string {
	words := "aws " + what
	if c.call.Resource != trail.Role && c.Region != "" {
		arguments = append([]string{"--region", c.Region}, arguments...)
	}
	return words + " " + shell.Join(arguments...)
}

// bucket is a call of s3api. Whose the bucket must be is part of it: a name may have changed hands.
func (c command) bucket(what string, arguments ...string) string {
	owner := cmp.Or(c.call.Account, c.Account)
	return c.aws("s3api "+what, append([]string{"--bucket", c.name, "--expected-bucket-owner", owner}, arguments...)...)
}

// putOr writes a document of a bucket, or deletes what there is to be no more.
func putOr(put, flag, remove string) func(command) string {
	return func(c command) string {
		if c.document.Empty() && remove != "" {
			return c.bucket(remove)
		}
		return c.bucket(put, flag, string(c.document))
	}
}

// writes are the calls that write a document, with which they are taken and taken back.
var writes = map[trail.Op]func(command) string{
	trail.OpPutObjectLockConfiguration: func(c command) string {
		document := `{"ObjectLockEnabled":"Enabled"}` // it cannot be turned off again
		if !c.document.Empty() {
			document = string(c.document)
		}
		return c.bucket("put-object-lock-configuration", "--object-lock-configuration", document)
	},
	trail.OpPutBucketOwnershipControls: putOr("put-bucket-ownership-controls", "--ownership-controls", "delete-bucket-ownership-controls"),
	trail.OpPutPublicAccessBlock:       putOr("put-public-access-block", "--public-access-block-configuration", "delete-public-access-block"),
	trail.OpPutBucketPolicy:            putOr("put-bucket-policy", "--policy", "delete-bucket-policy"),
	trail.OpPutBucketAcl:               putOr("put-bucket-acl", "--access-control-policy", ""),
	trail.OpPutBucketEncryption:        putOr("put-bucket-encryption", "--server-side-encryption-configuration", "delete-bucket-encryption"),
	trail.OpPutBucketRequestPayment:    putOr("put-bucket-request-payment", "--request-payment-configuration", ""),
	trail.OpPutBucketLifecycleConfiguration: func(c command) string {
		c.document = whole(c.document)
		return putOr("put-bucket-lifecycle-configuration", "--lifecycle-configuration", "delete-bucket-lifecycle")(c)
	},
	trail.OpPutBucketNotificationConfiguration: func(c command) string {
		return c.bucket("put-bucket-notification-configuration", "--notification-configuration", strings.Replace(string(c.document), `"EventBridgeConfiguration":true`, `"EventBridgeConfiguration":{}`, 1))
	},
	trail.OpPutBucketLogging: func(c command) string {
		return c.bucket("put-bucket-logging", "--bucket-logging-status", `{"LoggingEnabled":`+string(c.document)+`}`)
	},
	trail.OpPutKeyPolicy: func(c command) string {
		return c.aws("kms put-key-policy", "--key-id", c.Resource, "--policy-name", "default", "--policy", string(c.document))
	},
	trail.OpSetTopicAttributes: func(c command) string {
		name, value := "Policy", string(c.document)
		if c.call.Setting == "encryption" {
			name, value = "KmsMasterKeyId", c.document.Text("KmsMasterKeyId")
		}
		return c.aws("sns set-topic-attributes", "--topic-arn", c.Resource, "--attribute-name", name, "--attribute-value", value)
	},
	trail.OpUpdateAssumeRolePolicy: func(c command) string {
		return c.aws("iam update-assume-role-policy", "--role-name", c.name, "--policy-document", string(c.document))
	},
	trail.OpPutRolePolicy: func(c command) string {
		if c.document.Empty() {
			return c.aws("iam delete-role-policy", "--role-name", c.name, "--policy-name", c.call.Member)
		}
		return c.aws("iam put-role-policy", "--role-name", c.name, "--policy-name", c.call.Member, "--policy-document", string(c.document))
	},
	trail.OpPutRetentionPolicy: func(c command) string {
		days, _ := c.document.Number("RetentionInDays")
		return c.aws("logs put-retention-policy", "--log-group-name", c.name, "--retention-in-days", strconv.FormatInt(days, 10))
	},
	trail.OpPutMetricFilter: func(c command) string {
		if c.document.Empty() {
			return c.aws("logs delete-metric-filter", "--log-group-name", c.name, "--filter-name", c.call.Member)
		}
		return c.aws("logs put-metric-filter", "--log-group-name", c.name, "--filter-name", c.call.Member, "--cli-input-json", lowered(c.document))
	},
	trail.OpPutMetricAlarm: func(c command) string {
		if c.document.Empty() {
			return c.aws("cloudwatch delete-alarms", "--alarm-names", c.name)
		}
		return c.aws("cloudwatch put-metric-alarm", "--alarm-name", c.name, "--cli-input-json", string(c.document))
	},
}

// takes are how calls are taken that do more than write a document.
var takes = map[trail.Op]func(command) string{
	trail.OpStartLogging:        func(c command) string { return c.aws("cloudtrail start-logging", "--name", c.Resource) },
	trail.OpCreateTrail:         command.createTrail,
	trail.OpUpdateTrail:         command.updateTrail,
	trail.OpPutEventSelectors:   command.putSelectors,
	trail.OpPutInsightSelectors: command.putInsights,

	trail.OpCreateBucket: func(c command) string {
		arguments := []string{"--bucket", c.name}
		if c.Region != "us-east-1" { // which is what S3 takes for granted, and refuses to be told
			arguments = append(arguments, "--create-bucket-configuration", "LocationConstraint="+c.Region)
		}
		return c.aws("s3api create-bucket", arguments...)
	},
	trail.OpPutBucketVersioning: func(c command) string {
		return c.bucket("put-bucket-versioning", "--versioning-configuration", "Status=Enabled")
	},
	trail.OpCancelKeyDeletion: func(c command) string { return c.aws("kms cancel-key-deletion", "--key-id", c.Resource) },
	trail.OpEnableKey:         func(c command) string { return c.aws("kms enable-key", "--key-id", c.Resource) },
	trail.OpEnableKeyRotation: func(c command) string { return c.aws("kms enable-key-rotation", "--key-id", c.Resource) },

	trail.OpCreateTopic: func(c command) string { return c.aws("sns create-topic", "--name", c.name) },
	trail.OpCreateRole: func(c command) string {
		return c.aws("iam create-role", "--role-name", c.name, "--assume-role-policy-document", string(c.document.Members()["trust"]))
	},
	trail.OpCreateLogGroup: func(c command) string { return c.aws("logs create-log-group", "--log-group-name", c.name) },
	trail.OpAssociateKmsKey: func(c command) string {
		return c.aws("logs associate-kms-key", "--log-group-name", c.name, "--kms-key-id", c.document.Text("KmsKeyId"))
	},
	trail.OpEnableAlarmActions: func(c command) string { return c.aws("cloudwatch enable-alarm-actions", "--alarm-names", c.name) },
}

// trailFlags and trailValues are the arguments of the AWS CLI for the fields of a trail.
var (
	trailFlags = map[trail.Field]string{
		trail.FieldMultiRegion: "is-multi-region-trail", trail.FieldGlobalEvents: "include-global-service-events", trail.FieldValidation: "enable-log-file-validation",
	}
	trailValues = map[trail.Field]string{
		trail.FieldKey: "kms-key-id", trail.FieldLogGroup: "cloud-watch-logs-log-group-arn", trail.FieldLogRole: "cloud-watch-logs-role-arn",
		trail.FieldTopic: "sns-topic-name",
	}
)

// updateTrail sets the fields that the call changes.
func (c command) updateTrail() string {
	arguments := []string{"--name", c.Resource}
	for _, change := range c.Changes {
		if flag, ok := trailFlags[change.Field]; ok {
			if c.value(change) != true {
				flag = "no-" + flag
			}
			arguments = append(arguments, "--"+flag)
		}
		if name, ok := trailValues[change.Field]; ok {
			text, _ := c.value(change).(string)
			arguments = append(arguments, "--"+name, text)
		}
	}
	return c.aws("cloudtrail update-trail", arguments...)
}

// createTrail makes a trail of which little is set yet: what is made here has a bucket, and is for all regions.
func (c command) createTrail() string {
	made := c.call.Create.Config
	arguments := []string{"--name", made.Name, "--s3-bucket-name", made.S3BucketName}
	for _, flag := range []struct {
		is   bool
		name string
	}{{made.IsMultiRegionTrail, "--is-multi-region-trail"}, {made.LogFileValidationEnabled, "--enable-log-file-validation"}, {made.IsOrganizationTrail, "--is-organization-trail"}} {
		if flag.is {
			arguments = append(arguments, flag.name)
		}
	}
	for _, value := range [][2]string{
		{"--kms-key-id", made.KMSKeyID}, {"--cloud-watch-logs-log-group-arn", made.CloudWatchLogsLogGroupARN}, {"--cloud-watch-logs-role-arn", made.CloudWatchLogsRoleARN},
	} {
		if value[1] != "" {
			arguments = append(arguments, value[0], value[1])
		}
	}
	return c.aws("cloudtrail create-trail", arguments...)
}

func (c command) putSelectors() string {
	selectors := trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "All", IncludeManagementEvents: true}}} // a new trail's
	if is, ok := c.value(c.Changes[0]).(trail.Selectors); ok {
		selectors = is
	}
	if len(selectors.Advanced) > 0 {
		return c.aws("cloudtrail put-event-selectors", "--trail-name", c.Resource, "--advanced-event-selectors", raised(selectors.Advanced))
	}
	return c.aws("cloudtrail put-event-selectors", "--trail-name", c.Resource, "--event-selectors", raised(selectors.Basic))
}

func (c command) putInsights() string {
	insights, _ := c.value(c.Changes[0]).([]trail.InsightSelector)
	if insights == nil {
		insights = []trail.InsightSelector{}
	}
	return c.aws("cloudtrail put-insight-selectors", "--trail-name", c.Resource, "--insight-selectors", raised(insights))
}

// Calls lists the calls that plans can have. Commands to paste have a few more.
func Calls() []trail.Op {
	var calls []trail.Op
	for _, all := range []map[trail.Op]func(command) string{writes, takes} {
		for op := range all {
			if op != trail.OpCreateTopic && op != trail.OpPutBucketLogging {
				calls = append(calls, op)
			}
		}
	}
	slices.Sort(calls)
	return calls
}
