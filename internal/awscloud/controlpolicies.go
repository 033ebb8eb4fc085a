package awscloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/whocan"
)

// maxUnits is how many organizational units an account can be below: five levels, and the root.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
const maxUnits = 6

// organizationPolicies adds the policies of the account's organization. Members that administer nothing may not read them;
// the layers are then unread. Without an organization there are none.
func (c *Cloud) organizationPolicies(ctx context.Context, a *whocan.Account) {
	out, err := c.organizations(c.globalRegion(a.Partition)).DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		failed := failure(ctx, "DescribeOrganization", err)
		if failed.Code == "AWSOrganizationsNotInUseException" {
			return
		}
		a.Unread = []policy.Layer{policy.SCP, policy.RCP}
		a.Notes = append(a.Notes, fmt.Sprintf("whether the account is in an organization could not be read (%v)", failed))
		return
	}
	if out.Organization == nil {
		return
	}
	a.OrganizationID = aws.ToString(out.Organization.Id)
	if a.Management = aws.ToString(out.Organization.MasterAccountId) == a.ID; a.Management {
		return
	}
	read := c.ControlPolicies(ctx, a.ID, a.Partition)
	a.SCPs, a.RCPs = read.SCPs, read.RCPs
	if read.Err != nil {
		a.Unread = []policy.Layer{policy.SCP, policy.RCP}
		a.Notes = append(a.Notes, fmt.Sprintf("the organization's policies could not be read: ask as its management account or a delegated administrator (%v)", read.Err))
		return
	}
	for _, one := range []struct {
		layer policy.Layer
		err   error
	}{{policy.SCP, read.SCPErr}, {policy.RCP, read.RCPErr}} {
		if one.err != nil {
			a.Unread = append(a.Unread, one.layer)
			a.Notes = append(a.Notes, fmt.Sprintf("the %s could not be read (%v)", one.layer, one.err))
		}
	}
}

// ControlPolicies are the policies that limit an account of an organization, as whocan.Account has them.
type ControlPolicies struct {
	SCPs, RCPs     [][]*whocan.Policy
	Err            error // why the account's place in the organization could not be read, and so neither kind
	SCPErr, RCPErr error // why one kind could not be read
}

// ControlPolicies reads the policies that limit an account, which need not be the cloud's own. Only the management account and
// delegated administrators may. Each unit above the account is only known by the one below it; what is attached to one is asked for
// as soon as it's known.
func (c *Cloud) ControlPolicies(ctx context.Context, account, partition string) (read ControlPolicies) {
	region := c.globalRegion(partition)
	var scps, rcps []*attached // of the account, of the unit that it is in, and so on up to the root
	var wg sync.WaitGroup
	ask := func(kind orgtypes.PolicyType, target string) *attached {
		a := &attached{}
		wg.Go(func() { a.value, a.err = c.policySummaries(ctx, region, kind, target) })
		return a
	}
	err := c.upwards(ctx, region, account, func(target string) {
		scps = append(scps, ask(orgtypes.PolicyTypeServiceControlPolicy, target))
		rcps = append(rcps, ask(orgtypes.PolicyTypeResourceControlPolicy, target))
	})
	wg.Wait()
	if err != nil {
		return ControlPolicies{Err: err, SCPErr: err, RCPErr: err}
	}
	wg.Go(func() { read.SCPs, read.SCPErr = c.policiesOf(ctx, region, scps) })
	wg.Go(func() { read.RCPs, read.RCPErr = c.policiesOf(ctx, region, rcps) })
	wg.Wait()
	return read
}

// attached is what is attached to a target.
type attached = reading[[]orgtypes.PolicySummary]

// upwards names the account, the units that it is below, and the root.
func (c *Cloud) upwards(ctx context.Context, region, account string, name func(target string)) error {
	target := account
	name(target)
	for range maxUnits {
		out, err := c.organizations(region).ListParents(ctx, &organizations.ListParentsInput{ChildId: aws.String(target)})
		if err != nil {
			return failure(ctx, "ListParents", err)
		}
		if len(out.Parents) != 1 || aws.ToString(out.Parents[0].Id) == "" {
			return strange("ListParents", "the answer does not name one parent")
		}
		target = *out.Parents[0].Id
		name(target)
		if out.Parents[0].Type == orgtypes.ParentTypeRoot {
			return nil
		}
	}
	return strange("ListParents", "the account is below more units than there can be")
}

// notInForce are the answers to a question about a kind of policies that an organization doesn't use.
var notInForce = []string{"PolicyTypeNotEnabledException", "PolicyTypeNotAvailableForOrganizationException"}

// policiesOf reads the policies of one kind that are attached to an account and what is above it, and returns them by level, the root's
// first. Where a kind is in force, every target has at least one policy: a level without any says that it is not.
func (c *Cloud) policiesOf(ctx context.Context, region string, upwards []*attached) ([][]*whocan.Policy, error) {
	named := map[string]orgtypes.PolicySummary{}
	for _, level := range slices.Backward(upwards) {
		var failed *guard.APIError
		switch {
		case errors.As(level.err, &failed) && slices.Contains(notInForce, failed.Code):
			return nil, nil
		case level.err != nil:
			return nil, level.err
		case len(level.value) == 0:
			return nil, nil
		}
		for _, p := range level.value {
			named[aws.ToString(p.Id)] = p
		}
	}
	known, err := c.controlPolicies(ctx, region, named)
	if err != nil {
		return nil, err
	}
	var levels [][]*whocan.Policy
	for _, level := range slices.Backward(upwards) {
		levels = append(levels, mapped(level.value, func(p orgtypes.PolicySummary) *whocan.Policy { return known[aws.ToString(p.Id)] }))
	}
	return levels, nil
}

// controlPolicies reads policies, each once.
func (c *Cloud) controlPolicies(ctx context.Context, region string, named map[string]orgtypes.PolicySummary) (map[string]*whocan.Policy, error) {
	known := map[string]*whocan.Policy{}
	var failed error
	var mu sync.Mutex
	each(slices.Collect(maps.Values(named)), maxAtOnce, func(p orgtypes.PolicySummary) {
		read, err := c.controlPolicy(ctx, region, p)
		mu.Lock()
		defer mu.Unlock()
		known[aws.ToString(p.Id)], failed = read, cmp.Or(failed, err)
	})
	return known, failed
}

func (c *Cloud) policySummaries(ctx context.Context, region string, kind orgtypes.PolicyType, target string) ([]orgtypes.PolicySummary, error) {
	return listed("ListPoliciesForTarget", maxOrganizationPages, func(token *string) ([]orgtypes.PolicySummary, *string, error) {
		out, err := c.organizations(region).ListPoliciesForTarget(ctx, &organizations.ListPoliciesForTargetInput{TargetId: &target, Filter: kind, NextToken: token})
		if err != nil {
			return nil, nil, failure(ctx, "ListPoliciesForTarget", err)
		}
		return out.Policies, out.NextToken, nil
	})
}

func (c *Cloud) controlPolicy(ctx context.Context, region string, p orgtypes.PolicySummary) (*whocan.Policy, error) {
	out, err := c.organizations(region).DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: p.Id})
	if err != nil {
		return nil, failure(ctx, "DescribePolicy", err)
	}
	if out.Policy == nil || out.Policy.Content == nil {
		return nil, strange("DescribePolicy", "the policy has no content")
	}
	document, err := policy.Parse(*out.Policy.Content)
	if err != nil {
		return nil, strange("DescribePolicy", fmt.Sprintf("policy %s: %v", aws.ToString(p.Name), err))
	}
	return &whocan.Policy{Name: aws.ToString(p.Name), ARN: aws.ToString(p.Arn), Document: document}, nil
}
