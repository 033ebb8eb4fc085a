package awscloud

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/trailhold/trailhold/internal/trail"
)

// What the reading of an inventory builds on. It lives in a package of its own, so that the function on AWS does not link
// it.

// Patient returns a cloud for the same account that has time: it tries throttled calls again for half a minute, where the
// guard would rather know at once. It shares nothing that is throttled with c.
func (c *Cloud) Patient() *Cloud {
	patient := c.clone()
	patient.config.Retryer = func() aws.Retryer {
		return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) {
				s.MaxAttempts, s.RateLimiter = 8, ratelimit.None
			})
		})
	}
	return patient
}

// Assuming returns a cloud for the account of a role that c's identity assumes.
func (c *Cloud) Assuming(roleARN, externalID string) *Cloud {
	other := c.clone()
	other.useCredentials(Options{RoleARN: roleARN, ExternalID: externalID})
	return other
}

func (c *Cloud) clone() *Cloud {
	return &Cloud{config: c.config.Copy(), transfer: c.transfer, table: c.table, clients: map[clientKey]any{}}
}

// Failure turns an error of the SDK into the guard's, whose text is bounded and harmless; nil for none.
func Failure(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	return failure(ctx, op, err)
}

// ShownTrails lists the trails that a region shows, those whose home is elsewhere among them.
func (c *Cloud) ShownTrails(ctx context.Context, region string) ([]trail.Config, error) {
	return c.describe(ctx, region, true)
}

// BucketRegion finds out where a bucket of the resource's account is, asking in a region first.
func (c *Cloud) BucketRegion(ctx context.Context, region string, r trail.Resource) (string, error) {
	return c.bucketRegion(ctx, region, r)
}

// AlarmsOn lists the ARNs of the metric alarms of a region that watch metrics which metric filters make.
func (c *Cloud) AlarmsOn(ctx context.Context, region string, filters ...trail.Document) ([]string, error) {
	alarms, err := c.metricAlarms(ctx, region)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, a := range alarms {
		if slices.ContainsFunc(filters, func(f trail.Document) bool { return watches(a, metricsOf(f)) }) {
			found = append(found, aws.ToString(a.AlarmArn))
		}
	}
	slices.Sort(found)
	return found, nil
}

// Everything is a resource of which ObserveResource reads all settings.
func Everything(r trail.Resource) trail.Resource { return everything(r) }

// Listed reads all pages of a list, up to a limit.
func Listed[T any](op string, limit int, page func(token *string) (members []T, next *string, err error)) ([]T, error) {
	return listed(op, limit, page)
}

// Each calls f for every member, at most limit at a time, and returns when all calls have ended.
func Each[T any](members []T, limit int, f func(T)) { each(members, limit, f) }
