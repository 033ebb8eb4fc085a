package awscloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

const (
	maxAlarmPages = 50 // of 100 alarms, the metric alarms of one region
	maxAlarms     = 8  // alarms that are read at the same time: CloudWatch allows nine such calls per second
)

// dependent is one thing that a trail's delivery rests on, as captured, and what could not be read of it.
type dependent struct {
	trail.Resource
	guarded bool
	notes   []string
}

// everything is a resource of which all settings are to be read.
func everything(r trail.Resource) trail.Resource {
	r.Settings = map[trail.Setting]trail.Document{}
	for _, s := range trail.SettingsOf(r.Type) {
		r.Settings[s] = trail.EmptyDocument
	}
	return r
}

// restsOn lists what a trail's configuration names, in the order in which a file of the trail comes by it. The region of
// the bucket is not known yet.
func restsOn(t trail.Config, account string) []trail.Resource {
	partition := arnPart(t.ARN, 1)
	var list []trail.Resource
	add := func(typ trail.ResourceType, arn, region string) {
		if arn != "" {
			list = append(list, trail.Resource{Type: typ, ARN: arn, Region: region, Account: cmp.Or(accountOf(arn), account)})
		}
	}
	if t.S3BucketName != "" {
		add(trail.Bucket, "arn:"+partition+":s3:::"+t.S3BucketName, "")
	}
	if strings.Contains(t.KMSKeyID, ":key/") {
		add(trail.Key, t.KMSKeyID, arnPart(t.KMSKeyID, 3))
	}
	add(trail.Topic, t.SnsTopicARN, arnPart(t.SnsTopicARN, 3))
	add(trail.Role, t.CloudWatchLogsRoleARN, cmp.Or(trail.GlobalRegion(partition), t.HomeRegion))
	add(trail.LogGroup, strings.TrimSuffix(t.CloudWatchLogsLogGroupARN, ":*"), arnPart(t.CloudWatchLogsLogGroupARN, 3))
	return list
}

// arnPart is a part of an ARN, counted from 0; empty if there is none.
func arnPart(arn string, n int) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[n]
	}
	return ""
}

// accountOf is the account that an ARN names.
func accountOf(arn string) string { return arnPart(arn, 4) }

// dependents reads all that a trail of this account rests on, at the same time.
func (x *capture) dependents(ctx context.Context, t trail.Config) []dependent {
	if accountOf(t.ARN) != x.account {
		return nil
	}
	wanted := restsOn(t, x.account)
	found := make([][]dependent, len(wanted))
	var wg sync.WaitGroup
	for n, r := range wanted {
		wg.Go(func() {
			if r.Type == trail.LogGroup {
				found[n] = x.logGroup(ctx, t, r)
			} else {
				found[n] = []dependent{x.dependent(ctx, t, r)}
			}
		})
	}
	wg.Wait()
	return slices.Concat(found...)
}

// logGroup reads a log group, and then the alarms on the metrics that are made of it.
func (x *capture) logGroup(ctx context.Context, t trail.Config, r trail.Resource) []dependent {
	var alarms []cwtypes.MetricAlarm
	var failed error
	var wg sync.WaitGroup
	wg.Go(func() { alarms, failed = x.cloud.metricAlarms(ctx, r.Region) })
	group := x.dependent(ctx, t, r)
	wg.Wait()
	if failed != nil {
		group.note("%s: the alarms on its log group could not be read and will not be guarded (%v)", t.ARN, failed)
	}
	return append([]dependent{group}, x.alarmsOn(ctx, t, group.Resource, alarms)...)
}

// dependent reads one resource whole. One that cannot be found or looked at is not guarded, and a setting that cannot be
// read is not either.
func (x *capture) dependent(ctx context.Context, t trail.Config, r trail.Resource) dependent {
	d := dependent{Resource: r}
	if r.Type == trail.Bucket {
		var err error
		if d.Region, err = x.cloud.bucketRegion(ctx, t.HomeRegion, r); err != nil {
			d.note("%s: its bucket %s is not guarded (%v)", t.ARN, r.Name(), err)
			return d
		}
	}
	state := x.cloud.ObserveResource(ctx, everything(d.Resource))
	if _, ok := state[trail.Identity].Get(); !ok {
		d.note("%s: its %s %s is not guarded (%s)", t.ARN, r.Type, r.Name(), cmp.Or(state[trail.Identity].Why(), "it does not exist"))
		return d
	}
	d.guarded, d.Settings = true, map[trail.Setting]trail.Document{}
	for _, s := range trail.SettingsOf(r.Type)[1:] {
		if document, ok := state[s].Get(); ok {
			d.Settings[s] = document
		} else {
			d.note("%s: %s of its %s %s could not be read and will not be guarded (%s)", t.ARN, s, r.Type, r.Name(), state[s].Why())
		}
	}
	if r.Type == trail.Topic {
		d.confirmed(t)
	}
	return d
}

func (d *dependent) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

// confirmed takes the subscriptions out that nobody has confirmed yet: they could not be made again as they are.
func (d *dependent) confirmed(t trail.Config) {
	subscriptions, _ := d.Settings["subscriptions"].Value().(map[string]any)
	for name, s := range d.Settings["subscriptions"].Members() {
		if s.Flag("PendingConfirmation") {
			delete(subscriptions, name)
			d.note("%s: the subscription %s of its topic %s is not confirmed and will not be guarded", t.ARN, plain.Text(name, 200), d.Name())
		}
	}
	if document, err := trail.NewDocument(subscriptions); err == nil && d.Settings["subscriptions"] != "" {
		d.Settings["subscriptions"] = document
	}
}

// bucketRegion finds out where a bucket of the account is. S3 tells the region with every answer, refusals too.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
func (c *Cloud) bucketRegion(ctx context.Context, region string, r trail.Resource) (string, error) {
	for range 2 {
		out, err := c.S3(region).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(r.Name()), ExpectedBucketOwner: &r.Account})
		if err == nil {
			return cmp.Or(aws.ToString(out.BucketRegion), region), nil
		}
		var answer *smithyhttp.ResponseError
		if !errors.As(err, &answer) || answer.Response == nil {
			return "", failure(ctx, "HeadBucket", err)
		}
		told := answer.Response.Header.Get("X-Amz-Bucket-Region")
		if told == "" || told == region {
			return "", failure(ctx, "HeadBucket", err)
		}
		region = told
	}
	return "", strange("HeadBucket", "S3 names one region after the other")
}

func (c *Cloud) metricAlarms(ctx context.Context, region string) ([]cwtypes.MetricAlarm, error) {
	return listed("DescribeAlarms", maxAlarmPages, func(token *string) ([]cwtypes.MetricAlarm, *string, error) {
		out, err := c.alarms(region).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm}, MaxRecords: aws.Int32(100), NextToken: token})
		if err != nil {
			return nil, nil, failure(ctx, "DescribeAlarms", err)
		}
		return out.MetricAlarms, out.NextToken, nil
	})
}

// alarmsOn reads those of the alarms that watch a metric that a filter of the log group makes.
func (x *capture) alarmsOn(ctx context.Context, t trail.Config, group trail.Resource, alarms []cwtypes.MetricAlarm) []dependent {
	made := metricsOf(group.Settings["metricFilters"])
	alarms = slices.DeleteFunc(alarms, func(a cwtypes.MetricAlarm) bool { return !watches(a, made) })
	slices.SortFunc(alarms, func(a, b cwtypes.MetricAlarm) int {
		return cmp.Compare(aws.ToString(a.AlarmArn), aws.ToString(b.AlarmArn))
	})
	found := make([]dependent, len(alarms))
	indices := make([]int, len(alarms))
	for n := range indices {
		indices[n] = n
	}
	each(indices, maxAlarms, func(n int) {
		found[n] = x.dependent(ctx, t, trail.Resource{Type: trail.Alarm, ARN: aws.ToString(alarms[n].AlarmArn), Region: group.Region, Account: group.Account})
	})
	return found
}

// metric names a metric: its namespace and its name.
type metric [2]string

// metricsOf lists the metrics that metric filters make.
func metricsOf(filters trail.Document) map[metric]bool {
	made := map[metric]bool{}
	var parsed map[string]struct {
		MetricTransformations []struct{ MetricNamespace, MetricName string }
	}
	_ = json.Unmarshal([]byte(filters), &parsed) // of another shape, or not read: there are none
	for _, f := range parsed {
		for _, m := range f.MetricTransformations {
			made[metric{m.MetricNamespace, m.MetricName}] = true
		}
	}
	return made
}

// watches says whether an alarm looks at one of the metrics, directly or within an expression.
func watches(a cwtypes.MetricAlarm, made map[metric]bool) bool {
	if made[metric{aws.ToString(a.Namespace), aws.ToString(a.MetricName)}] {
		return true
	}
	return slices.ContainsFunc(a.Metrics, func(q cwtypes.MetricDataQuery) bool {
		return q.MetricStat != nil && q.MetricStat.Metric != nil &&
			made[metric{aws.ToString(q.MetricStat.Metric.Namespace), aws.ToString(q.MetricStat.Metric.MetricName)}]
	})
}

// adopt gives each trail what it rests on. What several rest on is guarded with the first of them, so that no two plans
// restore it at the same time.
func (x *capture) adopt(guarded []trail.Guarded, found [][]dependent) {
	first := map[string]string{}
	for n := range guarded {
		g := &guarded[n]
		for _, d := range found[n] {
			if other, seen := first[d.ARN]; seen {
				x.note("%s: its %s %s is guarded with %s, which shares it", g.ARN, d.Type, d.Name(), other)
				continue
			}
			first[d.ARN] = g.ARN
			x.notes = append(x.notes, d.notes...)
			if d.guarded {
				g.Dependents = append(g.Dependents, d.Resource)
			}
		}
	}
}
