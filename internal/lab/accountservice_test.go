package lab_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/trailhold/trailhold/internal/lab"
)

// TestRegionToggle: a disabled region knows nobody; an enabled one has the trails of all regions.
func TestRegionToggle(t *testing.T) {
	k := newKit(t, lab.Options{Accounts: map[string]string{"OTHER": secondAccount}})
	k.main()
	c, ctx, region := account.NewFromConfig(k.config(home, "ALICE")), t.Context(), aws.String("af-south-1")
	status := func(key string) accounttypes.RegionOptStatus {
		t.Helper()
		return must[*account.GetRegionOptStatusOutput](t)(account.NewFromConfig(k.config(home, key)).GetRegionOptStatus(ctx, &account.GetRegionOptStatusInput{RegionName: region})).RegionOptStatus
	}
	trails := func(key string) (int, error) {
		out, err := k.trailAs(*region, key).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
		if err != nil {
			return 0, err
		}
		return len(out.TrailList), nil
	}
	disable := func(name string) error {
		_, err := c.DisableRegion(ctx, &account.DisableRegionInput{RegionName: &name})
		return err
	}
	for range 2 {
		wantEqual(t, "status", status("ALICE"), "DISABLED")
		_, err := trails("ALICE")
		expectCode(t, err, "UnrecognizedClientException")
		_, err = c.EnableRegion(ctx, &account.EnableRegionInput{RegionName: region})
		expectCode(t, err, "")
		n, err := trails("ALICE")
		expectCode(t, err, "")
		wantEqual(t, "enabled", []any{status("ALICE"), n, status("OTHER")}, []any{"ENABLED", 1, "DISABLED"})
		_, err = trails("OTHER")
		expectCode(t, err, "UnrecognizedClientException")
		expectCode(t, disable(*region), "")
	}
	expectCode(t, disable(home), "ValidationException")
	expectCode(t, disable("mars-1"), "ValidationException")
	_, err := c.EnableRegion(ctx, &account.EnableRegionInput{RegionName: region, AccountId: aws.String(secondAccount)})
	expectCode(t, err, "AccessDeniedException")
	record := k.find(home, "DisableRegion")
	wantEqual(t, "record", []any{record.EventSource, record.AwsRegion, k.find(home, "EnableRegion").EventSource}, []any{"account.amazonaws.com", home, "account.amazonaws.com"})
}

// TestRegionsOfMembers: the management account decides about those of its members.
func TestRegionsOfMembers(t *testing.T) {
	k, _, _ := newOrg(t)
	c, ctx := account.NewFromConfig(k.config(home, "ALICE")), t.Context()
	_, err := c.EnableRegion(ctx, &account.EnableRegionInput{RegionName: aws.String("me-south-1"), AccountId: aws.String(secondAccount)})
	expectCode(t, err, "")
	_, err = k.trailAs("me-south-1", "MEMBER").DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	expectCode(t, err, "")
	_, err = k.trailAs("me-south-1", "ALICE").DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	expectCode(t, err, "UnrecognizedClientException")
}
