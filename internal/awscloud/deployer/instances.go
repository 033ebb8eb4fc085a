package deployer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/trailhold/trailhold/internal/awscloud"
)

// SetType is the type of stack sets, by which Progress tells what they have done so far.
const SetType = "AWS::CloudFormation::StackSet"

const (
	// maxInstancePages bounds the pages of a stack set's instances; each has 100 at most.
	maxInstancePages = 1000
	// countEvery is the time between two looks at instances: organizations may have thousands.
	countEvery = 10 * time.Second
)

// Instance is what a stack set has, or shall have, in one account and region.
type Instance struct {
	Set     string `json:"stackSet"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Status  string `json:"status"`           // CURRENT, OUTDATED or INOPERABLE
	Detail  string `json:"detail,omitempty"` // such as RUNNING, SUCCEEDED or FAILED
	Reason  string `json:"reason,omitempty"`

	unit string
}

// current says whether the stack is as the stack set says, or cannot be while its account is suspended.
func (i Instance) current() bool {
	return i.Status == string(types.StackInstanceStatusCurrent) || i.Detail == string(types.StackInstanceDetailedStatusSkippedSuspendedAccount)
}

// failed says whether the stack is not current, and nobody is about to change that.
func (i Instance) failed() bool {
	working := []types.StackInstanceDetailedStatus{types.StackInstanceDetailedStatusPending, types.StackInstanceDetailedStatusRunning}
	return !i.current() && !slices.Contains(working, types.StackInstanceDetailedStatus(i.Detail))
}

// instances lists what a stack set has; nothing if there is no such set.
func (d *Deployer) instances(ctx context.Context, region, set string, as types.CallAs) ([]Instance, error) {
	var all []Instance
	in := &cloudformation.ListStackInstancesInput{StackSetName: &set, CallAs: as}
	for range maxInstancePages {
		out, err := d.stacks(region).ListStackInstances(ctx, in)
		if failed := awscloud.Failure(ctx, "ListStackInstances", err); failed != nil {
			var gone *types.StackSetNotFoundException
			if errors.As(err, &gone) {
				return nil, nil
			}
			return nil, failed
		}
		for _, i := range out.Summaries {
			one := Instance{Set: set, Account: clean(i.Account), Region: clean(i.Region), Status: string(i.Status), Reason: clean(i.StatusReason), unit: aws.ToString(i.OrganizationalUnitId)}
			if i.StackInstanceStatus != nil {
				one.Detail = string(i.StackInstanceStatus.DetailedStatus)
			}
			all = append(all, one)
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	return all, nil
}

// allInstances lists what the stack sets of an organization's stack have; nothing of any other stack.
func (d *Deployer) allInstances(ctx context.Context, region string, have *types.Stack) ([]Instance, error) {
	name, ok := strings.CutSuffix(aws.ToString(have.StackName), OrganizationName(""))
	if !ok {
		return nil, nil
	}
	var all []Instance
	for _, set := range setsOf(name) {
		found, err := d.instances(ctx, region, set, callAsOf(have))
		if err != nil {
			return all, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// callAsOf is as whom a stack's stack sets were made.
func callAsOf(have *types.Stack) types.CallAs {
	for _, p := range have.Parameters {
		if aws.ToString(p.ParameterKey) == "CallAs" {
			return types.CallAs(aws.ToString(p.ParameterValue))
		}
	}
	return types.CallAsSelf
}

// counter tells how far stack sets have come, now and then, when that has changed.
type counter struct {
	d    *Deployer
	told map[string]string // by stack set
	last time.Time
}

// look counts the instances of a stack's sets. What cannot be read now is counted later: nothing depends on it.
func (c *counter) look(ctx context.Context, region string, have *types.Stack) {
	if !c.last.IsZero() && time.Since(c.last) < countEvery {
		return
	}
	all, err := c.d.allInstances(ctx, region, have)
	if err != nil || len(all) == 0 {
		return
	}
	c.last = time.Now()
	for _, set := range setsOf(strings.TrimSuffix(aws.ToString(have.StackName), OrganizationName(""))) {
		c.tell(region, set, slices.DeleteFunc(slices.Clone(all), func(i Instance) bool { return i.Set != set }))
	}
}

func (c *counter) tell(region, set string, all []Instance) {
	current, failed := 0, 0
	for _, i := range all {
		switch {
		case i.current() && !strings.Contains("PENDING RUNNING", i.Detail):
			current++
		case i.failed():
			failed++
		}
	}
	text := fmt.Sprintf("%d of %d stacks in the accounts current", current, len(all))
	if failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	if len(all) == 0 || c.told[set] == text {
		return
	}
	if c.told == nil {
		c.told = map[string]string{}
	}
	c.told[set] = text
	c.d.tell(Progress{Region: region, Stack: set, Kind: SetType, Because: text})
}

// Incomplete says in which accounts and regions a stack set has no stack as it should be. All else is deployed.
type Incomplete struct {
	Failed []Instance
	All    int // how many there should be
}

// Error names the first of them, and says what to do.
func (e *Incomplete) Error() string {
	var named []string
	for _, i := range e.Failed[:min(len(e.Failed), 3)] {
		named = append(named, fmt.Sprintf("%s in %s of the account %s: %s", i.Set, i.Region, i.Account, i.because()))
	}
	return fmt.Sprintf("%d of %d stacks in the organization's accounts are not as they should be: %s; mend that, and run the command again", len(e.Failed), e.All, strings.Join(named, "; "))
}

// because is why an instance is not current.
func (i Instance) because() string {
	if i.Reason == "" {
		return strings.ToLower(i.Status + " (" + i.Detail + ")")
	}
	return i.Reason
}

// settle has stack sets try again where they failed, if that is asked for, and returns *Incomplete for what is not current then.
func (d *Deployer) settle(ctx context.Context, region string, have *types.Stack, again []Instance) error {
	for _, set := range setsOf(strings.TrimSuffix(aws.ToString(have.StackName), OrganizationName(""))) {
		of := slices.DeleteFunc(slices.Clone(again), func(i Instance) bool { return i.Set != set })
		if len(of) == 0 {
			continue
		}
		if err := d.retry(ctx, region, set, have, of); err != nil {
			return fmt.Errorf("the stack set %s: %w", set, err)
		}
	}
	all, err := d.allInstances(ctx, region, have)
	if err != nil {
		return err
	}
	if failed := slices.DeleteFunc(slices.Clone(all), Instance.current); len(failed) > 0 {
		return &Incomplete{failed, len(all)}
	}
	return nil
}

// retry has a stack set make again what it failed to make: repeating the creation of instances does so with those that are outdated,
// says CreateStackInstances' documentation, and nothing with the others.
func (d *Deployer) retry(ctx context.Context, region, set string, have *types.Stack, failed []Instance) error {
	var regions, units, accounts []string
	for _, i := range failed {
		regions, units, accounts = append(regions, i.Region), append(units, i.unit), append(accounts, i.Account)
	}
	client, as := d.stacks(region), callAsOf(have)
	started, err := client.CreateStackInstances(ctx, &cloudformation.CreateStackInstancesInput{
		StackSetName: &set, CallAs: as, Regions: unique(regions),
		DeploymentTargets:    &types.DeploymentTargets{OrganizationalUnitIds: unique(units), Accounts: unique(accounts), AccountFilterType: types.AccountFilterTypeIntersection},
		OperationPreferences: &types.StackSetOperationPreferences{RegionConcurrencyType: types.RegionConcurrencyTypeParallel, MaxConcurrentPercentage: aws.Int32(100), FailureTolerancePercentage: aws.Int32(100)},
	})
	var busy *types.OperationInProgressException
	if errors.As(err, &busy) {
		return errors.New("something else is changing it: run the command again when that is done")
	}
	if err != nil {
		return awscloud.Failure(ctx, "CreateStackInstances", err)
	}
	progress := counter{d: d}
	for wait := newPause(); ; {
		out, err := client.DescribeStackSetOperation(ctx, &cloudformation.DescribeStackSetOperationInput{StackSetName: &set, CallAs: as, OperationId: started.OperationId})
		if err != nil {
			return awscloud.Failure(ctx, "DescribeStackSetOperation", err)
		}
		progress.look(ctx, region, have)
		if o := out.StackSetOperation; o == nil || o.Status != types.StackSetOperationStatusRunning && o.Status != types.StackSetOperationStatusQueued {
			return nil // how it went is seen in the instances
		}
		if err := wait.until(ctx); err != nil {
			return err
		}
	}
}

func unique(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
