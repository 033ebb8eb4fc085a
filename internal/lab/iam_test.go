package lab_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/trailhold/trailhold/internal/lab"
)

const (
	trustEverybody = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`
	allowAll       = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	denyQueues     = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sqs:*","Resource":"*"}]}`
)

func makeRole(t *testing.T, c *iam.Client, name string) *iamtypes.Role {
	t.Helper()
	return must[*iam.CreateRoleOutput](t)(c.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustEverybody)})).Role
}

func makePolicy(t *testing.T, c *iam.Client, name, document string) *string {
	t.Helper()
	return must[*iam.CreatePolicyOutput](t)(c.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document})).Policy.Arn
}

func TestRoles(t *testing.T) {
	k := newKit(t, lab.Options{})
	c, ctx := iam.NewFromConfig(k.config(home, "ALICE")), t.Context()
	name := aws.String("guard")
	r := must[*iam.CreateRoleOutput](t)(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, Path: aws.String("/trailhold/"),
		AssumeRolePolicyDocument: aws.String(trustEverybody), Description: aws.String("restores trails"),
		Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}}})).Role
	wantEqual(t, "ARN", *r.Arn, "arn:aws:iam::111122223333:role/trailhold/guard")
	_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trustEverybody)})
	expectCode(t, err, "EntityAlreadyExists")
	_, err = c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("x"), AssumeRolePolicyDocument: aws.String(allowAll)})
	expectCode(t, err, "MalformedPolicyDocument")
	_, err = c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("gone")})
	expectCode(t, err, "NoSuchEntity")
	trust := strings.ReplaceAll(trustEverybody, `"*"`, `"arn:aws:iam::111122223333:root"`)
	_, err = c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: &trust})
	expectCode(t, err, "")
	_, err = c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: aws.Int32(7200)})
	expectCode(t, err, "")
	_, err = c.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: []iamtypes.Tag{{Key: aws.String("b"), Value: aws.String("2")}}})
	expectCode(t, err, "")
	_, err = c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"a"}})
	expectCode(t, err, "")
	_, err = c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: aws.String("arn:aws:iam::111122223333:policy/gone")})
	expectCode(t, err, "NoSuchEntity")
	bound := makePolicy(t, c, "bound", allowAll)
	_, err = c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: bound})
	expectCode(t, err, "")
	got := must[*iam.GetRoleOutput](t)(c.GetRole(ctx, &iam.GetRoleInput{RoleName: name})).Role
	document, _ := url.QueryUnescape(*got.AssumeRolePolicyDocument)
	wantEqual(t, "trust", document, trust)
	wantEqual(t, "role", []any{aws.ToString(got.Description), *got.MaxSessionDuration, *got.PermissionsBoundary.PermissionsBoundaryArn, len(got.Tags), *got.Tags[0].Key},
		[]any{"", 7200, *bound, 1, "b"})
	tags := must[*iam.ListRoleTagsOutput](t)(c.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: name})).Tags
	list := must[*iam.ListRolesOutput](t)(c.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String("/trailhold/")})).Roles
	wantEqual(t, "lists", []int{len(tags), len(list)}, []int{1, 1})
	_, err = c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name})
	expectCode(t, err, "")
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	expectCode(t, err, "")
	for _, event := range []string{"CreateRole", "UpdateAssumeRolePolicy", "UpdateRole", "TagRole", "UntagRole", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "DeleteRole", "CreatePolicy"} {
		wantEqual(t, event, k.find(home, event).EventSource, "iam.amazonaws.com")
	}
	wantEqual(t, "the trust policy in its record", k.find(home, "UpdateAssumeRolePolicy").RequestParameters, map[string]any{"roleName": "guard", "policyDocument": trust})
}

func TestRolePolicies(t *testing.T) {
	l := twoAccounts(t)
	c, ctx := iam.NewFromConfig(sdk(l, "me", "eu-west-1")), t.Context()
	r := makeRole(t, c, "guard")
	_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: r.RoleName, PolicyName: aws.String("p"), PolicyDocument: aws.String(trustEverybody)})
	expectCode(t, err, "MalformedPolicyDocument")
	_, err = c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: r.RoleName, PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})
	expectCode(t, err, "")
	inline := must[*iam.GetRolePolicyOutput](t)(c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: r.RoleName, PolicyName: aws.String("p")}))
	document, _ := url.QueryUnescape(*inline.PolicyDocument)
	wantEqual(t, "inline policy", document, allowAll)
	arn := makePolicy(t, c, "m", allowAll)
	for _, attach := range []string{*arn, *arn, "arn:aws:iam::aws:policy/AWSDenyAll"} {
		_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: r.RoleName, PolicyArn: &attach})
		expectCode(t, err, "")
	}
	attached := must[*iam.ListAttachedRolePoliciesOutput](t)(c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: r.RoleName})).AttachedPolicies
	names := must[*iam.ListRolePoliciesOutput](t)(c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: r.RoleName})).PolicyNames
	wantEqual(t, "policies", []any{names, len(attached), *attached[0].PolicyName, *attached[1].PolicyName}, []any{[]string{"p"}, 2, "m", "AWSDenyAll"})
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	expectCode(t, err, "DeleteConflict")
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: r.RoleName})
	expectCode(t, err, "DeleteConflict")
	for _, detach := range attached {
		_, err = c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: r.RoleName, PolicyArn: detach.PolicyArn})
		expectCode(t, err, "")
	}
	_, err = c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: r.RoleName, PolicyArn: arn})
	expectCode(t, err, "NoSuchEntity")
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: r.RoleName})
	expectCode(t, err, "DeleteConflict")
	_, err = c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: r.RoleName, PolicyName: aws.String("p")})
	expectCode(t, err, "")
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: r.RoleName})
	expectCode(t, err, "")
}

func TestManagedPolicyVersions(t *testing.T) {
	l := twoAccounts(t)
	c, ctx := iam.NewFromConfig(sdk(l, "me", "us-east-1")), t.Context()
	arn := makePolicy(t, c, "m", allowAll)
	for range 4 {
		_, err := c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(denyQueues)})
		expectCode(t, err, "")
	}
	_, err := c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(denyQueues)})
	expectCode(t, err, "LimitExceeded")
	_, err = c.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v5")})
	expectCode(t, err, "")
	_, err = c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v5")})
	expectCode(t, err, "DeleteConflict")
	got := must[*iam.GetPolicyOutput](t)(c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})).Policy
	version := must[*iam.GetPolicyVersionOutput](t)(c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: got.DefaultVersionId})).PolicyVersion
	document, _ := url.QueryUnescape(*version.Document)
	wantEqual(t, "default version", []any{*got.DefaultVersionId, version.IsDefaultVersion, document}, []any{"v5", true, denyQueues})
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	expectCode(t, err, "DeleteConflict")
	versions := must[*iam.ListPolicyVersionsOutput](t)(c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn})).Versions
	for _, v := range versions[1:] {
		_, err = c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId})
		expectCode(t, err, "")
	}
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	expectCode(t, err, "")
	left := must[*iam.ListPoliciesOutput](t)(c.ListPolicies(ctx, &iam.ListPoliciesInput{})).Policies
	wantEqual(t, "versions and policies", []int{len(versions), len(left)}, []int{5, 0})
}

// TestSessionsOfRoles: what is done to a role shows in what its sessions may do.
func TestSessionsOfRoles(t *testing.T) {
	l := twoAccounts(t)
	cfg := sdk(l, "me", "us-east-1")
	c, tokens, ctx := iam.NewFromConfig(cfg), sts.NewFromConfig(cfg), t.Context()
	assume := func(name string) (*sts.AssumeRoleOutput, error) {
		return tokens.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/" + name), RoleSessionName: aws.String("s1")})
	}
	_, err := assume("imagined")
	expectCode(t, err, "") // while nobody made a role, all exist
	r := makeRole(t, c, "guard")
	_, err = assume("imagined")
	expectCode(t, err, "AccessDenied")
	session := must[*sts.AssumeRoleOutput](t)(assume("guard"))
	queues := sqs.NewFromConfig(sdk(l, *session.Credentials.AccessKeyId, "us-east-1"))
	list := func() error {
		_, err := queues.ListQueues(ctx, &sqs.ListQueuesInput{})
		return err
	}
	expectCode(t, list(), "")
	_, err = c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: r.RoleName, PolicyName: aws.String("p"), PolicyDocument: aws.String(denyQueues)})
	expectCode(t, err, "")
	expectCode(t, list(), "AccessDeniedException")
	_, err = c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: r.RoleName, PolicyName: aws.String("p")})
	expectCode(t, err, "")
	bound := makePolicy(t, c, "bound", strings.Replace(denyQueues, "Deny", "Allow", 1))
	_, err = c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: r.RoleName, PermissionsBoundary: bound})
	expectCode(t, err, "")
	expectCode(t, list(), "")
	_, err = iam.NewFromConfig(sdk(l, *session.Credentials.AccessKeyId, "us-east-1")).ListRoles(ctx, &iam.ListRolesInput{})
	expectCode(t, err, "AccessDenied")
	_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: r.RoleName, PolicyArn: aws.String("arn:aws:iam::aws:policy/AWSDenyAll")})
	expectCode(t, err, "")
	expectCode(t, list(), "AccessDeniedException")
	_, err = c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: r.RoleName, PolicyArn: aws.String("arn:aws:iam::aws:policy/AWSDenyAll")})
	expectCode(t, err, "")
	_, err = c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: r.RoleName, PolicyDocument: aws.String(strings.Replace(trustEverybody, `"AWS":"*"`, `"Service":"lambda.amazonaws.com"`, 1))})
	expectCode(t, err, "")
	_, err = assume("guard")
	expectCode(t, err, "AccessDenied")
	expectCode(t, list(), "") // sessions outlive the trust
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: r.RoleName})
	expectCode(t, err, "")
	expectCode(t, list(), "UnrecognizedClientException")
}
