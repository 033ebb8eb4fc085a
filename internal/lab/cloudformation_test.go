package lab_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/trailhold/trailhold/internal/lab"
)

// shop is a template with resources of many types, which depend on each other in many ways.
const shop = `
Parameters:
  Seconds: {Type: Number, Default: 30}
  Mail: {Type: String, Default: ""}
  Colour: {Type: String, Default: blue}
Conditions:
  HasMail: !Not [!Equals [!Ref Mail, ""]]
Resources:
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Name: !Sub "${AWS::StackName}-orders"
      Description: !Ref Colour
      EventPattern: {source: [shop]}
      Targets:
        - {Id: worker, Arn: !GetAtt Worker.Arn, DeadLetterConfig: {Arn: !GetAtt Dead.Arn}}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref Worker, Action: "lambda:InvokeFunction", Principal: events.amazonaws.com, SourceArn: !GetAtt Rule.Arn}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Ref AWS::StackName
      Role: !GetAtt Role.Arn
      Runtime: provided.al2023
      Handler: bootstrap
      Timeout: !Ref Seconds
      ReservedConcurrentExecutions: 2
      Code: {S3Bucket: code, S3Key: worker.zip}
      Environment: {Variables: {TOPIC: !Ref Topic}}
  Async:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Worker
      Qualifier: $LATEST
      MaximumRetryAttempts: 0
      DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "${AWS::StackName}-worker"
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {Service: [lambda.amazonaws.com, scheduler.amazonaws.com]}, Action: "sts:AssumeRole"}]
      Policies:
        - {PolicyName: publish, PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: ["sns:Publish", "lambda:InvokeFunction"], Resource: "*"}]}}
  Topic:
    Type: AWS::SNS::Topic
    DeletionPolicy: Retain
    Properties: {KmsMasterKeyId: !GetAtt Key.Arn}
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: "sns:Publish", Resource: !Ref Topic}]}
  Key:
    Type: AWS::KMS::Key
    Properties: {EnableKeyRotation: true, PendingWindowInDays: 7}
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: !Sub "alias/${AWS::StackName}", TargetKeyId: !Ref Key}
  Subscription:
    Type: AWS::SNS::Subscription
    Condition: HasMail
    Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: !Ref Mail}
  Dead:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "${AWS::StackName}-dead", MessageRetentionPeriod: 1209600}
  DeadPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Dead]
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: "sqs:SendMessage", Resource: !GetAtt Dead.Arn}]}
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      DeletionProtectionEnabled: true
      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
  Log:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub "/shop/${AWS::StackName}", RetentionInDays: 30}
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: !GetAtt Worker.Arn, RoleArn: !GetAtt Role.Arn, Input: '{"night":true}'}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: Shop
      MetricName: Orders
      Statistic: Sum
      Period: 300
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: LessThanThreshold
      AlarmActions: [!Ref Topic]
  Bus:
    Type: AWS::Events::EventBus
    Properties: {Name: !Ref AWS::StackName}
  BusPolicy:
    Type: AWS::Events::EventBusPolicy
    Properties:
      EventBusName: !Ref Bus
      StatementId: partners
      Statement: {Effect: Allow, Principal: "*", Action: "events:PutEvents", Resource: !GetAtt Bus.Arn}
  Store:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${AWS::StackName}-${AWS::AccountId}"
      VersioningConfiguration: {Status: Enabled}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      LifecycleConfiguration: {Rules: [{Id: old, Status: Enabled, NoncurrentVersionExpiration: {NoncurrentDays: 30}}]}
  StorePolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Store
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: !Sub "${Store.Arn}/*", Condition: {Bool: {"aws:SecureTransport": "false"}}}]}
Outputs:
  Worker: {Value: !GetAtt Worker.Arn, Description: what works}
  Mailed: {Condition: HasMail, Value: !Ref Subscription}
`

// builder is a kit whose stacks are built when settle is called.
type builder struct {
	*kit
	stacks *cloudformation.Client
}

func newBuilder(t *testing.T, o lab.Options) *builder {
	k := newKit(t, o)
	k.bucket("code")
	_, err := k.s3().PutObject(k.ctx, &s3.PutObjectInput{Bucket: aws.String("code"), Key: aws.String("worker.zip"), Body: strings.NewReader("first code")})
	k.must(err)
	return &builder{k, cloudformation.NewFromConfig(k.config(home, "ALICE"))}
}

var named = []cftypes.Capability{cftypes.CapabilityCapabilityNamedIam}

func (b *builder) create(template string, parameters ...string) cftypes.Stack {
	b.t.Helper()
	_, err := b.stacks.CreateStack(b.ctx, &cloudformation.CreateStackInput{StackName: aws.String("shop"), TemplateBody: &template, Capabilities: named, Parameters: given(parameters)})
	b.must(err)
	synctest.Wait()
	return b.stack()
}

func (b *builder) update(template string, parameters ...string) cftypes.Stack {
	b.t.Helper()
	_, err := b.stacks.UpdateStack(b.ctx, &cloudformation.UpdateStackInput{StackName: aws.String("shop"), TemplateBody: &template, Capabilities: named, Parameters: given(parameters)})
	b.must(err)
	synctest.Wait()
	return b.stack()
}

func given(pairs []string) (parameters []cftypes.Parameter) {
	for i := 0; i+1 < len(pairs); i += 2 {
		parameters = append(parameters, cftypes.Parameter{ParameterKey: &pairs[i], ParameterValue: &pairs[i+1]})
	}
	return parameters
}

func (b *builder) stack() cftypes.Stack {
	b.t.Helper()
	out, err := b.stacks.DescribeStacks(b.ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("shop")})
	b.must(err)
	return out.Stacks[0]
}

// history is the stack's events, oldest first, but for the stack's own and those of what is only begun.
func (b *builder) history() (lines []string) {
	b.t.Helper()
	out, err := b.stacks.DescribeStackEvents(b.ctx, &cloudformation.DescribeStackEventsInput{StackName: b.stack().StackId})
	b.must(err)
	for _, e := range slices.Backward(out.StackEvents) {
		if status := string(e.ResourceStatus); !strings.HasSuffix(status, "_IN_PROGRESS") && *e.ResourceType != "AWS::CloudFormation::Stack" {
			lines = append(lines, *e.LogicalResourceId+" "+status)
		}
	}
	return lines
}

func (b *builder) physical(logical string) string {
	b.t.Helper()
	out, err := b.stacks.DescribeStackResources(b.ctx, &cloudformation.DescribeStackResourcesInput{StackName: aws.String("shop"), LogicalResourceId: &logical})
	b.must(err)
	if len(out.StackResources) != 1 {
		return ""
	}
	return aws.ToString(out.StackResources[0].PhysicalResourceId)
}

func TestStackLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := make(chan lab.Invocation, 10)
		b := newBuilder(t, lab.Options{RunFunction: func(i lab.Invocation) ([]byte, error) { runs <- i; return []byte(`"done"`), nil }})
		st := b.create(shop, "Mail", "a@company.test")
		wantEqual(t, "status", st.StackStatus, cftypes.StackStatusCreateComplete)
		if t.Failed() {
			t.Fatal(b.history(), aws.ToString(st.StackStatusReason))
		}
		wantEqual(t, "outputs", []any{*st.Outputs[1].OutputValue, *st.Outputs[1].Description, *st.Outputs[0].OutputKey}, []any{"arn:aws:lambda:us-east-1:111122223333:function:shop", "what works", "Mailed"})
		order := b.history()
		if slices.Index(order, "Role CREATE_COMPLETE") > slices.Index(order, "Worker CREATE_COMPLETE") || slices.Index(order, "Worker CREATE_COMPLETE") > slices.Index(order, "Rule CREATE_COMPLETE") {
			t.Errorf("made in the wrong order: %v", order)
		}
		wantEqual(t, "mail", []any{len(b.Outbox()), b.Outbox()[0].To}, []any{1, "a@company.test"})

		// The rule, its permission and the function work together.
		events := eventbridge.NewFromConfig(b.config(home, "ALICE"))
		putShopEvent(t, events)
		synctest.Wait()
		run := <-runs
		wantEqual(t, "invocation", []any{run.ARN, run.Environment["TOPIC"], string(run.Code), strings.Contains(string(run.Payload), `"order":1`)},
			[]any{"arn:aws:lambda:us-east-1:111122223333:function:shop", b.physical("Topic"), "first code", true})
		wantEqual(t, "schedules", b.RunSchedules(), 1)
		synctest.Wait()
		wantEqual(t, "scheduled", string((<-runs).Payload), `{"night":true}`)
		answer := must[*lambda.InvokeOutput](t)(lambda.NewFromConfig(b.config(home, "ALICE")).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("shop"), Payload: []byte(`{}`)}))
		wantEqual(t, "answer", string(answer.Payload), `"done"`)

		// An update changes what is there, makes what is new and takes away what is gone.
		topic := b.physical("Topic")
		st = b.update(strings.Replace(shop, "KmsMasterKeyId: !GetAtt Key.Arn", "TopicName: other", 1), "Seconds", "60")
		wantEqual(t, "status after the update", st.StackStatus, cftypes.StackStatusUpdateComplete)
		f := must[*lambda.GetFunctionConfigurationOutput](t)(lambda.NewFromConfig(b.config(home, "ALICE")).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("shop")}))
		wantEqual(t, "function", []any{*f.Timeout, f.Environment.Variables["TOPIC"]}, []any{60, "arn:aws:sns:us-east-1:111122223333:other"})
		lines := b.history()
		for _, want := range []string{"Worker UPDATE_COMPLETE", "Topic UPDATE_COMPLETE", "Topic DELETE_COMPLETE", "Subscription DELETE_COMPLETE"} {
			if !slices.Contains(lines, want) {
				t.Errorf("no %s in %v; the topic was %s", want, lines, topic)
			}
		}
		_, err := b.stacks.UpdateStack(b.ctx, &cloudformation.UpdateStackInput{StackName: aws.String("shop"), UsePreviousTemplate: aws.Bool(true), Capabilities: named,
			Parameters: []cftypes.Parameter{{ParameterKey: aws.String("Seconds"), UsePreviousValue: aws.Bool(true)}}})
		if err == nil || !strings.Contains(err.Error(), "No updates are to be performed.") {
			t.Errorf("an update without changes: %v", err)
		}

		// A deletion leaves what is to be retained.
		_, err = b.stacks.UpdateTerminationProtection(b.ctx, &cloudformation.UpdateTerminationProtectionInput{StackName: aws.String("shop"), EnableTerminationProtection: aws.Bool(true)})
		b.must(err)
		_, err = b.stacks.DeleteStack(b.ctx, &cloudformation.DeleteStackInput{StackName: aws.String("shop")})
		if err == nil || !strings.Contains(err.Error(), "cannot be deleted while TerminationProtection is enabled") {
			t.Errorf("deletion of a protected stack: %v", err)
		}
		_, err = b.stacks.UpdateTerminationProtection(b.ctx, &cloudformation.UpdateTerminationProtectionInput{StackName: aws.String("shop"), EnableTerminationProtection: aws.Bool(false)})
		b.must(err)
		id := b.stack().StackId
		_, err = b.stacks.DeleteStack(b.ctx, &cloudformation.DeleteStackInput{StackName: aws.String("shop")})
		b.must(err)
		synctest.Wait()
		gone := must[*cloudformation.DescribeStacksOutput](t)(b.stacks.DescribeStacks(b.ctx, &cloudformation.DescribeStacksInput{StackName: id}))
		wantEqual(t, "status after the deletion", gone.Stacks[0].StackStatus, cftypes.StackStatusDeleteComplete)
		_, err = b.stacks.DescribeStacks(b.ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("shop")})
		if err == nil || !strings.Contains(err.Error(), "Stack with id shop does not exist") {
			t.Errorf("a deleted stack is found by name: %v", err)
		}
		b.wantGone(t)
	})
}

// wantGone checks what the deletion left.
func (b *builder) wantGone(t *testing.T) {
	t.Helper()
	left := []any{b.Calls("dynamodb", "DeleteTable"), b.Calls("sns", "DeleteTopic"), b.Calls("iam", "DeleteRole"), b.Calls("events", "DeleteEventBus"), b.Calls("kms", "ScheduleKeyDeletion")}
	wantEqual(t, "deletions", left, []any{0, 1, 1, 1, 1})
	_, err := sqs.NewFromConfig(b.config(home, "ALICE")).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("shop-dead")})
	if err == nil {
		t.Error("the queue is still there")
	}
}

func putShopEvent(t *testing.T, c *eventbridge.Client) {
	t.Helper()
	_, err := c.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{
		Source: aws.String("shop"), DetailType: aws.String("order"), Detail: aws.String(`{"order":1}`)}}})
	expectCode(t, err, "")
}

// TestStackFailure: what fails takes everything back.
func TestStackFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuilder(t, lab.Options{})
		const good = `
Resources:
  First: {Type: AWS::SQS::Queue, Properties: {QueueName: first, DelaySeconds: 1}}
  Second: {Type: AWS::SQS::Queue, DependsOn: First, Properties: {QueueName: second}}
`
		bad := strings.Replace(good, "QueueName: second", `QueueName: "bad name"`, 1)
		st := b.create(bad)
		wantEqual(t, "status", st.StackStatus, cftypes.StackStatusRollbackComplete)
		wantEqual(t, "history", b.history(), []string{"First CREATE_COMPLETE", "Second CREATE_FAILED", "First DELETE_COMPLETE"})
		_, err := b.stacks.UpdateStack(b.ctx, &cloudformation.UpdateStackInput{StackName: aws.String("shop"), TemplateBody: aws.String(good)})
		if err == nil || !strings.Contains(err.Error(), "ROLLBACK_COMPLETE state and can not be updated") {
			t.Errorf("update of what was rolled back: %v", err)
		}
		_, err = b.stacks.DeleteStack(b.ctx, &cloudformation.DeleteStackInput{StackName: aws.String("shop")})
		b.must(err)
		synctest.Wait()
		wantEqual(t, "made", b.create(good).StackStatus, cftypes.StackStatusCreateComplete)

		st = b.update(strings.Replace(bad, "DelaySeconds: 1", "DelaySeconds: 2", 1))
		wantEqual(t, "status after a failed update", st.StackStatus, cftypes.StackStatusUpdateRollbackComplete)
		q := must[*sqs.GetQueueAttributesOutput](t)(sqs.NewFromConfig(b.config(home, "ALICE")).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl: aws.String(b.physical("First")), AttributeNames: []sqstypes.QueueAttributeName{"DelaySeconds"}}))
		wantEqual(t, "delay", q.Attributes["DelaySeconds"], "1")
	})
}

func TestChangeSets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuilder(t, lab.Options{})
		plan := func(kind cftypes.ChangeSetType, template string) *cloudformation.DescribeChangeSetOutput {
			t.Helper()
			_, err := b.stacks.CreateChangeSet(b.ctx, &cloudformation.CreateChangeSetInput{StackName: aws.String("shop"), ChangeSetName: aws.String("plan"), ChangeSetType: kind,
				TemplateBody: &template, Capabilities: named})
			b.must(err)
			synctest.Wait()
			return must[*cloudformation.DescribeChangeSetOutput](t)(b.stacks.DescribeChangeSet(b.ctx, &cloudformation.DescribeChangeSetInput{StackName: aws.String("shop"), ChangeSetName: aws.String("plan")}))
		}
		execute := func() {
			t.Helper()
			_, err := b.stacks.ExecuteChangeSet(b.ctx, &cloudformation.ExecuteChangeSetInput{StackName: aws.String("shop"), ChangeSetName: aws.String("plan")})
			b.must(err)
			synctest.Wait()
		}
		set := plan(cftypes.ChangeSetTypeCreate, shop)
		wantEqual(t, "set", []any{set.Status, set.ExecutionStatus, len(set.Changes), b.stack().StackStatus}, []any{cftypes.ChangeSetStatusCreateComplete, cftypes.ExecutionStatusAvailable, 19, cftypes.StackStatusReviewInProgress})
		wantEqual(t, "roles", b.Calls("iam", "CreateRole"), 0)
		execute()
		wantEqual(t, "status", b.stack().StackStatus, cftypes.StackStatusCreateComplete)

		set = plan(cftypes.ChangeSetTypeUpdate, shop)
		wantEqual(t, "nothing to do", []any{set.Status, set.ExecutionStatus, strings.Contains(*set.StatusReason, "didn't contain changes")}, []any{cftypes.ChangeSetStatusFailed, cftypes.ExecutionStatusUnavailable, true})
		_, err := b.stacks.DeleteChangeSet(b.ctx, &cloudformation.DeleteChangeSetInput{StackName: aws.String("shop"), ChangeSetName: aws.String("plan")})
		b.must(err)

		changed := strings.Replace(strings.Replace(shop, "RetentionInDays: 30", "RetentionInDays: 60", 1), "TopicName: x", "", 1)
		changed = strings.Replace(changed, `QueueName: !Sub "${AWS::StackName}-dead"`, "QueueName: elsewhere", 1)
		set = plan(cftypes.ChangeSetTypeUpdate, changed)
		var lines []string
		for _, c := range set.Changes {
			r := c.ResourceChange
			lines = append(lines, string(r.Action)+" "+*r.LogicalResourceId+" "+string(r.Replacement))
		}
		slices.Sort(lines)
		wantEqual(t, "changes", lines, []string{"Modify Async False", "Modify Dead True", "Modify DeadPolicy False", "Modify Log False", "Modify Rule False"})
		execute()
		wantEqual(t, "status after the update", b.stack().StackStatus, cftypes.StackStatusUpdateComplete)
	})
}

func TestStackRefusals(t *testing.T) {
	b := newBuilder(t, lab.Options{})
	for name, test := range map[string]struct {
		in   cloudformation.CreateStackInput
		want string
	}{
		"a role that nobody acknowledged": {cloudformation.CreateStackInput{TemplateBody: aws.String(shop)}, "InsufficientCapabilities"},
		"no template":                     {cloudformation.CreateStackInput{}, "Either Template URL or Template Body"},
		"a template that is too long":     {cloudformation.CreateStackInput{TemplateBody: aws.String(shop + strings.Repeat(" ", 51_200))}, "less than or equal to 51200"},
		"a template that isn't there":     {cloudformation.CreateStackInput{TemplateURL: aws.String("https://code.s3.us-east-1.amazonaws.com/none.yaml")}, "S3 error"},
		"what the lab does not do":        {cloudformation.CreateStackInput{TemplateBody: aws.String(shop), RoleARN: aws.String("arn:aws:iam::111122223333:role/r"), Capabilities: named}, "does not know the parameter RoleARN"},
	} {
		test.in.StackName = aws.String("shop")
		_, err := b.stacks.CreateStack(b.ctx, &test.in)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
