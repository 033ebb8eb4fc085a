package harden

import (
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// roleName is the role with which CloudTrail writes to log groups that are made here.
const roleName = "trailhold-cloudtrail-logs"

// logGroupFor and roleFor are the log group and the role of a trail that has none.
func (d *draft) logGroupFor(c trail.Config) string {
	return "arn:" + d.account.Partition + ":logs:" + c.HomeRegion + ":" + d.account.ID + ":log-group:trailhold/" + c.Name
}

func (d *draft) roleFor() string {
	return "arn:" + d.account.Partition + ":iam::" + d.account.ID + ":role/" + roleName
}

// feedLogGroup makes a log group and a role for a trail that has none.
func feedLogGroup(d *draft, f posture.Finding) string {
	t, c, ok := d.of(f)
	switch {
	case !ok:
		return noTrail
	case c.CloudWatchLogsLogGroupARN != "":
		return "the trail has a log group: what keeps CloudTrail out of it, its own findings tell"
	}
	group, role := d.logGroupFor(c), d.roleFor()
	for _, arn := range []string{group, role} {
		if why := d.createable(arn); why != "" {
			return why
		}
	}
	if !d.exists(group) {
		d.create(trail.LogGroup, group, c.HomeRegion)
	}
	if why := d.letWrite(role, group, c); why != "" {
		return why
	}
	d.configure(t, func(c *trail.Config) { c.CloudWatchLogsLogGroupARN, c.CloudWatchLogsRoleARN = group+":*", role })
	return ""
}

// letWrite makes the role that CloudTrail writes to a log group with, or adds to it what it lacks.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html
func (d *draft) letWrite(role, group string, c trail.Config) (why string) {
	if d.missing(role) {
		d.create(trail.Role, role, globalRegion(d.account.Partition, c.HomeRegion))
	}
	why = d.edit(role, "trust", func(document map[string]any) string {
		if trusts(document, c) {
			return ""
		}
		return addStatements(document, maxTrust, statement{Sid: "TrailholdCloudTrail", Effect: "Allow", Principal: service(cloudTrail), Action: "sts:AssumeRole"})
	})
	if why != "" {
		return why
	}
	return d.edit(role, "policies", func(policies map[string]any) string {
		policies["trailhold-"+c.Name[:min(len(c.Name), 100)]] = map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Action": []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			"Resource": group + ":log-stream:" + d.account.ID + "_CloudTrail_" + c.HomeRegion + "*",
		}}}
		return ""
	})
}

// maxTrust is how long a trust policy may be, in characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxTrust = 2048

// trusts says whether a trust policy lets CloudTrail assume the role.
func trusts(document map[string]any, c trail.Config) bool {
	text, err := trail.NewDocument(document)
	if err != nil {
		return false
	}
	parsed, err := policy.Parse(string(text))
	return err == nil && parsed.Evaluate(policy.Request{Principal: policy.ServicePrincipal(cloudTrail), Action: "sts:AssumeRole",
		Context: map[string][]string{"aws:SourceArn": {c.ARN}, "aws:SourceAccount": {accountIn(c.ARN)}}}).Answer() == policy.Allow
}

// globalRegion is where IAM is called.
func globalRegion(partition, otherwise string) string {
	if region := trail.GlobalRegion(partition); region != "" {
		return region
	}
	return otherwise
}

// retentions are the numbers of days for which CloudWatch Logs keeps events, beside for ever (PutRetentionPolicy).
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// mendLogGroup makes the log group if it is gone, keeps its events long enough, lets CloudTrail write to it, and encrypts it.
func mendLogGroup(d *draft, f posture.Finding) string {
	group := f.Resource
	users := d.users(group)
	if len(users) == 0 {
		return "no trail names it any more"
	}
	if d.missing(group) {
		d.create(trail.LogGroup, group, regionIn(group))
	}
	if why := d.edit(group, "retention", func(retention map[string]any) string {
		if have := number(retention["RetentionInDays"]); have > 0 && have < d.options.days() {
			retention["RetentionInDays"] = atLeast(d.options.days())
		}
		return ""
	}); why != "" {
		return why
	}
	for _, c := range users {
		if why := d.letUserWrite(c, group); why != "" {
			return why
		}
	}
	return d.encryptGroup(group)
}

// letUserWrite mends the role of a trail only where it keeps CloudTrail out, which its own policies don't always tell: those
// that are attached were read with the account's principals.
func (d *draft) letUserWrite(c trail.Config, group string) string {
	role := d.account.Resources[c.CloudWatchLogsRoleARN]
	principals, known := d.account.Principals.Get()
	if !known {
		return "" // whether it keeps CloudTrail out is not known
	}
	for _, p := range principals.Principals {
		if p.ARN == role.ARN && d.mayWrite(p, c, group) {
			return ""
		}
	}
	return d.letWrite(c.CloudWatchLogsRoleARN, group, c)
}

// mayWrite says whether a role trusts CloudTrail and may make the two calls that CloudTrail makes with it.
func (d *draft) mayWrite(p whocan.Principal, c trail.Config, group string) bool {
	var documents []policy.Document
	for _, one := range p.Policies {
		documents = append(documents, one.Document)
	}
	trust, _ := d.account.Resources[p.ARN].Setting("trust").Get()
	object, _ := trust.Value().(map[string]any)
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
		r := policy.Request{Principal: policy.Caller(p.ARN, ""), Action: action, Resource: group + ":log-stream:" + d.account.ID + "_CloudTrail_" + c.HomeRegion}
		if (policy.Set{Identity: documents, ResourceAccount: d.account.ID}).Evaluate(r).Answer != policy.Allow {
			return false
		}
	}
	return trusts(object, c)
}

func atLeast(days int) int {
	for _, r := range retentions {
		if r >= days {
			return r
		}
	}
	return retentions[len(retentions)-1]
}

// encryptGroup gives a log group without a key the one that was named.
func (d *draft) encryptGroup(group string) string {
	encryption, known := d.account.Resources[group].Setting("encryption").Get()
	if !known || encryption.Text("KmsKeyId") != "" {
		return ""
	}
	key, why := d.keyFor(regionIn(group))
	if why != "" {
		return why
	}
	if why := d.keyStatements(key, logsKey(strings.TrimSuffix(group, ":*"))); why != "" {
		return why
	}
	return d.edit(group, "encryption", func(encryption map[string]any) string {
		encryption["KmsKeyId"] = key
		return ""
	})
}
