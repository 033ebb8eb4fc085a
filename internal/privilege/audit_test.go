package privilege_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/awscloud/inventory"
	"github.com/trailhold/trailhold/internal/harden"
	"github.com/trailhold/trailhold/internal/harden/apply"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/privilege"
	"github.com/trailhold/trailhold/internal/trail"
)

// TestHardeningIsWhatPlansCall holds the list of writes to what plans can have, and each to a row.
func TestHardeningIsWhatPlansCall(t *testing.T) {
	var planned []string
	for _, op := range harden.Calls() {
		planned = append(planned, string(op))
	}
	listed := privilege.Hardening()
	slices.Sort(planned)
	slices.Sort(listed)
	if !slices.Equal(planned, listed) {
		t.Errorf("plans call\n%v\nand the list has\n%v", planned, listed)
	}
	for _, name := range listed {
		if !slices.ContainsFunc(privilege.Table(), func(r privilege.Row) bool {
			return strings.HasSuffix(r.Operation, ":"+name) && r.Role == privilege.Restore
		}) {
			t.Errorf("no row is about %s", name)
		}
	}
}

// ledger decides about the calls of one access key, by the policies that it has.
type ledger struct {
	t    *testing.T
	mu   sync.Mutex
	has  []policy.Document
	used map[string]bool
}

func (l *ledger) decide(c lab.Call) bool {
	if c.AccessKeyID != auditor {
		return true
	}
	wanted, err := demands(c)
	if err != nil {
		l.t.Error(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range wanted {
		l.used[d.action] = true
		if got := ask(l.has, d); got != policy.Allow {
			l.t.Errorf("%s:%s needs %s on %s in %v: the policies say %v", c.Service, c.Operation, d.action, d.resource, d.context, got)
			return false
		}
	}
	return true
}

const auditor = "AKIATRAILHOLD0000001"

// TestAuditAndHardeningNeedNoMore audits an account, mends all of it and audits it again, with exactly the permissions for that. While it
// audits it may change nothing.
func TestAuditAndHardeningNeedNoMore(t *testing.T) {
	if testing.Short() {
		t.Skip("two audits")
	}
	const home = "eu-west-1"
	reading := privilege.Statements(trail.Baseline{}, privilege.Read, privilege.Uses{Harden: true})
	all := privilege.Statements(trail.Baseline{}, privilege.Restore, privilege.Uses{Harden: true})
	ledger := &ledger{t: t, has: documents(t, reading), used: map[string]bool{}}
	l := lab.New(lab.Options{Regions: []string{home, "us-east-1"}, DeliveryDelay: time.Hour, Authorize: ledger.decide})
	defer l.Close()
	keyARN := neglect(t, intruder.New(cloudOf(l, home)), home)
	cloud := awscloud.Isolated(home, auditor, "lab", l.Client())

	o := harden.Options{Region: home, TopicARN: "arn:aws:sns:" + home + ":" + lab.DefaultAccount + ":people", KeyARN: keyARN, Compliance: true}
	plan := planOf(t, cloud, o)
	ledger.mu.Lock()
	ledger.has = documents(t, all)
	ledger.mu.Unlock()
	for _, r := range apply.Run(t.Context(), cloud.Patient(), plan, func(apply.Result) {}) {
		if !r.Outcome.Good() {
			t.Errorf("%s of %s: %s: %s", r.Call, r.Resource, r.Outcome, r.Detail)
		}
	}
	if len(plan.Steps) < 50 {
		t.Errorf("the plan has %d steps", len(plan.Steps))
	}
	if len(planOf(t, cloud, o).Steps) > 0 {
		t.Error("not all was mended")
	}
	for _, action := range privilege.Actions(all) {
		if !ledger.used[action] && unheard[action] == "" {
			t.Errorf("%s is granted, but nothing used it", action)
		}
		if ledger.used[action] && unheard[action] != "" {
			t.Errorf("%s is used after all", action)
		}
	}
}

// unheard are the actions that take more than this test has.
var unheard = map[string]string{
	"cloudtrail:GetEventDataStore": "an event data store", "cloudtrail:GetResourcePolicy": "an event data store",
	"cloudwatch:EnableAlarmActions": "an alarm whose actions are off", "cloudwatch:GetAlarmMuteRule": "a mute rule",
	"dynamodb:DescribeTable": "what a guard runs on", "lambda:GetFunctionConcurrency": "what a guard runs on", "lambda:GetFunctionConfiguration": "what a guard runs on", "lambda:GetPolicy": "what a guard runs on",
	"sqs:GetQueueAttributes": "what a guard runs on", "sqs:GetQueueUrl": "what a guard runs on",
	"guardduty:GetDetector": "GuardDuty", "iam:UpdateAssumeRolePolicy": "a role of ours that somebody changed",
	"kms:CancelKeyDeletion": "a trail's key that will be deleted", "kms:EnableKey": "a trail's key that is disabled",
	"logs:PutRetentionPolicy": "a log group that keeps events for days", "sns:SetTopicAttributes": "a topic that keeps CloudTrail or alarms out",
	"organizations:DescribePolicy": "an organization", "organizations:ListAWSServiceAccessForOrganization": "an organization", "organizations:ListAccounts": "an organization",
	"organizations:ListDelegatedAdministrators": "an organization", "organizations:ListParents": "an organization", "organizations:ListPoliciesForTarget": "an organization",
	"s3:CreateBucket": "a bucket that is gone", "s3:PutEncryptionConfiguration": "a bucket without default encryption, as there were before 2023",
}

// TestAuditLooksOnly: who audits changes nothing, and of other accounts' things nothing is allowed.
func TestAuditLooksOnly(t *testing.T) {
	b := example(func(*trail.Guarded) {})
	for _, s := range privilege.Statements(b, privilege.Restore, privilege.Uses{Audit: true}) {
		for _, r := range s.Resource {
			if parts := strings.SplitN(r, ":", 6); len(parts) == 6 && strings.Contains(r, "*") && parts[4] != "" && parts[4] != b.Account && parts[4] != "aws" {
				t.Errorf("%s is about another account: %s", s.Sid, r)
			}
		}
	}
	for _, action := range privilege.Actions(privilege.Statements(trail.Baseline{}, privilege.Restore, privilege.Uses{Audit: true})) {
		_, name, _ := strings.Cut(action, ":")
		if !strings.HasPrefix(name, "Get") && !strings.HasPrefix(name, "List") && !strings.HasPrefix(name, "Describe") && action != "cloudtrail:LookupEvents" {
			t.Errorf("an audit may call %s", action)
		}
	}
	hardening := privilege.Statements(trail.Baseline{}, privilege.Restore, privilege.Uses{Harden: true, Partition: "aws-cn"})
	for _, s := range hardening {
		for _, r := range s.Resource {
			if strings.HasPrefix(r, "arn:aws:") {
				t.Errorf("%s is not in China: %s", s.Sid, r)
			}
			if strings.Contains(strings.Join(s.Action, " "), "RolePolicy") && strings.HasPrefix(s.Sid, "Restore") && !strings.HasSuffix(r, ":role/trailhold-cloudtrail-logs") {
				t.Errorf("%s changes any role: %s", s.Sid, r)
			}
		}
	}
}

// planOf reads the account and plans, as the command does.
func planOf(t *testing.T, cloud *awscloud.Cloud, o harden.Options) harden.Plan {
	t.Helper()
	inv, err := inventory.Read(t.Context(), cloud, time.Now(), inventory.Options{Activity: time.Now().Add(-time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range posture.Audit(inv, posture.Options{}).Unread {
		t.Error(line)
	}
	for _, r := range harden.Needs(inv, o) {
		inv.Accounts[0].Resources[r.ARN] = posture.Resource{Type: r.Type, ARN: r.ARN, Region: r.Region, Account: r.Account, State: cloud.ObserveResource(t.Context(), awscloud.Everything(r))}
	}
	p, err := harden.Make(inv, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// neglect makes an account in which there is everything that an audit reads, and little of it is right. It returns the ARN of a key.
func neglect(t *testing.T, owner *intruder.Intruder, home string) string {
	t.Helper()
	type object = map[string]any
	call := func(operation string, input object, output any) {
		t.Helper()
		if err := owner.Call(t.Context(), home, operation, input, output); err != nil {
			t.Fatalf("%s: %v", operation, err)
		}
	}
	arn := func(service, rest string) string {
		return "arn:aws:" + service + ":" + home + ":" + lab.DefaultAccount + ":" + rest
	}
	var key struct{ KeyMetadata struct{ Arn string } }
	call("kms:CreateKey", object{}, &key)
	call("sns:CreateTopic", object{"Name": "people"}, nil)
	call("sqs:CreateQueue", object{"QueueName": "pager"}, nil)
	call("sns:Subscribe", object{"TopicArn": arn("sns", "people"), "Protocol": "sqs", "Endpoint": arn("sqs", "pager")}, nil)
	if err := owner.CreateBucket(t.Context(), home, "neglected"); err != nil {
		t.Fatal(err)
	}
	if err := owner.PutBucketPolicy(t.Context(), home, "neglected", intruder.AllowTrails("neglected", lab.DefaultAccount)); err != nil {
		t.Fatal(err)
	}
	call("s3:DeletePublicAccessBlock", object{"Bucket": "neglected"}, nil)
	call("s3:PutBucketOwnershipControls", object{"Bucket": "neglected", "OwnershipControls": object{"Rules": []object{{"ObjectOwnership": "ObjectWriter"}}}}, nil)
	call("s3:PutBucketAcl", object{"Bucket": "neglected", "ACL": "public-read"}, nil)
	call("s3:PutBucketRequestPayment", object{"Bucket": "neglected", "RequestPaymentConfiguration": object{"Payer": "Requester"}}, nil)
	call("s3:PutBucketLifecycleConfiguration", object{"Bucket": "neglected", "LifecycleConfiguration": object{"Rules": []object{{"ID": "soon", "Status": "Enabled", "Filter": object{"Prefix": ""}, "Expiration": object{"Days": 1}}}}}, nil)
	call("iam:CreateRole", object{"RoleName": "cloudtrail", "AssumeRolePolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`}, nil)
	call("iam:PutRolePolicy", object{"RoleName": "cloudtrail", "PolicyName": "write", "PolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}`}, nil)
	call("events:PutRule", object{"Name": "guard", "EventPattern": `{"source":["aws.cloudtrail"]}`}, nil)
	neglected := trail.Create{}
	neglected.Name, neglected.S3BucketName = "neglected", "neglected"
	if _, err := owner.CreateTrail(t.Context(), home, neglected); err != nil {
		t.Fatal(err)
	}
	return key.KeyMetadata.Arn
}
