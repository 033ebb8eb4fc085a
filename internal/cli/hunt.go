package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/hunt/huntreport"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/rulepack"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/sigma"
	"github.com/trailhold/trailhold/internal/trail"
)

// huntFlags are those of the hunt command.
type huntFlags struct {
	places      []string // files, directories, s3://bucket/prefix, or - for the standard input
	from, to    string
	regions     []string
	accounts    []string
	rules       []string
	level       string
	failOn      string
	shard       string
	concurrency int
	stats       bool
}

func (a *app) huntCommand() *cobra.Command {
	var f huntFlags
	cmd := uses(&cobra.Command{
		Use:   "hunt PATH... | s3://BUCKET/PREFIX",
		Short: "Find tampering in the logs themselves",
		Long: `Reads CloudTrail logs and finds what Sigma rules look for in them: our own,
which know every way to impair a trail, and those of --rules. From the logs
alone it tells each trail's history, when it did not log, in which hours a
region was silent that never was before, who was at it, and where their
sessions came from. It changes nothing.

Takes files and directories, gzip, zip and plain; log files of any layout, one
record to a line, EventBridge archives, what "aws cloudtrail lookup-events"
prints; s3:// addresses; and - for the standard input. Digests and other
services' files are left alone. What is damaged is reported, and read on after.

--from, --to, --account and --region leave out records, and folders of a
bucket's layout that cannot hold any: files delivered more than a day late are
not seen.

Exits with 3 if there is a finding as severe as --fail-on or worse (a blind
window is high), and with 1 if not everything could be read. Ctrl-C ends the
hunt and prints what was found. --output takes jsonl, csv, html, sarif and ocsf,
too. With --shard each machine reads its part of the folders.`,
		Example: `  trailhold hunt ./logs
  trailhold hunt s3://audit-logs/AWSLogs --from 7d --output html > timeline.html
  trailhold hunt logs.zip --rules ./sigma/rules/cloud/aws --level medium
  zcat *.json.gz | trailhold hunt - --output jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("give files, directories, s3://BUCKET/PREFIX, or - for the standard input: see %s -h", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.places = args
			return a.hunt(cmd.Context(), f)
		},
	}, usesCloud, usesOutput, usesHunt)
	f.define(cmd)
	return cmd
}

func (f *huntFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", "", "begin: a `time` such as 2026-03-01, 2026-03-01T08:00+02:00 or 7d ago")
	flags.StringVar(&f.to, "to", "", "end: a `time` of the same form")
	flags.StringSliceVar(&f.regions, "region", nil, "only records of these `regions`")
	flags.StringSliceVar(&f.accounts, "account", nil, "only records of these `accounts`")
	flags.StringSliceVar(&f.rules, "rules", nil, "`files` or directories with more Sigma rules")
	flags.StringVar(&f.level, "level", "informational", "least `level` of findings: informational, low, medium, high or critical")
	flags.StringVar(&f.failOn, "fail-on", "high", "`severity` from which on a finding fails: info, low, medium, high, critical, or never")
	flags.StringVar(&f.shard, "shard", "", "read only the `i/n`-th part of the folders, such as 1/8")
	flags.IntVar(&f.concurrency, "concurrency", 32, "`number` of objects of a bucket that are fetched at once")
	flags.BoolVar(&f.stats, "stats", false, "tell how much was read, and how fast")
}

func (f huntFlags) check() (level severity.Severity, filter hunt.Filter, err error) {
	if f.level != "informational" {
		if level, err = severity.Parse(f.level); err != nil || level == severity.None || level == severity.Info {
			return level, filter, usagef("--level %q: use informational, low, medium, high or critical", f.level)
		}
	}
	if f.concurrency < 1 || f.concurrency > maxConcurrency {
		return level, filter, usagef("--concurrency must be between 1 and %d", maxConcurrency)
	}
	for _, r := range f.regions {
		if !trail.ValidRegion(r) {
			return level, filter, usagef("--region: %q is not the name of a region, such as eu-west-1", r)
		}
	}
	for _, id := range f.accounts {
		if !trail.ValidAccount(id) {
			return level, filter, usagef("--account: %q is not an account's id, which has twelve digits", id)
		}
	}
	filter = hunt.Filter{Regions: f.regions, Accounts: f.accounts}
	if filter.From, filter.To, err = period(f.from, f.to, time.Now()); err != nil {
		return level, filter, err
	}
	filter.Shard, filter.Shards, err = shardOf(f.shard)
	return level, filter, err
}

// shardOf reads --shard, in which parts are counted from 1.
func shardOf(text string) (shard, of int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	first, second, ok := strings.Cut(text, "/")
	i, err := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	const most = 100_000
	if !ok || err != nil || err2 != nil || i < 1 || n < i || n > most {
		return 0, 0, usagef("--shard %q: use a part and how many there are, such as 1/8", text)
	}
	return i - 1, n, nil
}

func (a *app) hunt(ctx context.Context, f huntFlags) error {
	threshold, err := parseFailOn(f.failOn)
	level, filter, checkErr := f.check()
	if err := errors.Join(err, checkErr); err != nil {
		return err
	}
	rules, err := huntRules(f.rules)
	if err != nil {
		return err
	}
	sources, err := a.huntSources(ctx, f)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(a.stdout, 256<<10)
	writer, err := huntreport.New(a.flags.output, out, huntreport.Subject{
		Tool:    report.Tool{Name: "trailhold", Version: readVersion().Version, Address: "https://github.com/trailhold/trailhold"},
		Sources: f.places, From: filter.From, To: filter.To, Rules: len(rules.Rules) + len(rules.Correlations),
		Ended: func() time.Time { return time.Now().UTC() }, Stats: f.stats, Colour: a.colour(), All: a.flags.verbose,
	})
	if err != nil {
		return err
	}
	meter := &hunt.Meter{}
	shown := a.huntProgress(ctx, meter, sources, &filter)
	result, err := hunt.Run(ctx, hunt.Options{
		Rules: rules, Placeholders: rulepack.Placeholders(), Level: level, Filter: filter, Partial: filter.Shards > 1, Fetch: f.concurrency, Meter: meter,
	}, sources, writer.Finding)
	shown.end()
	if err != nil {
		return err
	}
	if f.stats && a.flags.output != "text" && !a.flags.quiet {
		_, _ = fmt.Fprintln(a.stderr, "trailhold: "+huntStats(result.Stats)) // a lost line of figures harms nobody
	}
	return errors.Join(writer.End(result), out.Flush(), huntVerdict(result, threshold))
}

func huntStats(s hunt.Stats) string {
	seconds := max(s.Seconds, 1e-3)
	return fmt.Sprintf("%s, %s, %s in %.1f s: %s records/s, %s/s", plural(int(s.Files), "file"), plural(int(s.Records), "record"), bytesText(s.Bytes), s.Seconds,
		report.Thousands(int(float64(s.Records)/seconds)), bytesText(int64(float64(s.Bytes)/seconds)))
}

// huntVerdict is the error that a hunt ends with, nil if nothing was found and everything was read.
func huntVerdict(r hunt.Result, threshold severity.Severity) error {
	found := r.Levels.From(threshold)
	blind := 0
	if threshold <= severity.High {
		blind = len(r.BlindWindows)
	}
	switch {
	case r.Interrupted:
		return errors.New("interrupted: what was found until then is not everything")
	case found > 0 || blind > 0:
		return driftf("the hunt found something: %s and %s that fail", plural(int(found), "finding"), plural(blind, "blind window"))
	case !r.Complete():
		return fmt.Errorf("the hunt is incomplete: %s could not be read, or not whole", plural(int(r.Stats.Damaged+r.Stats.Unreadable), "file"))
	case r.Nothing():
		return errors.New("there is no CloudTrail record of what was asked for: is this the right place, and the right time?")
	}
	return nil
}

// huntRules links the rules of the pack and those that --rules names.
func huntRules(paths []string) (*sigma.Set, error) {
	files, err := rulepack.Files()
	if err != nil {
		return nil, err
	}
	if len(paths) > 0 {
		more, err := rulepack.Read(paths...)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	return sigma.Link(rulepack.Sigma(files)...)
}

// huntSources are the places to hunt in.
func (a *app) huntSources(ctx context.Context, f huntFlags) (sources []hunt.Source, err error) {
	var bucket hunt.Bucket
	for _, place := range f.places {
		switch {
		case place == "-":
			sources = append(sources, hunt.Stdin{Reader: a.stdin})
		case isBucket(place):
			if bucket.Store == nil {
				cloud, err := a.verifyCloud(ctx, verifyFlags{regions: f.regions}, "us-east-1")
				if err != nil {
					return nil, err
				}
				bucket.Store = cloud.LogStore(f.concurrency)
			}
			bucket.Name, bucket.Prefix, _ = strings.Cut(strings.TrimPrefix(place, "s3://"), "/")
			if bucket.Name == "" {
				return nil, usagef("%q names no bucket", place)
			}
			sources = append(sources, bucket)
		default:
			sources = append(sources, hunt.Path(place))
		}
	}
	return sources, nil
}
