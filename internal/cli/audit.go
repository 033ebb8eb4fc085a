package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/inventory"
	"github.com/trailhold/trailhold/internal/harden"
	"github.com/trailhold/trailhold/internal/mutefile"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// auditFlags are those of the audit command.
type auditFlags struct {
	checks, compliance, regions []string
	severity, failOn            string
	list                        bool
	mute, compare               string
	baseline, journal           string
	organization                bool
	memberRole                  string
	activity                    string
	retention                   int
	tags                        []string
}

func (a *app) auditCommand() *cobra.Command {
	var f auditFlags
	cmd := uses(&cobra.Command{
		Use:   "audit",
		Short: "Say where an intruder would get away with it, and how to mend that",
		Long: `Reads the account's trails and all that they rest on, in all enabled regions,
and puts checks to them: is everything recorded that should be, can it be
stopped, can what was recorded be made to vanish, and would anybody be told? It
changes nothing. What cannot be read is unknown, and never passes.

Each finding says what was read, and the command that mends it. The map tells
which events no trail records. The score is shown with its arithmetic, and with
the three changes that lower the risk most.

With --role-arn, which may be given several times, it reads the account of each
role. With --organization it reads all accounts of the organization, each with
the role that --member-role names. With --baseline it knows where trails should
write and what the guard runs on, and with --journal when people were last told.

Exits with 3 if a check as severe as --fail-on or worse fails, and with 1 if
such a check could not be answered. --mute leaves out what somebody answers for.

--output takes html (a page for people, with the incidents of --journal), csv,
sarif, ocsf, asff, junit and markdown, too.`,
		Example: `  trailhold audit
  trailhold audit --compliance cis-5.0 --fail-on medium
  trailhold audit --organization --member-role audit --output json >now.json
  trailhold audit --compare last-week.json --mute mute.yaml
  trailhold audit --journal ./journal --output html >audit.html
  trailhold audit --list-checks --output json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.audit(cmd.Context(), f) },
	}, usesCloud, usesRoles, usesOutput, usesAudit)
	f.define(cmd)
	return cmd
}

func (f *auditFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.checks, "check", nil, "only checks with these `ids`")
	flags.StringVar(&f.severity, "severity", "info", "only checks of this `severity` or worse: info, low, medium, high or critical")
	flags.StringSliceVar(&f.compliance, "compliance", nil, "only checks that these `frameworks` ask for: "+frameworkNames())
	flags.BoolVar(&f.list, "list-checks", false, "list the checks instead of putting them")
	flags.StringVar(&f.failOn, "fail-on", "high", "`severity` from which on a failed check fails: info, low, medium, high, critical, or never")
	flags.StringVar(&f.mute, "mute", "", "`file` that says which findings somebody answers for, and until when")
	flags.StringVar(&f.compare, "compare", "", "`file` with an earlier audit as JSON: what is new, fixed, unchanged")
	flags.StringSliceVar(&f.regions, "regions", nil, "`regions` to look in (default: all that are enabled)")
	flags.StringVar(&f.baseline, "baseline", "", "the baseline: a `file`, or s3://bucket/key")
	flags.StringVar(&f.journal, "journal", "", "where the guard keeps incidents: "+journalUse)
	flags.BoolVar(&f.organization, "organization", false, "read all accounts of the organization")
	flags.StringVar(&f.memberRole, "member-role", "", "`name` of the role to assume in each of them")
	flags.StringVar(&f.activity, "activity", "", "look through Event history from a `time` on, such as 24h ago")
	flags.IntVar(&f.retention, "retention", posture.DefaultRetention, "`days` for which log files have to be kept")
	flags.StringSliceVar(&f.tags, "required-tag", nil, "`keys` of tags that every trail must have")
}

// frameworkNames lists what --compliance takes.
func frameworkNames() string {
	var names []string
	for _, f := range posture.Frameworks() {
		names = append(names, string(f.Framework))
	}
	return strings.Join(names, ", ")
}

// options checks the flags and makes of them what the audit is asked.
func (f auditFlags) options() (o posture.Options, threshold severity.Severity, err error) {
	if threshold, err = parseFailOn(f.failOn); err != nil {
		return o, 0, err
	}
	if o.Severity, err = severity.Parse(f.severity); err != nil || o.Severity == severity.None {
		return o, 0, usagef("--severity %q: use info, low, medium, high or critical", f.severity)
	}
	for _, id := range f.checks {
		if !slices.ContainsFunc(posture.Checks(), func(c posture.Check) bool { return c.ID == id }) {
			return o, 0, usagef("--check: there is no check %q: see trailhold audit --list-checks", id)
		}
	}
	for _, name := range f.compliance {
		if !slices.ContainsFunc(posture.Frameworks(), func(n posture.FrameworkName) bool { return string(n.Framework) == name }) {
			return o, 0, usagef("--compliance: there is no framework %q: use %s", name, frameworkNames())
		}
		o.Frameworks = append(o.Frameworks, posture.Framework(name))
	}
	const century = 36525
	switch {
	case f.organization != (f.memberRole != ""):
		return o, 0, usagef("--organization and --member-role go together")
	case f.retention < 1 || f.retention > century:
		return o, 0, usagef("--retention must be between 1 and %d", century)
	}
	o.Checks, o.RetentionDays, o.RequiredTags = f.checks, f.retention, f.tags
	if f.mute != "" {
		o.Mutes, err = readMutes(f.mute)
	}
	return o, threshold, errors.Join(err, validRegions(f.regions))
}

// readMutes reads a mute file.
func readMutes(name string) ([]posture.MuteRule, error) {
	content, err := readBounded(name, mutefile.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("the mute list %s cannot be read: %w", name, err)
	}
	return mutefile.Parse(name, content)
}

func (a *app) audit(ctx context.Context, f auditFlags) error {
	options, threshold, err := f.options()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(posture.Checks(), options.Wants) {
		return usagef("--check, --severity and --compliance together leave no check: give fewer of them")
	}
	if f.list {
		if a.flags.output != "text" && !a.json() {
			return usagef("--list-checks takes --output text or json")
		}
		return a.listChecks(options)
	}
	before, err := earlierAudit(f.compare)
	if err != nil {
		return err
	}
	now := time.Now()
	told, err := a.auditJournal(ctx, f.journal, now)
	if err != nil {
		return err
	}
	inv, err := a.inventory(ctx, f, told, now)
	if err != nil {
		return err
	}
	mending := harden.Options{RetentionDays: options.RetentionDays}
	options.Command, options.Foresee = harden.Commands(inv, mending), harden.Foresee(inv, mending)
	r := posture.Audit(inv, options)
	if before != nil {
		r.Comparison = posture.Compare(*before, r)
	}
	if err := a.writeAudit(ctx, r, told); err != nil {
		return err
	}
	return auditVerdict(r, threshold)
}

// maxAudit bounds an earlier audit: that of a thousand accounts is far below.
const maxAudit = 512 << 20

// earlierAudit reads the report that --compare names; nil if it names none.
func earlierAudit(name string) (*posture.Report, error) {
	if name == "" {
		return nil, nil
	}
	content, err := readBounded(name, maxAudit)
	if err != nil {
		return nil, fmt.Errorf("the earlier audit %s cannot be read: %w", name, err)
	}
	var r posture.Report
	if err := json.Unmarshal(content, &r); err != nil || r.Schema != posture.Schema {
		return nil, fmt.Errorf("%s is no audit: give what \"trailhold audit --output json\" printed", name)
	}
	return &r, nil
}

// inventory reads everything that is to be audited. What the journal tells was read before.
func (a *app) inventory(ctx context.Context, f auditFlags, told auditJournal, now time.Time) (posture.Inventory, error) {
	o := inventory.Options{AlertedAt: told.alertedAt(), Regions: f.regions, Organization: f.organization, MemberRole: f.memberRole, ExternalID: a.flags.externalID}
	if f.activity != "" {
		from, err := moment("--activity", f.activity, now)
		if err != nil {
			return posture.Inventory{}, err
		}
		o.Activity = from
	}
	var content []byte
	if f.baseline != "" {
		b, file, err := a.baselineFile(ctx, f.baseline)
		if err != nil {
			return posture.Inventory{}, err
		}
		o.Baseline, content = &b, file
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return posture.Inventory{}, err
	}
	if o.Others, err = a.otherAccounts(ctx); err != nil {
		return posture.Inventory{}, err
	}
	if o.Baseline != nil {
		cloud.LooksThrough(content)
	}
	var text atomic.Value
	text.Store("reading")
	o.Progress = func(done, total int, what string) {
		text.Store(fmt.Sprintf("read %d of %d: %s", done, total, plain.Text(what, width/2)))
	}
	shown := showLine(a.progress(), a.flags.quiet, func(time.Duration) string { return text.Load().(string) })
	defer shown.end()
	return inventory.Read(ctx, cloud, now, o)
}

// otherAccounts are the accounts of the roles after the first, by their ids.
func (a *app) otherAccounts(ctx context.Context) (map[string]*awscloud.Cloud, error) {
	others, seen := map[string]*awscloud.Cloud{}, map[string]bool{}
	for n, role := range append([]string{a.flags.roleARN}, a.flags.moreRoles...) {
		if len(a.flags.moreRoles) == 0 {
			break
		}
		parsed, err := trail.ParseResourceARN(role)
		switch {
		case err != nil || parsed.Type != trail.Role:
			return nil, usagef("--role-arn %q is not the ARN of a role: write arn:aws:iam::111122223333:role/name", plain.Text(role, width))
		case seen[parsed.Account]:
			return nil, usagef("--role-arn names two roles of account %s: give one for each account", parsed.Account)
		}
		if seen[parsed.Account] = true; n == 0 {
			continue
		}
		if others[parsed.Account], err = a.cloudAs(ctx, role, nil); err != nil {
			return nil, err
		}
	}
	return others, nil
}

// auditVerdict is the error that an audit ends with, nil if nothing as severe as the threshold fails or is unknown.
func auditVerdict(r posture.Report, threshold severity.Severity) error {
	failed, unknown := 0, 0
	for _, f := range r.Findings {
		switch {
		case f.Severity < threshold:
		case f.Status == posture.Fail:
			failed++
		case f.Status == posture.Unknown:
			unknown++
		}
	}
	switch {
	case failed > 0:
		return driftf("the audit found something: %s that %s", plural(failed, "finding"), map[bool]string{true: "fails", false: "fail"}[failed == 1])
	case unknown > 0:
		return fmt.Errorf("the audit is incomplete: %s could not be answered", plural(unknown, "question"))
	}
	return nil
}
