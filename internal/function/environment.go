package function

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/trailhold/trailhold/internal/alerts"
	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/canary"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/memberlist"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/tally"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/verifyjob"
)

// remembered is how many incidents an instance keeps in its memory.
const remembered = 200

// FromEnvironment makes the handler that the environment describes. Alerts and logs go to logs as well.
func FromEnvironment(ctx context.Context, getenv func(string) string, logs io.Writer) (*Handler, error) {
	level := slog.LevelInfo
	if err := level.UnmarshalText([]byte(cmp.Or(getenv("TRAILHOLD_LOG_LEVEL"), "info"))); err != nil {
		return nil, fmt.Errorf("TRAILHOLD_LOG_LEVEL: %w: use debug, info, warn or error", err)
	}
	counts := &Counts{}
	cloud, err := awscloud.New(ctx, awscloud.Options{Failed: counts.CallFailed})
	if err != nil {
		return nil, err
	}
	location := getenv("TRAILHOLD_BASELINE")
	if location == "" {
		return nil, fmt.Errorf("TRAILHOLD_BASELINE is not set: give the baseline's file or s3://bucket/key#sha256=…")
	}
	baseline, content, err := baselinefile.LoadFile(ctx, location, cloud.Object)
	if err != nil {
		return nil, err
	}
	cloud.LooksThrough(content)
	sinks := []notify.Sink{notify.NewWriter(logs, notify.FormLine)}
	if topic := getenv("TRAILHOLD_TOPIC_ARN"); topic != "" {
		sinks = append(sinks, notify.NewSNS(cloud.Topic(topic)))
	}
	alertSink, err := alertChannels(cloud, getenv, logs)
	if err != nil {
		return nil, err
	}
	sinks = append(sinks, alertSink...)
	incidents, err := openJournal(cloud, getenv)
	if err != nil {
		return nil, err
	}
	incidents = tally.Journal(incidents, counts.Change)
	ports := guard.Ports{
		Observer: cloud,
		Actuator: cloud,
		Journal:  incidents,
		Teller:   notify.NewDispatcher(sinks...),

		Historian: cloud,
		Archivist: cloud,
	}
	if getenv("TRAILHOLD_DRY_RUN") == "true" {
		ports.Actuator = guard.DryRun{}
	}
	log := slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: level}))
	h := &Handler{Heartbeat: Heartbeat{Account: baseline.Account, Out: logs, Counts: counts}}
	reporter := &reporter{}
	if getenv("TRAILHOLD_TABLE") != "" && getenv("TRAILHOLD_DRY_RUN") != "true" { // other instances have to know of it
		if c := canary.New(baseline, cloud, incidents, reporter); c != nil {
			h.Canary, ports.Observer = c, c.Observer(cloud)
		}
	}
	g := guard.New(baseline, ports, guard.Options{Log: log})
	reporter.Guard = g
	h.Guard = withMembers(g, baseline, getenv, cloud, ports, log)
	h.Verifier = verifyjob.New(cloud, g, baseline.Trails, verifyjob.Options{Log: log})
	return h, nil
}

// withMembers is the guard g, and with it those of the members that TRAILHOLD_MEMBERS lists, if there are any. They share journal
// and channels, and look and act with a role in each account.
func withMembers(g *guard.Guard, baseline trail.Baseline, getenv func(string) string, cloud *awscloud.Cloud, ports guard.Ports, log *slog.Logger) Guard {
	location := getenv("TRAILHOLD_MEMBERS")
	if location == "" {
		return g
	}
	beside := func(key string) string { // a key is that of an object in the baseline's bucket
		if bucket, ok := strings.CutPrefix(getenv("TRAILHOLD_BASELINE"), "s3://"); ok && !strings.Contains(key, "://") {
			bucket, _, _ = strings.Cut(bucket, "/")
			return "s3://" + bucket + "/" + key
		}
		return key
	}
	return &Organization{
		Home: g, Baseline: baseline,
		List: func(ctx context.Context) (memberlist.List, error) {
			return memberlist.Load(ctx, beside(location), cloud.Object)
		},
		Open: func(ctx context.Context, list memberlist.List, m memberlist.Member) (Guard, error) {
			theirs, err := baselinefile.Load(ctx, beside(m.Baseline), cloud.Object)
			if err == nil && theirs.Account != m.Account {
				err = fmt.Errorf("its baseline is of the account %s", theirs.Account)
			}
			if err != nil {
				return nil, err
			}
			there := cloud.Assuming(list.RoleARN(partitionOf(baseline), m.Account), list.ExternalID)
			own := ports
			own.Observer, own.Historian, own.Archivist = there, there, there
			if _, dry := own.Actuator.(guard.DryRun); !dry {
				own.Actuator = there
			}
			return guard.New(theirs, own, guard.Options{Log: log.With("account", m.Account)}), nil
		},
	}
}

// partitionOf is AWS's partition that a baseline's trails are in.
func partitionOf(b trail.Baseline) string {
	for _, t := range b.Trails {
		if arn, err := trail.ParseARN(t.ARN); err == nil {
			return arn.Partition
		}
	}
	return "aws"
}

// alertChannels are the channels of TRAILHOLD_ALERTS. A file that is elsewhere is fetched when there is something to tell, so
// that neither fetching it nor a mistake in it holds a restoration up; then the log and the topic are told.
func alertChannels(cloud *awscloud.Cloud, getenv func(string) string, logs io.Writer) ([]notify.Sink, error) {
	const variable = "TRAILHOLD_ALERTS"
	location, ports := getenv("TRAILHOLD_ALERTS"), alerts.OnAWS(cloud, getenv, logs)
	switch {
	case location == "":
		return nil, nil
	case alerts.Inline(location):
		// A mistake is told like one in a file: guarding without alerts is better than not guarding.
		config, err := alerts.Parse(variable, []byte(location))
		return later(func(context.Context) ([]notify.Target, error) { return config.Targets(ports), err }), nil
	case !alerts.Remote(location):
		return nil, fmt.Errorf("%s: give the text of the file, s3://bucket/key or ssm:NAME", variable)
	}
	return later(func(ctx context.Context) ([]notify.Target, error) {
		config, err := alerts.Load(ctx, location, alerts.SourceOf(cloud))
		return config.Targets(ports), err
	}), nil
}

func later(targets func(context.Context) ([]notify.Target, error)) []notify.Sink {
	return []notify.Sink{notify.Later("alerts", targets)}
}

// reporter is the guard that the canary reports to, which in turn looks through the canary's eyes.
type reporter struct{ *guard.Guard }

// openJournal is the journal in the table that all instances share, or else one in this instance's memory.
func openJournal(cloud *awscloud.Cloud, getenv func(string) string) (guard.Journal, error) {
	name := getenv("TRAILHOLD_TABLE")
	if name == "" {
		return journal.NewMemory(remembered), nil
	}
	keep, err := journal.ParseKeep(getenv("TRAILHOLD_KEEP_DAYS"))
	if err != nil {
		return nil, fmt.Errorf("TRAILHOLD_KEEP_DAYS: %w", err)
	}
	return journal.NewTable(cloud.Table(name, ""), keep), nil
}
