package lab_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/trailhold/trailhold/internal/lab"
)

const thirdAccount = "333344445555"

const stackSetsService = "member.org.stacksets.cloudformation.amazonaws.com"

// queueTemplate is what the stack set of these tests makes everywhere.
const queueTemplate = `
Parameters:
  Seconds: {Type: Number, Default: 60}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "everywhere-${AWS::Region}", VisibilityTimeout: !Ref Seconds}
`

// fleet is a template with a stack set.
const fleet = `
Parameters:
  Seconds: {Type: Number, Default: 60}
  Regions: {Type: CommaDelimitedList, Default: "eu-west-1,us-east-1"}
  Tolerance: {Type: Number, Default: 100}
  CallAs: {Type: String, Default: SELF}
Resources:
  Queues:
    Type: AWS::CloudFormation::StackSet
    Properties:
      StackSetName: queues
      PermissionModel: SERVICE_MANAGED
      CallAs: !Ref CallAs
      AutoDeployment: {Enabled: true, RetainStacksOnAccountRemoval: false}
      ManagedExecution: {Active: true}
      TemplateURL: https://templates.s3.us-east-1.amazonaws.com/queue.yaml
      Parameters: [{ParameterKey: Seconds, ParameterValue: !Ref Seconds}]
      OperationPreferences: {FailureTolerancePercentage: !Ref Tolerance, MaxConcurrentPercentage: 100}
      StackInstancesGroup:
        - DeploymentTargets: {OrganizationalUnitIds: [r-labx]}
          Regions: !Ref Regions
Outputs:
  Set: {Value: !Ref Queues}
`

// newFleet is a lab with an organization of three accounts, a template in a bucket, and who builds in one of the accounts.
func newFleet(t *testing.T, key string) *builder {
	t.Helper()
	k := newKit(t, lab.Options{ManagementAccount: lab.DefaultAccount, Accounts: map[string]string{"MEMBER": secondAccount, "THIRD": thirdAccount}})
	bucket := s3.NewFromConfig(k.config(home, "ALICE"), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := bucket.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("templates")})
	expectCode(t, err, "")
	_, err = bucket.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("templates"), Key: aws.String("queue.yaml"), Body: strings.NewReader(queueTemplate)})
	expectCode(t, err, "")
	return &builder{k, cloudformation.NewFromConfig(k.config(home, key))}
}

func (b *builder) trust(t *testing.T) {
	t.Helper()
	_, err := b.stacks.ActivateOrganizationsAccess(t.Context(), &cloudformation.ActivateOrganizationsAccessInput{})
	expectCode(t, err, "")
}

// waits are the visibility timeouts of the queues that a member account has, by region; "" where it has none.
func (b *builder) waits(t *testing.T, key string, regions ...string) string {
	t.Helper()
	var all []string
	for _, region := range regions {
		client := sqs.NewFromConfig(b.config(region, key))
		found, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("everywhere-" + region)})
		if err != nil {
			all = append(all, "")
			continue
		}
		out := must[*sqs.GetQueueAttributesOutput](t)(client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: found.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"VisibilityTimeout"}}))
		all = append(all, out.Attributes["VisibilityTimeout"])
	}
	return strings.Join(all, " ")
}

// instances are the stack set's instances: account, region, status and how they came to it, one line each.
func (b *builder) instances(t *testing.T, as cftypes.CallAs) string {
	t.Helper()
	var lines []string
	in := &cloudformation.ListStackInstancesInput{StackSetName: aws.String("queues"), CallAs: as, MaxResults: aws.Int32(3)}
	for {
		out := must[*cloudformation.ListStackInstancesOutput](t)(b.stacks.ListStackInstances(t.Context(), in))
		for _, i := range out.Summaries {
			lines = append(lines, *i.Account+" "+*i.Region+" "+string(i.Status)+" "+string(i.StackInstanceStatus.DetailedStatus)+" "+aws.ToString(i.StatusReason))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return strings.Join(lines, "\n")
		}
	}
}

func (b *builder) remove(t *testing.T) {
	t.Helper()
	_, err := b.stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("shop")})
	expectCode(t, err, "")
	synctest.Wait()
}

// TestStackSet: a stack set makes its stacks in all member accounts, changes them with itself, and goes after them.
func TestStackSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFleet(t, "ALICE")
		wantEqual(t, "stack without trusted access", b.create(fleet).StackStatus, cftypes.StackStatusRollbackComplete)
		b.remove(t)
		b.trust(t)
		wantEqual(t, "stack", b.create(fleet).StackStatus, cftypes.StackStatusCreateComplete)
		regions := []string{"eu-west-1", "us-east-1", "us-west-2"}
		for key, want := range map[string]string{"MEMBER": "60 60 ", "THIRD": "60 60 ", "ALICE": "  "} {
			wantEqual(t, "queues of "+key, b.waits(t, key, regions...), want)
		}
		wantEqual(t, "stack", b.update(fleet, "Seconds", "90", "Regions", "us-west-2,us-east-1").StackStatus, cftypes.StackStatusUpdateComplete)
		wantEqual(t, "queues", b.waits(t, "MEMBER", regions...), " 90 90")
		set := must[*cloudformation.DescribeStackSetOutput](t)(b.stacks.DescribeStackSet(t.Context(), &cloudformation.DescribeStackSetInput{StackSetName: aws.String("queues")})).StackSet
		wantEqual(t, "set", []any{*set.TemplateBody, *set.Parameters[0].ParameterValue, set.OrganizationalUnitIds[0], *set.AutoDeployment.Enabled}, []any{queueTemplate, "90", "r-labx", true})
		_, err := b.stacks.DeleteStackSet(t.Context(), &cloudformation.DeleteStackSetInput{StackSetName: aws.String("queues")})
		expectCode(t, err, "StackSetNotEmptyException")
		b.remove(t)
		wantEqual(t, "queues of what was deleted", b.waits(t, "THIRD", regions...), "  ")
		_, err = b.stacks.DescribeStackSet(t.Context(), &cloudformation.DescribeStackSetInput{StackSetName: aws.String("queues")})
		expectCode(t, err, "StackSetNotFoundException")
	})
}

// TestStackSetFails: what fails in one account is told and, if that is tolerated, keeps nothing else from being made.
func TestStackSetFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFleet(t, "ALICE")
		b.trust(t)
		mend := b.Inject(lab.Fault{Service: "sqs", Operation: "CreateQueue", Account: thirdAccount, Region: "eu-west-1", Kind: lab.AccessDenied})
		wantEqual(t, "stack", b.create(fleet).StackStatus, cftypes.StackStatusCreateComplete)
		if got := b.instances(t, ""); !strings.Contains(got, thirdAccount+" eu-west-1 OUTDATED FAILED ResourceLogicalId:Queue, ResourceType:AWS::SQS::Queue, ResourceStatusReason:") || strings.Count(got, " CURRENT SUCCEEDED ") != 3 {
			t.Errorf("instances\n%s", got)
		}
		mend()
		again := &cloudformation.CreateStackInstancesInput{StackSetName: aws.String("queues"), Regions: []string{"eu-west-1"},
			DeploymentTargets: &cftypes.DeploymentTargets{OrganizationalUnitIds: []string{"r-labx"}}}
		started := must[*cloudformation.CreateStackInstancesOutput](t)(b.stacks.CreateStackInstances(t.Context(), again))
		synctest.Wait()
		done := must[*cloudformation.DescribeStackSetOperationOutput](t)(b.stacks.DescribeStackSetOperation(t.Context(), &cloudformation.DescribeStackSetOperationInput{StackSetName: aws.String("queues"), OperationId: started.OperationId}))
		wantEqual(t, "operation", []any{done.StackSetOperation.Status, *done.StackSetOperation.StatusDetails.FailedStackInstancesCount}, []any{cftypes.StackSetOperationStatusSucceeded, int32(0)})
		if got := b.instances(t, ""); strings.Count(got, " CURRENT SUCCEEDED ") != 4 {
			t.Errorf("after another try\n%s", got)
		}
		b.remove(t)
		b.Inject(lab.Fault{Service: "sqs", Operation: "CreateQueue", Account: thirdAccount, Region: "eu-west-1", Kind: lab.AccessDenied})
		wantEqual(t, "stack where no failure is tolerated", b.create(fleet, "Tolerance", "0").StackStatus, cftypes.StackStatusRollbackComplete)
	})
}

// TestStackSetOfDelegate: who administers stack sets for the organization has the rights of its management account.
func TestStackSetOfDelegate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFleet(t, "MEMBER")
		manager := &builder{b.kit, cloudformation.NewFromConfig(b.config(home, "ALICE"))}
		manager.trust(t)
		_, err := b.stacks.ActivateOrganizationsAccess(t.Context(), &cloudformation.ActivateOrganizationsAccessInput{})
		expectCode(t, err, "InvalidOperationException")
		_, err = b.stacks.DescribeOrganizationsAccess(t.Context(), &cloudformation.DescribeOrganizationsAccessInput{CallAs: cftypes.CallAsDelegatedAdmin})
		expectCode(t, err, "ValidationError")
		_, err = organizations.NewFromConfig(b.config(home, "ALICE")).RegisterDelegatedAdministrator(t.Context(), &organizations.RegisterDelegatedAdministratorInput{AccountId: aws.String(secondAccount), ServicePrincipal: aws.String(stackSetsService)})
		expectCode(t, err, "")
		access := must[*cloudformation.DescribeOrganizationsAccessOutput](t)(b.stacks.DescribeOrganizationsAccess(t.Context(), &cloudformation.DescribeOrganizationsAccessInput{CallAs: cftypes.CallAsDelegatedAdmin}))
		wantEqual(t, "access", access.Status, cftypes.OrganizationStatusEnabled)
		wantEqual(t, "stack", b.create(fleet, "CallAs", "DELEGATED_ADMIN").StackStatus, cftypes.StackStatusCreateComplete)
		if got := manager.instances(t, ""); strings.Count(got, " CURRENT ") != 4 {
			t.Errorf("the management account sees\n%s", got)
		}
		_, err = b.stacks.DescribeStackSet(t.Context(), &cloudformation.DescribeStackSetInput{StackSetName: aws.String("queues")})
		expectCode(t, err, "ValidationError")
	})
}
