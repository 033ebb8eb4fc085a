package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/awscloud/deployer"
)

func (a *app) statusCommand() *cobra.Command {
	var name string
	var regions []string
	cmd := uses(&cobra.Command{
		Use:   "status",
		Short: "See whether the deployed guard is alive",
		Long: `Looks at all that "trailhold deploy" made: whether the stacks are complete and
protected, rules are on, listen to what was deployed and send it to the guard,
the function runs the code that was deployed and may be invoked, schedules are
on, somebody is alerted, nothing lies in the dead-letter queues, no alarm has
gone off, there was a heartbeat lately, and the last canary came through; of
an organization, whether each account and region has its stack as it should
be. It reads only.

Exits with 3 if something is wrong, and with 1 if something could not be read.`,
		Example: `  trailhold status --region eu-west-1
  trailhold status --region eu-west-1 --output json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.status(cmd.Context(), name, regions) },
	}, usesCloud, usesOutput)
	cmd.Flags().StringVar(&name, "name", guardStack, "`name` of the guard's stack")
	cmd.Flags().StringSliceVar(&regions, "regions", nil, "`regions` to look for forwarders in (default: all that are enabled)")
	return cmd
}

// statusResult is how a guard is, as JSON.
type statusResult struct {
	Account string           `json:"account"`
	Name    string           `json:"name"`
	Region  string           `json:"region"`
	Alive   bool             `json:"alive"` // nothing is wrong, and everything could be read
	Checks  []deployer.Check `json:"checks"`
}

func (a *app) status(ctx context.Context, name string, regions []string) error {
	if err := deployer.CheckName(name); err != nil {
		return usagef("--name: %v", err)
	}
	if err := validRegions(regions); err != nil {
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
	if regions, err = forwarderRegions(ctx, cloud, regions); err != nil {
		return err
	}
	checks, err := deployer.New(cloud, nil).Health(ctx, name, cloud.Region(), regions)
	if err != nil {
		return err
	}
	if len(checks) == 0 {
		return fmt.Errorf("the account %s has no guard %s in %s: give its region with --region, its name with --name", account, name, cloud.Region())
	}
	count := map[deployer.Level]int{}
	for _, c := range checks {
		count[c.Level]++
	}
	result := statusResult{account, name, cloud.Region(), count[deployer.Wrong]+count[deployer.Unknown] == 0, checks}
	if a.json() {
		err = a.printJSON(result)
	} else {
		err = a.print(statusText(a.page(), result))
	}
	switch {
	case err != nil:
		return err
	case count[deployer.Wrong] > 0:
		return driftf("%s of the guard %s wrong", plural(count[deployer.Wrong], "part"), name)
	case count[deployer.Unknown] > 0:
		return fmt.Errorf("%s of the guard %s could not be read", plural(count[deployer.Unknown], "part"), name)
	}
	return nil
}

// repairable says whether a part is one that CloudFormation can put back.
func repairable(c deployer.Check) bool {
	return c.Level == deployer.Wrong && slices.Contains([]string{"rules", "function", "schedules", "journal", "alarms"}, c.Area)
}

// statusText tells what is not fine, one by one, and counts the rest.
func statusText(p *page, r statusResult) string {
	fine, area := 0, ""
	end := func() {
		if fine > 0 {
			p.linef("  %s %d as they should be", p.paint(green, "ok"), fine)
		}
		fine = 0
	}
	for _, c := range r.Checks {
		if c.Area != area {
			end()
			area = c.Area
			p.linef("%s", p.paint(bold, area))
		}
		if c.Level == deployer.Fine && area != "canary" && area != "heartbeat" {
			fine++
			continue
		}
		colour := map[deployer.Level]string{deployer.Wrong: red, deployer.Unknown: red, deployer.Note: yellow, deployer.Fine: green}[c.Level]
		p.wrap(fmt.Sprintf("  %s ", p.paint(colour, string(c.Level))), fmt.Sprintf("%s in %s: %s", c.Name, c.Region, c.Detail))
	}
	end()
	p.linef("")
	if r.Alive {
		p.linef("The guard %s in %s is %s.", r.Name, r.Region, p.paint(green, "alive"))
	} else {
		p.linef("The guard %s in %s is %s.", r.Name, r.Region, p.paint(red, "not as it was deployed"))
		if slices.ContainsFunc(r.Checks, repairable) {
			p.linef(`Much of it "trailhold deploy --repair" puts back.`)
		}
	}
	return p.String()
}
