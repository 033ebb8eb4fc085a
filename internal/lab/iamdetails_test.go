package lab_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/trailhold/trailhold/internal/lab"
)

// TestAccountAuthorizationDetails makes one of each and reads all of it back, one on each page.
func TestAccountAuthorizationDetails(t *testing.T) {
	k := newKit(t, lab.Options{})
	c, ctx := iam.NewFromConfig(k.config(home, "ALICE")), t.Context()
	none := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	bound := makePolicy(t, c, "bound", allowAll)
	makeRole(t, c, "deliver")
	none(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("deliver"), PolicyArn: bound}))
	none(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("deliver"), PolicyName: aws.String("own"), PolicyDocument: aws.String(allowAll)}))
	bob, staff := aws.String("bob"), aws.String("staff")
	none(c.CreateUser(ctx, &iam.CreateUserInput{UserName: bob, Path: aws.String("/eu/"), Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}}}))
	_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: bob})
	expectCode(t, err, "EntityAlreadyExists")
	none(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: staff}))
	none(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: bob, GroupName: staff}))
	none(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: bob, PolicyName: aws.String("mine"), PolicyDocument: aws.String(denyQueues)}))
	none(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: bob, PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}))
	none(c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: bob, PermissionsBoundary: bound}))
	none(c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: staff, PolicyName: aws.String("ours"), PolicyDocument: aws.String(denyQueues)}))
	none(c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: staff, PolicyArn: bound}))
	for code, call := range map[string]func() error{
		"NoSuchEntity": func() error {
			_, err := c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("eve"), PolicyArn: bound})
			return err
		},
		"MalformedPolicyDocument": func() error {
			_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: bob, PolicyName: aws.String("x"), PolicyDocument: aws.String(trustEverybody)})
			return err
		},
		"DeleteConflict": func() error {
			_, err := c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: bound})
			return err
		},
		"LimitExceeded": func() error {
			_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: bob, PolicyName: aws.String("x"), PolicyDocument: aws.String(strings.Repeat(" ", 2048) + allowAll)})
			return err
		},
	} {
		expectCode(t, call(), code)
	}

	var all iam.GetAccountAuthorizationDetailsOutput
	pages := 0
	for p := iam.NewGetAccountAuthorizationDetailsPaginator(c, &iam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(1)}); p.HasMorePages(); pages++ {
		page, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		all.UserDetailList, all.GroupDetailList = append(all.UserDetailList, page.UserDetailList...), append(all.GroupDetailList, page.GroupDetailList...)
		all.RoleDetailList, all.Policies = append(all.RoleDetailList, page.RoleDetailList...), append(all.Policies, page.Policies...)
	}
	wantEqual(t, "counts", []int{pages, len(all.UserDetailList), len(all.GroupDetailList), len(all.RoleDetailList), len(all.Policies)}, []int{5, 1, 1, 1, 2})
	text := func(encoded *string) string {
		decoded, err := url.PathUnescape(aws.ToString(encoded))
		if err != nil {
			t.Error(err)
		}
		return decoded
	}
	u, g, r := all.UserDetailList[0], all.GroupDetailList[0], all.RoleDetailList[0]
	wantEqual(t, "user", []string{*u.Arn, u.GroupList[0], *u.UserPolicyList[0].PolicyName, text(u.UserPolicyList[0].PolicyDocument), *u.AttachedManagedPolicies[0].PolicyArn, *u.PermissionsBoundary.PermissionsBoundaryArn, *u.Tags[0].Key},
		[]string{"arn:aws:iam::111122223333:user/eu/bob", "staff", "mine", denyQueues, "arn:aws:iam::aws:policy/AdministratorAccess", *bound, "a"})
	wantEqual(t, "group", []string{*g.Arn, text(g.GroupPolicyList[0].PolicyDocument), *g.AttachedManagedPolicies[0].PolicyName}, []string{"arn:aws:iam::111122223333:group/staff", denyQueues, "bound"})
	wantEqual(t, "role", []string{*r.Arn, text(r.AssumeRolePolicyDocument), text(r.RolePolicyList[0].PolicyDocument), *r.AttachedManagedPolicies[0].PolicyArn},
		[]string{"arn:aws:iam::111122223333:role/deliver", trustEverybody, allowAll, *bound})
	for _, p := range all.Policies {
		wantEqual(t, *p.Arn, text(p.PolicyVersionList[0].Document), allowAll)
	}
	only := must[*iam.GetAccountAuthorizationDetailsOutput](t)(c.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: []iamtypes.EntityType{iamtypes.EntityTypeUser}}))
	wantEqual(t, "users only", []int{len(only.UserDetailList), len(only.RoleDetailList), len(only.Policies)}, []int{1, 0, 0})
}
