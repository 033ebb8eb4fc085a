package privilege_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/lab"
)

// demand is one permission that AWS checks for a call.
type demand struct {
	action, resource string
	context          map[string][]string
}

// demands says what AWS checks for a call of the guard's, by the Service Authorization Reference and the operation's
// documentation. It knows nothing of the package's table: it is the other side of the ledger.
func demands(c lab.Call) ([]demand, error) {
	var p map[string]any
	if err := json.Unmarshal(c.Parameters, &p); err != nil {
		return nil, err
	}
	call := asked{Call: c, parameters: p}
	resources := call.resources()
	if len(resources) == 0 {
		return nil, fmt.Errorf("the test does not know what %s:%s is about: %s", c.Service, c.Operation, c.Parameters)
	}
	var list []demand
	for _, resource := range resources {
		list = append(list, demand{call.action(), resource, call.context()})
	}
	return append(list, call.beside()...), nil
}

// asked is a call with its parameters.
type asked struct {
	lab.Call
	parameters map[string]any
}

func (a asked) text(name string) string {
	text, _ := a.parameters[name].(string)
	return text
}

// first is the first of some parameters that there is.
func (a asked) first(names ...string) string {
	for _, name := range names {
		if text := a.text(name); text != "" {
			return text
		}
	}
	return ""
}

// irregular are the actions of S3 that are not called like their operation, from
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
var irregular = map[string]string{
	"HeadBucket": "ListBucket", "ListBuckets": "ListAllMyBuckets", "ListObjectsV2": "ListBucket", "ListObjectVersions": "ListBucketVersions",
	"DeleteObjects": "DeleteObjectVersion", "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
	"PutObjectLockConfiguration": "PutBucketObjectLockConfiguration", "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
	"GetPublicAccessBlock": "GetBucketPublicAccessBlock", "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
	"DeletePublicAccessBlock": "PutBucketPublicAccessBlock", "GetBucketEncryption": "GetEncryptionConfiguration",
	"PutBucketEncryption": "PutEncryptionConfiguration", "DeleteBucketEncryption": "PutEncryptionConfiguration",
	"GetBucketLifecycleConfiguration": "GetLifecycleConfiguration", "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
	"DeleteBucketLifecycle": "PutLifecycleConfiguration", "GetBucketReplication": "GetReplicationConfiguration",
	"PutBucketReplication": "PutReplicationConfiguration", "DeleteBucketReplication": "PutReplicationConfiguration",
	"GetBucketNotificationConfiguration": "GetBucketNotification", "PutBucketNotificationConfiguration": "PutBucketNotification",
}

func (a asked) action() string {
	if name := irregular[a.Operation]; a.Service == "s3" && name != "" {
		return "s3:" + name
	}
	if a.Service == "monitoring" {
		return "cloudwatch:" + a.Operation
	}
	return a.Service + ":" + a.Operation
}

// context has the condition keys that AWS fills in for each call.
func (a asked) context() map[string][]string {
	context := map[string][]string{"aws:RequestedRegion": {a.Region}}
	if a.Service == "s3" && a.Operation != "HeadBucket" && a.Operation != "CreateBucket" { // the bucket may not exist, and has no account then
		context["aws:ResourceAccount"] = []string{a.Account}
	}
	for name, key := range map[string]string{
		"permissionsBoundary": "iam:PermissionsBoundary", "policyArn": "iam:PolicyARN", "servicePrincipal": "organizations:ServicePrincipal",
		"granteePrincipal": "kms:GranteePrincipal",
	} {
		if value := a.text(name); value != "" {
			context[key] = []string{value}
		}
	}
	return context
}

// nothing lists the operations of which the reference names no resource type.
var nothing = []string{
	"cloudtrail:DescribeTrails", "cloudtrail:ListEventDataStores", "cloudtrail:LookupEvents", "config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus", "guardduty:ListDetectors",
	"organizations:ListAccounts", "iam:GetAccountAuthorizationDetails", "cloudtrail:ListPublicKeys", "s3:ListBuckets", "sns:GetSubscriptionAttributes",
	"sns:SetSubscriptionAttributes", "logs:DescribeLogGroups", "events:PutPermission", "events:RemovePermission",
	"organizations:DescribeOrganization", "organizations:ListAWSServiceAccessForOrganization", "organizations:ListDelegatedAdministrators",
	"organizations:EnableAWSServiceAccess", "kms:ListAliases",
}

// resources are the ARNs of what the call is about; none if the test does not know.
func (a asked) resources() []string {
	if slices.Contains(nothing, a.Service+":"+a.Operation) {
		return []string{"*"}
	}
	arn := func(resource string) []string {
		return []string{"arn:aws:" + a.Service + ":" + a.Region + ":" + a.Account + ":" + resource}
	}
	switch a.Service {
	case "cloudtrail":
		if a.Operation == "CreateTrail" {
			return arn("trail/" + a.text("name"))
		}
		if ids, ok := a.parameters["resourceIdList"].([]any); ok {
			return []string{ids[0].(string)}
		}
		return known(a.first("eventDataStore", "channel", "name", "trailName", "resourceId", "resourceArn"))
	case "s3":
		return a.inS3()
	case "kms":
		return known(a.text("keyId"))
	case "sns":
		if a.Operation == "CreateTopic" {
			return arn(a.text("name"))
		}
		return known(a.first("topicArn", "resourceArn"))
	case "iam":
		return a.role()
	case "guardduty":
		return arn("detector/" + a.text("detectorId"))
	case "logs":
		if tagged := a.text("resourceArn"); tagged != "" {
			return known(tagged)
		}
		return arn("log-group:" + a.first("logGroupName", "logGroupIdentifier"))
	case "monitoring":
		return a.inCloudWatch()
	case "events":
		return a.inEventBridge(arn)
	case "securityhub":
		if a.Operation == "DescribeHub" {
			return arn("hub/default")
		}
		return []string{"arn:aws:securityhub:" + a.Region + ":" + a.Account + ":product/" + a.Account + "/default"}
	case "ssm":
		return known(a.text("name"))
	case "secretsmanager":
		return known(a.text("secretId"))
	case "lambda":
		return known(a.text("functionName"))
	case "scheduler":
		if a.Operation == "CreateScheduleGroup" {
			return arn("schedule-group/" + a.text("name"))
		}
		return arn("schedule/" + a.first("groupName") + "/" + a.text("name"))
	case "sqs":
		if url := a.text("queueUrl"); url != "" {
			return arn(url[strings.LastIndexByte(url, '/')+1:])
		}
		return arn(a.text("queueName"))
	case "dynamodb":
		table := a.text("tableName")
		if !strings.HasPrefix(table, "arn:") {
			table = arn("table/" + table)[0]
		}
		if index := a.text("indexName"); index != "" {
			return []string{table, table + "/index/" + index}
		}
		return []string{table}
	case "account":
		return []string{"arn:aws:account::" + a.Account + ":account"}
	case "organizations":
		return a.inOrganization()
	}
	return nil
}

// known is a parameter that must be an ARN.
func known(arn string) []string {
	if !strings.HasPrefix(arn, "arn:") {
		return nil
	}
	return []string{arn}
}

func (a asked) inS3() (arns []string) {
	bucket := "arn:aws:s3:::" + a.text("bucketName")
	switch objects, _ := a.parameters["objects"].([]any); {
	case a.Operation == "ListBuckets":
		return []string{"*"}
	case a.text("bucketName") == "":
		return nil
	case strings.HasSuffix(a.Operation, "Object"):
		return []string{bucket + "/" + a.text("key")}
	case a.Operation == "DeleteObjects":
		for _, object := range objects {
			o := object.(map[string]any)
			if o["versionId"] == "" {
				return nil // it would hide a file, for which the guard has no reason
			}
			arns = append(arns, bucket+"/"+o["key"].(string))
		}
		return arns
	}
	return []string{bucket}
}

// role is the role that is written or read; of a new one the path is a parameter.
func (a asked) role() []string {
	path := a.text("path")
	if path == "" {
		path = "/"
	}
	return []string{"arn:aws:iam::" + a.Account + ":role" + path + a.text("roleName")}
}

func (a asked) inCloudWatch() (arns []string) {
	prefix := "arn:aws:cloudwatch:" + a.Region + ":" + a.Account + ":"
	switch a.Operation {
	case "DescribeAlarms":
		if a.parameters["alarmNames"] == nil {
			return []string{prefix + "alarm:*"}
		}
	case "ListAlarmMuteRules":
		return []string{prefix + "alarm-mute-rule:*"}
	case "GetAlarmMuteRule", "DeleteAlarmMuteRule":
		return []string{prefix + "alarm-mute-rule:" + a.text("alarmMuteRuleName")}
	case "PutAlarmMuteRule":
		arns = []string{prefix + "alarm-mute-rule:" + a.text("name")}
		targets, _ := a.parameters["muteTargets"].(map[string]any)
		names, _ := targets["alarmNames"].([]any)
		for _, name := range names {
			arns = append(arns, prefix+"alarm:"+name.(string))
		}
		return arns
	}
	names, _ := a.parameters["alarmNames"].([]any)
	for _, name := range names {
		arns = append(arns, prefix+"alarm:"+name.(string))
	}
	if name := a.text("alarmName"); name != "" {
		arns = append(arns, prefix+"alarm:"+name)
	}
	return arns
}

func (a asked) inEventBridge(arn func(string) []string) []string {
	if entries, ok := a.parameters["entries"].([]any); ok {
		bus, _ := entries[0].(map[string]any)["eventBusName"].(string)
		return arn("event-bus/" + bus)
	}
	if a.Operation == "ListRules" {
		return arn("rule/*")
	}
	name := a.first("rule", "name")
	if strings.HasSuffix(a.Operation, "EventBus") {
		return arn("event-bus/" + name)
	}
	if bus := a.text("eventBusName"); bus != "" && bus != "default" {
		name = bus + "/" + name
	}
	return arn("rule/" + name)
}

func (a asked) inOrganization() []string {
	organization := "arn:aws:organizations::" + a.Account + ":"
	switch {
	case a.text("targetId") != "":
		return []string{organization + "account/{organization}/" + a.text("targetId")}
	case a.text("accountId") != "":
		return []string{organization + "account/{organization}/" + a.text("accountId")}
	case strings.HasPrefix(a.text("policyId"), "p-FullAWSAccess"):
		return []string{"arn:aws:organizations::aws:policy/service_control_policy/" + a.text("policyId")}
	case a.text("policyId") != "":
		return []string{organization + "policy/{organization}/service_control_policy/" + a.text("policyId")}
	}
	return nil
}

// passes says which parameters hand a role to which service.
var passes = map[string]string{
	"cloudtrail": "cloudtrail.amazonaws.com", "events": "events.amazonaws.com", "scheduler": "scheduler.amazonaws.com",
	"lambda": "lambda.amazonaws.com", "logs": "logs.amazonaws.com", "sns": "sns.amazonaws.com",
}

// beside are the permissions that a call needs beside its own: to pass roles, to tag what it makes, and, for an organization
// trail, what CloudTrail asks of Organizations and IAM in the caller's name.
func (a asked) beside() (list []demand) {
	for _, role := range rolesIn(a.parameters, "") {
		if service := passes[a.Service]; service != "" && !a.ReadOnly {
			list = append(list, demand{"iam:PassRole", role, map[string][]string{"iam:PassedToService": {service}, "aws:RequestedRegion": {a.Region}}})
		}
	}
	if a.Operation == "CreateTrail" && a.parameters["tagsList"] != nil {
		list = append(list, demand{"cloudtrail:AddTags", a.resources()[0], a.context()})
	}
	if organization, _ := a.parameters["isOrganizationTrail"].(bool); organization {
		linked := "arn:aws:iam::" + a.Account + ":role/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail"
		list = append(list,
			demand{"iam:GetRole", linked, a.context()},
			demand{"iam:CreateServiceLinkedRole", linked, map[string][]string{"iam:AWSServiceName": {"cloudtrail.amazonaws.com"}}},
			demand{"organizations:ListAWSServiceAccessForOrganization", "*", a.context()},
			demand{"organizations:DescribeOrganization", "*", a.context()},
		)
	}
	if a.Operation == "CreateBucket" && a.parameters["objectLock"] == true {
		list = append(list, demand{"s3:PutBucketObjectLockConfiguration", a.resources()[0], nil}, demand{"s3:PutBucketVersioning", a.resources()[0], nil})
	}
	return list
}

// rolesIn are the roles that parameters name, however deep, under a name that hands them on.
func rolesIn(value any, name string) (roles []string) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			roles = append(roles, rolesIn(member, key)...)
		}
	case []any:
		for _, member := range v {
			roles = append(roles, rolesIn(member, name)...)
		}
	case string:
		if strings.HasPrefix(v, "arn:aws:iam::") && slices.Contains([]string{"role", "roleArn", "cloudWatchLogsRoleArn", "subscriptionRoleArn"}, name) {
			roles = append(roles, v)
		}
	}
	return roles
}
