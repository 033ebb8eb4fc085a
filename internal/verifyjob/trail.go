package verifyjob

import (
	"context"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/trail"
)

// TrailOptions completes o: where a trail's digests are, which chains must be there, and why one may have stopped. A trail
// of a baseline is looked for where the baseline says: an intruder may have pointed the live one elsewhere. Of a trail that
// is only named, the rest is read. Without o.Accounts, the trail's own account is verified, or with all every account.
func TrailOptions(ctx context.Context, cloud *awscloud.Cloud, want trail.Guarded, all bool, o digest.Options, log *slog.Logger) (digest.Options, error) {
	arn, err := trail.ParseARN(want.ARN)
	if err != nil {
		return o, err
	}
	if want.S3BucketName == "" {
		if want, err = live(ctx, cloud, want, log); err != nil {
			return o, err
		}
	}
	o.Bucket, o.Prefix, o.Trail, o.HomeRegion = want.S3BucketName, path.Join(want.S3KeyPrefix, "AWSLogs"), arn.Name, arn.Region
	if len(o.Accounts) == 0 && !all {
		o.Accounts = []string{arn.Account}
	}
	state := cloud.Observe(ctx, trail.Guarded{Config: want.Config, Regions: want.Regions})
	if why := state.Status.Why(); why != "" {
		log.Warn("the trail's status cannot be read: its newest digests are compared with the clock", "trail", want.ARN, "why", why)
	}
	o.Expect = expectations(want, arn, state, o)
	o.Stops = stops(ctx, cloud, want, arn, o, log)
	return o, nil
}

// live completes a trail that is only named.
func live(ctx context.Context, cloud *awscloud.Cloud, want trail.Guarded, log *slog.Logger) (trail.Guarded, error) {
	facet := cloud.Essentials(ctx, want).Config
	config, ok := facet.Get()
	switch {
	case facet.Knowledge() == trail.Absent:
		return want, fmt.Errorf("there is no trail %s: if it was deleted, verify its bucket instead", want.ARN)
	case !ok:
		return want, fmt.Errorf("the trail %s cannot be read: %s", want.ARN, facet.Why())
	}
	want.Config = config
	if config.IsMultiRegionTrail {
		regions, err := cloud.Regions(ctx)
		if err != nil {
			log.Warn("only the home region's chain is known to have to be there", "error", err)
		}
		want.Regions = slices.DeleteFunc(regions, func(r string) bool { return r == config.HomeRegion })
	}
	return want, nil
}

// firstDigest is how long after the start of logging the first digest may take: an hour, and the time to deliver it.
const firstDigest = 2 * time.Hour

// expectations are the chains of a trail that must be there, in its own account: which member accounts an organization has,
// the trail does not tell.
func expectations(want trail.Guarded, arn trail.ARN, state trail.State, o digest.Options) (expected []digest.Expectation) {
	if len(o.Accounts) > 0 && !slices.Contains(o.Accounts, arn.Account) {
		return nil
	}
	for _, region := range append([]string{want.HomeRegion}, want.Regions...) {
		if len(o.Regions) > 0 && !slices.Contains(o.Regions, region) {
			continue
		}
		facet := state.Status
		if region != want.HomeRegion {
			facet = state.Regions[region]
		}
		status, known := facet.Get()
		if known && status.LatestDigestDeliveryTime.IsZero() && (status.StartLoggingTime.IsZero() || o.Now.Sub(status.StartLoggingTime) < firstDigest) {
			continue
		}
		expected = append(expected, digest.Expectation{
			Chain:                digest.Chain{Account: arn.Account, Region: region, Trail: arn.Name, HomeRegion: arn.Region},
			LatestDigestDelivery: status.LatestDigestDeliveryTime,
		})
	}
	return expected
}
