package awscloud

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxPolicyPages bounds the pages of a role's policies, each of 100: a role has at most 20 that are attached, and room for
// as many in line as fit into ten thousand characters.
const maxPolicyPages = 5

// roleProbes read a role.
var roleProbes = []probe{
	{settings: []trail.Setting{trail.Identity, "trust", "boundary"}, gone: []string{"NoSuchEntity"}, read: roleItself},
	{settings: []trail.Setting{"policies"}, read: rolePolicies},
	{settings: []trail.Setting{"attachedPolicies"}, read: roleAttachments},
}

func roleItself(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	out, err := c.iam(r.Region).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(r.Name())})
	if err != nil {
		return nil, failure(ctx, "GetRole", err)
	}
	if out.Role == nil || aws.ToString(out.Role.Arn) == "" {
		return nil, strange("GetRole", "the answer is about no role")
	}
	trust, err := policyDocument("GetRole", out.Role.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	found := map[trail.Setting]any{"trust": trust, trail.Identity: map[string]string{"Owner": accountOf(*out.Role.Arn)}}
	if boundary := out.Role.PermissionsBoundary; boundary != nil {
		found["boundary"] = map[string]*string{"PermissionsBoundary": boundary.PermissionsBoundaryArn}
	}
	return found, nil
}

// policyDocument is a policy that IAM hands out, percent-encoded.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
func policyDocument(op string, encoded *string) (any, error) {
	text, err := url.PathUnescape(aws.ToString(encoded))
	if err != nil || text != "" && !json.Valid([]byte(text)) {
		return nil, strange(op, "the policy cannot be read: "+plain.Text(aws.ToString(encoded), 100))
	}
	return jsonText(&text), nil
}

func rolePolicies(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	client, role := c.iam(r.Region), aws.String(r.Name())
	names, err := listed("ListRolePolicies", maxPolicyPages, func(token *string) ([]string, *string, error) {
		out, err := client.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: role, Marker: token})
		if err != nil {
			return nil, nil, failure(ctx, "ListRolePolicies", err)
		}
		return out.PolicyNames, out.Marker, nil
	})
	if err != nil {
		return nil, err
	}
	policies := map[string]any{}
	var failed error
	var mu sync.Mutex
	each(names, maxAtOnce, func(name string) {
		policy, err := c.rolePolicy(ctx, r, name)
		mu.Lock()
		defer mu.Unlock()
		policies[name] = policy
		if failed == nil {
			failed = err
		}
	})
	return map[trail.Setting]any{"policies": policies}, failed
}

func (c *Cloud) rolePolicy(ctx context.Context, r trail.Resource, name string) (any, error) {
	out, err := c.iam(r.Region).GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String(r.Name()), PolicyName: &name})
	if err != nil {
		return nil, failure(ctx, "GetRolePolicy", err)
	}
	return policyDocument("GetRolePolicy", out.PolicyDocument)
}

// roleAttachments are keyed by the policies' ARNs, because names are not unique among paths and accounts.
func roleAttachments(ctx context.Context, c *Cloud, r trail.Resource) (map[trail.Setting]any, error) {
	attached, err := listed("ListAttachedRolePolicies", maxPolicyPages, func(token *string) ([]iamtypes.AttachedPolicy, *string, error) {
		out, err := c.iam(r.Region).ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(r.Name()), Marker: token})
		if err != nil {
			return nil, nil, failure(ctx, "ListAttachedRolePolicies", err)
		}
		return out.AttachedPolicies, out.Marker, nil
	})
	policies := map[string]any{}
	for _, p := range attached {
		policies[aws.ToString(p.PolicyArn)] = map[string]*string{"PolicyName": p.PolicyName}
	}
	return map[trail.Setting]any{"attachedPolicies": policies}, err
}

// roleWrites make a role again and put its settings back.
var roleWrites = map[trail.Op]write{
	trail.OpCreateRole: roleWrite((*iam.Client).CreateRole, newRole),
	trail.OpUpdateAssumeRolePolicy: roleWrite((*iam.Client).UpdateAssumeRolePolicy, func(s trail.Step, in *iam.UpdateAssumeRolePolicyInput) error {
		in.RoleName, in.PolicyDocument = aws.String(nameOf(s)), aws.String(string(s.Document))
		return nil
	}),
	trail.OpPutRolePermissionsBoundary: roleWrite((*iam.Client).PutRolePermissionsBoundary, func(s trail.Step, in *iam.PutRolePermissionsBoundaryInput) error {
		in.RoleName, in.PermissionsBoundary = aws.String(nameOf(s)), aws.String(s.Document.Text("PermissionsBoundary"))
		return nil
	}),
	trail.OpDeleteRolePermissionsBoundary: roleWrite((*iam.Client).DeleteRolePermissionsBoundary, func(s trail.Step, in *iam.DeleteRolePermissionsBoundaryInput) error {
		in.RoleName = aws.String(nameOf(s))
		return nil
	}),
	trail.OpPutRolePolicy: roleWrite((*iam.Client).PutRolePolicy, func(s trail.Step, in *iam.PutRolePolicyInput) error {
		in.RoleName, in.PolicyName, in.PolicyDocument = aws.String(nameOf(s)), &s.Member, aws.String(string(s.Document))
		return nil
	}),
	trail.OpDeleteRolePolicy: roleWrite((*iam.Client).DeleteRolePolicy, func(s trail.Step, in *iam.DeleteRolePolicyInput) error {
		in.RoleName, in.PolicyName = aws.String(nameOf(s)), &s.Member
		return nil
	}),
	trail.OpAttachRolePolicy: roleWrite((*iam.Client).AttachRolePolicy, func(s trail.Step, in *iam.AttachRolePolicyInput) error {
		in.RoleName, in.PolicyArn = aws.String(nameOf(s)), &s.Member
		return nil
	}),
	trail.OpDetachRolePolicy: roleWrite((*iam.Client).DetachRolePolicy, func(s trail.Step, in *iam.DetachRolePolicyInput) error {
		in.RoleName, in.PolicyArn = aws.String(nameOf(s)), &s.Member
		return nil
	}),
}

func roleWrite[I, O any](call operation[*iam.Client, I, O, iam.Options], input func(trail.Step, *I) error) write {
	return writing((*Cloud).iam, func(o *iam.Options) { o.Retryer = aws.NopRetryer{} }, call, input)
}

// newRole makes the role with its trust, which it cannot be without, and within its boundary from the first moment on. Its
// path is part of its ARN.
func newRole(s trail.Step, in *iam.CreateRoleInput) error {
	settings := s.Document.Members()
	in.RoleName = aws.String(nameOf(s))
	in.AssumeRolePolicyDocument = aws.String(string(settings["trust"]))
	in.PermissionsBoundary = optional(settings["boundary"].Text("PermissionsBoundary"))
	if _, path, ok := strings.Cut(s.ARN, ":role/"); ok {
		in.Path = aws.String("/" + strings.TrimSuffix(path, *in.RoleName))
	}
	if settings["trust"].Empty() {
		return unusable(s, "cannot make a role whose trust is not in the baseline")
	}
	return nil
}
