package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/verification"
)

// verifyFlags are those of the verify command.
type verifyFlags struct {
	trail, baseline string
	place           string // a directory or s3://bucket/prefix
	from, to        string
	regions         []string
	accounts        []string
	organization    bool
	keys            []string
	metadata        string
	concurrency     int
	failOn          string
	resume          bool
	anchor          string
}

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	cmd := uses(&cobra.Command{
		Use:   "verify --trail ARN | --baseline FILE | DIR | s3://BUCKET",
		Short: "Prove that the delivered log files are whole",
		Long: `Proves that the log files which CloudTrail delivered are whole, by the digests
it delivers beside them: every hash, signature and link of every chain found,
with nothing missing, planted, or cut off at the end. It changes nothing.

What could not be read (denied, archived, throttled, no key) is counted and
listed as unknown. That is neither tampering nor fine.

A DIR has the bucket's layout, as "aws s3 sync" leaves it. S3 keeps a digest's
signature in the object's metadata: put what "aws s3api head-object" prints
beside each digest as <key>.metadata.json, or all of it into a --metadata file.

Public keys come from ListPublicKeys. With --keys FILE they come from the file;
what it lacks is asked for and kept in it, so that it works offline next time.
What "aws cloudtrail list-public-keys" printed does as well, and is left alone.

Exits with 3 if a problem is as severe as --fail-on or worse (failures are high,
what could not be settled is medium, an explained restart is info), and with 1
if anything is left unknown. --output takes sarif and html, too.`,
		Example: `  trailhold verify --trail arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit
  trailhold verify s3://audit-logs/prefix --from 7d --output html > report.html
  trailhold verify ./copy --keys keys.json --from 2026-03-01 --to 2026-03-08
  trailhold verify --baseline baseline.yaml --from 24h --anchor /mnt/anchor.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("unexpected argument %q: see %s -h", args[1], cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.place = args[0]
			}
			return a.verify(cmd.Context(), f)
		},
	}, usesCloud, usesOutput, usesReport)
	f.define(cmd)
	return cmd
}

func (f *verifyFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.trail, "trail", "", "`ARN` of a trail, whose bucket is verified")
	flags.StringVar(&f.baseline, "baseline", "", "verify all trails of a baseline `file`")
	flags.StringVar(&f.from, "from", "", "begin: a `time` such as 2026-03-01, 2026-03-01T08:00+02:00 or 7d ago (default 30d; of a DIR: all)")
	flags.StringVar(&f.to, "to", "", "end: a `time` of the same form (default now)")
	flags.StringSliceVar(&f.regions, "region", nil, "only chains of these source `regions`")
	flags.StringSliceVar(&f.accounts, "account", nil, "only chains of these `accounts`")
	flags.BoolVar(&f.organization, "organization", false, "all accounts of an organization trail, not only its own")
	flags.StringSliceVar(&f.keys, "keys", nil, "`files` with public keys; the first is filled with what it lacks")
	flags.StringVar(&f.metadata, "metadata", "", "`file` with the metadata of all objects of a DIR, as JSON by key or as JSON lines")
	flags.IntVar(&f.concurrency, "concurrency", 64, "`number` of objects that are read at once")
	flags.StringVar(&f.failOn, "fail-on", "low", "`severity` from which on a problem fails: info, low, medium, high, critical, or never")
	flags.BoolVar(&f.resume, "resume", false, "go on where an interrupted run ended; kept in the user's cache directory for a day")
	flags.StringVar(&f.anchor, "anchor", "", "`file` outside the account that remembers the newest digests seen, to notice a chain cut off or rewritten")
}

const maxConcurrency = 512

func (f verifyFlags) check() error {
	given := 0
	for _, source := range []string{f.trail, f.baseline, f.place} {
		if source != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return usagef("give one of --trail ARN, --baseline FILE, a directory, or a bucket as s3:// and its name")
	case f.concurrency < 1 || f.concurrency > maxConcurrency:
		return usagef("--concurrency must be between 1 and %d", maxConcurrency)
	case f.metadata != "" && (f.place == "" || isBucket(f.place)):
		return usagef("--metadata is for a directory: S3 has the metadata itself")
	case f.organization && f.place != "":
		return usagef("--organization is for --trail and --baseline: of a place, every account is verified")
	case f.organization && len(f.accounts) > 0:
		return usagef("--organization and --account contradict each other")
	}
	for _, r := range f.regions {
		if !trail.ValidRegion(r) {
			return usagef("--region: %q is not the name of a region, such as eu-west-1", r)
		}
	}
	for _, id := range f.accounts {
		if !trail.ValidAccount(id) {
			return usagef("--account: %q is not an account's id, which has twelve digits", id)
		}
	}
	return nil
}

func isBucket(place string) bool { return strings.HasPrefix(place, "s3://") }

func (a *app) verify(ctx context.Context, f verifyFlags) error {
	threshold, err := parseFailOn(f.failOn)
	if err := errors.Join(err, f.check()); err != nil {
		return err
	}
	from, to, err := period(f.from, f.to, time.Now())
	if err != nil {
		return err
	}
	scope, err := a.verifyScope(ctx, f, from, to)
	if err != nil {
		return err
	}
	defer scope.close()
	anchors, err := loadAnchors(f.anchor)
	if err != nil {
		return err
	}
	progress := newProgress(a.progress(), a.flags.quiet)
	result, err := a.runVerification(ctx, f, scope, anchors, progress)
	progress.end()
	if err != nil {
		return err
	}
	v := verification.Outcome{Source: scope.source, From: scope.from, To: scope.to, Result: result, Complete: verification.Complete(result), Ended: time.Now().UTC()}
	err = errors.Join(scope.keep(), a.printVerification(v))
	if err == nil && result.OK {
		err = saveAnchors(f.anchor, anchors, result.Anchors)
	}
	return errors.Join(err, verifyVerdict(v, threshold))
}

// printVerification writes the outcome in the form that --output names.
func (a *app) printVerification(v verification.Outcome) error {
	if a.json() {
		return report.JSON(a.stdout, v)
	}
	r := v.Report(report.Tool{Name: "trailhold", Version: readVersion().Version, Address: "https://github.com/trailhold/trailhold"})
	switch a.flags.output {
	case "sarif":
		return report.SARIF(a.stdout, r)
	case "html":
		return report.HTML(a.stdout, r)
	}
	return report.Text(a.stdout, r, report.TextOptions{Colour: a.colour(), All: a.flags.verbose})
}

// verifyVerdict is the error that a verification ends with, nil if all is well.
func verifyVerdict(v verification.Outcome, threshold severity.Severity) error {
	failing, unknown := 0, 0
	for _, p := range v.Problems {
		if verification.SeverityOf(p.Class) >= threshold && p.Class != digest.Unknown {
			failing++
		}
		if p.Class == digest.Unknown {
			unknown++
		}
	}
	switch {
	case failing > 0:
		return driftf("the logs are not proved whole: %s", plural(failing, "problem"))
	case len(v.Chains) == 0 && len(v.Problems) == 0:
		return driftf("there is no digest: is log file validation on, and is this the right place?")
	case unknown > 0 || !v.Complete:
		return fmt.Errorf("the verification is incomplete: %s could not be settled", plural(unknown, "thing"))
	}
	return nil
}

// verifyLog is the log of what is done beside verifying.
func (a *app) verifyLog() *slog.Logger { return a.log(slog.LevelWarn) }
