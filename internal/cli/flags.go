package cli

import (
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/trailhold/trailhold/internal/hunt/huntreport"
)

// globalFlags are the flags that mean the same wherever they apply.
type globalFlags struct {
	profile, region, roleARN, externalID string
	moreRoles                            []string // ARNs beside roleARN, where a command takes several
	output                               string
	noColor, quiet, verbose              bool
	logLevel                             string
}

func (f *globalFlags) define(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&f.profile, "profile", "", "`name` of a profile in the AWS configuration files")
	flags.StringVar(&f.region, "region", "", "AWS `region` where none is meant in particular")
	flags.Var(roleFlag{f}, "role-arn", "`ARN` of a role to assume")
	flags.StringVar(&f.externalID, "external-id", "", "external `id` for assuming the role")
	flags.StringVar(&f.output, "output", "text", "`form` of the output: text or json")
	flags.BoolVar(&f.noColor, "no-color", false, "no colour, even on a terminal")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress, and only errors in the log")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "log everything (--log-level debug)")
	flags.StringVar(&f.logLevel, "log-level", "", "least `level` to log on stderr: debug, info, warn or error")
}

// roleFlag keeps every role that is named, so that none is dropped without a word.
type roleFlag struct{ *globalFlags }

func (f roleFlag) String() string {
	if f.globalFlags == nil { // as the flag's zero value, which is asked for its default
		return ""
	}
	return f.roleARN
}

func (f roleFlag) Type() string { return "string" }

func (f roleFlag) Set(arn string) error {
	if f.roleARN == "" {
		f.roleARN = arn
	} else {
		f.moreRoles = append(f.moreRoles, arn)
	}
	return nil
}

// The groups of global flags that only some commands have a use for.
const (
	usesCloud  = "cloud"
	usesRoles  = "roles" // with usesCloud: of several accounts
	usesOutput = "output"
	usesReport = "report" // with usesOutput: SARIF and HTML, too
	usesHunt   = "hunt"   // with usesOutput: all that a hunt can write
	usesPolicy = "policy" // with usesOutput: forms of IAM policies, and no text
	usesAudit  = "audit"  // with usesOutput: all that an audit can write
)

// groupOf tells the group of a flag; flags without one apply everywhere.
var groupOf = map[string]string{
	"profile": usesCloud, "region": usesCloud, "role-arn": usesCloud, "external-id": usesCloud,
	"output": usesOutput,
}

// uses declares which groups of global flags apply to a command.
func uses(cmd *cobra.Command, groups ...string) *cobra.Command {
	cmd.Annotations = map[string]string{}
	for _, g := range groups {
		cmd.Annotations[g] = "yes"
	}
	return cmd
}

// checkFlags refuses global flags with wrong values, or that the command would ignore.
func (a *app) checkFlags(cmd *cobra.Command, _ []string) error {
	var err error
	cmd.InheritedFlags().VisitAll(func(flag *pflag.Flag) {
		if group := groupOf[flag.Name]; flag.Changed && group != "" && cmd.Annotations[group] == "" {
			err = usagef("%s has no use for --%s", cmd.CommandPath(), flag.Name)
		}
	})
	if flag := cmd.Flag("output"); flag != nil && !flag.Changed {
		a.flags.output = forms(cmd)[0]
	}
	switch {
	case err != nil:
		return err
	case !slices.Contains(forms(cmd), a.flags.output):
		return usagef("--output %q: use %s", a.flags.output, strings.Join(forms(cmd), " or "))
	case len(a.flags.moreRoles) > 0 && cmd.Annotations[usesRoles] == "":
		return usagef("--role-arn is given %d times, and %s works with one role: only audit takes several", len(a.flags.moreRoles)+1, cmd.CommandPath())
	case a.flags.quiet && a.flags.verbose:
		return usagef("--quiet and --verbose contradict each other")
	}
	_, err = a.level(slog.LevelInfo)
	return err
}

// forms are the forms of output that a command has.
func forms(cmd *cobra.Command) []string {
	if cmd.Annotations[usesHunt] != "" {
		return huntreport.Forms()
	}
	if cmd.Annotations[usesPolicy] != "" {
		return []string{"json", "cloudformation", "terraform"}
	}
	if cmd.Annotations[usesAudit] != "" {
		return auditForms()
	}
	if cmd.Annotations[usesReport] != "" {
		return []string{"text", "json", "sarif", "html"}
	}
	return []string{"text", "json"}
}

// hideForeignFlags leaves global flags out of the help of a command that has no use for them.
func hideForeignFlags(cmd *cobra.Command) {
	cmd.InheritedFlags().VisitAll(func(flag *pflag.Flag) {
		group := groupOf[flag.Name]
		flag.Hidden = flag.Hidden || group != "" && cmd.Annotations[group] == ""
	})
}

// level is what to log; usual is the command's own choice.
func (a *app) level(usual slog.Level) (slog.Level, error) {
	switch {
	case a.flags.logLevel != "":
		var level slog.Level
		if err := level.UnmarshalText([]byte(a.flags.logLevel)); err != nil || strings.ContainsAny(a.flags.logLevel, "+-") {
			return usual, usagef("--log-level %q: use debug, info, warn or error", a.flags.logLevel)
		}
		return level, nil
	case a.flags.verbose:
		return slog.LevelDebug, nil
	case a.flags.quiet:
		return slog.LevelError, nil
	}
	return usual, nil
}

// log writes to stderr, as text. The text handler quotes whatever could disturb a terminal.
func (a *app) log(usual slog.Level) *slog.Logger {
	level, _ := a.level(usual) // was checked before the command ran
	return slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
}

// progress is where to say what is going on: stderr, or nowhere.
func (a *app) progress() io.Writer {
	if a.flags.quiet {
		return io.Discard
	}
	return a.stderr
}
