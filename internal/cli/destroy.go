package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/deployer"
)

// destroyFlags say what to take away.
type destroyFlags struct {
	name             string
	regions          []string
	planOnly, sayYes bool
}

func (a *app) destroyCommand() *cobra.Command {
	var f destroyFlags
	cmd := uses(&cobra.Command{
		Use:   "destroy",
		Short: "Take the guard out of the account",
		Long: `Deletes the stacks that "trailhold deploy" made: those in the organization's
accounts, forwarders in all regions, the guard in --region, and its store. First
it shows what goes and what stays, and asks.

What records what happened stays: the journal, the log, the topic and its key,
and the bucket with code and baselines. The addresses that "deploy" subscribed
get nothing any more. The trails are left as they are, and nobody guards them.`,
		Example: `  trailhold destroy --region eu-west-1 --plan
  trailhold destroy --region eu-west-1`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.destroy(cmd.Context(), f) },
	}, usesCloud, usesOutput)
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", guardStack, "`name` of the guard's stack")
	flags.StringSliceVar(&f.regions, "regions", nil, "`regions` to look for forwarders in (default: all that are enabled)")
	flags.BoolVar(&f.planOnly, "plan", false, "show what would go and delete nothing")
	flags.BoolVar(&f.sayYes, "yes", false, "don't ask")
	return cmd
}

// destroyResult is what destroy did, or would do, as JSON.
type destroyResult struct {
	Account   string              `json:"account"`
	Destroyed bool                `json:"destroyed"`
	Stacks    []deployer.Standing `json:"stacks"`
}

func (a *app) destroy(ctx context.Context, f destroyFlags) error {
	if err := deployer.CheckName(f.name); err != nil {
		return usagef("--name: %v", err)
	}
	if err := validRegions(f.regions); err != nil {
		return err
	}
	if a.json() && !f.planOnly && !f.sayYes {
		return usagef("--output json cannot ask: use --plan or --yes")
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	account, err := cloud.Account(ctx)
	if err != nil {
		return err
	}
	regions, err := forwarderRegions(ctx, cloud, f.regions)
	if err != nil {
		return err
	}
	d := deployer.New(cloud, a.stackProgress())
	standing, err := d.Standing(ctx, f.name, cloud.Region(), regions)
	if err != nil {
		return err
	}
	result := destroyResult{account, false, present(standing)}
	switch {
	case len(standing) == 0:
		return fmt.Errorf("the account %s has no stack of the guard %s in %s: give its region with --region, its name with --name", account, f.name, cloud.Region())
	case f.planOnly:
		return a.showDestroy(result, "Nothing was deleted.")
	case !a.json():
		if err := a.showDestroy(result, ""); err != nil {
			return err
		}
	}
	if !f.sayYes && !a.agreed(ctx, fmt.Sprintf("Delete these stacks in the account %s?", account)) {
		return errors.New("nothing was deleted")
	}
	if err := d.Destroy(ctx, standing); err != nil {
		return err
	}
	result.Destroyed = true
	if a.json() {
		return a.printJSON(result)
	}
	return a.print(fmt.Sprintf("The guard %s is gone from the account %s. Nobody guards its trails.\n", f.name, account))
}

// forwarderRegions is where forwarders may be.
func forwarderRegions(ctx context.Context, cloud *awscloud.Cloud, given []string) ([]string, error) {
	if given != nil {
		return given, nil
	}
	return cloud.Regions(ctx)
}

// showDestroy tells what goes and what stays.
func (a *app) showDestroy(r destroyResult, end string) error {
	if a.json() {
		return a.printJSON(r)
	}
	p := a.page()
	for _, s := range r.Stacks {
		p.linef("Stack %s in %s", p.paint(bold, s.Name), s.Region)
		if len(s.Removed) > 0 {
			p.wrap("  goes:  ", typesText(s.Removed)+elsewhereText(s.Elsewhere))
		}
		if len(s.Retained) > 0 {
			p.wrap("  stays: ", resourcesText(s.Retained))
		}
		p.linef("")
	}
	if end != "" {
		p.linef("%s", end)
	}
	return a.print(p.String())
}

// elsewhereText counts what stack sets have in other accounts.
func elsewhereText(all []deployer.Instance) string {
	if len(all) == 0 {
		return ""
	}
	accounts := map[string]bool{}
	for _, i := range all {
		accounts[i.Account] = true
	}
	return fmt.Sprintf(", with %s in %s of the organization", plural(len(all), "stack"), plural(len(accounts), "account"))
}

// typesText counts resources by their types.
func typesText(resources []deployer.Resource) string {
	count := map[string]int{}
	for _, r := range resources {
		count[strings.TrimPrefix(r.Type, "AWS::")]++
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d %s", count[kind], kind))
	}
	return strings.Join(parts, ", ")
}

// resourcesText names resources.
func resourcesText(resources []deployer.Resource) string {
	var parts []string
	for _, r := range resources {
		parts = append(parts, strings.TrimPrefix(r.Type, "AWS::")+" "+r.PhysicalID)
	}
	return strings.Join(parts, ", ")
}
