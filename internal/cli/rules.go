package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/rulepack"
	"github.com/trailhold/trailhold/internal/sigma"
)

func (a *app) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List, check, test and export detection rules",
		Long: `Trailhold has Sigma rules of its own for all ways it knows to impair CloudTrail
and the audit services beside it, and runs others'. These commands say which
there are, look for mistakes in them, run their examples, and write them for
other engines.`,
		Example: `  trailhold rules list --tier 1
  trailhold rules lint my-rules/
  trailhold rules test my-rules/`,
		Args: noSuchCommand,
		RunE: needsSubcommand,
	}
	cmd.AddCommand(a.rulesListCommand(), a.rulesLintCommand(), a.rulesTestCommand(), a.rulesExportCommand())
	return cmd
}

func (a *app) rulesListCommand() *cobra.Command {
	var tiers, folders []string
	cmd := uses(&cobra.Command{
		Use:   "list",
		Short: "List the built-in rules, and others' beside them",
		Long: `Lists rules with their level, tier and title; with --output json also with
id, description, techniques, ATT&CK ids, author, false positives and names of
events.

Tiers: 1 the trail itself, 2 what its delivery depends on, G what guards it,
O the organization, L CloudTrail Lake, 3 audit services besides CloudTrail.
Others' rules have none, unless they say so under the key trailhold.`,
		Example: "  trailhold rules list --tier 1,2\n  trailhold rules list --rules sigma/rules/cloud/aws --output json",
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return a.rulesList(tiers, folders) },
	}, usesOutput)
	cmd.Flags().StringSliceVar(&tiers, "tier", nil, "only rules of these `tiers`: 1, 2, G, O, L, 3")
	defineRules(cmd, &folders)
	return cmd
}

// defineRules adds the flag that others' rules come by.
func defineRules(cmd *cobra.Command, folders *[]string) {
	cmd.Flags().StringArrayVar(folders, "rules", nil, "`path` of a Sigma rule, or of a folder of them, to add; can be repeated")
}

func (a *app) rulesList(tiers, folders []string) error {
	for i, tier := range tiers {
		tiers[i] = strings.ToUpper(tier)
		if !slices.Contains(rulepack.Tiers(), rulepack.Tier(tiers[i])) {
			return usagef("--tier %q: use 1, 2, G, O, L or 3", tier)
		}
	}
	files, err := rulepack.Files()
	if err != nil {
		return err
	}
	others, readErr := rulepack.Read(folders...)
	entries := slices.DeleteFunc(rulepack.List(append(files, others...)), func(e rulepack.Entry) bool {
		return len(tiers) > 0 && !slices.Contains(tiers, string(e.Tier))
	})
	if a.json() {
		err = a.printJSON(map[string]any{"rules": entries})
	} else {
		err = a.print(rulesTable(entries))
	}
	return errors.Join(err, readErr)
}

// rulesTable writes a line for each rule, and behind those that are not ours who wrote them.
func rulesTable(entries []rulepack.Entry) string {
	const row = "%-14s%-5s%s\n"
	var out strings.Builder
	fmt.Fprintf(&out, row, "LEVEL", "TIER", "TITLE")
	for _, e := range entries {
		name := plain.Text(e.Title, maxValue)
		if e.Author != rulepack.Author {
			name += " (" + plain.Text(e.Author, maxValue) + ")"
		}
		fmt.Fprintf(&out, row, e.Level, e.Tier, name)
	}
	fmt.Fprintf(&out, "%s\n", plural(len(entries), "rule"))
	return out.String()
}

// ruleFiles are those of some paths, or the built-in ones if none is given.
func ruleFiles(paths []string) ([]*rulepack.File, error) {
	if len(paths) == 0 {
		return rulepack.Files()
	}
	return rulepack.Read(paths...)
}

// problem is what a check of rules has to say about one place.
type problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Kind    string `json:"kind"` // error, warning or failure
	Message string `json:"message"`
}

func (p problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s", p.File, p.Line, p.Column, p.Kind, p.Message)
}

func problemAt(at sigma.Position, kind, message string) problem {
	return problem{at.File, at.Line, at.Column, kind, message}
}

// problemsIn takes joined errors apart: those with a place in a rule file, and what is wrong besides.
func problemsIn(err error) (placed []problem, other error) {
	var at *sigma.Error
	switch joined := err.(type) {
	case nil:
		return nil, nil
	case interface{ Unwrap() []error }:
		for _, one := range joined.Unwrap() {
			found, rest := problemsIn(one)
			placed, other = append(placed, found...), errors.Join(other, rest)
		}
		return placed, other
	}
	if errors.As(err, &at) {
		return []problem{problemAt(at.Position, "error", at.What+"; "+at.Fix)}, nil
	}
	return nil, err
}

// printProblems writes them as text, in the order of files and lines, and behind them what was looked at.
func (a *app) printProblems(list []problem, counts map[string]int, summary string) error {
	slices.SortStableFunc(list, func(x, y problem) int {
		if x.File != y.File {
			return strings.Compare(x.File, y.File)
		}
		return x.Line - y.Line
	})
	list = slices.Compact(list)
	if a.json() {
		document := map[string]any{"problems": present(list)}
		for name, count := range counts {
			document[name] = count
		}
		return a.printJSON(document)
	}
	var out strings.Builder
	for _, p := range list {
		out.WriteString(plain.Text(p.String(), maxErrorLine) + "\n")
	}
	return a.print(out.String() + summary + "\n")
}
