package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/canary"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tally"
	"github.com/trailhold/trailhold/internal/trail"
)

// remembered is how many incidents are kept where there is no journal on disk.
const remembered = 1000

// cloud reaches the account that the flags and the environment name.
func (a *app) cloud(ctx context.Context) (*awscloud.Cloud, error) {
	return a.countedCloud(ctx, nil)
}

// countedCloud is cloud, and has failed told of each call that fails, unless it is nil.
func (a *app) countedCloud(ctx context.Context, failed func(operation string, class guard.Class)) (*awscloud.Cloud, error) {
	return a.cloudAs(ctx, a.flags.roleARN, failed)
}

// cloudAs is countedCloud with a role of its own.
func (a *app) cloudAs(ctx context.Context, role string, failed func(operation string, class guard.Class)) (*awscloud.Cloud, error) {
	return awscloud.New(ctx, awscloud.Options{
		Profile:         a.flags.profile,
		Region:          a.flags.region,
		RoleARN:         role,
		ExternalID:      a.flags.externalID,
		UserAgentSuffix: "trailhold/" + readVersion().Version,
		Failed:          failed,
	})
}

// baseline loads a baseline from a file or from S3, which alone needs credentials.
func (a *app) baseline(ctx context.Context, location string) (trail.Baseline, error) {
	b, _, err := a.baselineFile(ctx, location)
	return b, err
}

// baselineFile is baseline with the content of the file.
func (a *app) baselineFile(ctx context.Context, location string) (trail.Baseline, []byte, error) {
	b, content, err := baselinefile.LoadFile(ctx, location, func(ctx context.Context, uri string, most int64) ([]byte, error) {
		cloud, err := a.cloud(ctx)
		if err != nil {
			return nil, err
		}
		return cloud.Object(ctx, uri, most)
	})
	var path *fs.PathError
	if errors.As(err, &path) {
		return b, nil, fmt.Errorf("the baseline %s cannot be read: %w", location, path.Err)
	}
	return b, content, err
}

// guardFlags are those of the commands that run a guard.
type guardFlags struct {
	baseline, journal, topic string
	alerts                   string
	dryRun                   bool
}

func (f *guardFlags) defineBaseline(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.baseline, "baseline", "", "the baseline: a `file`, or s3://bucket/key, either with #sha256=… to pin its content")
}

func (f *guardFlags) defineJournal(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.journal, "journal", "", "where to keep incidents (default: in memory): "+journalUse)
	cmd.Flags().StringVar(&f.topic, "topic-arn", "", "`ARN` of the SNS topic to alert")
	f.defineAlerts(cmd)
}

func (f *guardFlags) defineDryRun(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "say what would be done and change nothing")
}

// parts are what a command that runs a guard works with.
type parts struct {
	cloud    *awscloud.Cloud
	baseline trail.Baseline
	guard    *guard.Guard
	teller   guard.Teller
	seen     *noting        // the incidents of this run
	canary   *canary.Canary // of the guard whose journal this one shares; may be nil
}

// second is a guard that shares the journal of another one, and leaves that one's canary alone.
type second struct {
	*guard.Guard
	canary *canary.Canary // may be nil
}

// Handle hands records to the guard, but for those of the canary.
func (s second) Handle(ctx context.Context, records []record.Record) ([]incident.Incident, error) {
	if s.canary != nil {
		records = s.canary.Others(ctx, records)
	}
	return s.Guard.Handle(ctx, records)
}

// parts puts a guard together as the flags say. Alerts go to the sinks, and to the topic if there is one.
func (a *app) parts(ctx context.Context, f guardFlags, log *slog.Logger, sinks ...notify.Sink) (*parts, error) {
	return a.countedParts(ctx, f, log, counting{}, sinks...)
}

// counting is who counts what a guard does. What is nil is not counted.
type counting struct {
	change func(tally.Change)
	failed func(operation string, class guard.Class)
}

// countedParts is parts whose doings are counted.
func (a *app) countedParts(ctx context.Context, f guardFlags, log *slog.Logger, counts counting, sinks ...notify.Sink) (*parts, error) {
	if f.baseline == "" {
		return nil, usagef("--baseline is missing: give the file that \"trailhold baseline capture\" wrote")
	}
	b, content, err := a.baselineFile(ctx, f.baseline)
	if err != nil {
		return nil, err
	}
	cloud, err := a.countedCloud(ctx, counts.failed)
	if err != nil {
		return nil, err
	}
	cloud.LooksThrough(content)
	kept, err := makeJournal(cloud, f.journal)
	if err != nil {
		return nil, err
	}
	if counts.change != nil {
		kept = tally.Journal(kept, counts.change)
	}
	p := &parts{cloud: cloud, baseline: b, seen: &noting{Journal: kept}}
	if f.topic != "" {
		sinks = append(sinks, notify.NewSNS(cloud.Topic(f.topic)))
	}
	if p.teller, err = a.dispatcher(ctx, f.channels(), cloud, sinks); err != nil {
		return nil, err
	}
	ports := guard.Ports{Observer: cloud, Actuator: cloud, Journal: p.seen, Teller: p.teller, Historian: cloud, Archivist: cloud}
	if f.dryRun {
		ports.Actuator = guard.DryRun{}
	}
	if strings.HasPrefix(f.journal, tableScheme) {
		if p.canary = canary.New(b, cloud, kept, nil); p.canary != nil {
			ports.Observer = p.canary.Observer(cloud)
		}
	}
	p.guard = guard.New(b, ports, guard.Options{Log: log})
	return p, nil
}
