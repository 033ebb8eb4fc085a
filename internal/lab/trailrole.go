package lab

import "strings"

// serviceMay says whether a service may do something with a role: the role has to exist, its trust policy to let the service
// in for the source on whose behalf it acts (its ARN; may be empty), and its own policies to allow the action. Where nobody ever
// made a role, all exist and may do everything.
func (l *Lab) serviceMay(service, source, roleARN, action, resource string) bool {
	parts, _ := splitAnyARN(roleARN)
	owner := l.accounts[parts.account]
	if owner == nil || !owner.iam.used {
		return true
	}
	role := owner.iam.roleByARN(roleARN)
	if role == nil {
		return false
	}
	trust := access{service: service, action: "sts:AssumeRole", context: map[string]string{"aws:sourceaccount": parts.account}}
	if source != "" {
		trust.context["aws:sourcearn"] = source
	}
	a := access{account: parts.account, arn: roleARN, role: roleARN, action: action, resource: resource}
	return ask(role.trust, trust) == policyAllows && owner.iam.allows(role, a)
}

// allows says whether the role's policies allow something and none denies it.
func (s *iamState) allows(r *iamRole, a access) bool {
	allowed := false
	for _, document := range r.inline {
		allowed = allowed || judgeOwn(document, a) == policyAllows
	}
	for _, arn := range r.attached {
		allowed = allowed || s.judge(arn, a) == policyAllows
	}
	return allowed && s.denies(r, a) == ""
}

// checkLogsRole checks that CloudTrail could write to the log group with the role that the request names.
func (c *call) checkLogsRole(in *trailInput, t *trail) error {
	if in.CloudWatchLogsRoleArn == nil || t.logRole == "" || c.lab.mayWriteLogs(t) {
		return nil
	}
	return errorf("InvalidCloudWatchLogsRoleArnException", "Access denied. Verify in IAM that the role has adequate permissions.")
}

// mayWriteLogs says whether the trail's role lets CloudTrail write to the trail's log group.
func (l *Lab) mayWriteLogs(t *trail) bool {
	stream := strings.TrimSuffix(t.logGroup, ":*") + ":log-stream:" + t.account + "_CloudTrail_" + t.home
	return l.serviceMay(cloudtrailPrincipal, t.arn, t.logRole, "logs:CreateLogStream", stream) && l.serviceMay(cloudtrailPrincipal, t.arn, t.logRole, "logs:PutLogEvents", stream)
}
