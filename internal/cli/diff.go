package cli

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

func (a *app) diffCommand() *cobra.Command {
	var f guardFlags
	failOn := ""
	cmd := uses(&cobra.Command{
		Use:   "diff --baseline FILE",
		Short: "Compare what is live with a baseline; change nothing",
		Long: `Compares the live trails, what they rest on, and what is guarded besides with a
baseline, by meaning and not by spelling, and changes nothing. A narrowing drift
records less, or lets fewer trust the record.

Exits with 3 if there is drift of severity --fail-on or above, and with 1 if
something could not be read: unknown is never taken for fine.`,
		Example: `  trailhold baseline diff --baseline baseline.yaml
  trailhold baseline diff --baseline baseline.yaml --fail-on high --output json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.diff(cmd.Context(), f, failOn) },
	}, usesCloud, usesOutput)
	f.defineBaseline(cmd)
	cmd.Flags().StringVar(&failOn, "fail-on", "info", "`severity` from which on drift fails: info, low, medium, high, critical, or never")
	return cmd
}

// never is the word for a severity that nothing reaches.
const never = "never"

func parseFailOn(word string) (severity.Severity, error) {
	if word == never {
		return severity.Critical + 1, nil
	}
	s, err := severity.Parse(word)
	if err != nil || s == severity.None {
		return 0, usagef("--fail-on %q: use info, low, medium, high, critical or never", word)
	}
	return s, nil
}

func (a *app) diff(ctx context.Context, f guardFlags, failOn string) error {
	threshold, err := parseFailOn(failOn)
	if err != nil {
		return err
	}
	p, err := a.parts(ctx, f, a.log(slog.LevelWarn))
	if err != nil {
		return err
	}
	c := compare(ctx, p.cloud, p.baseline)
	if a.json() {
		err = a.printJSON(c)
	} else {
		err = a.print(c.text(a.page()))
	}
	if err != nil {
		return err
	}
	return c.verdict(threshold)
}

// comparison is what separates the live account from a baseline.
type comparison struct {
	Account   string             `json:"account"`
	Baseline  string             `json:"baselineHash"`
	Worst     severity.Severity  `json:"worst"` // "none" without drift
	Trails    []comparedTrail    `json:"trails"`
	Resources []comparedResource `json:"resources"` // those of the guard itself, and those beside the trails
	Unlisted  []trail.Config     `json:"unlisted"`  // trails that the baseline does not know
}

type comparedTrail struct {
	Name   string `json:"name"`
	ARN    string `json:"trailArn"`
	Region string `json:"region"`
	trail.Difference
}

type comparedResource struct {
	Type   trail.ResourceType `json:"type"`
	Name   string             `json:"name"`
	ARN    string             `json:"arn"`
	Region string             `json:"region"`
	trail.Difference
}

// unlistedSeverity is that of a trail which the baseline does not know: copies of all events may leave by it.
const unlistedSeverity = severity.Medium

// compare observes all that the baseline guards at the same time.
func compare(ctx context.Context, cloud *awscloud.Cloud, b trail.Baseline) comparison {
	c := comparison{Account: b.Account, Baseline: b.Hash, Trails: []comparedTrail{}, Resources: []comparedResource{}, Unlisted: []trail.Config{}}
	units := b.Units()
	states := make([]trail.State, len(units))
	var observing sync.WaitGroup
	for n, unit := range units {
		observing.Go(func() { states[n] = cloud.Observe(ctx, unit) })
	}
	observing.Wait()
	for n, unit := range units {
		difference := trail.Diff(unit, states[n])
		difference.Drifts = present(difference.Drifts)
		c.Worst = max(c.Worst, difference.Worst())
		if unit.IsTrail() {
			c.Trails = append(c.Trails, comparedTrail{unit.Name, unit.ARN, unit.HomeRegion, difference})
			c.unlist(b, states[n].Others)
			continue
		}
		r := unit.Dependents[0]
		c.Resources = append(c.Resources, comparedResource{r.Type, r.Name(), r.ARN, r.Region, difference})
	}
	if len(c.Unlisted) > 0 {
		c.Worst = max(c.Worst, unlistedSeverity)
	}
	return c
}

func (c *comparison) unlist(b trail.Baseline, others trail.Facet[[]trail.Config]) {
	list, _ := others.Get()
	for _, other := range list {
		listed := slices.ContainsFunc(b.Trails, func(t trail.Guarded) bool { return t.ARN == other.ARN })
		known := slices.ContainsFunc(c.Unlisted, func(t trail.Config) bool { return t.ARN == other.ARN })
		if !listed && !known {
			c.Unlisted = append(c.Unlisted, other)
		}
	}
}

// verdict is the error that the comparison ends with, nil if all is well.
func (c *comparison) verdict(threshold severity.Severity) error {
	drifts, unknown := c.count()
	switch {
	case c.Worst > severity.None && c.Worst >= threshold:
		return driftf("%s from the baseline, the worst %s", plural(drifts, "drift"), c.Worst)
	case unknown > 0:
		return fmt.Errorf("%s could not be read: the comparison is incomplete", plural(unknown, "part"))
	}
	return nil
}

func (c *comparison) count() (drifts, unknown int) {
	drifts = len(c.Unlisted)
	for _, d := range c.differences() {
		drifts += len(d.Drifts)
		unknown += len(d.Unknown)
	}
	return drifts, unknown
}

func (c *comparison) differences() []trail.Difference {
	var all []trail.Difference
	for _, t := range c.Trails {
		all = append(all, t.Difference)
	}
	for _, r := range c.Resources {
		all = append(all, r.Difference)
	}
	return all
}

func (c *comparison) text(p *page) string {
	for _, t := range c.Trails {
		p.difference(t.Name, t.Region, "", t.Difference)
	}
	for _, r := range c.Resources {
		p.difference(unitName(r.ARN), r.Region, r.ARN, r.Difference)
	}
	for _, t := range c.Unlisted {
		p.linef("%s  %s", p.paint(bold, plain.Text(t.Name, maxValue)), plain.Text(t.HomeRegion, maxValue))
		p.linef("  %s", p.paint(severityColour(unlistedSeverity), "not in the baseline"))
		p.wrap("  means    ", "a trail that the baseline does not know writes to bucket "+plain.Text(t.S3BucketName, maxValue))
		p.linef("")
	}
	drifts, unknown := c.count()
	summary := plural(len(c.Trails), "trail")
	if len(c.Resources) > 0 {
		summary += " and " + plural(len(c.Resources), "resource")
	}
	summary += " compared: "
	if drifts == 0 {
		summary += "no drift"
	} else {
		summary += fmt.Sprintf("%s, the worst %s", plural(drifts, "drift"), c.Worst)
	}
	if unknown > 0 {
		summary += fmt.Sprintf("; %s could not be read", plural(unknown, "part"))
	}
	p.wrap("", summary+".")
	return p.String()
}

// difference shows what separates one trail, or one resource that is guarded by itself, from the baseline.
func (p *page) difference(name, region, arn string, d trail.Difference) {
	p.linef("%s  %s", p.paint(bold, plain.Text(name, maxValue)), region)
	switch {
	case len(d.Drifts) > 0:
		p.drifts(arn, d.Drifts)
	case len(d.Unknown) == 0:
		p.linef("  %s", p.paint(green, "as the baseline says"))
	}
	p.unknown(arn, d.Unknown)
	p.linef("")
}

// drifts lists drifts: what, how bad, from what to what, and what it means. Those of another resource than the one that
// the heading names say of which.
func (p *page) drifts(heading string, drifts []trail.Drift) {
	longest := 0
	for _, d := range drifts {
		longest = max(longest, len(d.Field))
	}
	for _, d := range drifts {
		p.linef("  %s  %-9s  %s", p.paint(bold, fmt.Sprintf("%-*s", longest, d.Field)), d.Direction,
			p.paint(severityColour(d.Severity), d.Severity.String()))
		p.of(heading, d.Resource)
		p.change(d)
		p.wrap("    means  ", plain.Text(d.Detail, maxValue))
	}
}

// change shows the values of a drift; of long documents, what differs.
func (p *page) change(d trail.Drift) {
	from, to := d.Apart()
	before, after := valueText(from), valueText(to)
	if line := before + " → " + after; utf8.RuneCountInString(line) <= width-11 {
		p.linef("    change %s", line)
		return
	}
	p.wrap("    before ", before)
	p.wrap("    after  ", after)
}

// of says which resource is meant, unless the heading does.
func (p *page) of(heading, arn string) {
	if arn != "" && arn != heading {
		p.wrap("    of     ", plain.Text(unitName(arn), maxValue))
	}
}

// unknown lists what could not be read.
func (p *page) unknown(heading string, facets []trail.UnknownFacet) {
	for _, u := range facets {
		p.linef("  %s  %s", p.paint(bold, plain.Text(strings.TrimSpace(u.Facet), maxValue)), p.paint(yellow, "could not be read"))
		p.of(heading, u.Resource)
		p.wrap("    why    ", plain.Text(u.Why, maxValue))
	}
}
