package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/harden"
	"github.com/trailhold/trailhold/internal/harden/apply"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// hardenFlags are those of the harden command.
type hardenFlags struct {
	checks           []string
	yes              bool
	topic, key, lock string
	second           string
	retention        int
	mute             string
	baseline, out    string
	undo             string
	scp, rcp         bool
	organization     bool // refused: see options
	breakGlass       []string
}

func (a *app) hardenCommand() *cobra.Command {
	var f hardenFlags
	cmd := uses(&cobra.Command{
		Use:   "harden",
		Short: "Mend what the audit finds, as far as calls can",
		Long: `Puts the checks of "trailhold audit" to the account, and plans the calls that
mend what fails: what each of them changes, what it costs, how it is undone.
What no call mends safely is listed with the reason. Without --yes that is all.
It mends one account a run: that of the credentials, or of --role-arn.

With --yes the calls are made one by one, and each is read back. One that fails
holds up only what rests on it. What somebody else wrote stays: selectors,
policies and rules are added to, and what has changed since the plan was made
is not written over. Running it again changes nothing more.

A guard would undo the changes: give its baseline with --baseline, and a file
for the new one with -o, which is captured anew when all is done. Give the guard
that file at once, or open a change window before.

--scp and --rcp print policies for the organization instead, which deny
tampering to all but the roles that --break-glass names and those of the guard.

Exits with 1 if a step did not succeed.`,
		Example: `  trailhold harden
  trailhold harden --check ct-validation,ct-bucket-versioning --yes
  trailhold harden --topic-arn ARN --kms-key ARN --undo-script undo.sh --yes
  trailhold harden --baseline baseline.yaml -o new.yaml --yes
  trailhold harden --scp --break-glass arn:aws:iam::111122223333:role/glass`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.harden(cmd.Context(), f) },
	}, usesCloud, usesOutput)
	f.define(cmd)
	return cmd
}

func (f *hardenFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.checks, "check", nil, "mend only what checks with these `ids` find")
	flags.BoolVar(&f.yes, "yes", false, "make the calls")
	flags.StringVar(&f.topic, "topic-arn", "", "`ARN` of the SNS topic that alarms lead to; without it no alarm is made")
	flags.StringVar(&f.key, "kms-key", "", "`ARN` of the KMS key for what is to be encrypted with one")
	flags.StringVar(&f.lock, "object-lock", "governance", "`mode` of Object Lock: governance, or compliance, which nobody can undo")
	flags.StringVar(&f.second, "second-trail", "", "make a second trail, with a bucket of its own, in this `region`; every event is then paid for twice")
	flags.IntVar(&f.retention, "retention", posture.DefaultRetention, "`days` for which log files have to be kept")
	flags.StringVar(&f.mute, "mute", "", "`file` that says which findings somebody answers for: they are left alone")
	flags.StringVar(&f.baseline, "baseline", "", "the guard's baseline: a `file`, or s3://bucket/key")
	flags.StringVarP(&f.out, "out", "o", "", "`file` to write the new baseline to, with --baseline")
	flags.StringVar(&f.undo, "undo-script", "", "`file` to write the commands to that undo the plan, the last one first")
	flags.BoolVar(&f.scp, "scp", false, "print service control policies that deny tampering, and change nothing")
	flags.BoolVar(&f.rcp, "rcp", false, "print resource control policies that deny tampering, and change nothing")
	flags.BoolVar(&f.organization, "organization", false, "refused: one account is mended a run")
	_ = flags.MarkHidden("organization") // it is there
	flags.StringSliceVar(&f.breakGlass, "break-glass", nil, "`ARNs` of the roles that --scp and --rcp make an exception for")
}

// options checks the flags and makes of them what is to be planned.
func (f hardenFlags) options() (o harden.Options, err error) {
	for _, id := range f.checks {
		if !slices.ContainsFunc(posture.Checks(), func(c posture.Check) bool { return c.ID == id }) {
			return o, usagef("--check: there is no check %q: see trailhold audit --list-checks", id)
		}
	}
	policies := f.scp || f.rcp
	switch {
	case f.organization:
		return o, usagef("--organization is for audit: harden mends one account a run, whose plan somebody has read: name a role in it with --role-arn")
	case f.lock != "governance" && f.lock != "compliance":
		return o, usagef("--object-lock %q: use governance or compliance", f.lock)
	case f.retention < 1 || f.retention > maxRetention:
		return o, usagef("--retention must be between 1 and %d", maxRetention)
	case f.yes && f.baseline != "" && f.out == "":
		return o, usagef("with --baseline, give -o too: the guard that has the old baseline would undo the changes")
	case f.out != "" && (f.baseline == "" || !f.yes):
		return o, usagef("-o goes with --baseline and --yes")
	case policies && f.yes:
		return o, usagef("--scp and --rcp print policies and change nothing: leave --yes out")
	case policies && len(f.breakGlass) == 0:
		return o, usagef("--break-glass is missing: name the role with which trails can still be changed")
	case !policies && len(f.breakGlass) > 0:
		return o, usagef("--break-glass goes with --scp or --rcp")
	}
	for flag, arn := range map[string]string{"--topic-arn": f.topic, "--kms-key": f.key} {
		kind := map[string]trail.ResourceType{"--topic-arn": trail.Topic, "--kms-key": trail.Key}[flag]
		if parsed, err := trail.ParseResourceARN(arn); arn != "" && (err != nil || parsed.Type != kind) {
			return o, usagef("%s %q is not the ARN of a %s", flag, arn, kind)
		}
	}
	o = harden.Options{Checks: f.checks, RetentionDays: f.retention, TopicARN: f.topic, KeyARN: f.key, Compliance: f.lock == "compliance", SecondTrail: f.second}
	if f.mute != "" {
		o.Mutes, err = readMutes(f.mute)
	}
	if f.second != "" {
		err = errors.Join(err, validRegions([]string{f.second}))
	}
	return o, err
}

// maxRetention is a century, in days.
const maxRetention = 36525

func (a *app) harden(ctx context.Context, f hardenFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	o.Region = cloud.Region()
	if f.scp || f.rcp {
		return a.printGuardrails(ctx, f)
	}
	before, err := a.planned(ctx, cloud, f, o)
	if err != nil {
		return err
	}
	if err := a.suits(ctx, f, before.Account); err != nil {
		return err
	}
	if f.undo != "" {
		if err := replaceFile(f.undo, []byte(undoScript(before))); err != nil {
			return err
		}
	}
	if !f.yes || len(before.Steps) == 0 {
		return errors.Join(a.printHardening(hardening{Plan: before}), a.recapture(ctx, cloud, f))
	}
	return a.carryOut(ctx, cloud, f, o, before)
}

// suits refuses a baseline of another account.
func (a *app) suits(ctx context.Context, f hardenFlags, account string) error {
	if f.baseline == "" {
		return nil
	}
	b, err := a.baseline(ctx, f.baseline)
	if err == nil && b.Account != account {
		err = fmt.Errorf("the baseline %s is of account %s, and this is account %s", f.baseline, plain.Text(b.Account, maxErrorLine), account)
	}
	return err
}

// planned reads the account, and what a plan needs beside that, and plans.
func (a *app) planned(ctx context.Context, cloud *awscloud.Cloud, f hardenFlags, o harden.Options) (harden.Plan, error) {
	inv, err := a.inventory(ctx, auditFlags{baseline: f.baseline}, auditJournal{}, time.Now())
	if err != nil {
		return harden.Plan{}, err
	}
	for range 2 { // the topic may name a key
		readNeeds(ctx, cloud.Patient(), inv.Accounts[0], harden.Needs(inv, o))
	}
	return harden.Make(inv, o)
}

// readNeeds reads resources, and puts them into the account.
func readNeeds(ctx context.Context, cloud *awscloud.Cloud, account posture.Account, needs []trail.Resource) {
	states := make([]trail.ResourceState, len(needs))
	indices := make([]int, len(needs))
	for n := range indices {
		indices[n] = n
	}
	const atOnce = 8 // CloudWatch allows nine reads of alarms per second
	awscloud.Each(indices, atOnce, func(n int) { states[n] = cloud.ObserveResource(ctx, awscloud.Everything(needs[n])) })
	for n, r := range needs {
		account.Resources[r.ARN] = posture.Resource{Type: r.Type, ARN: r.ARN, Region: r.Region, Account: r.Account, State: states[n]}
	}
}

// hardening is what the command has to say, as JSON.
type hardening struct {
	Plan    harden.Plan    `json:"plan"`
	Results []apply.Result `json:"results,omitempty"` // of the steps, with --yes
	// After is the plan that is left when all is done: its score is the account's, and its steps are those that failed.
	After *harden.Plan `json:"after,omitempty"`
}

// carryOut makes the calls, tells what became of each, and reads the account again.
func (a *app) carryOut(ctx context.Context, cloud *awscloud.Cloud, f hardenFlags, o harden.Options, plan harden.Plan) error {
	h := hardening{Plan: plan}
	p := a.page()
	p.hardeningHead(plan)
	if err := a.unlessJSON(p); err != nil {
		return err
	}
	h.Results = apply.Run(ctx, cloud.Patient(), plan, func(r apply.Result) {
		p := a.page()
		p.hardeningResult(plan, r)
		_ = a.unlessJSON(p) // that it cannot be shown must not stop what is under way
	})
	if ctx.Err() != nil {
		return errors.Join(a.printHardening(h), ctx.Err())
	}
	after, err := a.planned(ctx, cloud, f, o)
	if err == nil {
		h.After = &after
	}
	return errors.Join(err, a.printHardening(h), a.recapture(ctx, cloud, f), hardeningVerdict(h.Results))
}

// unlessJSON prints a part of the text.
func (a *app) unlessJSON(p *page) error {
	if a.json() {
		return nil
	}
	return a.print(p.String())
}

// hardeningVerdict is the error that hardening ends with: nil if all that was tried is as it should be.
func hardeningVerdict(results []apply.Result) error {
	bad := 0
	for _, r := range results {
		if !r.Outcome.Good() {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%s did not succeed", plural(bad, "step"))
	}
	return nil
}

// recapture writes the baseline anew, with what people decided in the old one: how far restoration goes, the policy, and what
// the guard runs on. A trail that the old one did not have is guarded.
func (a *app) recapture(ctx context.Context, cloud *awscloud.Cloud, f hardenFlags) error {
	if f.out == "" {
		return nil
	}
	old, err := a.baseline(ctx, f.baseline)
	if err != nil {
		return err
	}
	b, notes, err := cloud.Capture(ctx, awscloud.CaptureOptions{Progress: a.captureProgress()})
	if err != nil {
		return err
	}
	b.Policy, b.Guard, b.Resources = old.Policy, old.Guard, old.Resources
	for n := range b.Trails {
		for _, was := range old.Trails {
			if was.ARN == b.Trails[n].ARN {
				b.Trails[n].Restore, b.Trails[n].AlertOnly = was.Restore, was.AlertOnly
			}
		}
	}
	text, err := baselinefile.Write(b, notes...)
	if err != nil {
		return err
	}
	for _, note := range notes {
		_, _ = fmt.Fprintln(a.stderr, "note: "+plain.Text(note, maxErrorLine))
	}
	if err := replaceFile(f.out, text); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.progress(), "%s: %s; give it to the guard now\n", f.out, guardedText(b))
	return nil
}

// undoScript has the commands that undo a plan, the last step's first. Nothing runs on after a command that fails.
func undoScript(plan harden.Plan) string {
	var lines []string
	for _, s := range plan.Steps {
		lines = append(lines, fmt.Sprintf("# step %d: %s\n%s\n", s.Number, s.Call, escapeHidden(s.Undo)))
	}
	slices.Reverse(lines)
	return "#!/bin/sh -e\n# Undoes what trailhold harden planned for account " + plan.Account + " at " + plan.At.Format("2006-01-02 15:04:05Z") +
		".\n# Leave out the steps that were not carried out.\n\n" + strings.Join(lines, "\n")
}
