package awscloud

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	trustPolicy  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	thiefTrust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole"}]}`
	inlinePolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"50% + more","Effect":"Allow","Action":["logs:PutLogEvents","logs:CreateLogStream"],"Resource":"*"}]}`
)

// guardedRole makes a role with every setting that a role can have, below a path.
func (w *world) guardedRole(t *testing.T) trail.Resource {
	t.Helper()
	c := w.cloud.iam("us-east-1")
	policy := func(name string) *string {
		out, err := c.CreatePolicy(w.context, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(inlinePolicy)})
		if err != nil {
			t.Fatal(err)
		}
		return out.Policy.Arn
	}
	out, err := c.CreateRole(w.context, &iam.CreateRoleInput{RoleName: aws.String("deliver"), Path: aws.String("/audit/logs/"), AssumeRolePolicyDocument: aws.String(trustPolicy), PermissionsBoundary: policy("limit")})
	if err != nil {
		t.Fatal(err)
	}
	name := out.Role.RoleName
	must[iam.PutRolePolicyOutput](t)(c.PutRolePolicy(w.context, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("write"), PolicyDocument: aws.String(inlinePolicy)}))
	must[iam.AttachRolePolicyOutput](t)(c.AttachRolePolicy(w.context, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: policy("attached")}))
	policy("thief")
	return trail.Resource{Type: trail.Role, ARN: *out.Role.Arn, Region: "us-east-1", Account: lab.DefaultAccount}
}

func TestRoleWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	r := w.guardedRole(t)
	c, name := w.cloud.iam("us-east-1"), aws.String("deliver")
	const policies = "arn:aws:iam::111122223333:policy/"
	detach := func(t *testing.T) {
		must[iam.DetachRolePolicyOutput](t)(c.DetachRolePolicy(w.context, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: aws.String(policies + "attached")}))
	}
	drop := func(t *testing.T) {
		must[iam.DeleteRolePolicyOutput](t)(c.DeleteRolePolicy(w.context, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("write")}))
	}
	put := func(policy, document string) func(*testing.T) {
		return func(t *testing.T) {
			must[iam.PutRolePolicyOutput](t)(c.PutRolePolicy(w.context, &iam.PutRolePolicyInput{RoleName: name, PolicyName: &policy, PolicyDocument: &document}))
		}
	}
	tamperings := []tampering{
		{"trust", "trust", func(t *testing.T) {
			must[iam.UpdateAssumeRolePolicyOutput](t)(c.UpdateAssumeRolePolicy(w.context, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(thiefTrust)}))
		}, []trail.Op{trail.OpUpdateAssumeRolePolicy}},
		{"boundary removed", "boundary", func(t *testing.T) {
			must[iam.DeleteRolePermissionsBoundaryOutput](t)(c.DeleteRolePermissionsBoundary(w.context, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))
		}, []trail.Op{trail.OpPutRolePermissionsBoundary}},
		{"other boundary", "boundary", func(t *testing.T) {
			must[iam.PutRolePermissionsBoundaryOutput](t)(c.PutRolePermissionsBoundary(w.context, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: aws.String(policies + "thief")}))
		}, []trail.Op{trail.OpPutRolePermissionsBoundary}},
		{"policy deleted", "policies", drop, []trail.Op{trail.OpPutRolePolicy}},
		{"policy changed", "policies", put("write", thiefPolicy), []trail.Op{trail.OpPutRolePolicy}},
		{"policy added", "policies", put("deny", thiefPolicy), []trail.Op{trail.OpDeleteRolePolicy}},
		{"detached", "attachedPolicies", detach, []trail.Op{trail.OpAttachRolePolicy}},
		{"attached", "attachedPolicies", func(t *testing.T) {
			must[iam.AttachRolePolicyOutput](t)(c.AttachRolePolicy(w.context, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(policies + "thief")}))
		}, []trail.Op{trail.OpDetachRolePolicy}},
		{"deleted", trail.Identity, func(t *testing.T) {
			detach(t)
			drop(t)
			must[iam.DeleteRoleOutput](t)(c.DeleteRole(w.context, &iam.DeleteRoleInput{RoleName: name}))
		}, []trail.Op{trail.OpCreateRole, trail.OpUpdateAssumeRolePolicy, trail.OpPutRolePolicy, trail.OpAttachRolePolicy, trail.OpPutRolePermissionsBoundary}},
	}
	w.withstands(t, r, tamperings)
	covers(t, trail.Role, tamperings)
	out, err := c.GetRole(w.context, &iam.GetRoleInput{RoleName: name})
	if err != nil || *out.Role.Arn != r.ARN {
		t.Errorf("the role made again is %+v (%v)", out, err)
	}

	// A role that has no boundary must not get one that limits it to nothing.
	must[iam.DeleteRolePermissionsBoundaryOutput](t)(c.DeleteRolePermissionsBoundary(w.context, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))
	w.withstands(t, r, []tampering{{"boundary added", "boundary", func(t *testing.T) {
		must[iam.PutRolePermissionsBoundaryOutput](t)(c.PutRolePermissionsBoundary(w.context, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: aws.String(policies + "thief")}))
	}, []trail.Op{trail.OpDeleteRolePermissionsBoundary}}})
}

const thiefPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"logs:*","Resource":"*"}]}`

func TestRoleIsNotMadeWithoutTrust(t *testing.T) {
	w := newWorld(t)
	_, err := w.cloud.Apply(w.context, trail.Step{ID: "x", Op: trail.OpCreateRole, Resource: trail.Role, Region: "us-east-1", ARN: "arn:aws:iam::111122223333:role/r", Document: `{"policies":{}}`})
	if err == nil || w.Calls("iam", "CreateRole") != 0 {
		t.Errorf("got %v after %d calls", err, w.Calls("iam", "CreateRole"))
	}
}
