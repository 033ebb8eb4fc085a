package awscloud

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/trailhold/trailhold/internal/guard"
)

// maxRegionPages bounds the pages of ListRegions, which holds at most 50 regions each.
const maxRegionPages = 10

// Account is the id of the account that the credentials belong to.
func (c *Cloud) Account(ctx context.Context) (string, error) {
	out, err := c.sts().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", failure(ctx, "GetCallerIdentity", err)
	}
	if aws.ToString(out.Account) == "" {
		return "", strange("GetCallerIdentity", "the answer names no account")
	}
	return *out.Account, nil
}

// Caller is the ARN of the identity that the credentials belong to. No permission is needed to ask for it.
func (c *Cloud) Caller(ctx context.Context) (string, error) {
	out, err := c.sts().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", failure(ctx, "GetCallerIdentity", err)
	}
	if aws.ToString(out.Arn) == "" {
		return "", strange("GetCallerIdentity", "the answer names nobody")
	}
	return *out.Arn, nil
}

// Regions lists the regions that are enabled in the account, in order of their names. Where the identity may not
// ask, the error says so and what to do instead.
func (c *Cloud) Regions(ctx context.Context) ([]string, error) {
	var regions []string
	in := &account.ListRegionsInput{
		MaxResults:              aws.Int32(50),
		RegionOptStatusContains: []types.RegionOptStatus{types.RegionOptStatusEnabled, types.RegionOptStatusEnabledByDefault},
	}
	for range maxRegionPages {
		out, err := c.accounts().ListRegions(ctx, in)
		if err != nil {
			return nil, regionsFailure(failure(ctx, "ListRegions", err))
		}
		for _, region := range out.Regions {
			if name := aws.ToString(region.RegionName); name != "" {
				regions = append(regions, name)
			}
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			slices.Sort(regions)
			return slices.Compact(regions), nil
		}
	}
	return nil, strange("ListRegions", fmt.Sprintf("more than %d pages of regions", maxRegionPages))
}

// regionsFailure adds the way out to a refusal.
func regionsFailure(err *guard.APIError) error {
	var credentials *credentialsError
	if err.Class != guard.ClassDenied || errors.As(err, &credentials) {
		return err
	}
	return fmt.Errorf("which regions are enabled cannot be read: allow account:ListRegions to this identity, or give the regions by hand: %w", err)
}
