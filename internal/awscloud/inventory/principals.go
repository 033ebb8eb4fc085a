package inventory

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxDetailPages bounds the pages of an account's principals and policies, each of at most 1,000.
const maxDetailPages = 50

// principals reads all users and roles with all of their policies.
func (r *reader) principals(ctx context.Context) trail.Facet[[]posture.Principal] {
	client := iam.NewFromConfig(r.config, func(o *iam.Options) { o.Region = r.global() })
	pages, err := awscloud.Listed("GetAccountAuthorizationDetails", maxDetailPages, func(token *string) ([]*iam.GetAccountAuthorizationDetailsOutput, *string, error) {
		out, err := client.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Marker: token, MaxItems: aws.Int32(1000)})
		if err != nil {
			return nil, nil, awscloud.Failure(ctx, "GetAccountAuthorizationDetails", err)
		}
		return []*iam.GetAccountAuthorizationDetailsOutput{out}, out.Marker, nil
	})
	if err != nil {
		return trail.NotKnown[[]posture.Principal](err.Error())
	}
	d := details{managed: map[string]posture.Policy{}, groups: map[string][]posture.Policy{}}
	for _, page := range pages { // a group's or a principal's policies may be on a later page than itself
		d.policies(page.Policies)
	}
	for _, page := range pages {
		d.groupsOf(page.GroupDetailList)
	}
	for _, page := range pages {
		d.users(page.UserDetailList)
		d.roles(page.RoleDetailList)
	}
	slices.SortFunc(d.found, func(a, b posture.Principal) int { return strings.Compare(a.ARN, b.ARN) })
	return facet(d.found, nil)
}

// details puts an account's principals together.
type details struct {
	managed map[string]posture.Policy   // by ARN
	groups  map[string][]posture.Policy // by name
	found   []posture.Principal
}

// text is a policy that IAM hands out, percent-encoded. One that cannot be decoded stays as it is, and then cannot be read.
func text(encoded *string) string {
	decoded, err := url.PathUnescape(aws.ToString(encoded))
	if err != nil {
		return aws.ToString(encoded)
	}
	return decoded
}

func (d *details) policies(list []iamtypes.ManagedPolicyDetail) {
	for _, p := range list {
		for _, v := range p.PolicyVersionList {
			if v.IsDefaultVersion {
				arn := aws.ToString(p.Arn)
				d.managed[arn] = posture.Policy{Name: aws.ToString(p.PolicyName), ARN: arn, Text: text(v.Document)}
			}
		}
	}
}

// attached are managed policies. One that was not read has no text.
func (d *details) attached(list []iamtypes.AttachedPolicy) []posture.Policy {
	var policies []posture.Policy
	for _, a := range list {
		arn := aws.ToString(a.PolicyArn)
		p, read := d.managed[arn]
		if !read {
			p = posture.Policy{Name: aws.ToString(a.PolicyName), ARN: arn}
		}
		policies = append(policies, p)
	}
	return policies
}

func inline(list []iamtypes.PolicyDetail) []posture.Policy {
	var policies []posture.Policy
	for _, p := range list {
		policies = append(policies, posture.Policy{Name: aws.ToString(p.PolicyName), Text: text(p.PolicyDocument)})
	}
	return policies
}

func (d *details) groupsOf(list []iamtypes.GroupDetail) {
	for _, g := range list {
		name := aws.ToString(g.GroupName)
		for _, p := range append(inline(g.GroupPolicyList), d.attached(g.AttachedManagedPolicies)...) {
			p.Via = name
			d.groups[name] = append(d.groups[name], p)
		}
	}
}

func (d *details) users(list []iamtypes.UserDetail) {
	for _, u := range list {
		p := posture.Principal{ARN: aws.ToString(u.Arn), Policies: append(inline(u.UserPolicyList), d.attached(u.AttachedManagedPolicies)...), Tags: tagged(u.Tags)}
		for _, group := range u.GroupList {
			p.Policies = append(p.Policies, d.groups[group]...)
		}
		p.Boundary = d.boundary(u.PermissionsBoundary)
		d.found = append(d.found, p)
	}
}

func (d *details) roles(list []iamtypes.RoleDetail) {
	for _, role := range list {
		d.found = append(d.found, posture.Principal{
			ARN: aws.ToString(role.Arn), Policies: append(inline(role.RolePolicyList), d.attached(role.AttachedManagedPolicies)...),
			Boundary: d.boundary(role.PermissionsBoundary), Trust: text(role.AssumeRolePolicyDocument), Tags: tagged(role.Tags),
		})
	}
}

func (d *details) boundary(b *iamtypes.AttachedPermissionsBoundary) *posture.Policy {
	if b == nil || aws.ToString(b.PermissionsBoundaryArn) == "" {
		return nil
	}
	p := d.attached([]iamtypes.AttachedPolicy{{PolicyArn: b.PermissionsBoundaryArn}})[0]
	return &p
}

func tagged(list []iamtypes.Tag) map[string]string {
	found := map[string]string{}
	for _, t := range list {
		found[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return found
}
