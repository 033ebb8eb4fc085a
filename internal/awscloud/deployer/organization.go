package deployer

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/guard"
)

// stackSets is what CloudFormation's stack sets are to Organizations: who is trusted, and what somebody else may administer.
// https://docs.aws.amazon.com/organizations/latest/userguide/services-that-can-integrate-cloudformation.html
const stackSets = "member.org.stacksets.cloudformation.amazonaws.com"

// maxDelegates bounds the pages of delegated administrators.
const maxDelegates = 20

// Organization is what a deployment needs to know of an organization, and whom it is for.
type Organization struct {
	ID         string // o-…
	Management string // the account that manages it, in which stack sets make nothing
	Root       string // r-…
	Delegate   bool   // the account that deploys does not manage it, but administers its stack sets
	Trusted    bool   // it trusts stack sets

	Units   []string // whose accounts take part: ids of organizational units, or of the root; none: the root
	Members []Member // accounts whose own trails are guarded
}

// Organization reads the organization of the account that deploys. An account that may have no stack sets in it is an error, which
// says what to do.
func (d *Deployer) Organization(ctx context.Context, home string) (Organization, error) {
	account, err := d.cloud.Account(ctx)
	if err != nil {
		return Organization{}, err
	}
	client := d.organizations(home)
	out, err := client.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		return Organization{}, awscloud.Failure(ctx, "DescribeOrganization", err)
	}
	if out.Organization == nil || aws.ToString(out.Organization.Id) == "" {
		return Organization{}, errors.New("DescribeOrganization: the answer is about no organization")
	}
	o := Organization{ID: clean(out.Organization.Id), Management: clean(out.Organization.MasterAccountId)}
	if o.Delegate = account != o.Management; o.Delegate {
		if err := d.mayAdminister(ctx, client, account, o); err != nil {
			return o, err
		}
	}
	roots, err := client.ListRoots(ctx, &organizations.ListRootsInput{})
	if err != nil {
		return o, awscloud.Failure(ctx, "ListRoots", err)
	}
	if len(roots.Roots) == 0 {
		return o, errors.New("ListRoots: the organization has no root")
	}
	o.Root = clean(roots.Roots[0].Id)
	if o.Trusted, err = d.trusted(ctx, home, o.callAs()); err != nil {
		return o, err
	}
	if o.Delegate && !o.Trusted {
		return o, fmt.Errorf("the organization does not trust CloudFormation StackSets: have its management account %s run \"aws cloudformation activate-organizations-access\"", o.Management)
	}
	return o, nil
}

func (d *Deployer) organizations(region string) *organizations.Client {
	return organizations.NewFromConfig(d.cloud.Config(), func(o *organizations.Options) { o.Region = region })
}

// mayAdminister returns an error unless an account administers the organization's stack sets. An account that administers nothing
// may not even ask.
func (d *Deployer) mayAdminister(ctx context.Context, client *organizations.Client, account string, o Organization) error {
	in := &organizations.ListDelegatedAdministratorsInput{ServicePrincipal: aws.String(stackSets)}
	neither := fmt.Errorf("the account %s neither manages the organization %s nor administers its stack sets: deploy from the account %s, or have that one run "+
		"\"aws organizations register-delegated-administrator --account-id %s --service-principal %s\"", account, o.ID, o.Management, account, stackSets)
	for range maxDelegates {
		out, err := client.ListDelegatedAdministrators(ctx, in)
		if failed := awscloud.Failure(ctx, "ListDelegatedAdministrators", err); failed != nil {
			if guard.ClassOf(failed) == guard.ClassDenied {
				return fmt.Errorf("%w (%w)", neither, failed)
			}
			return failed
		}
		for _, a := range out.DelegatedAdministrators {
			if aws.ToString(a.Id) == account {
				return nil
			}
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	return neither
}

// callAs is as whom CloudFormation is to take calls about the organization's stack sets.
func (o Organization) callAs() types.CallAs {
	if o.Delegate {
		return types.CallAsDelegatedAdmin
	}
	return types.CallAsSelf
}

// units are the ids of those whose accounts take part.
func (o Organization) units() []string {
	if len(o.Units) == 0 {
		return []string{o.Root}
	}
	return unique(o.Units)
}

// trusted says whether the organization trusts stack sets.
func (d *Deployer) trusted(ctx context.Context, region string, as types.CallAs) (bool, error) {
	out, err := d.stacks(region).DescribeOrganizationsAccess(ctx, &cloudformation.DescribeOrganizationsAccessInput{CallAs: as})
	if err != nil {
		return false, awscloud.Failure(ctx, "DescribeOrganizationsAccess", err)
	}
	return out.Status == types.OrganizationStatusEnabled, nil
}

// trust has the organization trust stack sets.
func (d *Deployer) trust(ctx context.Context, region string) error {
	_, err := d.stacks(region).ActivateOrganizationsAccess(ctx, &cloudformation.ActivateOrganizationsAccessInput{})
	return awscloud.Failure(ctx, "ActivateOrganizationsAccess", err)
}
