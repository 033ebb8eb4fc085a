package deployer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	templates "github.com/trailhold/trailhold/deploy/cloudformation"
	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/guard"
)

// Output is a value that a stack gives.
type Output struct {
	Stack  string `json:"stack"`
	Region string `json:"region"`
	Key    string `json:"key"`
	Value  string `json:"value"` // as it is, so that addresses and ARNs can be used
}

// Apply carries a plan out: it has the organization trust stack sets where that is needed, builds the store, puts the objects there, and builds the other stacks one after the other. Each stack is
// protected from deletion. It stops at the first failure; another plan goes on from there. *Incomplete means that all was
// built, but not in all of the organization's accounts.
func (d *Deployer) Apply(ctx context.Context, p Plan) ([]Output, error) {
	var outputs []Output
	if p.Deployment.Trust {
		if err := d.trust(ctx, p.Deployment.Store.Region); err != nil {
			return nil, fmt.Errorf("the organization's trust in stack sets: %w", err)
		}
	}
	for n, s := range p.Stacks {
		built, err := d.apply(ctx, s)
		if err != nil {
			return outputs, fmt.Errorf("the stack %s in %s: %w", s.Name, s.Region, err)
		}
		for _, o := range built.Outputs {
			outputs = append(outputs, Output{s.Name, s.Region, clean(o.OutputKey), aws.ToString(o.OutputValue)})
		}
		if s.Template == templates.Organization {
			if err := d.settle(ctx, s.Region, built, s.Retry); err != nil {
				return outputs, err
			}
		}
		if n > 0 {
			continue
		}
		for _, o := range p.Deployment.Objects {
			if err := d.put(ctx, p.Deployment, o); err != nil {
				return outputs, err
			}
		}
	}
	return outputs, nil
}

// apply brings one stack to what its plan says.
func (d *Deployer) apply(ctx context.Context, s StackPlan) (*types.Stack, error) {
	switch s.Action {
	case Keep:
		have, err := d.find(ctx, s.Region, s.Name)
		if err == nil && have == nil {
			err = errors.New("is gone since the plan was made: run the command again")
		}
		if err != nil {
			return nil, err
		}
		return have, d.protect(ctx, s.Region, s.Name, true)
	case Recreate:
		if err := d.delete(ctx, s.Region, s.Name); err != nil {
			return nil, fmt.Errorf("what is left of its failed creation cannot be deleted: %w", err)
		}
		if _, err := d.compare(ctx, s.Stack, nil, Create, false); err != nil {
			return nil, err
		}
	}
	since := d.newestEvent(ctx, s.Region, s.Name)
	if _, err := d.stacks(s.Region).ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{StackName: &s.Name, ChangeSetName: aws.String(changeSet)}); err != nil {
		return nil, awscloud.Failure(ctx, "ExecuteChangeSet", err)
	}
	built, failures, err := d.watch(ctx, s.Region, s.Name, since)
	if err != nil {
		return nil, err
	}
	switch built.StackStatus {
	case types.StackStatusCreateComplete, types.StackStatusUpdateComplete:
		return built, d.protect(ctx, s.Region, s.Name, true)
	}
	return nil, fmt.Errorf("is %s: %s", built.StackStatus, because(failures, clean(built.StackStatusReason)))
}

// because names the first failures of resources, which are what the others follow from.
func because(failures []string, reason string) string {
	if len(failures) == 0 {
		return reason
	}
	return strings.Join(failures[:min(len(failures), 3)], "; ")
}

// protect keeps a stack from being deleted, or lets it be.
func (d *Deployer) protect(ctx context.Context, region, name string, protected bool) error {
	_, err := d.stacks(region).UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{StackName: &name, EnableTerminationProtection: &protected})
	return awscloud.Failure(ctx, "UpdateTerminationProtection", err)
}

// put uploads an object, unless it is there: its name says what it holds.
func (d *Deployer) put(ctx context.Context, of Deployment, o Object) error {
	bucket := d.cloud.S3(of.Store.Region)
	_, err := bucket.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &o.Bucket, Key: &o.Key, ExpectedBucketOwner: &of.Account})
	if err == nil {
		return nil
	}
	var failed *guard.APIError
	if errors.As(awscloud.Failure(ctx, "HeadObject", err), &failed) && failed.Class == guard.ClassDenied {
		return failed // it may be somebody else's bucket
	}
	_, err = bucket.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &o.Bucket, Key: &o.Key, Body: bytes.NewReader(o.Content), ExpectedBucketOwner: &of.Account,
	})
	if failed := awscloud.Failure(ctx, "PutObject", err); failed != nil {
		return fmt.Errorf("s3://%s/%s: %w", o.Bucket, o.Key, failed)
	}
	return nil
}
