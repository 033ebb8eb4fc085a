package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/rulepack"
	"github.com/trailhold/trailhold/internal/sigma"
)

func (a *app) rulesLintCommand() *cobra.Command {
	return uses(&cobra.Command{
		Use:   "lint [PATH…]",
		Short: "Look for mistakes in rules",
		Long: `Reads Sigma rules, the built-in ones unless paths of files or folders are given,
and says what is wrong with them and where. An error keeps a rule from running.
A warning is about what is allowed but hardly meant, such as a field that no
CloudTrail record has, or an event name that none of a service's records has.

Exit codes: 0 nothing to say, 1 errors, 3 warnings only.`,
		Example: "  trailhold rules lint\n  trailhold rules lint my-rules/ other.yml",
		RunE:    func(_ *cobra.Command, paths []string) error { return a.rulesLint(paths) },
	}, usesOutput)
}

func (a *app) rulesLint(paths []string) error {
	files, readErr := ruleFiles(paths)
	set, linkErr := sigma.Link(rulepack.Sigma(files)...)
	_, compileErr := sigma.Compile(set.Rules, rulepack.Placeholders())
	found, other := problemsIn(errors.Join(readErr, linkErr, compileErr))
	failed := len(found)
	rules := len(set.Correlations)
	for _, f := range files {
		for _, r := range f.Rules {
			found = append(found, warnings(rulepack.Lint(r))...)
			rules++
		}
		for _, filter := range f.Filters {
			found = append(found, warnings(sigma.LintFilter(filter, sigma.Names{}))...)
		}
	}
	doubts := len(found) - failed
	counts := map[string]int{"files": len(files), "rules": rules, "errors": failed, "warnings": doubts}
	summary := fmt.Sprintf("%s in %s: %s, %s", plural(rules, "rule"), plural(len(files), "file"), plural(failed, "error"), plural(doubts, "warning"))
	printErr := a.printProblems(found, counts, summary)
	switch {
	case other != nil || printErr != nil:
		return errors.Join(other, printErr)
	case failed > 0:
		return errors.New("rules have errors: see the lines above")
	case doubts > 0:
		return driftf("rules have warnings: see the lines above")
	}
	return nil
}

func warnings(list []sigma.Warning) []problem {
	var out []problem
	for _, w := range list {
		out = append(out, problemAt(w.Position, "warning", w.What+"; "+w.Fix))
	}
	return out
}

func (a *app) rulesTestCommand() *cobra.Command {
	return uses(&cobra.Command{
		Use:   "test [PATH…]",
		Short: "Run rules' own examples",
		Long: `Runs the examples of Sigma rules, the built-in ones unless paths of files or
folders are given. A rule gives them under a key of its own, which other tools
ignore. An example says what matters; the rest of the record is filled in. For
a correlation, an example is a list of records.

  trailhold:
      matches:
          - {eventName: StopLogging, eventSource: cloudtrail.amazonaws.com}
      ignores:
          - {eventName: StartLogging, eventSource: cloudtrail.amazonaws.com}

Exit codes: 0 all examples come out as they should, 1 otherwise.`,
		Example: "  trailhold rules test\n  trailhold rules test my-rules/",
		RunE:    func(_ *cobra.Command, paths []string) error { return a.rulesTest(paths) },
	}, usesOutput)
}

func (a *app) rulesTest(paths []string) error {
	files, readErr := ruleFiles(paths)
	tally, testErr := rulepack.Test(files, rulepack.Placeholders())
	found, other := problemsIn(errors.Join(readErr, testErr))
	for _, f := range tally.Failures {
		found = append(found, problemAt(f.Position, "failure", f.Rule+": "+f.What))
	}
	counts := map[string]int{"rules": tally.Rules, "examples": tally.Examples, "failures": len(tally.Failures), "withoutExamples": len(tally.Without)}
	summary := fmt.Sprintf("%s, %s: %s", plural(tally.Rules, "rule"), plural(tally.Examples, "example"), plural(len(tally.Failures), "failure"))
	if n := len(tally.Without); n > 0 {
		summary += fmt.Sprintf("; %s without examples", plural(n, "rule"))
	}
	printErr := a.printProblems(found, counts, summary)
	if other == nil && len(found) > 0 {
		other = errors.New("rules failed: see the lines above")
	}
	return errors.Join(other, printErr)
}
