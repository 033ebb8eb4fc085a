package deployer

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/trailhold/trailhold/internal/awscloud"
)

// Resource is a resource of a stack.
type Resource struct {
	LogicalID  string `json:"logicalId"`
	Type       string `json:"type"`
	PhysicalID string `json:"physicalId"`
}

// Standing is a stack that there is.
type Standing struct {
	Name      string     `json:"name"`
	Region    string     `json:"region"`
	Status    string     `json:"status"`
	Protected bool       `json:"protected"`
	Removed   []Resource `json:"removed"`             // that go with it
	Retained  []Resource `json:"retained"`            // that it leaves behind
	Elsewhere []Instance `json:"elsewhere,omitempty"` // stacks of its stack sets in other accounts, which go before it
}

// Standing finds the stacks of a guard, in the order in which they are to be deleted: what is in the organization's accounts,
// forwarders, the guard, the store.
func (d *Deployer) Standing(ctx context.Context, name, home string, regions []string) ([]Standing, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	places := []place{{home, OrganizationName(name)}}
	for _, region := range regions {
		places = append(places, place{region, ForwarderName(name)})
	}
	places = append(places, place{home, name}, place{home, StoreName(name)})
	var found []Standing
	for _, p := range places {
		have, err := d.settled(ctx, p.region, p.name)
		if err != nil {
			return found, fmt.Errorf("the stack %s in %s: %w", p.name, p.region, err)
		}
		if have == nil {
			continue
		}
		s, err := d.standing(ctx, p.region, have)
		if err != nil {
			return found, fmt.Errorf("the stack %s in %s: %w", p.name, p.region, err)
		}
		found = append(found, s)
	}
	return found, nil
}

// standing tells what of a stack goes, and what stays.
func (d *Deployer) standing(ctx context.Context, region string, have *types.Stack) (Standing, error) {
	s := Standing{
		Name: aws.ToString(have.StackName), Region: region, Status: string(have.StackStatus), Protected: aws.ToBool(have.EnableTerminationProtection),
		Removed: []Resource{}, Retained: []Resource{},
	}
	if have.StackStatus == types.StackStatusReviewInProgress {
		return s, nil
	}
	client := d.stacks(region)
	template, err := client.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: have.StackId})
	if err != nil {
		return s, awscloud.Failure(ctx, "GetTemplate", err)
	}
	stays, err := retained(aws.ToString(template.TemplateBody))
	if err != nil {
		return s, err
	}
	out, err := client.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: have.StackId})
	if err != nil {
		return s, awscloud.Failure(ctx, "DescribeStackResources", err)
	}
	for _, r := range out.StackResources {
		one := Resource{clean(r.LogicalResourceId), clean(r.ResourceType), clean(r.PhysicalResourceId)}
		if stays[one.LogicalID] {
			s.Retained = append(s.Retained, one)
		} else if r.ResourceStatus != types.ResourceStatusDeleteComplete {
			s.Removed = append(s.Removed, one)
		}
	}
	s.Elsewhere, err = d.allInstances(ctx, region, have)
	return s, err
}

// Destroy deletes stacks, one after the other, protected or not.
func (d *Deployer) Destroy(ctx context.Context, all []Standing) error {
	for _, s := range all {
		if err := d.protect(ctx, s.Region, s.Name, false); err != nil {
			return fmt.Errorf("the stack %s in %s: %w", s.Name, s.Region, err)
		}
		if err := d.delete(ctx, s.Region, s.Name); err != nil {
			return fmt.Errorf("the stack %s in %s: %w", s.Name, s.Region, err)
		}
	}
	return nil
}

// delete deletes a stack and waits until it is gone.
func (d *Deployer) delete(ctx context.Context, region, name string) error {
	have, err := d.find(ctx, region, name)
	if err != nil || have == nil {
		return err
	}
	since := d.newestEvent(ctx, region, name)
	if _, err := d.stacks(region).DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: have.StackId}); err != nil {
		return awscloud.Failure(ctx, "DeleteStack", err)
	}
	gone, failures, err := d.watch(ctx, region, aws.ToString(have.StackId), since)
	if err != nil {
		return err
	}
	if gone.StackStatus != types.StackStatusDeleteComplete {
		return fmt.Errorf("is %s: %s", gone.StackStatus, because(failures, clean(gone.StackStatusReason)))
	}
	return nil
}
