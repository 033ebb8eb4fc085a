package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/whocan"
)

// whoCanFlags are those of who-can.
type whoCanFlags struct {
	baseline, technique string
	regions             []string
}

func (a *app) whoCanCommand() *cobra.Command {
	var f whoCanFlags
	cmd := uses(&cobra.Command{
		Use:   "who-can",
		Short: "Say who can turn the trails off, and by which statement",
		Long: `Reads the account's trails and what they rest on, its users, groups and roles
with all their policies and boundaries, and the organization's policies as far
as it may. Then it says which principals can perform which technique on which
trail or resource, by which statement, who could give themselves the right, and
what denies it. It changes nothing.

"perhaps" means that a condition decides which nobody can know beforehand, such
as where a call comes from, or that a policy could not be read. What was not
looked at is listed at the end.`,
		Example: `  trailhold who-can
  trailhold who-can --technique stop-logging
  trailhold who-can --baseline baseline.yaml --output json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.whoCan(cmd.Context(), f) },
	}, usesCloud, usesOutput)
	cmd.Flags().StringVar(&f.baseline, "baseline", "", "ask about what the guard of this baseline runs on, too: a `file`, or s3://bucket/key")
	cmd.Flags().StringVar(&f.technique, "technique", "", "only the technique with this `id`, with each action and target")
	cmd.Flags().StringSliceVar(&f.regions, "regions", nil, "`regions` to look for trails in (default: all that are enabled)")
	return cmd
}

func (a *app) whoCan(ctx context.Context, f whoCanFlags) error {
	if err := validRegions(f.regions); err != nil {
		return err
	}
	known := whocan.Evaluate(whocan.Account{}, nil).Techniques
	if f.technique != "" && !slices.ContainsFunc(known, func(t whocan.Technique) bool { return t.ID == f.technique }) {
		return usagef("--technique %q: there is no such technique that does harm: see the list in docs/techniques.md", f.technique)
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	account, err := cloud.Principals(ctx)
	if err != nil {
		return err
	}
	targets, notes, err := a.whoCanTargets(ctx, cloud, f)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		return fmt.Errorf("account %s has no trail in the regions that were read: there is nothing to turn off", account.ID)
	}
	account.Notes = append(account.Notes, notes...)
	report := whocan.Evaluate(account, targets)
	if f.technique != "" {
		report.Techniques = slices.DeleteFunc(report.Techniques, func(t whocan.Technique) bool { return t.ID != f.technique })
	}
	if a.json() {
		return a.printJSON(report)
	}
	p := a.page()
	if f.technique != "" {
		writeTechnique(p, report)
	} else {
		writeWhoCan(p, report)
	}
	return a.print(p.String())
}

// whoCanTargets reads the trails, and what a baseline names besides.
func (a *app) whoCanTargets(ctx context.Context, cloud *awscloud.Cloud, f whoCanFlags) ([]whocan.Target, []string, error) {
	var arns []string
	if f.baseline != "" {
		b, err := a.baseline(ctx, f.baseline)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range slices.Concat(b.Guard, b.Resources) {
			arns = append(arns, r.ARN)
		}
	}
	found, notes, err := cloud.Capture(ctx, awscloud.CaptureOptions{Regions: f.regions, Progress: a.captureProgress()})
	if err != nil {
		return nil, nil, err
	}
	resources, more, err := cloud.CaptureResources(ctx, arns)
	for i, note := range append(notes, more...) {
		notes = append(notes[:i:i], strings.ReplaceAll(note, " and will not be guarded", ""))
	}
	return whocan.Targets(found.Trails, resources...), notes, err
}
