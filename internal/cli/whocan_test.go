package cli

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trailhold/trailhold/internal/awscloud"
)

// people makes four who can do something: an administrator by a managed policy, a developer by a group's policy, one with MFA
// only, and one who can change her own policies. Another can do nothing.
func (w *world) people(*testscript.TestScript, []string) error {
	cloud := awscloud.Isolated(home, "AKIAINTRUDER", "x", w.box.Client())
	c, ctx := iam.NewFromConfig(cloud.Config()), context.Background()
	var failed error
	note := func(_ any, err error) { failed = errors.Join(failed, err) }
	allow := func(action, condition string) *string {
		return aws.String(`{"Version":"2012-10-17","Statement":[{"Sid":"Here","Effect":"Allow","Action":"` + action + `","Resource":"*"` + condition + `}]}`)
	}
	user := func(name string) *string {
		note(c.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))
		return &name
	}
	note(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: user("admin"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}))
	note(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("dev")}))
	note(c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: aws.String("dev"), PolicyName: aws.String("trails"), PolicyDocument: allow("cloudtrail:*", "")}))
	note(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: user("bob"), GroupName: aws.String("dev")}))
	note(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: user("carol"), PolicyName: aws.String("mfa"),
		PolicyDocument: allow("cloudtrail:StopLogging", `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)}))
	note(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: user("eve"), PolicyName: aws.String("self"), PolicyDocument: allow("iam:PutUserPolicy", "")}))
	user("nobody")
	return failed
}
