package awscloud

import (
	"context"
	"maps"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/trailhold/trailhold/internal/trail"
)

// What the reading of an inventory builds on. It lives in a package of its own, so that the function on AWS does not link
// it.

// maxCalls is how many calls of a patient cloud are under way at the same time: one of each list in each region, and more. Each is a
// connection, of which a process often may have a thousand.
const maxCalls = 512

// Patient returns a cloud for the same account that has time: it tries throttled calls again for half a minute, where the
// guard would rather know at once, and has at most 512 calls under way, together with the clouds that are made of it by Assuming. It
// shares nothing that is throttled with c.
func (c *Cloud) Patient() *Cloud {
	patient := c.clone()
	slots := make(chan struct{}, maxCalls)
	patient.config.HTTPClient, patient.transfer = atOnce{c.config.HTTPClient, slots}, atOnce{c.transfer, slots}
	patient.config.Retryer = func() aws.Retryer {
		return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) {
				s.MaxAttempts, s.RateLimiter = 8, ratelimit.None
			})
		})
	}
	return patient
}

// atOnce is an HTTP client with a bounded number of requests under way. Others wait for their turn, which is no part of the time that an
// attempt may take.
type atOnce struct {
	aws.HTTPClient
	slots chan struct{}
}

func (a atOnce) Do(request *http.Request) (*http.Response, error) {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
		return a.HTTPClient.Do(request)
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
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

// MetricAlarm is a metric alarm as its region's list has it.
type MetricAlarm struct{ alarm cwtypes.MetricAlarm }

// MetricAlarms lists the metric alarms of a region.
func (c *Cloud) MetricAlarms(ctx context.Context, region string) ([]MetricAlarm, error) {
	list, err := c.metricAlarms(ctx, region)
	return mapped(list, func(a cwtypes.MetricAlarm) MetricAlarm { return MetricAlarm{a} }), err
}

// ARN is the alarm's.
func (a MetricAlarm) ARN() string { return aws.ToString(a.alarm.AlarmArn) }

// Actions are the ARNs of what the alarm sets off when it goes off.
func (a MetricAlarm) Actions() []string { return a.alarm.AlarmActions }

// Watches says whether the alarm watches a metric that the metric filters of a log group make.
func (a MetricAlarm) Watches(filters trail.Document) bool {
	return watches(a.alarm, metricsOf(filters))
}

// ObserveAlarm reads what the list does not say of an alarm, which is by what rules it is muted, and returns all of its settings.
// CloudWatch answers nine calls a second that describe alarms, so that to ask for each of them would take longer.
func (c *Cloud) ObserveAlarm(ctx context.Context, region string, a MetricAlarm) trail.ResourceState {
	state := trail.ResourceState{}
	for setting, value := range alarmSettings(a.alarm) {
		state[setting] = documented(value)
	}
	one := trail.Resource{Type: trail.Alarm, ARN: a.ARN(), Region: region}
	maps.Copy(state, probe{settings: []trail.Setting{"muteRules"}, read: muteRules}.facets(ctx, c, one))
	return state
}

// maxRegionFilterPages bounds the pages of a region's metric filters, each of 50. A list that is longer than this takes longer than
// the lists of the few log groups that somebody wants to know of.
const maxRegionFilterPages = 2

// MetricFilters lists the metric filters of a region, for each log group that has any, as the setting "metricFilters" of the group
// has them.
func (c *Cloud) MetricFilters(ctx context.Context, region string) (map[string]trail.Document, error) {
	filters, err := c.metricFilters(ctx, region, nil, maxRegionFilterPages)
	if err != nil {
		return nil, err
	}
	groups := map[string][]logstypes.MetricFilter{}
	for _, f := range filters {
		groups[aws.ToString(f.LogGroupName)] = append(groups[aws.ToString(f.LogGroupName)], f)
	}
	documents := map[string]trail.Document{}
	for name, list := range groups {
		if documents[name], err = trail.NewDocument(filterMembers(list)); err != nil {
			return nil, strange("DescribeMetricFilters", err.Error())
		}
	}
	return documents, nil
}

// Everything is a resource of which ObserveResource reads all settings.
func Everything(r trail.Resource) trail.Resource { return everything(r) }

// Listed reads all pages of a list, up to a limit.
func Listed[T any](op string, limit int, page func(token *string) (members []T, next *string, err error)) ([]T, error) {
	return listed(op, limit, page)
}

// Each calls f for every member, at most limit at a time, and returns when all calls have ended.
func Each[T any](members []T, limit int, f func(T)) { each(members, limit, f) }
