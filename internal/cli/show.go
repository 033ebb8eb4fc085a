package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

func (a *app) showCommand() *cobra.Command {
	return uses(&cobra.Command{
		Use:     "show FILE",
		Short:   "Show what a baseline guards, and how far restoration may go",
		Example: "  trailhold baseline show baseline.yaml\n  trailhold baseline show baseline.yaml --output json",
		Args:    oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := a.baseline(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if a.json() {
				return a.printJSON(showJSON(b))
			}
			return a.print(showText(a.page(), b))
		},
	}, usesCloud, usesOutput)
}

// shownBaseline is a baseline as JSON. Facets that are not guarded are null.
type shownBaseline struct {
	Account   string            `json:"account"`
	Hash      string            `json:"hash"`
	Impostors trail.Impostors   `json:"impostors"`
	Contest   trail.Contest     `json:"contest"`
	Alert     severity.Severity `json:"alert"`
	Trails    []shownTrail      `json:"trails"`
	Resources []trail.Resource  `json:"resources"`
	Guard     []trail.Resource  `json:"guard"`
}

type shownTrail struct {
	trail.Config
	Logging            bool                      `json:"logging"`
	Selectors          *trail.Selectors          `json:"selectors"`
	Insights           *[]trail.InsightSelector  `json:"insightSelectors"`
	EventConfiguration *trail.EventConfiguration `json:"eventConfiguration"`
	Tags               *map[string]string        `json:"tags"`
	Dependents         []trail.Resource          `json:"dependents"`
	Regions            []string                  `json:"regions"`
	Restore            trail.Restore             `json:"restore"`
	AlertOnly          []string                  `json:"alertOnly"`
}

func showJSON(b trail.Baseline) shownBaseline {
	shown := shownBaseline{b.Account, b.Hash, b.Policy.Impostors, b.Policy.Contest, b.Policy.Alert, []shownTrail{}, present(b.Resources), present(b.Guard)}
	for _, t := range b.Trails {
		t.Regions, t.AlertOnly, t.Dependents = present(t.Regions), present(t.AlertOnly), present(t.Dependents)
		shown.Trails = append(shown.Trails, shownTrail(t))
	}
	return shown
}

func showText(p *page, b trail.Baseline) string {
	p.linef("account    %s", b.Account)
	p.linef("baseline   %s", b.Hash)
	p.linef("alerts     from severity %s on", b.Policy.Alert)
	p.linef("impostors  %s", map[trail.Impostors]string{
		trail.ImpostorsAlert:  "are told, and left alone",
		trail.ImpostorsDelete: "that stand in the way of a guarded trail are deleted",
	}[b.Policy.Impostors])
	p.linef("contests   %s", map[trail.Contest]string{
		trail.ContestFight: "are fought: what somebody keeps undoing is restored each time",
		trail.ContestLeave: "are left: what somebody keeps undoing is given up after three rounds",
	}[b.Policy.Contest])
	for _, t := range b.Trails {
		p.linef("\n%s", p.paint(bold, t.Name))
		showTrail(p, b.Account, t)
	}
	for _, besides := range []struct {
		heading   string
		resources []trail.Resource
	}{{"beside the trails", b.Resources}, {"the guard itself", b.Guard}} {
		if len(besides.resources) > 0 {
			p.linef("\n%s", p.paint(bold, besides.heading))
			showResources(p, "  %-18s ", b.Account, besides.resources)
		}
	}
	return p.String()
}

func showTrail(p *page, account string, t trail.Guarded) {
	row := func(name, value string) {
		if value != "" {
			p.wrap(fmt.Sprintf("  %-18s ", name), plain.Text(value, maxValue))
		}
	}
	row("arn", t.ARN)
	row("restore", map[trail.Restore]string{
		trail.RestoreAll:     "everything that narrows",
		trail.RestoreLogging: "logging only",
		trail.RestoreNone:    "nothing, alert only",
	}[t.Restore])
	row("never written back", strings.Join(t.AlertOnly, ", "))
	row("logging", onOff(t.Logging))
	row("bucket", t.S3BucketName)
	row("prefix", t.S3KeyPrefix)
	row("topic", t.SnsTopicARN)
	row("log group", t.CloudWatchLogsLogGroupARN)
	row("log role", t.CloudWatchLogsRoleARN)
	row("key", t.KMSKeyID)
	row("validation", onOff(t.LogFileValidationEnabled))
	row("scope", scope(t))
	row("proved in", strings.Join(append([]string{t.HomeRegion}, t.Regions...), ", "))
	row("event selectors", facet(t.Selectors))
	row("insights", facet(t.Insights))
	row("event settings", facet(t.EventConfiguration))
	row("tags", facet(t.Tags))
	if len(t.Dependents) == 0 {
		row("rests on", "not guarded")
		return
	}
	p.linef("  rests on")
	showResources(p, "    %-16s ", account, t.Dependents)
}

// showResources lists resources with the settings that are guarded. Whose they are is said of those of other accounts.
func showResources(p *page, label, account string, resources []trail.Resource) {
	for _, r := range resources {
		kind := strings.ReplaceAll(string(r.Type), "-", " ")
		where := plain.Text(r.Name(), maxValue) + " in " + r.Region
		if r.Account != account {
			where += ", account " + r.Account
		}
		p.wrap(fmt.Sprintf(label, kind), where+": "+strings.Join(guardedSettings(r), ", "))
	}
}

// guardedSettings says in which settings a resource is guarded, in the order in which they are restored.
func guardedSettings(r trail.Resource) []string {
	var guarded []string
	for _, s := range trail.SettingsOf(r.Type) {
		document, ok := r.Settings[s]
		switch {
		case s == trail.Identity:
			guarded = append(guarded, "existence")
		case ok && document.Empty():
			guarded = append(guarded, "no "+string(s))
		case ok:
			guarded = append(guarded, string(s))
		}
	}
	return guarded
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// scope says in words whose events a trail records.
func scope(t trail.Guarded) string {
	text := "this region only"
	if t.IsMultiRegionTrail {
		text = "all regions"
	}
	if t.IncludeGlobalServiceEvents {
		text += ", global services"
	}
	if t.IsOrganizationTrail {
		text += ", whole organization"
	}
	return text
}

// facet is the value of a facet that may not be guarded.
func facet[T any](value *T) string {
	if value == nil {
		return "not guarded"
	}
	text := valueText(*value)
	if text == "[]" || text == "{}" || text == "null" {
		return "none"
	}
	return text
}
