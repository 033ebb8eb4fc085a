package privilege

import (
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

const (
	role         = string(trail.Role)
	rule         = string(trail.Rule)
	eventBus     = string(trail.EventBus)
	function     = string(trail.Function)
	schedule     = string(trail.Schedule)
	queue        = string(trail.Queue)
	table        = string(trail.Table)
	organization = string(trail.Organization)
)

// escalates is the notice of what lets its holder give himself more.
const escalates = "whoever has it can give the role more rights; leave it to people by alertOnly if that is too much"

// roleRows are the calls about a role.
var roleRows = []Row{
	reads("iam:GetRole", role, "", "reads the role, its trust and its boundary", on(self, "iam:GetRole")),
	reads("iam:ListRolePolicies", role, "policies", "lists what the role may do", on(self, "iam:ListRolePolicies")),
	reads("iam:GetRolePolicy", role, "policies", "reads what the role may do", on(self, "iam:GetRolePolicy")),
	reads("iam:ListAttachedRolePolicies", role, "attachedPolicies", "lists the policies attached to the role", on(self, "iam:ListAttachedRolePolicies")),

	writes("iam:CreateRole", role, "", Whatever, "makes a deleted role again", on(self, "iam:CreateRole").only(withBoundary)),
	writes("iam:UpdateAssumeRolePolicy", role, "trust", Whatever, "puts back who may assume the role", on(self, "iam:UpdateAssumeRolePolicy").noting(escalates)),
	writes("iam:PutRolePermissionsBoundary", role, "boundary", Something, "puts the boundary back", on(self, "iam:PutRolePermissionsBoundary").only(withBoundary)),
	writes("iam:DeleteRolePermissionsBoundary", role, "boundary", Nothing, "takes away a boundary that the baseline does not have", on(self, "iam:DeleteRolePermissionsBoundary")),
	writes("iam:PutRolePolicy", role, "policies", Something, "puts the role's policies back", on(self, "iam:PutRolePolicy").noting(escalates)),
	writes("iam:DeleteRolePolicy", role, "policies", Whatever, "deletes policies that the baseline does not have", on(self, "iam:DeleteRolePolicy")),
	writes("iam:AttachRolePolicy", role, "attachedPolicies", Something, "attaches the baseline's policies again", on(self, "iam:AttachRolePolicy").only(wantedPolicies)),
	writes("iam:DetachRolePolicy", role, "attachedPolicies", Whatever, "detaches policies that the baseline does not have", on(self, "iam:DetachRolePolicy")),
}

// busPolicy is for the two actions on a bus's policy, of which the reference names no resource type.
var busPolicy = anything("the action takes no resource; the regions limit it")

// ruleRows are the calls about rules and event buses.
var ruleRows = []Row{
	reads("eventbridge:DescribeRule", rule, "", "reads the rule", on(self, "events:DescribeRule")),
	reads("eventbridge:ListTargetsByRule", rule, "targets", "reads where the rule leads", on(self, "events:ListTargetsByRule")),
	reads("eventbridge:DescribeEventBus", eventBus, "", "reads the event bus and its policy", on(self, "events:DescribeEventBus")),

	writes("eventbridge:PutRule", rule, "identity definition", Whatever, "puts the rule back, or makes it again", on(self, "events:PutRule"),
		on(passed("definition", "RoleArn"), "iam:PassRole").only(passedTo("events.amazonaws.com"))),
	writes("eventbridge:PutTargets", rule, "targets", Something, "puts the rule's targets back", on(self, "events:PutTargets"),
		on(passed("targets", "RoleArn"), "iam:PassRole").only(passedTo("events.amazonaws.com"))),
	writes("eventbridge:RemoveTargets", rule, "targets", Whatever, "removes targets that the baseline does not have", on(self, "events:RemoveTargets")),
	writes("eventbridge:CreateEventBus", eventBus, "", Whatever, "makes a deleted event bus again", on(self, "events:CreateEventBus")),
	writes("eventbridge:PutPermission", eventBus, "policy", Something, "puts the bus's policy back", on(busPolicy, "events:PutPermission").only(here)),
	writes("eventbridge:RemovePermission", eventBus, "policy", Nothing, "takes away a policy that the baseline does not have", on(busPolicy, "events:RemovePermission").only(here)),
}

// functionKey is the key that a function's environment is encrypted under.
var functionKey = named("configuration", "KMSKeyArn", "kms", "the key of the function's environment")

// networked limits a form to functions in a network.
func networked(f Form) Form {
	return f.when(func(s subject) bool { return len(valuesIn(s.document("configuration"), "SubnetIds")) > 0 })
}

// functionRows are the calls about the guard's function.
var functionRows = []Row{
	reads("lambda:GetFunctionConfiguration", function, "", "reads the function's code hash, configuration and environment", on(self, "lambda:GetFunctionConfiguration"),
		on(functionKey, "kms:Decrypt").only(via("lambda", functionKey)).noting("functions with a key of their own")),
	reads("lambda:GetFunctionConcurrency", function, "concurrency", "reads the reserved concurrency", on(self, "lambda:GetFunctionConcurrency")),
	reads("lambda:GetPolicy", function, "permissions", "reads who may call the function", on(self, "lambda:GetPolicy")),
	reads("lambda:GetFunctionEventInvokeConfig", function, "invokeConfig", "reads what becomes of failed calls", on(self, "lambda:GetFunctionEventInvokeConfig")),

	writes("lambda:UpdateFunctionConfiguration", function, "configuration", Whatever, "puts the configuration back", on(self, "lambda:UpdateFunctionConfiguration"),
		on(passed("configuration", "Role"), "iam:PassRole").only(passedTo("lambda.amazonaws.com")),
		on(named("configuration", "Layers", "lambda", "the function's layers"), "lambda:GetLayerVersion").noting("functions with layers"),
		on(functionKey, "kms:CreateGrant").only(via("lambda", functionKey)).noting("functions with a key of their own"),
		on(functionKey, "kms:Encrypt").only(via("lambda", functionKey)).noting("functions with a key of their own"),
		on(networked(unlimited), "ec2:DescribeSecurityGroups").only(here).noting("functions in a network"),
		on(networked(unlimited), "ec2:DescribeSubnets").only(here).noting("functions in a network"),
		on(networked(unlimited), "ec2:DescribeVpcs").only(here).noting("functions in a network")),
	writes("lambda:PutFunctionConcurrency", function, "concurrency", Something, "puts the reserved concurrency back", on(self, "lambda:PutFunctionConcurrency")),
	writes("lambda:DeleteFunctionConcurrency", function, "concurrency", Nothing, "takes away a limit that the baseline does not have", on(self, "lambda:DeleteFunctionConcurrency")),
	writes("lambda:AddPermission", function, "permissions", Something, "lets the guard's rules and schedules call the function again", on(self, "lambda:AddPermission")),
	writes("lambda:RemovePermission", function, "permissions", Whatever, "takes away permissions that the baseline does not have", on(self, "lambda:RemovePermission")),
	writes("lambda:PutFunctionEventInvokeConfig", function, "invokeConfig", Something, "puts back what becomes of failed calls", on(self, "lambda:PutFunctionEventInvokeConfig")),
	writes("lambda:DeleteFunctionEventInvokeConfig", function, "invokeConfig", Nothing, "takes away what the baseline does not have", on(self, "lambda:DeleteFunctionEventInvokeConfig")),
}

// scheduleGroup is the group that a schedule's ARN names.
var scheduleGroup = Form{Shape: "its schedule group", arns: func(s subject) []string {
	_, path, _ := strings.Cut(s.arn, ":schedule/")
	group, _, _ := strings.Cut(path, "/")
	if s.blank {
		group = "*"
	}
	return []string{s.other("scheduler", "schedule-group/"+group)}
}}

// schedules are the grants of a write that says what a schedule does.
func schedules(action string) []Grant {
	return []Grant{on(self, action), on(passed("definition", "RoleArn"), "iam:PassRole").only(passedTo("scheduler.amazonaws.com"))}
}

// scheduleRows are the calls about the guard's schedule.
var scheduleRows = []Row{
	reads("scheduler:GetSchedule", schedule, "", "reads the schedule", on(self, "scheduler:GetSchedule")),
	writes("scheduler:CreateSchedule", schedule, "", Whatever, "makes a deleted schedule again", schedules("scheduler:CreateSchedule")...),
	writes("scheduler:CreateScheduleGroup", schedule, "", Whatever, "makes its group again, with which it was deleted", on(scheduleGroup, "scheduler:CreateScheduleGroup")),
	writes("scheduler:UpdateSchedule", schedule, "definition", Whatever, "puts the schedule back", schedules("scheduler:UpdateSchedule")...),
}

// queueRows are the calls about a queue that the guard runs on.
var queueRows = []Row{
	reads("sqs:GetQueueUrl", queue, "", "finds the queue", on(self, "sqs:GetQueueUrl")),
	reads("sqs:GetQueueAttributes", queue, "", "reads the queue", on(self, "sqs:GetQueueAttributes")),
	writes("sqs:CreateQueue", queue, "", Whatever, "makes a deleted queue again", on(self, "sqs:CreateQueue")),
	writes("sqs:SetQueueAttributes", queue, "policy attributes", Whatever, "puts policy and attributes back", on(self, "sqs:SetQueueAttributes")),
}

// tableRows are the calls about the settings of a table that the guard keeps incidents in.
var tableRows = []Row{
	reads("dynamodb:DescribeTable", table, "", "reads the table", on(self, "dynamodb:DescribeTable")),
	reads("dynamodb:DescribeContinuousBackups", table, "pointInTimeRecovery", "reads whether the table is backed up", on(self, "dynamodb:DescribeContinuousBackups")),
	reads("dynamodb:DescribeTimeToLive", table, "timeToLive", "reads whether incidents expire", on(self, "dynamodb:DescribeTimeToLive")),
	writes("dynamodb:UpdateTable", table, "deletionProtection", Whatever, "protects the table from deletion again", on(self, "dynamodb:UpdateTable")),
	writes("dynamodb:UpdateContinuousBackups", table, "pointInTimeRecovery", Whatever, "has the table backed up again", on(self, "dynamodb:UpdateContinuousBackups")),
	writes("dynamodb:UpdateTimeToLive", table, "timeToLive", Whatever, "has incidents expire again", on(self, "dynamodb:UpdateTimeToLive")),
}

var (
	ownAccount      = organizationForm("{owner}:account/{id}/{account}", "the account in the organization", "")
	everyAccount    = organizationForm("{owner}:account/{id}/*", "every account of the organization", "which account administers is not known before")
	controlPolicies = Form{Shape: "every service control policy", Why: "which policies are attached is not known before", arns: func(s subject) []string {
		return []string{
			"arn:" + s.partition + ":organizations::" + arnPart(s.arn, 4) + ":policy/" + s.resource.Name() + "/service_control_policy/*",
			"arn:" + s.partition + ":organizations::aws:policy/service_control_policy/*",
		}
	}}
	delegates = Form{Shape: "the accounts that the baseline delegates to", arns: func(s subject) (arns []string) {
		for name := range s.document("delegatedAdministrators").Members() {
			account, _ := delegation(name)
			arns = append(arns, "arn:"+s.partition+":organizations::"+arnPart(s.arn, 4)+":account/"+s.resource.Name()+"/"+account)
		}
		return arns
	}}
)

// delegation takes the name of a delegated administrator apart: its account and the service that it administers.
func delegation(name string) (account, service string) {
	account, service, _ = strings.Cut(name, " ")
	return account, service
}

// organizationRows are the calls about the organization. Only its management account, and in part a delegated
// administrator, is answered.
var organizationRows = []Row{
	reads("organizations:DescribeOrganization", organization, "", "reads which organization the account is in", on(unlimited, "organizations:DescribeOrganization")),
	reads("organizations:ListAWSServiceAccessForOrganization", organization, "trustedAccess", "reads which services the organization trusts", on(unlimited, "organizations:ListAWSServiceAccessForOrganization")),
	reads("organizations:ListDelegatedAdministrators", organization, "delegatedAdministrators", "reads who administers services", on(unlimited, "organizations:ListDelegatedAdministrators")),
	reads("organizations:ListDelegatedServicesForAccount", organization, "delegatedAdministrators", "reads which services they administer", on(everyAccount, "organizations:ListDelegatedServicesForAccount")),
	reads("organizations:ListPoliciesForTarget", organization, "serviceControlPolicies", "reads which policies are laid on the account", on(ownAccount, "organizations:ListPoliciesForTarget")),
	reads("organizations:DescribePolicy", organization, "serviceControlPolicies", "reads what these policies say", on(controlPolicies, "organizations:DescribePolicy")),
	writes("organizations:EnableAWSServiceAccess", organization, "trustedAccess", Something, "has the organization trust the baseline's services again", on(unlimited, "organizations:EnableAWSServiceAccess").only(wantedServices)),
	writes("organizations:RegisterDelegatedAdministrator", organization, "delegatedAdministrators", Something, "appoints the baseline's administrators again",
		on(delegates, "organizations:RegisterDelegatedAdministrator").only(delegatedServices)),
}
