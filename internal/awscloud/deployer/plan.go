package deployer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/trail"
)

// Action is what would become of a stack.
type Action string

// What can become of a stack.
const (
	Create   Action = "create"
	Update   Action = "update"
	Keep     Action = "keep"     // nothing has changed
	Recreate Action = "recreate" // its creation failed: what is left of it goes first
)

// Change is what would become of one resource.
type Change struct {
	Action      string   `json:"action"` // Add, Modify, Remove or Import
	LogicalID   string   `json:"logicalId"`
	Type        string   `json:"type"`
	PhysicalID  string   `json:"physicalId,omitempty"`
	Replacement bool     `json:"replacement,omitempty"` // another resource takes its place
	Properties  []string `json:"properties,omitempty"`  // that change
}

// StackPlan is what would become of one stack.
type StackPlan struct {
	Stack
	Action  Action
	Changes []Change          // unknown for Recreate
	Status  string            // of the stack as it is, in CloudFormation's words; empty if there is none
	Kept    map[string]string // parameters that are not given, with the values that they have and keep

	Retry []Instance // of stack sets: what is not current, although nothing else has changed, and is tried again
}

// Plan is what a deployment would change. CloudFormation has computed it, so that templates and parameters are known to be
// right. Carry it out with Apply, or Discard it.
type Plan struct {
	Deployment Deployment
	Stacks     []StackPlan // the store's first
	Strays     []Stray     // forwarders that the deployment does not have any more, and that stay
}

// Changes says whether there is anything to do to any stack.
func (p Plan) Changes() bool {
	return p.Deployment.Trust || slices.ContainsFunc(p.Stacks, func(s StackPlan) bool { return s.Action != Keep || len(s.Retry) > 0 })
}

// changeSet is the name of the change sets that plans are made of. One that an earlier plan left is replaced.
const changeSet = "trailhold-deploy"

// Plan asks CloudFormation what a deployment would change. A stack that is being built is waited for first, so that a deployment
// that was interrupted goes on. What it leaves in the account, Apply or Discard take away.
func (d *Deployer) Plan(ctx context.Context, deployment Deployment) (Plan, error) {
	if account, err := d.cloud.Account(ctx); err != nil {
		return Plan{}, err
	} else if account != deployment.Account {
		return Plan{}, fmt.Errorf("these credentials are of the account %s, and the baseline is of %s: use --profile or --role-arn", account, deployment.Account)
	}
	p := Plan{Deployment: deployment}
	var notes []string
	p.Strays, notes = d.strays(ctx, deployment)
	p.Deployment.Notes = slices.Concat(deployment.Notes, notes)
	for _, s := range append([]Stack{deployment.Store}, deployment.Stacks...) {
		planned, err := d.planStack(ctx, s, deployment.Repair)
		p.Stacks = append(p.Stacks, planned)
		if err != nil {
			return p, errors.Join(fmt.Errorf("the stack %s in %s: %w", s.Name, s.Region, err), d.Discard(context.WithoutCancel(ctx), p))
		}
	}
	return p, nil
}

func (d *Deployer) planStack(ctx context.Context, s Stack, repair bool) (StackPlan, error) {
	have, err := d.settled(ctx, s.Region, s.Name)
	if err != nil {
		return StackPlan{}, err
	}
	if have == nil || failedToCreate[have.StackStatus] {
		s = d.withKey(ctx, s)
	} else if err := s.keepsMembers(have); err != nil {
		return StackPlan{}, err
	}
	plan := StackPlan{Stack: s, Action: Create}
	if have != nil {
		plan.Action, plan.Status, plan.Kept = Update, string(have.StackStatus), s.kept(have)
	}
	switch {
	case have == nil:
	case have.StackStatus == types.StackStatusReviewInProgress:
		plan.Action = Create
	case failedToCreate[have.StackStatus]:
		plan.Action = Recreate
		return plan, nil
	case have.StackStatus == types.StackStatusUpdateRollbackFailed:
		return plan, errors.New("its last update could neither be made nor undone: mend what its events say, and continue the rollback in the CloudFormation console")
	}
	plan.Changes, err = d.compare(ctx, s, have, plan.Action, repair)
	if err == nil && plan.Action == Update && len(plan.Changes) == 0 {
		plan.Action = Keep
		var all []Instance
		all, err = d.allInstances(ctx, s.Region, have)
		plan.Retry = slices.DeleteFunc(all, func(i Instance) bool { return !i.failed() })
	}
	return plan, err
}

// keepsMembers returns an error if a guard would lose its members without anybody having said so.
func (s Stack) keepsMembers(have *types.Stack) error {
	members, given := s.Parameters["Members"]
	if !given || members != "" || s.Parted {
		return nil
	}
	for _, p := range have.Parameters {
		if aws.ToString(p.ParameterKey) == "Members" && aws.ToString(p.ParameterValue) != "" {
			return errNoMembers
		}
	}
	return nil
}

// failedToCreate are the statuses of stacks that can only be deleted.
var failedToCreate = map[types.StackStatus]bool{
	types.StackStatusRollbackComplete: true, types.StackStatusRollbackFailed: true, types.StackStatusCreateFailed: true, types.StackStatusDeleteFailed: true,
}

// withKey gives the guard's stack the key of the topic that an earlier one left: a topic that is taken over keeps its key, which the
// function must then be allowed to use.
func (d *Deployer) withKey(ctx context.Context, s Stack) Stack {
	names, err := section(s.Template, "Parameters")
	name := cmp.Or(s.Parameters["SNSTopicName"], valueOf(child(names["SNSTopicName"], "Default")))
	if _, given := s.Parameters["AlertKeyArn"]; err != nil || given || name == "" {
		return s
	}
	account, err := d.cloud.Account(ctx)
	if err != nil {
		return s
	}
	topic := trail.Resource{
		Type: trail.Topic, ARN: "arn:" + Partition(s.Parameters["TrailArns"]) + ":sns:" + s.Region + ":" + account + ":" + name, Region: s.Region, Account: account,
		Settings: map[trail.Setting]trail.Document{"encryption": trail.EmptyDocument},
	}
	encryption, known := d.cloud.ObserveResource(ctx, topic)["encryption"].Get()
	if key := encryption.Text("KmsMasterKeyId"); known && strings.Contains(key, ":key/") {
		s.Parameters = maps.Clone(s.Parameters)
		s.Parameters["AlertKeyArn"] = key
	}
	return s
}

// compare makes a change set and reads it. To repair, it is compared with what there is, and not with what was deployed.
func (d *Deployer) compare(ctx context.Context, s Stack, have *types.Stack, action Action, repair bool) ([]Change, error) {
	text, err := body(s.Template)
	if err != nil {
		return nil, err
	}
	parameters, err := s.parameters(have)
	if err != nil {
		return nil, err
	}
	if err := d.dropChangeSet(ctx, s.Region, s.Name); err != nil && have != nil {
		return nil, err
	}
	in := &cloudformation.CreateChangeSetInput{
		StackName: &s.Name, ChangeSetName: aws.String(changeSet), ChangeSetType: types.ChangeSetType(strings.ToUpper(string(action))),
		TemplateBody: &text, Parameters: parameters, Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
		Description: aws.String("made by trailhold deploy"), ImportExistingResources: aws.Bool(true),
	}
	if repair && action == Update {
		in.DeploymentMode = types.DeploymentModeRevertDrift
	}
	if _, err := d.stacks(s.Region).CreateChangeSet(ctx, in); err != nil {
		return nil, awscloud.Failure(ctx, "CreateChangeSet", err)
	}
	return d.readChangeSet(ctx, s)
}

// parameters are a stack's: those that are given, and for the others the value that they have.
func (s Stack) parameters(have *types.Stack) ([]types.Parameter, error) {
	known, err := section(s.Template, "Parameters")
	if err != nil {
		return nil, err
	}
	var parameters []types.Parameter
	for _, key := range slices.Sorted(maps.Keys(s.Parameters)) {
		if known[key] == nil {
			return nil, fmt.Errorf("it has no parameter %s", key)
		}
		parameters = append(parameters, types.Parameter{ParameterKey: &key, ParameterValue: aws.String(s.Parameters[key])})
	}
	if have == nil {
		return parameters, nil
	}
	for _, key := range slices.Sorted(maps.Keys(s.kept(have))) {
		if known[key] != nil {
			parameters = append(parameters, types.Parameter{ParameterKey: &key, UsePreviousValue: aws.Bool(true)})
		}
	}
	return parameters, nil
}

// kept are the parameters that a stack has and that are not given.
func (s Stack) kept(have *types.Stack) map[string]string {
	kept := map[string]string{}
	for _, p := range have.Parameters {
		key := aws.ToString(p.ParameterKey)
		if _, given := s.Parameters[key]; !given {
			kept[key] = aws.ToString(p.ParameterValue)
		}
	}
	return kept
}

// readChangeSet waits until CloudFormation has computed the change set.
func (d *Deployer) readChangeSet(ctx context.Context, s Stack) ([]Change, error) {
	in := &cloudformation.DescribeChangeSetInput{StackName: &s.Name, ChangeSetName: aws.String(changeSet)}
	var changes []Change
	for wait := newPause(); ; {
		out, err := d.stacks(s.Region).DescribeChangeSet(ctx, in)
		failed := awscloud.Failure(ctx, "DescribeChangeSet", err)
		switch {
		case wait.outlasts(failed):
		case failed != nil:
			return nil, failed
		case out.Status == types.ChangeSetStatusFailed && isNoChange(aws.ToString(out.StatusReason)):
			return nil, d.dropChangeSet(ctx, s.Region, s.Name)
		case out.Status == types.ChangeSetStatusFailed:
			return nil, fmt.Errorf("CloudFormation refuses the change: %s", clean(out.StatusReason))
		case out.Status == types.ChangeSetStatusCreateComplete:
			for _, c := range out.Changes {
				changes = append(changes, changeOf(c))
			}
			if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
				return changes, nil
			}
			continue
		}
		if err := wait.until(ctx); err != nil {
			return nil, err
		}
	}
}

// isNoChange recognises the reason for which a change set fails that would change nothing.
func isNoChange(reason string) bool {
	return strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed")
}

func changeOf(c types.Change) Change {
	r := c.ResourceChange
	if r == nil {
		return Change{}
	}
	change := Change{
		Action: string(r.Action), LogicalID: clean(r.LogicalResourceId), Type: clean(r.ResourceType), PhysicalID: clean(r.PhysicalResourceId),
		Replacement: r.Replacement == types.ReplacementTrue,
	}
	for _, detail := range r.Details {
		if detail.Target == nil {
			continue
		}
		if name := cmp.Or(clean(detail.Target.Name), string(detail.Target.Attribute)); !slices.Contains(change.Properties, name) {
			change.Properties = append(change.Properties, name)
		}
	}
	return change
}

// Discard takes away what a plan has left in the account: change sets, and the empty stacks that they were made for.
func (d *Deployer) Discard(ctx context.Context, p Plan) error {
	var failed error
	for _, s := range p.Stacks {
		if s.Action != Create && s.Action != Update {
			continue
		}
		err := d.dropChangeSet(ctx, s.Region, s.Name)
		if err == nil && s.Action == Create {
			err = d.dropEmpty(ctx, s.Region, s.Name)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func (d *Deployer) dropChangeSet(ctx context.Context, region, stack string) error {
	_, err := d.stacks(region).DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{StackName: &stack, ChangeSetName: aws.String(changeSet)})
	failed := awscloud.Failure(ctx, "DeleteChangeSet", err)
	var gone *types.ChangeSetNotFoundException
	if failed == nil || isNoSuchStack(failed) || errors.As(err, &gone) {
		return nil
	}
	return failed
}

// dropEmpty deletes a stack that was never built.
func (d *Deployer) dropEmpty(ctx context.Context, region, name string) error {
	have, err := d.find(ctx, region, name)
	if err != nil || have == nil || have.StackStatus != types.StackStatusReviewInProgress {
		return err
	}
	_, err = d.stacks(region).DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: have.StackId})
	return awscloud.Failure(ctx, "DeleteStack", err)
}
