package deployer

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/trailhold/trailhold/internal/awscloud"
)

// The metrics that the function writes: after each complete sweep, and when a canary came through.
const (
	namespace  = "Trailhold"
	heartbeat  = "Heartbeat"
	canaryBeat = "Canary"
)

const (
	beatsBack  = 24 * time.Hour // how far back signs of life are looked for
	beatPeriod = 60             // seconds: the shortest for which such metrics have values
)

// beats looks for the newest signs of life in the guard's own metrics. A stack without a function has none.
func (d *Deployer) beats(ctx context.Context, p *deployed) {
	if p.functionARN() == "" {
		return
	}
	now := time.Now()
	query := func(id, metric string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{Period: aws.Int32(beatPeriod), Stat: aws.String("Sum"), Metric: &types.Metric{
			Namespace: aws.String(namespace), MetricName: &metric, Dimensions: []types.Dimension{{Name: aws.String("Account"), Value: &p.account}},
		}}}
	}
	client := cloudwatch.NewFromConfig(d.cloud.Config(), func(o *cloudwatch.Options) { o.Region = p.region })
	out, err := client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-beatsBack)), EndTime: aws.Time(now.Add(time.Minute)), ScanBy: types.ScanByTimestampDescending,
		MetricDataQueries: []types.MetricDataQuery{query("heartbeat", heartbeat), query("canary", canaryBeat)},
	})
	if failed := awscloud.Failure(ctx, "GetMetricData", err); failed != nil {
		p.found(Unknown, "heartbeat", aws.ToString(p.stack.StackName), "the metrics cannot be read: %s", reason(failed))
		return
	}
	for _, r := range out.MetricDataResults {
		switch at := newest(r); aws.ToString(r.Id) {
		case "heartbeat":
			p.beat = at
		case "canary":
			p.chirp = at
		}
	}
	p.judgeBeat(now)
}

// newest is when the newest period with a value began; zero if there is none.
func newest(r types.MetricDataResult) (at time.Time) {
	for n, value := range r.Values {
		if n < len(r.Timestamps) && value > 0 && r.Timestamps[n].After(at) {
			at = r.Timestamps[n]
		}
	}
	return at
}

// judgeBeat tells how old the last heartbeat is: the alarm on silence goes off after two periods without one.
func (p *deployed) judgeBeat(now time.Time) {
	name, limit := aws.ToString(p.stack.StackName), 2*p.beatEvery()
	switch age := now.Sub(p.beat); {
	case p.beat.IsZero() && now.Sub(aws.ToTime(p.stack.CreationTime)) < limit:
		p.found(Note, "heartbeat", name, "none yet: the guard was deployed %s", ago(now, aws.ToTime(p.stack.CreationTime)))
	case p.beat.IsZero():
		p.found(Wrong, "heartbeat", name, "none in a day, or since it was deployed %s: the guard may be switched off", ago(now, aws.ToTime(p.stack.CreationTime)))
	case age > limit:
		p.found(Wrong, "heartbeat", name, "the last one was %s: the guard may be switched off", ago(now, p.beat))
	default:
		p.found(Fine, "heartbeat", name, "the last one was %s", ago(now, p.beat))
	}
}

// beating says whether there was a heartbeat lately.
func (p *deployed) beating() bool { return time.Since(p.beat) <= 2*p.beatEvery() }

// chirps says whether a canary came through lately, or the guard is too young for that.
func (p *deployed) chirps(now time.Time) bool {
	return now.Sub(p.chirp) <= canaryAge || now.Sub(aws.ToTime(p.stack.CreationTime)) <= canaryAge
}

// beatEvery is the period of the alarm on silence.
func (p *deployed) beatEvery() time.Duration {
	seconds, err := strconv.Atoi(p.parameters["HeartbeatPeriod"])
	if err != nil {
		seconds = 600 // the template's default
	}
	return time.Duration(seconds) * time.Second
}

// ago says how long ago something was, to the minute, up to a day or two.
func ago(now, at time.Time) string {
	minutes := max(int(now.Sub(at).Minutes()), 0)
	unit, n := "minute", minutes
	if minutes >= 120 {
		unit, n = "hour", minutes/60
	}
	if n == 0 {
		return "less than a minute ago"
	}
	return fmt.Sprintf("%d %s%s ago", n, unit, map[bool]string{false: "s"}[n == 1])
}

// sawCanary says when a canary last came through, for those who cannot ask the journal; empty if that is not known.
func (p *deployed) sawCanary(now time.Time) string {
	if p.chirp.IsZero() {
		return ""
	}
	return " (by its metric, one came through " + ago(now, p.chirp) + ")"
}
