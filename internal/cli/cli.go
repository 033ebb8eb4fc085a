// Package cli is the trailhold command: flags in, text or JSON out, an exit code at the end. Each command has a file of
// its own; what it does to trails is the guard's business, and what it says to AWS awscloud's.
package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Main runs the command that args name (without the program's own name) until it is done or ctx ends, and returns the
// exit code: 0 fine, 1 failed, 2 wrong usage, 3 drift found.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.rootCommand()
	root.SetArgs(append([]string{}, args...)) // never nil: cobra would take the process's own
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.exit(root.ExecuteContext(ctx))
}

// app is one run of the command.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	flags          globalFlags
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "trailhold",
		Short: "Keeps AWS CloudTrail recording",
		Long: `Trailhold keeps AWS CloudTrail recording. It notices tampering with a trail,
puts the trail back to its baseline, proves that it delivers again, and tells
people.

Try "demo" first: in seconds, and without an account, it shows a trail being
attacked in every way that Trailhold knows, and coming back. Then write down
what your trails should be with "baseline capture", and let "watch" guard them.
"lab" serves an AWS in a box to practise on.

Credentials, region and endpoint are found as the AWS SDK finds them.
Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 drift found.`,
		Example: `  trailhold demo
  trailhold baseline capture -o baseline.yaml
  trailhold baseline diff --baseline baseline.yaml
  trailhold watch --baseline baseline.yaml --journal /var/lib/trailhold`,
		Args:              noSuchCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: a.checkFlags,
		SilenceErrors:     true,
		SilenceUsage:      true,
	}
	a.flags.define(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%v: see %s -h", err, cmd.CommandPath())
	})
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", width)))
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		hideForeignFlags(cmd)
		help(cmd, args)
	})
	root.AddCommand(
		a.baselineCommand(),
		a.iamPolicyCommand(),
		a.watchCommand(),
		a.sweepCommand(),
		a.auditCommand(),
		a.hardenCommand(),
		a.verifyCommand(),
		a.backfillCommand(),
		a.huntCommand(),
		a.eventCommand(),
		a.rulesCommand(),
		a.incidentsCommand(),
		a.windowCommand(),
		a.whoCanCommand(),
		a.notifyCommand(),
		a.deployCommand(),
		a.statusCommand(),
		a.destroyCommand(),
		a.canaryCommand(),
		a.demoCommand(),
		a.labCommand(),
		a.versionCommand(),
	)
	return root
}

// noSuchCommand is the argument check of commands that only have subcommands.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	cmd.SuggestionsMinimumDistance = 2 // letters
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = " (did you mean " + strings.Join(near, " or ") + "?)"
	}
	return usagef("there is no command %q%s: see %s -h", args[0], hint, cmd.CommandPath())
}

// needsSubcommand is what a command that only has subcommands does by itself.
func needsSubcommand(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return usagef("%s needs a command: %s", cmd.CommandPath(), strings.Join(names, ", "))
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unexpected argument %q: see %s -h", args[0], cmd.CommandPath())
	}
	return nil
}

// oneArg asks for exactly one argument, whose name is in the command's Use line.
func oneArg(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("usage: %s", cmd.UseLine())
	}
	return nil
}
