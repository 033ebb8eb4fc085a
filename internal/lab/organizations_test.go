package lab_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/trailhold/trailhold/internal/lab"
)

const cloudtrailService = "cloudtrail.amazonaws.com"

// newOrg is a lab with an organization: its management account and the member that the key MEMBER belongs to.
func newOrg(t *testing.T) (k *kit, manager, member *organizations.Client) {
	t.Helper()
	k = newKit(t, lab.Options{ManagementAccount: lab.DefaultAccount, Accounts: map[string]string{"MEMBER": secondAccount}})
	return k, organizations.NewFromConfig(k.config(home, "ALICE")), organizations.NewFromConfig(k.config(home, "MEMBER"))
}

func TestOrganization(t *testing.T) {
	k, c, member := newOrg(t)
	ctx := t.Context()
	_, err := organizations.NewFromConfig(sdk(twoAccounts(t), "me", "us-east-1")).DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	expectCode(t, err, "AWSOrganizationsNotInUseException")
	org := must[*organizations.DescribeOrganizationOutput](t)(member.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})).Organization
	wantEqual(t, "organization", []any{*org.Id, *org.MasterAccountId, org.FeatureSet}, []any{"o-labexample", lab.DefaultAccount, "ALL"})
	accounts := must[*organizations.ListAccountsOutput](t)(c.ListAccounts(ctx, &organizations.ListAccountsInput{})).Accounts
	wantEqual(t, "accounts", []any{len(accounts), *accounts[1].Id, accounts[1].Status}, []any{2, secondAccount, "ACTIVE"})
	_, err = member.ListAccounts(ctx, &organizations.ListAccountsInput{})
	expectCode(t, err, "AccessDeniedException")

	delegate := &organizations.RegisterDelegatedAdministratorInput{AccountId: aws.String(secondAccount), ServicePrincipal: aws.String(cloudtrailService)}
	_, err = c.RegisterDelegatedAdministrator(ctx, delegate)
	expectCode(t, err, "")
	_, err = c.RegisterDelegatedAdministrator(ctx, delegate)
	expectCode(t, err, "AccountAlreadyRegisteredException")
	_, err = member.ListAccounts(ctx, &organizations.ListAccountsInput{})
	expectCode(t, err, "")
	delegates := must[*organizations.ListDelegatedAdministratorsOutput](t)(c.ListDelegatedAdministrators(ctx, &organizations.ListDelegatedAdministratorsInput{ServicePrincipal: delegate.ServicePrincipal})).DelegatedAdministrators
	wantEqual(t, "delegates", []any{len(delegates), *delegates[0].Id}, []any{1, secondAccount})
	_, err = c.RemoveAccountFromOrganization(ctx, &organizations.RemoveAccountFromOrganizationInput{AccountId: delegate.AccountId})
	expectCode(t, err, "ConstraintViolationException")
	_, err = c.DeregisterDelegatedAdministrator(ctx, &organizations.DeregisterDelegatedAdministratorInput{AccountId: delegate.AccountId, ServicePrincipal: delegate.ServicePrincipal})
	expectCode(t, err, "")

	_, err = c.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{})
	expectCode(t, err, "MasterCannotLeaveOrganizationException")
	_, err = member.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{})
	expectCode(t, err, "")
	_, err = member.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	expectCode(t, err, "AWSOrganizationsNotInUseException")
	_, err = c.RemoveAccountFromOrganization(ctx, &organizations.RemoveAccountFromOrganizationInput{AccountId: delegate.AccountId})
	expectCode(t, err, "AccountNotFoundException")
	record := k.find(home, "RegisterDelegatedAdministrator")
	wantEqual(t, "record", []any{record.EventSource, record.RequestParameters}, []any{"organizations.amazonaws.com", map[string]any{"accountId": secondAccount, "servicePrincipal": cloudtrailService}})
}

// TestRecordsOfOrganizations: its events appear in us-east-1, wherever the call was made.
func TestRecordsOfOrganizations(t *testing.T) {
	k, _, _ := newOrg(t)
	_, err := organizations.NewFromConfig(k.config(abroad, "ALICE")).EnableAWSServiceAccess(t.Context(), &organizations.EnableAWSServiceAccessInput{ServicePrincipal: aws.String("config.amazonaws.com")})
	expectCode(t, err, "")
	wantEqual(t, "region", k.find(home, "EnableAWSServiceAccess").AwsRegion, home)
}

// TestTrustedAccess: without it there is no organization trail, and a member sees none.
func TestTrustedAccess(t *testing.T) {
	k, c, member := newOrg(t)
	ctx := t.Context()
	k.bucket("logs")
	create := func(name string) error {
		_, err := k.trail(home).CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: aws.String("logs"), IsMultiRegionTrail: aws.Bool(true), IsOrganizationTrail: aws.Bool(true)})
		return err
	}
	seen := func() int {
		t.Helper()
		return len(must[*cloudtrail.DescribeTrailsOutput](t)(k.trailAs(home, "MEMBER").DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})).TrailList)
	}
	expectCode(t, create("org"), "")
	wantEqual(t, "trails of the member", seen(), 1)
	_, err := c.DisableAWSServiceAccess(ctx, &organizations.DisableAWSServiceAccessInput{ServicePrincipal: aws.String(cloudtrailService)})
	expectCode(t, err, "")
	list := must[*organizations.ListAWSServiceAccessForOrganizationOutput](t)(c.ListAWSServiceAccessForOrganization(ctx, &organizations.ListAWSServiceAccessForOrganizationInput{}))
	wantEqual(t, "services", len(list.EnabledServicePrincipals), 0)
	expectCode(t, create("other"), "CloudTrailAccessNotEnabledException")
	wantEqual(t, "trails of the member without trust", seen(), 0)
	_, err = c.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: aws.String(cloudtrailService)})
	expectCode(t, err, "")
	wantEqual(t, "trails of the member again", seen(), 1)
	_, err = member.LeaveOrganization(ctx, &organizations.LeaveOrganizationInput{})
	expectCode(t, err, "")
	wantEqual(t, "trails after leaving", seen(), 0)
}

func TestServiceControlPolicies(t *testing.T) {
	k, c, _ := newOrg(t)
	ctx := t.Context()
	create := &organizations.CreatePolicyInput{Name: aws.String("no-queues"), Description: aws.String("d"), Type: "SERVICE_CONTROL_POLICY", Content: aws.String(denyQueues)}
	made := must[*organizations.CreatePolicyOutput](t)(c.CreatePolicy(ctx, create)).Policy
	_, err := c.CreatePolicy(ctx, create)
	expectCode(t, err, "DuplicatePolicyException")
	_, err = c.UpdatePolicy(ctx, &organizations.UpdatePolicyInput{PolicyId: made.PolicySummary.Id, Content: aws.String("{")})
	expectCode(t, err, "MalformedPolicyDocumentException")
	queues := func(key string) error {
		_, err := sqs.NewFromConfig(k.config(home, key)).ListQueues(ctx, &sqs.ListQueuesInput{})
		return err
	}
	expectCode(t, queues("MEMBER"), "")
	for _, target := range []string{"r-labx", secondAccount} {
		attach := &organizations.AttachPolicyInput{PolicyId: made.PolicySummary.Id, TargetId: &target}
		_, err = c.AttachPolicy(ctx, attach)
		expectCode(t, err, "")
		_, err = c.AttachPolicy(ctx, attach)
		expectCode(t, err, "DuplicatePolicyAttachmentException")
		expectCode(t, queues("MEMBER"), "AccessDeniedException")
		expectCode(t, queues("ALICE"), "") // the management account is bound by none
		list := must[*organizations.ListPoliciesForTargetOutput](t)(c.ListPoliciesForTarget(ctx, &organizations.ListPoliciesForTargetInput{TargetId: &target, Filter: "SERVICE_CONTROL_POLICY"})).Policies
		wantEqual(t, "policies", len(list), 2)
		_, err = c.DeletePolicy(ctx, &organizations.DeletePolicyInput{PolicyId: made.PolicySummary.Id})
		expectCode(t, err, "PolicyInUseException")
		_, err = c.DetachPolicy(ctx, &organizations.DetachPolicyInput{PolicyId: made.PolicySummary.Id, TargetId: &target})
		expectCode(t, err, "")
		expectCode(t, queues("MEMBER"), "")
	}
	_, err = c.DetachPolicy(ctx, &organizations.DetachPolicyInput{PolicyId: aws.String("p-FullAWSAccess"), TargetId: aws.String("r-labx")})
	expectCode(t, err, "ConstraintViolationException")
	_, err = c.UpdatePolicy(ctx, &organizations.UpdatePolicyInput{PolicyId: made.PolicySummary.Id, Content: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":"organizations:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}}]}`)})
	expectCode(t, err, "")
	got := must[*organizations.DescribePolicyOutput](t)(c.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: made.PolicySummary.Id})).Policy
	wantEqual(t, "name", *got.PolicySummary.Name, "no-queues")
	_, err = c.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: made.PolicySummary.Id, TargetId: aws.String("r-labx")})
	expectCode(t, err, "")
	expectCode(t, queues("MEMBER"), "")
	_, err = sqs.NewFromConfig(k.config(abroad, "MEMBER")).ListQueues(ctx, &sqs.ListQueuesInput{})
	expectCode(t, err, "AccessDeniedException")
	_, err = c.DisablePolicyType(ctx, &organizations.DisablePolicyTypeInput{RootId: aws.String("r-labx"), PolicyType: orgtypes.PolicyTypeServiceControlPolicy})
	expectCode(t, err, "")
	_, err = sqs.NewFromConfig(k.config(abroad, "MEMBER")).ListQueues(ctx, &sqs.ListQueuesInput{})
	expectCode(t, err, "")
	_, err = c.DeletePolicy(ctx, &organizations.DeletePolicyInput{PolicyId: made.PolicySummary.Id})
	expectCode(t, err, "")
	wantEqual(t, "record", k.find(home, "DetachPolicy").EventSource, "organizations.amazonaws.com")
}
