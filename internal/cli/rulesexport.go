package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/rulepack"
	"github.com/trailhold/trailhold/internal/sigma"
	"github.com/trailhold/trailhold/internal/sigma/export"
)

// exportFlags are those of the command rules export.
type exportFlags struct {
	engine string
	rules  []string
	table  string
	level  string
	names  []string // ids or names of the rules that are wanted; all if there are none
}

func (a *app) rulesExportCommand() *cobra.Command {
	var f exportFlags
	cmd := uses(&cobra.Command{
		Use:   "export --engine ENGINE [RULE...]",
		Short: "Write rules as queries for engines that hold the logs",
		Long: `Writes the built-in rules, and those of --rules, as queries that find the same
records: SQL for Amazon Athena and CloudTrail Lake, searches for OpenSearch.
Rules are named by id or name; without any, all are written that make findings.

Athena reads the table that AWS documents, cloudtrail_logs unless --table names
another. CloudTrail Lake needs the event data store's ARN or id as --table.
OpenSearch's searches are JSON, one to a line; docs/hunting.md has the mapping.

A rule that asks for what an engine or its table doesn't keep is not written but
reported, with the reason. Then the command exits with 1.`,
		Example: `  trailhold rules export --engine athena --level high
  trailhold rules export --engine athena --table logs.ct trail_logging_stopped
  trailhold rules export --engine opensearch --rules sigma/rules/cloud/aws`,
		RunE: func(_ *cobra.Command, args []string) error {
			f.names = args
			return a.rulesExport(f)
		},
	}, usesOutput)
	cmd.Flags().StringVar(&f.engine, "engine", "", "`engine`: athena, cloudtrail-lake or opensearch")
	cmd.Flags().StringVar(&f.table, "table", "", "`name` of the table, or id of the event data store")
	cmd.Flags().StringVar(&f.level, "level", exportLevels[0], "least `level`: informational, low, medium, high or critical")
	defineRules(cmd, &f.rules)
	return cmd
}

var exportLevels = []string{"informational", "low", "medium", "high", "critical"}

// exportedQuery is one rule in another language.
type exportedQuery struct {
	Rule    exportedRule    `json:"rule"`
	Query   string          `json:"query,omitempty"`   // of SQL
	Assumes []string        `json:"assumes,omitempty"` // of OpenSearch: what has to be so for both to agree
	Request *export.Request `json:"request,omitempty"` // of OpenSearch
}

type exportedRule struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Level  string `json:"level"`
	Author string `json:"author"`
}

// exporter writes rules for one engine, and collects those that it can't write.
type exporter struct {
	exportFlags
	dialect  export.Dialect // of SQL
	matchers map[*sigma.Rule]*sigma.Matcher
	found    map[string]bool // which of the names are those of rules
	queries  []exportedQuery
	refused  []problem
}

func (f *exportFlags) check() (d export.Dialect, err error) {
	if !slices.Contains(exportLevels, f.level) {
		return d, usagef("--level %q: use %s", f.level, strings.Join(exportLevels, ", "))
	}
	switch f.engine {
	case "athena":
		if d = export.Athena(); f.table == "" {
			f.table = "cloudtrail_logs"
		}
	case "cloudtrail-lake":
		if d = export.Lake(); f.table == "" {
			return d, usagef("--table: give the event data store's ARN, or the id at the end of it")
		}
	case "opensearch":
		if f.table != "" {
			return d, usagef("--table: the index is named where the search is sent to")
		}
		return d, nil
	default:
		return d, usagef("--engine %q: use athena, cloudtrail-lake or opensearch", f.engine)
	}
	if err := d.Table(f.table); err != nil {
		return d, usagef("--table: %v", err)
	}
	return d, nil
}

func (a *app) rulesExport(f exportFlags) error {
	dialect, err := f.check()
	if err != nil {
		return err
	}
	set, err := huntRules(f.rules)
	if err != nil {
		return err
	}
	rules := slices.DeleteFunc(slices.Clone(set.Rules), func(r *sigma.Rule) bool { return !sigma.Applies(r.LogSource) })
	plan, err := sigma.Compile(rules, rulepack.Placeholders())
	broken, err := problemsIn(err)
	if err != nil {
		return err
	}
	x := exporter{exportFlags: f, dialect: dialect, matchers: map[*sigma.Rule]*sigma.Matcher{}, found: map[string]bool{}, refused: broken}
	for _, m := range plan.Matchers() {
		x.matchers[m.Rule()] = m
	}
	for _, r := range rules {
		if x.wants(r.Meta, r.Hidden) && x.matchers[r] != nil {
			x.rule(r)
		}
	}
	for _, c := range set.Correlations {
		if x.applies(c) && x.wants(c.Meta, c.Hidden) {
			x.correlation(c)
		}
	}
	for _, name := range f.names {
		if !x.found[name] {
			return usagef("there is no rule for CloudTrail with the id or name %q: see trailhold rules list --output json", name)
		}
	}
	return errors.Join(a.printExport(x), a.exportVerdict(x))
}

// wants says whether a rule was asked for. What only feeds a correlation has to be asked for by name.
func (x *exporter) wants(m sigma.Meta, hidden bool) bool {
	asked := false
	for _, name := range x.names {
		if name == m.ID || name == m.Name {
			x.found[name], asked = true, true
		}
	}
	if len(x.names) > 0 {
		return asked
	}
	level := max(slices.Index(exportLevels, m.Level), 0) // a rule without a level has the least
	return !hidden && level >= slices.Index(exportLevels, x.level)
}

// applies says whether a correlation is about CloudTrail's records: whether one of its rules is, or another correlation.
func (x *exporter) applies(c *sigma.Correlation) bool {
	return slices.ContainsFunc(c.Shape().References, func(ref sigma.ShapeReference) bool {
		return len(ref.Correlations) > 0 || slices.ContainsFunc(ref.Rules, func(r *sigma.Rule) bool { return sigma.Applies(r.LogSource) })
	})
}

func (x *exporter) rule(r *sigma.Rule) {
	if x.engine == "opensearch" {
		request, assumes, err := export.OpenSearch(x.matchers[r])
		x.add(r.Meta, exportedQuery{Assumes: assumes, Request: &request}, err)
		return
	}
	query, err := x.dialect.Rule(x.table, x.matchers[r])
	x.add(r.Meta, exportedQuery{Query: query}, err)
}

func (x *exporter) correlation(c *sigma.Correlation) {
	if x.engine == "opensearch" {
		x.add(c.Meta, exportedQuery{}, &sigma.Error{Position: c.Position, What: "a correlation, for which a search of OpenSearch has no windows", Fix: "hunt with the rule itself"})
		return
	}
	query, err := x.dialect.Correlation(x.table, c, x.matchers)
	x.add(c.Meta, exportedQuery{Query: query}, err)
}

func (x *exporter) add(m sigma.Meta, q exportedQuery, err error) {
	if err != nil {
		placed, other := problemsIn(err)
		if other != nil {
			placed = []problem{problemAt(m.Position, "error", other.Error())}
		}
		for _, p := range placed {
			p.Message = fmt.Sprintf("%s: %s", m.Title, p.Message)
			x.refused = append(x.refused, p)
		}
		return
	}
	q.Rule = exportedRule{m.ID, m.Title, m.Level, m.Author}
	x.queries = append(x.queries, q)
}

// printExport writes SQL with a semicolon between the statements, searches as a line each, or all as one document.
func (a *app) printExport(x exporter) error {
	if a.json() {
		return a.printJSON(map[string]any{"engine": x.engine, "queries": present(x.queries), "refused": present(x.refused)})
	}
	var statements []string
	for _, q := range x.queries {
		if q.Request == nil {
			statements = append(statements, q.Query)
			continue
		}
		line, err := json.Marshal(q)
		if err != nil {
			return err
		}
		statements = append(statements, escapeHidden(string(line))+"\n")
	}
	if x.engine == "opensearch" {
		return a.print(strings.Join(statements, ""))
	}
	return a.print(strings.Join(statements, ";\n\n"))
}

// exportVerdict reports what could not be written.
func (a *app) exportVerdict(x exporter) error {
	if len(x.refused) == 0 {
		return nil
	}
	for _, p := range x.refused {
		_, _ = fmt.Fprintln(a.stderr, plain.Text(p.String(), maxErrorLine)) // that there was one, the error tells, too
	}
	return fmt.Errorf("not every rule could be written for %s: see the lines above", x.engine)
}
