// Package deployer deploys the guard to an account: CloudFormation's stacks, and what they need in a bucket. It looks at how a
// deployed guard is, and takes it away again.
//
// It is for the command. The function that guards an account never links it.
package deployer

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/guard"
)

// The time between two looks at a stack that is being built: at first short, then longer.
const (
	firstPoll = 100 * time.Millisecond
	lastPoll  = 3 * time.Second
)

// Progress is one thing that happened while a stack was being built.
type Progress struct {
	Region, Stack   string
	Resource, Kind  string // logical id and AWS's type; of the stack itself: its name and AWS::CloudFormation::Stack
	Status, Because string // as CloudFormation names it, such as CREATE_COMPLETE; Because is empty most of the time
}

// Deployer works in one account. Tell receives what happens meanwhile; it may be nil.
type Deployer struct {
	cloud *awscloud.Cloud
	tell  func(Progress)
}

// New returns a deployer with a cloud's credentials.
func New(cloud *awscloud.Cloud, tell func(Progress)) *Deployer {
	if tell == nil {
		tell = func(Progress) {}
	}
	return &Deployer{cloud, tell}
}

// stacks is CloudFormation in a region.
func (d *Deployer) stacks(region string) *cloudformation.Client {
	return cloudformation.NewFromConfig(d.cloud.Config(), func(o *cloudformation.Options) { o.Region = region })
}

// find reads a stack; nil if there is none of that name or id.
func (d *Deployer) find(ctx context.Context, region, name string) (*types.Stack, error) {
	out, err := d.stacks(region).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if failed := awscloud.Failure(ctx, "DescribeStacks", err); failed != nil {
		if isNoSuchStack(failed) {
			return nil, nil
		}
		return nil, failed
	}
	if len(out.Stacks) == 0 || out.Stacks[0].StackStatus == types.StackStatusDeleteComplete {
		return nil, nil
	}
	return &out.Stacks[0], nil
}

// isNoSuchStack recognises the answer for a stack that does not exist, for which CloudFormation has no code of its own:
// ValidationError, "Stack with id … does not exist".
func isNoSuchStack(err error) bool {
	var failed *guard.APIError
	return errors.As(err, &failed) && failed.Code == "ValidationError" && endsIn(failed.Message, "does not exist")
}
