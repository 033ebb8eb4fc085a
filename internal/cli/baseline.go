package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/deployer"
	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

func (a *app) baselineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: "Write, check and compare what the trails should be",
		Example: `  trailhold baseline capture -o baseline.yaml
  trailhold baseline diff --baseline baseline.yaml`,
		Args: noSuchCommand,
		RunE: needsSubcommand,
	}
	cmd.AddCommand(a.captureCommand(), a.validateCommand(), a.showCommand(), a.diffCommand())
	return cmd
}

func (a *app) captureCommand() *cobra.Command {
	var file, deployed string
	o := awscloud.CaptureOptions{}
	cmd := uses(&cobra.Command{
		Use:   "capture",
		Short: "Write the account's trails, as they are now, as a baseline",
		Long: `Reads all trails that the account sees, in all enabled regions, and writes them
as a baseline. Read it before you trust it: what is wrong now would be guarded
as right.

--deployed adds what "trailhold deploy" has made, so that the guard guards
itself: rules with their targets, schedules, function, topic, table, queues,
roles and alarms, forwarders in other regions among them. --guard adds what
Trailhold runs on besides, and --resource what else is to be guarded, such as an
event data store or the organization, by their ARNs.

What could not be read, and is therefore not guarded, is told on stderr and in
comments at the head of the file.`,
		Example: `  trailhold baseline capture -o baseline.yaml
  trailhold baseline capture --profile audit --regions eu-west-1 | less
  trailhold baseline capture --deployed trailhold --region eu-west-1 -o b.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.capture(cmd.Context(), file, deployed, o) },
	}, usesCloud)
	cmd.Flags().StringVarP(&file, "out", "o", "", "`file` to write (default: stdout)")
	cmd.Flags().StringSliceVar(&o.Regions, "regions", nil, "`regions` to look in (default: all that are enabled)")
	cmd.Flags().StringVar(&deployed, "deployed", "", "`name` of a deployed guard's stack, whose resources are added")
	cmd.Flags().StringSliceVar(&o.Guard, "guard", nil, "`ARNs` of what Trailhold runs on")
	cmd.Flags().StringSliceVar(&o.Resources, "resource", nil, "`ARNs` of other resources to guard")
	return cmd
}

func (a *app) capture(ctx context.Context, file, deployed string, o awscloud.CaptureOptions) error {
	if err := cmp.Or(validRegions(o.Regions), validResources("--guard", o.Guard), validResources("--resource", o.Resources)); err != nil {
		return err
	}
	o.Progress = a.captureProgress()
	cloud, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	own, err := ownOf(ctx, cloud, deployed, o.Regions)
	if err != nil {
		return err
	}
	o.Guard = append(o.Guard, own.ARNs...)
	b, notes, err := cloud.Capture(ctx, o)
	if err != nil {
		return err
	}
	notes = append(notes, own.Notes...)
	if len(b.Trails) == 0 {
		return fmt.Errorf("account %s has no trail in the regions that were read: there is nothing to guard", b.Account)
	}
	text, err := baselinefile.Write(b, notes...)
	if err != nil {
		return err
	}
	for _, note := range notes {
		_, _ = fmt.Fprintln(a.stderr, "note: "+plain.Text(note, maxErrorLine))
	}
	if file == "" {
		return a.print(string(text))
	}
	if err := replaceFile(file, text); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.progress(), "%s: %s\n", file, guardedText(b))
	return nil
}

// ownOf lists what a guard that is deployed has made, with forwarders in regions, or in all that are enabled; nothing if none is named.
func ownOf(ctx context.Context, cloud *awscloud.Cloud, name string, regions []string) (deployer.Own, error) {
	if name == "" {
		return deployer.Own{}, nil
	}
	if err := deployer.CheckName(name); err != nil {
		return deployer.Own{}, usagef("--deployed: %v", err)
	}
	regions, err := forwarderRegions(ctx, cloud, regions)
	if err != nil {
		return deployer.Own{}, err
	}
	return deployer.New(cloud, nil).Own(ctx, name, cloud.Region(), regions)
}

// validResources says which of a flag's ARNs is of nothing that can be guarded.
func validResources(flag string, arns []string) error {
	for _, arn := range arns {
		if _, err := trail.ParseResourceARN(arn); err != nil {
			return usagef("%s: %v", flag, err)
		}
	}
	return nil
}

// captureProgress tells what was read, one line each, on stderr.
func (a *app) captureProgress() func(done, total int, what string) {
	if a.flags.quiet || !a.flags.verbose {
		return nil
	}
	return func(done, total int, what string) {
		_, _ = fmt.Fprintf(a.stderr, "read %d of %d: %s\n", done, total, plain.Text(what, maxErrorLine))
	}
}

// replaceFile writes a file as a whole or not at all: half a baseline would guard half the trails.
func replaceFile(name string, content []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(name), ".trailhold-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	_, err = draft.Write(content)
	err = cmp.Or(err, draft.Chmod(0o644), draft.Close())
	if err == nil {
		err = os.Rename(draft.Name(), name)
	}
	if err != nil {
		_ = os.Remove(draft.Name()) // the first error says more
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	return nil
}

func (a *app) validateCommand() *cobra.Command {
	return uses(&cobra.Command{
		Use:     "validate FILE",
		Short:   "Check a baseline, and say its hash",
		Long:    "Checks a baseline, and names every mistake with its line and column.",
		Example: "  trailhold baseline validate baseline.yaml\n  trailhold baseline validate s3://config/baseline.yaml",
		Args:    oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := a.baseline(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.print(fmt.Sprintf("%s: %s, %s\n", args[0], guardedText(b), b.Hash))
		},
	}, usesCloud)
}

// guardedText counts what a baseline guards.
func guardedText(b trail.Baseline) string {
	resources := len(b.Guard) + len(b.Resources)
	for _, t := range b.Trails {
		resources += len(t.Dependents)
	}
	text := plural(len(b.Trails), "trail")
	if resources > 0 {
		text += " and " + plural(resources, "resource")
	}
	return text
}
