package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/backfill"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/verifyjob"
	"github.com/trailhold/trailhold/internal/watch"
)

type watchFlags struct {
	guardFlags
	queue       string
	poll, sweep time.Duration
	verify      time.Duration
	metrics     string
	heartbeat   string
	evidence    evidenceFlags
}

// heartbeatVariable holds the heartbeat's URL where it must not show in the list of processes.
const heartbeatVariable = "TRAILHOLD_HEARTBEAT_URL"

func (a *app) watchCommand() *cobra.Command {
	var f watchFlags
	cmd := uses(&cobra.Command{
		Use:   "watch --baseline FILE",
		Short: "Guard the trails of a baseline until stopped",
		Long: `Guards the trails of a baseline: restores what drifts from it, proves that log
files are delivered again, and tells people. Alerts are lines on stdout, and go
to --topic-arn and to the channels of --alerts; logs go to stderr.

With --queue it is fed by an SQS queue that an EventBridge rule fills, and
notices tampering within seconds. Without, it reads Event history every --poll,
which lags behind by minutes. Either way it looks at everything every --sweep.

After each complete sweep it calls --heartbeat-url, so that a service outside
can alert when it falls silent. Whoever knows that URL can feign a guard that
lives: the variable TRAILHOLD_HEARTBEAT_URL keeps it out of the list of
processes.

With --evidence, what a trail did not record is recovered from Event history
15 minutes after it was restored, kept there, and told: see "backfill".

A message that cannot be read is told, and left to the queue's dead-letter
queue. SIGINT or SIGTERM lets what is under way finish; a second one does not.`,
		Example: `  trailhold watch --baseline baseline.yaml --journal /var/lib/trailhold
  trailhold watch --baseline 's3://config/baseline.yaml#sha256=9f86…' \
    --queue https://sqs.eu-west-1.amazonaws.com/111122223333/trailhold \
    --topic-arn arn:aws:sns:eu-west-1:111122223333:alerts --metrics-listen :9464`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.watch(cmd.Context(), f) },
	}, usesCloud)
	f.defineBaseline(cmd)
	f.defineJournal(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.queue, "queue", "", "`URL` of the SQS queue with CloudTrail's events")
	flags.DurationVar(&f.poll, "poll", time.Minute, "`time` between two readings of Event history, without --queue")
	flags.DurationVar(&f.sweep, "sweep", 5*time.Minute, "`time` between two sweeps")
	flags.DurationVar(&f.verify, "verify-every", 0, "`time` between two verifications of the last day's log files, such as 24h (default never)")
	flags.StringVar(&f.evidence.place, "evidence", "", "`place` (a directory, or s3://bucket/prefix) to keep what Event history has of blind windows")
	f.evidence.defineOwner(cmd)
	flags.StringVar(&f.metrics, "metrics-listen", "", "`address` to serve /metrics (Prometheus) and /healthz on, such as 127.0.0.1:9464")
	flags.StringVar(&f.heartbeat, "heartbeat-url", "", "`URL` of a dead man's switch to call after each complete sweep (default $"+heartbeatVariable+")")
	return cmd
}

// shortest is the least time between two polls or sweeps: AWS allows few calls per second, and the guard needs them.
const shortest = time.Second

func (a *app) watch(ctx context.Context, f watchFlags) error {
	if f.poll < shortest || f.sweep < shortest {
		return usagef("--poll and --sweep must be at least %s", shortest)
	}
	if f.verify != 0 && f.verify < verifyjob.Least {
		return usagef("--verify-every must be at least %s: digests come once an hour", verifyjob.Least)
	}
	if f.evidence != (evidenceFlags{}) {
		if err := f.evidence.check(); err != nil {
			return err
		}
	}
	log := a.log(slog.LevelInfo)
	metrics := watch.NewMetrics(f.sweep)
	p, err := a.countedParts(ctx, f.guardFlags, log, counting{metrics.Count, metrics.CallFailed}, notify.NewWriter(a.stdout, notify.FormLine))
	if err != nil {
		return err
	}
	options := watch.Options{Poll: f.poll, Sweep: f.sweep, Metrics: metrics, Log: log}
	if f.queue != "" {
		options.Queue = queue{p.cloud.Queue(f.queue)}
	} else {
		options.History, options.Regions = p.cloud.History, regionsOf(p.baseline)
	}
	if err := f.beat(&options); err != nil {
		return err
	}
	if f.verify > 0 {
		options.Verify, options.VerifyEvery = verifyLately(p, f.verify, log), f.verify
	}
	if f.evidence.place != "" {
		options.Recover = recoverLately(p, f.evidence, log)
	}
	stopMetrics, err := serveMetrics(ctx, f.metrics, options.Metrics, log)
	if err != nil {
		return err
	}
	log.Info("watching", "trails", len(p.baseline.Trails), "baseline", p.baseline.Hash, "queue", f.queue, "sweep", f.sweep)
	err = watch.Run(ctx, second{p.guard, p.canary}, options)
	log.Info("stopped")
	return errors.Join(err, stopMetrics())
}

// beat has each complete sweep call the heartbeat's URL, if there is one.
func (f watchFlags) beat(o *watch.Options) error {
	location := cmp.Or(f.heartbeat, os.Getenv(heartbeatVariable))
	if location == "" {
		return nil
	}
	h, err := watch.NewHeartbeat(location)
	if err != nil {
		return usagef("--heartbeat-url: %w", err)
	}
	o.Beat = h.Beat
	return nil
}

// verifyLately verifies the logs of the last day, or of the time since the last verification if that is longer.
func verifyLately(p *parts, every time.Duration, log *slog.Logger) func(context.Context) ([]incident.Incident, error) {
	job := verifyjob.New(p.cloud, p.guard, p.baseline.Trails, verifyjob.Options{Span: every, Log: log})
	return func(ctx context.Context) ([]incident.Incident, error) {
		s, err := job.Run(ctx)
		return s.Incidents, err
	}
}

// recoverLately backfills the blind windows of incidents once Event history has settled.
func recoverLately(p *parts, f evidenceFlags, log *slog.Logger) func(context.Context) ([]incident.Incident, error) {
	job := backfill.Job{
		Account: p.baseline.Account, History: p.cloud, Journal: p.seen, Teller: p.teller, Options: backfill.Options{Tool: toolName(), Log: log},
		Store: func(id string) (backfill.Store, error) { return f.store(p.cloud, p.baseline.Account, id) },
	}
	return job.Run
}

// regionsOf lists the regions in which calls against the guarded trails, allowed or not, can be recorded.
func regionsOf(b trail.Baseline) []string {
	var regions []string
	for _, t := range b.Trails {
		regions = append(append(regions, t.HomeRegion), t.Regions...)
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// queue makes an SQS queue the loop's.
type queue struct{ sqs *awscloud.Queue }

// Receive implements watch.Queue.
func (q queue) Receive(ctx context.Context) ([]watch.Message, error) {
	received, err := q.sqs.Receive(ctx)
	messages := make([]watch.Message, 0, len(received))
	for _, m := range received {
		messages = append(messages, watch.Message{
			ID: m.ID, Body: m.Body,
			Delete: func(ctx context.Context) error { return q.sqs.Delete(ctx, m) },
		})
	}
	return messages, err
}

// serveMetrics serves metrics and health until the returned function is called. Without an address it does nothing.
func serveMetrics(ctx context.Context, address string, metrics *watch.Metrics, log *slog.Logger) (stop func() error, err error) {
	if address == "" {
		return func() error { return nil }, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--metrics-listen: %w", err)
	}
	log.Info("serving metrics", "address", listener.Addr())
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // health is served until the last restoration is done
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, metrics.Handler()) }()
	return func() error { cancel(); return <-ended }, nil
}
