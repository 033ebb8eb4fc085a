package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/backfill"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/trail"
)

type backfillFlags struct {
	incident, journal string
	from, to          string
	regions           []string
	evidenceFlags
	wait bool
}

// evidenceFlags say where evidence goes.
type evidenceFlags struct{ place, owner string }

func (a *app) backfillCommand() *cobra.Command {
	var f backfillFlags
	cmd := uses(&cobra.Command{
		Use:   "backfill --incident ID --journal DIR | --from TIME",
		Short: "Recover from Event history what a trail did not record",
		Long: `Recovers what a trail did not record: reads the management events of an
incident's blind window, or of any time of the last 90 days, from the Event
history of every region concerned, keeps them as evidence, and tells who did
what. It changes nothing but the evidence and the incident in the journal.

The evidence are gzip files in the form of CloudTrail's log files, under
AWSLogs/ACCOUNT/TrailholdBackfill/, and manifest.json with the hash of each, and
what could not be read, and why. Event history has no data, network activity or
Insights events.

AWS allows two calls per second and region, of 50 events each. The same command
goes on where an interrupted one ended. What is younger than 15 minutes may be
incomplete, and is marked so; --wait waits, and reads it again.

Exits with 1 if anything is missing that Event history should have.`,
		Example: `  trailhold backfill --incident event-0f3a9c1d2b4e5f60 --journal journal
  trailhold backfill --from 2026-03-01T03:00 --to 2026-03-01T09:00 \
    --regions eu-west-1,us-east-1 --out s3://evidence/trailhold --wait`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.backfill(cmd.Context(), f) },
	}, usesCloud, usesOutput)
	flags := cmd.Flags()
	flags.StringVar(&f.incident, "incident", "", "`id` of the incident whose blind window is recovered")
	flags.StringVar(&f.journal, "journal", "", "`directory` that watch or sweep keeps its incidents in")
	flags.StringVar(&f.from, "from", "", "begin: a `time` such as 2026-03-01T08:00+02:00 or 36h ago")
	flags.StringVar(&f.to, "to", "", "end: a `time` of the same form (default now)")
	flags.StringSliceVar(&f.regions, "regions", nil, "`regions` to read (default those of the incident, or all that are enabled)")
	flags.StringVar(&f.place, "out", "evidence", "`place` for the evidence: a directory, or s3://bucket/prefix; a folder is made in it")
	flags.BoolVar(&f.wait, "wait", false, "wait until Event history has settled, 15 minutes after the end")
	f.defineOwner(cmd)
	return cmd
}

func (f *evidenceFlags) defineOwner(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.owner, "bucket-owner", "", "`account` that the bucket for the evidence must belong to (default this one)")
}

func (f backfillFlags) check() error {
	switch {
	case f.incident == "" && f.from == "":
		return usagef("give --incident ID and --journal DIR, or --from TIME")
	case f.incident != "" && (f.from != "" || f.to != ""):
		return usagef("--incident has a time of its own: leave out --from and --to")
	case f.incident == "" && f.journal != "":
		return usagef("--journal is of use only with --incident")
	}
	for _, r := range f.regions {
		if !trail.ValidRegion(r) {
			return usagef("--regions: %q is not the name of a region, such as eu-west-1", r)
		}
	}
	return f.evidenceFlags.check()
}

func (f evidenceFlags) check() error {
	switch {
	case f.place == "":
		return usagef("the place for the evidence is empty: give a directory, or s3://bucket/prefix")
	case f.owner != "" && !trail.ValidAccount(f.owner):
		return usagef("--bucket-owner: %q is not an account's id, which has twelve digits", f.owner)
	case f.owner != "" && !isBucket(f.place):
		return usagef("--bucket-owner is for evidence in a bucket, s3://bucket/prefix")
	}
	return nil
}

// store is the place for the evidence of one case.
func (f evidenceFlags) store(cloud *awscloud.Cloud, account, folder string) (backfill.Store, error) {
	if isBucket(f.place) {
		owner := f.owner
		if owner == "" {
			owner = account
		}
		return cloud.Evidence(strings.TrimSuffix(f.place, "/")+"/"+folder, owner)
	}
	return backfill.NewDir(filepath.Join(f.place, folder))
}

func (a *app) backfill(ctx context.Context, f backfillFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	about, kept, err := a.incidentToBackfill(ctx, f)
	if err != nil {
		return err
	}
	from, to, err := period(f.from, f.to, time.Now())
	if err != nil {
		return err
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	account, err := cloud.Account(ctx)
	if err != nil {
		return err
	}
	want, err := f.request(ctx, cloud, account, about, from, to)
	if err != nil {
		return err
	}
	store, err := f.store(cloud, account, caseFolder(want))
	if err != nil {
		return err
	}
	m, r, err := a.recoverEvents(ctx, cloud, store, want, about, f.wait)
	if err != nil {
		return err
	}
	if about != nil {
		if _, err := backfill.Attach(ctx, kept, about.ID, *r); err != nil {
			return fmt.Errorf("the evidence is in %s, but the incident could not be told of it: %w", store.Location(), err)
		}
	}
	return errors.Join(a.printBackfill(m, *r), backfillVerdict(m, *r))
}

// incidentToBackfill finds the incident, if it is about one.
func (a *app) incidentToBackfill(ctx context.Context, f backfillFlags) (*incident.Incident, guard.Journal, error) {
	if f.incident == "" {
		return nil, nil, nil
	}
	kept, err := a.openJournal(ctx, f.journal)
	if err != nil {
		return nil, nil, err
	}
	i, err := kept.Get(ctx, f.incident)
	if errors.Is(err, guard.ErrNotFound) {
		err = fmt.Errorf("there is no incident %s in %s: see trailhold incidents list", f.incident, f.journal)
	}
	return &i, kept, err
}

// request is what has to be read.
func (f backfillFlags) request(ctx context.Context, cloud *awscloud.Cloud, account string, about *incident.Incident, from, to time.Time) (backfill.Request, error) {
	now := time.Now().UTC()
	if about != nil {
		if about.Account != account {
			return backfill.Request{}, fmt.Errorf("the incident is of account %s, and these credentials are of %s: Event history is each account's own", about.Account, account)
		}
		want, err := backfill.RequestFor(*about, now)
		if len(f.regions) > 0 {
			want.Regions = f.regions
		}
		return want, err
	}
	if to.IsZero() || to.After(now) {
		to = now
	}
	want := backfill.Request{Account: account, From: from.Truncate(time.Second), To: to.Truncate(time.Second), Regions: f.regions}
	if len(want.Regions) > 0 {
		return want, nil
	}
	regions, err := cloud.Regions(ctx)
	want.Regions = regions
	return want, err
}

// caseFolder names the folder of a case, the same whenever the case is.
func caseFolder(want backfill.Request) string {
	if want.Incident != "" {
		return want.Incident
	}
	const form = "20060102T150405Z"
	return "window-" + want.From.UTC().Format(form) + "-" + want.To.UTC().Format(form)
}

func (a *app) recoverEvents(ctx context.Context, cloud *awscloud.Cloud, store backfill.Store, want backfill.Request, about *incident.Incident, wait bool) (backfill.Manifest, *incident.Recovered, error) {
	shown := newBackfillProgress(a)
	m, err := backfill.Run(ctx, cloud, store, want, backfill.Options{
		Wait: wait, Tool: toolName(), Progress: shown.seen, Log: a.log(slog.LevelError),
	})
	shown.end()
	switch {
	case ctx.Err() != nil && want.Incident == "":
		return m, nil, fmt.Errorf("interrupted: go on with --from %s --to %s", want.From.Format(time.RFC3339), want.To.Format(time.RFC3339))
	case ctx.Err() != nil:
		return m, nil, errors.New("interrupted: the same command goes on where it ended")
	case err != nil:
		return m, nil, err
	}
	suspects := func(incident.Actor) bool { return false }
	if about != nil {
		suspects = about.Suspects
	}
	r, err := backfill.Summarise(ctx, store, m, suspects)
	return m, r, err
}

func toolName() string { return "trailhold/" + readVersion().Version }

// recoveredJSON is the outcome of a backfill.
type recoveredJSON struct {
	Evidence  string             `json:"evidence"`
	Manifest  backfill.Manifest  `json:"manifest"`
	Recovered incident.Recovered `json:"recovered"`
}

func (a *app) printBackfill(m backfill.Manifest, r incident.Recovered) error {
	if a.json() {
		return a.printJSON(recoveredJSON{r.Evidence, m, r})
	}
	return a.print(notify.RecoveredText(r))
}

// backfillVerdict is the error that a backfill ends with, nil if it is complete.
func backfillVerdict(m backfill.Manifest, r incident.Recovered) error {
	if r.Complete {
		return nil
	}
	hint := "run it again to go on"
	if slices.ContainsFunc(m.Regions, func(r backfill.Region) bool { return len(r.Provisional) > 0 }) {
		hint = "run it again in 15 minutes, or with --wait"
	}
	return fmt.Errorf("the backfill is incomplete: %s; %s", plural(len(r.Gaps), "gap"), hint)
}

// backfillProgress shows how far a backfill has come.
type backfillProgress struct {
	*liveLine

	mu  sync.Mutex // guards now
	now backfill.Progress
}

func newBackfillProgress(a *app) *backfillProgress {
	p := &backfillProgress{}
	p.liveLine = showLine(a.progress(), a.flags.quiet, p.text)
	return p
}

func (p *backfillProgress) seen(now backfill.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = now
}

// text is one line of less than 80 columns.
func (p *backfillProgress) text(passed time.Duration) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%s events, %d of %s", report.Thousands(p.now.Records), p.now.Ended, plural(p.now.Regions, "region"))
	if !p.now.Waiting.IsZero() {
		return text + ", waiting until " + p.now.Waiting.UTC().Format(time.TimeOnly) + " UTC to read again"
	}
	return text + doneText(p.now.Done, passed)
}
